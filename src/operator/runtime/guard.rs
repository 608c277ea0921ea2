//! An object of a kind, or why it is none: one bad object must never stop a watch (C008).
//!
//! Unlike kube's `DeserializeGuard` it says where in the object the fault is, and copies nothing to find out.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// An object as it was sent, read or not.
#[derive(Debug, Clone)]
pub struct Guarded<K>(pub Result<K, Unreadable>);

/// An object that does not fit its type.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Field and fault: `spec.role: invalid type: integer 7, expected a string`.
    pub reason: String,
    /// Whose it is.
    pub metadata: ObjectMeta,
}

impl<'de, K: DeserializeOwned> Deserialize<'de> for Guarded<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        serde_path_to_error::deserialize(&object).map(Ok).map(Self).or_else(|fault| {
            let metadata = ObjectMeta::deserialize(&object["metadata"]).map_err(D::Error::custom)?;
            Ok(Self(Err(Unreadable { reason: fault.to_string(), metadata })))
        })
    }
}

impl<K: Resource> Resource for Guarded<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::kind(kind)
    }

    fn group(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::group(kind)
    }

    fn version(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::version(kind)
    }

    fn plural(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::plural(kind)
    }

    fn meta(&self) -> &ObjectMeta {
        match &self.0 {
            Ok(object) => object.meta(),
            Err(unreadable) => &unreadable.metadata,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match &mut self.0 {
            Ok(object) => object.meta_mut(),
            Err(unreadable) => &mut unreadable.metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::UserManagementRule;
    use kube::ResourceExt;
    use serde_json::json;

    fn rule(role: Value) -> Value {
        json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "UserManagementRule",
            "metadata": {"name": "hr", "namespace": "ns", "resourceVersion": "5"},
            "spec": {"directoryRef": {"name": "corp"}, "idpGroup": {"displayName": "HR"}, "role": role},
        })
    }

    #[test]
    fn what_fits_is_read() {
        let read: Guarded<UserManagementRule> = serde_json::from_value(rule(json!("Designer"))).unwrap();
        assert_eq!((read.name_any().as_str(), read.0.unwrap().spec.role.as_str()), ("hr", "Designer"));
    }

    #[test]
    fn c008_what_does_not_fit_is_named_with_its_field_and_its_place() {
        let read: Guarded<UserManagementRule> = serde_json::from_value(rule(json!(7))).unwrap();
        assert_eq!((read.name_any(), read.resource_version()), ("hr".to_owned(), Some("5".to_owned())));
        assert_eq!(read.0.unwrap_err().reason, "spec.role: invalid type: integer `7`, expected a string");
    }

    #[test]
    fn what_has_no_metadata_is_no_object() {
        assert!(serde_json::from_value::<Guarded<UserManagementRule>>(json!({"metadata": 7})).is_err());
    }
}
