//! `scim-operator check`.

use crate::check::{Provider, Report, Row, Selection, Target, run as check};
use crate::client::Token;
use anyhow::Context;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Which server, as whom, and what of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The SCIM base URL, as an administrator would type it into a provider.
    url: String,
    /// File with the bearer token.
    #[arg(long)]
    token_file: PathBuf,
    /// PEM bundle to trust instead of the system's roots.
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// Only these checks: an id (create-201) or a section (3.5.2, "RFC 7643"); may be given more than once.
    #[arg(long, value_name = "SECTION|ID")]
    only: Vec<String>,
    /// Only what this identity provider needs; may be given more than once.
    #[arg(long, value_enum)]
    provider: Vec<ProviderName>,
    /// How the report is written to standard output.
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
    /// Show every request and answer, not only those of what failed; the token is never shown.
    #[arg(long, short)]
    verbose: bool,
    /// Send the token over plain HTTP to another machine, where everybody on the way reads it.
    #[arg(long)]
    insecure_http: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProviderName {
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
    /// OneLogin.
    #[value(name = "onelogin")]
    OneLogin,
    /// JumpCloud.
    #[value(name = "jumpcloud")]
    JumpCloud,
    /// PingOne.
    #[value(name = "pingone")]
    PingOne,
    /// Keycloak with the extension keycloak-scim.
    Keycloak,
}

impl From<ProviderName> for Provider {
    fn from(name: ProviderName) -> Self {
        match name {
            ProviderName::Entra => Self::Entra,
            ProviderName::Okta => Self::Okta,
            ProviderName::OneLogin => Self::OneLogin,
            ProviderName::JumpCloud => Self::JumpCloud,
            ProviderName::PingOne => Self::PingOne,
            ProviderName::Keycloak => Self::Keycloak,
        }
    }
}

/// Runs the checks and prints the report. Fails when a check failed, or could not be carried out.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let token = Token::from_file(&args.token_file)?;
    let target = Target::open(&args.url, token, args.ca_file, args.insecure_http)?;
    let providers = args.provider.into_iter().map(Provider::from).collect();
    let selection = Selection { only: args.only, providers };
    let mut seen = progress();
    // An interrupted run still takes away what it made; without a signal to wait for it runs to its end.
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let report = check(&target, &selection, &mut seen, stop).await;
    clear_progress();
    let report = report.with_context(|| format!("checking {}", target.base_url()))?;
    print(report, args.output, args.verbose)
}

fn print(report: Report, output: Output, verbose: bool) -> anyhow::Result<ExitCode> {
    let code = if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let report = if verbose { report } else { report.without_quiet_exchanges() };
    let text = match output {
        Output::Text => report.text(verbose).to_string(),
        Output::Json => serde_json::to_string_pretty(&report)? + "\n",
    };
    std::io::stdout().write_all(text.as_bytes()).context("the report cannot be written")?;
    Ok(code)
}

/// What is under way, on one line of a terminal that is written over; nothing where nobody looks.
fn progress() -> impl FnMut(&Row) + Send {
    let mut done = 0_usize;
    let watched = std::io::stderr().is_terminal();
    move |row: &Row| {
        done += 1;
        if watched {
            eprint!("\r\u{1b}[K{done} checks done: {}", row.id);
        }
    }
}

fn clear_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\u{1b}[K");
    }
}
