//! Access by hand, for people whom no rule manages. B083, B084, readings 3 and 24.

use crate::support::endpoint::{Endpoint, rule, user_body};
use crate::support::reply::Reply;
use serde_json::{Value, json};

async fn granted(endpoint: &Endpoint, user_name: &str, role: &str) -> Reply {
    let asked = json!({ "userName": user_name, "tenant": "main", "role": role });
    endpoint.administrator().post("/access/v1/manual-grants", &asked).await
}

/// What a grant by hand looks like in a view.
fn by_hand(role: &str) -> Value {
    json!([{ "tenant": "main", "role": role, "applicationGroups": [], "rules": [], "source": "Manual" }])
}

#[tokio::test]
async fn b083_b099_rules_refuse_grants_by_hand_and_the_first_match_ends_earlier_ones() {
    let endpoint = Endpoint::start(vec![rule("p", "Participants", "Participant", &["main"], &[])]).await;
    let ana = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Participants", &[&ana]).await;
    let refused = granted(&endpoint, "ana@example.com", "Developer").await;
    assert_eq!((refused.status, refused.header("content-type")), (409, "application/problem+json"));
    assert_eq!(refused.json()["type"], "https://scim-operator.dev/problems/managed-by-rules");
    endpoint.leave(&group, &ana).await;
    let made = granted(&endpoint, "ANA@example.com", "Developer").await;
    assert_eq!((made.status, &made.json()["user"]), (201, &json!(ana)), "{}", made.text);
    let view = endpoint.view(&ana).await;
    assert_eq!((&view["tenants"], &view["managed"]), (&by_hand("Developer"), &json!(false)));
    endpoint.join(&group, &ana).await;
    assert_eq!(endpoint.access_of(&ana).await, "main: Participant [] from p");
    endpoint.leave(&group, &ana).await;
    assert_eq!(endpoint.view(&ana).await["storedGrants"], json!([]), "what was ended does not come back");
}

#[tokio::test]
async fn b084_a_role_from_before_scim_is_adopted_and_goes_with_the_first_rule_that_matches() {
    let endpoint = Endpoint::start(vec![rule("p", "Participants", "Participant", &["main"], &[])]).await;
    let made = granted(&endpoint, "Bea@example.com", "Developer").await.json();
    let id = made["user"].as_str().expect("an id").to_owned();
    let view = endpoint.view("bea@example.com").await;
    assert_eq!((&view["id"], &view["tenants"]), (&json!(id), &by_hand("Developer")));
    let listed = endpoint.access.get("/access/v1/users").await.json();
    assert_eq!(listed["users"][0]["id"], json!(id), "{listed}");
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.json()["totalResults"], 0, "no SCIM user");
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{id}")).await.status, 404);

    let adopted = endpoint.public.post("/scim/v2/Users", &user_body("bea@example.com")).await;
    assert_eq!((adopted.status, &adopted.json()["id"]), (201, &json!(id)), "{}", adopted.text);
    assert_eq!(endpoint.view(&id).await["tenants"], by_hand("Developer"), "the grants go along");
    let group = endpoint.group("Participants", &[&id]).await;
    assert_eq!(endpoint.access_of(&id).await, "main: Participant [] from p");
    endpoint.leave(&group, &id).await;
    assert_eq!(endpoint.access_of(&id).await, "", "none, and not what was held before");
}

#[tokio::test]
async fn a_grant_by_hand_can_be_replaced_and_ended() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let first = granted(&endpoint, "bea@example.com", "Developer").await.json();
    let second = granted(&endpoint, "bea@example.com", "Designer").await.json();
    assert_eq!(first["id"], second["id"], "one in a tenant");
    assert_eq!(endpoint.view("bea@example.com").await["tenants"], by_hand("Designer"));
    let path = format!("/access/v1/manual-grants/{}", second["id"].as_str().expect("an id"));
    let admin = endpoint.administrator();
    assert_eq!(endpoint.access.delete(&path).await.status, 403, "reading is not granting");
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(admin.delete(&path).await.status, 404);
    assert_eq!(endpoint.access.get("/access/v1/users/bea@example.com").await.status, 404, "nobody is left");
}
