//! A resource of a type that somebody defined. RFC 7643 §6, §7.

use super::reader::{Body, finish, read_body};
use crate::scim::schema::Kind;
use crate::scim::text::folded;
use crate::scim::{Attributes, Error, Reading, ResourceKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A resource: what the client may write, normalised. Names are in schema case; `id` and `meta` are never inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource {
    /// The attributes.
    pub attributes: Attributes,
}

impl Resource {
    /// Reads the body of a POST or PUT.
    ///
    /// # Errors
    /// As [`crate::scim::User::read`].
    pub fn read(body: Value, kind: ResourceKind, how: &Reading) -> Result<Self, Error> {
        let Body { attributes, members: _ } = read_body(kind, body.into(), how)?;
        Ok(Self { attributes: finish(kind, attributes)? })
    }

    /// The `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        self.attributes.get("externalId").and_then(Value::as_str)
    }

    /// The values that no other resource of the kind may have: the path of the attribute, and the value as it is
    /// compared.
    pub fn keys(&self, kind: ResourceKind) -> Vec<(String, String)> {
        unique_values(kind, &self.attributes)
    }
}

/// See [`Resource::keys`]. Only attributes with one simple value can be unique.
pub(super) fn unique_values(kind: ResourceKind, attributes: &Attributes) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for (extension, schema) in kind.schemas() {
        let container = match extension {
            None => Some(attributes),
            Some(schema) => attributes.get(schema.urn).and_then(Value::as_object),
        };
        let unique = schema.attributes.iter().filter(|attribute| attribute.unique && attribute.kind != Kind::Complex);
        for attribute in unique {
            let value = match container.and_then(|container| container.get(attribute.name)) {
                None | Some(Value::Null | Value::Array(_) | Value::Object(_)) => continue,
                Some(Value::String(text)) if attribute.case_exact => text.clone(),
                Some(Value::String(text)) => folded(text),
                Some(other) => other.to_string(),
            };
            let prefix = extension.map_or_else(String::new, |schema| format!("{}:", schema.urn));
            values.push((format!("{prefix}{}", attribute.name), value));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{ResourceTypeDefinition, SchemaDefinition, Types};
    use serde_json::json;

    const BADGE: &str = "urn:example:params:scim:schemas:2.0:Badge";
    const DOOR: &str = "urn:example:params:scim:schemas:extension:2.0:Door";

    fn badge() -> ResourceKind {
        let schemas = json!([
            {"id": BADGE, "attributes": [
                {"name": "number", "uniqueness": "server"},
                {"name": "count", "type": "integer", "uniqueness": "global"},
                {"name": "note"},
            ]},
            {"id": DOOR, "attributes": [{"name": "code", "caseExact": true, "uniqueness": "server"}]},
        ]);
        let types = json!([
            {"name": "Badge", "endpoint": "/Badges", "schema": BADGE, "schemaExtensions": [{"schema": DOOR}]},
        ]);
        let schemas: Vec<SchemaDefinition> = serde_json::from_value(schemas).unwrap();
        let types: Vec<ResourceTypeDefinition> = serde_json::from_value(types).unwrap();
        Types::compile(&schemas, &types).unwrap().custom()[0]
    }

    fn read(number: &str, code: &str, note: &str) -> Result<Resource, Error> {
        let body = json!({"number": number, "count": 7, "note": note, DOOR: {"code": code}});
        Resource::read(body, badge(), &Reading::default())
    }

    #[test]
    fn what_is_unique_is_kept_as_it_is_compared() {
        let keys = read("A-1", "X", "").unwrap().keys(badge());
        let keys: Vec<String> = keys.into_iter().map(|(path, value)| format!("{path} = {value}")).collect();
        assert_eq!(keys, ["number = a-1", "count = 7", format!("{DOOR}:code = X").as_str()]);
    }

    #[test]
    fn what_is_unique_must_fit_into_an_index() {
        let (fits, long) = ("a".repeat(1_024), "a".repeat(1_025));
        assert!(read(&fits, &fits, &long).is_ok(), "what is not unique may be longer");
        let refused = |number: &str, code: &str| read(number, code, "").unwrap_err().detail;
        assert!(refused(&long, "x").starts_with("`number` has 1025 bytes, at most 1024 are kept"));
        assert!(refused("1", &long).starts_with(&format!("`{DOOR}:code` has 1025 bytes")));
        assert!(refused("a\0b", "x").contains("`number` has a character with the code 0"));
    }
}
