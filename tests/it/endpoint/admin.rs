//! The operator's door: mutual TLS, publications, the long poll.

use crate::support::endpoint::{Endpoint, LIMIT, rule, user_body, write_certificates};
use crate::support::reply::{Caller, try_finish};
use crate::support::wait;
use insta::assert_snapshot;
use jiff::Timestamp;
use scim_operator::config::{ProvisioningCounts, RunScope};
use scim_operator::operator::tls::{Authority, Usage};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn opens(caller: &Caller) -> bool {
    try_finish(caller.request("GET", "/admin/v1/config")).await.is_ok_and(|reply| reply.status == 200)
}

#[tokio::test]
async fn only_a_client_certificate_of_the_mounted_authority_opens_the_door() {
    let endpoint = Endpoint::start(Vec::new()).await;
    assert!(opens(&endpoint.admin).await);
    let stranger = Authority::make(Timestamp::now()).unwrap();
    assert!(!opens(&endpoint.admin_caller(&stranger, Usage::Client)).await);
    assert!(!opens(&endpoint.admin_caller(&endpoint.authority, Usage::Server)).await, "an endpoint's own certificate");
    let plain =
        Caller::new(endpoint.admin.base.replace("https", "http").replace("corp-endpoint-admin.test.svc", "127.0.0.1"));
    assert!(!opens(&plain).await);
}

#[tokio::test]
async fn certificates_are_loaded_again_when_they_change_and_kept_when_they_are_broken() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let next = Authority::make(Timestamp::now()).unwrap();
    let bundle = format!("{}{}", endpoint.authority.certificate_pem, next.certificate_pem);
    write_certificates(endpoint.folder(), &endpoint.authority, &bundle);
    let renewed = endpoint.admin_caller(&next, Usage::Client);
    wait::until("the new authority is known", LIMIT, async || opens(&renewed).await.then_some(())).await;
    assert!(opens(&endpoint.admin_caller(&endpoint.authority, Usage::Client)).await, "old and new during a rotation");
    std::fs::write(endpoint.folder().join("tls/ca.crt"), "not a certificate").unwrap();
    endpoint.program().logged("the admin certificates stay as they were").await;
    assert!(opens(&endpoint.admin_caller(&next, Usage::Client)).await);
}

#[tokio::test]
async fn a_publication_is_numbered_once_per_content_and_a_stale_one_is_told_what_is_in_force() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let first = endpoint.revision;
    assert_eq!(endpoint.publish().await.revision, first, "the same content keeps its number");
    endpoint.document.rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let second = endpoint.publish().await;
    assert_eq!(second.revision, first + 1);
    endpoint.revision = first;
    endpoint.document.rules = Vec::new();
    let stale = endpoint.try_publish().await;
    assert_eq!((stale.status, stale.header("content-type")), (409, "application/json"));
    assert_eq!(stale.json()["revision"], second.revision);
    assert_eq!(stale.json()["contentHash"], second.content_hash);
    assert_eq!(stale.json()["storeId"], second.store_id);
    let config = endpoint.admin.get("/admin/v1/config").await.json();
    assert_eq!(config["document"]["rules"][0]["rule"]["name"], "d", "nothing was changed by it");
}

#[tokio::test]
async fn a_writer_whose_time_has_passed_and_a_document_of_another_directory_are_refused() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let publication = |endpoint: &Endpoint, epoch: u64| {
        json!({
            "directoryUid": endpoint.document.directory.uid, "epoch": epoch, "ifRevision": endpoint.revision,
            "contentHash": endpoint.document.content_hash(), "document": endpoint.document,
        })
    };
    let send = async |endpoint: &Endpoint, body: &Value| endpoint.admin.json("PUT", "/admin/v1/config", body).await;
    endpoint.document.tenant = "other".to_owned();
    assert_eq!(send(&endpoint, &publication(&endpoint, 7)).await.status, 200);
    endpoint.document.tenant = "third".to_owned();
    endpoint.revision += 1;
    assert_snapshot!(send(&endpoint, &publication(&endpoint, 6)).await.shown(), @r#"
    409 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/stale-writer",
      "title": "A newer writer has published",
      "status": 409,
      "detail": "a newer writer has published already (epoch 7)"
    }
    "#);
    let mut tampered = publication(&endpoint, 7);
    tampered["document"]["tenant"] = json!("fourth");
    assert_eq!(send(&endpoint, &tampered).await.status, 400);
    endpoint.document.directory.name = "sales".to_owned();
    assert_snapshot!(send(&endpoint, &publication(&endpoint, 7)).await.shown(), @r#"
    400 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/bad-publication",
      "title": "This configuration cannot be taken",
      "status": 400,
      "detail": "this store is that of the directory test/corp: another directory needs a store of its own"
    }
    "#);
    assert_eq!(endpoint.admin.get("/admin/v1/config").await.json()["document"]["tenant"], "other");
    assert_eq!(send(&endpoint, &json!({ "epoch": 7 })).await.status, 400);
}

#[tokio::test]
async fn the_state_waits_for_a_change_and_no_longer() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let position = endpoint.state().await.position;
    let path = format!("/admin/v1/state?since={position}&wait=30s");
    let admin = endpoint.admin.clone();
    let poll = tokio::spawn(async move { admin.get(&path).await.json() });
    let group = endpoint.group("Designers", &[]).await;
    let state = poll.await.unwrap();
    assert_eq!(state["rules"][0]["groupId"], json!(group));
    let position = endpoint.state().await.position;
    let began = Instant::now();
    let unchanged = endpoint.admin.get(&format!("/admin/v1/state?since={position}&wait=1s")).await.json();
    assert_eq!(unchanged["position"], json!(position));
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(endpoint.admin.get("/admin/v1/state?wait=soon").await.status, 400);
}

#[tokio::test]
async fn b111_the_state_counts_people_groups_and_what_the_provider_did() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ana = endpoint.user("ana@example.com").await;
    let bram = endpoint.user("bram@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    endpoint.public.patch(&format!("/scim/v2/Users/{bram}"), &off).await;
    endpoint.public.post("/scim/v2/Users", &json!({ "userName": "" })).await;
    let state = endpoint.state().await;
    assert_eq!((state.users.total, state.users.active, state.users.managed, state.groups), (2, 1, 1, 1));
    let did = state.provisioning;
    assert_eq!((did.created, did.disabled, did.deleted, did.failed), (2, 1, 0, 1));
    assert!(did.last_request_time.is_some());
    assert!(state.tokens.iter().any(|token| token.token_id == "scimscimscimscim"));
}

#[tokio::test]
async fn b111_what_the_provider_did_is_counted_exactly_and_over_a_restart() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let people = endpoint.people("user", 4).await;
    let at = |n: usize| format!("/scim/v2/Users/{}", people[n]);
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[&people[3]]).await);
    let replace = |path: &str, value: Value| json!([{ "op": "Replace", "path": path, "value": value }]);
    let counts = |updated, disabled, deleted, failed| ProvisioningCounts {
        created: 4,
        updated,
        disabled,
        deleted,
        failed,
        last_request_time: None,
    };
    let did = async |endpoint: &Endpoint| {
        let did = endpoint.state().await.provisioning;
        assert!(did.last_request_time.is_some());
        ProvisioningCounts { last_request_time: None, ..did }
    };
    assert_eq!(did(&endpoint).await, counts(0, 0, 0, 0));
    for _ in 0..2 {
        let answer = endpoint.public.patch(&at(0), &replace("displayName", json!("Ana"))).await;
        assert_eq!(answer.status, 200);
        assert_eq!(did(&endpoint).await, counts(1, 0, 0, 0), "what changes nothing is no update");
    }
    let mut body = user_body("user-0001@example.com");
    body["name"]["givenName"] = json!("Other");
    assert_eq!(endpoint.public.json("PUT", &at(1), &body).await.status, 200);
    assert_eq!(did(&endpoint).await, counts(2, 0, 0, 0));
    for _ in 0..2 {
        assert_eq!(endpoint.public.patch(&at(0), &replace("active", json!("False"))).await.status, 200);
        assert_eq!(did(&endpoint).await, counts(2, 1, 0, 0), "disabled once, and no update");
    }
    body["active"] = json!(false);
    assert_eq!(endpoint.public.json("PUT", &at(1), &body).await.status, 200);
    assert_eq!(endpoint.public.patch(&at(0), &replace("active", json!("True"))).await.status, 200);
    assert_eq!(did(&endpoint).await, counts(3, 2, 0, 0), "to be enabled again is an update");
    assert_eq!(endpoint.public.delete(&at(2)).await.status, 204);
    assert_eq!(endpoint.public.delete(&at(2)).await.status, 404);
    assert_eq!(endpoint.public.post("/scim/v2/Users", &user_body("USER-0000@example.com")).await.status, 409);
    assert_eq!(endpoint.public.get(&at(2)).await.status, 404, "a question is no request that failed");
    let expected = counts(3, 2, 1, 2);
    assert_eq!(did(&endpoint).await, expected);
    endpoint.document.rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    endpoint.publish().await;
    assert_eq!(endpoint.sync("all", RunScope::All {}).await.result.granted, 1);
    assert_eq!(endpoint.public.patch(&group, &replace("displayName", json!("Others"))).await.status, 204);
    assert_eq!(did(&endpoint).await, expected, "neither groups nor runs are counted among users");
    let endpoint = endpoint.restart().await;
    endpoint.ready().await;
    assert_eq!(did(&endpoint).await, expected, "kept");
}
