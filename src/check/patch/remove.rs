//! `remove`: RFC 7644 §3.5.2.2.

use super::{Check, ENTERPRISE, Outcome, Session, absent, check, entry, equal, gone, refused, someone, values_are};
use crate::check::verdict::skipped;
use serde_json::json;

const AT: &str = "RFC 7644 §3.5.2.2";

pub(super) const CHECKS: &[Check] = &[
    check!("remove-simple", AT, "remove takes a simple attribute away", [Patch], simple),
    check!("remove-absent", AT, "remove of what is not there is no error", [Patch], nothing),
    check!("remove-part", AT, "remove takes a sub-attribute away and leaves the others", [Patch], part),
    check!("remove-multi", AT, "remove of a multi-valued attribute takes all entries", [Patch], multi),
    check!("remove-value-path", AT, "remove with a filter takes the entries it finds", [Patch], value_path),
    check!("remove-value-path-part", AT, "remove of a part of the entry that a filter finds", [Patch], value_part),
    check!("remove-extension", AT, "remove of an attribute of an extension", [Patch, Enterprise], extension),
    check!("remove-no-path", AT, "remove without a path is 400 noTarget", [Patch], no_path),
    check!("remove-required", AT, "remove of a required attribute is 400 mutability", [Patch], required),
    check!("remove-member", AT, "remove with a filter takes one member", [Patch, Groups], member),
    check!("remove-members", AT, "remove of members takes all of them", [Patch, Groups], members),
];

async fn simple(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "remove", "path": "nickName" }])).await?;
    absent(&user, "/nickName")
}

async fn nothing(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let answer = s.patch(&who.path, json!([{ "op": "remove", "path": "title" }])).await?;
    if answer.refused(400, "noTarget").is_ok() {
        return Err(skipped("the server calls it noTarget, which the RFC leaves open"));
    }
    answer.any_of(&[200, 204])
}

async fn part(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "remove", "path": "name.formatted" }])).await?;
    gone(&user, "/name/formatted", "/name/givenName", &json!("Check"))
}

async fn multi(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let numbers = json!([{ "type": "work", "value": "1" }, { "type": "home", "value": "2" }]);
    s.patched(&who.path, json!([{ "op": "add", "path": "phoneNumbers", "value": numbers }])).await?;
    let user = s.patched(&who.path, json!([{ "op": "remove", "path": "phoneNumbers" }])).await?;
    absent(&user, "/phoneNumbers")
}

async fn value_path(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "remove", "path": "emails[type eq \"home\"]" }])).await?;
    values_are(&user, "/emails", "value", &[&who.work])
}

async fn value_part(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let user = s.patched(&who.path, json!([{ "op": "remove", "path": "emails[type eq \"home\"].type" }])).await?;
    values_are(&user, "/emails", "value", &[&who.work, &who.home])?;
    absent(&entry(&user, "emails", "value", &who.home), "/type")
}

async fn extension(s: &mut Session) -> Outcome {
    let who = someone(s).await?;
    let path = format!("{ENTERPRISE}:department");
    let user = s.patched(&who.path, json!([{ "op": "remove", "path": path }])).await?;
    let at = |part: &str| format!("/{ENTERPRISE}/{part}");
    absent(&user, &at("department"))?;
    equal(&user, &at("division"), &json!("Checks"))
}

async fn no_path(s: &mut Session) -> Outcome {
    refused(s, json!({ "op": "remove" }), "noTarget").await
}

async fn required(s: &mut Session) -> Outcome {
    refused(s, json!({ "op": "remove", "path": "userName" }), "mutability").await
}

async fn member(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = s.group_id(&[&one, &two]).await.map(|id| s.groups(&id))?;
    let filter = format!("members[value eq \"{one}\"]");
    let group = s.patched(&path, json!([{ "op": "remove", "path": filter }])).await?;
    values_are(&group, "/members", "value", &[&two])
}

async fn members(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = s.group_id(&[&one, &two]).await.map(|id| s.groups(&id))?;
    let group = s.patched(&path, json!([{ "op": "remove", "path": "members" }])).await?;
    absent(&group, "/members")
}
