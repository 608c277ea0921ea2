//! `scim-operator simulate`.

use crate::client::{Token, scim::Scim};
use crate::simulate::{Cycle, People, Report, Shapes, State, try_connection};
use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use uuid::Uuid;

/// The environment variable that may hold the token.
const TOKEN_VARIABLE: &str = "SCIM_OPERATOR_TOKEN";

/// Whom to provision, where, and as which provider.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The people file (YAML), or a folder of them.
    #[arg(long, global = true)]
    people: Option<PathBuf>,
    /// The SCIM base URL, as an administrator would type it into the provider.
    #[arg(long, global = true)]
    url: Option<String>,
    /// File with the bearer token; without it the environment variable SCIM_OPERATOR_TOKEN is read.
    #[arg(long, global = true)]
    token_file: Option<PathBuf>,
    /// PEM bundle to trust instead of the system's roots.
    #[arg(long, global = true)]
    ca_file: Option<PathBuf>,
    /// What is remembered between cycles; without it every cycle is a first one.
    #[arg(long, global = true)]
    state: Option<PathBuf>,
    /// The provider to act as.
    #[arg(long = "as", global = true, value_enum, default_value = "entra")]
    provider: Provider,
    /// Send the shapes behind Entra's tenant URL flag aadOptscim062020, and the flag.
    #[arg(long, global = true)]
    aad_opt_scim_062020: bool,
    /// Delete groups that leave the scope (the action Delete of Entra's group mapping).
    #[arg(long, global = true)]
    delete_groups: bool,
    /// Print bodies too.
    #[arg(long, short, global = true)]
    verbose: bool,
    #[command(subcommand)]
    step: Option<Step>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Provider {
    /// Microsoft Entra ID.
    Entra,
}

#[derive(Debug, Clone, Subcommand)]
enum Step {
    /// One incremental cycle (the default).
    Cycle,
    /// One person at once, with one of their groups.
    OnDemand {
        /// The person's userName.
        #[arg(long)]
        user: String,
        /// The group's displayName.
        #[arg(long)]
        group: Option<String>,
    },
    /// What the provider's "Test connection" does.
    TestConnection,
    /// Forget the state: the next cycle is a first one.
    Restart,
}

/// A setting that this command needs and did not get: wrong usage, exit code 2.
fn missing(option: &str) -> ExitCode {
    eprintln!("scim-operator: simulate needs {option} here; see `scim-operator simulate --help`");
    ExitCode::from(2)
}

/// Carries out one simulation command. Fails when something was refused.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Provider::Entra = args.provider;
    let step = args.step.clone().unwrap_or(Step::Cycle);
    if let Step::Restart = step {
        let Some(path) = &args.state else { return Ok(missing("--state")) };
        println!("{}", if State::forget(path)? { "forgotten" } else { "there was nothing to forget" });
        return Ok(ExitCode::SUCCESS);
    }
    let Some(url) = &args.url else { return Ok(missing("--url")) };
    let Some(token) = token(&args)? else { return Ok(missing("--token-file (or SCIM_OPERATOR_TOKEN)")) };
    let shapes = if args.aad_opt_scim_062020 { Shapes::Flagged } else { Shapes::Classic };
    let flag = if args.aad_opt_scim_062020 { "?aadOptscim062020" } else { "" };
    let service = Scim::open(&format!("{url}{flag}"), token, args.ca_file.clone())?;
    let mut out = std::io::stdout();
    let mut report = Report::new(&mut out, args.verbose);
    if let Step::TestConnection = step {
        let good = try_connection(&service, &mut report, &Uuid::new_v4().to_string()).await?;
        return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let Some(people) = &args.people else { return Ok(missing("--people")) };
    let people = People::read(people)?;
    let mut state = match &args.state {
        Some(path) => State::load(path, url)?,
        None => State::new(url),
    };
    let start = Instant::now();
    let delete_groups = args.delete_groups;
    let mut cycle =
        Cycle { service: &service, shapes, delete_groups, people: &people, state: &mut state, report: &mut report };
    let outcome = match &step {
        Step::OnDemand { user, group } => cycle.on_demand(user, group.as_deref()).await,
        Step::Cycle | Step::TestConnection | Step::Restart => cycle.run().await,
    };
    // What the service accepted is remembered also when the rest was not sent.
    if let Some(path) = &args.state {
        state.save(path)?;
    }
    report.end(start.elapsed())?;
    let refused = report.tally.refused.len();
    outcome.with_context(|| format!("provisioning {}", service.base_url()))?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn token(args: &Args) -> anyhow::Result<Option<Token>> {
    if let Some(path) = &args.token_file {
        return Ok(Some(Token::from_file(path)?));
    }
    match std::env::var(TOKEN_VARIABLE) {
        Ok(value) => Ok(Some(Token::from_value(&value, TOKEN_VARIABLE)?)),
        Err(_) => Ok(None),
    }
}
