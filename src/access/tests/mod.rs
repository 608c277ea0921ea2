//! The claims of this room. Every evaluation asks both [`evaluate`] and [`RuleSet`] and insists that they agree.

mod behaviours;
mod defaults;
mod diffs;
mod explained;
mod explained_anywhere;
mod guards;
mod properties;
mod settles;
mod sign_in;
mod worlds;

use super::{GroupFacts, GroupSelector, Ladder, Rule, RuleSet, TenantAccess, evaluate};

/// The grants of a member of these groups, from both ways of evaluating.
fn access(rules: &[Rule], ladder: &Ladder, groups: &[GroupFacts]) -> Vec<TenantAccess> {
    let plain = evaluate(rules, ladder, groups);
    assert_eq!(plain, RuleSet::compile(rules, ladder).evaluate(groups), "the compiled rules disagree");
    plain
}

/// A group called `name`, with ids made from it.
fn group(name: &str) -> GroupFacts {
    GroupFacts { id: format!("id-{name}"), display_name: name.to_owned(), external_id: Some(format!("ext-{name}")) }
}

fn groups(names: &[&str]) -> Vec<GroupFacts> {
    names.iter().map(|name| group(name)).collect()
}

/// An enabled rule on a group's name, in the tenant `home`, that carries the name of its group.
fn rule(group: &str, role: &str) -> Rule {
    Rule {
        name: group.to_lowercase(),
        group: GroupSelector::DisplayName(group.to_owned()),
        role: role.to_owned(),
        tenants: vec!["home".to_owned()],
        application_groups: Vec::new(),
        enabled: true,
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl Rule {
    fn tenants(self, tenants: &[&str]) -> Self {
        Self { tenants: strings(tenants), ..self }
    }

    fn joins(self, application_groups: &[&str]) -> Self {
        Self { application_groups: strings(application_groups), ..self }
    }

    fn disabled(self) -> Self {
        Self { enabled: false, ..self }
    }
}

/// The one grant of a member of `names`.
fn only(rules: &[Rule], names: &[&str]) -> TenantAccess {
    let grants = access(rules, &Ladder::default(), &groups(names));
    assert_eq!(grants.len(), 1, "one tenant was expected: {grants:?}");
    grants.into_iter().next().expect("there is one")
}
