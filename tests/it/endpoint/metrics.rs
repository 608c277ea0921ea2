//! What is counted, and where it can be read. B111.

use crate::support::endpoint::{Endpoint, user_body};

#[tokio::test]
async fn b111_requests_writes_and_refusals_are_counted_on_the_metrics_listener() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.user("ana@example.com").await;
    assert_eq!(endpoint.public.post("/scim/v2/Users", &user_body("ana@example.com")).await.status, 409);
    endpoint.public.get("/scim/v2/Users").await;
    endpoint.public.get("/scim/v2/Schemas").await;
    endpoint.public.without_token().get("/scim/v2/Users").await;
    endpoint.access.get("/access/v1/users/nobody").await;
    let reply = endpoint.metrics.get("/metrics").await;
    assert!(
        reply.header("content-type").starts_with("application/openmetrics-text"),
        "{}",
        reply.header("content-type")
    );
    for line in [
        r#"scim_operations_total{op="create",resource="user",result="done"} 1"#,
        r#"scim_operations_total{op="create",resource="user",result="refused"} 1"#,
        r#"scim_requests_total{op="list",resource="user",status="2xx"} 1"#,
        r#"scim_requests_total{op="list",resource="discovery",status="2xx"} 1"#,
        r#"scim_request_duration_seconds_count{op="create",resource="user"} 2"#,
        r#"scim_auth_failures_total{reason="missing"} 1"#,
        r#"access_requests_total{op="read",resource="access",status="4xx"} 1"#,
        "scim_config_revision 1",
        "scim_ready 1",
    ] {
        assert!(reply.text.lines().any(|found| found == line), "{line} is not in:\n{}", reply.text);
    }
}
