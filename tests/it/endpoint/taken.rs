//! What the provider takes is counted for an alert, and the guard holds none of it. C003, reading 23.

use crate::support::endpoint::{Endpoint, LIMIT, rule, user_body};
use crate::support::reply::{Reply, finish};
use crate::support::wait;
use scim_operator::access::Guard;
use scim_operator::config::{RunScope, SyncPolicy};
use serde_json::{Value, json};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The highest role: from its last holder the guard lets no change of rules take it.
const TOP: &str = "Global Admin";

/// An endpoint whose guard lets so many people lose something by a change of rules, and what is expected of it.
struct Watched {
    endpoint: Endpoint,
    /// People from whom the provider has taken access so far.
    taken: u64,
}

impl Watched {
    async fn start(max_revoked_users: u64) -> Self {
        let mut endpoint = Endpoint::start(vec![rule("admins", "Admins", TOP, &["main"], &[])]).await;
        endpoint.document.guard = Guard { max_revoked_users, max_revoked_percent: 1 };
        endpoint.document.sync_policy = SyncPolicy::Automatic;
        endpoint.publish().await;
        Self { endpoint, taken: 0 }
    }

    /// Fails unless exactly these people have access, so many more have lost it by the provider, and nothing is held.
    async fn shows(&mut self, what: &str, lost: u64, holders: &[&str]) {
        self.taken += lost;
        let query = [("tenant", "main"), ("role", TOP)];
        let views = self.endpoint.access.request("GET", "/access/v1/users").query(&query);
        let views = finish(views).await.json();
        let views = views["users"].as_array().expect("people");
        let mut found: Vec<&str> = views.iter().map(|view| view["id"].as_str().expect("an id")).collect();
        let mut expected = holders.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "who has access: {what}");
        assert_eq!(taken(&self.endpoint).await, self.taken, "counted: {what}");
        self.is_not_held(what).await;
    }

    async fn is_not_held(&self, what: &str) {
        assert_eq!(self.endpoint.state().await.held, None, "{what}");
        assert_eq!(figure(&self.endpoint, "access_held_changes").await, 0, "{what}");
    }

    async fn patch(&self, path: &str, op: &str, target: &str, value: &Value) {
        let operations = json!([{ "op": op, "path": target, "value": value }]);
        done(&self.endpoint.public.patch(path, &operations).await);
    }

    async fn delete(&self, path: &str) {
        done(&self.endpoint.public.delete(path).await);
    }
}

#[track_caller]
fn done(reply: &Reply) {
    assert!((200..300).contains(&reply.status), "{} {}", reply.status, reply.text);
}

/// A figure without labels on `/metrics`.
async fn figure(endpoint: &Endpoint, name: &str) -> u64 {
    let text = endpoint.metrics.get("/metrics").await.text;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.expect("the figure is there").parse().expect("a number")
}

async fn taken(endpoint: &Endpoint) -> u64 {
    figure(endpoint, "scim_revoked_by_provider_total").await
}

fn group_path(id: &str) -> String {
    format!("/scim/v2/Groups/{id}")
}

fn user_path(id: &str) -> String {
    format!("/scim/v2/Users/{id}")
}

#[tokio::test]
async fn c003_whom_the_provider_takes_out_of_a_group_is_counted_and_never_held() {
    for max in [0, 1] {
        let mut watched = Watched::start(max).await;
        let people = watched.endpoint.people("admin", 6).await;
        let ids: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = watched.endpoint.group("Admins", &ids).await;
        let path = group_path(&group);
        watched.shows("all came", 0, &ids).await;
        watched.endpoint.leave(&group, ids[0]).await;
        watched.shows("one left", 1, &ids[1..]).await;
        watched.endpoint.leave(&group, ids[0]).await;
        watched.shows("had left already", 0, &ids[1..]).await;
        let two = json!([{ "value": ids[1] }, { "value": ids[2] }]);
        watched.patch(&path, "Remove", "members", &two).await;
        watched.shows("two left with one message", 2, &ids[3..]).await;
        let replaced = json!({ "schemas": [GROUP], "displayName": "Admins", "members": [{ "value": ids[4] }] });
        done(&watched.endpoint.public.json("PUT", &path, &replaced).await);
        watched.shows("a PUT left two out", 2, &ids[4..5]).await;
        watched.endpoint.leave(&group, ids[4]).await;
        watched.shows("the last one left", 1, &[]).await;
    }
}

#[tokio::test]
async fn c003_whom_a_renamed_or_deleted_group_costs_access_is_counted_and_never_held() {
    for max in [0, 1] {
        let mut watched = Watched::start(max).await;
        let people = watched.endpoint.people("admin", 3).await;
        let ids: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = group_path(&watched.endpoint.group("Admins", &ids).await);
        watched.patch(&group, "Replace", "displayName", &json!("Former admins")).await;
        watched.shows("the group was renamed", 3, &[]).await;
        watched.patch(&group, "Replace", "displayName", &json!("Admins")).await;
        watched.shows("its name came back", 0, &ids).await;
        watched.delete(&group).await;
        watched.shows("the group was deleted", 3, &[]).await;
        let other = group_path(&watched.endpoint.group("Others", &ids).await);
        watched.delete(&other).await;
        watched.shows("a group that gave nothing was deleted", 0, &[]).await;
    }
}

#[tokio::test]
async fn c003_who_is_disabled_or_deleted_is_counted_once_and_never_held() {
    for max in [0, 1] {
        let mut watched = Watched::start(max).await;
        let people = watched.endpoint.people("admin", 3).await;
        let ids: Vec<&str> = people.iter().map(String::as_str).collect();
        watched.endpoint.group("Admins", &ids).await;
        let first = user_path(ids[0]);
        watched.patch(&first, "Replace", "active", &json!(false)).await;
        watched.shows("one was disabled", 1, &ids[1..]).await;
        watched.patch(&first, "Replace", "active", &json!(false)).await;
        watched.shows("was disabled already", 0, &ids[1..]).await;
        watched.patch(&first, "Replace", "active", &json!(true)).await;
        watched.shows("came back", 0, &ids).await;
        let mut body = user_body("admin-0000@example.com");
        body["active"] = json!(false);
        done(&watched.endpoint.public.json("PUT", &first, &body).await);
        watched.shows("was disabled by PUT", 1, &ids[1..]).await;
        watched.delete(&first).await;
        watched.shows("had nothing to lose when deleted", 0, &ids[1..]).await;
        watched.delete(&user_path(ids[1])).await;
        watched.shows("was deleted while active", 1, &ids[2..]).await;
        watched.delete(&user_path(ids[2])).await;
        watched.shows("the last holder was deleted", 1, &[]).await;
    }
}

#[tokio::test]
async fn c003_people_of_a_group_too_large_to_be_evaluated_at_once_are_counted_and_never_held() {
    const PEOPLE: u64 = 1_002;
    for max in [0, 1] {
        let watched = Watched::start(max).await;
        let endpoint = &watched.endpoint;
        let people = endpoint.people("admin", usize::try_from(PEOPLE).unwrap()).await;
        let ids: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = group_path(&endpoint.group("Admins", &ids).await);
        let settled = async |what: &str, managed: u64, expected: u64| {
            let settles = async || {
                let state = endpoint.state().await;
                let is_so = (state.pending.total, state.users.managed) == (0, managed);
                (is_so && taken(endpoint).await == expected).then_some(())
            };
            wait::until(what, LIMIT, settles).await;
            watched.is_not_held(what).await;
        };
        settled("all came", PEOPLE, 0).await;
        let gone = user_path(ids[0]);
        watched.patch(&gone, "Replace", "active", &json!(false)).await;
        settled("one was disabled and keeps what is stored", PEOPLE, 1).await;
        watched.patch(&group, "Replace", "displayName", &json!("Former admins")).await;
        let by_rename = PEOPLE;
        settled("the group was renamed: all but the disabled one lose access", 0, by_rename).await;
        watched.patch(&group, "Replace", "displayName", &json!("Admins")).await;
        settled("its name came back", PEOPLE, by_rename).await;
        watched.delete(&group).await;
        settled("the group was deleted", 0, by_rename + PEOPLE - 1).await;
    }
}

#[tokio::test]
async fn what_runs_of_rules_and_administrators_take_is_not_counted_as_the_providers() {
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let mut endpoint = Endpoint::start(rules).await;
    let people = endpoint.people("designer", 3).await;
    let ids: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = endpoint.group("Designers", &ids).await;
    endpoint.document.rules[0].rule.role = "Participant".to_owned();
    endpoint.publish().await;
    let run = endpoint.sync("lower", RunScope::All {}).await;
    assert_eq!(run.result.demoted, 3);
    endpoint.document.rules[0].rule.enabled = false;
    endpoint.publish().await;
    let run = endpoint.sync("off", RunScope::Rules(vec!["d".to_owned()])).await;
    assert_eq!(run.result.revoked, 3);
    let asked = json!({ "userName": "designer-0000@example.com", "tenant": "main", "role": "Developer" });
    let made = endpoint.administrator().post("/access/v1/manual-grants", &asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let grant = made.json()["id"].as_str().expect("an id").to_owned();
    let ended = endpoint.administrator().delete(&format!("/access/v1/manual-grants/{grant}")).await;
    assert_eq!(ended.status, 204);
    assert_eq!(endpoint.access_of(ids[0]).await, "");
    assert_eq!(taken(&endpoint).await, 0);
    endpoint.document.rules[0].rule.enabled = true;
    endpoint.publish().await;
    assert_eq!(endpoint.sync("on", RunScope::All {}).await.result.granted, 3);
    endpoint.leave(&group, ids[0]).await;
    assert_eq!(taken(&endpoint).await, 1, "the provider's is counted still");
}
