//! Users: RFC 7643 §4.1 and §4.3. What is sent comes back, unless the schema says that the server has no such thing.

use super::made::Kind;
use super::verdict::{Outcome, Verdict, absent, equal, list, skipped, text, values_are};
use super::{Check, ENTERPRISE, Session, USER, check};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("user-name", "RFC 7643 §4.1.1", "userName comes back as it was sent", [], user_name),
    check!("user-name-parts", "RFC 7643 §4.1.1", "name keeps all six parts", [], name),
    check!("user-texts", "RFC 7643 §4.1.1", "nickName, title, userType, locale … come back", [], texts),
    check!("user-active", "RFC 7643 §4.1.1", "active false comes back, and the user is still found", [], active),
    check!("user-password", "RFC 7643 §4.1.1", "password is never returned", [], password),
    check!("user-emails", "RFC 7643 §4.1.2", "emails keep value, type and primary", [], emails),
    check!("user-phones", "RFC 7643 §4.1.2", "phoneNumbers keep value and type", [], phones),
    check!("user-addresses", "RFC 7643 §4.1.2", "addresses keep their parts", [], addresses),
    check!("user-ims", "RFC 7643 §4.1.2", "ims and photos keep value and type", [], ims),
    check!("user-roles", "RFC 7643 §4.1.2", "roles and entitlements keep their values", [], roles),
    check!("user-groups", "RFC 7643 §4.1.2", "groups of a user shows a membership, and is readOnly", [Groups], groups),
    check!("enterprise", "RFC 7643 §4.3", "employeeNumber, department … come back", [Enterprise], enterprise),
    check!("enterprise-manager", "RFC 7643 §4.3", "manager.value comes back", [Enterprise], manager),
];

async fn user_name(s: &mut Session) -> Outcome {
    let name = format!("{}.MiXed@example.com", s.name());
    let user = s.user(json!({ "userName": name })).await?;
    equal(&user, "/userName", &json!(name))
}

/// Creates a user with more, and asks that it comes back from a GET; skipped for what no schema of the server has.
async fn kept(s: &mut Session, more: Value) -> Result<Value, Verdict> {
    if s.known.is_none() {
        let schema = s.get(&format!("Schemas/{USER}")).await?;
        s.known = Some(super::verdict::values(&schema.body, "/attributes", "name"));
    }
    let names = s.known.clone().unwrap_or_default();
    // Without a schema to look at, everything counts as known.
    let known = |name: &String| names.is_empty() || names.contains(name);
    let missing = more.as_object().and_then(|more| more.keys().find(|name| !known(name)));
    if let Some(name) = missing {
        return Err(skipped(format!("the server's schema of users has no {name}")));
    }
    let user = s.user(more).await?;
    let path = s.users(text(&user, "/id")?);
    s.read(&path).await
}

async fn all_kept(s: &mut Session, more: Value) -> Outcome {
    let user = kept(s, more.clone()).await?;
    for (name, value) in more.as_object().into_iter().flatten() {
        equal(&user, &format!("/{name}"), value)?;
    }
    Ok(())
}

async fn name(s: &mut Session) -> Outcome {
    let name = json!({
        "formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara",
        "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III",
    });
    let user = kept(s, json!({ "name": name })).await?;
    for (part, value) in name.as_object().into_iter().flatten() {
        equal(&user, &format!("/name/{part}"), value)?;
    }
    Ok(())
}

async fn texts(s: &mut Session) -> Outcome {
    let more = json!({
        "displayName": "Babs Jensen", "nickName": "Babs", "title": "Tour Guide", "userType": "Employee",
        "preferredLanguage": "en-US", "locale": "en-US", "timezone": "America/Los_Angeles",
        "profileUrl": "https://login.example.com/bjensen",
    });
    all_kept(s, more).await
}

async fn active(s: &mut Session) -> Outcome {
    let user = s.user(json!({ "active": false })).await?;
    let path = s.users(text(&user, "/id")?);
    equal(&s.read(&path).await?, "/active", &json!(false))
}

async fn password(s: &mut Session) -> Outcome {
    let secret = format!("Aa1!{}", uuid::Uuid::new_v4());
    let body = s.user_body(&json!({ "password": secret }));
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    absent(&answer.body, "/password")?;
    let path = s.users(answer.id()?);
    let asked = s.query(&path, &[("attributes", "password")]).await?;
    absent(&asked.body, "/password")
}

async fn emails(s: &mut Session) -> Outcome {
    let name = s.name();
    let emails = json!([
        { "value": format!("{name}@example.com"), "type": "work", "primary": true },
        { "value": format!("{name}@example.org"), "type": "home" },
    ]);
    let user = kept(s, json!({ "emails": emails })).await?;
    for email in list(&json!({ "e": emails }), "/e")? {
        let value = email["value"].as_str().unwrap_or_default();
        let found = list(&user, "/emails")?.iter().find(|found| found["value"].as_str() == Some(value));
        let found = found.cloned().unwrap_or_default();
        equal(&found, "/type", &email["type"])?;
        if email["primary"] == json!(true) {
            equal(&found, "/primary", &json!(true))?;
        }
    }
    Ok(())
}

async fn phones(s: &mut Session) -> Outcome {
    let tel = "tel:+1-201-555-0123";
    let numbers = json!([{ "value": tel, "type": "work" }, { "value": "555 0124", "type": "mobile" }]);
    let user = kept(s, json!({ "phoneNumbers": numbers })).await?;
    values_are(&user, "/phoneNumbers", "value", &[tel, "555 0124"])?;
    values_are(&user, "/phoneNumbers", "type", &["work", "mobile"])
}

async fn addresses(s: &mut Session) -> Outcome {
    let address = json!({
        "type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US", "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA",
    });
    let user = kept(s, json!({ "addresses": [address] })).await?;
    for (part, value) in address.as_object().into_iter().flatten() {
        equal(&user, &format!("/addresses/0/{part}"), value)?;
    }
    Ok(())
}

async fn ims(s: &mut Session) -> Outcome {
    let photo = "https://photos.example.com/profilephoto/1/F";
    let more = json!({
        "ims": [{ "value": "someaimhandle", "type": "aim" }], "photos": [{ "value": photo, "type": "photo" }],
    });
    let user = kept(s, more).await?;
    values_are(&user, "/ims", "value", &["someaimhandle"])?;
    values_are(&user, "/photos", "value", &[photo])
}

async fn roles(s: &mut Session) -> Outcome {
    let more = json!({
        "roles": [{ "value": "admin", "type": "check" }], "entitlements": [{ "value": "seat", "type": "check" }],
    });
    let user = kept(s, more).await?;
    values_are(&user, "/roles", "value", &["admin"])?;
    values_are(&user, "/entitlements", "value", &["seat"])
}

async fn groups(s: &mut Session) -> Outcome {
    let nobody = json!({ "groups": [{ "value": super::NOBODY }] });
    let user = s.user(nobody).await?;
    let id = text(&user, "/id")?.to_owned();
    absent(&user, "/groups")?;
    let group = s.group_id(&[&id]).await?;
    let path = s.users(&id);
    values_are(&s.read(&path).await?, "/groups", "value", &[&group])
}

async fn enterprise(s: &mut Session) -> Outcome {
    let extension = json!({
        "employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios",
        "division": "Theme Park", "department": "Tour Operations",
    });
    let user = s.user(json!({ "schemas": [USER, ENTERPRISE], ENTERPRISE: extension })).await?;
    let path = s.users(text(&user, "/id")?);
    let user = s.read(&path).await?;
    for (part, value) in extension.as_object().into_iter().flatten() {
        equal(&user, &format!("/{ENTERPRISE}/{part}"), value)?;
    }
    Ok(())
}

async fn manager(s: &mut Session) -> Outcome {
    let chief = s.user_id().await?;
    let user = s.user(json!({ "schemas": [USER, ENTERPRISE], ENTERPRISE: { "manager": { "value": chief } } })).await?;
    equal(&user, &format!("/{ENTERPRISE}/manager/value"), &json!(chief))
}
