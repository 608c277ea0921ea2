//! `/ServiceProviderConfig`, `/Schemas`, `/ResourceTypes`. RFC 7644 §4.
//!
//! A `filter` is answered with 403 on the two lists, and ignored on ServiceProviderConfig: that satisfies the RFC and
//! the suites that contradict each other about it (interop.md §6).

use super::call::{Call, Id};
use super::{Answer, Failure, respond};
use crate::scim::{Error, discovery, list_response};
use serde_json::Value;

/// `GET /ServiceProviderConfig`.
pub(super) async fn service_provider_config(call: Call) -> Answer {
    let (dialect, bytes) = (call.how.dialect(), call.bulk_bytes_max());
    Ok(respond::ok(&discovery::service_provider_config(dialect, bytes, call.base_url())))
}

/// `GET /Schemas`.
pub(super) async fn schemas(call: Call) -> Answer {
    all(&call, discovery::schemas(&call.schemas(), call.base_url()))
}

/// `GET /Schemas/{urn}`.
pub(super) async fn schema(call: Call, Id(urn): Id) -> Answer {
    one(discovery::schema(&call.schemas(), &urn, call.base_url()), "Schema", &urn)
}

/// `GET /ResourceTypes`.
pub(super) async fn resource_types(call: Call) -> Answer {
    all(&call, discovery::resource_types(&call.kinds(), call.base_url()))
}

/// `GET /ResourceTypes/{name}`.
pub(super) async fn resource_type(call: Call, Id(name): Id) -> Answer {
    one(discovery::resource_type(&call.kinds(), &name, call.base_url()), "ResourceType", &name)
}

fn all(call: &Call, resources: Vec<Value>) -> Answer {
    if call.query.has("filter") {
        return Err(Error::forbidden("This list is not filtered: ask without `filter`.").into());
    }
    let total = u64::try_from(resources.len()).unwrap_or(u64::MAX);
    Ok(respond::ok(&list_response(resources, total, 1)))
}

fn one(found: Option<Value>, kind: &str, name: &str) -> Answer {
    found.map(|value| respond::ok(&value)).ok_or_else(|| Failure::from(Error::not_found(kind, name)))
}
