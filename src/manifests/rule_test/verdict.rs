//! One test: what was expected, what is, and why.

use super::written::{Expected, Spec};
use crate::access::{
    AccessView, GroupFacts, GroupSelector, Knowledge, Ladder, Question, Rule, RuleKnowledge, TenantAccess, evaluate,
    explain, managed,
};
use crate::config::Document;
use crate::manifests::rule::quoted;
use std::collections::BTreeSet;

/// Everything that is not as the test expects, in words: tenant by tenant as they are written, then those too many.
pub fn failures(test: &Spec, document: &Document) -> Vec<String> {
    let rules: Vec<Rule> = document.rules.iter().map(|entry| entry.rule.clone()).collect();
    let groups: Vec<GroupFacts> = test.given.groups.iter().map(|group| group.facts()).collect();
    let person = person(evaluate(&rules, &document.roles, &groups), test.given.active);
    let world = World { rules: &rules, roles: &document.roles, groups: &groups, person: &person };
    let mut out = Vec::new();
    for expected in &test.expect.tenants {
        let is = person.tenants.iter().find(|grant| grant.tenant == expected.tenant);
        match is.filter(|grant| grant.role == expected.role) {
            Some(grant) => out.extend(differences(expected, grant)),
            None => out.push(world.missing(expected, is)),
        }
    }
    let wanted: BTreeSet<&str> = test.expect.tenants.iter().map(|expected| expected.tenant.as_str()).collect();
    for grant in person.tenants.iter().filter(|grant| !wanted.contains(grant.tenant.as_str())) {
        let TenantAccess { tenant, role, rules, .. } = grant;
        out.push(format!("{tenant}: expected no access, is {role:?} by {}", quoted(rules)));
    }
    out
}

/// The person of a test.
fn person(grants: Vec<TenantAccess>, active: bool) -> AccessView {
    AccessView {
        id: String::new(),
        user_name: "this person".to_owned(),
        active,
        account_enabled: active,
        managed: managed(&grants),
        organization_admin: false,
        tenants: if active { grants.clone() } else { Vec::new() },
        stored_grants: grants,
        last_evaluated: None,
        email: None,
    }
}

/// What differs beside the role.
fn differences(expected: &Expected, is: &TenantAccess) -> Vec<String> {
    let lists = [
        ("application groups", &expected.application_groups, &is.application_groups),
        ("rules", &expected.rules, &is.rules),
    ];
    let mut out = Vec::new();
    for (what, expected, found) in lists {
        // Both are sorted, with each name once.
        if let Some(expected) = expected.as_ref().filter(|expected| !expected.iter().eq(found)) {
            out.push(format!("{}: expected the {what} {}, is {}", is.tenant, listed(expected), listed(found)));
        }
    }
    out
}

/// Names for people; there may be none.
fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    format!("[{}]", quoted(names))
}

/// What an explanation rests on.
struct World<'a> {
    rules: &'a [Rule],
    roles: &'a Ladder,
    groups: &'a [GroupFacts],
    person: &'a AccessView,
}

impl World<'_> {
    /// Why the expected role is not there.
    fn missing(&self, expected: &Expected, is: Option<&TenantAccess>) -> String {
        let Expected { tenant, role, .. } = expected;
        let is = is.map_or_else(|| "no access".to_owned(), |grant| format!("{:?}", grant.role));
        let known = Knowledge {
            person: Some(self.person),
            status: None,
            pending: false,
            rules: self.rules.iter().map(|rule| self.known(rule)).collect(),
            roles: self.roles,
        };
        let asked = Question { tenant: tenant.clone(), role: Some(role.clone()) };
        let why = explain(&asked, &known).reasons.into_iter().next();
        let why = why.map(|reason| format!(": {:?}: {}", reason.code, reason.message)).unwrap_or_default();
        format!("{tenant}: expected {role:?}, is {is}{why}")
    }

    /// Every group counts as provisioned: a test says who is in one, not which there are.
    fn known<'b>(&self, rule: &'b Rule) -> RuleKnowledge<'b> {
        let mine = self.groups.iter().find(|group| rule.group.selects(group));
        let is_member = mine.is_some();
        let group = mine.filter(|group| !group.display_name.is_empty()).cloned().unwrap_or_else(|| of(&rule.group));
        RuleKnowledge { rule, waiting: false, in_force: true, group: Some(group), gone: None, is_member, made: None }
    }
}

/// The group that a rule names, as far as the rule says.
fn of(selector: &GroupSelector) -> GroupFacts {
    let (display_name, external_id, id) = match selector {
        GroupSelector::DisplayName(name) => (name.clone(), None, String::new()),
        GroupSelector::ExternalId(theirs) => (format!("externalId {theirs}"), Some(theirs.clone()), String::new()),
        GroupSelector::Id(id) => (format!("id {id}"), None, id.clone()),
    };
    GroupFacts { id, display_name, external_id }
}
