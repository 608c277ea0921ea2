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

/// A ListResponse of a list that goes on by cursors (RFC 9865 §2).
pub fn cursor_response(resources: Vec<Value>, total: u64, next: Option<String>, previous: Option<String>) -> Value {
    let mut response = list_response(resources, total, 1);
    if let Some(response) = response.as_object_mut() {
        response.shift_remove("startIndex");
        let cursors = [("nextCursor", next), ("previousCursor", previous)];
        response.extend(cursors.into_iter().filter_map(|(name, cursor)| Some((name.to_owned(), Value::from(cursor?)))));
    }
    response
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
