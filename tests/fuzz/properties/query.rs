//! A query string is read the same however its values are encoded, and a projection only ever takes away.

use super::{KINDS, filter, readings, refused};
use crate::fixture;
use crate::query::Query;
use crate::scim::{Projection, Reading, ResourceKind, Sort};

/// Every parameter of the protocol, in lower case.
const NAMES: [&str; 7] = ["filter", "attributes", "excludedattributes", "sortby", "sortorder", "startindex", "count"];

/// Reads the input as a query string.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let query = match Query::parse(Some(text)) {
        Ok(query) => query,
        Err(error) => return assert!(error.to_string().len() < 500),
    };
    for name in NAMES {
        let Some(value) = query.get(name) else { continue };
        assert!(query.has(name) && query.has_prefix(name));
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let again = Query::parse(Some(&format!("?&{}={encoded}&", name.to_uppercase()))).expect("well-formed");
        assert_eq!(again.get(name), Some(value));
        assert_eq!(again.integer(name), query.integer(name));
    }
    parameters(&query);
}

/// What the protocol reads from the parameters of a query string, or of a search.
pub(super) fn parameters(query: &Query) {
    for how in readings() {
        KINDS.into_iter().for_each(|kind| read(query, kind, &how));
    }
}

fn read(query: &Query, kind: ResourceKind, how: &Reading) {
    if let Some(text) = query.get("filter") {
        filter::read(text, kind, how);
    }
    match Projection::parse(query.get("attributes"), query.get("excludedattributes"), kind, how) {
        Ok(projection) => project(&projection, kind),
        Err(error) => refused(&error),
    }
    match Sort::parse(query.get("sortby"), query.get("sortorder"), kind, how) {
        Ok(Some(sort)) => {
            let key = sort.key(fixture::rendered(kind));
            assert!(sort.compare(&key, &key).is_eq(), "{key:?}");
        }
        Ok(None) => {}
        Err(error) => refused(&error),
    }
}

fn project(projection: &Projection, kind: ResourceKind) {
    let whole = fixture::rendered(kind);
    let mut part = whole.clone();
    projection.apply(&mut part);
    assert_eq!((part.get("id"), part.get("schemas")), (whole.get("id"), whole.get("schemas")));
    for (name, value) in &part {
        assert!(whole.contains_key(name), "`{name}` came from nowhere");
        assert!(value.to_string().len() <= whole[name].to_string().len(), "`{name}` grew");
        assert!(
            projection.wants(name) || name.starts_with("urn:") || matches!(name.as_str(), "id" | "schemas"),
            "{name}"
        );
    }
    let mut again = part.clone();
    projection.apply(&mut again);
    assert_eq!(again, part, "projected twice it is something else");
}
