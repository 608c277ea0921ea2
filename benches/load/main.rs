//! `make bench`: measures real endpoints over loopback, with SQLite and, where there is one, with PostgreSQL; prints a
//! table of each. Beside the rows of requests stand, of the same run, the same rows without HTTP and the bare commit.
//!
//! Every answer is checked. Load goes to 127.0.0.1 only, bounded in count and time. This is no test: nothing here fails
//! because the machine is slow. Figures drift between runs on shared machines; compare rows of one run.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests share, the bench shares with them"
)]

#[path = "../../tests/support/mod.rs"]
mod support;

mod bare;
mod connection;
mod machine;
mod rows;
mod server;
mod work;

use scim_operator::config::Scope;
use scim_operator::store::{Address, Location};
use std::error::Error;
use std::time::Duration;
use support::database::Database;
use support::endpoint::{Endpoint, document, token};
use work::Target;

/// How long each row is measured.
const MEASURED: Duration = Duration::from_secs(4);
/// Users in the store while rows are measured.
const USERS: usize = 10_000;

/// A line of the table.
struct Row {
    work: String,
    figure: String,
    target: &'static str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let server = server::Server::start().await?;
    let mut table = vec![row("memory, idle", format!("{:.1} MB", server.memory_mb()?), "≤ 15 MB")];
    requests(&server.target, &mut table).await?;
    table.push(row("memory, after all of it", format!("{:.1} MB", server.memory_mb()?), "–"));
    let machine = machine::describe(server.data())?;
    server.stop().await?;
    let folder = tempfile::tempdir()?;
    without_http(Location::Folder(folder.path().join("rows")), &mut table).await?;
    bare_rows(bare::sqlite(folder.path(), MEASURED)?, &mut table);
    print(&format!("SQLite: {machine}"), &table);
    let Some(database) = Database::connect("the table of PostgreSQL") else { return Ok(()) };
    let mut table = Vec::new();
    let mut endpoint = Endpoint::replica(&database).await;
    endpoint.document = document(Vec::new());
    endpoint.publish().await;
    let address = endpoint.public.address();
    requests(&Target { address, token: token(Scope::Scim) }, &mut table).await?;
    endpoint.stop().await;
    let beside = Database::connect("the rows without HTTP").ok_or("the server has gone")?;
    let address = Address { url: beside.url.clone(), ca: None, schema: beside.schema.clone() };
    without_http(Location::Database(address), &mut table).await?;
    let url = std::fs::read_to_string(&beside.url)?;
    bare_rows(bare::postgres(url.trim(), MEASURED).await?, &mut table);
    print(&format!("\nPostgreSQL {}: the same machine.", database.ask("SHOW server_version").await.concat()), &table);
    Ok(())
}

/// What a provider asks for.
async fn requests(server: &Target, table: &mut Vec<Row>) -> Result<(), Box<dyn Error>> {
    let one = work::create(server, MEASURED).await?;
    table.push(row("POST user, 1 connection", one, "≥ 0.75 × the row set without HTTP"));
    let users = work::provision(server, USERS).await?;
    table.push(row("POST user, 32 connections (filling the store)", users.rate, "≥ 0.75 × the row set without HTTP"));
    for connections in [1, 8] {
        let rate = work::get_by_id(server, &users.ids, connections, MEASURED).await?;
        let target = if connections == 8 { "≥ 50 k/s" } else { "–" };
        table.push(row(&format!("GET user by id, {connections} connections"), rate, target));
    }
    for size in [10, 10_000] {
        let group = work::group(server, &users.ids[..size]).await?;
        for connections in [1, 32] {
            let rate = work::patch_one_member(server, &group, &users.ids, connections, MEASURED).await?;
            let target = "≥ 0.75 × the row set without HTTP, same at both sizes";
            table.push(row(&format!("PATCH one member, group of {size}, {connections} connections"), rate, target));
        }
    }
    Ok(())
}

async fn without_http(store: Location, table: &mut Vec<Row>) -> Result<(), Box<dyn Error>> {
    let rows::Rows { create, patch } = rows::measure(store, MEASURED).await?;
    for (what, figures) in [("create user", create), ("add or remove one member, group of 10", patch)] {
        for (callers, figure) in ["1 caller", "32 callers"].iter().zip(figures) {
            table.push(row(&format!("without HTTP: {what}, {callers}"), figure, "–"));
        }
    }
    Ok(())
}

fn bare_rows([one, many]: [String; 2], table: &mut Vec<Row>) {
    table.push(row("bare: one row of 700 bytes a commit, 1 writer", one, "–"));
    table.push(row("bare: the same, as many writers as the engine has room for", many, "–"));
}

fn row(work: &str, figure: String, target: &'static str) -> Row {
    Row { work: work.to_owned(), figure, target }
}

fn print(machine: &str, rows: &[Row]) {
    println!("{machine}\n\n| work | measured | target |\n|---|---|---|");
    for Row { work, figure, target } in rows {
        println!("| {work} | {figure} | {target} |");
    }
}
