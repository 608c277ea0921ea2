//! The Secrets that a directory's spec names, for the pods to read. The operator sees no more of them than that they
//! are there and whose they say they are.
//!
//! Without the label whoever may write directories could have any Secret of the namespace mounted.

use crate::api::directory::Storage;
use crate::api::reason::{SECRET_NOT_FOUND, SECRET_NOT_LABELLED};
use crate::api::{ScimDirectory, label};
use crate::manifests::Refusal;
use crate::operator::Error;
use crate::operator::context::Context;
use crate::operator::runtime::Key;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;

/// A Secret that a spec names, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSecret {
    /// The field that names it.
    pub field: &'static str,
    /// Its name.
    pub name: String,
    /// Whether it is there, and which directory its label names.
    pub found: Option<Option<String>>,
}

/// The Secrets that a directory names: field and name.
pub fn names(directory: &ScimDirectory) -> Vec<(&'static str, String)> {
    let Storage::Postgres(postgres) = directory.spec.endpoint().storage() else { return Vec::new() };
    let url = ("spec.endpoint.storage.postgres.urlSecretRef", postgres.url_secret_ref.name);
    let ca = postgres.ca_secret_ref.map(|secret| ("spec.endpoint.storage.postgres.caSecretRef", secret.name));
    std::iter::once(url).chain(ca).collect()
}

/// Looks at them. One that is not among those with our label is asked for: it may be there without.
pub async fn read(ctx: &Context, directory: &ScimDirectory, key: &Key) -> Result<Vec<NamedSecret>, Error> {
    let mut read = Vec::new();
    for (field, name) in names(directory) {
        let secret = key.sibling(&name).object_ref::<PartialObjectMeta<Secret>>();
        let found = match ctx.stores.secrets.get(&secret) {
            Some(secret) => Some(whose(&secret)),
            None => {
                let found = ctx.api::<Secret>(&key.namespace).get_metadata_opt(&name).await;
                found.map_err(|e| Error::kube("look for a Secret that the directory names", e))?.as_ref().map(whose)
            }
        };
        read.push(NamedSecret { field, name, found });
    }
    Ok(read)
}

fn whose(secret: &PartialObjectMeta<Secret>) -> Option<String> {
    secret.labels().get(label::DIRECTORY).cloned()
}

/// Why the directory cannot have one of them, if so.
pub fn refusal(secrets: &[NamedSecret], directory: &str) -> Option<Refusal> {
    let wanted = format!("{}: {directory}", label::DIRECTORY);
    secrets.iter().find_map(|NamedSecret { field, name, found }| {
        let (reason, what) = match found {
            None => (SECRET_NOT_FOUND, format!("is not in this namespace: make it, with the label {wanted}")),
            Some(Some(whose)) if whose == directory => return None,
            Some(Some(whose)) => (
                SECRET_NOT_LABELLED,
                format!("is for the directory {whose:?} by its label: it needs the label {wanted}"),
            ),
            Some(None) => (
                SECRET_NOT_LABELLED,
                format!("does not say that it is for this directory: whoever looks after it adds the label {wanted}"),
            ),
        };
        Some(Refusal::new(reason, field, format!("{field}: the Secret {name:?} {what}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn directory(storage: Value) -> ScimDirectory {
        serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory", "metadata": {"name": "acme"},
            "spec": {
                "displayName": "Acme", "tenant": "main", "sso": {"none": {}}, "endpoint": {"storage": storage},
            },
        }))
        .unwrap()
    }

    fn secret(found: Option<Option<&str>>) -> NamedSecret {
        let found = found.map(|whose| whose.map(str::to_owned));
        NamedSecret { field: "spec.endpoint.storage.postgres.urlSecretRef", name: "db".to_owned(), found }
    }

    fn refused(secrets: &[NamedSecret]) -> Option<(&'static str, String)> {
        refusal(secrets, "acme").map(|refusal| (refusal.reason.name, refusal.message))
    }

    #[test]
    fn a_directory_names_the_secrets_of_its_database_and_none_without_one() {
        assert_eq!(names(&directory(json!({"sqlite": {}}))), []);
        let both = json!({"postgres": {"urlSecretRef": {"name": "db"}, "caSecretRef": {"name": "ca", "key": "x"}}});
        let found: Vec<String> = names(&directory(both)).into_iter().map(|(_, name)| name).collect();
        assert_eq!(found, ["db", "ca"]);
    }

    #[test]
    fn a_secret_that_is_not_there_is_waited_for() {
        let message = "spec.endpoint.storage.postgres.urlSecretRef: the Secret \"db\" is not in this namespace: make \
                       it, with the label scim-operator.dev/directory: acme";
        assert_eq!(refused(&[secret(None)]), Some(("SecretNotFound", message.to_owned())));
    }

    #[test]
    fn a_secret_that_does_not_say_that_it_is_for_this_directory_is_not_mounted() {
        let reason = |found| refused(&[secret(Some(found))]).map(|(reason, _)| reason);
        assert_eq!(reason(Some("acme")), None);
        for found in [None, Some("other"), Some(""), Some("ACME"), Some("acme ")] {
            assert_eq!(reason(found), Some("SecretNotLabelled"), "{found:?}");
        }
        let (_, message) = refused(&[secret(Some(Some("acme"))), secret(Some(Some("other")))]).unwrap();
        assert!(message.contains("is for the directory \"other\" by its label"), "{message}");
    }
}
