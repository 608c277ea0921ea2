//! The names and labels of a directory's children. Frozen: selectors and people's scripts depend on them.

use crate::api::label;
use crate::operator::runtime::{FIELD_MANAGER, Key};
use std::collections::BTreeMap;

/// The names of one directory's children.
#[derive(Debug, Clone)]
pub struct Names(Key);

macro_rules! child_names {
    ($($(#[doc = $doc:literal])+ $function:ident => $suffix:literal;)*) => {
        impl Names {
            $($(#[doc = $doc])+
            pub fn $function(&self) -> String {
                format!(concat!("{}", $suffix), self.0.name)
            })*
        }
    };
}

child_names! {
    /// ServiceAccount, Deployment, NetworkPolicy and PodDisruptionBudget.
    endpoint => "-endpoint";
    /// The Secret of the admin listener's certificate.
    admin_tls => "-endpoint-admin-tls";
    /// The Secret of the token hashes.
    verifiers => "-token-verifiers";
    /// The PersistentVolumeClaim.
    data => "-endpoint-data";
    /// The Service of the public port.
    public_service => "-scim";
    /// The Service of the access port.
    access_service => "-access";
    /// The headless Service of the admin port.
    admin_service => "-endpoint-admin";
    /// The Secret of the directory's own API key.
    api_key => "-scim-api-key";
}

impl Names {
    /// The names of the directory at this place.
    pub fn of(directory: &Key) -> Self {
        Self(directory.clone())
    }

    /// The name in the admin listener's certificate.
    pub fn admin_server_name(&self) -> String {
        format!("{}.{}.svc", self.admin_service(), self.0.namespace)
    }

    /// The directory's own token bears its name.
    pub fn token(&self) -> &str {
        &self.0.name
    }

    /// The value of the owner annotation.
    pub fn owner(&self) -> String {
        self.0.to_string()
    }

    /// What selects the endpoint's pods. Never changes: a Deployment's selector is immutable.
    pub fn selector(&self) -> BTreeMap<String, String> {
        labels([
            ("app.kubernetes.io/name", "scim-endpoint"),
            ("app.kubernetes.io/component", "endpoint"),
            (label::DIRECTORY, &self.0.name),
        ])
    }

    /// The labels of every child. Never `app.kubernetes.io/instance`: Argo tracks by it.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut all = self.selector();
        all.extend(labels([
            ("app.kubernetes.io/part-of", "scim-operator"),
            ("app.kubernetes.io/managed-by", FIELD_MANAGER),
        ]));
        all
    }
}

/// Labels or annotations from pairs.
pub fn labels<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
