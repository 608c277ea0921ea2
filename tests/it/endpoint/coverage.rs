//! Every route × every kind of caller, as one table; an open door shows at once. People do not sign in here: their
//! paths are open to everybody, and there is nothing behind them. `routes` holds that none is missing.

use crate::support::endpoint::{Endpoint, token};
use crate::support::reply::Caller;
use insta::assert_snapshot;
use scim_operator::config::Scope;
use serde_json::json;

/// Method and path of every route of the bearer listeners, and of paths that are not served.
pub(super) const ROUTES: &[&str] = &[
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /",
    "GET /scim/v2",
    "GET /scim/v2/ServiceProviderConfig",
    "GET /scim/v2/Schemas",
    "GET /scim/v2/Schemas/urn:none",
    "GET /scim/v2/ResourceTypes",
    "GET /scim/v2/ResourceTypes/None",
    "GET /scim/v2/Users",
    "POST /scim/v2/Users",
    "GET /scim/v2/Users/0",
    "PUT /scim/v2/Users/0",
    "PATCH /scim/v2/Users/0",
    "DELETE /scim/v2/Users/0",
    "GET /scim/v2/Groups",
    "POST /scim/v2/Groups",
    "GET /scim/v2/Groups/0",
    "PUT /scim/v2/Groups/0",
    "PATCH /scim/v2/Groups/0",
    "DELETE /scim/v2/Groups/0",
    "POST /scim/v2/Bulk",
    "GET /scim/v2/Me",
    "POST /scim/v2/.search",
    "POST /scim/v2/Users/.search",
    "POST /scim/v2/Groups/.search",
    "GET /scim/v2/Groups/0/members",
    "GET /scim/v2/Things",
    "GET /scim/v2/Things/0",
    "GET /access/v1/users",
    "GET /access/v1/users/nobody",
    "GET /access/v1/syncs",
    "POST /access/v1/syncs",
    "GET /access/v1/syncs/none",
    "GET /access/v1/users/nobody/explain",
    "GET /access/v1/changes",
    "POST /access/v1/plan",
    "GET /access/v1/syncs/none/changes",
    "GET /access/v1/audit",
    "GET /access/v1/failed-events",
    "POST /access/v1/failed-events/0/retry",
    "POST /access/v1/manual-grants",
    "DELETE /access/v1/manual-grants/0",
    "GET /admin/v1/config",
    "PUT /admin/v1/config",
    "GET /admin/v1/state",
    "PUT /admin/v1/syncs/0",
    "GET /admin/v1/syncs/0",
    "DELETE /admin/v1/syncs/0",
    "GET /sso/login",
    "GET /sso/callback",
    "POST /sso/logout",
    "GET /console",
    "GET /console/users",
    "GET /console/signed-out",
    "GET /console/style.css",
];

async fn table(listener: &Caller, routes: &[&str]) -> String {
    let scopes = [Scope::Scim, Scope::Access, Scope::Admin];
    let mut callers = vec![listener.without_token(), listener.with_token("scim_wrong_wrong")];
    callers.extend(scopes.map(|scope| listener.with_token(&token(scope))));
    let mut out = "                                     none wrong Scim Access Admin\n".to_owned();
    for route in routes {
        let (method, path) = route.split_once(' ').unwrap();
        let mut statuses = Vec::new();
        for caller in &callers {
            statuses.push(caller.json(method, path, &json!({})).await.status.to_string());
        }
        out.push_str(&format!("{route:<36} {}\n", statuses.join("  ")));
    }
    out
}

#[tokio::test]
async fn b114_b122_the_public_listener() {
    let endpoint = Endpoint::start(Vec::new()).await;
    assert_snapshot!(table(&endpoint.public, ROUTES).await, @r"
                                         none wrong Scim Access Admin
    GET /healthz                         200  200  200  200  200
    GET /readyz                          200  200  200  200  200
    GET /metrics                         401  401  404  403  403
    GET /                                401  401  404  403  403
    GET /scim/v2                         401  401  200  403  403
    GET /scim/v2/ServiceProviderConfig   401  401  200  403  403
    GET /scim/v2/Schemas                 401  401  200  403  403
    GET /scim/v2/Schemas/urn:none        401  401  404  403  403
    GET /scim/v2/ResourceTypes           401  401  200  403  403
    GET /scim/v2/ResourceTypes/None      401  401  404  403  403
    GET /scim/v2/Users                   401  401  200  403  403
    POST /scim/v2/Users                  401  401  400  403  403
    GET /scim/v2/Users/0                 401  401  404  403  403
    PUT /scim/v2/Users/0                 401  401  400  403  403
    PATCH /scim/v2/Users/0               401  401  400  403  403
    DELETE /scim/v2/Users/0              401  401  404  403  403
    GET /scim/v2/Groups                  401  401  200  403  403
    POST /scim/v2/Groups                 401  401  400  403  403
    GET /scim/v2/Groups/0                401  401  404  403  403
    PUT /scim/v2/Groups/0                401  401  400  403  403
    PATCH /scim/v2/Groups/0              401  401  400  403  403
    DELETE /scim/v2/Groups/0             401  401  404  403  403
    POST /scim/v2/Bulk                   401  401  400  403  403
    GET /scim/v2/Me                      401  401  501  403  403
    POST /scim/v2/.search                401  401  400  403  403
    POST /scim/v2/Users/.search          401  401  400  403  403
    POST /scim/v2/Groups/.search         401  401  400  403  403
    GET /scim/v2/Groups/0/members        401  401  404  403  403
    GET /scim/v2/Things                  401  401  404  403  403
    GET /scim/v2/Things/0                401  401  404  403  403
    GET /access/v1/users                 401  401  403  404  404
    GET /access/v1/users/nobody          401  401  403  404  404
    GET /access/v1/syncs                 401  401  403  404  404
    POST /access/v1/syncs                401  401  403  403  404
    GET /access/v1/syncs/none            401  401  403  404  404
    GET /access/v1/users/nobody/explain  401  401  403  404  404
    GET /access/v1/changes               401  401  403  404  404
    POST /access/v1/plan                 401  401  403  404  404
    GET /access/v1/syncs/none/changes    401  401  403  404  404
    GET /access/v1/audit                 401  401  403  403  404
    GET /access/v1/failed-events         401  401  403  403  404
    POST /access/v1/failed-events/0/retry 401  401  403  403  404
    POST /access/v1/manual-grants        401  401  403  403  404
    DELETE /access/v1/manual-grants/0    401  401  403  403  404
    GET /admin/v1/config                 401  401  403  403  403
    PUT /admin/v1/config                 401  401  403  403  403
    GET /admin/v1/state                  401  401  403  403  403
    PUT /admin/v1/syncs/0                401  401  403  403  403
    GET /admin/v1/syncs/0                401  401  403  403  403
    DELETE /admin/v1/syncs/0             401  401  403  403  403
    GET /sso/login                       404  404  404  404  404
    GET /sso/callback                    404  404  404  404  404
    POST /sso/logout                     404  404  404  404  404
    GET /console                         404  404  404  404  404
    GET /console/users                   404  404  404  404  404
    GET /console/signed-out              404  404  404  404  404
    GET /console/style.css               200  200  200  200  200
    ");
}

#[tokio::test]
async fn b114_b122_the_access_listener() {
    let endpoint = Endpoint::start(Vec::new()).await;
    assert_snapshot!(table(&endpoint.access, ROUTES).await, @r"
                                         none wrong Scim Access Admin
    GET /healthz                         200  200  200  200  200
    GET /readyz                          200  200  200  200  200
    GET /metrics                         401  401  403  404  404
    GET /                                401  401  403  404  404
    GET /scim/v2                         401  401  404  403  403
    GET /scim/v2/ServiceProviderConfig   401  401  404  403  403
    GET /scim/v2/Schemas                 401  401  404  403  403
    GET /scim/v2/Schemas/urn:none        401  401  404  403  403
    GET /scim/v2/ResourceTypes           401  401  404  403  403
    GET /scim/v2/ResourceTypes/None      401  401  404  403  403
    GET /scim/v2/Users                   401  401  404  403  403
    POST /scim/v2/Users                  401  401  404  403  403
    GET /scim/v2/Users/0                 401  401  404  403  403
    PUT /scim/v2/Users/0                 401  401  404  403  403
    PATCH /scim/v2/Users/0               401  401  404  403  403
    DELETE /scim/v2/Users/0              401  401  404  403  403
    GET /scim/v2/Groups                  401  401  404  403  403
    POST /scim/v2/Groups                 401  401  404  403  403
    GET /scim/v2/Groups/0                401  401  404  403  403
    PUT /scim/v2/Groups/0                401  401  404  403  403
    PATCH /scim/v2/Groups/0              401  401  404  403  403
    DELETE /scim/v2/Groups/0             401  401  404  403  403
    POST /scim/v2/Bulk                   401  401  404  403  403
    GET /scim/v2/Me                      401  401  404  403  403
    POST /scim/v2/.search                401  401  404  403  403
    POST /scim/v2/Users/.search          401  401  404  403  403
    POST /scim/v2/Groups/.search         401  401  404  403  403
    GET /scim/v2/Groups/0/members        401  401  404  403  403
    GET /scim/v2/Things                  401  401  404  403  403
    GET /scim/v2/Things/0                401  401  404  403  403
    GET /access/v1/users                 401  401  403  200  200
    GET /access/v1/users/nobody          401  401  403  404  404
    GET /access/v1/syncs                 401  401  403  200  200
    POST /access/v1/syncs                401  401  403  403  400
    GET /access/v1/syncs/none            401  401  403  404  404
    GET /access/v1/users/nobody/explain  401  401  403  200  200
    GET /access/v1/changes               401  401  403  200  200
    POST /access/v1/plan                 401  401  403  200  200
    GET /access/v1/syncs/none/changes    401  401  403  404  404
    GET /access/v1/audit                 401  401  403  403  200
    GET /access/v1/failed-events         401  401  403  403  200
    POST /access/v1/failed-events/0/retry 401  401  403  403  404
    POST /access/v1/manual-grants        401  401  403  403  400
    DELETE /access/v1/manual-grants/0    401  401  403  403  404
    GET /admin/v1/config                 401  401  403  403  403
    PUT /admin/v1/config                 401  401  403  403  403
    GET /admin/v1/state                  401  401  403  403  403
    PUT /admin/v1/syncs/0                401  401  403  403  403
    GET /admin/v1/syncs/0                401  401  403  403  403
    DELETE /admin/v1/syncs/0             401  401  403  403  403
    GET /sso/login                       401  401  403  404  404
    GET /sso/callback                    401  401  403  404  404
    POST /sso/logout                     401  401  403  403  404
    GET /console                         401  401  403  404  404
    GET /console/users                   401  401  403  404  404
    GET /console/signed-out              401  401  403  404  404
    GET /console/style.css               401  401  403  404  404
    ");
}

#[tokio::test]
async fn the_metrics_listener_has_metrics_and_probes_only() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let nobody = endpoint.metrics.clone();
    for route in ROUTES {
        let (method, path) = route.split_once(' ').unwrap();
        let status = nobody.json(method, path, &json!({})).await.status;
        let expected = if matches!(path, "/healthz" | "/readyz" | "/metrics") { 200 } else { 404 };
        assert_eq!(status, expected, "{route}");
    }
}
