//! `scim-operator plan`: what changed rules would give and take (C001, C003), and the tests that stand beside them.

use super::output::{columns, put, put_json, put_yaml};
use super::{against, files};
use crate::access::TenantAccess;
use crate::api::UserManagementRule;
use crate::config::{Plan, PlanRequest, PlannedRule, UserChange};
use crate::manifests::{self, Manifest, RuleTestReport, run_rule_tests};
use anyhow::{Context, bail};
use std::collections::BTreeSet;
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
    /// Runs the RuleTests in the files instead, without any server; exit code 1 when one fails.
    #[arg(long, requires = "files", conflicts_with_all = ["against", "remove", "max_revocations", "all_users"])]
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
    /// Only rules of this ScimDirectory; needed when the files have rules of several.
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
        return tested(&run_rule_tests(&files));
    }
    let (Some(url), Some(token_file)) = (&args.against, &args.token_file) else {
        bail!("name the endpoint with --against and its token with --token-file");
    };
    let request = PlanRequest { rules: rules(&files, args.directory.as_deref())?, remove: args.remove };
    let count = if args.all_users { ALL } else { SHOWN };
    let plan = against::open(url, token_file, args.ca_file)?.plan(&request, count).await.context("no plan was made")?;
    match args.output {
        Output::Table => put(&table(&plan))?,
        Output::Json => put_json(&plan)?,
        Output::Yaml => put_yaml(&plan)?,
    }
    let too_much = args.max_revocations.map_or(plan.would_be_held, |most| plan.users_losing > most);
    Ok(if too_much { ExitCode::from(TOO_MUCH) } else { ExitCode::SUCCESS })
}

/// The rules of one directory that the files hold.
fn rules(files: &[(String, String)], directory: Option<&str>) -> anyhow::Result<Vec<PlannedRule>> {
    let mut found: Vec<UserManagementRule> = Vec::new();
    for (name, text) in files {
        let written = manifests::read(text).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(|problem| format!("{name}: {problem}")).collect();
            anyhow::Error::msg(lines.join("\n"))
        })?;
        found.extend(written.into_iter().filter_map(|written| match written.manifest {
            Manifest::Rule(rule) => Some(*rule),
            _ => None,
        }));
    }
    found.retain(|rule| directory.is_none_or(|name| rule.spec.directory_ref.name == name));
    let directories: BTreeSet<&str> = found.iter().map(|rule| rule.spec.directory_ref.name.as_str()).collect();
    if directories.len() > 1 {
        let names: Vec<&str> = directories.into_iter().collect();
        bail!("the files have rules of the directories {}: choose one with --directory", names.join(", "));
    }
    let mut names = BTreeSet::new();
    let mut out = Vec::new();
    for rule in &found {
        let name = rule.metadata.name.clone().unwrap_or_default();
        if !names.insert(name.clone()) {
            bail!("two manifests are called {name:?}: rename or remove one");
        }
        let spec = serde_json::from_value(serde_json::to_value(&rule.spec)?)?;
        out.push(PlannedRule { name, spec });
    }
    Ok(out)
}

/// One line for each test, what did not hold below it, and the sum.
fn tested(report: &RuleTestReport) -> anyhow::Result<ExitCode> {
    let mut out = String::new();
    for result in &report.results {
        let word = if result.failures.is_empty() { "ok  " } else { "FAIL" };
        out += &format!("{word}  {}: {}\n", result.file, result.name);
        for failure in &result.failures {
            out += &format!("      {failure}\n");
        }
    }
    for (file, problem) in &report.problems {
        out += &format!("FAIL  {file}: {problem}\n");
    }
    let failed = report.results.iter().filter(|result| !result.failures.is_empty()).count();
    let (tests, problems) = (report.results.len(), report.problems.len());
    out += &format!("{tests} tests, {failed} failed, {problems} problems in the files\n");
    put(&out)?;
    Ok(if failed == 0 && problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Totals, tenants, people, and whether the guard would hold it.
fn table(plan: &Plan) -> String {
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
        _ => format!("\n{losing} would lose something; it would not be held\n"),
    };
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

    fn rule(name: &str, directory: &str) -> String {
        format!(
            "apiVersion: scim-operator.dev/v1alpha1\nkind: UserManagementRule\nmetadata: {{ name: {name} }}\nspec:\n  \
             directoryRef: {{ name: {directory} }}\n  idpGroup: {{ displayName: HR }}\n  role: Designer\n"
        )
    }

    fn file(text: String) -> (String, String) {
        ("rules.yaml".to_owned(), text)
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
        insta::assert_snapshot!(table(&plan), @r"
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
    fn rules_of_one_directory_are_planned_each_once() {
        let both = [file(format!("{}---\n{}", rule("a", "corp"), rule("b", "lab")))];
        assert!(rules(&both, None).unwrap_err().to_string().contains("corp, lab"));
        let planned = rules(&both, Some("lab")).unwrap();
        assert_eq!(planned.len(), 1);
        assert_eq!((planned[0].name.as_str(), planned[0].spec.role.as_str()), ("b", "Designer"));
        let twice = [file(rule("a", "corp")), file(rule("a", "corp"))];
        assert!(rules(&twice, None).unwrap_err().to_string().contains("two manifests"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let wrong = [file(rule("a", "corp").replace("role", "rolle"))];
        let said = rules(&wrong, None).unwrap_err().to_string();
        assert!(said.starts_with("rules.yaml: line ") && said.contains("rolle"), "{said}");
    }
}
