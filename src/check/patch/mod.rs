//! PATCH: RFC 7644 §3.5.2. Here what holds for every operation; the three verbs have a file each.

mod add;
mod remove;
mod replace;

use super::made::Kind;
use super::verdict::{Outcome, Verdict, absent, ensure, equal, list, text, undecided, values_are};
use super::{Check, ENTERPRISE, NOBODY, PATCH_OP, Session, USER, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

const AT: &str = "RFC 7644 §3.5.2";

pub(super) const CHECKS: &[Check] = &[
    check!("patch-answer", AT, "PATCH answers 200 with what GET answers, or 204 without a body", [Patch], answers),
    check!("patch-404", AT, "PATCH of an unknown id is 404", [Patch], unknown),
    check!("patch-several", AT, "operations are carried out in their order", [Patch], several),
    check!("patch-atomic", AT, "when one operation is refused, none is carried out", [Patch], atomic),
    check!("patch-modified", AT, "a change moves meta.lastModified", [Patch], modified),
    check!("patch-no-op", "RFC 7644 §3.5.2.1", "adding what is there leaves lastModified alone", [Patch], no_op),
    check!("patch-primary", AT, "a new primary entry takes primary from the other", [Patch], primary),
    check!("patch-bad-op", AT, "an unknown op is 400", [Patch], bad_op),
    check!("patch-bad-path", AT, "a path that cannot be read is 400 invalidPath", [Patch], bad_path),
    check!("patch-bad-filter", AT, "a broken filter in a path is 400", [Patch], bad_filter),
    check!("patch-bad-value", AT, "a value of another type is 400 invalidValue", [Patch], bad_value),
    check!("patch-read-only", AT, "a change of a readOnly attribute is 400 mutability", [Patch], read_only),
    check!("patch-no-operations", AT, "a body without Operations is 400", [Patch], no_operations),
    check!("patch-taken", AT, "a taken userName is 409 uniqueness", [Patch], taken),
];

/// The checks of the three verbs.
pub(super) fn more() -> impl Iterator<Item = &'static Check> {
    add::CHECKS.iter().chain(remove::CHECKS).chain(replace::CHECKS)
}

/// What every PATCH of this room is done to: a person with one value of each kind.
struct Someone {
    /// The path of the resource.
    path: String,
    /// The work address.
    work: String,
    /// The home address.
    home: String,
}

async fn someone(s: &mut Session) -> Result<Someone, Verdict> {
    let name = s.name();
    let (work, home) = (format!("{name}-work@example.com"), format!("{name}-home@example.com"));
    let emails = json!([{ "type": "work", "value": work, "primary": true }, { "type": "home", "value": home }]);
    let mut more = json!({ "nickName": "Nick", "emails": emails });
    if s.features.has(super::Feature::Enterprise) {
        more["schemas"] = json!([USER, ENTERPRISE]);
        more[ENTERPRISE] = json!({ "department": "Tests", "division": "Checks" });
    }
    let body = s.user_body(&more);
    let answer = s.create(Kind::User, &body).await?;
    match (answer.status, answer.id()) {
        (201, Ok(id)) => Ok(Someone { path: s.users(id), work, home }),
        _ => Err(undecided(format!("what this check needs could not be made: {}", answer.told()))),
    }
}

/// The entry of a multi-valued attribute that has this value in one part; `Null` when there is none.
fn entry(user: &Value, attribute: &str, part: &str, value: &str) -> Value {
    let entries = user[attribute].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().find(|entry| entry[part].as_str() == Some(value)).cloned().unwrap_or_default()
}

async fn answers(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let answer = s.patch(&who.path, json!([{ "op": "replace", "path": "title", "value": "New" }])).await?;
    answer.any_of(&[200, 204])?;
    if answer.status == 204 {
        return ensure(answer.text().is_empty(), "204 without a body", answer.text());
    }
    answer.id()?;
    equal(&answer.body, "/title", &json!("New"))?;
    let user = s.read(&who.path).await?;
    user.as_object().into_iter().flatten().try_for_each(|(name, value)| equal(&answer.body, &format!("/{name}"), value))
}

async fn unknown(s: &mut Session) -> Outcome {
    let path = s.users(NOBODY);
    s.patch(&path, json!([{ "op": "replace", "path": "title", "value": "New" }])).await?.is(404)
}

async fn several(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let operations = json!([
        { "op": "replace", "path": "title", "value": "First" },
        { "op": "remove", "path": "nickName" },
        { "op": "replace", "path": "title", "value": "Second" },
        { "op": "add", "path": "nickName", "value": "Back" },
    ]);
    let user = s.patched(&who.path, operations).await?;
    equal(&user, "/title", &json!("Second"))?;
    equal(&user, "/nickName", &json!("Back"))
}

async fn atomic(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let operations = json!([
        { "op": "replace", "path": "nickName", "value": "Half" },
        { "op": "remove", "path": "userName" },
    ]);
    s.patch(&who.path, operations).await?.is(400)?;
    equal(&s.read(&who.path).await?, "/nickName", &json!("Nick"))
}

/// When a user last changed, as the server says it.
fn last_modified(user: &Value) -> Result<String, Verdict> {
    text(user, "/meta/lastModified").map(str::to_owned)
}

/// Changes within which a server's clock must have moved on: milliseconds, however fast it is.
const CHANGES_MAX: usize = 20;

async fn modified(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let before = last_modified(&s.read(&who.path).await?)?;
    // Two writes may fall into one instant of the server's clock: changes follow until one shows.
    for n in 0..CHANGES_MAX {
        let change = json!([{ "op": "replace", "path": "nickName", "value": format!("New {n}") }]);
        if last_modified(&s.patched(&who.path, change).await?)? != before {
            return Ok(());
        }
    }
    if !before.contains('.') {
        return Err(super::verdict::skipped("the server keeps whole seconds, and all changes fell into one"));
    }
    ensure(false, "another lastModified", format!("still {before}"))
}

async fn no_op(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let before = last_modified(&s.read(&who.path).await?)?;
    let nothing = json!([{ "op": "add", "path": "nickName", "value": "Nick" }]);
    let after = last_modified(&s.patched(&who.path, nothing).await?)?;
    ensure(before == after, format!("lastModified {before}"), after)
}

async fn primary(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let new = format!("{}@example.org", s.name());
    let value = json!([{ "type": "other", "value": new, "primary": true }]);
    let user = s.patched(&who.path, json!([{ "op": "add", "path": "emails", "value": value }])).await?;
    values_are(&user, "/emails", "value", &[&who.work, &who.home, &new])?;
    let primary = list(&user, "/emails")?.iter().filter(|email| email["primary"] == json!(true));
    let found: Vec<String> = primary.map(|email| email["value"].to_string()).collect();
    ensure(found == [json!(new).to_string()], format!("only {new} is primary"), found.join(", "))
}

async fn refused(s: &mut Session, operation: Value, scim_type: &str) -> Outcome {
    let user = s.reader().await?;
    let path = s.users(text(&user, "/id")?);
    let answer = s.patch(&path, json!([operation])).await?;
    if answer.is_success() {
        s.renew_reader();
    }
    answer.refused(400, scim_type)
}

async fn bad_op(s: &mut Session) -> Outcome {
    refused(s, json!({ "op": "exchange", "path": "title", "value": "x" }), "").await
}

async fn bad_path(s: &mut Session) -> Outcome {
    refused(s, json!({ "op": "replace", "path": "name..givenName[", "value": "x" }), "invalidPath").await
}

async fn bad_filter(s: &mut Session) -> Outcome {
    // RFC 7644 names two keywords that fit: invalidPath and invalidFilter.
    refused(s, json!({ "op": "replace", "path": "emails[type eq].value", "value": "x" }), "").await
}

async fn bad_value(s: &mut Session) -> Outcome {
    refused(s, json!({ "op": "replace", "path": "nickName", "value": { "a": 1 } }), "invalidValue").await
}

async fn read_only(s: &mut Session) -> Outcome {
    refused(s, json!({ "op": "replace", "path": "id", "value": NOBODY }), "mutability").await
}

async fn no_operations(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let request = RawRequest::new(Method::PATCH, who.path).json(&json!({ "schemas": [PATCH_OP] }));
    s.send(request).await?.is(400)
}

async fn taken(s: &mut Session) -> Outcome {
    let other = s.reader().await?;
    let who = someone(s).await?;
    let operation = json!([{ "op": "replace", "path": "userName", "value": other["userName"] }]);
    s.patch(&who.path, operation).await?.refused(409, "uniqueness")
}

/// Passes when nothing is there, with the other part still in its place.
fn gone(user: &Value, pointer: &str, stays: &str, value: &Value) -> Outcome {
    absent(user, pointer)?;
    equal(user, stays, value)
}
