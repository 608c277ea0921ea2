//! `scim-operator plan`: what changed rules would give and take (C001, C003), and the tests that stand beside them.

use super::output::{columns, put, put_json, put_yaml};
use super::plan_rules::{Found, asked};
use super::{against, files, plan_test};
use crate::access::TenantAccess;
use crate::config::{Plan, UserChange};
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// How many people a table shows.
const SHOWN: u64 = 20;
/// How many people a plan lists when all are wanted: as many as an endpoint answers at most.
const ALL: u64 = 10_000;
/// More people would lose something than may.
const TOO_MUCH: u8 = 2;

/// Which rules, put over those of which endpoint.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file with UserManagementRules, or a folder of such files; may be given more than once.
    #[arg(long = "filename", short = 'f', value_name = "FILE|DIR", required_unless_present = "remove")]
    files: Vec<PathBuf>,
    /// The files as they were before the change: each rule in them that --filename has not is planned as one that goes.
    /// A file or a folder; may be given more than once.
    #[arg(long, value_name = "FILE|DIR", requires = "files")]
    base: Vec<PathBuf>,
    /// Runs the RuleTests in the files instead, without any server; exit code 1 when one fails, or there is none.
    #[arg(long, requires = "files", conflicts_with_all = ["against", "base", "remove", "max_revocations", "all_users"])]
    test: bool,
    /// The endpoint: https://HOST, or the base URL of its access API, which ends in /access/v1.
    #[arg(long, value_name = "URL", requires = "token_file", required_unless_present = "test")]
    against: Option<String>,
    /// File with a token of scope Access or Admin.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// PEM bundle to trust instead of the system's roots.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Only rules of this ScimDirectory; needed when the files have rules of several. With --test all tests run, and
    /// the files must name it.
    #[arg(long, value_name = "NAME")]
    directory: Option<String>,
    /// A rule that goes; may be given more than once.
    #[arg(long, value_name = "RULE")]
    remove: Vec<String>,
    /// How many people may lose something before the exit code is 2; without it the directory's guard decides.
    #[arg(long, value_name = "PEOPLE")]
    max_revocations: Option<u64>,
    /// Lists everybody whose access would change, not only the first 20.
    #[arg(long)]
    all_users: bool,
    /// How the plan is written to standard output.
    #[arg(long, short, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people.
    Table,
    /// The endpoint's answer, one JSON object.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Asks for the plan and shows it. Exit code 2: more people would lose something than may.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let files = files::read(&args.files)?;
    if args.test {
        return plan_test::run(&files, args.directory.as_deref());
    }
    let (Some(url), Some(token_file)) = (&args.against, &args.token_file) else {
        bail!("name the endpoint with --against and its token with --token-file");
    };
    let base = files::read(&args.base).and_then(|files| Found::read(&files)).context("--base cannot be used")?;
    let asked = asked(&Found::read(&files)?, &base, args.directory.as_deref(), args.remove)?;
    // Not a part of the answer: standard output stays what the endpoint says.
    if !asked.gone.is_empty() {
        eprintln!("planned as removed, since --base has them and the files have not: {}", asked.gone.join(", "));
    }
    let count = if args.all_users { ALL } else { SHOWN };
    let access = against::open(url, token_file, args.ca_file)?;
    let plan = access.plan(&asked.request, count).await.context("no plan was made")?;
    let over = args.max_revocations.and_then(|most| over(plan.users_losing, most));
    match args.output {
        Output::Table => put(&table(&plan, over.as_deref()))?,
        Output::Json => put_json(&plan)?,
        Output::Yaml => put_yaml(&plan)?,
    }
    if let Some(over) = over.as_deref().filter(|_| args.output != Output::Table) {
        eprintln!("{over}");
    }
    let too_much = if args.max_revocations.is_some() { over.is_some() } else { plan.would_be_held };
    Ok(if too_much { ExitCode::from(TOO_MUCH) } else { ExitCode::SUCCESS })
}

/// That more people would lose something than the command line allows, in the words of the guard.
fn over(losing: u64, most: u64) -> Option<String> {
    (losing > most).then(|| format!("{losing} people would lose access, and --max-revocations is {most}"))
}

/// Totals, tenants, people, whether the guard would hold it, and that it is over the limit of the command line.
fn table(plan: &Plan, over: Option<&str>) -> String {
    let result = &plan.result;
    let mut out = format!(
        "{} of {} people would change: granted {}, revoked {}, promoted {}, demoted {}\n",
        result.users_changed, result.users_evaluated, result.granted, result.revoked, result.promoted, result.demoted
    );
    if !plan.tenants.is_empty() {
        out += &format!("\n{}", tenants(plan));
    }
    if !plan.users.is_empty() {
        out += &format!("\n{}", people(&plan.users));
    }
    if plan.more > 0 {
        out += &format!("… and {} more; --all-users lists up to {ALL}\n", plan.more);
    }
    let losing = plan.users_losing;
    out += &match &plan.reason {
        Some(reason) if plan.would_be_held => format!("\n{losing} would lose something; it would be held: {reason}\n"),
        _ if over.is_some() => format!("\n{losing} would lose something; the directory's guard would not hold it\n"),
        _ => format!("\n{losing} would lose something; it would not be held\n"),
    };
    if let Some(over) = over {
        out += &format!("{over}\n");
    }
    out
}

fn tenants(plan: &Plan) -> String {
    let mut rows = vec![["TENANT", "GRANTED", "REVOKED", "PROMOTED", "DEMOTED"].map(str::to_owned)];
    for (tenant, tally) in &plan.tenants {
        let counts = [tally.granted, tally.revoked, tally.promoted, tally.demoted].map(|n| n.to_string());
        let [granted, revoked, promoted, demoted] = counts;
        rows.push([tenant.clone(), granted, revoked, promoted, demoted]);
    }
    columns(&rows)
}

fn people(users: &[UserChange]) -> String {
    let mut rows = vec![["PERSON", "BEFORE", "AFTER"].map(str::to_owned)];
    for user in users {
        let (before, after) = (moved(&user.before, &user.after), moved(&user.after, &user.before));
        rows.push([user.user_name.clone(), before, after]);
    }
    columns(&rows)
}

/// The grants that the other side has not: a tenant that stays as it is says nothing.
fn moved(grants: &[TenantAccess], other: &[TenantAccess]) -> String {
    let same = |a: &TenantAccess, b: &TenantAccess| {
        a.tenant == b.tenant && a.role == b.role && a.application_groups == b.application_groups
    };
    let moved = grants.iter().filter(|grant| !other.iter().any(|there| same(grant, there))).map(shown);
    let moved: Vec<String> = moved.collect();
    if moved.is_empty() { "-".to_owned() } else { moved.join(", ") }
}

fn shown(grant: &TenantAccess) -> String {
    let TenantAccess { tenant, role, application_groups, .. } = grant;
    if application_groups.is_empty() {
        format!("{tenant}={role}")
    } else {
        format!("{tenant}={role} [{}]", application_groups.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Source;
    use crate::config::{RunResult, TenantTally};

    fn grant(tenant: &str, role: &str, groups: &[&str]) -> TenantAccess {
        TenantAccess {
            tenant: tenant.to_owned(),
            role: role.to_owned(),
            application_groups: groups.iter().map(|&group| group.to_owned()).collect(),
            rules: vec!["some-rule".to_owned()],
            source: Source::Rules,
        }
    }

    #[test]
    fn the_table_shows_what_moves_and_what_would_be_held() {
        let plan = Plan {
            result: RunResult { users_evaluated: 9, users_changed: 3, revoked: 2, demoted: 1, ..RunResult::default() },
            users_losing: 3,
            would_be_held: true,
            reason: Some("3 people would lose access, and guard.maxRevokedUsers is 2".to_owned()),
            tenants: [("hr".to_owned(), TenantTally { revoked: 2, demoted: 1, ..TenantTally::default() })].into(),
            users: vec![UserChange {
                id: "1".to_owned(),
                user_name: "ada@example.com".to_owned(),
                before: vec![grant("hr", "Developer", &["Reviewers"]), grant("main", "Designer", &[])],
                after: vec![grant("main", "Designer", &[])],
            }],
            more: 2,
        };
        insta::assert_snapshot!(table(&plan, None), @r"
        3 of 9 people would change: granted 0, revoked 2, promoted 0, demoted 1

        TENANT  GRANTED  REVOKED  PROMOTED  DEMOTED
        hr      0        2        0         1

        PERSON           BEFORE                    AFTER
        ada@example.com  hr=Developer [Reviewers]  -
        … and 2 more; --all-users lists up to 10000

        3 would lose something; it would be held: 3 people would lose access, and guard.maxRevokedUsers is 2
        ");
    }

    #[test]
    fn c001_the_limit_of_the_command_line_is_named_and_the_guard_is_not_blamed() {
        let plan = Plan { users_losing: 12, ..Plan::default() };
        let said = over(12, 5);
        assert!(over(12, 12).is_none() && over(12, 11).is_some());
        insta::assert_snapshot!(table(&plan, said.as_deref()), @r"
        0 of 0 people would change: granted 0, revoked 0, promoted 0, demoted 0

        12 would lose something; the directory's guard would not hold it
        12 people would lose access, and --max-revocations is 5
        ");
        let within = table(&plan, None);
        assert!(within.ends_with("\n12 would lose something; it would not be held\n"), "{within}");
    }

    #[test]
    fn what_the_guard_would_hold_is_said_beside_the_limit_of_the_command_line() {
        let reason = Some("3 people would lose access, and guard.maxRevokedUsers is 2".to_owned());
        let plan = Plan { users_losing: 3, would_be_held: true, reason, ..Plan::default() };
        let table = table(&plan, over(3, 1).as_deref());
        assert!(table.contains("it would be held: 3 people would lose access, and guard.maxRevokedUsers is 2\n"));
        assert!(table.ends_with("\n3 people would lose access, and --max-revocations is 1\n"), "{table}");
    }
}
