//! What holds for every explanation, in random directories that need not be in sync.

use super::super::{
    AccessView, Code, Explanation, GroupFacts, Knowledge, Ladder, Question, Rule, RuleKnowledge, Source, TenantAccess,
    evaluate, explain, managed, settle,
};
use super::group;
use super::properties::{GROUPS, ROLES, some_groups, some_rules};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// A person who was evaluated by some rules in some groups, and what is so now.
#[derive(Debug)]
struct World {
    before: (Vec<Rule>, Vec<GroupFacts>),
    now: (Vec<Rule>, Vec<GroupFacts>),
    provisioned: Vec<&'static str>,
    waiting: Vec<bool>,
    manual: Option<&'static str>,
    enabled: bool,
    pending: bool,
    tenant: &'static str,
    role: Option<&'static str>,
}

prop_compose! {
    fn a_world()(
        before in (some_rules(), some_groups()),
        now in (some_rules(), some_groups()),
        provisioned in subsequence(GROUPS.to_vec(), 0..=5),
        waiting in vec(prop::bool::weighted(0.2), 8),
        manual in option::of(select(ROLES.to_vec())),
        (enabled, pending) in (prop::bool::weighted(0.8), prop::bool::weighted(0.2)),
        tenant in select(vec!["home", "hr", "lab", "nowhere"]),
        role in option::of(select(ROLES.to_vec())),
    ) -> World {
        World { before, now, provisioned, waiting, manual, enabled, pending, tenant, role }
    }
}

impl World {
    fn grants(&self, (rules, groups): &(Vec<Rule>, Vec<GroupFacts>)) -> Vec<TenantAccess> {
        let manual = self.manual.map(|role| TenantAccess {
            tenant: "hr".to_owned(),
            role: role.to_owned(),
            application_groups: Vec::new(),
            rules: Vec::new(),
            source: Source::Manual,
        });
        settle(&manual.into_iter().collect::<Vec<_>>(), evaluate(rules, &Ladder::default(), groups))
    }

    fn view(&self, grants: Vec<TenantAccess>) -> AccessView {
        AccessView {
            id: "1".to_owned(),
            user_name: "ada@example.com".to_owned(),
            active: self.enabled,
            account_enabled: self.enabled,
            managed: managed(&grants),
            organization_admin: false,
            tenants: if self.enabled { grants.clone() } else { Vec::new() },
            stored_grants: grants,
            last_evaluated: None,
            email: None,
        }
    }

    fn explained(&self, person: &AccessView) -> Explanation {
        let ladder = Ladder::default();
        let know = |(rule, waiting): (_, &bool)| self.known(rule, *waiting);
        let known = Knowledge {
            person: Some(person),
            status: None,
            pending: self.pending,
            rules: self.now.0.iter().zip(&self.waiting).map(know).collect(),
            roles: &ladder,
        };
        explain(&Question { tenant: self.tenant.to_owned(), role: self.role.map(str::to_owned) }, &known)
    }

    /// A group is there when it was provisioned, or the person is in it.
    fn known<'a>(&self, rule: &'a Rule, waiting: bool) -> RuleKnowledge<'a> {
        let mine = self.now.1.iter().find(|group| rule.group.selects(group)).cloned();
        let there = self.provisioned.iter().map(|name| group(name)).find(|group| rule.group.selects(group));
        let is_member = mine.is_some();
        RuleKnowledge { rule, waiting, in_force: true, group: mine.or(there), gone: None, is_member, made: None }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn c002_the_answer_is_the_access_views_and_the_first_reason_agrees_with_it(world in a_world()) {
        let person = world.view(world.grants(&world.before));
        let answer = world.explained(&person);
        let asked = |grant: &TenantAccess| {
            grant.tenant == world.tenant && world.role.is_none_or(|role| role == grant.role)
        };
        prop_assert_eq!(answer.granted, person.tenants.iter().any(asked));
        prop_assert!((1..=10).contains(&answer.reasons.len()), "{:?}", answer.reasons);
        let first = answer.reasons.first().map(|reason| reason.code);
        prop_assert_eq!(first == Some(Code::Granted), answer.granted);
        prop_assert_eq!(first == Some(Code::UserInactive), !world.enabled && !answer.granted);
        prop_assert!(answer.reasons.iter().all(|reason| !reason.message.is_empty()));
    }

    #[test]
    fn c002_where_everything_was_applied_no_sync_is_asked_for_and_each_reason_is_true(world in a_world()) {
        let world = World { waiting: vec![false; 8], pending: false, ..world };
        let person = world.view(world.grants(&world.now));
        let (rules, mine) = &world.now;
        for reason in world.explained(&person).reasons {
            let about = rules.iter().find(|rule| Some(&rule.name) == reason.rule.as_ref());
            let is_member = about.is_some_and(|rule| mine.iter().any(|group| rule.group.selects(group)));
            let gives = about.is_some_and(|rule| rule.enabled && rule.tenants.iter().any(|t| *t == world.tenant));
            match reason.code {
                Code::UserInactive => prop_assert!(!world.enabled),
                Code::Granted | Code::OutrankedBy => prop_assert!((is_member && gives) || world.manual.is_some()),
                Code::RuleDisabled => prop_assert!(about.is_some_and(|rule| !rule.enabled)),
                Code::NotAMember | Code::GroupNotProvisioned => prop_assert!(about.is_some() && !is_member),
                Code::NoRule => prop_assert!(about.is_none()),
                Code::UserNotFound | Code::SyncPending | Code::RuleNotSynced => {
                    prop_assert!(false, "{reason:?}");
                }
            }
        }
    }

    #[test]
    fn c002_the_order_in_which_rules_are_known_never_matters(world in a_world()) {
        let person = world.view(world.grants(&world.before));
        let told = world.explained(&person);
        let World { now: (rules, groups), waiting, .. } = &world;
        let waiting = waiting.iter().take(rules.len()).rev().copied().collect();
        let turned = World { now: (rules.iter().rev().cloned().collect(), groups.clone()), waiting, ..world };
        prop_assert_eq!(turned.explained(&person), told);
    }
}

#[test]
fn each_kind_of_reason_is_written_as_its_name() {
    let text = |code| serde_json::to_value(code).expect("JSON");
    assert_eq!(text(Code::UserNotFound), "UserNotFound");
    assert_eq!(text(Code::NotAMember), "NotAMember");
    assert!(Code::RuleNotSynced < Code::RuleDisabled, "in the order in which they decide");
    let all = [
        Code::UserNotFound,
        Code::UserInactive,
        Code::SyncPending,
        Code::Granted,
        Code::OutrankedBy,
        Code::RuleNotSynced,
        Code::RuleDisabled,
        Code::NotAMember,
        Code::GroupNotProvisioned,
        Code::NoRule,
    ];
    assert!(all.into_iter().all(|code| text(code) == code.name()));
}
