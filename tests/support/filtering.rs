//! A list by a filter holds what the evaluator finds in the list of all: whatever an index, a pass or a page does on
//! the way there. RFC 7644 §3.4.2.2.
//!
//! Filters come from a seed; `SEED=…` asks them again.

use super::dice::Dice;
use super::endpoint::Endpoint;
use super::reply::finish;
use scim_operator::scim::{Attributes, Filter, Reading, ResourceKind};
use serde_json::{Value, json};
use uuid::Uuid;

const PEOPLE: usize = 40;
const GROUPS: usize = 8;
const FILTERS: usize = 250;
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// In several cases, so that folding counts; beyond ASCII, so that it is the same everywhere.
const NAMES: [&str; 6] = ["Ada", "ada-b", "ÄDA", "Bram", "bram.c", "Chidi"];
const WORDS: [&str; 5] = ["Chief", "chief of staff", "Analyst", "ÜBER", "a"];

/// Makes people and groups, and asks an endpoint for them by very many filters.
pub async fn hold(endpoint: &Endpoint) {
    let seed = std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number"));
    let seed = seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
    // Seen only when something fails, by whatever panics first.
    eprintln!("again: SEED={seed}");
    let mut dice = Dice::new(seed);
    fill(endpoint, &mut dice).await;
    let (users, groups) = (all(endpoint, "Users").await, all(endpoint, "Groups").await);
    assert_eq!((users.len(), groups.len()), (PEOPLE, GROUPS));
    let mut found = 0;
    for _ in 0..FILTERS {
        let text = expression(&mut dice, 3, &|dice| user_term(dice, &users, &groups));
        found += compare(endpoint, "Users", ResourceKind::USER, &users, &text).await;
        let text = expression(&mut dice, 2, &|dice| group_term(dice, &users, &groups));
        found += compare(endpoint, "Groups", ResourceKind::GROUP, &groups, &text).await;
    }
    assert!(found > FILTERS, "filters that find next to nobody compare next to nothing: {found}");
}

/// How many both found; they must be the same, in the same order.
async fn compare(endpoint: &Endpoint, kind: &str, of: ResourceKind, all: &[Attributes], text: &str) -> usize {
    let filter = Filter::parse(text, of, &Reading::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let expected: Vec<&str> = all.iter().filter(|resource| filter.matches(resource)).map(id).collect();
    let request = endpoint.public.request("GET", &format!("/scim/v2/{kind}"));
    let reply = finish(request.query(&[("filter", text), ("count", "1000"), ("attributes", "id")])).await;
    assert_eq!(reply.status, 200, "{text}: {}", reply.text);
    let list = reply.json();
    let listed = list["Resources"].as_array().expect("Resources").iter();
    let listed: Vec<&str> = listed.map(|resource| resource["id"].as_str().expect("an id")).collect();
    assert_eq!(listed, expected, "{text}");
    assert_eq!(list["totalResults"], expected.len(), "{text}");
    expected.len()
}

async fn all(endpoint: &Endpoint, kind: &str) -> Vec<Attributes> {
    let list = endpoint.public.get(&format!("/scim/v2/{kind}?count=1000")).await.json();
    serde_json::from_value(list["Resources"].clone()).expect("resources")
}

async fn fill(endpoint: &Endpoint, dice: &mut Dice) {
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        let name = pick(dice, &NAMES);
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": format!("{name}{n}@Example.org"), "externalId": format!("x{}", n / 2),
            "active": dice.below(3) > 0, "name": { "givenName": name, "familyName": pick(dice, &WORDS) },
            "emails": [
                { "type": "work", "value": format!("{name}@Example.org"), "primary": true },
                { "type": "home", "value": format!("{}@home.example", pick(dice, &NAMES)) },
            ],
        });
        if dice.below(2) == 0 {
            body["title"] = json!(pick(dice, &WORDS));
            body[ENTERPRISE] = json!({ "department": pick(dice, &WORDS) });
        }
        people.push(endpoint.public.created("/scim/v2/Users", &body).await);
    }
    for n in 0..GROUPS {
        let members: Vec<Value> =
            people.iter().filter(|_| dice.below(3) == 0).map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": format!("{} {n}", pick(dice, &WORDS)),
            "externalId": format!("g{}", n / 2), "members": members,
        });
        endpoint.public.created("/scim/v2/Groups", &body).await;
    }
}

/// Terms joined, negated and enclosed.
fn expression(dice: &mut Dice, depth: usize, term: &dyn Fn(&mut Dice) -> String) -> String {
    let inner = |dice: &mut Dice| expression(dice, depth - 1, term);
    match dice.below(if depth == 0 { 1 } else { 6 }) {
        0 | 1 => term(dice),
        2 | 3 => format!("{} and {}", inner(dice), inner(dice)),
        4 => format!("({} or {})", inner(dice), inner(dice)),
        _ => format!("not ({})", inner(dice)),
    }
}

fn user_term(dice: &mut Dice, users: &[Attributes], groups: &[Attributes]) -> String {
    let user = &users[dice.below(users.len())];
    let text = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
    let (order, part) = (pick(dice, &["eq", "ne", "gt", "ge", "lt", "le"]), pick(dice, &["eq", "co", "sw", "ew"]));
    let (word, name) = (quoted(pick(dice, &WORDS)), quoted(&cased(dice, pick_name(user))));
    match dice.below(13) {
        0 => format!("id eq {}", quoted(&text("id"))),
        1 => format!("userName {part} {}", quoted(&cased(dice, text("userName")))),
        2 => format!("USERNAME {order} {name}"),
        3 => format!("externalId eq {}", quoted(&cased(dice, text("externalId")))),
        4 => format!("emails.value {part} {}", quoted(&cased(dice, format!("{}@Example.org", pick_name(user))))),
        5 => {
            format!("emails[type eq \"work\" and value {part} {}]", quoted(&format!("{}@example.org", pick_name(user))))
        }
        6 => format!("emails[type eq \"home\"].value co {name}"),
        7 => format!("active eq {}", dice.below(2) == 0),
        8 => format!("title {order} {word}"),
        9 => format!("{} pr", pick(dice, &["title", "nickName", "emails", "groups", "meta.created"])),
        10 => format!("{ENTERPRISE}:department {part} {word}"),
        11 => format!("groups.value eq {}", quoted(id(&groups[dice.below(groups.len())]))),
        _ => format!("meta.created {order} {}", quoted(user["meta"]["created"].as_str().unwrap_or_default())),
    }
}

fn group_term(dice: &mut Dice, users: &[Attributes], groups: &[Attributes]) -> String {
    let group = &groups[dice.below(groups.len())];
    let member = quoted(id(&users[dice.below(users.len())]));
    let name = group["displayName"].as_str().unwrap_or_default().to_owned();
    match dice.below(7) {
        0 => format!("id eq {}", quoted(id(group))),
        1 => format!("displayName {} {}", pick(dice, &["eq", "co", "gt", "ne"]), quoted(&cased(dice, name))),
        2 => format!("externalId eq {}", quoted(group["externalId"].as_str().unwrap_or_default())),
        3 => format!("members eq {member}"),
        4 => format!("members[value eq {member}]"),
        5 => format!("members.value ne {member}"),
        _ => "members pr".to_owned(),
    }
}

fn id(resource: &Attributes) -> &str {
    resource["id"].as_str().expect("an id")
}

fn pick_name(user: &Attributes) -> String {
    user["name"]["givenName"].as_str().unwrap_or_default().to_owned()
}

/// As it is, or in another case.
fn cased(dice: &mut Dice, text: String) -> String {
    match dice.below(3) {
        0 => text,
        1 => text.to_uppercase(),
        _ => text.to_lowercase(),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn pick<'a>(dice: &mut Dice, from: &[&'a str]) -> &'a str {
    from[dice.below(from.len())]
}
