//! Text of every script and of none: what is kept comes back byte for byte, and is found again.

use super::{GROUP, GROUPS, USERS, assert_bad, assert_well, made, posted};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::finish;
use serde_json::{Value, json};

/// Emoji of several characters, text from right to left, marks that turn it, letters beside their marks, wide and old
/// scripts, characters beyond the first plane, blanks that are none.
const NAMES: [&str; 12] = [
    "👩🏽‍🚀 Ana 🇩🇪",
    "محمد@example.com",
    "שלום עולם",
    "\u{202e}moc.elpmaxe@ana\u{202c}",
    "e\u{301}ve@example.com",
    "\u{e9}ve@example.com",
    "山田太郎@例え.jp",
    "𝒜𝓃𝒶@𐍈.example",
    "İıſßΣς",
    "a\u{a0}b\u{200b}c\u{feff}d\u{2028}e",
    "o'hara; DROP TABLE users; --",
    "a\\b\"c/d%41&e=f+g?#h",
];

async fn found(endpoint: &Endpoint, path: &str, attribute: &str, value: &str) -> Value {
    let filter = format!("{attribute} eq {}", Value::from(value));
    let reply = finish(endpoint.public.request("GET", path).query(&[("filter", filter.as_str())])).await;
    assert_eq!(reply.status, 200, "{filter}: {}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_name_in_any_script_comes_back_as_it_was_sent() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for name in NAMES {
        let user = made(&posted(&endpoint.public, USERS, user_body(name).to_string()).await);
        assert_eq!(user["userName"], name);
        let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
        let read = endpoint.public.get(&path).await;
        assert_eq!(read.json(), user);
        assert!(read.text.contains(&Value::from(name).to_string()), "{name}: not one escape more than needed");
        let list = found(&endpoint, USERS, "userName", name).await;
        assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &user["id"]), "{name}");
        let set = json!([{ "op": "replace", "path": "name.givenName", "value": name }, {
            "op": "replace", "value": { "displayName": name } }]);
        let changed = endpoint.public.patch(&path, &set).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let changed = changed.json();
        assert_eq!((&changed["name"]["givenName"], &changed["displayName"]), (&json!(name), &json!(name)));
        assert_eq!(found(&endpoint, USERS, "displayName", name).await["totalResults"], 1, "{name}");
    }
    assert_eq!(endpoint.public.get(USERS).await.json()["totalResults"], NAMES.len());
}

#[tokio::test]
async fn a_group_in_any_script_comes_back_as_it_was_sent() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for name in NAMES {
        let id = endpoint.group(name, &[]).await;
        let path = format!("{GROUPS}/{id}");
        assert_eq!(endpoint.public.get(&path).await.json()["displayName"], name);
        let list = found(&endpoint, GROUPS, "displayName", name).await;
        assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &json!(id)), "{name}");
    }
}

#[tokio::test]
async fn a_nul_in_what_resources_are_found_by_is_refused_by_name() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for (path, attribute) in [
        (USERS, "userName"),
        (USERS, "displayName"),
        (USERS, "externalId"),
        (GROUPS, "displayName"),
        (GROUPS, "externalId"),
    ] {
        let mut body = match path {
            USERS => user_body("ana@example.com"),
            _ => json!({ "schemas": [GROUP], "displayName": "Designers" }),
        };
        body[attribute] = json!("a\0b");
        let answer = posted(&endpoint.public, path, body.to_string()).await;
        let words = [&*format!("`{attribute}`"), "a character with the code 0", "map another attribute"];
        assert_bad(&answer, 400, Some("invalidValue"), &words);
        body[attribute] = json!("x".repeat(1025));
        let answer = posted(&endpoint.public, path, body.to_string()).await;
        let words = [&*format!("`{attribute}` has 1025 bytes"), "at most 1024", "map another attribute"];
        assert_bad(&answer, 400, Some("invalidValue"), &words);
    }
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn control_characters_elsewhere_are_kept_as_they_are() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let every: String = (0_u8..0x20).chain(0x7f..0x80).map(char::from).collect();
    let every = every + "\u{80}\u{85}\u{9f}";
    let mut body = user_body("ana@example.com");
    body["title"] = json!(every);
    let user = made(&posted(&endpoint.public, USERS, body.to_string()).await);
    let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
    assert_eq!((&user["title"], &endpoint.public.get(&path).await.json()), (&json!(every), &user));
    let list = found(&endpoint, USERS, "title", &every).await;
    assert_eq!((&list["totalResults"], &list["Resources"][0]["title"]), (&json!(1), &json!(every)));
    // What is found by an index may have them too, but for the NUL.
    let name = every.replace('\0', "");
    let rename = json!([{ "op": "replace", "path": "userName", "value": name }]);
    let reply = endpoint.public.patch(&path, &rename).await;
    assert_eq!((reply.status, &reply.json()["userName"]), (200, &json!(name)), "{}", reply.text);
    assert_eq!(found(&endpoint, USERS, "userName", &name).await["Resources"][0]["id"], user["id"]);
}
