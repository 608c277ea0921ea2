//! `add`: RFC 7644 §3.5.2.1.

use super::{Check, ENTERPRISE, Outcome, Session, check, entry, equal, someone, values_are};
use crate::check::verdict::ensure;
use serde_json::json;

const AT: &str = "RFC 7644 §3.5.2.1";

pub(super) const CHECKS: &[Check] = &[
    check!("add-simple", AT, "add gives a simple attribute its value", [Patch], simple),
    check!("add-simple-again", AT, "add to a simple attribute that has a value replaces it", [Patch], again),
    check!("add-part", AT, "add gives a sub-attribute its value", [Patch], part),
    check!("add-complex", AT, "add to a complex attribute leaves its other parts", [Patch], complex),
    check!("add-multi", AT, "add to a multi-valued attribute appends", [Patch], multi),
    check!("add-multi-twice", AT, "add of an entry that is there changes nothing", [Patch], twice),
    check!("add-no-path", AT, "add without a path adds the attributes of the value", [Patch], no_path),
    check!("add-value-path", AT, "add to a part of the entry that a filter finds", [Patch], value_path),
    check!("add-extension", AT, "add to an attribute of an extension", [Patch, Enterprise], extension),
    check!("add-extension-whole", AT, "add of an extension without a path", [Patch, Enterprise], whole),
    check!("add-member", AT, "add of members appends, and never twice", [Patch, Groups], member),
];

async fn simple(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "add", "path": "title", "value": "Added" }])).await?;
    equal(&user, "/title", &json!("Added"))
}

async fn again(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "add", "path": "nickName", "value": "Other" }])).await?;
    equal(&user, "/nickName", &json!("Other"))
}

async fn part(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "add", "path": "name.middleName", "value": "M" }])).await?;
    equal(&user, "/name/middleName", &json!("M"))?;
    equal(&user, "/name/givenName", &json!("Check"))
}

async fn complex(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let operation = json!([{ "op": "add", "path": "name", "value": { "honorificPrefix": "Dr." } }]);
    let user = s.patched(&who.path, operation).await?;
    equal(&user, "/name/honorificPrefix", &json!("Dr."))?;
    equal(&user, "/name/givenName", &json!("Check"))
}

async fn multi(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let new = format!("{}@example.org", s.name());
    let value = json!([{ "type": "other", "value": new }]);
    let user = s.patched(&who.path, json!([{ "op": "add", "path": "emails", "value": value }])).await?;
    values_are(&user, "/emails", "value", &[&who.work, &who.home, &new])
}

async fn twice(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let value = json!([{ "type": "home", "value": who.home }]);
    let user = s.patched(&who.path, json!([{ "op": "add", "path": "emails", "value": value }])).await?;
    values_are(&user, "/emails", "value", &[&who.work, &who.home])
}

async fn no_path(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let new = format!("{}@example.org", s.name());
    let value = json!({ "title": "Added", "emails": [{ "type": "other", "value": new }] });
    let user = s.patched(&who.path, json!([{ "op": "add", "value": value }])).await?;
    equal(&user, "/title", &json!("Added"))?;
    values_are(&user, "/emails", "value", &[&who.work, &who.home, &new])
}

async fn value_path(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let operation = json!([{ "op": "add", "path": "emails[type eq \"home\"].display", "value": "At home" }]);
    let user = s.patched(&who.path, operation).await?;
    equal(&entry(&user, "emails", "value", &who.home), "/display", &json!("At home"))?;
    let other = entry(&user, "emails", "value", &who.work);
    ensure(other["display"].is_null(), "the other entry as it was", other.to_string())
}

async fn extension(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let path = format!("{ENTERPRISE}:costCenter");
    let user = s.patched(&who.path, json!([{ "op": "add", "path": path, "value": "4130" }])).await?;
    equal(&user, &format!("/{ENTERPRISE}/costCenter"), &json!("4130"))?;
    equal(&user, &format!("/{ENTERPRISE}/department"), &json!("Tests"))
}

async fn whole(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let value = json!({ ENTERPRISE: { "costCenter": "4130" } });
    let user = s.patched(&who.path, json!([{ "op": "add", "value": value }])).await?;
    equal(&user, &format!("/{ENTERPRISE}/costCenter"), &json!("4130"))?;
    equal(&user, &format!("/{ENTERPRISE}/department"), &json!("Tests"))
}

async fn member(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = s.group_id(&[&one]).await.map(|id| s.groups(&id))?;
    let value = json!([{ "value": one }, { "value": two }]);
    let group = s.patched(&path, json!([{ "op": "add", "path": "members", "value": value }])).await?;
    values_are(&group, "/members", "value", &[&one, &two])
}
