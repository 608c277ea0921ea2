//! One rule: which directory it belongs to, whether it is accepted, and its effective content.

use super::verdict::Refusal;
use crate::access::{GroupSelector, Ladder, Rule};
use crate::api::reason::{UNDECODABLE, UNKNOWN_ROLE};
use crate::api::rule::IdpGroup;
use crate::api::{ScimDirectory, UserManagementRule};
use serde_json::Value;

/// A rule as it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleManifest {
    /// An object that fits the types.
    Read(Box<UserManagementRule>),
    /// An object that is there and does not fit the types; it counts as a rule all the same (C008).
    Undecodable(UndecodableRule),
}

/// What can be told of an object that does not fit the types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecodableRule {
    /// `metadata.name`.
    pub name: String,
    /// `spec.directoryRef.name`, if that much can be read.
    pub directory: Option<String>,
    /// Whether `spec.enabled` is `false` in so many words.
    pub disabled: bool,
    /// What does not fit, for people.
    pub message: String,
}

impl From<UserManagementRule> for RuleManifest {
    fn from(rule: UserManagementRule) -> Self {
        Self::Read(Box::new(rule))
    }
}

impl UndecodableRule {
    /// Reads off the raw object what can be read; `message` says why it could not be decoded.
    pub fn from_raw(object: &Value, message: impl Into<String>) -> Self {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Self {
            name: text("/metadata/name").unwrap_or_default(),
            directory: text("/spec/directoryRef/name"),
            disabled: object.pointer("/spec/enabled") == Some(&Value::Bool(false)),
            message: message.into(),
        }
    }
}

impl RuleManifest {
    /// The rule's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Read(rule) => rule.metadata.name.as_deref().unwrap_or_default(),
            Self::Undecodable(rule) => &rule.name,
        }
    }

    /// Whether the rule is there for this directory. One that is being deleted is gone already. An undecodable one that
    /// names no directory belongs to the directory that knows a rule of its name (`known`).
    pub(super) fn belongs_to(&self, directory: &ScimDirectory, known: impl Fn(&str) -> bool) -> bool {
        let name = directory.metadata.name.as_deref();
        match self {
            Self::Read(rule) => {
                let namespace = &rule.metadata.namespace;
                let here = namespace.is_none() || *namespace == directory.metadata.namespace;
                let there = rule.metadata.deletion_timestamp.is_none();
                here && there && Some(rule.spec.directory_ref.name.as_str()) == name
            }
            Self::Undecodable(rule) => match &rule.directory {
                Some(other) => Some(other.as_str()) == name,
                None => known(&rule.name),
            },
        }
    }

    /// Whether the manifest takes the rule out of force in so many words; such a rule is never held.
    pub(super) fn says_disabled(&self) -> bool {
        match self {
            Self::Read(rule) => !rule.spec.enabled(),
            Self::Undecodable(rule) => rule.disabled,
        }
    }

    /// The role that the manifest names, if it can be read.
    pub(super) fn role(&self) -> Option<&str> {
        match self {
            Self::Read(rule) => Some(&rule.spec.role),
            Self::Undecodable(_) => None,
        }
    }

    /// The content that the rule would have in force.
    ///
    /// # Errors
    /// When the object does not fit the types, or names a role that the directory does not have.
    pub(super) fn content(&self, ladder: &Ladder, tenant: &str) -> Result<Rule, Refusal> {
        let manifest = match self {
            Self::Read(rule) => rule,
            Self::Undecodable(rule) => return Err(Refusal::new(UNDECODABLE, "", rule.message.clone())),
        };
        let spec = &manifest.spec;
        if ladder.rank(&spec.role).is_none() {
            let message = format!(
                "spec.role: {:?} is not a role of the directory {:?}: write one of {}, or add it to spec.roles there",
                spec.role,
                spec.directory_ref.name,
                quoted(ladder.roles()),
            );
            return Err(Refusal::new(UNKNOWN_ROLE, "spec.role", message));
        }
        Ok(Rule {
            name: self.name().to_owned(),
            group: selector(&spec.idp_group),
            role: spec.role.clone(),
            tenants: if spec.tenants.is_empty() { vec![tenant.to_owned()] } else { sorted(&spec.tenants) },
            application_groups: sorted(&spec.application_groups),
            enabled: spec.enabled(),
        })
    }
}

fn selector(group: &IdpGroup) -> GroupSelector {
    match group {
        IdpGroup::DisplayName(name) => GroupSelector::DisplayName(name.clone()),
        IdpGroup::ExternalId(id) => GroupSelector::ExternalId(id.clone()),
        IdpGroup::Id(id) => GroupSelector::Id(id.clone()),
    }
}

/// The lists of a rule are sets: sorted, so that another order of writing is no change of content.
fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    names
}

/// For messages: each in quotes, with commas.
pub(super) fn quoted<T: std::fmt::Debug>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
