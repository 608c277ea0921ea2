//! Users, groups, rules and runs to write, each by a number.

use crate::access::{GroupSelector, Ladder, Rule};
use crate::config::{Document, Phase, Profile, Progress, RuleEntry, RunResult, RunScope, RunStatus, SyncPolicy};
use crate::scim::{Group, Reading, Resource, ResourceKind, User};
use crate::store::{GroupId, GroupRow, InForce, Record, ResourceId, ResourceRow, RunRow, UserId, UserRow};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// So many seconds after 1970 began.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The id of the user of this number; ids are in the order of numbers.
pub(super) fn user_id(number: u128) -> UserId {
    UserId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

/// The id of the group of this number; ids are in the order of numbers.
pub(super) fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0000 + number))
}

/// The id of the record of this number, by which something came to be.
pub(super) fn cause(number: u128) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// A user of this name.
pub(super) fn named(number: u128, name: &str) -> UserRow {
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name });
    user_of(number, body)
}

/// The user of this number.
pub(super) fn user(number: u128) -> UserRow {
    named(number, &format!("user-{number}@example.com"))
}

/// A user with this body.
pub(super) fn user_of(number: u128, body: serde_json::Value) -> UserRow {
    let user = User::read(body, ResourceKind::USER, &Reading::default()).unwrap();
    UserRow {
        id: user_id(number),
        user,
        account_enabled: true,
        reenabled: None,
        created: at(1),
        modified: at(1),
        version: 1,
    }
}

/// A group of this name.
pub(super) fn called(number: u128, name: &str) -> GroupRow {
    group_of(number, json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name }))
}

/// The group of this number.
pub(super) fn group(number: u128) -> GroupRow {
    called(number, &format!("Group-{number}"))
}

/// A group with this body.
pub(super) fn group_of(number: u128, body: serde_json::Value) -> GroupRow {
    let (group, _) = Group::read(body, ResourceKind::GROUP, &Reading::default()).unwrap();
    GroupRow { id: group_id(number), group, created: at(1), modified: at(1), version: 1 }
}

/// The id of the resource of this number; ids are in the order of numbers.
pub(super) fn resource_id(number: u128) -> ResourceId {
    ResourceId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + number))
}

/// A device of this serial number, which only it has.
pub(super) fn device(number: u128, serial: &str) -> ResourceRow {
    ResourceRow {
        id: resource_id(number),
        kind: super::view::KIND.to_owned(),
        resource: Resource { attributes: serde_json::Map::from_iter([("serial".to_owned(), json!(serial))]) },
        created: at(1),
        modified: at(1),
        version: 1,
        keys: vec![("serial".to_owned(), serial.to_owned())],
    }
}

/// A configuration whose rules name these groups.
pub(super) fn configuration(revision: u64, epoch: u64, rules: &[(&str, &str)]) -> Arc<InForce> {
    let entry = |(name, group): &(&str, &str)| RuleEntry {
        rule: Rule {
            name: (*name).to_owned(),
            group: GroupSelector::DisplayName((*group).to_owned()),
            role: "Designer".to_owned(),
            tenants: vec!["hr".to_owned()],
            application_groups: Vec::new(),
            enabled: true,
        },
        held: false,
    };
    let document = Document {
        directory: serde_json::from_value(json!({ "uid": "uid", "namespace": "space", "name": "people" })).unwrap(),
        tenant: "hr".to_owned(),
        roles: Ladder::default(),
        sync_policy: SyncPolicy::Automatic,
        profile: Profile::new("https://scim.example.com/scim/v2"),
        rules: rules.iter().map(entry).collect(),
        verifiers: Vec::new(),
        guard: Default::default(),
        audit: Default::default(),
        sign_in: None,
        onboarding: Default::default(),
    };
    Arc::new(InForce::new(revision, document.content_hash(), epoch, document))
}

/// A run that waits.
pub(super) fn run(uid: &str, name: &str, created: i64, scope: RunScope) -> RunRow {
    let status = RunStatus {
        uid: uid.to_owned(),
        name: name.to_owned(),
        scope,
        dry_run: false,
        allow_revocations: None,
        phase: Phase::Pending,
        reason: None,
        message: None,
        created_at: at(created),
        started_at: None,
        completed_at: None,
        progress: Progress::default(),
        result: RunResult::default(),
        users_losing: None,
        would_be_held: false,
    };
    RunRow { status, spec_hash: format!("spec of {name}"), covers: Vec::new(), cursor: None, weighed: None }
}

/// A run of these rules.
pub(super) fn partial(uid: &str, rules: &[&str]) -> RunRow {
    run(uid, uid, 1, RunScope::Rules(rules.iter().map(|rule| (*rule).to_owned()).collect()))
}

/// A record of nobody.
pub(super) fn record() -> Record {
    let (id, seed) = (Uuid::now_v7(), Uuid::new_v4());
    Record { id, seed, head: json!({ "operation": "test" }), people: Vec::new() }
}
