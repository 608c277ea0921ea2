//! `scim-operator audit`: whether the records are what was written, taking a person out of them, and copying them out.
//! C005.

use super::against::Against;
use super::database::DatabaseArgs;
use super::output::put_line;
use crate::store::audit::{self, Erased, Verified};
use crate::store::{Anchor, StoreError, erase_from_database, verify_database};
use anyhow::Context;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with the records of a store.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Looks whether the records are what was written, also while an endpoint runs; exit code 1 when they are not.
    Verify {
        /// The folder of the store, when it is SQLite.
        #[arg(
            long,
            value_name = "DIR",
            conflicts_with = "database_url_file",
            required_unless_present = "database_url_file"
        )]
        data: Option<PathBuf>,
        #[command(flatten)]
        database: DatabaseArgs,
        /// The anchor of an earlier look: that record must be there, unchanged.
        #[arg(long, value_name = "POSITION:HASH")]
        expect: Option<Anchor>,
        /// How the answer is written to standard output.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Takes out of the records what they say of a person; the user must be deleted, over SQLite the endpoint stopped.
    Erase {
        /// The folder of the store, when it is SQLite.
        #[arg(
            long,
            value_name = "DIR",
            conflicts_with = "database_url_file",
            required_unless_present = "database_url_file"
        )]
        data: Option<PathBuf>,
        #[command(flatten)]
        database: DatabaseArgs,
        /// The person: the user's id, or a userName that they had.
        #[arg(long, value_name = "ID|USERNAME")]
        user: String,
    },
    /// Writes the records to standard output, one JSON object a line, the oldest first; needs a token of scope Admin.
    Export {
        #[command(flatten)]
        against: Against,
        /// The position of the last record that is had already; without it, from the oldest that is kept.
        #[arg(long, value_name = "POSITION")]
        since: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

/// Verifies or erases, and says what came of it.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.step {
        Step::Verify { data, database, expect, format } => {
            let looked = match database.address() {
                Some(address) => verify_database(&address, expect).await,
                None => audit::verify(&data.unwrap_or_default(), expect),
            };
            match (&looked, format) {
                (Ok(verified), Format::Text) => println!("{}", shown(verified)),
                (Ok(verified), Format::Json) => println!("{}", json(verified)),
                // Whoever asks for JSON also gets the place in it.
                (Err(StoreError::Broken { position, problem, .. }), Format::Json) => {
                    println!("{}", json!({ "broken": { "position": position, "problem": problem } }));
                }
                (Err(_), _) => {}
            }
            looked.map_err(whole)?;
        }
        Step::Erase { data, database, user } => {
            let erased = match database.address() {
                Some(address) => erase_from_database(&address, &user, Timestamp::now()).await,
                None => audit::erase(&data.unwrap_or_default(), &user, Timestamp::now()),
            };
            let Erased { user, records } = erased.map_err(whole)?;
            println!("erased {user} from {records} records");
        }
        Step::Export { against, since } => export(against, since).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Page by page, so that neither side needs memory for all.
async fn export(against: Against, mut since: Option<String>) -> anyhow::Result<()> {
    let access = against.open()?;
    loop {
        let page = access.audit(since.as_deref()).await.context("the records cannot be read")?;
        for record in &page.records {
            put_line(record)?;
        }
        since = page.next;
        if since.is_none() {
            return Ok(());
        }
    }
}

/// The text of a store's error has its cause in it: printed with its causes it would say everything twice.
fn whole(error: StoreError) -> anyhow::Error {
    anyhow::Error::msg(error.to_string())
}

fn shown(verified: &Verified) -> String {
    match verified {
        Verified { records, first: Some(first), last: Some(Anchor { position, hash }) } => {
            format!("verified {records} records, positions {first} to {position}, head {hash}")
        }
        Verified { records, .. } => format!("verified {records} records"),
    }
}

fn json(verified: &Verified) -> Value {
    let Verified { records, first, last } = verified;
    json!({
        "records": records,
        "first": first.map(|first| first.to_string()),
        "last": last.map(|last| last.position.to_string()),
        "head": last.map(|last| last.hash.to_string()),
        "anchor": last.map(|last| last.to_string()),
    })
}
