//! The guard: how much access one change of rules or roles may take before a person has to confirm it (reading 23,
//! C003).
//!
//! It judges what rules, roles and tenants take. What the provider asks for is never held.

use serde::{Deserialize, Serialize};
use std::fmt;

/// From so many managed people on the percentage counts.
const PERCENT_COUNTS_FROM: u64 = 10;

/// The limits of a directory (`spec.guard`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// People who may lose something in one change.
    pub max_revoked_users: u64,
    /// Percent of the managed people who may; counts once at least ten are managed.
    pub max_revoked_percent: u8,
}

impl Default for Guard {
    fn default() -> Self {
        Self { max_revoked_users: 50, max_revoked_percent: 20 }
    }
}

/// What a change would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// People who would lose a role, a tenant or an application group, or get a lower role.
    pub people: u64,
    /// People who are managed before it.
    pub managed: u64,
    /// Active people with the top role in the home tenant before it, by the roles in force then.
    pub top_before: u64,
    /// And after it, by those in force then.
    pub top_after: u64,
}

/// A limit that a change exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// More people than may.
    Users {
        /// Would lose something.
        people: u64,
        /// May.
        max: u64,
    },
    /// A larger share of the managed people than may.
    Percent {
        /// Would lose something.
        people: u64,
        /// Are managed.
        managed: u64,
        /// Percent of them who may.
        max: u8,
    },
    /// Nobody active would have the top role in the home tenant any more.
    LastTopRole,
}

impl Guard {
    /// The first limit that is exceeded, if any.
    pub fn exceeded(&self, losses: &Losses) -> Option<Excess> {
        let Losses { people, managed, top_before, top_after } = *losses;
        if people > self.max_revoked_users {
            return Some(Excess::Users { people, max: self.max_revoked_users });
        }
        let percent = u64::from(self.max_revoked_percent);
        if managed >= PERCENT_COUNTS_FROM && people.saturating_mul(100) > managed.saturating_mul(percent) {
            return Some(Excess::Percent { people, managed, max: self.max_revoked_percent });
        }
        // A directory that had none is not held.
        (top_before > 0 && top_after == 0).then_some(Excess::LastTopRole)
    }
}

/// For people: what would happen, and which limit says no.
impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users { people, max } => {
                write!(f, "{people} people would lose access, and guard.maxRevokedUsers is {max}")
            }
            Self::Percent { people, managed, max } => write!(
                f,
                "{people} of {managed} managed people would lose access, and guard.maxRevokedPercent is {max}"
            ),
            Self::LastTopRole => write!(f, "nobody active would have the top role in the home tenant any more"),
        }
    }
}
