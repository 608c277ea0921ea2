//! `spec.endpoint.storage`: where users, groups and grants are kept.

use crate::api::reference::SecretKeyRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The volume's size when the directory does not say.
pub const DEFAULT_STORAGE_SIZE: &str = "1Gi";
/// The key of a Secret that holds a database's URL when the directory does not say.
pub const DEFAULT_URL_KEY: &str = "url";
/// The key of a Secret that holds certificates when the directory does not say.
pub const DEFAULT_CA_KEY: &str = "ca.crt";

/// Where users, groups and grants are kept; exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Storage {
    /// An embedded database on a volume of its own: one pod.
    Sqlite(SqliteStorage),
    /// A schema of its own in a PostgreSQL database: as many pods as `replicas` says, and no volume.
    Postgres(PostgresStorage),
}

/// An embedded database on a volume of its own (a PersistentVolumeClaim).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqliteStorage {
    /// The volume's size, in Mi, Gi or Ti. Default: `1Gi`. It may only grow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 8), regex(pattern = r"^[1-9][0-9]{0,5}(Mi|Gi|Ti)$"))]
    pub size: Option<String>,
    /// The volume's StorageClass. Default: the cluster's default class; `""`: a volume that an administrator
    /// prepared. Immutable, also from or to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"))]
    pub storage_class_name: Option<String>,
}

/// A schema of its own in a PostgreSQL database that somebody else looks after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostgresStorage {
    /// The Secret with the database's URL, password included. Required. The pods read it for each new connection, so
    /// a changed password needs no restart.
    pub url_secret_ref: SecretKeyRef,
    /// The Secret with the certificates (PEM) of the authorities that the database's certificate may be of. Default:
    /// none is mounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_secret_ref: Option<SecretKeyRef>,
    /// The database schema, 1 to 40 lower-case letters, digits and `_`, not starting with a digit. Default: `scim_`
    /// and the directory's name with `_` for `-`, so that two directories on one database do not meet. Immutable,
    /// also from or to nothing. Example: `scim_corp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40), regex(pattern = r"^[a-z_][a-z0-9_]{0,39}$"))]
    pub schema: Option<String>,
}

impl Default for Storage {
    fn default() -> Self {
        Self::Sqlite(SqliteStorage::default())
    }
}

impl SqliteStorage {
    /// The effective size of the volume.
    pub fn size(&self) -> &str {
        self.size.as_deref().unwrap_or(DEFAULT_STORAGE_SIZE)
    }
}

impl PostgresStorage {
    /// The effective database schema of the directory of this name; at most 45 characters.
    pub fn schema(&self, directory: &str) -> String {
        self.schema.clone().unwrap_or_else(|| format!("scim_{}", directory.replace('-', "_")))
    }

    /// The effective key of the URL in its Secret.
    pub fn url_key(&self) -> &str {
        self.url_secret_ref.key_or(DEFAULT_URL_KEY)
    }

    /// The Secret of the certificates and the effective key in it, if there is one.
    pub fn ca(&self) -> Option<(&str, &str)> {
        self.ca_secret_ref.as_ref().map(|secret| (secret.name.as_str(), secret.key_or(DEFAULT_CA_KEY)))
    }
}
