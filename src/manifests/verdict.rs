//! What becomes of a manifest: accepted, or refused for a reason that a person can act upon.

use crate::api::reason::Reason;

/// Why a manifest is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For the `Accepted` condition; never a ready one.
    pub reason: Reason,
    /// The field at fault, such as `spec.role`; empty when it is the whole object.
    pub field: String,
    /// Field, value and what to write instead, in one sentence.
    pub message: String,
}

impl Refusal {
    /// A refusal of `field`; the message should name the value and what to do.
    pub fn new(reason: Reason, field: &str, message: impl Into<String>) -> Self {
        Self { reason, field: field.to_owned(), message: message.into() }
    }
}

/// How one rule of the directory stands after a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVerdict {
    /// The rule's name.
    pub name: String,
    /// Why it is not accepted; `None` = accepted.
    pub refusal: Option<Refusal>,
    /// Whether its last accepted content stays in force (C008). Only a refused rule is ever held.
    pub held: bool,
}

/// How the directory itself stands after a compilation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryVerdict {
    /// Why it is not accepted as written; `None` = accepted.
    pub refusal: Option<Refusal>,
}

impl DirectoryVerdict {
    /// Whether the directory is accepted as written.
    pub fn accepted(&self) -> bool {
        self.refusal.is_none()
    }
}

impl RuleVerdict {
    /// Whether the rule is accepted as written.
    pub fn accepted(&self) -> bool {
        self.refusal.is_none()
    }
}
