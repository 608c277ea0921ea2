//! `/console/users`: User management, for holders of the top role in the home tenant (B070, B101, reading 1).
//!
//! It only shows. Who is no SCIM user has no attributes to search in, and is found by the whole userName.

use super::page::{Person, Users, html};
use super::place::Place;
use super::refusal::Refusal;
use crate::directory::AccessQuery;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use crate::scim::{Filter, Reading, ResourceKind};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// People on a page.
const COUNT: u64 = 50;

/// Characters that can be searched for.
const SEARCH_CHARS_MAX: usize = 256;

/// `GET /console/users`.
pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(raw): RawQuery, headers: HeaderMap) -> Response {
    let place = Place::of(&shared);
    let page = page(&shared, &place, &headers, raw.as_deref()).await;
    place.answer(page)
}

async fn page(shared: &Shared, place: &Place, headers: &HeaderMap, raw: Option<&str>) -> Result<Response, Refusal> {
    let session = place.session(shared, headers, "/console/users", raw).await?;
    if !session.manages_users {
        return Err(Refusal::NotManaging);
    }
    let Asked { search, cursor } = Asked::read(raw)?;
    let filter = filter(&search, shared.directory.in_force().types.user())?;
    let is_first = cursor.is_none();
    let query = AccessQuery { filter, cursor, count: COUNT, ..AccessQuery::default() };
    let found = shared.directory.access_page(&query).await?;
    let mut users = found.users;
    if is_first
        && !search.is_empty()
        && let Some(named) = shared.directory.access(&search).await?
        && users.iter().all(|user| user.id != named.id)
    {
        users.insert(0, named);
    }
    let page = Users {
        root: &place.root,
        tenant: &place.tenant,
        manages_users: true,
        on_users: true,
        search: &search,
        search_chars_max: SEARCH_CHARS_MAX,
        people: users.iter().map(Person::of).collect(),
        next: found.next.map(|cursor| next(&place.root, &search, &cursor)),
    };
    Ok(html(StatusCode::OK, &page))
}

/// What the query string asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// What names and addresses begin with; empty = everybody.
    search: String,
    cursor: Option<String>,
}

impl Asked {
    fn read(raw: Option<&str>) -> Result<Self, Refusal> {
        let query = Query::parse(raw).map_err(|error| Refusal::BadSearch(error.to_string()))?;
        let search = query.get("q").unwrap_or_default().trim().to_owned();
        if search.chars().count() > SEARCH_CHARS_MAX {
            return Err(Refusal::BadSearch(format!("Search for at most {SEARCH_CHARS_MAX} characters.")));
        }
        Ok(Self { search, cursor: query.owned("cursor") })
    }
}

/// Users whose userName or one of whose addresses begins so, in any case.
fn filter(search: &str, kind: ResourceKind) -> Result<Option<Filter>, Refusal> {
    if search.is_empty() {
        return Ok(None);
    }
    // A filter's strings are JSON's.
    let value = serde_json::Value::from(search);
    let text = format!("userName sw {value} or emails.value sw {value}");
    Filter::parse(&text, kind, &Reading::default()).map(Some).map_err(|error| Refusal::BadSearch(error.detail))
}

/// Where the next page is.
fn next(root: &str, search: &str, cursor: &str) -> String {
    let pairs = [("q", search), ("cursor", cursor)];
    let said = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    format!("{root}/console/users?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::Attributes;
    use serde_json::json;

    fn finds(search: &str, user_name: &str, email: &str) -> bool {
        let user = json!({ "userName": user_name, "emails": [{ "value": email }] });
        let user: Attributes = serde_json::from_value(user).unwrap();
        filter(search, ResourceKind::USER).unwrap().is_some_and(|filter| filter.matches(&user))
    }

    #[test]
    fn a_search_finds_what_a_name_or_an_address_begins_with_in_any_case() {
        assert!(finds("ada", "Ada.Marsh@example.com", "x@example.com"));
        assert!(finds("ADA", "x@example.com", "ada@example.com"));
        assert!(!finds("marsh", "ada.marsh@example.com", "ada@example.com"));
    }

    #[test]
    fn whatever_is_searched_for_is_a_value_and_never_a_part_of_the_filter() {
        for search in ["\" or userName pr or userName sw \"", "\\", "a\\\"", "\u{1}", "(", "ü\u{1F600}", "null"] {
            assert!(!finds(search, "ada", "ada@example.com"), "{search}");
            assert!(finds(search, &format!("{search}@example.com"), ""), "{search}");
        }
    }

    #[test]
    fn the_query_is_read_and_bounded() {
        let read = |raw: &str| Asked::read(Some(raw));
        let asked = read("q=+ada+&cursor=019").unwrap();
        assert_eq!((asked.search.as_str(), asked.cursor.as_deref()), ("ada", Some("019")));
        assert_eq!(Asked::read(None).unwrap(), Asked { search: String::new(), cursor: None });
        assert_eq!(read(&format!("q={}", "a".repeat(256))).unwrap().search.len(), 256);
        for raw in [format!("q={}", "a".repeat(257)), "q=%ff".to_owned()] {
            assert!(matches!(read(&raw), Err(Refusal::BadSearch(_))), "{raw}");
        }
        assert!(filter("", ResourceKind::USER).unwrap().is_none());
    }

    #[test]
    fn the_next_page_is_of_the_same_search() {
        assert_eq!(next("", "", "019ab"), "/console/users?cursor=019ab");
        let next = next("/people", "a&b=ü %", "019ab");
        assert_eq!(next, "/people/console/users?q=a%26b%3D%C3%BC+%25&cursor=019ab");
        let raw = next.split_once('?').map(|(_, raw)| raw);
        assert_eq!(Asked::read(raw).unwrap().search, "a&b=ü %");
    }
}
