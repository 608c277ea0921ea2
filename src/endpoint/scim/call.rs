//! What every SCIM handler needs of its request, checked in the order that api.md gives: media type, then whether the
//! directory is open, then the query, then the body.

use super::Failure;
use crate::directory::{Actor, Directory, ListQuery};
use crate::endpoint::answer::Fault;
use crate::endpoint::body::{self, JsonBody};
use crate::endpoint::gate::Caller;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use crate::scim::discovery::RESULTS_MAX;
use crate::scim::{Error, Filter, Projection, ResourceKind};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use std::sync::Arc;

/// How many resources a list has when the client does not say.
const COUNT_DEFAULT: i64 = 100;

/// A SCIM request that may be carried out.
pub(super) struct Call {
    /// Who asks.
    pub(super) actor: Actor,
    /// The query string.
    pub(super) query: Query,
    shared: Arc<Shared>,
}

impl FromRequestParts<Arc<Shared>> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) && !is_json(&parts.headers) {
            let detail = "Send the body as application/scim+json (or application/json) and say so in Content-Type.";
            return Err(Error::plain(415, detail).into());
        }
        match &shared.directory.in_force().document {
            None => return Err(crate::directory::Error::NotConfigured.into()),
            Some(document) if document.profile.paused => {
                return Err(Failure::unavailable("Provisioning is paused in this directory; try again later."));
            }
            Some(_) => {}
        }
        let query = Query::parse(parts.uri.query())?;
        let Some(Caller(actor)) = parts.extensions.remove() else {
            return Err(Failure::internal(Fault("a route is not behind the gate".to_owned())));
        };
        Ok(Self { actor, query, shared: Arc::clone(shared) })
    }
}

impl Call {
    /// The directory asked.
    pub(super) fn directory(&self) -> &Directory {
        &self.shared.directory
    }

    /// The public base URL, ending in `/scim/v2`.
    pub(super) fn base_url(&self) -> String {
        let in_force = self.shared.directory.in_force();
        in_force.document.as_ref().map(|document| document.profile.base_url.clone()).unwrap_or_default()
    }

    /// `attributes` and `excludedAttributes`.
    pub(super) fn projection(&self, kind: ResourceKind) -> Result<Projection, Failure> {
        Ok(Projection::parse(self.query.get("attributes"), self.query.get("excludedattributes"), kind)?)
    }

    /// Whether the client says which attributes it wants back.
    pub(super) fn has_projection(&self) -> bool {
        self.query.get("attributes").is_some() || self.query.get("excludedattributes").is_some()
    }

    /// `filter`, `startIndex` and `count` (RFC 7644 §3.4.2.4): what is below its least value is raised to it.
    pub(super) fn list_query(&self, kind: ResourceKind) -> Result<ListQuery, Failure> {
        let filter = self.query.get("filter").map(|text| Filter::parse(text, kind)).transpose()?;
        let integer = |name| self.query.integer(name).map_err(Error::invalid_value);
        let at_least = |value: i64, least: u64| u64::try_from(value).unwrap_or(0).max(least);
        Ok(ListQuery {
            filter,
            start_index: at_least(integer("startindex")?.unwrap_or(1), 1),
            count: at_least(integer("count")?.unwrap_or(COUNT_DEFAULT), 0).min(RESULTS_MAX),
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/scim+json") || essence.eq_ignore_ascii_case("application/json")
}

/// The id in a path; one that is not UTF-8 is the id of nothing.
pub(super) struct Id(pub(super) String);

impl FromRequestParts<Arc<Shared>> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        match Path::<String>::from_request_parts(parts, shared).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Error::plain(404, "The id in the path is not percent-encoded UTF-8.").into()),
        }
    }
}

/// A body about one user.
pub(super) struct UserBody(pub(super) JsonBody);

impl FromRequest<Arc<Shared>> for UserBody {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Failure> {
        read(request, shared, shared.limits.user_body_bytes_max).await.map(Self)
    }
}

/// A body about one group, which may be large.
pub(super) struct GroupBody(pub(super) JsonBody);

impl FromRequest<Arc<Shared>> for GroupBody {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Failure> {
        read(request, shared, shared.limits.group_body_bytes_max).await.map(Self)
    }
}

async fn read(request: Request, shared: &Shared, bytes_max: usize) -> Result<JsonBody, Failure> {
    let (parts, body) = request.into_parts();
    Ok(body::read_json(shared, &parts.headers, body, bytes_max).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_essence() {
        let is_json = |sent: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, sent.parse().unwrap());
            is_json(&headers)
        };
        for ok in [
            "application/scim+json",
            "application/json",
            "Application/SCIM+JSON; charset=utf-8",
            "application/json;v=1",
        ] {
            assert!(is_json(ok), "{ok}");
        }
        for err in ["text/json", "application/jsonp", "application/x-www-form-urlencoded", "", "application/xml"] {
            assert!(!is_json(err), "{err}");
        }
        assert!(!super::is_json(&HeaderMap::new()));
    }
}
