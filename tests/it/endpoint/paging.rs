//! Lists by cursor: walked page by page while others come and go. RFC 9865. Lists by index are in `list`.

use crate::support::endpoint::{Endpoint, assert_error, user_body};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const USERS: &str = "/scim/v2/Users";

/// More pages than any list of these tests has.
const PAGES_MAX: usize = 100;

/// One page of a list by cursor.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) ids: Vec<String>,
    pub(super) resources: Vec<Value>,
    pub(super) total: Value,
    pub(super) next: Option<String>,
    pub(super) previous: Option<String>,
}

/// The page at a cursor; an empty one is the beginning.
pub(super) async fn leaf(endpoint: &Endpoint, path: &str, query: &[(&str, &str)], cursor: &str) -> Leaf {
    let mut all = query.to_vec();
    all.push(("cursor", cursor));
    let reply = endpoint.ask(path, &all).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let list = reply.json();
    let resources = list["Resources"].as_array().unwrap().clone();
    assert_eq!((list.get("startIndex"), &list["itemsPerPage"]), (None, &json!(resources.len())));
    // Members of a group have no `id`: their `value` is the id of a user.
    let id = |resource: &Value| resource.get("id").unwrap_or(&resource["value"]).as_str().unwrap().to_owned();
    let cursor = |name: &str| list.get(name).map(|cursor| cursor.as_str().unwrap().to_owned());
    Leaf {
        ids: resources.iter().map(id).collect(),
        total: list["totalResults"].clone(),
        next: cursor("nextCursor"),
        previous: cursor("previousCursor"),
        resources,
    }
}

/// All pages of a list, from the first to the last.
pub(super) async fn walked(endpoint: &Endpoint, path: &str, query: &[(&str, &str)]) -> Vec<Leaf> {
    let mut pages = vec![leaf(endpoint, path, query, "").await];
    while let Some(cursor) = pages.last().and_then(|page| page.next.clone()) {
        assert!(pages.len() < PAGES_MAX, "the list does not end");
        pages.push(leaf(endpoint, path, query, &cursor).await);
    }
    pages
}

/// The ids of pages, one behind the other.
pub(super) fn ids(pages: &[Leaf]) -> Vec<String> {
    pages.iter().flat_map(|page| page.ids.clone()).collect()
}

/// Goes on from a page as long as there is a cursor to follow. Between pages somebody goes, from beside the place in
/// the list if anybody who may go is there, and two come: one whom the filters of these tests let through, and one whom
/// they do not.
async fn churned(
    endpoint: &Endpoint,
    query: &[(&str, &str)],
    first: Leaf,
    follow: fn(&Leaf) -> Option<&String>,
    leavers: &mut Vec<String>,
    round: &str,
) -> Vec<Leaf> {
    let mut pages = vec![first];
    while let Some(cursor) = pages.last().and_then(follow).cloned() {
        let turn = pages.len();
        assert!(turn < PAGES_MAX, "the list does not end");
        let here = &pages[turn - 1].ids;
        let beside = leavers.iter().position(|id| here.contains(id)).unwrap_or(0);
        if !leavers.is_empty() {
            let gone = leavers.remove(beside);
            assert_eq!(endpoint.public.delete(&format!("{USERS}/{gone}")).await.status, 204);
        }
        endpoint.user(&format!("crowd-{:04}-{round}{turn}@example.com", (turn * 7) % 25)).await;
        endpoint.user(&format!("other-{round}{turn}@example.com")).await;
        pages.push(leaf(endpoint, USERS, query, &cursor).await);
    }
    pages
}

/// Every page is full but the last, the total is what it was at the beginning, nobody is there twice, and everybody who
/// was there throughout is there.
fn check(pages: &[Leaf], stayers: &[&String], order: &[(&str, &str)]) {
    let all = ids(pages);
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{order:?}: nobody twice");
    for id in stayers {
        assert!(distinct.contains(*id), "{order:?}: {id} is missing");
    }
    for (index, page) in pages.iter().enumerate() {
        assert_eq!(page.total, 25, "{order:?}: page {index}");
        let full = index + 1 < pages.len();
        assert!(page.ids.len() == 4 || !full && page.ids.len() < 4, "{order:?}: page {index}: {}", page.ids.len());
    }
}

#[tokio::test]
async fn b024_a_walk_by_cursor_misses_nobody_and_meets_nobody_twice_while_others_come_and_go() {
    let filter = ("filter", "userName sw \"crowd-\"");
    let (ascending, descending) = (("sortBy", "userName"), ("sortOrder", "descending"));
    for order in [vec![], vec![filter], vec![ascending], vec![filter, ascending, descending]] {
        let endpoint = Endpoint::start(Vec::new()).await;
        let crowd = endpoint.people("crowd", 25).await;
        let of = |rest: usize| crowd.iter().skip(rest).step_by(4).cloned().collect::<Vec<String>>();
        let (mut first_to_go, mut last_to_go) = (of(1), of(3));
        let stays = |gone: &[&[String]]| {
            crowd.iter().filter(|id| !gone.iter().any(|gone| gone.contains(id))).collect::<Vec<&String>>()
        };
        let (thereafter, to_the_end) = (stays(&[&first_to_go]), stays(&[&first_to_go, &last_to_go]));

        let query = [order.as_slice(), [("count", "4")].as_slice()].concat();
        let first = leaf(&endpoint, USERS, &query, "").await;
        assert_eq!(first.previous, None, "{order:?}: nothing is before the first");
        let pages = churned(&endpoint, &query, first, |page| page.next.as_ref(), &mut first_to_go, "a").await;
        assert!(pages.len() >= 5 && pages.last().unwrap().next.is_none(), "{order:?}");
        check(&pages, &thereafter, &order);
        if order.iter().all(|(name, _)| *name != "sortBy") {
            assert!(ids(&pages).is_sorted(), "{order:?}: in the order of ids");
        }

        // Back again from the last page: now the last page of the way is the first of the list.
        let last = pages.into_iter().next_back().unwrap();
        let mut back = churned(&endpoint, &query, last, |page| page.previous.as_ref(), &mut last_to_go, "b").await;
        assert!(back.last().unwrap().previous.is_none(), "{order:?}");
        // On the way back it is the outermost pages that may not be full: where it began and where it ends.
        let begun = back.remove(0);
        let met: BTreeSet<&String> = begun.ids.iter().collect();
        let left: Vec<&String> = to_the_end.into_iter().filter(|id| !met.contains(id)).collect();
        check(&back, &left, &order);
        assert!(back.iter().all(|page| page.ids.iter().all(|id| !met.contains(id))), "{order:?}: nobody twice");
    }
}

#[tokio::test]
async fn b024_a_way_forward_and_back_has_the_same_pages() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.people("crowd", 12).await;
    for order in [vec![], vec![("sortBy", "userName"), ("sortOrder", "descending")]] {
        let query = [order.as_slice(), [("count", "4")].as_slice()].concat();
        let pages = walked(&endpoint, USERS, &query).await;
        assert_eq!(pages.iter().map(|page| page.ids.len()).collect::<Vec<_>>(), [4, 4, 4], "no empty page at the end");
        for pair in pages.windows(2) {
            let back = leaf(&endpoint, USERS, &query, pair[1].previous.as_ref().unwrap()).await;
            assert_eq!(back.ids, pair[0].ids, "{order:?}");
            let again = leaf(&endpoint, USERS, &query, back.next.as_ref().unwrap()).await;
            assert_eq!(again.ids, pair[1].ids, "{order:?}");
        }
        assert_eq!((pages[0].previous.as_ref(), pages[2].next.as_ref()), (None, None), "{order:?}");
    }
}

#[tokio::test]
async fn b024_a_cursor_is_good_for_the_list_it_is_of_and_for_no_other() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.people("crowd", 8).await;
    endpoint.group("Designers", &[]).await;
    let query = [("filter", "userName sw \"crowd\""), ("sortBy", "userName"), ("count", "3")];
    let cursor = leaf(&endpoint, USERS, &query, "").await.next.unwrap();
    let more = leaf(&endpoint, USERS, &[query[0], query[1], ("count", "2")], &cursor).await;
    assert_eq!(more.ids.len(), 2, "another count is no other list");
    let fewer = leaf(&endpoint, USERS, &[query[0], query[1], query[2], ("attributes", "userName")], &cursor).await;
    assert_eq!(fewer.ids.len(), 3, "nor are other attributes");

    let other_filter = ("filter", "userName sw \"crow\"");
    for others in [
        vec![other_filter, query[1]],
        vec![query[0], ("sortBy", "name.familyName")],
        vec![query[0], query[1], ("sortOrder", "descending")],
        vec![query[0]],
        vec![query[1]],
    ] {
        let asked = [others.as_slice(), [("cursor", cursor.as_str())].as_slice()].concat();
        assert_error(&endpoint.ask(USERS, &asked).await, 400, "invalidCursor");
    }
    let of_groups = [query[0], query[1], ("cursor", cursor.as_str())];
    assert_error(&endpoint.ask("/scim/v2/Groups", &of_groups).await, 400, "invalidCursor");
    let middle = cursor.len() / 2;
    let letter = if cursor.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let tampered = format!("{}{letter}{}", &cursor[..middle], &cursor[middle + 1..]);
    for made_up in [tampered.as_str(), &cursor[..middle], "AAAA", "0", "not a cursor"] {
        assert_error(&endpoint.ask(USERS, &[query[0], query[1], ("cursor", made_up)]).await, 400, "invalidCursor");
    }
    let elsewhere = Endpoint::start(Vec::new()).await;
    elsewhere.people("crowd", 8).await;
    let asked = [query[0], query[1], ("cursor", cursor.as_str())];
    assert_error(&elsewhere.ask(USERS, &asked).await, 400, "invalidCursor");
    assert_eq!(endpoint.ask(USERS, &asked).await.status, 200, "here it is good");
}

#[tokio::test]
async fn b024_a_count_that_is_no_number_is_refused_by_the_name_of_the_way_of_paging() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.people("crowd", 3).await;
    let cursor = leaf(&endpoint, USERS, &[("count", "1")], "").await.next.unwrap();
    for cursor in ["", cursor.as_str()] {
        assert_error(&endpoint.ask(USERS, &[("count", "abc"), ("cursor", cursor)]).await, 400, "invalidCount");
    }
    assert_error(&endpoint.ask(USERS, &[("count", "abc")]).await, 400, "invalidValue");
}

#[tokio::test]
async fn b024_a_cursor_works_after_a_restart() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut crowd = endpoint.people("crowd", 6).await;
    crowd.sort();
    let plain = leaf(&endpoint, USERS, &[("count", "2")], "").await.next.unwrap();
    let sorted = [("count", "2"), ("sortBy", "userName")];
    let by_name = leaf(&endpoint, USERS, &sorted, "").await.next.unwrap();
    let second = leaf(&endpoint, USERS, &sorted, &by_name).await.ids;
    let endpoint = endpoint.restart().await;
    endpoint.ready().await;
    assert_eq!(leaf(&endpoint, USERS, &[("count", "2")], &plain).await.ids, crowd[2..4]);
    assert_eq!(leaf(&endpoint, USERS, &sorted, &by_name).await.ids, second);
    let endpoint = endpoint.kill_and_restart().await;
    endpoint.ready().await;
    assert_eq!(leaf(&endpoint, USERS, &[("count", "2")], &plain).await.ids, crowd[2..4]);
}

#[tokio::test]
async fn b024_b025_what_the_provider_config_says_of_paging_holds() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let said = endpoint.public.get("/scim/v2/ServiceProviderConfig").await.json()["pagination"].clone();
    assert_eq!((&said["cursor"], &said["index"]), (&json!(true), &json!(true)));
    assert!(said["cursorTimeout"].as_u64().is_some_and(|seconds| seconds >= 60), "{said}");
    let by_default = usize::try_from(said["defaultPageSize"].as_u64().unwrap()).unwrap();
    endpoint.people("crowd", by_default + 1).await;
    let plain = endpoint.public.get(USERS).await.json();
    assert_eq!(said["defaultPaginationMethod"], "index");
    assert_eq!((&plain["startIndex"], plain.get("nextCursor")), (&json!(1), None));
    assert_eq!((&plain["itemsPerPage"], &plain["totalResults"]), (&json!(by_default), &json!(by_default + 1)));
    let pages = walked(&endpoint, USERS, &[]).await;
    assert_eq!(pages.iter().map(|page| page.ids.len()).collect::<Vec<_>>(), [by_default, 1]);
    assert_eq!(pages[0].resources, *plain["Resources"].as_array().unwrap());
    let behind = (by_default + 1).to_string();
    let by_index = endpoint.ask(USERS, &[("startIndex", behind.as_str())]).await.json();
    assert_eq!(by_index["Resources"], json!(pages[1].resources));
}

#[tokio::test]
async fn b024_an_empty_list_by_cursor_is_one_page_without_cursors() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for query in [vec![], vec![("sortBy", "userName")], vec![("filter", "userName eq \"nobody\"")]] {
        let page = leaf(&endpoint, USERS, &query, "").await;
        assert_eq!((page.ids.len(), &page.total, &page.next, &page.previous), (0, &json!(0), &None, &None));
    }
    let made = endpoint.public.post(USERS, &user_body("ana@example.com")).await.json();
    let page = leaf(&endpoint, USERS, &[("filter", "userName eq \"ana@example.com\"")], "").await;
    assert_eq!((page.resources, page.next, page.previous), (vec![made], None, None));
}
