//! The Secrets that a directory's spec names, for the pods to read. The operator sees no more of them than that they
//! are there and whose they say they are.
//!
//! Without the label whoever may write directories could have any Secret of the namespace mounted. The client secret
//! goes further than a mount: the endpoint sends it to whatever address the directory calls its provider. The
//! operator's own Secrets and those of the store bear the label too, and are never sent anywhere.

use crate::api::directory::{Oidc, Storage};
use crate::api::reason::{INVALID_SPEC, Reason, SECRET_NOT_FOUND, SECRET_NOT_LABELLED};
use crate::api::{self, ScimDirectory, label};
use crate::manifests::Refusal;
use crate::operator::Error;
use crate::operator::context::Context;
use crate::operator::runtime::{FIELD_MANAGER, Key, MANAGED_BY};
use crate::operator::token::secret::TOKEN;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;

/// What a Secret that a spec names is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The store: without it there is no endpoint.
    Store,
    /// Sign-in: without it people do not sign in, and everything else goes on (B004).
    SignIn,
}

/// A Secret that a spec names, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSecret {
    /// What it is for.
    pub purpose: Purpose,
    /// The field that names it.
    pub field: &'static str,
    /// Its name.
    pub name: String,
    /// What it says of itself, when it is there.
    pub found: Option<Labels>,
}

/// Whose a Secret is, by its metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// Which directory its label names.
    pub directory: Option<String>,
    /// Whether the operator made it: an API key, the admin listener's key, the verifiers.
    pub is_operators: bool,
}

impl Labels {
    /// The Secret's type is not among its metadata; whoever could take away all of these may read it anyhow.
    fn of(secret: &PartialObjectMeta<Secret>) -> Self {
        let labels = secret.labels();
        let managed = labels.get(MANAGED_BY).is_some_and(|by| by == FIELD_MANAGER);
        let prefix = format!("{}/", api::GROUP);
        let owned = secret.owner_references().iter().any(|owner| owner.api_version.starts_with(&prefix));
        Self {
            directory: labels.get(label::DIRECTORY).cloned(),
            is_operators: managed || owned || labels.contains_key(TOKEN),
        }
    }
}

/// The field that names the client secret.
pub const CLIENT_SECRET: &str = "spec.sso.oidc.clientSecretRef";
/// The field that names the certificates of the provider's authorities.
pub const PROVIDER_CA: &str = "spec.sso.oidc.caSecretRef";

/// The Secrets that a directory names: purpose, field and name.
pub fn names(directory: &ScimDirectory) -> Vec<(Purpose, &'static str, String)> {
    let mut names = Vec::new();
    if let Storage::Postgres(postgres) = directory.spec.endpoint().storage() {
        names.push((Purpose::Store, "spec.endpoint.storage.postgres.urlSecretRef", postgres.url_secret_ref.name));
        let ca = postgres.ca_secret_ref.map(|secret| secret.name);
        names.extend(ca.map(|name| (Purpose::Store, "spec.endpoint.storage.postgres.caSecretRef", name)));
    }
    let oidc = directory.spec.sso.oidc();
    let client_secret = oidc.and_then(Oidc::client_secret).map(|(name, _)| (CLIENT_SECRET, name));
    let ca = oidc.and_then(Oidc::ca).map(|(name, _)| (PROVIDER_CA, name));
    names.extend([client_secret, ca].into_iter().flatten().map(|(field, name)| {
        let name = name.to_owned();
        (Purpose::SignIn, field, name)
    }));
    names
}

/// Looks at them. One that is not among those with our label is asked for: it may be there without.
pub async fn read(ctx: &Context, directory: &ScimDirectory, key: &Key) -> Result<Vec<NamedSecret>, Error> {
    let mut read = Vec::new();
    for (purpose, field, name) in names(directory) {
        let secret = key.sibling(&name).object_ref::<PartialObjectMeta<Secret>>();
        let found = match ctx.stores.secrets.get(&secret) {
            Some(secret) => Some(Labels::of(&secret)),
            None => {
                let found = ctx.api::<Secret>(&key.namespace).get_metadata_opt(&name).await;
                found
                    .map_err(|e| Error::kube("look for a Secret that the directory names", e))?
                    .as_ref()
                    .map(Labels::of)
            }
        };
        read.push(NamedSecret { purpose, field, name, found });
    }
    Ok(read)
}

/// Why the directory cannot have one of those for this purpose, if so.
pub fn refusal(secrets: &[NamedSecret], purpose: Purpose, directory: &str) -> Option<Refusal> {
    let mut wanted = secrets.iter().filter(|secret| secret.purpose == purpose);
    wanted.find_map(|secret| {
        let NamedSecret { purpose: _, field, name, found: _ } = secret;
        let (reason, what) = objection(secrets, secret, directory)?;
        Some(Refusal::new(reason, field, format!("{field}: the Secret {name:?} {what}")))
    })
}

/// What speaks against one of those, if anything: the end of a sentence that begins with the Secret.
pub fn objection(secrets: &[NamedSecret], secret: &NamedSecret, directory: &str) -> Option<(Reason, String)> {
    let NamedSecret { purpose: _, field, name, found } = secret;
    let is_sent = *field == CLIENT_SECRET;
    if is_sent && secrets.iter().any(|other| other.purpose == Purpose::Store && other.name == *name) {
        let what = "is the store's: make a Secret of its own for the sign-in, with nothing but the client secret in it";
        return Some((INVALID_SPEC, what.to_owned()));
    }
    let wanted = format!("{}: {directory}", label::DIRECTORY);
    let Some(Labels { directory: whose, is_operators }) = found else {
        return Some((SECRET_NOT_FOUND, format!("is not in this namespace: make it, with the label {wanted}")));
    };
    if is_sent && *is_operators {
        let what = "is one that the operator made: make a Secret of its own for the sign-in, with nothing but the \
                    client secret in it";
        return Some((INVALID_SPEC, what.to_owned()));
    }
    let what = match whose {
        Some(whose) if whose == directory => return None,
        Some(whose) => format!("is for the directory {whose:?} by its label: it needs the label {wanted}"),
        None => format!("does not say that it is for this directory: whoever looks after it adds the label {wanted}"),
    };
    Some((SECRET_NOT_LABELLED, what))
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
        let found = found.map(|whose| Labels { directory: whose.map(str::to_owned), is_operators: false });
        let field = "spec.endpoint.storage.postgres.urlSecretRef";
        NamedSecret { purpose: Purpose::Store, field, name: "db".to_owned(), found }
    }

    fn refused(secrets: &[NamedSecret]) -> Option<(&'static str, String)> {
        refusal(secrets, Purpose::Store, "acme").map(|refusal| (refusal.reason.name, refusal.message))
    }

    #[test]
    fn a_directory_names_the_secrets_of_its_database_and_none_without_one() {
        assert_eq!(names(&directory(json!({"sqlite": {}}))), []);
        let both = json!({"postgres": {"urlSecretRef": {"name": "db"}, "caSecretRef": {"name": "ca", "key": "x"}}});
        let found: Vec<String> = names(&directory(both)).into_iter().map(|(_, _, name)| name).collect();
        assert_eq!(found, ["db", "ca"]);
    }

    #[test]
    fn b004_the_secrets_of_sign_in_are_named_and_never_stand_in_the_way_of_the_rest() {
        let mut directory = directory(json!({"postgres": {"urlSecretRef": {"name": "db"}}}));
        directory.spec.sso = serde_json::from_value(json!({"oidc": {
            "issuer": "https://login.example.com", "clientId": "acme", "clientSecretRef": {"name": "idp"},
            "caSecretRef": {"name": "idp-ca"}, "subject": {"claim": "sub", "attribute": "externalId"},
        }}))
        .unwrap();
        let fields: Vec<_> = names(&directory).into_iter().map(|(purpose, field, _)| (purpose, field)).collect();
        assert_eq!(
            fields.get(1..),
            Some([(Purpose::SignIn, CLIENT_SECRET), (Purpose::SignIn, PROVIDER_CA)].as_slice())
        );
        let name = "idp".to_owned();
        let missing = NamedSecret { purpose: Purpose::SignIn, field: CLIENT_SECRET, name, found: None };
        assert_eq!(refused(&[secret(Some(Some("acme"))), missing.clone()]), None);
        let message = refusal(&[missing], Purpose::SignIn, "acme").unwrap().message;
        assert!(message.starts_with("spec.sso.oidc.clientSecretRef: the Secret \"idp\" is not in"), "{message}");
    }

    fn client_secret(name: &str, is_operators: bool) -> NamedSecret {
        let found = Some(Labels { directory: Some("acme".to_owned()), is_operators });
        NamedSecret { purpose: Purpose::SignIn, field: CLIENT_SECRET, name: name.to_owned(), found }
    }

    #[test]
    fn b029_what_the_operator_made_and_what_opens_the_store_is_never_sent_to_a_provider() {
        let message =
            |secrets: &[NamedSecret]| refusal(secrets, Purpose::SignIn, "acme").map(|refusal| refusal.message);
        let store = || secret(Some(Some("acme")));
        assert_eq!(message(&[store(), client_secret("idp", false)]), None);
        let expected = "spec.sso.oidc.clientSecretRef: the Secret \"acme\" is one that the operator made: make a \
                        Secret of its own for the sign-in, with nothing but the client secret in it";
        assert_eq!(message(&[store(), client_secret("acme", true)]).as_deref(), Some(expected));
        let expected = "spec.sso.oidc.clientSecretRef: the Secret \"db\" is the store's: make a Secret of its own for \
                        the sign-in, with nothing but the client secret in it";
        assert_eq!(message(&[store(), client_secret("db", false)]).as_deref(), Some(expected));
        assert_eq!(refused(&[store(), client_secret("db", false)]), None, "the store is still the store's");
    }

    #[test]
    fn b029_the_operators_own_secrets_are_known_by_label_token_or_owner() {
        let labels = |metadata: Value| {
            let secret = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata});
            Labels::of(&serde_json::from_value(secret).unwrap())
        };
        let own = |key: &str, value: &str| json!({"labels": {(label::DIRECTORY): "acme", (key): value}});
        let owner = |api_version: &str| {
            let owner = json!({"apiVersion": api_version, "kind": "K", "name": "n", "uid": "u"});
            json!({"labels": {(label::DIRECTORY): "acme"}, "ownerReferences": [owner]})
        };
        for (metadata, is_operators) in [
            (own(MANAGED_BY, FIELD_MANAGER), true),
            (own(TOKEN, "acme"), true),
            (owner("scim-operator.dev/v1alpha1"), true),
            (own(MANAGED_BY, "Helm"), false),
            (owner("external-secrets.io/v1"), false),
        ] {
            let expected = Labels { directory: Some("acme".to_owned()), is_operators };
            assert_eq!(labels(metadata.clone()), expected, "{metadata}");
        }
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
