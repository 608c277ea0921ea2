//! Who is let in, and who is told what. B031, B114–B128.

use crate::support::endpoint::{Endpoint, LIMIT, document, from_now, token, verifier};
use crate::support::reply::Reply;
use crate::support::wait;
use insta::assert_snapshot;
use scim_operator::config::Scope;

fn challenged(reply: &Reply) -> String {
    format!("{}\n{}", reply.header("www-authenticate"), reply.shown())
}

#[tokio::test]
async fn b031_b114_without_a_token_nobody_is_let_in_and_is_told_how() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let nobody = endpoint.public.without_token();
    assert_snapshot!(challenged(&nobody.get("/scim/v2/Schemas").await), @r#"
    Bearer realm="scim-operator"
    401 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "401",
      "detail": "No token was sent: set the header `Authorization: Bearer <apiKey>`."
    }
    "#);
    let stranger = endpoint.public.with_token("scim_scimscimscimscim_wrong");
    assert_snapshot!(challenged(&stranger.get("/scim/v2/Users").await), @r#"
    Bearer realm="scim-operator", error="invalid_token"
    401 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "401",
      "detail": "The token is unknown, expired or revoked: give the provider the `apiKey` of a current one."
    }
    "#);
    let basic = nobody.request("GET", "/scim/v2/Users").header("authorization", "Basic dTpw");
    assert_snapshot!(challenged(&crate::support::reply::finish(basic).await), @r#"
    Bearer realm="scim-operator", error="invalid_request"
    401 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "401",
      "detail": "The Authorization header must be `Bearer`, one space and the token's value."
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
}

#[tokio::test]
async fn b122_each_scope_opens_its_own_part_only() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let access_on_scim = endpoint.public.with_token(&token(Scope::Access)).get("/scim/v2/Users").await;
    assert_snapshot!(challenged(&access_on_scim), @r#"
    Bearer realm="scim-operator", error="insufficient_scope"
    403 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "403",
      "detail": "A token of scope Access may not do this: only Scim may."
    }
    "#);
    let scim_on_access = endpoint.access.with_token(&token(Scope::Scim)).get("/access/v1/users").await;
    assert_snapshot!(challenged(&scim_on_access), @r#"
    Bearer realm="scim-operator", error="insufficient_scope"
    403 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/forbidden",
      "title": "This token may not do this",
      "status": 403,
      "detail": "A token of scope Scim may not do this: reading access needs Access or Admin, the rest
          Admin."
    }
    "#);
    let scim_on_admin = endpoint.public.get("/admin/v1/config").await;
    assert_snapshot!(challenged(&scim_on_admin), @r#"
    Bearer realm="scim-operator", error="insufficient_scope"
    403 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/forbidden",
      "title": "This token may not do this",
      "status": 403,
      "detail": "A token of scope Scim may not do this: no token opens the admin API."
    }
    "#);
    let reader = endpoint.access.json("POST", "/access/v1/syncs", &serde_json::json!({"scope": {"all": {}}})).await;
    assert_snapshot!(challenged(&reader), @r#"
    Bearer realm="scim-operator", error="insufficient_scope"
    403 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/forbidden",
      "title": "This token may not do this",
      "status": 403,
      "detail": "A token of scope Access may not do this: reading access needs Access or Admin, the rest
          Admin."
    }
    "#);
}

#[tokio::test]
async fn b116_a_token_belongs_to_its_directory() {
    let one = Endpoint::start(Vec::new()).await;
    let mut other = Endpoint::unpublished().await;
    let theirs = format!("scim_otherotherother_{}", "T".repeat(43));
    other.document = document(Vec::new());
    other.document.verifiers = vec![verifier(&theirs, Scope::Scim, from_now(3600))];
    other.publish().await;
    assert_eq!(other.public.with_token(&theirs).get("/scim/v2/Users").await.status, 200);
    assert_eq!(other.public.get("/scim/v2/Users").await.status, 401);
    assert_eq!(one.public.with_token(&theirs).get("/scim/v2/Users").await.status, 401);
}

#[tokio::test]
async fn b123_b124_only_the_whole_value_opens_the_door() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let value = token(Scope::Scim);
    let hash = endpoint.document.verifiers.iter().find(|v| v.scope == Scope::Scim).unwrap().sha256.clone();
    let id = "scimscimscimscim";
    let wrong = [
        id.to_owned(),
        format!("scim_{id}"),
        format!("scim_{id}_"),
        format!("scim_{id}_{}", "s".repeat(43)),
        value[..value.len() - 1].to_owned(),
        format!("{value}S"),
        value.to_uppercase(),
        hash.clone(),
        format!("scim_{id}_{hash}"),
        format!("token-{id}"),
    ];
    for value in wrong {
        assert_eq!(endpoint.public.with_token(&value).get("/scim/v2/Users").await.status, 401, "{value}");
    }
    let config = endpoint.admin.get("/admin/v1/config").await;
    assert!(config.text.contains(&hash) && !config.text.contains(&value), "the endpoint knows a hash only");
}

#[tokio::test]
async fn b125_a_token_works_until_its_time_and_not_at_it() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let value = token(Scope::Scim);
    let scim = endpoint.document.verifiers.iter().position(|v| v.scope == Scope::Scim).unwrap();
    endpoint.document.verifiers[scim].expires_at = from_now(3);
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200, "its time is not over");
    let over = async || (endpoint.public.get("/scim/v2/Users").await.status == 401).then_some(());
    wait::until("the token has expired", LIMIT, over).await;
    endpoint.document.verifiers[scim] = verifier(&value, Scope::Scim, from_now(3600));
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
}

#[tokio::test]
async fn b127_c007_a_revoked_token_is_refused_at_once_and_the_other_goes_on() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let second = format!("scim_second0second000_{}", "N".repeat(43));
    endpoint.document.verifiers.push(verifier(&second, Scope::Scim, from_now(3600)));
    endpoint.document.verifiers.sort_by(|a, b| a.token_id.cmp(&b.token_id));
    endpoint.publish().await;
    let renewed = endpoint.public.with_token(&second);
    assert_eq!(renewed.get("/scim/v2/Users").await.status, 200);
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200, "both work while they overlap");
    endpoint.document.verifiers.retain(|v| v.token_id != "scimscimscimscim");
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 401, "revoked when the publication is answered");
    assert_eq!(renewed.get("/scim/v2/Users").await.status, 200);
    let endpoint = endpoint.restart().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 401, "and after a restart");
}
