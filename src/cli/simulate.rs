//! `scim-operator simulate`.

use crate::client::{Token, scim::Scim};
use crate::simulate::{
    self, Cycle, Dialect, JUMPCLOUD, KEYCLOAK, OKTA_AIW, OKTA_OIN, ONELOGIN, PINGONE, Password, People, Push, Report,
    Shapes, State, Wire, import, try_connection, try_connection_as,
};
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
    /// Entra only: send the shapes behind the tenant URL flag aadOptscim062020, and the flag.
    #[arg(long, global = true)]
    aad_opt_scim_062020: bool,
    /// Okta only: give everybody in scope the password of this run, as "Sync Password" does.
    #[arg(long, global = true)]
    sync_passwords: bool,
    /// Delete groups that leave the scope (the action Delete of Entra's group mapping, unlinking at Okta).
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
    /// Okta, an app of the Okta Integration Network: PATCH for active, passwords and groups.
    OktaOin,
    /// Okta, an app of the App Integration Wizard: PUT for every update.
    OktaAiw,
    /// OneLogin.
    Onelogin,
    /// JumpCloud.
    Jumpcloud,
    /// PingOne.
    Pingone,
    /// Keycloak with the extension keycloak-scim.
    Keycloak,
}

impl Provider {
    /// How it speaks; `None`: as Entra ID.
    fn dialect(self) -> Option<&'static Dialect> {
        match self {
            Self::Entra => None,
            Self::OktaOin => Some(&OKTA_OIN),
            Self::OktaAiw => Some(&OKTA_AIW),
            Self::Onelogin => Some(&ONELOGIN),
            Self::Jumpcloud => Some(&JUMPCLOUD),
            Self::Pingone => Some(&PINGONE),
            Self::Keycloak => Some(&KEYCLOAK),
        }
    }
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
    /// Okta only: reads all people and groups page by page, and changes nothing.
    Import,
    /// Forget the state: the next cycle is a first one.
    Restart,
}

/// A setting that this command needs and did not get: wrong usage, exit code 2.
fn missing(option: &str) -> ExitCode {
    eprintln!("scim-operator: simulate needs {option} here; see `scim-operator simulate --help`");
    ExitCode::from(2)
}

/// What was asked for and the provider does not do.
fn misused(args: &Args, step: &Step) -> Option<&'static str> {
    let dialect = args.provider.dialect();
    if args.aad_opt_scim_062020 && dialect.is_some() {
        return Some("--as entra for --aad-opt-scim-062020");
    }
    if args.sync_passwords && !dialect.is_some_and(|dialect| dialect.user.groups_and_password) {
        return Some("--as okta-oin or okta-aiw for --sync-passwords");
    }
    if matches!(step, Step::Import) && dialect.is_none_or(|dialect| dialect.page.is_none()) {
        return Some("--as okta-oin or okta-aiw to import");
    }
    None
}

/// Carries out one simulation command. Fails when something was refused.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let step = args.step.clone().unwrap_or(Step::Cycle);
    if let Some(option) = misused(&args, &step) {
        return Ok(missing(option));
    }
    if let Step::Restart = step {
        let Some(path) = &args.state else { return Ok(missing("--state")) };
        println!("{}", if State::forget(path)? { "forgotten" } else { "there was nothing to forget" });
        return Ok(ExitCode::SUCCESS);
    }
    let Some(url) = &args.url else { return Ok(missing("--url")) };
    let Some(token) = token(&args)? else { return Ok(missing("--token-file (or SCIM_OPERATOR_TOKEN)")) };
    let flag = if args.aad_opt_scim_062020 { "?aadOptscim062020" } else { "" };
    let habits = args.provider.dialect().map(|dialect| dialect.habits).unwrap_or_default();
    let service = Scim::open(&format!("{url}{flag}"), token, args.ca_file.clone())?.with_habits(habits);
    let password = Password::random();
    let mut out = std::io::stdout();
    let mut report = Report::new(&mut out, args.verbose);
    report.hide(password.clone());
    let start = Instant::now();
    let outcome = match &step {
        Step::TestConnection => {
            let good = test_connection(&args, Wire { service: &service, report: &mut report }, &password).await?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Step::Import => {
            let count = args.provider.dialect().and_then(|dialect| dialect.page).unwrap_or_default();
            import(&mut Wire { service: &service, report: &mut report }, count).await
        }
        Step::Cycle | Step::OnDemand { .. } | Step::Restart => {
            let Some(people) = &args.people else { return Ok(missing("--people")) };
            let people = People::read(people)?;
            let mut state = match &args.state {
                Some(path) => State::load(path, url)?,
                None => State::new(url),
            };
            let wire = Wire { service: &service, report: &mut report };
            let outcome = provision(&args, &step, wire, &password, &people, &mut state).await;
            // What the service accepted is remembered also when the rest was not sent.
            if let Some(path) = &args.state {
                state.save(path)?;
            }
            outcome
        }
    };
    report.end(start.elapsed())?;
    let refused = report.tally.refused.len();
    outcome.with_context(|| format!("provisioning {}", service.base_url()))?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn test_connection(args: &Args, mut wire: Wire<'_, '_>, password: &Password) -> Result<bool, simulate::Error> {
    let nobody = Uuid::new_v4().to_string();
    match args.provider.dialect() {
        None => try_connection(&mut wire, &nobody).await,
        Some(dialect) => try_connection_as(&mut wire, dialect, &nobody, password).await,
    }
}

/// A cycle, or one person on demand.
async fn provision(
    args: &Args,
    step: &Step,
    wire: Wire<'_, '_>,
    password: &Password,
    people: &People,
    state: &mut State,
) -> Result<(), simulate::Error> {
    let (delete_groups, sync_passwords) = (args.delete_groups, args.sync_passwords);
    let on_demand = match step {
        Step::OnDemand { user, group } => Some((user.as_str(), group.as_deref())),
        _ => None,
    };
    match args.provider.dialect() {
        None => {
            let shapes = if args.aad_opt_scim_062020 { Shapes::Flagged } else { Shapes::Classic };
            let mut cycle = Cycle { wire, shapes, delete_groups, people, state };
            match on_demand {
                Some((user, group)) => cycle.on_demand(user, group).await,
                None => cycle.run().await,
            }
        }
        Some(dialect) => {
            let mut push = Push { wire, dialect, password, sync_passwords, delete_groups, people, state };
            match on_demand {
                Some((user, group)) => push.on_demand(user, group).await,
                None => push.run().await,
            }
        }
    }
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
