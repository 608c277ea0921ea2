//! Sorted lists: by every kind of attribute, both ways, whole and in pages. RFC 7644 §3.4.2.3.

use super::custom::{DEVICES, definitions, device};
use super::paging::{USERS, ids, walked};
use crate::support::endpoint::{Endpoint, assert_error};
use serde_json::{Value, json};
use std::cmp::Ordering;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The ids in the order of their keys; what has no key comes last, or first when it goes down; what is equal stays in
/// the order of ids.
fn ordered<K: Ord>(keyed: &[(Option<K>, &str)], descending: bool) -> Vec<String> {
    let mut all: Vec<&(Option<K>, &str)> = keyed.iter().collect();
    all.sort_by(|(left, left_id), (right, right_id)| {
        let up = match (left, right) {
            (Some(left), Some(right)) => left.cmp(right),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        };
        let way = if descending { up.reverse() } else { up };
        way.then(left_id.cmp(right_id))
    });
    all.into_iter().map(|(_, id)| (*id).to_owned()).collect()
}

async fn listed(endpoint: &Endpoint, path: &str, query: &[(&str, &str)]) -> Vec<String> {
    let reply = endpoint.ask(path, query).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let list = reply.json();
    let resources = list["Resources"].as_array().unwrap();
    resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
}

/// Both ways, whole, by index in threes and by cursor in threes: always the order of the keys.
async fn check<K: Ord>(endpoint: &Endpoint, path: &str, sort_by: &str, keyed: &[(Option<K>, &str)]) {
    for (order, descending) in [("", false), ("ascending", false), ("DESCENDING", true)] {
        let sorted = [("sortBy", sort_by), ("sortOrder", order)];
        let expected = ordered(keyed, descending);
        assert_eq!(listed(endpoint, path, &sorted).await, expected, "{sort_by} {order}");
        let mut by_index = Vec::new();
        while by_index.len() < keyed.len() {
            let from = (by_index.len() + 1).to_string();
            let page = [sorted.as_slice(), [("startIndex", from.as_str()), ("count", "3")].as_slice()].concat();
            let page = listed(endpoint, path, &page).await;
            assert!(!page.is_empty(), "{sort_by} {order}: nothing at {from}");
            by_index.extend(page);
        }
        assert_eq!(by_index, expected, "{sort_by} {order} by index");
        let by_cursor = [sorted.as_slice(), [("count", "3")].as_slice()].concat();
        assert_eq!(ids(&walked(endpoint, path, &by_cursor).await), expected, "{sort_by} {order} by cursor");
    }
}

/// Attributes of which some are missing, some equal, and some in another case.
fn person(n: usize) -> Value {
    let mixed = (n * 7) % 20;
    let user_name = if n.is_multiple_of(2) { format!("Name-{mixed:02}") } else { format!("nAME-{mixed:02}") };
    let active = !n.is_multiple_of(3);
    let mut body = json!({ "schemas": [USER], "userName": user_name, "active": active });
    if !n.is_multiple_of(5) {
        body["name"] = json!({ "familyName": family(n) });
    }
    let first = json!({ "type": "home", "value": format!("z-{mixed:02}@example.com") });
    match n % 4 {
        0 => {}
        3 => body["emails"] = json!([first, { "type": "other", "value": "a@example.com" }]),
        _ => {
            let primary = format!("M-{n:02}@example.com");
            body["emails"] = json!([first, { "type": "work", "primary": true, "value": primary }]);
        }
    }
    if n % 3 != 1 {
        body["schemas"] = json!([USER, ENTERPRISE]);
        body[ENTERPRISE] = json!({ "department": format!("D{}", (n * 11) % 7) });
    }
    body
}

fn family(n: usize) -> String {
    if n.is_multiple_of(2) { format!("fam{}", (n * 3) % 4) } else { format!("FAM{}", (n * 3) % 4) }
}

/// What counts of the addresses: the primary one, else the first.
fn address(n: usize) -> Option<String> {
    match n % 4 {
        0 => None,
        3 => Some(format!("z-{:02}@example.com", (n * 7) % 20)),
        _ => Some(format!("m-{n:02}@example.com")),
    }
}

#[tokio::test]
async fn b024_users_are_sorted_by_attributes_of_every_kind_and_pages_are_parts_of_the_whole() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    endpoint.change_profile(&json!({ "requiredAttributes": [] })).await;
    let mut made = Vec::new();
    for n in 0..20 {
        let reply = endpoint.public.post(USERS, &person(n)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        made.push(reply.json());
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all: Vec<(usize, String)> = made.iter().map(|user| text(&user["id"])).enumerate().collect();
    let keyed = |key: &dyn Fn(usize) -> Option<String>| -> Vec<(Option<String>, &str)> {
        all.iter().map(|(n, id)| (key(*n), id.as_str())).collect()
    };
    let user_names = keyed(&|n| Some(format!("name-{:02}", (n * 7) % 20)));
    check(&endpoint, USERS, "userName", &user_names).await;
    check(&endpoint, USERS, "USERNAME", &user_names).await;
    let families = keyed(&|n| (!n.is_multiple_of(5)).then(|| family(n).to_lowercase()));
    check(&endpoint, USERS, "name.familyName", &families).await;
    check(&endpoint, USERS, "emails", &keyed(&address)).await;
    check(&endpoint, USERS, "emails.value", &keyed(&address)).await;
    check(&endpoint, USERS, "meta.created", &keyed(&|n| Some(text(&made[n]["meta"]["created"])))).await;
    check(&endpoint, USERS, "active", &keyed(&|n| Some(u8::from(!n.is_multiple_of(3)).to_string()))).await;
    let departments = keyed(&|n| (n % 3 != 1).then(|| format!("d{}", (n * 11) % 7)));
    check(&endpoint, USERS, &format!("{ENTERPRISE}:department"), &departments).await;
    let filtered = [("filter", "active eq true"), ("sortBy", "userName")];
    let active = user_names.iter().zip(&all).filter(|(_, (n, _))| !n.is_multiple_of(3));
    let active: Vec<(Option<String>, &str)> = active.map(|(keyed, _)| keyed.clone()).collect();
    assert_eq!(listed(&endpoint, USERS, &filtered).await, ordered(&active, false), "what is filtered is sorted too");
}

#[tokio::test]
async fn b024_groups_and_resources_of_defined_types_are_sorted_too() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let slots = [Some(12), None, Some(-3), Some(9), Some(9), None, Some(1_000_000_007), Some(0)];
    // In tenths: whole numbers and fractions stand side by side.
    let weights = [Some(10), Some(15), None, Some(20), Some(19), Some(-5), Some(100), None];
    let mut made = Vec::new();
    for (n, (slots, weight)) in slots.iter().zip(&weights).enumerate() {
        let mut body = device(&format!("S-{n}"));
        if let Some(slots) = slots {
            body["slots"] = json!(slots);
        }
        match weight {
            None => {}
            Some(tenths) if tenths % 10 == 0 => body["weight"] = json!(tenths / 10),
            Some(tenths) => body["weight"] = json!(f64::from(*tenths) / 10.0),
        }
        made.push(endpoint.public.created(DEVICES, &body).await);
    }
    let by_slots: Vec<(Option<i32>, &str)> = slots.into_iter().zip(made.iter().map(String::as_str)).collect();
    check(&endpoint, DEVICES, "slots", &by_slots).await;
    let by_weight: Vec<(Option<i32>, &str)> = weights.into_iter().zip(made.iter().map(String::as_str)).collect();
    check(&endpoint, DEVICES, "weight", &by_weight).await;

    let mut groups = Vec::new();
    for name in ["delta", "Alpha", "CHARLIE", "bravo"] {
        groups.push((Some(name.to_lowercase()), endpoint.group(name, &[]).await));
    }
    let by_name: Vec<(Option<String>, &str)> = groups.iter().map(|(name, id)| (name.clone(), id.as_str())).collect();
    check(&endpoint, "/scim/v2/Groups", "displayName", &by_name).await;
}

#[tokio::test]
async fn b024_what_cannot_be_sorted_by_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for (query, keyword) in [
        (vec![("sortBy", "name")], "invalidPath"),
        (vec![("sortBy", "user name")], "invalidPath"),
        (vec![("sortBy", ENTERPRISE)], "invalidPath"),
        (vec![("sortBy", "userName"), ("sortOrder", "up")], "invalidValue"),
    ] {
        assert_error(&endpoint.ask(USERS, &query).await, 400, keyword);
    }
}
