//! List answers. RFC 7644 §3.4.2.

use serde_json::{Value, json};

/// A ListResponse with these resources of `total`, the first of them having the 1-based index `start_index`.
pub fn list_response(resources: Vec<Value>, total: u64, start_index: u64) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
