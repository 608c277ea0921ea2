//! Discovery: ServiceProviderConfig, Schemas, ResourceTypes. RFC 7643 §5–§7, RFC 7644 §4; B023, B025.
//!
//! Schemas are shown from the very data that bodies, filters and paths are checked against. Nothing is null.

use super::ResourceKind;
use super::schema::{Attribute, Schema};
use serde_json::{Value, json};

/// How many resources a list answer holds at most.
pub const RESULTS_MAX: u64 = 1000;

const KINDS: [ResourceKind; 2] = [ResourceKind::User, ResourceKind::Group];

/// `/ServiceProviderConfig`.
pub fn service_provider_config(base_url: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": RESULTS_MAX},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "The access token of the directory, sent as: Authorization: Bearer <token>",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": meta("ServiceProviderConfig", "/ServiceProviderConfig", base_url),
    })
}

/// `/Schemas`: the resources of the list.
pub fn schemas(base_url: &str) -> Vec<Value> {
    known_schemas().map(|schema| render_schema(schema, base_url)).collect()
}

/// `/Schemas/{urn}`.
pub fn schema(urn: &str, base_url: &str) -> Option<Value> {
    known_schemas().find(|schema| schema.urn.eq_ignore_ascii_case(urn)).map(|schema| render_schema(schema, base_url))
}

/// `/ResourceTypes`: the resources of the list.
pub fn resource_types(base_url: &str) -> Vec<Value> {
    KINDS.into_iter().map(|kind| render_resource_type(kind, base_url)).collect()
}

/// `/ResourceTypes/{name}`.
pub fn resource_type(name: &str, base_url: &str) -> Option<Value> {
    KINDS.into_iter().find(|kind| kind.name() == name).map(|kind| render_resource_type(kind, base_url))
}

fn known_schemas() -> impl Iterator<Item = &'static Schema> {
    KINDS.into_iter().flat_map(|kind| [kind.core()].into_iter().chain(kind.extensions().iter().copied()))
}

fn render_schema(schema: &Schema, base_url: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(Attribute::to_json).collect::<Vec<_>>(),
        "meta": meta("Schema", &format!("/Schemas/{}", schema.urn), base_url),
    })
}

fn render_resource_type(kind: ResourceKind, base_url: &str) -> Value {
    let extensions = kind.extensions().iter().map(|schema| json!({"schema": schema.urn, "required": false}));
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": kind.endpoint(),
        "description": kind.core().description,
        "schema": kind.core().urn,
        "schemaExtensions": extensions.collect::<Vec<_>>(),
        "meta": meta("ResourceType", &format!("/ResourceTypes/{}", kind.name()), base_url),
    })
}

fn meta(resource_type: &str, path: &str, base_url: &str) -> Value {
    json!({"resourceType": resource_type, "location": format!("{}{path}", base_url.trim_end_matches('/'))})
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://scim.example.org/scim/v2";

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(values) => values.iter().any(has_null),
            Value::Object(parts) => parts.values().any(has_null),
            _ => false,
        }
    }

    #[test]
    fn b023_every_schema_is_found_by_its_id_in_any_case() {
        let all = schemas(BASE);
        assert_eq!(all.len(), 3);
        for shown in all {
            let urn = shown.get("id").and_then(Value::as_str).unwrap();
            assert_eq!(schema(&urn.to_uppercase(), BASE).as_ref(), Some(&shown));
            assert!(!has_null(&shown));
        }
        assert_eq!(schema("urn:x", BASE), None);
    }

    #[test]
    fn b023_the_user_schema_has_every_attribute_of_the_rfc() {
        let user = schema("urn:ietf:params:scim:schemas:core:2.0:User", BASE).unwrap();
        let names: Vec<_> =
            user["attributes"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
        assert_eq!(
            names.join(" "),
            "userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active \
             password emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates"
        );
        insta::assert_snapshot!(serde_json::to_string(&user["attributes"][0]).unwrap(), @r#"{"name":"userName","type":"string","multiValued":false,"description":"The name the user signs in with, unique in the directory in any case.","required":true,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"server"}"#);
        insta::assert_snapshot!(serde_json::to_string(&user["attributes"][12]["subAttributes"][2]).unwrap(), @r#"{"name":"type","type":"string","multiValued":false,"description":"What the value is for.","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none","canonicalValues":["work","home","other"]}"#);
    }

    #[test]
    fn resource_types_name_their_schemas() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&resource_type("User", BASE)).unwrap(), @r#"
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
          ],
          "id": "User",
          "name": "User",
          "endpoint": "/Users",
          "description": "User Account",
          "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
          "schemaExtensions": [
            {
              "schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
              "required": false
            }
          ],
          "meta": {
            "resourceType": "ResourceType",
            "location": "https://scim.example.org/scim/v2/ResourceTypes/User"
          }
        }
        "#);
        assert_eq!(resource_types(BASE).len(), 2);
        assert_eq!(resource_type("Role", BASE), None);
    }

    #[test]
    fn b025_the_provider_config_says_what_is_there() {
        let config = service_provider_config(BASE);
        assert_eq!(config["patch"]["supported"], true);
        assert_eq!(config["filter"]["maxResults"], RESULTS_MAX);
        assert_eq!(config["meta"]["location"], format!("{BASE}/ServiceProviderConfig"));
        assert!(!has_null(&config));
    }
}
