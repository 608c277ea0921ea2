//! `spec.guard` and `spec.audit`: how much one change may take, and for how long it is known what was done.

use crate::api::cel;
use crate::api::duration::{self, DurationError};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// People who may lose something in one change when the spec does not say.
pub const DEFAULT_MAX_REVOKED_USERS: i64 = 50;
/// Percent of the managed people who may when the spec does not say.
pub const DEFAULT_MAX_REVOKED_PERCENT: i32 = 20;

/// How much access one change of rules or roles may take (C003). Nor may it take the highest role from the last active
/// person who has it in the directory's tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// How many people may lose a role, a tenant or an application group, or get a lower role, 0 to 1000000. Default:
    /// 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_revoked_users: Option<i64>,
    /// How many percent of the people that a rule gives access may, 0 to 100; counts once at least ten people are
    /// managed. Default: 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub max_revoked_percent: Option<i32>,
}

impl Guard {
    /// The effective number of people.
    pub fn max_revoked_users(&self) -> i64 {
        self.max_revoked_users.unwrap_or(DEFAULT_MAX_REVOKED_USERS)
    }

    /// The effective percentage.
    pub fn max_revoked_percent(&self) -> i32 {
        self.max_revoked_percent.unwrap_or(DEFAULT_MAX_REVOKED_PERCENT)
    }
}

/// For how long the records of what was done are kept. A record that either limit ends goes, the oldest first; that
/// records went is itself a record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// How long a record is kept, as hours, minutes and seconds from 1h to 876000h. Default: for good. Example:
    /// `17520h`, two years.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 20), regex(pattern = duration::PATTERN))]
    #[x_kube(validation = cel::retention("spec.audit.maxAge"))]
    pub max_age: Option<String>,
    /// How many records are kept, the newest, 1 to 1000000000. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_records: Option<i64>,
}

impl Audit {
    /// How long a record is kept; `None` = for good.
    ///
    /// # Errors
    /// When the text is no duration; the API server lets none such in.
    pub fn max_age(&self) -> Result<Option<Duration>, DurationError> {
        self.max_age.as_deref().map(duration::parse).transpose()
    }
}
