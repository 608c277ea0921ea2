//! The configuration document: everything of a directory's manifests that its endpoint needs.

use super::SignIn;
use crate::access::{Guard, Ladder, Onboarding, Rule};
use crate::scim::{ResourceTypeDefinition, SchemaDefinition};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

pub use crate::scim::Dialect;

/// Which ScimDirectory a document belongs to. A document of another `uid` is never in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryId {
    /// `metadata.uid`; standalone: UUIDv5 of `namespace/name`.
    pub uid: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The cluster: the uid of its Namespace `kube-system`, or of the directory's own Namespace where that one may not
    /// be read. Empty = not known: in standalone, and in what earlier versions published.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster: String,
}

impl DirectoryId {
    /// Whether a store of `other` is ours to go on with: the same name in the same namespace and, as far as both know
    /// theirs, the same cluster. The uid does not matter: a directory made again under its old name takes its store up
    /// (reading 16).
    pub fn is_same_owner(&self, other: &Self) -> bool {
        let unknown = self.cluster.is_empty() || other.cluster.is_empty();
        (&self.namespace, &self.name) == (&other.namespace, &other.name) && (unknown || self.cluster == other.cluster)
    }
}

/// For people: `namespace/name`, and how the cluster's uid begins where it is known.
impl fmt::Display for DirectoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CLUSTER_CHARS_SHOWN: usize = 8;
        let Self { namespace, name, cluster, .. } = self;
        write!(f, "{namespace}/{name}")?;
        if cluster.is_empty() {
            return Ok(());
        }
        let short: String = cluster.chars().take(CLUSTER_CHARS_SHOWN).collect();
        write!(f, " of the cluster {short}")
    }
}

/// Who starts the run that brings a changed rule to people already there (B065).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SyncPolicy {
    /// One partial run per settled batch of changes, by itself.
    #[default]
    Automatic,
    /// Only a person.
    Manual,
}

/// What DELETE does to a user (reading 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnUserDelete {
    /// The user is gone.
    #[default]
    Delete,
    /// The user stays, inactive.
    Disable,
}

/// How many bytes the body of a request may have; above is 413.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyBytes {
    /// About a user, or a resource of a custom type.
    pub users: u64,
    /// About a group.
    pub groups: u64,
}

impl Default for BodyBytes {
    /// 1 MiB and 64 MiB: a push of a million members fits.
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { users: MIB, groups: 64 * MIB }
    }
}

/// What a bearer token may call (B122).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// `/scim/v2` only.
    Scim,
    /// Reading `/access/v1`.
    Access,
    /// All of `/access/v1`.
    Admin,
}

/// How the SCIM door behaves (`spec.provisioning`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// `/scim/v2` answers 503 with Retry-After (C013).
    pub paused: bool,
    /// The dialect spoken.
    pub dialect: Dialect,
    /// SCIM attributes an active user must have; `givenName` and `familyName` stand for `name.…` (B091, reading 14).
    pub required_attributes: Vec<String>,
    /// The public SCIM base, ending in `/scim/v2`; `meta.location` and `$ref` start with it.
    pub base_url: String,
    // What follows is left out of the text while it says nothing, so that hashes of earlier documents stay.
    /// Whether there are groups; without them `/Groups` answers 501 (B110).
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub serve_groups: bool,
    /// What DELETE does to a user.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_user_delete: OnUserDelete,
    /// How large bodies may be; absent where it is [`BodyBytes::default`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_body_bytes: Option<BodyBytes>,
    /// The schemas that are not built in. `Types::compile` takes them: others are never published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<SchemaDefinition>,
    /// The resource types that are not built in, and what extends those that are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_types: Vec<ResourceTypeDefinition>,
}

impl Profile {
    /// The profile of a directory that says nothing, but that no attribute is required.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            paused: false,
            dialect: Dialect::Auto,
            required_attributes: Vec::new(),
            base_url: base_url.into(),
            serve_groups: true,
            on_user_delete: OnUserDelete::Delete,
            max_body_bytes: None,
            schemas: Vec::new(),
            resource_types: Vec::new(),
        }
    }

    /// What everything public of the directory lies under, without a slash at its end: `/scim/v2`, `/sso`, `/console`.
    pub fn public_url(&self) -> &str {
        let base = self.base_url.trim_end_matches('/');
        base.strip_suffix("/scim/v2").unwrap_or(base)
    }

    /// How large bodies may be.
    pub fn body_bytes(&self) -> BodyBytes {
        self.max_body_bytes.unwrap_or_default()
    }
}

fn yes() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How long records of what was done are kept; what neither limit ends is kept for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRetention {
    /// Seconds after which a record may go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u64>,
    /// How many records are kept, the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_records: Option<u64>,
}

/// One rule and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleEntry {
    /// The content in force.
    pub rule: Rule,
    /// True when the manifest stopped being accepted and this is its last accepted content (C008).
    pub held: bool,
}

impl RuleEntry {
    /// The hash of the rule's content: `sha256:` and 64 hexadecimal digits. `held` is not part of it.
    pub fn hash(&self) -> String {
        rule_hash(&self.rule)
    }
}

/// The hash of a rule's content, as [`RuleEntry::hash`].
pub fn rule_hash(rule: &Rule) -> String {
    sha256(rule)
}

/// The hash of a ladder of roles, as [`Document::roles_hash`].
pub fn ladder_hash(roles: &Ladder) -> String {
    sha256(roles)
}

/// What is kept of a token: never the value (B123).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verifier {
    /// The 16 characters between the underscores of `scim_<tokenId>_<secret>`.
    pub token_id: String,
    /// The ScimAccessToken's name.
    pub name: String,
    /// What the token may call.
    pub scope: Scope,
    /// SHA-256 of the whole value, 64 hexadecimal digits. The secret has 256 random bits, so no slow hash is needed.
    pub sha256: String,
    /// The first instant at which the token no longer works (B125).
    pub expires_at: Timestamp,
}

/// A directory's whole configuration. Lists are sorted by name, so that equal content is equal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Whose configuration this is.
    pub directory: DirectoryId,
    /// The tenant where SCIM is configured.
    pub tenant: String,
    /// The roles, lowest first.
    pub roles: Ladder,
    /// Who starts runs.
    pub sync_policy: SyncPolicy,
    /// How the SCIM door behaves.
    pub profile: Profile,
    /// The rules, sorted by name.
    pub rules: Vec<RuleEntry>,
    /// The tokens that work, sorted by token id.
    pub verifiers: Vec<Verifier>,
    // What follows is left out of the text while it is the default, so that hashes of earlier documents stay.
    /// How much access one change of rules or roles may take (reading 23).
    #[serde(default, skip_serializing_if = "is_default")]
    pub guard: Guard,
    /// How long records are kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub audit: AuditRetention,
    /// How people sign in; `None` = not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
    /// What becomes of people who sign in and hold nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub onboarding: Onboarding,
}

impl Document {
    /// The hash of the content: `sha256:` and 64 hexadecimal digits. Equal documents have equal hashes.
    pub fn content_hash(&self) -> String {
        sha256(self)
    }

    /// The hash of the ladder of roles: another one marks every rule `RolesChanged` (reading 25).
    pub fn roles_hash(&self) -> String {
        ladder_hash(&self.roles)
    }
}

fn sha256(value: &impl Serialize) -> String {
    // Serialising these types cannot fail: string keys only, no maps with other keys, no floats.
    let text = serde_json::to_vec(value).unwrap_or_default();
    let digest = Sha256::digest(&text);
    let mut out = String::with_capacity(71);
    out.push_str("sha256:");
    for byte in digest {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{BodyBytes, DirectoryId, OnUserDelete, Profile};
    use serde_json::json;

    fn corp(cluster: &str) -> DirectoryId {
        let text = |text: &str| text.to_owned();
        DirectoryId { uid: text("u"), namespace: text("hr"), name: text("corp"), cluster: text(cluster) }
    }

    #[test]
    fn an_owner_is_a_name_in_a_namespace_of_a_cluster_and_an_unknown_cluster_is_any() {
        let ours = corp("1a2b3c4d-0000");
        assert!(ours.is_same_owner(&DirectoryId { uid: "another".to_owned(), ..ours.clone() }), "made again");
        assert!(ours.is_same_owner(&corp("")) && corp("").is_same_owner(&ours));
        assert!(!ours.is_same_owner(&corp("9f8e7d6c-0000")));
        assert!(!ours.is_same_owner(&DirectoryId { name: "sales".to_owned(), ..corp("") }));
        assert!(!ours.is_same_owner(&DirectoryId { namespace: "it".to_owned(), ..ours.clone() }));
    }

    #[test]
    fn an_owner_is_shown_with_how_its_clusters_uid_begins() {
        assert_eq!(corp("1a2b3c4d-0000").to_string(), "hr/corp of the cluster 1a2b3c4d");
        assert_eq!(corp("").to_string(), "hr/corp");
    }

    #[test]
    fn an_unknown_cluster_is_not_in_the_text_so_that_hashes_of_earlier_documents_stay() {
        let text = serde_json::to_string(&corp("")).unwrap();
        assert_eq!(text, r#"{"uid":"u","namespace":"hr","name":"corp"}"#);
        assert_eq!(serde_json::from_str::<DirectoryId>(&text).unwrap(), corp(""));
    }

    #[test]
    fn a_profile_that_says_nothing_more_is_written_as_it_was_before_there_was_more_to_say() {
        let text = serde_json::to_string(&Profile::new("http://x/scim/v2")).unwrap();
        let earlier = r#"{"paused":false,"dialect":"Auto","requiredAttributes":[],"baseUrl":"http://x/scim/v2"}"#;
        assert_eq!(text, earlier);
        assert_eq!(serde_json::from_str::<Profile>(earlier).unwrap(), Profile::new("http://x/scim/v2"));
    }

    #[test]
    fn what_a_profile_says_comes_back_as_it_was_written() {
        let schema = json!({"id": "urn:x:y", "attributes": [{"name": "a", "type": "integer", "required": true}]});
        let said = Profile {
            serve_groups: false,
            on_user_delete: OnUserDelete::Disable,
            max_body_bytes: Some(BodyBytes { users: 16_384, groups: 32_768 }),
            schemas: vec![serde_json::from_value(schema.clone()).unwrap()],
            resource_types: vec![serde_json::from_value(json!({"name": "Y", "endpoint": "/Ys"})).unwrap()],
            ..Profile::new("http://x/scim/v2")
        };
        let text = serde_json::to_value(&said).unwrap();
        assert_eq!((&text["serveGroups"], &text["onUserDelete"]), (&json!(false), &json!("Disable")));
        assert_eq!(text["maxBodyBytes"], json!({"users": 16_384, "groups": 32_768}));
        assert_eq!((&text["schemas"], &text["resourceTypes"][0]["name"]), (&json!([schema]), &json!("Y")));
        assert_eq!(serde_json::from_value::<Profile>(text).unwrap(), said);
    }
}
