//! Discovery: ServiceProviderConfig, Schemas, ResourceTypes. RFC 7643 §5–§7, RFC 7644 §4; B023, B025.
//!
//! Schemas are shown from the very data that bodies, filters and paths are checked against; after them come the schemas
//! of discovery itself (RFC 7643 §8.7.2). Nothing is null.

use super::schema::{Attribute, SERVICE, Schema};
use super::{Dialect, ResourceKind};
use serde_json::{Value, json};

/// How many resources a list answer holds at most.
pub const RESULTS_MAX: u64 = 1000;
/// How many resources a list answer holds when nobody says.
pub const RESULTS_DEFAULT: u64 = 100;
/// How many operations a bulk request may hold.
pub const BULK_OPERATIONS_MAX: usize = 1000;
/// Seconds for which a cursor of a list works.
pub const CURSOR_TIMEOUT_S: u64 = 3600;

/// `/ServiceProviderConfig`; a bulk request may have this many bytes.
pub fn service_provider_config(dialect: Dialect, bulk_bytes_max: usize, base_url: &str) -> Value {
    let mut config = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://scim-operator.dev/docs",
        "patch": {"supported": true},
        "bulk": {"supported": true, "maxOperations": BULK_OPERATIONS_MAX, "maxPayloadSize": bulk_bytes_max},
        "filter": {"supported": true, "maxResults": RESULTS_MAX},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": RESULTS_DEFAULT,
            "maxPageSize": RESULTS_MAX,
            "cursorTimeout": CURSOR_TIMEOUT_S,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "The access token of the directory, sent as: Authorization: Bearer <token>",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": meta("ServiceProviderConfig", "/ServiceProviderConfig", base_url),
    });
    if dialect == Dialect::Interop {
        config["interopProfileConformant"] = Value::Bool(true);
    }
    config
}

/// `/Schemas`: the resources of the list. `defined` are those of the directory ([`super::Types::schemas`]).
pub fn schemas(defined: &[&'static Schema], base_url: &str) -> Vec<Value> {
    known(defined).map(|schema| render_schema(schema, base_url)).collect()
}

/// `/Schemas/{urn}`, the URN in any case.
pub fn schema(defined: &[&'static Schema], urn: &str, base_url: &str) -> Option<Value> {
    known(defined).find(|schema| schema.urn.eq_ignore_ascii_case(urn)).map(|schema| render_schema(schema, base_url))
}

/// `/ResourceTypes`: the resources of the list.
pub fn resource_types(kinds: &[ResourceKind], base_url: &str) -> Vec<Value> {
    kinds.iter().map(|kind| render_resource_type(*kind, base_url)).collect()
}

/// `/ResourceTypes/{name}`.
pub fn resource_type(kinds: &[ResourceKind], name: &str, base_url: &str) -> Option<Value> {
    kinds.iter().find(|kind| kind.name() == name).map(|kind| render_resource_type(*kind, base_url))
}

/// Those of the directory, then those of discovery itself.
fn known(defined: &[&'static Schema]) -> impl Iterator<Item = &'static Schema> {
    defined.iter().copied().chain(SERVICE)
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
    let extensions = kind
        .extensions()
        .iter()
        .map(|extension| json!({"schema": extension.schema.urn, "required": extension.required}));
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": kind.endpoint(),
        "description": kind.description(),
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
    use crate::scim::schema::Kind;
    use crate::scim::{SchemaDefinition, Types};

    const BASE: &str = "https://scim.example.org/scim/v2";
    const KINDS: [ResourceKind; 2] = [ResourceKind::USER, ResourceKind::GROUP];

    fn built_in() -> Vec<&'static Schema> {
        Types::default().schemas().collect()
    }

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
        let all = schemas(&built_in(), BASE);
        let names = all.iter().map(|shown| shown["id"].as_str().unwrap().rsplit_once("2.0:").unwrap().1);
        let names: Vec<_> = names.collect();
        assert_eq!(names, ["User", "User", "Group", "ServiceProviderConfig", "ResourceType", "Schema"]);
        for shown in all {
            let urn = shown.get("id").and_then(Value::as_str).unwrap();
            assert_eq!(schema(&built_in(), &urn.to_uppercase(), BASE).as_ref(), Some(&shown));
            assert!(!has_null(&shown));
        }
        assert_eq!(schema(&built_in(), "urn:x", BASE), None);
    }

    #[test]
    fn b023_a_schema_is_listed_though_no_type_uses_it_and_groups_only_where_there_are_any() {
        let urn = "urn:example:params:scim:schemas:2.0:Spare";
        let definition = json!([{"id": urn, "attributes": [{"name": "number"}]}]);
        let definitions: Vec<SchemaDefinition> = serde_json::from_value(definition).unwrap();
        let types = Types::compile(&definitions, &[]).unwrap();
        let without_groups: Vec<_> = types.schemas().filter(|schema| *schema != ResourceKind::GROUP.core()).collect();
        let shown = schemas(&without_groups, BASE);
        assert_eq!(shown.len(), 6);
        assert_eq!(shown[2]["id"], urn);
        assert_eq!(schema(&without_groups, ResourceKind::GROUP.core().urn, BASE), None);
    }

    /// The names and kinds of what is there and not in the schema, or required by it and not there.
    fn astray(attributes: &[Attribute], shown: &Value) -> Vec<String> {
        let shown = shown.as_object().unwrap();
        let of = |name: &str| attributes.iter().find(|attribute| attribute.name == name);
        let common = ["schemas", "id", "meta"];
        let unknown = shown.keys().filter(|name| of(name).is_none() && !common.contains(&name.as_str()));
        let missing = attributes.iter().filter(|attribute| attribute.required && !shown.contains_key(attribute.name));
        let mut astray: Vec<String> = unknown.cloned().chain(missing.map(|a| a.name.to_owned())).collect();
        for (attribute, value) in shown.iter().filter_map(|(name, value)| Some((of(name)?, value))) {
            let values = match attribute.multi_valued {
                true => value.as_array().unwrap().as_slice(),
                false => std::slice::from_ref(value),
            };
            for value in values {
                let fits = match attribute.kind {
                    Kind::Complex => value.is_object(),
                    Kind::Boolean => value.is_boolean(),
                    Kind::Integer => value.is_u64(),
                    _ => value.is_string(),
                };
                if !fits {
                    astray.push(attribute.name.to_owned());
                } else if attribute.kind == Kind::Complex {
                    astray.extend(self::astray(attribute.sub_attributes, value));
                }
            }
        }
        astray
    }

    #[test]
    fn b023_what_discovery_answers_is_as_its_own_schemas_say() {
        let [config, kind, schema] = SERVICE.map(|schema| schema.attributes);
        let none = Vec::<String>::new();
        assert_eq!(astray(config, &service_provider_config(Dialect::Auto, 1024, BASE)), none);
        for shown in resource_types(&KINDS, BASE) {
            assert_eq!(astray(kind, &shown), none, "{}", shown["id"]);
        }
        // A part of a part: the schema of schemas has no words for its own depth.
        let beyond = |shown: &Value| if shown["name"] == "Schema" { vec!["subAttributes"] } else { vec![] };
        for shown in schemas(&built_in(), BASE) {
            assert_eq!(astray(schema, &shown), beyond(&shown), "{}", shown["id"]);
        }
        assert_eq!(astray(schema, &json!({"id": 1, "name": "x", "shoe": []})), ["shoe", "attributes", "id"]);
    }

    #[test]
    fn b023_the_user_schema_has_every_attribute_of_the_rfc() {
        let user = schema(&built_in(), "urn:ietf:params:scim:schemas:core:2.0:User", BASE).unwrap();
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
        insta::assert_snapshot!(serde_json::to_string_pretty(&resource_type(&KINDS, "User", BASE)).unwrap(), @r#"
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
        assert_eq!(resource_types(&KINDS, BASE).len(), 2);
        assert_eq!(resource_type(&KINDS, "Role", BASE), None);
    }

    #[test]
    fn b025_the_provider_config_says_what_is_there() {
        let config = service_provider_config(Dialect::Auto, 1024, BASE);
        assert_eq!(config["patch"]["supported"], true);
        assert_eq!(config["filter"]["maxResults"], RESULTS_MAX);
        assert_eq!(config["meta"]["location"], format!("{BASE}/ServiceProviderConfig"));
        assert!(!has_null(&config));
    }
}
