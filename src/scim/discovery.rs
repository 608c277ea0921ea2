//! Discovery: ServiceProviderConfig, Schemas, ResourceTypes. RFC 7643 §5–§7, RFC 7644 §4.

use serde_json::{Value, json};

/// How many resources a list answer holds at most.
pub const RESULTS_MAX: u64 = 1000;

/// `/ServiceProviderConfig`.
pub fn service_provider_config(_base_url: &str) -> Value {
    json!({"filter": {"supported": true, "maxResults": RESULTS_MAX}})
}

/// `/Schemas`: the resources of the list.
pub fn schemas(_base_url: &str) -> Vec<Value> {
    Vec::new()
}

/// `/Schemas/{urn}`.
pub fn schema(_urn: &str, _base_url: &str) -> Option<Value> {
    None
}

/// `/ResourceTypes`: the resources of the list.
pub fn resource_types(_base_url: &str) -> Vec<Value> {
    Vec::new()
}

/// `/ResourceTypes/{name}`.
pub fn resource_type(_name: &str, _base_url: &str) -> Option<Value> {
    None
}
