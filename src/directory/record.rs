//! The record of a transaction: who did what to whom, before and after. Audit and change feed read it.
//!
//! Of a user only userName, externalId, active, memberships and access are kept; of other attributes only the names.
//! What is said of a person is a part of its own, which can be erased; the head, which cannot, names people by id
//! (C005).
//!
//! `access` says how stored grants moved. Where what a person may do moved otherwise, since the account may not be
//! used, `effective` says that, and the change feed reads it instead.
//!
//! Whoever signs in or out uses no token: `tokenId` is empty then, and the operation says what it was. The subject that
//! the identity provider vouched for is in the person's part: it is theirs, and goes with it.

use super::Actor;
use super::evaluation::Moved;
use super::held::{Held, may_be_used};
use crate::access::diff;
use crate::config::{DirectoryId, RunStatus};
use crate::scim::Attributes;
use crate::store::{GroupRow, InForce, Record, ResourceRow, UserId, UserRow};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Member ids listed in one record; above, only their number is kept.
const MEMBERS_LISTED_MAX: usize = 1_000;

/// Attributes named in one record; above, the rest is not.
const CHANGED_NAMED_MAX: usize = 64;

/// What a write to a user comes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    /// The user before; `None` = there was none.
    pub before: Option<&'a UserRow>,
    /// The user afterwards; `None` = there is none.
    pub after: Option<&'a UserRow>,
    /// Held before; an account that became a user may have held something.
    pub had: Held<'a>,
    /// Held from now on.
    pub has: Held<'a>,
}

/// What a manual grant is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted<'a> {
    /// Whose.
    pub user: UserId,
    /// For the record.
    pub user_name: &'a str,
    /// Where.
    pub tenant: &'a str,
    /// What.
    pub role: &'a str,
    /// Held before.
    pub had: Held<'a>,
    /// Held from now on.
    pub has: Held<'a>,
}

/// What a sign-in is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entered<'a> {
    /// Whose.
    pub user: UserId,
    /// For the record.
    pub user_name: &'a str,
    /// The issuer and the subject that stand for the person from now on, where they did not before.
    pub bound: Option<(&'a str, &'a str)>,
    /// The account that they stood for until now.
    pub unbound: Option<UserId>,
    /// Held before.
    pub had: Held<'a>,
    /// Held from now on.
    pub has: Held<'a>,
}

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
    pub fn user(&self, written: &Written<'_>) -> Record {
        let Written { before, after, had, has } = *written;
        let operation = operation("user", before.is_some(), after.is_some());
        let row = after.or(before);
        let mut what = json!({ "user": row.map(|row| row.id.to_string()) });
        if before.is_none() && !had.grants.is_empty() {
            what["adopted"] = json!(true);
        }
        let said = row.map(|row| {
            let mut said = json!({
                "userName": row.user.user_name(),
                "attributes": { "before": before.map(user), "after": after.map(user) },
            });
            let changed = after.map(|after| changed(before, after)).unwrap_or_default();
            if !changed.is_empty() {
                said["changed"] = json!(changed);
            }
            say_access(&mut said, had, has);
            (row.id, said)
        });
        self.record(operation, what, said.into_iter().collect())
    }

    /// The record of a manual grant: `operation` is `grant.create` or `grant.delete`.
    pub fn grant(&self, operation: &str, granted: &Granted<'_>) -> Record {
        let Granted { user, user_name, tenant, role, had, has } = *granted;
        let mut said = json!({ "userName": user_name });
        say_access(&mut said, had, has);
        self.record(operation, json!({ "user": user.to_string(), "tenant": tenant, "role": role }), vec![(user, said)])
    }

    /// The record of a sign-in that changed something: `operation` is `sign-in.bind`, `sign-in.onboard` or
    /// `user.reenable`.
    pub fn sign_in(&self, operation: &str, entered: &Entered<'_>) -> Record {
        let Entered { user, user_name, bound, unbound, had, has } = *entered;
        let mut what = json!({ "user": user.to_string() });
        if operation == REENABLE {
            what["event"] = json!("ReenabledBySSO");
        }
        if let Some(account) = unbound {
            what["unbound"] = json!(account.to_string());
        }
        let mut said = json!({ "userName": user_name });
        if let Some((issuer, subject)) = bound {
            said["identity"] = json!({ "issuer": issuer, "subject": subject });
        }
        say_access(&mut said, had, has);
        self.record(operation, what, vec![(user, said)])
    }

    /// The record of the end of all sessions of a person, by the person.
    pub fn sign_out(&self, user: UserId, user_name: &str) -> Record {
        let said = json!({ "userName": user_name });
        self.record("sign-out", json!({ "user": user.to_string() }), vec![(user, said)])
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

    /// The record of somebody's asking for a run.
    pub fn run_request(&self, run: &RunStatus) -> Record {
        let RunStatus { uid, name, scope, dry_run, allow_revocations, .. } = run;
        let mut what = json!({ "run": uid, "name": name, "scope": scope, "dryRun": dry_run });
        if let Some(allowed) = allow_revocations {
            what["allowRevocations"] = json!(allowed);
        }
        self.record("run.request", what, Vec::new())
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

    /// The record of changes that come into force, or are held, after the publication; `run` is the uid of the run that
    /// confirms them.
    pub fn admission(&self, revision: u64, content_hash: &str, run: Option<&str>) -> Record {
        let mut what = json!({ "revision": revision, "contentHash": content_hash });
        if let Some(run) = run {
            what["run"] = json!(run);
        }
        self.record("configuration", what, Vec::new())
    }
}

/// What a sign-in of somebody whom the provider has disabled is called (B008).
pub(super) const REENABLE: &str = "user.reenable";

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
        "accountEnabled": may_be_used(row),
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
    let mut said = json!({ "userName": moved.user_name });
    let had = Held { grants: &moved.before, enabled: moved.enabled, instead: moved.instead.as_ref() };
    say_access(&mut said, had, Held { grants: &moved.after, ..had });
    (moved.user, said)
}

fn say_access(said: &mut Value, had: Held<'_>, has: Held<'_>) {
    let (was, is) = (had.effective(), has.effective());
    let moved = had.grants != has.grants;
    if moved {
        said["access"] = json!({ "before": had.grants, "after": has.grants });
    }
    let differs = if moved { (was, is) != (had.grants, has.grants) } else { was != is };
    if differs {
        said["effective"] = json!({ "before": was, "after": is });
    }
}

impl Written<'_> {
    /// Whether effective access is taken from the user.
    pub fn takes_access(&self, config: &InForce) -> bool {
        diff(self.had.effective(), self.has.effective(), &config.enforced.roles).takes_access()
    }
}

/// The names of the attributes that differ, of those whose values are not kept, in order.
fn changed(before: Option<&UserRow>, after: &UserRow) -> Vec<String> {
    let (none, after) = (Attributes::new(), &after.user.attributes);
    let before = before.map_or(&none, |before| &before.user.attributes);
    let mut names = Vec::new();
    for name in names_of(before, after).into_iter().filter(|name| !is_kept(name)) {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let parts = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
        match (parts(old), parts(new)) {
            (None, None) => names.push(name.to_owned()),
            (old, new) => {
                let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                // An extension is named by a URN, and its attributes behind a colon.
                let sign = if name.starts_with("urn:") { ':' } else { '.' };
                let differing = names_of(&old, &new).into_iter().filter(|part| old.get(*part) != new.get(*part));
                names.extend(differing.map(|part| format!("{name}{sign}{part}")));
            }
        }
    }
    names.truncate(CHANGED_NAMED_MAX);
    names
}

fn names_of<'a>(before: &'a Attributes, after: &'a Attributes) -> BTreeSet<&'a str> {
    before.keys().chain(after.keys()).map(String::as_str).collect()
}

/// Whether the value itself is on record.
fn is_kept(name: &str) -> bool {
    matches!(name, "userName" | "externalId" | "active")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Source, TenantAccess, diff, onboarded};
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
            reenabled: None,
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
        let (user_name, enabled) = (row.user.user_name().to_owned(), row.account_enabled);
        Moved { user: row.id, user_name, enabled, instead: None, before, after, diff }
    }

    fn written<'a>(before: Option<&'a UserRow>, after: Option<&'a UserRow>, moved: &'a [Moved]) -> Written<'a> {
        let enabled = |row: Option<&UserRow>| row.is_some_and(|row| row.account_enabled);
        let held = |grants: Option<&'a Vec<TenantAccess>>, row| Held {
            grants: grants.map(Vec::as_slice).unwrap_or_default(),
            enabled: enabled(row),
            instead: None,
        };
        let had = held(moved.first().map(|moved| &moved.before), before);
        let has = held(moved.first().map(|moved| &moved.after), after);
        Written { before, after, had, has }
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
            heading().user(&written(Some(&before), Some(&after), &[moved(&after)])),
            heading().user(&written(Some(&before), None, &[])),
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
        let record = heading().user(&written(Some(&before), Some(&after), &[moved(&after)]));
        let said = &record.people[0].1;
        assert_eq!(said["userName"], "byron@example.com");
        assert_eq!(said["attributes"]["before"]["userName"], "ada@example.com");
        assert_eq!(said["attributes"]["after"]["externalId"], "external-byron@example.com");
        assert_eq!(said["access"]["after"][0]["role"], "Designer");
        let record = heading().user(&written(None, Some(&before), &[]));
        assert_eq!(
            (record.people[0].1.get("access"), &record.people[0].1["attributes"]["before"]),
            (None, &Value::Null)
        );
    }

    #[test]
    fn c005_other_attributes_are_named_and_their_values_are_not_kept() {
        let mut before = row(1, "ada@example.com");
        let extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        before.user.attributes.insert(extension.to_owned(), json!({ "department": "Engines", "costCenter": "7" }));
        let mut after = before.clone();
        let attributes = &mut after.user.attributes;
        attributes.insert("name".to_owned(), json!({ "givenName": "Ada", "familyName": "Byron" }));
        attributes.insert("emails".to_owned(), json!([{ "value": "byron@example.com" }]));
        attributes.insert(extension.to_owned(), json!({ "department": "Poetry", "costCenter": "7" }));
        attributes.insert("externalId".to_owned(), json!("another"));
        let record = heading().user(&written(Some(&before), Some(&after), &[]));
        let (said, department) = (&record.people[0].1, format!("{extension}:department"));
        assert_eq!(said["changed"], json!(["emails", "name.familyName", department]));
        assert!(!said.to_string().contains("Byron") && !said.to_string().contains("Poetry"), "{said}");
        let many = (0..100).map(|n| (format!("a{n:03}"), json!(n)));
        after.user.attributes.extend(many);
        let record = heading().user(&written(Some(&before), Some(&after), &[]));
        assert_eq!(record.people[0].1["changed"].as_array().unwrap().len(), CHANGED_NAMED_MAX);
    }

    #[test]
    fn c006_effective_access_is_on_record_where_it_moved_otherwise_than_what_is_stored() {
        let (ada, other) = (row(1, "ada@example.com"), row(1, "ada@example.com"));
        let moves = moved(&ada);
        let said = |had: Held<'_>, has: Held<'_>| {
            let record = heading().user(&Written { before: Some(&ada), after: Some(&other), had, has });
            record.people[0].1.clone()
        };
        let held = |grants, enabled| Held { grants, enabled, instead: None };
        let (none, some): (&[TenantAccess], &[TenantAccess]) = (&moves.before, &moves.after);
        let there = |said: &Value| (said.get("access").is_some(), said.get("effective").is_some());
        assert_eq!(there(&said(held(some, true), held(some, true))), (false, false), "nothing moved");
        assert_eq!(there(&said(held(none, true), held(some, true))), (true, false), "both moved alike");
        let disabled = said(held(some, true), held(some, false));
        assert_eq!((there(&disabled), &disabled["effective"]["after"]), ((false, true), &json!([])));
        let stays_disabled = said(held(none, false), held(some, false));
        assert_eq!(there(&stays_disabled), (true, true), "the feed must not take the stored move for a real one");
        assert_eq!(stays_disabled["effective"], json!({ "before": [], "after": [] }));
        let given = onboarded("main", "Participant");
        let instead = |grants, given| Held { grants, enabled: false, instead: given };
        let let_in = said(instead(some, None), instead(some, Some(&given)));
        assert_eq!((there(&let_in), &let_in["effective"]["after"][0]["role"]), ((false, true), &json!("Participant")));
        let stays = said(instead(none, Some(&given)), instead(some, Some(&given)));
        assert_eq!(there(&stays), (true, true));
        assert_eq!(stays["effective"]["before"], stays["effective"]["after"], "what is stored moved, no more");
    }
}
