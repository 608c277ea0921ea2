//! All small worlds against an oracle that was written the other way round.
//!
//! Goal: no case is left to chance. Every choice of up to three rules, of every kind below, on three groups, is asked
//! for users in every choice of those groups: that covers every world of up to three users, since no user's access
//! depends on another's. The oracle goes from what could be held to a rule that gives it; `evaluate` goes from rules.

use super::super::{GroupSelector, Ladder, Rule, RuleSet, Source, TenantAccess, evaluate};
use super::{GroupFacts, group, strings};

const ROLES: [&str; 3] = ["Low", "Middle", "High"];
const GROUPS: [&str; 3] = ["One", "Two", "Three"];
const TENANTS: [&[&str]; 2] = [&["a"], &["a", "b"]];
const JOINS: [&[&str]; 3] = [&[], &["x"], &["x", "y"]];

/// Every kind of rule: on each group, with each role, in each choice of tenants and application groups, and disabled.
fn kinds() -> Vec<Rule> {
    let mut kinds = Vec::new();
    for on in GROUPS {
        for role in ROLES {
            for tenants in TENANTS {
                for joins in JOINS {
                    for enabled in [true, false] {
                        // What a disabled rule would give makes no difference; one kind of it is enough.
                        if enabled || (role == "High" && tenants.len() == 2 && joins.len() == 2) {
                            kinds.push(kind(on, role, tenants, joins, enabled));
                        }
                    }
                }
            }
        }
    }
    kinds
}

fn kind(on: &str, role: &str, tenants: &[&str], joins: &[&str], enabled: bool) -> Rule {
    Rule {
        name: String::new(),
        group: GroupSelector::DisplayName(on.to_uppercase()),
        role: role.to_owned(),
        tenants: strings(tenants),
        application_groups: strings(joins),
        enabled,
    }
}

/// The rules of a world: each named by its place, and naming its group in another of the three ways.
fn place(kind: &Rule, at: usize) -> Rule {
    let GroupSelector::DisplayName(on) = &kind.group else { unreachable!("kinds are on names") };
    let name = GROUPS.iter().find(|name| name.to_uppercase() == *on).expect("a group of this world");
    let facts = group(name);
    let selector = match at {
        0 => kind.group.clone(),
        1 => GroupSelector::ExternalId(facts.external_id.expect("has one")),
        _ => GroupSelector::Id(facts.id),
    };
    Rule { name: format!("r{at}"), group: selector, ..kind.clone() }
}

/// Whether being in `group` is being in what the rule names, read off the fixture's naming scheme.
fn names(rule: &Rule, member_of: &[GroupFacts]) -> bool {
    let wanted = match &rule.group {
        GroupSelector::DisplayName(text) => text.to_lowercase(),
        GroupSelector::ExternalId(text) => text.trim_start_matches("ext-").to_lowercase(),
        GroupSelector::Id(text) => text.trim_start_matches("id-").to_lowercase(),
    };
    member_of.iter().any(|group| group.display_name.to_lowercase() == wanted)
}

/// From each thing that could be held to a rule that gives it.
fn oracle(rules: &[Rule], member_of: &[GroupFacts]) -> Vec<TenantAccess> {
    let mut out = Vec::new();
    for tenant in ["a", "b"] {
        let applies = |rule: &Rule| rule.enabled && rule.tenants.iter().any(|t| t == tenant) && names(rule, member_of);
        let given = |role: &&str| rules.iter().any(|rule| applies(rule) && rule.role == *role);
        let Some(role) = ROLES.iter().rev().copied().find(given) else { continue };
        let joined = |name: &&str| rules.iter().any(|r| applies(r) && r.application_groups.iter().any(|g| g == name));
        let by = |name: &&str| rules.iter().any(|rule| applies(rule) && rule.name == *name);
        out.push(TenantAccess {
            tenant: tenant.to_owned(),
            role: role.to_owned(),
            application_groups: strings(&["x", "y"].into_iter().filter(joined).collect::<Vec<_>>()),
            rules: strings(&["r0", "r1", "r2"].into_iter().filter(by).collect::<Vec<_>>()),
            source: Source::Rules,
        });
    }
    out
}

/// Every choice of the three groups.
fn memberships() -> Vec<Vec<GroupFacts>> {
    (0..8_u8)
        .map(|bits| (0..3).filter(|i| bits & (1 << i) > 0).filter_map(|i| GROUPS.get(i)).map(|n| group(n)).collect())
        .collect()
}

/// Asks one world everything; returns how many questions that were.
fn ask(rules: &[Rule], ladder: &Ladder, users: &[Vec<GroupFacts>]) -> usize {
    let set = RuleSet::compile(rules, ladder);
    for member_of in users {
        let expected = oracle(rules, member_of);
        assert_eq!(evaluate(rules, ladder, member_of), expected, "{rules:?} for {member_of:?}");
        assert_eq!(set.evaluate(member_of), expected, "compiled: {rules:?} for {member_of:?}");
    }
    users.len()
}

#[test]
fn b014_b015_b016_every_small_world_is_as_the_oracle_says() {
    let (kinds, ladder, users) = (kinds(), Ladder::new(strings(&ROLES)), memberships());
    let mut asked = ask(&[], &ladder, &users);
    for (i, first) in kinds.iter().enumerate() {
        let first = place(first, 0);
        asked += ask(std::slice::from_ref(&first), &ladder, &users);
        for (j, second) in kinds.iter().enumerate().skip(i) {
            let second = place(second, 1);
            asked += ask(&[second.clone(), first.clone()], &ladder, &users);
            for third in kinds.iter().skip(j) {
                asked += ask(&[first.clone(), place(third, 2), second.clone()], &ladder, &users);
            }
        }
    }
    // Choices of up to three of 57 kinds, repetition allowed: C(57 + 3, 3) = 34,220 worlds of eight users.
    assert_eq!((kinds.len(), asked), (57, 34_220 * 8));
}
