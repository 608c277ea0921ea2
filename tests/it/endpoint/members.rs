//! Members of groups of any size: in the group, and page by page. RFC 7643 §4.2, RFC 9865.

use super::paging::{USERS, ids, leaf, walked};
use crate::support::endpoint::{BASE_URL, Endpoint, assert_error, user_body};
use crate::support::reply::Reply;
use serde_json::{Value, json};

/// More than two of the pages in which members are read.
const MANY: usize = 2_500;

fn view(group: &str) -> String {
    format!("/scim/v2/Groups/{group}/members")
}

#[track_caller]
fn members(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text.chars().take(500).collect::<String>());
    let group: Value = serde_json::from_str(&reply.text).expect("one JSON document");
    group["members"].as_array().expect("members").clone()
}

fn values(members: &[Value]) -> Vec<String> {
    members.iter().map(|member| member["value"].as_str().expect("an id").to_owned()).collect()
}

fn names_of(member: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = member.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The group in full, in part, and not at all.
async fn check_the_group(endpoint: &Endpoint, group: &str, everybody: &[String]) -> Vec<Value> {
    let path = format!("/scim/v2/Groups/{group}");
    let whole = endpoint.public.get(&path).await;
    let there = members(&whole);
    assert_eq!(values(&there), everybody, "each once, in the order of ids");
    assert_eq!((whole.header("transfer-encoding"), whole.header("content-length")), ("chunked", ""));
    assert_eq!(whole.header("content-type"), "application/scim+json");
    assert_eq!((&whole.json()["displayName"], whole.json().get("id")), (&json!("Many"), Some(&json!(group))));
    assert_eq!(whole.json()["meta"]["version"], whole.header("etag"));
    let first = json!({ "value": everybody[0], "$ref": format!("{BASE_URL}/Users/{}", everybody[0]), "type": "User" });
    assert_eq!(there[0], first, "no name for display unless it is asked for");

    let only = endpoint.public.get(&format!("{path}?attributes=members.value")).await;
    let ids_only: Vec<Value> = everybody.iter().map(|id| json!({ "value": id })).collect();
    assert_eq!(members(&only), ids_only);
    assert_eq!(only.json().as_object().unwrap().len(), 3, "schemas, id and members");
    let shown = members(&endpoint.public.get(&format!("{path}?attributes=members.display")).await);
    assert_eq!(shown.len(), MANY);
    assert!(shown.iter().all(|member| names_of(member) == ["display"] && member["display"].is_string()));
    let without = endpoint.public.get(&format!("{path}?excludedAttributes=members.$ref,members.type")).await;
    assert_eq!(members(&without), ids_only);
    let none = endpoint.public.get(&format!("{path}?excludedAttributes=members")).await;
    assert_eq!((none.status, none.json().get("members"), none.header("etag")), (200, None, whole.header("etag")));
    let unchanged = endpoint.with_header("GET", &path, ("if-none-match", whole.header("etag")), &Value::Null).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    there
}

#[tokio::test]
async fn b024_a_group_of_2500_is_answered_whole_and_page_by_page() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut everybody = endpoint.people("member", MANY).await;
    everybody.sort();
    let sent: Vec<&str> = everybody.iter().map(String::as_str).collect();
    let group = endpoint.group("Many", &sent).await;
    let there = check_the_group(&endpoint, &group, &everybody).await;

    for (count, pages) in [("1000", vec![1000, 1000, 500]), ("5000", vec![1000, 1000, 500]), ("625", vec![625; 4])] {
        let walked = walked(&endpoint, &view(&group), &[("count", count)]).await;
        assert_eq!(walked.iter().map(|page| page.ids.len()).collect::<Vec<_>>(), pages, "{count}");
        assert!(walked.iter().all(|page| page.total == MANY), "{count}");
        assert_eq!(walked.into_iter().flat_map(|page| page.resources).collect::<Vec<_>>(), there, "{count}");
    }
    let plain = endpoint.public.get(&view(&group)).await.json();
    assert_eq!((plain["Resources"].as_array().unwrap().len(), &plain["totalResults"]), (100, &json!(MANY)));

    // The longest page of users, too: it is what the provider config says.
    let said = endpoint.public.get("/scim/v2/ServiceProviderConfig").await.json();
    let most = &said["pagination"]["maxPageSize"];
    let page = endpoint.ask(USERS, &[("count", "100000"), ("attributes", "id")]).await.json();
    assert_eq!((&page["itemsPerPage"], &page["totalResults"]), (most, &json!(MANY)));
    assert_eq!(&leaf(&endpoint, USERS, &[("count", "100000"), ("attributes", "id")], "").await.ids.len(), most);
    assert_eq!(&said["filter"]["maxResults"], most);
}

#[tokio::test]
async fn b024_a_name_for_display_is_answered_when_it_is_asked_for() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut named = user_body("ana@example.com");
    named["displayName"] = json!("Ana Ito");
    let ana = endpoint.public.created(USERS, &named).await;
    let ben = endpoint.user("ben@example.com").await;
    let group = endpoint.group("Designers", &[&ana, &ben]).await;
    let path = format!("/scim/v2/Groups/{group}");
    for (at, name) in [(path.as_str(), "members"), (view(&group).as_str(), "Resources")] {
        let of = async |query: &str| endpoint.public.get(&format!("{at}{query}")).await.json()[name].clone();
        let parts = "?attributes=members.value,members.type";
        for query in ["", "?attributes=members", "?excludedAttributes=displayName", parts] {
            let there = of(query).await;
            let there = there.as_array().unwrap();
            assert_eq!(values(there), [ana.as_str(), ben.as_str()], "{at}{query}");
            assert!(there.iter().all(|member| member.get("display").is_none()), "{at}{query}: {there:?}");
        }
        let names = json!([{ "display": "Ana Ito" }, { "display": "ben@example.com" }]);
        assert_eq!(of("?attributes=members.display").await, names, "{at}");
        let both = of("?attributes=members.value,members.display").await;
        assert_eq!(both[1], json!({ "value": ben, "display": "ben@example.com" }), "{at}");
    }
    let listed = endpoint.ask("/scim/v2/Groups", &[("attributes", "members.display")]).await.json();
    assert_eq!(listed["Resources"][0]["members"][0], json!({ "display": "Ana Ito" }));
}

#[tokio::test]
async fn b024_a_walk_through_members_meets_everybody_once_while_others_join_and_leave() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut people = endpoint.people("member", 14).await;
    people.sort();
    let outside = people.split_off(11);
    let sent: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = endpoint.group("Designers", &sent).await;
    let mut pages = vec![leaf(&endpoint, &view(&group), &[("count", "3")], "").await];
    for turn in 0..3 {
        // The last one of the page before goes: the place in the list stays.
        endpoint.leave(&group, pages[turn].ids.last().unwrap()).await;
        endpoint.join(&group, &outside[turn]).await;
        let cursor = pages[turn].next.clone().unwrap();
        pages.push(leaf(&endpoint, &view(&group), &[("count", "3")], &cursor).await);
    }
    assert_eq!(ids(&pages), [&people[..], &outside[..1]].concat(), "and the first of those who joined at the end");
    assert!(pages.iter().all(|page| page.total == 11), "as many as there were at the beginning");
    assert_eq!(endpoint.public.get(&view(&group)).await.json()["totalResults"], 11, "three left, three joined");
}

#[tokio::test]
async fn b024_the_view_of_members_refuses_what_is_not_its_own() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let people = endpoint.people("member", 3).await;
    let sent: Vec<&str> = people.iter().map(String::as_str).collect();
    let (one, other) = (endpoint.group("One", &sent).await, endpoint.group("Other", &sent).await);
    let cursor = leaf(&endpoint, &view(&one), &[("count", "1")], "").await.next.unwrap();
    let of_users = leaf(&endpoint, USERS, &[("count", "1")], "").await.next.unwrap();
    for (group, cursor) in [(&other, cursor.as_str()), (&one, of_users.as_str()), (&one, "made up")] {
        assert_error(&endpoint.ask(&view(group), &[("cursor", cursor)]).await, 400, "invalidCursor");
    }
    assert_error(&endpoint.ask(&view(&one), &[("count", "abc")]).await, 400, "invalidCount");
    for nobody in ["01890000-0000-7000-8000-000000000000", "0"] {
        assert_error(&endpoint.public.get(&view(nobody)).await, 404, "");
    }
    assert_eq!(endpoint.ask(&view(&one), &[("cursor", cursor.as_str())]).await.status, 200);
    let empty = endpoint.group("Nobody", &[]).await;
    let page = leaf(&endpoint, &view(&empty), &[], "").await;
    assert_eq!((page.ids.len(), page.total, page.next), (0, json!(0), None));
    let mut endpoint = endpoint;
    endpoint.change_profile(&json!({ "serveGroups": false })).await;
    assert_error(&endpoint.public.get(&view(&one)).await, 501, "");
}
