//! `scim-operator store`: a backup beside a running endpoint, putting one back, and whether the file is whole.

use super::database::DatabaseArgs;
use crate::store::{self, Inventory, StoreError};
use anyhow::Context;
use jiff::Timestamp;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with a store.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Copies the store to a file, also while an endpoint runs over it.
    Backup {
        /// The folder of the store.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The file to make; one that is there is not overwritten.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Puts a backup in the store's place; the endpoint must be stopped. What was there is kept beside it.
    Restore {
        /// The folder of the store; made when missing.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The backup.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Tells the store that its database was put back to an earlier moment: positions of records go on in another
    /// incarnation, so that they are not taken for those that were lost.
    Restored {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Looks whether the store is whole, also while an endpoint runs over it; exit code 1 when it is damaged.
    Check {
        /// The folder of the store.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

/// Does one thing with a store and says what it holds.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.step {
        Step::Backup { data, to } => {
            let inventory = store::backup(&data, &to).map_err(whole).context("no backup was made")?;
            println!("{}: {}", to.display(), shown(&inventory));
        }
        Step::Restore { data, from } => {
            let restored = store::restore(&data, &from, Timestamp::now()).map_err(whole);
            let restored = restored.context("the backup was not put back")?;
            println!("{}: {}", data.display(), shown(&restored.inventory));
            if let Some(replaced) = restored.replaced {
                println!("{}: what was there before; remove it when it is not needed any more", replaced.display());
            }
        }
        Step::Restored { database } => {
            let address = database.address().context("name the database with --database-url-file")?;
            let (incarnation, last) = store::begin_anew(&address).await.map_err(whole)?;
            println!("{}: incarnation {incarnation:08x} begins after record {last:x}", address.schema);
        }
        Step::Check { data } => {
            let inventory = store::check(&data).map_err(whole)?;
            println!("{}: whole, {}", data.display(), shown(&inventory));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of a store's error has its cause in it: printed with its causes it would say everything twice.
fn whole(error: StoreError) -> anyhow::Error {
    anyhow::Error::msg(error.to_string())
}

fn shown(inventory: &Inventory) -> String {
    let Inventory { store_id, schema_version, users, groups, revision } = inventory;
    format!("store {store_id}, schema version {schema_version}, revision {revision}, users {users}, groups {groups}")
}
