//! `/Schemas`: RFC 7643 §7, RFC 7644 §4.

use super::verdict::{Outcome, Verdict, ensure, equal, failed, list, text, values};
use super::{Check, NOBODY, Session, USER, check};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("schemas-list", "RFC 7643 §7", "/Schemas is a list that has the schema of users", [], users),
    check!("schemas-complete", "RFC 7643 §6", "every schema that a resource type names is in /Schemas", [], complete),
    check!("schemas-one", "RFC 7643 §7", "each schema is found by its URI", [], one),
    check!("schemas-words", "RFC 7643 §7", "type, mutability, returned and uniqueness are words of the RFC", [], words),
    check!("schemas-parts", "RFC 7643 §7", "a complex attribute has subAttributes, and no other has", [], parts),
    check!("schemas-user-name", "RFC 7643 §4.1.1", "userName is required and unique in its schema", [], user_name),
    check!("schemas-group", "RFC 7643 §4.2", "the schema of groups has displayName and members", [Groups], group),
    check!("schemas-password", "RFC 7643 §4.1.1", "password, where there is one, is never returned", [], password),
    check!("schemas-unknown", "RFC 7644 §4", "an unknown schema is 404", [], unknown),
];

/// The words of RFC 7643 §7 for each characteristic.
const WORDS: [(&str, &[&str]); 4] = [
    ("type", &["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"]),
    ("mutability", &["readOnly", "readWrite", "immutable", "writeOnly"]),
    ("returned", &["always", "never", "default", "request"]),
    ("uniqueness", &["none", "server", "global"]),
];

async fn all(s: &mut Session) -> Result<Vec<Value>, Verdict> {
    Ok(s.get("Schemas").await?.list()?.1)
}

async fn named(s: &mut Session, urn: &str) -> Result<Value, Verdict> {
    let all = all(s).await?;
    let found = all.iter().find(|schema| schema["id"].as_str() == Some(urn)).cloned();
    found.ok_or_else(|| failed(format!("a schema {urn}"), values(&json!({ "all": all }), "/all", "id").join(", ")))
}

async fn users(s: &mut Session) -> Outcome {
    named(s, USER).await.map(drop)
}

async fn complete(s: &mut Session) -> Outcome {
    let all = json!({ "all": all(s).await? });
    let known = values(&all, "/all", "id");
    let (_, types) = s.get("ResourceTypes").await?.list()?;
    for kind in &types {
        let core = kind["schema"].as_str().into_iter();
        let more = kind["schemaExtensions"].as_array().map(Vec::as_slice).unwrap_or_default();
        for urn in core.chain(more.iter().filter_map(|extension| extension["schema"].as_str())) {
            ensure(known.iter().any(|id| id == urn), format!("a schema {urn}"), known.join(", "))?;
        }
    }
    Ok(())
}

async fn one(s: &mut Session) -> Outcome {
    for schema in all(s).await?.iter().take(8) {
        let urn = text(schema, "/id")?;
        let one = s.read(&format!("Schemas/{urn}")).await?;
        equal(&one, "/id", &json!(urn))?;
        list(&one, "/attributes")?;
    }
    Ok(())
}

/// Every attribute and sub-attribute of a schema, with its dotted name.
fn attributes(schema: &Value) -> Vec<(String, &Value)> {
    let mut out = Vec::new();
    let mut open: Vec<(String, &Value)> = vec![(String::new(), schema)];
    while let Some((above, holder)) = open.pop() {
        let inside = ["attributes", "subAttributes"].iter().filter_map(|key| holder.get(*key)?.as_array()).flatten();
        for attribute in inside {
            let name = format!("{above}{}", attribute["name"].as_str().unwrap_or("?"));
            open.push((format!("{name}."), attribute));
            out.push((name, attribute));
        }
    }
    out
}

async fn words(s: &mut Session) -> Outcome {
    for schema in &all(s).await? {
        for (name, attribute) in attributes(schema) {
            for (characteristic, words) in WORDS {
                let Some(found) = attribute.get(characteristic) else { continue };
                let known = found.as_str().is_some_and(|word| words.contains(&word));
                let wanted = format!("{characteristic} is one of {}", words.join(", "));
                ensure(known, wanted, format!("{name} of {}: {characteristic} {found}", schema["id"]))?;
            }
            ensure(attribute["name"].is_string(), "every attribute has a name", format!("{attribute}"))?;
        }
    }
    Ok(())
}

async fn parts(s: &mut Session) -> Outcome {
    for schema in &all(s).await? {
        for (name, attribute) in attributes(schema) {
            let complex = attribute["type"].as_str() == Some("complex");
            let parts = attribute["subAttributes"].as_array().is_some_and(|parts| !parts.is_empty());
            let found = format!("{name} of {}: type {}, subAttributes: {parts}", schema["id"], attribute["type"]);
            ensure(complex == parts, "subAttributes exactly where the type is complex", found)?;
        }
    }
    Ok(())
}

async fn user_name(s: &mut Session) -> Outcome {
    let schema = named(s, USER).await?;
    let attributes = attributes(&schema);
    let Some((_, found)) = attributes.iter().find(|(name, _)| name == "userName") else {
        return Err(failed("an attribute userName", "none"));
    };
    equal(found, "/required", &json!(true))?;
    let unique = found["uniqueness"].as_str().is_some_and(|word| word != "none");
    ensure(unique, "uniqueness server or global", format!("uniqueness {}", found["uniqueness"]))
}

async fn group(s: &mut Session) -> Outcome {
    let schema = named(s, super::GROUP).await?;
    let names: Vec<String> = attributes(&schema).into_iter().map(|(name, _)| name).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    ensure(has("displayName") && has("members.value"), "displayName and members.value", names.join(", "))
}

async fn password(s: &mut Session) -> Outcome {
    let schema = named(s, USER).await?;
    match attributes(&schema).iter().find(|(name, _)| name == "password") {
        Some((_, password)) => equal(password, "/returned", &json!("never")),
        None => Ok(()),
    }
}

async fn unknown(s: &mut Session) -> Outcome {
    s.get(&format!("Schemas/urn:ietf:params:scim:schemas:{NOBODY}")).await?.is(404)
}

#[cfg(test)]
mod tests {
    use super::attributes;
    use serde_json::json;

    #[test]
    fn attributes_are_named_with_their_parts() {
        let schema = json!({ "attributes": [
            { "name": "userName" },
            { "name": "name", "subAttributes": [{ "name": "givenName" }] },
        ]});
        let names: Vec<String> = attributes(&schema).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["userName", "name", "name.givenName"]);
    }
}
