//! Filters: RFC 7644 §3.4.2.2. Three people of this run are looked for in many ways; whatever else a server has is
//! kept out by names that only they have.

mod forms;
mod operators;

use super::verdict::{Outcome, Verdict, ensure, text};
use super::{Check, ENTERPRISE, Session, USER, check};
use serde_json::{Value, json};

pub(super) use operators::CHECKS;

/// The checks of the second file.
pub(super) fn more() -> impl Iterator<Item = &'static Check> {
    forms::CHECKS.iter()
}

/// Ada, Bea and Cid: different in one attribute of each kind.
#[derive(Debug, Clone)]
pub(super) struct People {
    /// What all their names begin with.
    pub(super) prefix: String,
    /// Their ids.
    pub(super) ids: [String; 3],
}

/// The three, made once in a run.
pub(super) async fn people(s: &mut Session) -> Result<People, Verdict> {
    if let Some(made) = &s.people {
        return made.clone();
    }
    let made = make(s).await;
    s.share();
    s.people = Some(made.clone());
    made
}

async fn make(s: &mut Session) -> Result<People, Verdict> {
    let prefix = s.name();
    let mut ids = Vec::new();
    for (first, last) in [("ada", "Marsh"), ("bea", "Dorn"), ("cid", "Feld")] {
        let address = |kind: &str| format!("{prefix}-{first}-{kind}@example.com");
        let work = json!({ "type": "work", "value": address("work"), "primary": true });
        let mut more = json!({
            "userName": format!("{prefix}-{first}@example.com"),
            "externalId": format!("{prefix}-{first}"),
            "nickName": format!("{prefix} {first}"),
            "displayName": format!("{prefix} {first} {last}"),
            "name": { "givenName": first, "familyName": last },
            "emails": [work],
            "active": first != "cid",
        });
        if first == "ada" {
            more["title"] = json!("Lead \"of\" all");
            more["emails"] = json!([work, { "type": "home", "value": address("home") }]);
        }
        if s.features.has(super::Feature::Enterprise) {
            more["schemas"] = json!([USER, ENTERPRISE]);
            more[ENTERPRISE] = json!({ "department": format!("{prefix}-{last}") });
        }
        ids.push(text(&s.user(more).await?, "/id")?.to_owned());
    }
    match <[String; 3]>::try_from(ids) {
        Ok(ids) => Ok(People { prefix, ids }),
        Err(_) => Err(super::verdict::undecided("three people could not be made")),
    }
}

/// The letters of those of the three whom a filter finds: `ac`. In the filter `~` stands for their prefix.
async fn found(s: &mut Session, filter: &str) -> Result<String, Verdict> {
    let people = people(s).await?;
    let users = s.users("");
    let filter = filter.replace('~', &people.prefix);
    let answer = s.query(&users, &[("filter", &filter), ("count", "100")]).await?;
    let (_, resources) = answer.list()?;
    let mut letters = String::new();
    for (letter, id) in ["a", "b", "c"].into_iter().zip(&people.ids) {
        if resources.iter().any(|resource| resource["id"].as_str() == Some(id)) {
            letters.push_str(letter);
        }
    }
    // Somebody else's resource among them is a filter that lets through what it should not.
    let others = resources.iter().filter(|one| !people.ids.iter().any(|id| one["id"].as_str() == Some(id))).count();
    if others > 0 {
        letters.push_str(&format!(" and {others} others"));
    }
    Ok(letters)
}

/// A filter finds exactly these of the three.
async fn finds(s: &mut Session, filter: &str, wanted: &str) -> Outcome {
    let found = found(s, filter).await?;
    let names = |letters: &str| {
        let text = letters.replace('a', "Ada ").replace('b', "Bea ").replace('c', "Cid ");
        if text.is_empty() { "nobody".to_owned() } else { text.trim().to_owned() }
    };
    let (expected, got) = match found.split_once(' ') {
        Some((letters, rest)) => (names(wanted), format!("{} {rest}", names(letters))),
        None => (names(wanted), names(&found)),
    };
    ensure(found == wanted, expected, got)
}

/// A filter is refused.
async fn refused(s: &mut Session, filter: &str) -> Outcome {
    let users = s.users("");
    s.query(&users, &[("filter", filter)]).await?.refused(400, "invalidFilter")
}

/// One of the three as it is on the server.
async fn read(s: &mut Session, nth: usize) -> Result<Value, Verdict> {
    let people = people(s).await?;
    let path = s.users(people.ids.get(nth).map(String::as_str).unwrap_or_default());
    s.read(&path).await
}
