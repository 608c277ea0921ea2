//! Whether a child must be written: it is missing something we want, or what we want is not what we wrote last.
//!
//! Comparing instead of applying each time is what lets a converged operator write nothing at all. Pure.

use super::build::quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Annotation on children: the hash of what was applied last. It tells a field we no longer want from a field that
/// the server or somebody else added.
pub const APPLIED: &str = "scim-operator.dev/applied";

/// Writes the hash of `child` into its own annotations.
pub fn stamp<K: Serialize + kube::Resource>(child: &mut K) {
    let digest = Sha256::digest(serde_json::to_vec(child).unwrap_or_default());
    let hash: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    annotations(child.meta_mut()).insert(APPLIED.to_owned(), hash);
}

fn annotations(meta: &mut ObjectMeta) -> &mut std::collections::BTreeMap<String, String> {
    meta.annotations.get_or_insert_default()
}

/// Whether `live` lacks anything of `wanted`. What `live` has besides is the server's or somebody else's business.
pub fn lacks(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().any(|(key, wanted)| live.get(key).map_or(!is_empty(wanted), |live| lacks(live, wanted)))
        }
        (Value::Array(live), Value::Array(wanted)) => list_lacks(live, wanted),
        (Value::String(live), Value::String(wanted)) => live != wanted && !equal_quantities(live, wanted),
        (live, wanted) => live != wanted,
    }
}

/// Lists whose items have a `name` are maps to the API server; all others are compared item by item.
fn list_lacks(live: &[Value], wanted: &[Value]) -> bool {
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    if wanted.iter().all(|item| name(item).is_some()) && !wanted.is_empty() {
        return wanted
            .iter()
            .any(|wanted| live.iter().find(|live| name(live) == name(wanted)).is_none_or(|live| lacks(live, wanted)));
    }
    live.len() != wanted.len() || live.iter().zip(wanted).any(|(live, wanted)| lacks(live, wanted))
}

/// The server drops empty maps and lists.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().all(is_empty),
        Value::Array(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    }
}

fn equal_quantities(live: &str, wanted: &str) -> bool {
    matches!((quantity(live), quantity(wanted)), (Some(live), Some(wanted)) if live == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_server_adds_is_no_drift() {
        let wanted = json!({"spec": {"ports": [{"name": "scim", "port": 8080}], "selector": {"a": "b"}}});
        let live = json!({
            "metadata": {"uid": "1"},
            "spec": {"clusterIP": "198.19.0.7", "ports": [{"name": "scim", "port": 8080, "nodePort": 0}],
                     "selector": {"a": "b"}},
        });
        assert!(!lacks(&live, &wanted));
    }

    #[test]
    fn what_somebody_changed_or_removed_is_drift() {
        let wanted = json!({"spec": {"replicas": 1, "containers": [{"name": "endpoint", "args": ["a", "b"]}]}});
        let live = |replicas: i32, args: Value| {
            let endpoint = json!({"name": "endpoint", "args": args});
            json!({"spec": {"replicas": replicas, "containers": [endpoint]}})
        };
        assert!(!lacks(&live(1, json!(["a", "b"])), &wanted));
        assert!(lacks(&live(0, json!(["a", "b"])), &wanted));
        assert!(lacks(&live(1, json!(["a"])), &wanted));
        assert!(lacks(&live(1, json!(["b", "a"])), &wanted));
        assert!(lacks(&json!({"spec": {"replicas": 1, "containers": []}}), &wanted));
    }

    #[test]
    fn a_container_somebody_added_is_not_ours_to_judge() {
        let wanted = json!([{"name": "endpoint"}]);
        assert!(!lacks(&json!([{"name": "injected"}, {"name": "endpoint"}]), &wanted));
    }

    #[test]
    fn equal_quantities_and_dropped_empties_are_no_drift() {
        assert!(!lacks(&json!({"memory": "1Gi"}), &json!({"memory": "1024Mi"})));
        assert!(lacks(&json!({"memory": "1Gi"}), &json!({"memory": "1000Mi"})));
        assert!(!lacks(&json!({}), &json!({"emptyDir": {}})));
        assert!(lacks(&json!({}), &json!({"emptyDir": {"medium": "Memory"}})));
    }

    #[test]
    fn a_field_no_longer_wanted_changes_the_stamp() {
        use k8s_openapi::api::core::v1::ConfigMap;
        let mut one = ConfigMap { data: Some([("a".to_owned(), "1".to_owned())].into()), ..ConfigMap::default() };
        let mut two = ConfigMap::default();
        stamp(&mut one);
        stamp(&mut two);
        assert!(lacks(&serde_json::to_value(&one).unwrap(), &serde_json::to_value(&two).unwrap()));
    }
}
