//! The record of a transaction: who did what to whom, before and after. Audit and change feed read it.
//!
//! Of a user only userName, externalId, active, memberships and access are kept; never another attribute's value.

use super::Actor;
use super::evaluation::Moved;
use crate::store::{GroupRow, Record, UserId, UserRow};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// Member ids listed in one record; above, only their number is kept.
const MEMBERS_LISTED_MAX: usize = 1_000;

/// What every record says.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    /// The record's id.
    pub id: Uuid,
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked for it.
    pub by: Actor,
}

impl Heading {
    /// A heading with a new id.
    pub fn new(at: Timestamp, by: &Actor) -> Self {
        Self { id: Uuid::now_v7(), at, by: by.clone() }
    }

    fn record(&self, operation: &str, body: Value, moved: &[Moved]) -> Record {
        let Actor { token_id, request_id, source } = &self.by;
        let access: Vec<Value> = moved.iter().map(access).collect();
        let body = json!({
            "time": self.at,
            "actor": { "tokenId": token_id, "requestId": request_id, "source": source },
            "operation": operation,
            "what": body,
            "access": access,
        });
        Record { id: self.id, body }
    }

    /// The record of a write to a user.
    pub fn user(&self, before: Option<&UserRow>, after: Option<&UserRow>, moved: &[Moved]) -> Record {
        let operation = operation("user", before.is_some(), after.is_some());
        let id = after.or(before).map(|row| row.id.to_string());
        let body = json!({ "user": id, "before": before.map(user), "after": after.map(user) });
        self.record(operation, body, moved)
    }

    /// The record of a write to a group.
    pub fn group(
        &self,
        before: Option<&GroupRow>,
        after: Option<&GroupRow>,
        joined: &[UserId],
        left: &[UserId],
        moved: &[Moved],
    ) -> Record {
        let operation = operation("group", before.is_some(), after.is_some());
        let id = after.or(before).map(|row| row.id.to_string());
        let body = json!({
            "group": id,
            "before": before.map(group),
            "after": after.map(group),
            "joined": members(joined),
            "left": members(left),
        });
        self.record(operation, body, moved)
    }

    /// The record of a batch of a run, or of the queue when `run` is `None`.
    pub fn evaluation(&self, run: Option<&str>, moved: &[Moved]) -> Record {
        self.record(if run.is_some() { "run" } else { "evaluation" }, json!({ "run": run }), moved)
    }

    /// The record of a publication.
    pub fn publication(&self, revision: u64, content_hash: &str) -> Record {
        self.record("configuration", json!({ "revision": revision, "contentHash": content_hash }), &[])
    }
}

fn operation(kind: &str, before: bool, after: bool) -> &'static str {
    match (kind, before, after) {
        ("user", false, _) => "user.create",
        ("user", true, true) => "user.update",
        ("user", true, false) => "user.delete",
        (_, false, _) => "group.create",
        (_, true, true) => "group.update",
        (_, true, false) => "group.delete",
    }
}

fn user(row: &UserRow) -> Value {
    json!({
        "userName": row.user.user_name(),
        "externalId": row.user.external_id(),
        "active": row.user.active(),
        "accountEnabled": row.account_enabled,
        "version": row.version,
    })
}

fn group(row: &GroupRow) -> Value {
    json!({ "displayName": row.group.display_name(), "externalId": row.group.external_id(), "version": row.version })
}

fn members(ids: &[UserId]) -> Value {
    if ids.len() > MEMBERS_LISTED_MAX {
        json!({ "count": ids.len() })
    } else {
        Value::Array(ids.iter().map(|id| Value::String(id.to_string())).collect())
    }
}

fn access(moved: &Moved) -> Value {
    json!({
        "user": moved.user.to_string(),
        "userName": moved.user_name,
        "before": moved.before,
        "after": moved.after,
    })
}
