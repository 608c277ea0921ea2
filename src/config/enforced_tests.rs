//! What comes into force at once, what waits, and that nothing is taken before it was weighed (C003).

use super::{Enforced, Waiting};
use crate::access::{
    GroupFacts, GroupSelector, Guard, Ladder, Onboarding, Rule, Source, TenantAccess, diff, evaluate, settle,
};
use crate::config::{AuditRetention, DirectoryId, Document, HeldChanges, Profile, RuleEntry, SyncPolicy};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ROLES: [&str; 4] = ["Low", "Middle", "High", "Top"];

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn ladder(roles: &[&str]) -> Ladder {
    Ladder::new(strings(roles))
}

/// An enabled rule that gives the role in two tenants, with two application groups.
fn rule(name: &str, role: &str) -> Rule {
    Rule {
        name: name.to_owned(),
        group: GroupSelector::DisplayName("Staff".to_owned()),
        role: role.to_owned(),
        tenants: strings(&["home", "hr"]),
        application_groups: strings(&["x", "y"]),
        enabled: true,
    }
}

fn document(roles: &[&str], rules: &[Rule]) -> Document {
    let directory =
        DirectoryId { uid: "u".to_owned(), namespace: "n".to_owned(), name: "corp".to_owned(), cluster: String::new() };
    Document {
        directory,
        tenant: "home".to_owned(),
        roles: ladder(roles),
        sync_policy: SyncPolicy::Automatic,
        profile: Profile::new("http://x/scim/v2"),
        rules: rules.iter().map(|rule| RuleEntry { rule: rule.clone(), held: false }).collect(),
        verifiers: Vec::new(),
        guard: Guard::default(),
        audit: AuditRetention::default(),
        sign_in: None,
        onboarding: Onboarding::default(),
    }
}

fn in_force(roles: &[&str], rules: &[Rule]) -> Enforced {
    Enforced::all_of(&document(roles, rules))
}

/// What waits when these rules are published over those.
fn waits(before: &[Rule], after: &[Rule]) -> Vec<String> {
    let after = document(&ROLES, after);
    let waiting = in_force(&ROLES, before).after(&after, false).waiting(&after);
    assert!(!waiting.roles, "the ladder is the same");
    waiting.rules
}

/// Whether this ladder waits when it is published over that one, with a rule for each of these roles.
fn ladder_waits(before: &[&str], after: &[&str], used: &[&str]) -> bool {
    let rules: Vec<Rule> = used.iter().map(|role| rule(role, role)).collect();
    let after = document(after, &rules);
    in_force(before, &rules).after(&after, false).waiting(&after).roles
}

fn disabled(rule: Rule) -> Rule {
    Rule { enabled: false, ..rule }
}

#[test]
fn c003_what_only_adds_is_in_force_at_once() {
    let (low, none) = (rule("a", "Low"), Vec::<String>::new());
    assert_eq!(waits(&[], std::slice::from_ref(&low)), none, "a new rule");
    let more = [
        Rule { role: "High".to_owned(), ..low.clone() },
        Rule { tenants: strings(&["home", "hr", "lab"]), ..low.clone() },
        Rule { application_groups: strings(&["w", "x", "y"]), ..low.clone() },
    ];
    for more in more {
        assert_eq!(waits(std::slice::from_ref(&low), &[more]), none);
    }
    let other = Rule { group: GroupSelector::Id("1".to_owned()), tenants: strings(&["lab"]), ..rule("a", "Low") };
    assert_eq!(waits(&[disabled(rule("a", "High"))], &[other]), none, "a disabled rule gave nothing");
}

#[test]
fn c003_while_anybody_holds_something_by_hand_a_rule_that_begins_to_match_waits() {
    let (a, b) = (rule("a", "Low"), rule("b", "Low"));
    let before = in_force(&ROLES, &[disabled(a.clone()), b.clone()]);
    let waits = |rules: &[Rule]| {
        let published = document(&ROLES, rules);
        let after = before.after(&published, true);
        let all = after.admitting(&published, &after.waiting(&published));
        assert_eq!(all, Enforced::all_of(&published), "and comes into force when it is let in");
        after.waiting(&published).rules
    };
    assert_eq!(waits(&[a.clone(), b.clone()]), ["a"], "enabled");
    assert_eq!(waits(&[disabled(a.clone()), b.clone(), rule("c", "Low")]), ["c"], "new");
    let more = Rule { role: "Top".to_owned(), tenants: strings(&["home", "hr", "lab"]), ..b.clone() };
    let still_off = Rule { role: "Top".to_owned(), ..disabled(a) };
    assert_eq!(waits(&[still_off, more, disabled(rule("c", "Low"))]), Vec::<String>::new(), "whom it matches it did");
    assert_eq!(waits(&[b]), Vec::<String>::new(), "what gave nothing may go");
}

#[test]
fn what_is_in_force_has_a_name_of_its_own_whatever_was_held() {
    let rules = [rule("a", "Low"), rule("b", "High")];
    let name = |roles: &[&str], rules: &[Rule]| in_force(roles, rules).content_hash();
    let held = HeldChanges { rules: Vec::new(), roles: true, users_losing: 1, reason: String::new(), revision: 7 };
    let with_verdict = Enforced { held: Some(held), ..in_force(&ROLES, &rules) };
    assert_eq!(with_verdict.content_hash(), name(&ROLES, &rules));
    assert_ne!(name(&ROLES, &rules), name(&ROLES, &rules[..1]));
    assert_ne!(name(&ROLES, &rules), name(&["Low", "High"], &rules));
    assert_ne!(name(&ROLES, &rules), name(&ROLES, &[rule("a", "Low"), rule("b", "Top")]));
}

#[test]
fn c003_what_may_take_access_waits_and_the_content_before_it_stays_in_force() {
    let high = rule("a", "High");
    let less = [
        Rule { role: "Middle".to_owned(), ..high.clone() },
        Rule { role: "Unknown".to_owned(), ..high.clone() },
        Rule { tenants: strings(&["home", "lab"]), ..high.clone() },
        Rule { application_groups: strings(&["x"]), ..high.clone() },
        Rule { group: GroupSelector::DisplayName("Others".to_owned()), ..high.clone() },
        disabled(high.clone()),
    ];
    let before = in_force(&ROLES, &[high.clone(), rule("b", "Low")]);
    for less in less {
        let published = document(&ROLES, &[less, rule("b", "Top"), rule("c", "Low")]);
        let after = before.after(&published, false);
        assert_eq!(after.waiting(&published), Waiting { rules: strings(&["a"]), roles: false });
        assert_eq!(after.rules, [high.clone(), rule("b", "Top"), rule("c", "Low")], "the others are in force");
    }
}

#[test]
fn c003_a_rule_that_is_gone_goes_on_until_it_was_weighed() {
    let (a, b) = (rule("a", "High"), rule("b", "Low"));
    let published = document(&ROLES, std::slice::from_ref(&b));
    let after = in_force(&ROLES, &[a.clone(), b.clone()]).after(&published, false);
    assert_eq!(
        (after.rules.as_slice(), after.waiting(&published).rules),
        ([a.clone(), b.clone()].as_slice(), strings(&["a"]))
    );
    assert_eq!(
        waits(&[disabled(a.clone()), b.clone()], std::slice::from_ref(&b)),
        Vec::<String>::new(),
        "it gave nothing"
    );

    let again = document(&ROLES, &[a.clone(), b.clone()]);
    let restored = after.after(&again, false);
    assert_eq!((&restored, restored.waiting(&again).is_empty()), (&in_force(&ROLES, &[a.clone(), b.clone()]), true));
    let lower = document(&ROLES, &[Rule { role: "Low".to_owned(), ..a.clone() }, b]);
    let made_again = after.after(&lower, false);
    assert_eq!(made_again.waiting(&lower).rules, ["a"], "made again with less is an edit of what it was");
}

#[test]
fn c003_roles_that_are_used_keep_their_order_until_it_was_weighed() {
    assert!(ladder_waits(&ROLES, &["Middle", "Low", "High", "Top"], &["Low", "Middle"]));
    assert!(!ladder_waits(&ROLES, &["Middle", "Low", "High", "Top"], &["Low", "High"]), "one of the two is not used");
    assert!(!ladder_waits(&ROLES, &["Lowest", "Low", "Middle", "High", "Top"], &ROLES), "one is added below");
    assert!(ladder_waits(&ROLES, &["Low", "Middle", "High", "Top", "Highest"], &ROLES), "on top: nobody has that one");
    assert!(!ladder_waits(&["Low", "High"], &["Low", "Middle", "High"], &["Low", "High"]), "or in between");
    assert!(!ladder_waits(&ROLES, &["Low", "High", "Top"], &["Low", "High"]), "what is not used may go");
    assert!(ladder_waits(&ROLES, &["Low", "High"], &["Low", "High"]), "but the top, which may be held by hand");
    assert!(ladder_waits(&ROLES, &["Low", "Middle"], &["Low", "Top"]), "what is used falls by it");
    assert!(ladder_waits(&ROLES, &["Low", "Middle"], &["Top"]), "even when there is no other to fall below");
    let off = [disabled(rule("a", "Low")), rule("b", "High")];
    let turned = document(&["High", "Low", "Top"], &off);
    let after = in_force(&["Low", "High", "Top"], &off).after(&turned, false);
    assert!(!after.waiting(&turned).roles, "a disabled rule uses no role");
}

#[test]
fn c003_a_role_that_is_new_and_a_rule_that_uses_it_come_into_force_together() {
    let published =
        document(&["Low", "Middle", "High"], &[rule("a", "Middle"), rule("b", "High"), rule("c", "Middle")]);
    let after = in_force(&["Low", "High"], &[rule("a", "Low"), rule("b", "High")]).after(&published, false);
    assert_eq!(after, Enforced::all_of(&published));
    let falls = document(&["Low", "Middle", "High"], &[rule("a", "Low"), rule("b", "Middle")]);
    let after = in_force(&["Low", "High"], &[rule("a", "Low"), rule("b", "High")]).after(&falls, false);
    assert_eq!(after.waiting(&falls), Waiting { rules: strings(&["b"]), roles: false });
}

#[test]
fn c003_while_a_new_order_waits_rules_are_measured_by_the_old_one() {
    // On the new ladder the rule's new role is the higher one; on the ladder in force it is the lower one.
    let turned = document(&["High", "Low"], &[rule("a", "Low"), rule("b", "High")]);
    let after = in_force(&["Low", "High"], &[rule("a", "High"), rule("b", "High")]).after(&turned, false);
    assert_eq!(after.waiting(&turned), Waiting { rules: strings(&["a"]), roles: true });
}

#[test]
fn c003_under_manual_everything_is_in_force_at_once() {
    let less = document(&["Top", "Low"], &[disabled(rule("a", "Low"))]);
    let manual = Document { sync_policy: SyncPolicy::Manual, ..less.clone() };
    let before = in_force(&ROLES, &[rule("a", "Top"), rule("b", "Low")]);
    assert_eq!(before.after(&manual, false), Enforced::all_of(&manual));
    let after = before.after(&less, false);
    assert_eq!(after, Enforced { roles: ladder(&ROLES), ..before.clone() }, "under Automatic nothing is");
}

#[test]
fn c003_what_is_admitted_is_in_force_and_nothing_else() {
    let (a, b, c) = (rule("a", "High"), rule("b", "High"), rule("c", "High"));
    let lower = Rule { role: "Low".to_owned(), ..b.clone() };
    let published = document(&["Top", "High", "Middle", "Low"], &[a.clone(), lower.clone()]);
    let held = HeldChanges {
        rules: strings(&["b", "c"]),
        roles: true,
        users_losing: 60,
        reason: "too many".to_owned(),
        revision: 7,
    };
    let before = Enforced { held: Some(held), ..in_force(&ROLES, &[a.clone(), b.clone(), c.clone()]) };
    let waiting = before.waiting(&published);
    assert_eq!(waiting, Waiting { rules: strings(&["b", "c"]), roles: true });

    let of_b = waiting.covered_by(Some(&strings(&["a", "b", "z"])));
    assert_eq!(of_b, Waiting { rules: strings(&["b"]), roles: false }, "a run of some rules is not about the ladder");
    assert_eq!(before.admitting(&published, &of_b).rules, [a.clone(), lower.clone(), c.clone()]);
    let of_c = before.admitting(&published, &waiting.covered_by(Some(&strings(&["c"]))));
    assert_eq!((of_c.rules, of_c.roles), (vec![a, b], ladder(&ROLES)));
    assert_eq!(waiting.covered_by(None), waiting);
    assert_eq!(before.admitting(&published, &waiting), Enforced::all_of(&published));
    assert_eq!(before.admitting(&published, &Waiting::default()), Enforced { held: None, ..before });
}

#[test]
fn c003_a_verdict_is_kept_for_the_changes_that_still_wait() {
    let (a, b) = (rule("a", "High"), rule("b", "High"));
    let lower = |rule: &Rule| Rule { role: "Low".to_owned(), ..rule.clone() };
    let held = |rules: &[&str], roles| {
        let reason = "too many".to_owned();
        Some(HeldChanges { rules: strings(rules), roles, users_losing: 60, reason, revision: 7 })
    };
    let before = |held| Enforced { held, ..in_force(&ROLES, &[a.clone(), b.clone()]) };
    let both = document(&ROLES, &[lower(&a), lower(&b)]);
    let after = before(held(&["a", "b"], true)).after(&both, false);
    assert_eq!(after.held, held(&["a", "b"], false), "the ladder waits no more");
    let one = document(&ROLES, &[lower(&a), b.clone()]);
    assert_eq!(before(held(&["a", "b"], false)).after(&one, false).held, held(&["a"], false));
    assert_eq!(before(held(&["b"], false)).after(&one, false).held, None, "what waits now was not judged");
    let turned = document(&["High", "Top", "Low"], &[a.clone(), b.clone(), rule("c", "Low")]);
    let rules = [a.clone(), b.clone(), rule("c", "Low")];
    let with_three = Enforced { held: held(&[], true), ..in_force(&ROLES, &rules) };
    assert_eq!(with_three.after(&turned, false).held, held(&[], true));
    let manual = Document { sync_policy: SyncPolicy::Manual, ..both };
    assert_eq!(before(held(&["a", "b"], false)).after(&manual, false).held, None);
}

fn a_rule(name: &'static str) -> impl Strategy<Value = Rule> {
    let tenants = btree_set(select(vec!["home", "hr"]), 1..=2);
    let joins = btree_set(select(vec!["x", "y"]), 0..=2);
    let group = select(vec!["One", "Two"]).prop_map(|name| GroupSelector::DisplayName(name.to_owned()));
    let role = select(vec!["Low", "Middle", "High", "Top", "Unknown"]);
    (group, role, tenants, joins, prop::bool::weighted(0.8)).prop_map(move |(group, role, tenants, joins, enabled)| {
        Rule {
            name: name.to_owned(),
            group,
            role: role.to_owned(),
            tenants: tenants.into_iter().map(str::to_owned).collect(),
            application_groups: joins.into_iter().map(str::to_owned).collect(),
            enabled,
        }
    })
}

/// Some of three rules, by name.
fn some_rules() -> impl Strategy<Value = Vec<Rule>> {
    (a_rule("a"), a_rule("b"), a_rule("c"), vec(prop::bool::weighted(0.8), 3)).prop_map(|(a, b, c, there)| {
        [a, b, c].into_iter().zip(there).filter_map(|(rule, there)| there.then_some(rule)).collect()
    })
}

/// Some of the four roles in some order.
fn a_ladder() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(ROLES.to_vec(), 0..=4).prop_shuffle()
}

/// What a member of these groups holds.
fn access(enforced: &Enforced, groups: &[&str]) -> Vec<crate::access::TenantAccess> {
    let facts =
        |name: &&str| GroupFacts { id: name.to_lowercase(), display_name: (*name).to_owned(), external_id: None };
    evaluate(&enforced.rules, &enforced.roles, &groups.iter().map(facts).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn c003_what_comes_into_force_at_once_takes_nothing_from_anybody(
        (old, new) in (some_rules(), some_rules()),
        (old_ladder, new_ladder) in prop_oneof![
            a_ladder().prop_map(|ladder| (ladder.clone(), ladder)),
            (a_ladder(), a_ladder()),
        ],
    ) {
        let (before, published) = (in_force(&old_ladder, &old), document(&new_ladder, &new));
        let after = before.after(&published, false);
        for groups in [&["One"][..], &["Two"], &["One", "Two"]] {
            let (had, has) = (access(&before, groups), access(&after, groups));
            prop_assert!(!diff(&had, &has, &after.roles).takes_access(), "{had:?} {has:?}");
            // Nor does anybody fall on the ladder before, where that knows both roles.
            for (had, has) in had.iter().zip(has.iter().filter(|new| had.iter().any(|old| old.tenant == new.tenant))) {
                let known = before.roles.rank(&had.role).zip(before.roles.rank(&has.role));
                prop_assert!(known.is_none_or(|(had, has)| had <= has), "{had:?} {has:?}");
            }
        }
    }

    #[test]
    fn c003_what_comes_into_force_at_once_takes_no_grant_made_by_hand(
        (old, new, ladder) in (some_rules(), some_rules(), a_ladder()),
    ) {
        let (before, published) = (in_force(&ladder, &old), document(&ladder, &new));
        let after = before.after(&published, true);
        let grant = TenantAccess {
            tenant: "lab".to_owned(),
            role: "Top".to_owned(),
            application_groups: Vec::new(),
            rules: Vec::new(),
            source: Source::Manual,
        };
        for groups in [&["One"][..], &["Two"], &["One", "Two"]] {
            let had = settle(std::slice::from_ref(&grant), access(&before, groups));
            let has = settle(&had, access(&after, groups));
            prop_assert!(!diff(&had, &has, &after.roles).takes_access(), "{had:?} {has:?}");
        }
    }

    #[test]
    fn c003_everything_that_waits_admitted_is_what_was_published(
        (old, new) in (some_rules(), some_rules()), (old_ladder, new_ladder) in (a_ladder(), a_ladder()),
    ) {
        let published = document(&new_ladder, &new);
        let after = in_force(&old_ladder, &old).after(&published, false);
        let all = after.admitting(&published, &after.waiting(&published));
        prop_assert_eq!(&all, &Enforced::all_of(&published));
        prop_assert!(all.waiting(&published).is_empty());
    }
}
