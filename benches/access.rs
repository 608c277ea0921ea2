//! How long it takes to work out what one person may do, and why: 1,000 rules, a person in five groups. One core, no
//! I/O.
//!
//! Each row is the median of several rounds of a fixed number of repetitions, in nanoseconds. `make bench` prints it
//! above the tables of whole requests.

#![expect(clippy::unwrap_used, reason = "a benchmark prints, and ends when it cannot be run")]

use scim_operator::access::{
    AccessView, DEFAULT_ROLES, GroupFacts, GroupSelector, Knowledge, Ladder, Question, Rule, RuleKnowledge, RuleSet,
    TenantAccess, diff, evaluate, explain, managed, settle,
};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 15;
const REPETITIONS: u32 = 2_000;
const RULES: usize = 1_000;
/// Two rules are about each group.
const GROUPS: usize = 500;

fn main() {
    println!("{:<52} {:>9} {:>9}", "work", "ns", "target");
    let (dense, ladder, groups) = (rules(GROUPS / 2), Ladder::default(), groups());
    let dense = RuleSet::compile(&dense, &ladder);
    let rules = rules(GROUPS);
    let set = RuleSet::compile(&rules, &ladder);
    let grants = set.evaluate(&groups);
    assert_eq!(grants, evaluate(&rules, &ladder, &groups));
    row("evaluate a person in 5 groups, 10 of 1,000 rules", Some(5_000), || set.evaluate(&groups));
    row("the same when 20 rules match", None, || dense.evaluate(&groups));
    row("settle that, and compare it with what was held", None, || {
        diff(&grants, &settle(&grants, grants.clone()), &ladder)
    });
    row("compile 1,000 rules", None, || RuleSet::compile(&rules, &ladder));
    let person = person(grants);
    let known = known(&rules, &ladder, &groups, &person);
    let tenant = person.tenants.first().unwrap().tenant.clone();
    let granted = Question { tenant: tenant.clone(), role: None };
    row("explain why the person has access in a tenant", None, || explain(&granted, &known));
    let missed = Question { tenant, role: Some("Global Admin".to_owned()) };
    assert!(!explain(&missed, &known).granted);
    row("explain why the person has not a certain role", None, || explain(&missed, &known));
}

fn row<T>(what: &str, target: Option<u32>, mut work: impl FnMut() -> T) {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..REPETITIONS {
                black_box(work());
            }
            began.elapsed().as_nanos() / u128::from(REPETITIONS)
        })
        .collect();
    rounds.sort_unstable();
    let target = target.map_or_else(|| "–".to_owned(), |target| format!("≤ {target}"));
    println!("{what:<52} {:>9} {target:>9}", rounds[ROUNDS / 2]);
}

fn group(n: usize) -> GroupFacts {
    GroupFacts {
        id: format!("2819c223-7f76-453a-919d-{n:012}"),
        display_name: format!("Department {n} of the company"),
        external_id: Some(format!("0a21f0f2-8d2a-4f8e-bf98-{n:012}")),
    }
}

/// The five groups of the person.
fn groups() -> Vec<GroupFacts> {
    [3, 50, 99, 150, 201].map(group).to_vec()
}

/// Rules by name and by id, on so many groups; the highest role is given to others only.
fn rules(of_groups: usize) -> Vec<Rule> {
    let rule = |n: usize| {
        let facts = group(n % of_groups);
        let others = DEFAULT_ROLES.len() - 1;
        let highest = n.is_multiple_of(of_groups);
        let selector = match n % 2 {
            0 => GroupSelector::DisplayName(facts.display_name),
            _ => GroupSelector::ExternalId(facts.external_id.unwrap_or_default()),
        };
        Rule {
            name: format!("rule-{n:04}"),
            group: selector,
            role: DEFAULT_ROLES[if highest { others } else { n % others }].to_owned(),
            tenants: vec![format!("tenant-{}", n % 3), format!("tenant-{}", n % 5)],
            application_groups: vec![format!("Reviewers {}", n % 7)],
            enabled: true,
        }
    };
    (0..RULES).map(rule).collect()
}

fn person(grants: Vec<TenantAccess>) -> AccessView {
    AccessView {
        id: "26118915-6090-4610-87e4-49d8ca9f808d".to_owned(),
        user_name: "ada@example.com".to_owned(),
        active: true,
        account_enabled: true,
        managed: managed(&grants),
        organization_admin: false,
        tenants: grants.clone(),
        stored_grants: grants,
        last_evaluated: None,
        email: None,
    }
}

fn known<'a>(rules: &'a [Rule], roles: &'a Ladder, groups: &[GroupFacts], person: &'a AccessView) -> Knowledge<'a> {
    let know = |(n, rule): (usize, &'a Rule)| RuleKnowledge {
        rule,
        waiting: false,
        in_force: true,
        group: Some(group(n % GROUPS)),
        gone: None,
        is_member: groups.iter().any(|group| rule.group.selects(group)),
        made: None,
    };
    let rules = rules.iter().enumerate().map(know).collect();
    Knowledge { person: Some(person), status: None, pending: false, rules, roles }
}
