//! The four kinds as people write them: serde types, their schema and the accessors that give effective values.
//!
//! Group `scim-operator.dev`, version `v1alpha1`, all namespaced. A field enters here together with its behaviour,
//! never before. The doc comment of a type or field is what `kubectl explain` shows and what
//! `docs/reference/resources.md` says. This room knows no other: it checks shapes (bounds, patterns, CEL), never
//! meaning. It reads no clock and does no I/O. Schema defaults are refused but one (`status.observedGeneration: -1`),
//! so that GitOps tools see no drift; what a field is when it is left out is answered by an accessor of the same
//! name.

mod cel;
pub mod condition;
pub mod crd;
pub mod directory;
pub mod duration;
pub mod label;
pub mod page;
pub mod quantity;
pub mod reason;
pub mod reference;
pub mod rule;
pub mod rule_sync;
pub mod token;

#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use crd::crds;
pub use directory::{ScimDirectory, ScimDirectorySpec, ScimDirectoryStatus};
pub use reference::{DirectoryRef, SecretKeyRef, SecretRef};
pub use rule::{UserManagementRule, UserManagementRuleSpec, UserManagementRuleStatus};
pub use rule_sync::{RuleSync, RuleSyncSpec, RuleSyncStatus};
pub use token::{ScimAccessToken, ScimAccessTokenSpec, ScimAccessTokenStatus};

/// The API group of the four kinds.
pub const GROUP: &str = "scim-operator.dev";
/// Their version.
pub const VERSION: &str = "v1alpha1";
