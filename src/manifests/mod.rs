//! From manifests to the configuration document that an endpoint enforces. Pure; operator and `standalone` share it.
//!
//! [`compile`] puts a directory and its rules together: effective values, what the schema cannot say (an unknown role,
//! a role in use, a resource type without its schema), and what stays in force of what is not accepted (C008).
//! [`default_rules`] are the five rules that come with a directory (B072–B079). [`token_limit`] says which of several
//! tokens of one holder counts (B117). [`read`] reads manifests from a file as strictly as the API server and names
//! line, field and value of a mistake. [`held_changes`] and [`held_run`] print the run that confirms what the guard
//! holds (C003).

mod compile;
mod confirmation;
mod defaults;
mod definitions;
mod identity;
mod manifest;
mod problem;
mod roles;
mod rule;
mod rule_test;
mod schema;
mod sign_in;
#[cfg(test)]
mod tests;
mod token;
mod verdict;
mod yaml;

pub use compile::{Compiled, compile};
pub use confirmation::{Confirmation, NOTE_BYTES_MAX, held_changes, held_changes_and_call, held_run};
pub use defaults::default_rules;
pub use identity::directory_uid;
pub use manifest::{Manifest, Written, check, check_change, read};
pub use problem::Problem;
pub use rule::{RuleManifest, UndecodableRule};
pub use rule_test::{RuleTestReport, RuleTestResult, run_rule_tests};
pub use token::token_limit;
pub use verdict::{DirectoryVerdict, Refusal, RuleVerdict};
pub use yaml::Places;
