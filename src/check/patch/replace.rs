//! `replace`: RFC 7644 §3.5.2.3.

use super::{Check, ENTERPRISE, Outcome, Session, check, entry, equal, refused, someone, values_are};
use serde_json::json;

const AT: &str = "RFC 7644 §3.5.2.3";

pub(super) const CHECKS: &[Check] = &[
    check!("replace-simple", AT, "replace changes a simple attribute", [Patch], simple),
    check!("replace-boolean", AT, "replace changes active", [Patch], boolean),
    check!("replace-absent", AT, "replace of what is not there adds it", [Patch], nothing),
    check!("replace-part", AT, "replace of a sub-attribute leaves the others", [Patch], part),
    check!("replace-complex", AT, "replace of a complex attribute leaves parts not given", [Patch], complex),
    check!("replace-multi", AT, "replace of a multi-valued attribute replaces all entries", [Patch], multi),
    check!("replace-value-path", AT, "replace with a filter replaces the entry it finds", [Patch], value_path),
    check!("replace-value-path-part", AT, "replace of a part of the entry a filter finds", [Patch], value_part),
    check!("replace-no-target", AT, "replace where a filter finds nothing is 400 noTarget", [Patch], no_target),
    check!("replace-no-path", AT, "replace without a path replaces the attributes given", [Patch], no_path),
    check!("replace-extension", AT, "replace of an attribute of an extension", [Patch, Enterprise], extension),
    check!("replace-members", AT, "replace of members replaces all of them", [Patch, Groups], members),
    check!("replace-group-name", AT, "replace of displayName renames a group", [Patch, Groups], group_name),
];

async fn simple(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "replace", "path": "nickName", "value": "Other" }])).await?;
    equal(&user, "/nickName", &json!("Other"))
}

async fn boolean(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    for active in [false, true] {
        let user = s.patched(&who.path, json!([{ "op": "replace", "path": "active", "value": active }])).await?;
        equal(&user, "/active", &json!(active))?;
    }
    Ok(())
}

async fn nothing(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "replace", "path": "title", "value": "New" }])).await?;
    equal(&user, "/title", &json!("New"))
}

async fn part(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "replace", "path": "name.familyName", "value": "New" }])).await?;
    equal(&user, "/name/familyName", &json!("New"))?;
    equal(&user, "/name/givenName", &json!("Check"))
}

async fn complex(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let operation = json!([{ "op": "replace", "path": "name", "value": { "familyName": "New" } }]);
    let user = s.patched(&who.path, operation).await?;
    equal(&user, "/name/familyName", &json!("New"))?;
    equal(&user, "/name/givenName", &json!("Check"))
}

async fn multi(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let new = format!("{}@example.org", s.name());
    let value = json!([{ "type": "other", "value": new }]);
    let user = s.patched(&who.path, json!([{ "op": "replace", "path": "emails", "value": value }])).await?;
    values_are(&user, "/emails", "value", &[&new])
}

async fn value_path(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let new = format!("{}@example.org", s.name());
    let value = json!({ "type": "home", "value": new });
    let operation = json!([{ "op": "replace", "path": "emails[type eq \"home\"]", "value": value }]);
    let user = s.patched(&who.path, operation).await?;
    values_are(&user, "/emails", "value", &[&who.work, &new])
}

async fn value_part(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let new = format!("{}@example.org", s.name());
    let operation = json!([{ "op": "replace", "path": "emails[type eq \"home\"].value", "value": new }]);
    let user = s.patched(&who.path, operation).await?;
    values_are(&user, "/emails", "value", &[&who.work, &new])?;
    equal(&entry(&user, "emails", "value", &new), "/type", &json!("home"))
}

async fn no_target(s: &mut Session) -> Outcome {
    let operation = json!({ "op": "replace", "path": "emails[type eq \"other\"].value", "value": "x@example.org" });
    refused(s, operation, "noTarget").await
}

async fn no_path(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let value = json!({ "nickName": "Other", "title": "New" });
    let user = s.patched(&who.path, json!([{ "op": "replace", "value": value }])).await?;
    equal(&user, "/nickName", &json!("Other"))?;
    equal(&user, "/title", &json!("New"))?;
    values_are(&user, "/emails", "value", &[&who.work, &who.home])
}

async fn extension(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let path = format!("{ENTERPRISE}:department");
    let user = s.patched(&who.path, json!([{ "op": "replace", "path": path, "value": "New" }])).await?;
    let at = |part: &str| format!("/{ENTERPRISE}/{part}");
    equal(&user, &at("department"), &json!("New"))?;
    equal(&user, &at("division"), &json!("Checks"))
}

async fn members(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = s.group_id(&[&one]).await.map(|id| s.groups(&id))?;
    let operation = json!([{ "op": "replace", "path": "members", "value": [{ "value": two }] }]);
    let group = s.patched(&path, operation).await?;
    values_are(&group, "/members", "value", &[&two])
}

async fn group_name(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let path = s.group_id(&[&user]).await.map(|id| s.groups(&id))?;
    let name = s.name();
    let group = s.patched(&path, json!([{ "op": "replace", "path": "displayName", "value": name }])).await?;
    equal(&group, "/displayName", &json!(name))?;
    values_are(&group, "/members", "value", &[&user])
}
