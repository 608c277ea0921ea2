//! Discovery: RFC 7644 §4, RFC 7643 §5 and §6. `/Schemas` itself is looked at in `schema`.

use super::answer::Answer;
use super::verdict::{Outcome, Verdict, ensure, equal, failed, list, text, values};
use super::{Check, NOBODY, Session, USER, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

pub(super) const CHECKS: &[Check] = &[
    check!("config-answers", "RFC 7643 §5", "/ServiceProviderConfig answers 200 with its schema", [], answers),
    check!("config-complete", "RFC 7643 §5", "every required attribute of the configuration is there", [], complete),
    check!("config-schemes", "RFC 7643 §5", "authenticationSchemes have type, name and description", [], schemes),
    check!("config-meta", "RFC 7643 §5", "meta.resourceType, where given, is ServiceProviderConfig", [], config_meta),
    check!("types-list", "RFC 7643 §6", "/ResourceTypes lists User with name, endpoint and schema", [], types),
    check!("types-one", "RFC 7643 §6", "each resource type is found by its name", [], one_type),
    check!("types-unknown", "RFC 7644 §4", "an unknown resource type is 404", [], unknown_type),
    check!("types-filter", "RFC 7644 §4", "a filter on /ResourceTypes is 403", [], types_filter),
    check!("schemas-filter", "RFC 7644 §4", "a filter on /Schemas is 403", [], schemas_filter),
    check!("discovery-paging", "RFC 7644 §4", "sorting and paging parameters of discovery are ignored", [], ignored),
    check!("config-read-only", "RFC 7644 §4", "POST to /ServiceProviderConfig is 405", [], config_post),
    check!("types-read-only", "RFC 7644 §4", "POST to /ResourceTypes is 405", [], types_post),
    check!("schemas-read-only", "RFC 7644 §4", "POST to /Schemas is 405", [], schemas_post),
];

async fn config(s: &mut Session) -> Result<Answer, Verdict> {
    let answer = s.get("ServiceProviderConfig").await?;
    answer.is(200)?;
    Ok(answer)
}

async fn answers(s: &mut Session) -> Outcome {
    let config = config(s).await?;
    let schemas = list(&config.body, "/schemas")?;
    ensure(schemas.contains(&json!(CONFIG)), format!("schemas has {CONFIG}"), json!(schemas).to_string())
}

async fn complete(s: &mut Session) -> Outcome {
    let config = config(s).await?.body;
    for name in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        let pointer = format!("/{name}/supported");
        let found = config.pointer(&pointer);
        ensure(found.is_some_and(Value::is_boolean), format!("{name}.supported is a boolean"), told(found))?;
    }
    for (of, name) in [("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")] {
        // The limits of what is not supported say nothing.
        if config.pointer(&format!("/{of}/supported")) == Some(&Value::Bool(true)) {
            let found = config.pointer(&format!("/{of}/{name}"));
            ensure(found.is_some_and(Value::is_u64), format!("{of}.{name} is an integer"), told(found))?;
        }
    }
    Ok(())
}

fn told(found: Option<&Value>) -> String {
    found.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

async fn schemes(s: &mut Session) -> Outcome {
    let config = config(s).await?.body;
    for (at, _) in list(&config, "/authenticationSchemes")?.iter().enumerate() {
        for name in ["type", "name", "description"] {
            text(&config, &format!("/authenticationSchemes/{at}/{name}"))?;
        }
    }
    Ok(())
}

async fn config_meta(s: &mut Session) -> Outcome {
    let config = config(s).await?.body;
    if config.get("meta").is_none() {
        return Ok(());
    }
    equal(&config, "/meta/resourceType", &json!("ServiceProviderConfig"))
}

async fn types(s: &mut Session) -> Outcome {
    let (_, types) = s.get("ResourceTypes").await?.list()?;
    for kind in &types {
        for pointer in ["/name", "/endpoint", "/schema"] {
            text(kind, pointer)?;
        }
        let schemas = list(kind, "/schemas")?;
        let wanted = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
        ensure(schemas.contains(&json!(wanted)), format!("schemas has {wanted}"), json!(schemas).to_string())?;
    }
    let all = json!({ "Resources": types });
    let found = values(&all, "/Resources", "schema");
    ensure(found.iter().any(|schema| schema == USER), format!("a type of the schema {USER}"), found.join(", "))
}

async fn one_type(s: &mut Session) -> Outcome {
    let (_, types) = s.get("ResourceTypes").await?.list()?;
    for kind in types.iter().take(8) {
        // `id` is what the address is made of; it is optional and then equals the name.
        let name = kind.get("id").and_then(Value::as_str).unwrap_or(text(kind, "/name")?);
        let one = s.read(&format!("ResourceTypes/{name}")).await?;
        equal(&one, "/name", &json!(text(kind, "/name")?))?;
        equal(&one, "/schema", &json!(text(kind, "/schema")?))?;
    }
    Ok(())
}

async fn unknown_type(s: &mut Session) -> Outcome {
    s.get(&format!("ResourceTypes/{NOBODY}")).await?.is(404)
}

async fn types_filter(s: &mut Session) -> Outcome {
    s.query("ResourceTypes", &[("filter", "name eq \"User\"")]).await?.is(403)
}

async fn schemas_filter(s: &mut Session) -> Outcome {
    s.query("Schemas", &[("filter", "name eq \"User\"")]).await?.is(403)
}

async fn ignored(s: &mut Session) -> Outcome {
    let (total, _) = s.get("ResourceTypes").await?.list()?;
    let pairs = [("sortBy", "name"), ("sortOrder", "descending"), ("startIndex", "1"), ("count", "1")];
    let (with, resources) = s.query("ResourceTypes", &pairs).await?.list()?;
    let all = u64::try_from(resources.len()).unwrap_or(u64::MAX);
    let found = format!("totalResults {with}, {all} in Resources");
    ensure((with, all) == (total, total), format!("all {total}, as without parameters"), found)
}

/// Writes are refused where there is nothing to write; the body is none that could do any harm.
async fn refuses(s: &mut Session, path: &str) -> Outcome {
    let answer = s.send(RawRequest::new(Method::POST, path).json(&json!({}))).await?;
    match answer.status {
        405 => Ok(()),
        _ => Err(failed("status 405", answer.told())),
    }
}

async fn config_post(s: &mut Session) -> Outcome {
    refuses(s, "ServiceProviderConfig").await
}

async fn types_post(s: &mut Session) -> Outcome {
    refuses(s, "ResourceTypes").await
}

async fn schemas_post(s: &mut Session) -> Outcome {
    refuses(s, "Schemas").await
}
