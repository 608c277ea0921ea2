//! What the rules do, one behaviour after the other.

use super::super::{DEFAULT_ROLES, GroupSelector, Ladder, Source, fold, managed};
use super::{access, group, groups, only, rule, strings};

#[test]
fn b014_b067_a_rule_gives_its_role_and_application_groups_in_its_tenants() {
    let rules = [rule("Designers", "Designer").tenants(&["hr", "finance"]).joins(&["HR Reviewers"])];
    let grants = access(&rules, &Ladder::default(), &groups(&["Designers"]));
    let tenants: Vec<_> = grants.iter().map(|grant| grant.tenant.as_str()).collect();
    assert_eq!(tenants, ["finance", "hr"], "sorted by tenant");
    for grant in &grants {
        assert_eq!(grant.role, "Designer");
        assert_eq!(grant.application_groups, ["HR Reviewers"]);
        assert_eq!(grant.rules, ["designers"]);
        assert_eq!(grant.source, Source::Rules);
    }
}

#[test]
fn b014_nobody_gets_anything_from_a_group_they_are_not_in() {
    let rules = [rule("Designers", "Designer")];
    assert_eq!(access(&rules, &Ladder::default(), &groups(&["Developers"])), []);
    assert_eq!(access(&rules, &Ladder::default(), &[]), []);
}

#[test]
fn b015_of_any_two_rules_the_higher_role_wins() {
    for (i, first) in DEFAULT_ROLES.iter().enumerate() {
        for (j, second) in DEFAULT_ROLES.iter().enumerate() {
            let rules = [rule("One", first), rule("Two", second)];
            let expected = DEFAULT_ROLES.get(i.max(j)).expect("on the ladder");
            assert_eq!(only(&rules, &["One", "Two"]).role, *expected, "{first} and {second}");
        }
    }
}

#[test]
fn b015_the_highest_role_is_counted_per_tenant() {
    let rules = [rule("Ops", "Global Admin").tenants(&["lab"]), rule("Staff", "Participant").tenants(&["hr", "lab"])];
    let grants = access(&rules, &Ladder::default(), &groups(&["Ops", "Staff"]));
    let roles: Vec<_> = grants.iter().map(|grant| (grant.tenant.as_str(), grant.role.as_str())).collect();
    assert_eq!(roles, [("hr", "Participant"), ("lab", "Global Admin")]);
}

#[test]
fn b015_the_ladder_decides_and_not_the_name() {
    let ladder = Ladder::new(strings(&["Zebra", "Ant"]));
    let rules = [rule("One", "Zebra"), rule("Two", "Ant")];
    let grants = access(&rules, &ladder, &groups(&["One", "Two"]));
    assert_eq!(grants.first().expect("access").role, "Ant");
}

#[test]
fn b015_a_role_that_left_the_ladder_loses_against_every_role_on_it() {
    let ladder = Ladder::new(strings(&["Participant"]));
    let rules = [rule("One", "Participant"), rule("Two", "Overlord"), rule("Three", "Archon")];
    let role = |names: &[&str]| access(&rules, &ladder, &groups(names)).first().expect("access").role.clone();
    assert_eq!(role(&["One", "Two"]), "Participant");
    assert_eq!(role(&["Two", "Three"]), role(&["Three", "Two"]));
}

#[test]
fn b016_application_groups_add_up_each_once() {
    let rules = [rule("One", "Designer").joins(&["b", "a"]), rule("Two", "Designer").joins(&["c", "b"])];
    assert_eq!(only(&rules, &["One", "Two"]).application_groups, ["a", "b", "c"]);
}

#[test]
fn b016_application_groups_stay_in_the_tenants_of_their_rule() {
    let rules = [rule("One", "Designer").joins(&["a"]).tenants(&["hr"]), rule("Two", "Designer").tenants(&["lab"])];
    let grants = access(&rules, &Ladder::default(), &groups(&["One", "Two"]));
    let joined: Vec<_> = grants.iter().map(|grant| grant.application_groups.len()).collect();
    assert_eq!(joined, [1, 0]);
}

#[test]
fn b016_what_is_listed_twice_is_given_once() {
    let twice = rule("One", "Designer").tenants(&["hr", "hr"]).joins(&["a", "a"]);
    let same_name = super::Rule { group: GroupSelector::Id("id-One".to_owned()), ..twice.clone() };
    let grant = only(&[twice, same_name], &["One", "One"]);
    assert_eq!((grant.rules, grant.application_groups), (strings(&["one"]), strings(&["a"])));
}

#[test]
fn b017_leaving_a_group_loses_only_what_its_rule_gave() {
    let rules = [rule("One", "Designer").joins(&["a", "shared"]), rule("Two", "Designer").joins(&["shared"])];
    assert_eq!(only(&rules, &["One", "Two"]).rules, ["one", "two"]);
    let left = only(&rules, &["Two"]);
    assert_eq!(left.rules, ["two"]);
    assert_eq!(left.application_groups, ["shared"]);
}

#[test]
fn b045_in_several_linked_groups_the_highest_role_and_all_groups_are_given() {
    let rules = [
        rule("One", "Participant").joins(&["a"]),
        rule("Two", "Developer").joins(&["b"]),
        rule("Three", "Designer").joins(&["c"]),
    ];
    let grant = only(&rules, &["One", "Two", "Three"]);
    assert_eq!(grant.role, "Developer");
    assert_eq!(grant.application_groups, ["a", "b", "c"]);
}

#[test]
fn b046_a_shared_application_group_is_left_with_the_last_rule_that_gives_it() {
    let rules = [rule("One", "Designer").joins(&["shared"]), rule("Two", "Designer").joins(&["shared"])];
    assert_eq!(only(&rules, &["One", "Two"]).application_groups, ["shared"]);
    assert_eq!(only(&rules, &["One"]).application_groups, ["shared"]);
    assert_eq!(access(&rules, &Ladder::default(), &[]), []);
}

#[test]
fn b047_role_goes_down_when_a_group_is_left() {
    let rules = [rule("Designers", "Designer"), rule("Participants", "Participant")];
    assert_eq!(only(&rules, &["Designers", "Participants"]).role, "Designer");
    assert_eq!(only(&rules, &["Participants"]).role, "Participant");
}

#[test]
fn b071_managed_means_that_a_rule_matches() {
    let rules = [rule("Designers", "Designer")];
    assert!(managed(&access(&rules, &Ladder::default(), &groups(&["Designers"]))));
    assert!(!managed(&access(&rules, &Ladder::default(), &groups(&["Others"]))));
    let mut manual = only(&rules, &["Designers"]);
    manual.rules.clear();
    manual.source = Source::Manual;
    assert!(!managed(&[manual]), "a manual grant is no rule");
}

#[test]
fn b081_a_rule_gives_access_in_the_chosen_tenant_and_nowhere_else() {
    let rules = [rule("HR", "Designer").tenants(&["hr"])];
    assert_eq!(only(&rules, &["HR"]).tenant, "hr");
}

#[test]
fn b082_hr_designers_are_designers_or_developers_in_hr() {
    for role in ["Designer", "Developer"] {
        let rules = [rule("HR-Designers", role).tenants(&["hr"]), rule("Nintex Participants", "Participant")];
        let grants = access(&rules, &Ladder::default(), &groups(&["HR-Designers", "Nintex Participants"]));
        let seen: Vec<_> = grants.iter().map(|grant| (grant.tenant.as_str(), grant.role.as_str())).collect();
        assert_eq!(seen, [("home", "Participant"), ("hr", role)]);
    }
}

#[test]
fn b088_a_disabled_rule_gives_nothing() {
    let rules = [rule("Designers", "Designer").disabled(), rule("Participants", "Participant")];
    assert_eq!(only(&rules, &["Designers", "Participants"]).role, "Participant");
    assert_eq!(access(&rules, &Ladder::default(), &groups(&["Designers"])), []);
}

#[test]
fn a_group_is_named_by_its_name_in_any_case_or_exactly_by_an_id() {
    let on = |selector| vec![super::Rule { group: selector, ..rule("x", "Designer") }];
    let matches = |selector| !access(&on(selector), &Ladder::default(), &[group("Größe")]).is_empty();
    assert!(matches(GroupSelector::DisplayName("GRÖßE".to_owned())));
    assert!(!matches(GroupSelector::DisplayName("Größen".to_owned())));
    assert_eq!((fold("HR-Designers 1"), fold("ÉCOLE ß")), ("hr-designers 1".to_owned(), "école ß".to_owned()));
    assert!(matches(GroupSelector::ExternalId("ext-Größe".to_owned())));
    assert!(!matches(GroupSelector::ExternalId("EXT-Größe".to_owned())));
    assert!(matches(GroupSelector::Id("id-Größe".to_owned())));
    assert!(!matches(GroupSelector::Id("ext-Größe".to_owned())), "an id is not an external id");
}

#[test]
fn a_group_without_external_id_matches_no_external_id() {
    let rules = [super::Rule { group: GroupSelector::ExternalId(String::new()), ..rule("x", "Designer") }];
    let anonymous = super::GroupFacts { external_id: None, ..group("x") };
    assert_eq!(access(&rules, &Ladder::default(), &[anonymous]), []);
}
