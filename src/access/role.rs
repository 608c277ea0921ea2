//! The ladder of roles: ordered, lowest first (reading 1, reading 25).

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A directory's roles, lowest first. A role that is not on the ladder ranks below every role that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ladder(Vec<String>);

/// The five roles of a directory that names none, lowest first (B073–B077).
pub const DEFAULT_ROLES: [&str; 5] = ["Participant", "Designer", "Developer", "Automation Admin", "Global Admin"];

impl Default for Ladder {
    fn default() -> Self {
        Self(DEFAULT_ROLES.map(str::to_owned).to_vec())
    }
}

impl Ladder {
    /// The roles in the order given, lowest first. The caller has checked that they are unique.
    pub fn new(roles: Vec<String>) -> Self {
        Self(roles)
    }

    /// Position on the ladder: 0 is the lowest; `None` for a role that is not on it.
    pub fn rank(&self, role: &str) -> Option<usize> {
        self.0.iter().position(|r| r == role)
    }

    /// Orders two roles by height. Two roles that are both off the ladder are ordered by name, the first being the
    /// higher, so that the order in which rules are listed never matters.
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        self.rank(a).cmp(&self.rank(b)).then_with(|| b.cmp(a))
    }

    /// The higher of two roles (B015).
    pub fn higher<'a>(&self, a: &'a str, b: &'a str) -> &'a str {
        if self.compare(a, b).is_lt() { b } else { a }
    }

    /// The roles, lowest first.
    pub fn roles(&self) -> &[String] {
        &self.0
    }
}
