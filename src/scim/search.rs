//! A query in a body: `POST …/.search`. RFC 7644 §3.4.3.

use super::resource::check_depth;
use super::{Attributes, Error};
use serde_json::Value;

/// The URN of the message.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What the parameters of a query are called, in a query string and in a body.
const NAMES: [&str; 8] =
    ["attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"];

/// Reads a SearchRequest as the parameters of a query string: names in lower case, lists joined by commas.
///
/// # Errors
/// 400 `invalidSyntax` when it is none, 400 `invalidValue` that names a parameter of the wrong kind.
pub fn read_search(body: Value) -> Result<Vec<(String, String)>, Error> {
    check_depth(&body)?;
    let Value::Object(body) = body else {
        return Err(Error::invalid_syntax("the body must be a JSON object: a SearchRequest message"));
    };
    check_urn(&body, SEARCH_URN)?;
    let mut parameters = Vec::new();
    for name in NAMES {
        let Some((_, value)) = body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) else { continue };
        let text = match (name, value) {
            (_, Value::Null) => continue,
            ("attributes" | "excludedAttributes", Value::Array(names)) => {
                let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
                names.ok_or_else(|| mismatch(name, "a list of strings"))?.join(",")
            }
            ("startIndex" | "count", Value::Number(number)) => number.to_string(),
            ("startIndex" | "count", _) => return Err(mismatch(name, "a whole number without quotes")),
            (_, Value::String(text)) => text.clone(),
            (_, _) => return Err(mismatch(name, "a string")),
        };
        parameters.push((name.to_ascii_lowercase(), text));
    }
    Ok(parameters)
}

/// 400 `invalidSyntax` unless `schemas` lists the URN of the message.
pub(super) fn check_urn(body: &Attributes, urn: &str) -> Result<(), Error> {
    let schemas = body.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
    let listed = schemas.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = listed.iter().any(|listed| listed.as_str().is_some_and(|listed| listed.eq_ignore_ascii_case(urn)));
    if named { Ok(()) } else { Err(Error::invalid_syntax(format!("`schemas` must list \"{urn}\""))) }
}

fn mismatch(name: &str, expected: &str) -> Error {
    Error::invalid_value(format!("`{name}`: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn b024_a_search_is_a_query_in_a_body() {
        let body = json!({
            "schemas": [SEARCH_URN], "attributes": ["displayName", "userName"], "filter": "userName sw \"a\"",
            "startIndex": 1, "count": 10, "sortBy": null
        });
        let parameters = read_search(body).unwrap();
        let text = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        assert_eq!(text, "attributes=displayName,userName&filter=userName sw \"a\"&startindex=1&count=10");
    }

    #[test]
    fn b096_a_search_that_is_none_is_refused_with_the_name_of_what_is_wrong() {
        let refused = |body: Value| read_search(body).unwrap_err().detail;
        assert!(refused(json!([])).contains("SearchRequest"));
        assert!(refused(json!({"filter": "a"})).contains(SEARCH_URN));
        assert!(refused(json!({"schemas": [SEARCH_URN], "count": "10"})).contains("`count`"));
        assert!(refused(json!({"schemas": [SEARCH_URN], "attributes": [1]})).contains("`attributes`"));
    }
}
