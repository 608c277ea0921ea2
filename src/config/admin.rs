//! Bodies of the admin API (`/admin/v1`).

use super::{Document, Progress, RunStatus, SignInState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `PUT /admin/v1/config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    /// Whose endpoint the caller believes this to be.
    pub directory_uid: String,
    /// The writer's fencing epoch: the transitions of the operator's Lease; 0 where there is no election. It counts the
    /// leaders of one owner: those of two owners are not compared.
    pub epoch: u64,
    /// The revision the caller last saw; 0 when it has seen none.
    pub if_revision: u64,
    /// The revision that what is published gets at least: below it a store that came back from a backup is not ready.
    #[serde(default)]
    pub revocation_floor: u64,
    /// The id of the store, when a person has said that this directory takes it from the one that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<String>,
    /// [`Document::content_hash`] of `document`.
    pub content_hash: String,
    /// The configuration.
    pub document: Document,
}

/// The configuration in force: the answer to `PUT` and `GET /admin/v1/config`, and the body of its 409.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// Counts up with every new content; 0 = nothing published yet. The store numbers it.
    pub revision: u64,
    /// The hash of `document`; empty at revision 0.
    pub content_hash: String,
    /// Identifies the store, made with it.
    pub store_id: String,
    /// The highest epoch seen of the writers of the store's owner: whoever of them has a lower one leads no more.
    #[serde(default)]
    pub epoch: u64,
    /// Present on `GET` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

/// How one rule stands in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleState {
    /// The rule's name. A deleted rule is listed until nobody holds anything from it.
    pub name: String,
    /// The hash of the content in force; absent for a deleted rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Whether that content has reached everybody it affects.
    pub in_sync: bool,
    /// `RuleChanged`, `RolesChanged` or `RevocationHeld` when not in sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The group the rule names, once the provider has sent it (B039).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// The last run that covered the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync: Option<LastSync>,
}

/// The last run that covered a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastSync {
    /// The run's name.
    pub name: String,
    /// When it ended.
    pub time: Timestamp,
    /// How many users it changed.
    pub users_changed: u64,
}

/// Changes that the guard holds: the content before them stays in force until a run confirms them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldChanges {
    /// The rules whose new content, or whose end, is held, by name.
    pub rules: Vec<String>,
    /// Whether the new ladder of roles is held.
    #[serde(default)]
    pub roles: bool,
    /// People who would lose something if all of it came into force.
    pub users_losing: u64,
    /// Which limit holds it, for people.
    pub reason: String,
    /// The revision that was judged.
    pub revision: u64,
}

/// People in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserCounts {
    /// All users.
    pub total: u64,
    /// Users with `active` true.
    pub active: u64,
    /// Users at least one rule matches.
    pub managed: u64,
}

/// What the provider did since the store was made (B111).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningCounts {
    /// Users created.
    pub created: u64,
    /// Users changed.
    pub updated: u64,
    /// Users that became inactive.
    pub disabled: u64,
    /// Users deleted.
    pub deleted: u64,
    /// Requests refused.
    pub failed: u64,
    /// The provider's last authorised request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_request_time: Option<Timestamp>,
}

/// When a token was last used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenUse {
    /// The token.
    pub token_id: String,
    /// Its last authorised request.
    pub last_used_at: Timestamp,
}

/// `GET /admin/v1/state?since=&wait=`: waits up to `wait` seconds while the state's `position` equals `since`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Changes whenever rules, groups named by rules, runs or the configuration change; opaque.
    pub position: String,
    /// Identifies the store.
    pub store_id: String,
    /// The configuration revision in force.
    pub revision: u64,
    /// The rules, by name.
    pub rules: Vec<RuleState>,
    /// Runs that are not final, oldest first.
    pub runs: Vec<RunStatus>,
    /// Counts of people.
    pub users: UserCounts,
    /// Count of groups.
    pub groups: u64,
    /// What the provider did.
    pub provisioning: ProvisioningCounts,
    /// Last use per token.
    pub tokens: Vec<TokenUse>,
    /// The changes of rules and roles that are not in force, since they would take too much (reading 23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldChanges>,
    /// Messages that could not be applied and wait (C004).
    #[serde(default)]
    pub failed_events: u64,
    /// How many people wait for an evaluation that was queued, and of how many.
    #[serde(default)]
    pub pending: Progress,
    /// Whether people can sign in; absent where they do not sign in here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInState>,
}
