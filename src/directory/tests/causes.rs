//! Which message made a person's part in a group what it is, as the explanation names it (C002).

use super::{World, group, id, rule};
use crate::access::{Code, GroupSelector, Question, Reason, Rule};
use crate::directory::Actor;
use crate::directory::group_change::gone_key;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Whoever asks with this request id.
pub(super) fn request(id: &str) -> Actor {
    Actor { request_id: id.to_owned(), ..Actor::default() }
}

pub(super) fn question(role: Option<&str>) -> Question {
    Question { tenant: "main".to_owned(), role: role.map(str::to_owned) }
}

impl World {
    /// A PATCH of a group by a request of this id.
    pub(super) async fn patch_group_as(&self, request_id: &str, id: &str, operations: Value) {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.directory.patch_group(&request(request_id), id, body).await.unwrap();
    }

    /// A PATCH of a user by a request of this id.
    pub(super) async fn patch_user_as(&self, request_id: &str, id: &str, operations: Value) {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.directory.patch_user(&request(request_id), id, body).await.unwrap();
    }

    /// The reason that decides whether somebody is a designer.
    pub(super) async fn first_reason(&self, who: &str) -> Reason {
        self.directory.explain(who, &question(Some("Designer"))).await.unwrap().reasons.remove(0)
    }

    async fn decided_by(&self, who: &str) -> (Code, String) {
        let reason = self.first_reason(who).await;
        (reason.code, reason.request.unwrap_or_default())
    }
}

pub(super) fn member(op: &str, user: &str) -> Value {
    json!([{ "op": op, "path": "members", "value": [{ "value": user }] }])
}

fn renamed(name: &str) -> Value {
    json!([{ "op": "replace", "value": { "displayName": name } }])
}

fn is(code: Code, request: &str) -> (Code, String) {
    (code, request.to_owned())
}

#[tokio::test]
async fn c002_the_message_that_let_somebody_in_or_out_is_named_and_a_push_of_the_same_is_not() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let designers = world.group("Designers", &[]).await;
    world.patch_group_as("in", &designers, member("add", &ada)).await;
    assert_eq!(world.decided_by("ada").await, is(Code::Granted, "in"));
    let push = group("Designers", &[&ada, &bob]);
    world.directory.replace_group(&request("push"), &designers, push).await.unwrap();
    assert_eq!(world.decided_by("ada").await, is(Code::Granted, "in"), "she was a member already");
    assert_eq!(world.decided_by("bob").await, is(Code::Granted, "push"));
    let push = group("Designers", &[&bob]);
    world.directory.replace_group(&request("push again"), &designers, push).await.unwrap();
    assert_eq!(world.decided_by("ada").await, is(Code::NotAMember, "push again"));
    world.patch_group_as("in again", &designers, member("add", &ada)).await;
    assert_eq!(world.decided_by("ada").await, is(Code::Granted, "in again"));
    let world = world.restarted().await;
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    assert_eq!(world.decided_by("ada").await, is(Code::NotAMember, "out"));
    world.patch_group_as("out for nothing", &designers, member("remove", &ada)).await;
    assert_eq!(world.decided_by("ada").await, is(Code::NotAMember, "out"));
}

#[tokio::test]
async fn c002_the_message_that_took_a_group_away_is_named_whether_it_renamed_or_deleted() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    assert_eq!(world.decided_by("ada").await, is(Code::GroupNotProvisioned, ""), "there never was one");
    let designers = world.group("Designers", &[&ada]).await;
    world.patch_group_as("louder", &designers, renamed("DESIGNERS")).await;
    assert_eq!(world.first_reason("ada").await.code, Code::Granted, "case does not count");
    world.patch_group_as("rename", &designers, renamed("Painters")).await;
    assert_eq!(world.decided_by("ada").await, is(Code::GroupNotProvisioned, "rename"));
    world.patch_group_as("back", &designers, renamed("Designers")).await;
    assert_eq!(world.first_reason("ada").await.code, Code::Granted);
    world.directory.delete_group(&request("delete"), &designers).await.unwrap();
    assert_eq!(world.decided_by("ada").await, is(Code::GroupNotProvisioned, "delete"));
}

#[tokio::test]
async fn c002_the_message_that_took_a_group_away_is_named_also_where_the_rule_names_the_group_by_an_id() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    let mut body = group("Designers", &[&ada]);
    body["externalId"] = json!("7");
    let designers = id(&world.directory.create_group(&Actor::default(), body).await.unwrap());
    let external = |id: &str| GroupSelector::ExternalId(id.to_owned());
    let by = |group: GroupSelector| [Rule { group, ..rule("d", "", "Designer") }];
    let told = async || {
        let reason = world.first_reason("ada").await;
        assert_eq!((reason.code, reason.time.is_some()), (Code::GroupNotProvisioned, reason.request.is_some()));
        (reason.group.unwrap_or_default(), reason.request.unwrap_or_default())
    };
    let is = |group: &str, request: &str| (group.to_owned(), request.to_owned());
    world.publish(&by(external("9"))).await;
    assert_eq!(told().await, is("9", ""), "there never was one");
    world.publish(&by(external("7"))).await;
    world.patch_group_as("rename", &designers, renamed("Painters")).await;
    assert_eq!(world.first_reason("ada").await.code, Code::Granted, "its name does not count");
    let another = json!([{ "op": "replace", "value": { "externalId": "8" } }]);
    world.patch_group_as("another", &designers, another).await;
    assert_eq!(told().await, is("7", "another"));
    world.directory.delete_group(&request("delete"), &designers).await.unwrap();
    assert_eq!(told().await, is("7", "another"), "it was another one's already");
    world.publish(&by(external("8"))).await;
    assert_eq!(told().await, is("8", "delete"));
    world.publish(&by(GroupSelector::Id(designers.clone()))).await;
    assert_eq!(told().await, is(&designers, "delete"));
}

#[test]
fn no_name_of_a_group_is_taken_for_an_id() {
    let name = |name: &str| gone_key(&GroupSelector::DisplayName(name.to_owned()));
    let ids = [gone_key(&GroupSelector::Id("7".to_owned())), gone_key(&GroupSelector::ExternalId("7".to_owned()))];
    let names = [ids[0].as_str(), ids[1].as_str(), "id:7", "external:7", "7", "\u{1}\u{1}id:7"].map(name);
    let all: BTreeSet<&String> = ids.iter().chain(&names).collect();
    assert_eq!(all.len(), ids.len() + names.len(), "{all:?}");
    assert_eq!((name("Designers"), name("DESIGNERS")), ("designers".to_owned(), "designers".to_owned()));
}

#[tokio::test]
async fn c002_the_message_that_made_somebody_inactive_is_named_and_one_that_says_so_again_is_not() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    let active = |active: bool| json!([{ "op": "replace", "path": "active", "value": active }]);
    world.patch_user_as("off", &ada, active(false)).await;
    assert_eq!(world.decided_by("ada").await, is(Code::UserInactive, "off"));
    world.patch_user_as("off again", &ada, active(false)).await;
    assert_eq!(world.decided_by("ada").await, is(Code::UserInactive, "off"));
    world.patch_user_as("on", &ada, active(true)).await;
    assert_eq!(world.first_reason("ada").await.code, Code::Granted);
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "eve", "active": false });
    world.directory.create_user(&request("made so"), body).await.unwrap();
    assert_eq!(world.decided_by("eve").await, is(Code::UserInactive, "made so"));
}

#[tokio::test]
async fn c002_of_a_record_that_was_cut_off_the_time_is_known_still() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let designers = world.group("Designers", &[]).await;
    world.patch_group_as("in", &designers, member("add", &ada)).await;
    let before = world.first_reason("ada").await;
    assert_eq!(before.request.as_deref(), Some("in"));
    for n in 0..5 {
        world.user(&format!("other{n}")).await;
    }
    let keep = crate::config::AuditRetention { max_age_s: None, max_records: Some(1) };
    assert!(world.directory.inner.store.cut(keep, world.directory.now()).await.unwrap() > 0);
    let after = world.first_reason("ada").await;
    assert_eq!((after.code, after.request), (Code::Granted, None));
    let apart = after.time.unwrap().duration_since(before.time.unwrap()).as_millis();
    assert!(apart.abs() < 1_000, "the id tells it as well: {apart} ms apart");
}
