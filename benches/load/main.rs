//! `make bench`: measures a real `standalone` process over loopback and prints one table.
//!
//! Every answer is checked. Load goes to 127.0.0.1 only, bounded in count and time. This is no test: nothing here fails
//! because the machine is slow. Figures drift between runs on shared machines; compare rows of one run.

mod connection;
mod machine;
mod server;
mod work;

use std::error::Error;
use std::time::Duration;

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
    let mut rows = vec![row("memory, idle", format!("{:.1} MB", server.memory_mb()?), "≤ 15 MB")];
    let users = work::provision(&server, USERS).await?;
    rows.push(row("POST user, 32 connections (filling the store)", users.rate, "≥ 0.75 × the row set without HTTP"));
    rows.push(row("memory, 10,000 users", format!("{:.1} MB", server.memory_mb()?), "≤ 40 MB"));
    for connections in [1, 8] {
        let rate = work::get_by_id(&server, &users.ids, connections, MEASURED).await?;
        let target = if connections == 8 { "≥ 50 k/s" } else { "–" };
        rows.push(row(&format!("GET user by id, {connections} connections"), rate, target));
    }
    for size in [10, 10_000] {
        let group = work::group(&server, &users.ids[..size]).await?;
        for connections in [1, 32] {
            let rate = work::patch_one_member(&server, &group, &users.ids, connections, MEASURED).await?;
            let target =
                if connections == 1 { "≥ 2.3 k/s, same at both sizes" } else { "≥ 11 k/s, same at both sizes" };
            rows.push(row(&format!("PATCH one member, group of {size}, {connections} connections"), rate, target));
        }
    }
    rows.push(row("memory, after all of it", format!("{:.1} MB", server.memory_mb()?), "–"));
    print(&rows, &machine::describe(server.data())?);
    server.stop().await
}

fn row(work: &str, figure: String, target: &'static str) -> Row {
    Row { work: work.to_owned(), figure, target }
}

fn print(rows: &[Row], machine: &str) {
    println!("{machine}\n\n| work | measured | target |\n|---|---|---|");
    for Row { work, figure, target } in rows {
        println!("| {work} | {figure} | {target} |");
    }
}
