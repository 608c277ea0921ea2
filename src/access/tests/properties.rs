//! What holds for every directory, on random ones.

use super::super::{Ladder, Rule, RuleSet, TenantAccess, diff, evaluate, managed};
use super::{GroupFacts, GroupSelector, access, group};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub const GROUPS: [&str; 5] = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"];
pub const ROLES: [&str; 6] = ["Participant", "Designer", "Developer", "Automation Admin", "Global Admin", "Unknown"];

fn a_selector() -> impl Strategy<Value = GroupSelector> {
    select(GROUPS.to_vec()).prop_flat_map(|name| {
        let facts = group(name);
        let spellings = vec![name.to_uppercase(), name.to_lowercase(), name.to_owned()];
        prop_oneof![
            select(spellings).prop_map(GroupSelector::DisplayName),
            Just(GroupSelector::Id(facts.id.clone())),
            Just(GroupSelector::ExternalId(facts.external_id.clone().unwrap_or_default())),
        ]
    })
}

fn a_rule(name: String) -> impl Strategy<Value = Rule> {
    let tenants = btree_set(select(vec!["home", "hr", "lab"]), 1..=3);
    let joins = vec(select(vec!["x", "y", "z"]), 0..=3);
    (a_selector(), select(ROLES.to_vec()), tenants, joins, any::<bool>()).prop_map(
        move |(group, role, tenants, joins, enabled)| Rule {
            name: name.clone(),
            group,
            role: role.to_owned(),
            tenants: tenants.into_iter().map(str::to_owned).collect(),
            application_groups: joins.into_iter().map(str::to_owned).collect(),
            enabled,
        },
    )
}

pub fn some_rules() -> impl Strategy<Value = Vec<Rule>> {
    (0..8_usize).prop_flat_map(|n| (0..n).map(|i| a_rule(format!("rule-{i}"))).collect::<Vec<_>>())
}

pub fn some_groups() -> impl Strategy<Value = Vec<GroupFacts>> {
    subsequence(GROUPS.to_vec(), 0..=5).prop_map(|names| names.into_iter().map(group).collect())
}

/// Whether `less` gives nothing that `more` does not: no tenant, no application group, no higher role.
fn within(less: &[TenantAccess], more: &[TenantAccess]) -> bool {
    let moved = diff(more, less, &Ladder::default());
    !moved.granted && !moved.promoted
}

proptest! {
    #[test]
    fn the_order_of_rules_and_groups_never_matters(
        (rules, shuffled) in some_rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        (groups, mixed) in some_groups().prop_flat_map(|groups| (Just(groups.clone()), Just(groups).prop_shuffle())),
    ) {
        let ladder = Ladder::default();
        prop_assert_eq!(access(&rules, &ladder, &groups), access(&shuffled, &ladder, &mixed));
    }

    #[test]
    fn b017_taking_a_rule_away_never_adds_access(rules in some_rules(), groups in some_groups(), at in 0..8_usize) {
        prop_assume!(at < rules.len());
        let mut fewer = rules.clone();
        fewer.remove(at);
        let ladder = Ladder::default();
        prop_assert!(within(&access(&fewer, &ladder, &groups), &access(&rules, &ladder, &groups)));
    }

    #[test]
    fn b088_disabling_a_rule_is_removing_it(rules in some_rules(), groups in some_groups(), at in 0..8_usize) {
        prop_assume!(at < rules.len());
        let (mut without, mut disabled) = (rules.clone(), rules);
        without.remove(at);
        if let Some(rule) = disabled.get_mut(at) {
            rule.enabled = false;
        }
        prop_assert_eq!(access(&without, &Ladder::default(), &groups), access(&disabled, &Ladder::default(), &groups));
    }

    #[test]
    fn b071_managed_is_exactly_a_matching_rule(rules in some_rules(), groups in some_groups()) {
        let matches = rules.iter().any(|rule| rule.enabled && groups.iter().any(|group| rule.group.selects(group)));
        let grants = access(&rules, &Ladder::default(), &groups);
        prop_assert_eq!(managed(&grants), matches);
        prop_assert!(grants.iter().all(|grant| !grant.rules.is_empty()));
    }

    #[test]
    fn b086_on_the_way_from_one_group_to_another_nobody_is_higher_than_at_either_end(
        rules in some_rules(), kept in some_groups(), from in select(GROUPS.to_vec()), to in select(GROUPS.to_vec()),
    ) {
        let set = RuleSet::compile(&rules, &Ladder::default());
        let with = |names: &[&str]| {
            let mut groups = kept.clone();
            groups.retain(|group| group.display_name != from && group.display_name != to);
            groups.extend(names.iter().map(|name| group(name)));
            set.evaluate(&groups)
        };
        let (start, end) = (with(&[from]), with(&[to]));
        let ladder = Ladder::default();
        for between in [with(&[]), with(&[from, to])] {
            for grant in &between {
                let ends = start.iter().chain(&end).filter(|end| end.tenant == grant.tenant);
                let highest = ends.map(|end| end.role.as_str()).reduce(|a, b| ladder.higher(a, b));
                prop_assert!(highest.is_some_and(|role| ladder.higher(role, &grant.role) == role));
            }
        }
        let (leave_first, join_first) = (with(&[]), with(&[from, to]));
        prop_assert!(within(&leave_first, &start) && within(&end, &join_first));
    }

    #[test]
    fn compiled_rules_answer_what_the_plain_evaluation_answers(
        rules in some_rules(), groups in some_groups(), roles in subsequence(ROLES.to_vec(), 0..=6).prop_shuffle(),
    ) {
        let ladder = Ladder::new(roles.into_iter().map(str::to_owned).collect());
        prop_assert_eq!(RuleSet::compile(&rules, &ladder).evaluate(&groups), evaluate(&rules, &ladder, &groups));
    }

    #[test]
    fn a_change_and_its_way_back_mirror_each_other(
        before in some_rules(), after in some_rules(), groups in some_groups(),
    ) {
        let ladder = Ladder::default();
        let (old, new) = (access(&before, &ladder, &groups), access(&after, &ladder, &groups));
        let (there, back) = (diff(&old, &new, &ladder), diff(&new, &old, &ladder));
        prop_assert_eq!((there.granted, there.revoked), (back.revoked, back.granted));
        prop_assert_eq!((there.promoted, there.demoted), (back.demoted, back.promoted));
        prop_assert!(!diff(&old, &old, &ladder).changed());
    }
}
