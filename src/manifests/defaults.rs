//! The five default rules as manifests (B072–B079, reading 9). Who makes them makes them once.

use super::roles;
use crate::access::{DEFAULT_RULES, DefaultRule, GroupSelector};
use crate::api::rule::IdpGroup;
use crate::api::{DirectoryRef, ScimDirectory, UserManagementRule, UserManagementRuleSpec, label};
use kube::Resource;
use kube::api::ObjectMeta;

/// The default rules that the directory wants, lowest role first: none when they are not enabled, and none of those it
/// excludes. A directory with roles of its own gets those whose role it has, since the others could only be refused.
///
/// They belong to the directory (controller reference, when it has a uid) and to its namespace.
pub fn default_rules(directory: &ScimDirectory) -> Vec<UserManagementRule> {
    let wanted: Vec<&str> = directory.spec.default_rules().wanted().into_iter().map(|rule| rule.suffix()).collect();
    let ladder = roles::wanted(&directory.spec);
    DEFAULT_RULES
        .iter()
        .filter(|rule| wanted.contains(&rule.suffix) && ladder.rank(rule.role).is_some())
        .map(|rule| manifest(rule, directory))
        .collect()
}

fn manifest(default: &DefaultRule, directory: &ScimDirectory) -> UserManagementRule {
    let name = directory.metadata.name.clone().unwrap_or_default();
    let rule = default.rule(&name, &directory.spec.tenant);
    let labels = [(label::DEFAULT_RULE, "true"), (label::DIRECTORY, name.as_str())];
    UserManagementRule {
        metadata: ObjectMeta {
            name: Some(rule.name),
            namespace: directory.metadata.namespace.clone(),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            owner_references: directory.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        spec: UserManagementRuleSpec {
            directory_ref: DirectoryRef::to(name),
            idp_group: match rule.group {
                GroupSelector::DisplayName(name) => IdpGroup::DisplayName(name),
                GroupSelector::ExternalId(id) => IdpGroup::ExternalId(id),
                GroupSelector::Id(id) => IdpGroup::Id(id),
            },
            role: rule.role,
            tenants: rule.tenants,
            application_groups: rule.application_groups,
            enabled: None,
        },
        status: None,
    }
}
