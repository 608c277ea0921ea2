//! Why somebody has a role in a tenant, or has not (C002, B090–B093).
//!
//! Pure: what is known comes in, the reasons come out, the deciding one first. The same matching as the evaluation's.

use super::{AccessView, GroupFacts, Ladder, Rule};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod answer;
mod message;

pub use answer::explain;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where.
    pub tenant: String,
    /// Exactly which role; without one, any access.
    pub role: Option<String>,
}

/// What is known to answer it.
#[derive(Debug, Clone)]
pub struct Knowledge<'a> {
    /// The person; `None` = nobody of that name or id.
    pub person: Option<&'a AccessView>,
    /// What made the person active or inactive last.
    pub status: Option<Made>,
    /// Whether an evaluation is queued.
    pub pending: bool,
    /// All rules in force, and beside them those that wait as they were published; disabled ones too, and what is known
    /// of their groups.
    pub rules: Vec<RuleKnowledge<'a>>,
    /// The roles in force.
    pub roles: &'a Ladder,
}

/// A rule and the person's part in its group.
#[derive(Debug, Clone)]
pub struct RuleKnowledge<'a> {
    /// The rule as it is in force, or as it was published.
    pub rule: &'a Rule,
    /// Whether its new content waits, since it would take too much, or was not weighed yet.
    pub waiting: bool,
    /// Whether this content is in force; else it is the one that was published, and waits.
    pub in_force: bool,
    /// The group it names; `None` = there is none now.
    pub group: Option<GroupFacts>,
    /// What took the group away or renamed it, where that is known.
    pub gone: Option<Made>,
    /// Whether the person is a member.
    pub is_member: bool,
    /// What made the person a member, or ended that.
    pub made: Option<Made>,
}

/// The message or run that made something so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub time: Timestamp,
    /// The `X-Request-Id`, where the record is still kept.
    pub request: Option<String>,
}

/// The answer: `GET /access/v1/users/{…}/explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Whether the effective role in the tenant is exactly the one asked for; without one, whether there is any access.
    pub granted: bool,
    /// Never empty; the first one decides.
    pub reasons: Vec<Reason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What kind.
    pub code: Code,
    /// For people, with what to do.
    pub message: String,
    /// The rule it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The name of the group it is about; where there is no such group, the name or id by which the rule names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The `X-Request-Id` of the message that made it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// When that was, RFC 3339 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

/// The kinds of reasons, in the order in which they decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Code {
    /// Nobody of that name or id.
    UserNotFound,
    /// The provider says the person is inactive.
    UserInactive,
    /// An evaluation is queued.
    SyncPending,
    /// A rule, or a grant by hand, gives it.
    Granted,
    /// Another rule gives a higher role.
    OutrankedBy,
    /// The rule would give it, and no run has brought it to this person; or its change is held.
    RuleNotSynced,
    /// The rule is disabled.
    RuleDisabled,
    /// The person is not in the rule's group.
    NotAMember,
    /// The provider has not sent the rule's group.
    GroupNotProvisioned,
    /// No rule gives that role in that tenant.
    NoRule,
}

impl Code {
    /// The name, as it is answered.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserNotFound => "UserNotFound",
            Self::UserInactive => "UserInactive",
            Self::SyncPending => "SyncPending",
            Self::Granted => "Granted",
            Self::OutrankedBy => "OutrankedBy",
            Self::RuleNotSynced => "RuleNotSynced",
            Self::RuleDisabled => "RuleDisabled",
            Self::NotAMember => "NotAMember",
            Self::GroupNotProvisioned => "GroupNotProvisioned",
            Self::NoRule => "NoRule",
        }
    }
}
