//! `scim-operator simulate`.

use std::path::PathBuf;
use std::process::ExitCode;

/// Whom to provision, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The people file (YAML), or a folder of them.
    #[arg(long)]
    people: PathBuf,
}

/// Carries out one simulation command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet: {:?}", args.people)
}
