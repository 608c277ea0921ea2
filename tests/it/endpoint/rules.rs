//! What a provider's messages do to access, by the rules in force. B005, B013, B015–B017, B034, B043–B049, B068, B069.

use crate::support::endpoint::{Endpoint, rule, user_body};
use insta::assert_snapshot;
use jiff::Timestamp;
use scim_operator::config::RuleEntry;
use serde_json::{Value, json};

fn three_rules() -> Vec<RuleEntry> {
    vec![
        rule("designers", "Designers", "Designer", &["hr"], &["Reviewers", "Design"]),
        rule("developers", "Developers", "Developer", &["main"], &[]),
        rule("participants", "Participants", "Participant", &["hr"], &["Reviewers", "Everybody"]),
    ]
}

#[tokio::test]
async fn b005_b044_b068_b070_joining_a_linked_group_gives_role_and_application_groups() {
    let endpoint = Endpoint::start(three_rules()).await;
    let group = endpoint.group("Designers", &[]).await;
    let user = endpoint.user("ana@example.com").await;
    assert_eq!(endpoint.access_of(&user).await, "");
    assert_eq!(endpoint.view(&user).await["managed"], false);
    endpoint.join(&group, &user).await;
    assert_snapshot!(endpoint.access_of("ana@example.com").await, @"hr: Designer [Design, Reviewers] from designers");
    assert_eq!(endpoint.view(&user).await["managed"], true);
}

#[tokio::test]
async fn b013_b069_membership_follows_the_provider_both_ways() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    let members = async || endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json()["members"].clone();
    let groups = async || endpoint.public.get(&format!("/scim/v2/Users/{user}")).await.json()["groups"].clone();
    assert_eq!(members().await[0]["value"], json!(user));
    assert_eq!(groups().await[0]["display"], "Designers");
    assert!(!endpoint.access_of(&user).await.is_empty(), "members that come with the group count");
    endpoint.leave(&group, &user).await;
    assert_eq!(members().await.as_array().map_or(0, Vec::len), 0);
    assert_eq!(groups().await.as_array().map_or(0, Vec::len), 0);
    assert_eq!(endpoint.access_of(&user).await, "");
}

#[tokio::test]
async fn b045_b015_b016_several_groups_give_the_highest_role_and_all_application_groups() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    for name in ["Participants", "Designers", "Developers"] {
        endpoint.group(name, &[&user]).await;
    }
    assert_snapshot!(endpoint.access_of(&user).await, @r"
    hr: Designer [Design, Everybody, Reviewers] from designers, participants
    main: Developer [] from developers
    ");
}

#[tokio::test]
async fn b046_b017_an_application_group_goes_with_the_last_rule_that_gives_it() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    let designers = endpoint.group("Designers", &[&user]).await;
    let participants = endpoint.group("Participants", &[&user]).await;
    endpoint.leave(&designers, &user).await;
    assert_snapshot!(endpoint.access_of(&user).await, @"hr: Participant [Everybody, Reviewers] from participants");
    endpoint.leave(&participants, &user).await;
    assert_eq!(endpoint.access_of(&user).await, "");
}

#[tokio::test]
async fn b047_the_role_goes_down_when_the_higher_group_is_left() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    endpoint.group("Participants", &[&user]).await;
    let designers = endpoint.group("Designers", &[&user]).await;
    assert_eq!(endpoint.view(&user).await["tenants"][0]["role"], "Designer");
    endpoint.leave(&designers, &user).await;
    assert_eq!(endpoint.view(&user).await["tenants"][0]["role"], "Participant");
}

#[tokio::test]
async fn b048_leaving_all_groups_ends_access_and_keeps_the_user() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    endpoint.leave(&group, &user).await;
    let view = endpoint.view(&user).await;
    assert_eq!((&view["tenants"], &view["storedGrants"], &view["managed"]), (&json!([]), &json!([]), &json!(false)));
    let kept = endpoint.public.get(&format!("/scim/v2/Users/{user}")).await;
    assert_eq!((kept.status, &kept.json()["active"]), (200, &json!(true)));
}

#[tokio::test]
async fn b043_b057_each_accepted_write_evaluates_at_once() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[]).await;
    let mut last = evaluated(&endpoint, &user).await;
    for _ in 0..3 {
        // A write that changes nothing evaluates too (reading 4).
        endpoint.join(&group, &user).await;
        let now = evaluated(&endpoint, &user).await;
        assert!(now > last, "{now} is not after {last}");
        let view = endpoint.view(&user).await;
        assert_eq!(view["tenants"][0]["role"], "Designer", "visible with the answer to the PATCH");
        last = now;
    }
}

/// When the rules were last applied to somebody.
async fn evaluated(endpoint: &Endpoint, who: &str) -> Timestamp {
    let view = endpoint.view(who).await;
    view["lastEvaluated"].as_str().expect("a time").parse().expect("an RFC 3339 time")
}

#[tokio::test]
async fn b043_b057_each_kind_of_write_evaluates_whom_it_names_at_once_and_nobody_else() {
    const HELD: &str = "hr: Designer [Design, Reviewers] from designers";
    let endpoint = Endpoint::start(three_rules()).await;
    let (ana, bram) = (endpoint.user("ana@example.com").await, endpoint.user("bram@example.com").await);
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[&ana]).await);
    endpoint.group("Developers", &[&bram]).await;
    let user = format!("/scim/v2/Users/{ana}");
    let replace = |path: &str, value: Value| {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        json!({ "schemas": schemas, "Operations": [{ "op": "Replace", "path": path, "value": value }] })
    };
    let whole = |members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        json!({ "schemas": schemas, "displayName": "Designers", "members": members })
    };
    let mut inactive = user_body("ana@example.com");
    inactive["active"] = json!(false);
    let steps = [
        ("PATCH", &user, replace("active", json!(false)), ""),
        ("PATCH", &user, replace("active", json!(true)), HELD),
        ("PATCH", &user, replace("displayName", json!("Ana")), HELD),
        ("PUT", &user, inactive, ""),
        ("PUT", &user, user_body("ana@example.com"), HELD),
        ("PUT", &group, whole(&[]), ""),
        ("PUT", &group, whole(&[&ana]), HELD),
        ("PATCH", &group, replace("displayName", json!("Former designers")), ""),
        ("PATCH", &group, replace("displayName", json!("Designers")), HELD),
        ("DELETE", &group, Value::Null, ""),
    ];
    let (mut last, beside) = (evaluated(&endpoint, &ana).await, evaluated(&endpoint, &bram).await);
    for (method, path, body, access) in steps {
        let reply = endpoint.with_header(method, path, ("accept", "application/scim+json"), &body).await;
        assert!((200..300).contains(&reply.status), "{method} {path} {body}: {}", reply.text);
        let now = evaluated(&endpoint, &ana).await;
        assert!(now > last, "{method} {path} {body}: {now} is not after {last}");
        assert_eq!(endpoint.access_of(&ana).await, access, "{method} {path} {body}");
        last = now;
    }
    assert_eq!(evaluated(&endpoint, &bram).await, beside, "whom no message names is left alone");
}

#[tokio::test]
async fn b034_b037_b039_a_rule_waits_for_its_group_and_takes_it_by_name() {
    let endpoint = Endpoint::start(vec![rule("d", "Nintex Designers", "Designer", &["main"], &[])]).await;
    assert_eq!(endpoint.state().await.rules[0].group_id, None);
    let group = endpoint.group("nintex designers", &[]).await;
    assert_eq!(endpoint.state().await.rules[0].group_id.as_deref(), Some(group.as_str()));
    let empty = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json();
    assert_eq!(empty["members"].as_array().map_or(0, Vec::len), 0);
    let user = endpoint.user("ana@example.com").await;
    endpoint.join(&group, &user).await;
    assert_snapshot!(endpoint.access_of(&user).await, @"main: Designer [] from d");
}

#[tokio::test]
async fn b086_a_group_renamed_away_stops_matching_and_matches_again_when_it_is_back() {
    let endpoint = Endpoint::start(three_rules()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    let rename = async |to: &str| {
        let operations = json!([{ "op": "Replace", "path": "displayName", "value": to }]);
        assert_eq!(endpoint.public.patch(&format!("/scim/v2/Groups/{group}"), &operations).await.status, 204);
    };
    rename("Former designers").await;
    assert_eq!(endpoint.access_of(&user).await, "");
    rename("DESIGNERS").await;
    assert!(!endpoint.access_of(&user).await.is_empty());
}
