//! The access API: who may do what, a page at a time. B070, B071.

use crate::support::endpoint::{Endpoint, rule, token};
use insta::assert_snapshot;
use scim_operator::config::Scope;
use serde_json::{Value, json};

#[tokio::test]
async fn a_person_is_found_by_id_and_by_user_name_in_any_case_and_encoding() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &["Reviewers"])]).await;
    let odd = endpoint.user("a/b c+d%@example.com").await;
    let ana = endpoint.user("Ana@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    assert_eq!(endpoint.view("a%2Fb%20c%2Bd%25%40example.com").await["id"], json!(odd));
    let view = endpoint.view("ana%40EXAMPLE.com").await;
    assert_eq!(view, endpoint.view(&ana).await);
    let mut shown = view.clone();
    assert_eq!(shown["id"], json!(ana));
    assert!(shown["lastEvaluated"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    shown["id"] = json!("[id]");
    shown["lastEvaluated"] = json!("[time]");
    assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap(), @r#"
    {
      "id": "[id]",
      "userName": "Ana@example.com",
      "active": true,
      "accountEnabled": true,
      "managed": true,
      "organizationAdmin": false,
      "tenants": [
        {
          "tenant": "main",
          "role": "Designer",
          "applicationGroups": [
            "Reviewers"
          ],
          "rules": [
            "d"
          ],
          "source": "Rules"
        }
      ],
      "storedGrants": [
        {
          "tenant": "main",
          "role": "Designer",
          "applicationGroups": [
            "Reviewers"
          ],
          "rules": [
            "d"
          ],
          "source": "Rules"
        }
      ],
      "lastEvaluated": "[time]",
      "email": "Ana@example.com"
    }
    "#);
}

#[tokio::test]
async fn b070_b071_people_are_listed_by_tenant_role_and_whether_rules_manage_them() {
    let rules = vec![
        rule("designers", "Designers", "Designer", &["hr"], &[]),
        rule("developers", "Developers", "Developer", &["main"], &[]),
    ];
    let endpoint = Endpoint::start(rules).await;
    let (ana, bram) = (endpoint.user("ana@example.com").await, endpoint.user("bram@example.com").await);
    endpoint.user("cai@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    endpoint.group("Developers", &[&bram]).await;
    let admin = endpoint.access.with_token(&token(Scope::Admin));
    let names = async |query: &str| {
        let list = admin.get(&format!("/access/v1/users?{query}")).await.json();
        let names = list["users"].as_array().unwrap().iter().map(|view| view["userName"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("").await, "ana@example.com bram@example.com cai@example.com");
    assert_eq!(names("managed=true").await, "ana@example.com bram@example.com");
    assert_eq!(names("managed=false").await, "cai@example.com");
    assert_eq!(names("tenant=hr").await, "ana@example.com");
    assert_eq!(names("role=Developer").await, "bram@example.com");
    assert_eq!(names("tenant=hr&role=Developer").await, "");
    assert_eq!(names("filter=userName%20sw%20%22c%22").await, "cai@example.com");
}

#[tokio::test]
async fn a_walk_over_the_pages_sees_each_person_once() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for n in 0..7 {
        endpoint.user(&format!("user-{n}@example.com")).await;
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = endpoint.access.get(&format!("/access/v1/users?count=3{next}")).await.json();
        seen.extend(page["users"].as_array().unwrap().iter().map(|view| view["userName"].as_str().unwrap().to_owned()));
        match &page["next"] {
            Value::String(cursor) => next = format!("&cursor={cursor}"),
            _ => break,
        }
    }
    let all: Vec<String> = (0..7).map(|n| format!("user-{n}@example.com")).collect();
    assert_eq!(seen, all);
    for bad in ["count=0", "count=1001", "managed=yes", "cursor=nonsense", "filter=userName"] {
        assert_eq!(endpoint.access.get(&format!("/access/v1/users?{bad}")).await.status, 400, "{bad}");
    }
    assert_snapshot!(endpoint.access.get("/access/v1/users?count=0").await.shown(), @r#"
    400 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/bad-request",
      "title": "The request cannot be understood",
      "status": 400,
      "detail": "count is a number from 1 to 1000"
    }
    "#);
}

#[tokio::test]
async fn a_sync_that_is_not_understood_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let admin = endpoint.access.with_token(&token(Scope::Admin));
    let dry = json!({ "scope": { "all": {} }, "dryrun": true });
    assert_snapshot!(admin.json("POST", "/access/v1/syncs", &dry).await.shown(), @r#"
    400 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/bad-request",
      "title": "The request cannot be understood",
      "status": 400,
      "detail": "The body is not a sync: unknown field `dryrun`, expected one of `name`, `scope`, `nonce`,
          `dryRun`, `allowRevocations`"
    }
    "#);
    assert_eq!(admin.json("POST", "/access/v1/syncs", &json!({ "scope": { "rules": [] } })).await.status, 400);
    let taken = admin.json("POST", "/access/v1/syncs", &json!({ "name": "a", "scope": { "all": {} } })).await;
    assert_eq!((taken.status, taken.header("location")), (202, "/access/v1/syncs/a"));
    assert_eq!(admin.get("/access/v1/syncs/b").await.status, 404);
}
