//! List answers. RFC 7644 §3.4.2.

use serde_json::{Value, json};

/// The URN of the list message.
const URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A ListResponse with these resources of `total`, the first of them having the 1-based index `start_index`.
pub fn list_response(resources: Vec<Value>, total: u64, start_index: u64) -> Value {
    json!({
        "schemas": [URN],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_match_is_an_empty_list_and_numbers_are_numbers() {
        assert_eq!(
            list_response(Vec::new(), 0, 1),
            json!({"schemas": [URN], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
        );
        assert_eq!(list_response(vec![json!({"id": "1"})], 7, 3)["itemsPerPage"], 1);
    }
}
