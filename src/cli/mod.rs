//! The commands: one file each, no logic of their own.
//!
//! To add a command: a file with a `pub struct Args` (clap) and
//! `pub async fn run(args: Args) -> anyhow::Result<ExitCode>`, a `mod` line, a variant of [`Command`]
//! and a line in [`dispatch`].
//! Here and nowhere else the process-wide things happen: the runtime, the TLS provider, the log.
//! Exit codes: 0 done, 1 failed (the error is printed with its causes), 2 wrong usage (clap), and of `plan` also that
//! too many people would lose something.

mod against;
mod audit;
mod changes;
mod check;
mod crds;
mod database;
mod endpoint;
mod explain;
mod failed_events;
mod files;
mod operator;
mod output;
mod plan;
mod plan_rules;
mod plan_test;
mod simulate;
mod standalone;
mod store;

use crate::telemetry::log;
use clap::{Parser, Subcommand, ValueEnum};
use std::process::ExitCode;

/// An identity provider's users and groups, turned into access by rules.
#[derive(Debug, Parser)]
#[command(name = "scim-operator", version, about, propagate_version = true)]
struct Cli {
    /// How log lines are written to standard error; RUST_LOG sets the level (default info).
    #[arg(long, global = true, value_enum, default_value = "text", env = "SCIM_OPERATOR_LOG_FORMAT")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves one directory of a cluster; the operator publishes its configuration.
    Endpoint(endpoint::Args),
    /// Runs the controllers of a cluster.
    Operator(operator::Args),
    /// Serves one directory from a folder of manifests, without a cluster.
    Standalone(standalone::Args),
    /// Prints the CustomResourceDefinitions, or the reference page made from them.
    Crds(crds::Args),
    /// Backs up, restores or checks the store of a directory.
    Store(store::Args),
    /// Verifies or exports the records of what was done, and erases a person from them.
    Audit(audit::Args),
    /// Shows what changed rules would give and take, or runs the tests beside them.
    Plan(plan::Args),
    /// Says why somebody has access, or has not.
    Explain(explain::Args),
    /// Follows what happens to people's access.
    Changes(changes::Args),
    /// Lists SCIM messages that could not be applied, and tries them again.
    FailedEvents(failed_events::Args),
    /// Holds any SCIM server to the RFCs and to what each identity provider needs of it.
    Check(check::Args),
    /// Acts as an identity provider's provisioning service against a SCIM base URL.
    Simulate(simulate::Args),
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Endpoint(args) => endpoint::run(args).await,
        Command::Operator(args) => operator::run(args).await,
        Command::Standalone(args) => standalone::run(args).await,
        Command::Crds(args) => crds::run(args).await,
        Command::Store(args) => store::run(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Plan(args) => plan::run(args).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Changes(args) => changes::run(args).await,
        Command::FailedEvents(args) => failed_events::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Simulate(args) => simulate::run(args).await,
    }
}

/// Runs the command the process was started with; the only thing `main` calls.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let format = match cli.log_format {
        LogFormat::Text => log::Format::Text,
        LogFormat::Json => log::Format::Json,
    };
    log::start(format, std::env::var("RUST_LOG").ok().as_deref());
    // Fails only when a provider is installed already, which then is this one:
    // nothing else in the process installs any.
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(dispatch(cli.command)),
        Err(error) => Err(anyhow::Error::new(error).context("the runtime cannot be started")),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("scim-operator: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
