//! What every SCIM handler needs of its request, checked in the order that api.md gives: media type, then whether the
//! directory is open, then the query, then the body.

use super::{Failure, cursor, precondition};
use crate::config::BodyBytes;
use crate::directory::{Actor, Begin, Directory, IfMatch, InForce, ListQuery, Message};
use crate::endpoint::answer::Fault;
use crate::endpoint::body::{self, JsonBody};
use crate::endpoint::gate::Caller;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use crate::scim::discovery::{RESULTS_DEFAULT, RESULTS_MAX};
use crate::scim::{Error, Evidence, Filter, Projection, Reading, ResourceKind, Schema, ScimType, Sent, Sort};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use std::sync::Arc;

/// A bulk message may be as large as so many bodies about one user.
const BODIES_IN_BULK: usize = 4;

/// A SCIM request that may be carried out. What was tolerated of it is counted when it ends, however it ends.
pub(super) struct Call {
    /// Who asks.
    pub(super) actor: Actor,
    /// How the request is read.
    pub(super) how: Reading,
    /// The query string.
    pub(super) query: Query,
    /// Which version a write is meant for.
    pub(super) if_match: IfMatch,
    /// `If-None-Match`, as it was sent.
    pub(super) if_none_match: Option<String>,
    in_force: Arc<InForce>,
    shared: Arc<Shared>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.how.noticed().for_each(|quirk| self.shared.metrics.tolerated(quirk.as_str()));
    }
}

impl FromRequestParts<Arc<Shared>> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) && !is_json(&parts.headers) {
            let detail = "Send the body as application/scim+json (or application/json) and say so in Content-Type.";
            return Err(Error::plain(415, detail).into());
        }
        let in_force = shared.directory.in_force();
        let Some(document) = &in_force.document else { return Err(crate::directory::Error::NotConfigured.into()) };
        if document.profile.paused {
            return Err(Failure::unavailable("Provisioning is paused in this directory; try again later."));
        }
        let query = Query::parse(parts.uri.query())?;
        let how = Reading::new(document.profile.dialect);
        shown(&query, &parts.headers, &how);
        let Some(Caller(actor)) = parts.extensions.remove() else {
            return Err(Failure::internal(Fault("a route is not behind the gate".to_owned())));
        };
        let if_match = precondition::if_match(&parts.headers);
        let if_none_match = precondition::if_none_match(&parts.headers);
        Ok(Self { actor, how, query, if_match, if_none_match, in_force, shared: Arc::clone(shared) })
    }
}

/// Notes who the request says it is from. Entra ID adds the flag of its tenant URL to every call.
fn shown(query: &Query, headers: &HeaderMap, how: &Reading) {
    if query.has_prefix("aadoptscim") || query.has_prefix("azureadscim") {
        how.shows(Evidence::Entra);
    }
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if agent.starts_with("Okta SCIM Client") {
        how.shows(Evidence::Okta);
    }
}

impl Call {
    /// The directory asked.
    pub(super) fn directory(&self) -> &Directory {
        &self.shared.directory
    }

    /// The configuration the request began under.
    pub(super) fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// What the directory needs to know of a write.
    pub(super) fn message(&self) -> Message {
        Message { by: self.actor.clone(), how: self.how.clone(), if_match: self.if_match.clone() }
    }

    /// The public base URL, ending in `/scim/v2`.
    pub(super) fn base_url(&self) -> &str {
        self.in_force.document.as_ref().map_or("", |document| &document.profile.base_url)
    }

    /// What users are here.
    pub(super) fn users(&self) -> ResourceKind {
        self.in_force.types.user()
    }

    /// What groups are here; 501 where there are none (B110).
    pub(super) fn groups(&self) -> Result<ResourceKind, Failure> {
        let serves = self.in_force.document.as_ref().is_none_or(|document| document.profile.serve_groups);
        if serves {
            return Ok(self.in_force.types.group());
        }
        Err(Error::not_implemented("Groups are not served by this directory; provision users only.").into())
    }

    /// Every type that is served.
    pub(super) fn kinds(&self) -> Vec<ResourceKind> {
        self.in_force.types.all().filter(|kind| !kind.is_group() || self.groups().is_ok()).collect()
    }

    /// Every schema that is defined here, also one that no type uses; that of groups only where they are served.
    pub(super) fn schemas(&self) -> Vec<&'static Schema> {
        let of_groups = ResourceKind::GROUP.core();
        self.in_force.types.schemas().filter(|schema| *schema != of_groups || self.groups().is_ok()).collect()
    }

    /// `attributes` and `excludedAttributes`.
    pub(super) fn projection(&self, kind: ResourceKind) -> Result<Projection, Failure> {
        let (only, without) = (self.query.get("attributes"), self.query.get("excludedattributes"));
        Ok(Projection::parse(only, without, kind, &self.how)?)
    }

    /// Whether the client says which attributes it wants back.
    pub(super) fn has_projection(&self) -> bool {
        self.query.get("attributes").is_some() || self.query.get("excludedattributes").is_some()
    }

    /// `filter`, `sortBy`, `sortOrder`, `startIndex` or `cursor`, and `count` (RFC 7644 §3.4.2, RFC 9865 §2): what is
    /// below its least value is raised to it.
    pub(super) fn list_query(&self, kind: ResourceKind) -> Result<ListQuery, Failure> {
        let query = &self.query;
        let filter = query.get("filter").map(|text| Filter::parse(text, kind, &self.how)).transpose()?;
        let sort = Sort::parse(query.get("sortby"), query.get("sortorder"), kind, &self.how)?;
        let by_cursor = query.has("cursor");
        let at_least = |value: i64, least: u64| u64::try_from(value).unwrap_or(0).max(least);
        let count = query.integer("count").map_err(|detail| match by_cursor {
            true => Error::of(ScimType::InvalidCount, detail),
            false => Error::invalid_value(detail),
        })?;
        let begin = match (by_cursor, query.get("cursor")) {
            (true, None) => Begin::Beginning,
            (true, Some(cursor)) => Begin::Cursor(cursor::open(self.directory(), &self.list_of(kind), cursor)?),
            (false, _) => {
                let index = query.integer("startindex").map_err(Error::invalid_value)?;
                Begin::Index(at_least(index.unwrap_or(1), 1))
            }
        };
        let count = count.map_or(RESULTS_DEFAULT, |count| at_least(count, 0).min(RESULTS_MAX));
        Ok(ListQuery { filter, sort, begin, count })
    }

    /// What a cursor is given out for: it works for no other list.
    pub(super) fn list_of(&self, kind: ResourceKind) -> String {
        let part = |name| self.query.get(name).unwrap_or_default();
        format!("{}\0{}\0{}\0{}", kind.endpoint(), part("filter"), part("sortby"), part("sortorder"))
    }

    /// The same call with other parameters: those of a search in a body.
    pub(super) fn asking(&mut self, query: Query) {
        self.query = query;
    }

    /// Bytes of a bulk message.
    pub(super) fn bulk_bytes_max(&self) -> usize {
        bulk_bytes_max(&self.shared)
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

/// A body about one user, or about a resource of a defined type.
pub(super) struct UserBody(pub(super) JsonBody);

impl FromRequest<Arc<Shared>> for UserBody {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Failure> {
        read(request, shared, user_bytes_max(shared)).await.map(Self)
    }
}

/// A body about one group, which may be large.
pub(super) struct GroupBody(pub(super) JsonBody<Sent>);

impl FromRequest<Arc<Shared>> for GroupBody {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Failure> {
        let said = body_bytes(shared).and_then(|bytes| usize::try_from(bytes.groups).ok());
        let bytes_max = said.unwrap_or(shared.limits.group_body_bytes_max);
        let (parts, body) = request.into_parts();
        Ok(Self(body::read_group(shared, &parts.headers, body, bytes_max).await?))
    }
}

/// A bulk message.
pub(super) struct BulkBody(pub(super) JsonBody);

impl FromRequest<Arc<Shared>> for BulkBody {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Failure> {
        read(request, shared, bulk_bytes_max(shared)).await.map(Self)
    }
}

/// What the directory says about sizes.
fn body_bytes(shared: &Shared) -> Option<BodyBytes> {
    shared.directory.in_force().document.as_ref().and_then(|document| document.profile.max_body_bytes)
}

fn user_bytes_max(shared: &Shared) -> usize {
    let said = body_bytes(shared).and_then(|bytes| usize::try_from(bytes.users).ok());
    said.unwrap_or(shared.limits.user_body_bytes_max)
}

/// Several bodies about users fit into one message.
fn bulk_bytes_max(shared: &Shared) -> usize {
    user_bytes_max(shared).saturating_mul(BODIES_IN_BULK)
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
