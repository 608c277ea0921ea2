//! The default rules as manifests.

use super::super::{RuleManifest, check, default_rules};
use super::{compiled, directory, in_force};
use crate::api::rule::IdpGroup;
use crate::api::{UserManagementRule, label};

fn names(rules: &[UserManagementRule]) -> Vec<&str> {
    rules.iter().filter_map(|rule| rule.metadata.name.as_deref()).collect()
}

const ALL: [&str; 5] =
    ["corp-participants", "corp-designers", "corp-developers", "corp-automation-admins", "corp-administrators"];

#[test]
fn b072_a_directory_comes_with_five_labelled_rules_of_its_own() {
    let rules = default_rules(&directory(""));
    assert_eq!(names(&rules), ALL);
    for rule in &rules {
        let labels = rule.metadata.labels.as_ref().expect("labels");
        assert_eq!(labels.get(label::DEFAULT_RULE).map(String::as_str), Some("true"));
        assert_eq!(labels.get(label::DIRECTORY).map(String::as_str), Some("corp"));
        assert_eq!(rule.metadata.namespace.as_deref(), Some("access"));
        let owners = rule.metadata.owner_references.as_deref().unwrap_or_default();
        assert_eq!(owners.iter().map(|owner| owner.uid.as_str()).collect::<Vec<_>>(), ["uid-corp"]);
        let object = serde_json::to_value(rule).expect("JSON");
        assert_eq!(check("UserManagementRule", &object, None), Ok(()), "the API server would take it");
    }
}

#[test]
fn b073_b077_b078_groups_roles_and_tenant_are_those_of_the_documents() {
    let rules = default_rules(&directory(""));
    let seen: Vec<_> = rules
        .iter()
        .map(|rule| match &rule.spec.idp_group {
            IdpGroup::DisplayName(name) => (name.as_str(), rule.spec.role.as_str(), rule.spec.tenants.join(",")),
            other => panic!("{other:?}"),
        })
        .collect();
    let home = || "main".to_owned();
    assert_eq!(
        seen,
        [
            ("Nintex Participants", "Participant", home()),
            ("Nintex Designers", "Designer", home()),
            ("Nintex Developers", "Developer", home()),
            ("Nintex Automation Admins", "Automation Admin", home()),
            ("Nintex Administrators", "Global Admin", home()),
        ]
    );
}

#[test]
fn b072_the_default_rules_are_accepted() {
    let directory = directory("");
    let rules: Vec<RuleManifest> = default_rules(&directory).into_iter().map(RuleManifest::from).collect();
    let compiled = compiled(&directory, &rules, None);
    assert!(compiled.rules.iter().all(|verdict| verdict.accepted()));
    assert_eq!(in_force(&compiled).len(), 5);
}

#[test]
fn b079_what_is_excluded_or_not_enabled_is_not_made() {
    let rules = default_rules(&directory(", defaultRules: {exclude: [administrators, designers]}"));
    assert_eq!(names(&rules), ["corp-participants", "corp-developers", "corp-automation-admins"]);
    assert!(default_rules(&directory(", defaultRules: {enabled: false}")).is_empty());
}

#[test]
fn b072_a_directory_with_roles_of_its_own_gets_the_rules_whose_role_it_has() {
    let rules = default_rules(&directory(", roles: [Participant, Owner]"));
    assert_eq!(names(&rules), ["corp-participants"]);
}
