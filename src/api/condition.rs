//! Conditions of all four kinds: `metav1.Condition`, merged by type, with the bounds that the Go type has and
//! k8s-openapi leaves out.

use schemars::{Schema, SchemaGenerator, json_schema};

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Most conditions one object carries.
pub const CONDITIONS_MAX: u32 = 16;

/// The schema of `status.conditions`: a map list by `type`, so that server-side apply merges single conditions.
pub fn conditions_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": CONDITIONS_MAX,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "description": "One aspect of the object's state.",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {
                    "type": "string", "minLength": 1, "maxLength": 316,
                    "pattern": "^[A-Z][A-Za-z0-9]*$",
                    "description": "Which aspect: `Ready`, for example.",
                },
                "status": {
                    "type": "string", "enum": ["True", "False", "Unknown"],
                    "description": "`True`, `False` or `Unknown`.",
                },
                "reason": {
                    "type": "string", "minLength": 1, "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                    "description": "Why, in one word for programs: `DirectoryNotFound`, for example. All reasons \
                    are in the reference.",
                },
                "message": {
                    "type": "string", "maxLength": 32768,
                    "description": "Why, in a sentence for people, with what to do about it.",
                },
                "lastTransitionTime": {
                    "type": "string", "format": "date-time",
                    "description": "When `status` last changed (RFC 3339, UTC).",
                },
                "observedGeneration": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "The `metadata.generation` this condition speaks about.",
                },
            },
        },
    })
}

/// The condition of this type, if the list has it.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == type_)
}
