//! The record of a transaction: who did what to whom, before and after. Audit and change feed read it.
//!
//! Of a user only userName, externalId, active, memberships and access are kept; never another attribute's value. What
//! is said of a person is a part of its own, which can be erased; the head, which cannot, names people by id (C005).

use super::Actor;
use super::evaluation::Moved;
use crate::config::DirectoryId;
use crate::store::{GroupRow, Record, ResourceRow, UserId, UserRow};
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
    /// Where the salts of the record come from; a value, so that a change decided twice is recorded the same.
    pub seed: Uuid,
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked for it.
    pub by: Actor,
}

impl Heading {
    /// A heading with a new id and a new seed.
    pub fn new(at: Timestamp, by: &Actor) -> Self {
        Self { id: Uuid::now_v7(), seed: Uuid::new_v4(), at, by: by.clone() }
    }

    fn record(&self, operation: &str, what: Value, people: Vec<(UserId, Value)>) -> Record {
        let Actor { token_id, request_id, source } = &self.by;
        let head = json!({
            "time": self.at,
            "actor": { "tokenId": token_id, "requestId": request_id, "source": source },
            "operation": operation,
            "what": what,
        });
        Record { id: self.id, seed: self.seed, head, people }
    }

    /// The record of a write to a user.
    pub fn user(&self, before: Option<&UserRow>, after: Option<&UserRow>, moved: &[Moved]) -> Record {
        let operation = operation("user", before.is_some(), after.is_some());
        let written = after.or(before);
        let said = written.map(|row| {
            let mut said = json!({
                "userName": row.user.user_name(),
                "attributes": { "before": before.map(user), "after": after.map(user) },
            });
            if let Some(moved) = moved.iter().find(|moved| moved.user == row.id) {
                said["access"] = access(moved);
            }
            (row.id, said)
        });
        let what = json!({ "user": written.map(|row| row.id.to_string()) });
        self.record(operation, what, said.into_iter().collect())
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
        let what = json!({
            "group": id,
            "before": before.map(group),
            "after": after.map(group),
            "joined": members(joined),
            "left": members(left),
        });
        self.record(operation, what, moved.iter().map(person).collect())
    }

    /// The record of a write to a resource of a defined type.
    pub fn resource(&self, before: Option<&ResourceRow>, after: Option<&ResourceRow>) -> Record {
        let shown = |row: &ResourceRow| json!({ "version": row.version });
        let what = json!({
            "resource": after.or(before).map(|row| row.id.to_string()),
            "type": after.or(before).map(|row| row.kind.clone()),
            "before": before.map(shown),
            "after": after.map(shown),
        });
        self.record(operation("resource", before.is_some(), after.is_some()), what, Vec::new())
    }

    /// The record of a batch of a run, or of the queue when `run` is `None`.
    pub fn evaluation(&self, run: Option<&str>, moved: &[Moved]) -> Record {
        let operation = if run.is_some() { "run" } else { "evaluation" };
        self.record(operation, json!({ "run": run }), moved.iter().map(person).collect())
    }

    /// The record of a publication; `taken_from` owned the store until then.
    pub fn publication(&self, revision: u64, content_hash: &str, taken_from: Option<&DirectoryId>) -> Record {
        let mut what = json!({ "revision": revision, "contentHash": content_hash });
        if let Some(owner) = taken_from {
            what["takenFrom"] = json!(owner);
        }
        self.record("configuration", what, Vec::new())
    }
}

fn operation(kind: &str, before: bool, after: bool) -> &'static str {
    match (kind, before, after) {
        ("user", false, _) => "user.create",
        ("user", true, true) => "user.update",
        ("user", true, false) => "user.delete",
        ("resource", false, _) => "resource.create",
        ("resource", true, true) => "resource.update",
        ("resource", true, false) => "resource.delete",
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

fn person(moved: &Moved) -> (UserId, Value) {
    (moved.user, json!({ "userName": moved.user_name, "access": access(moved) }))
}

fn access(moved: &Moved) -> Value {
    json!({ "before": moved.before, "after": moved.after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Source, TenantAccess, diff};
    use crate::scim::{Group, Reading, ResourceKind, User};
    use crate::store::GroupId;

    fn row(number: u128, name: &str) -> UserRow {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "externalId": format!("external-{name}"),
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
        });
        UserRow {
            id: UserId(Uuid::from_u128(number)),
            user: User::read(body, ResourceKind::USER, &Reading::default()).unwrap(),
            account_enabled: true,
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    fn moved(row: &UserRow) -> Moved {
        let grant = TenantAccess {
            tenant: "main".to_owned(),
            role: "Designer".to_owned(),
            application_groups: Vec::new(),
            rules: vec!["d".to_owned()],
            source: Source::Rules,
        };
        let (before, after) = (Vec::new(), vec![grant]);
        let diff = diff(&before, &after, &crate::access::Ladder::default());
        Moved { user: row.id, user_name: row.user.user_name().to_owned(), before, after, diff }
    }

    fn heading() -> Heading {
        Heading::new(Timestamp::UNIX_EPOCH, &Actor::default())
    }

    #[test]
    fn c005_the_head_of_a_record_names_people_by_id_only() {
        let (before, after) = (row(1, "ada@example.com"), row(1, "byron@example.com"));
        let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Designers" });
        let group = GroupRow {
            id: GroupId(Uuid::from_u128(9)),
            group: Group::read(body, ResourceKind::GROUP, &Reading::default()).unwrap().0,
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            version: 1,
        };
        let records = [
            heading().user(Some(&before), Some(&after), &[moved(&after)]),
            heading().user(Some(&before), None, &[]),
            heading().group(None, Some(&group), &[before.id], &[], &[moved(&before)]),
            heading().evaluation(Some("run"), &[moved(&before)]),
        ];
        for Record { head, people, .. } in records {
            let (text, ids) = (head.to_string(), people.iter().map(|(id, _)| *id).collect::<Vec<_>>());
            assert!(!text.contains("example.com") && !text.contains("external-"), "{text}");
            assert_eq!(ids, [before.id], "all that is said of somebody is in one part: {people:?}");
            let name = people[0].1["userName"].as_str().unwrap();
            assert!(["ada@example.com", "byron@example.com"].contains(&name), "{people:?}");
        }
    }

    #[test]
    fn c009_the_record_of_a_take_over_names_who_owned_the_store() {
        let owner = json!({ "uid": "u", "namespace": "hr", "name": "corp", "cluster": "there" });
        let owner: DirectoryId = serde_json::from_value(owner).unwrap();
        let what = |taken_from| heading().publication(3, "sha256:0", taken_from).head["what"].clone();
        assert_eq!(what(None), json!({ "revision": 3, "contentHash": "sha256:0" }));
        assert_eq!(what(Some(&owner))["takenFrom"]["cluster"], "there");
        assert_eq!(what(Some(&owner))["takenFrom"]["name"], "corp");
    }

    #[test]
    fn c005_a_users_part_says_what_was_written_and_what_moved() {
        let (before, after) = (row(1, "ada@example.com"), row(1, "byron@example.com"));
        let record = heading().user(Some(&before), Some(&after), &[moved(&after)]);
        let said = &record.people[0].1;
        assert_eq!(said["userName"], "byron@example.com");
        assert_eq!(said["attributes"]["before"]["userName"], "ada@example.com");
        assert_eq!(said["attributes"]["after"]["externalId"], "external-byron@example.com");
        assert_eq!(said["access"]["after"][0]["role"], "Designer");
        let record = heading().user(None, Some(&before), &[]);
        assert_eq!(
            (record.people[0].1.get("access"), &record.people[0].1["attributes"]["before"]),
            (None, &Value::Null)
        );
    }
}
