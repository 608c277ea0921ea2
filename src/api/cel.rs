//! The CEL rules of the four kinds, with messages that say what to write.
//!
//! The API server estimates a rule's cost from the bounds of the fields it names and refuses a definition whose rules
//! may cost too much. `.?field` and `orValue` lose those bounds (measured: "exceeds budget by factor of more than
//! 100x" on 1.35), hence the `has()` chains. A transition rule on an optional field sits on the parent: on the field
//! itself it would let unset become set.

use kube::core::{Reason, Rule};

/// `metadata.name`, at most `max` characters; sits on the root.
pub fn name(max: u32) -> Rule {
    Rule::new(format!(
        "self.metadata.name.size() <= {max} && \
        self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')"
    ))
    .message(
        format!(
            "metadata.name: write at most {max} lower-case letters, digits and '-', starting and ending \
            with a letter or digit"
        )
        .as_str(),
    )
}

/// A directory's `metadata.name`; sits on the root.
pub fn directory_name() -> Rule {
    Rule::new("self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')").message(
        "metadata.name: write at most 40 lower-case letters, digits and '-', starting with a letter and ending \
             with a letter or digit; children of the directory get suffixes",
    )
}

/// A required field that never changes.
pub fn immutable(field: &str, instead: &str) -> Rule {
    Rule::new("self == oldSelf").message(format!("{field} is immutable: {instead}").as_str())
}

/// An optional field of `self` that never changes, neither from nor to nothing; sits on its parent.
pub fn immutable_option(path: &str, field: &str, instead: &str) -> Rule {
    Rule::new(format!(
        "has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == \
        oldSelf.{field})"
    ))
    .message(format!("{path}.{field} is immutable: {instead}").as_str())
    .field_path(format!(".{field}"))
}

/// A token's validity: a duration within sensible bounds.
pub fn validity(path: &str) -> Rule {
    Rule::new("duration(self) >= duration('1s') && duration(self) <= duration('87600h')")
        .message(format!("{path}: write a duration from 1s to 87600h, such as 8760h for a year").as_str())
}

/// For how long records are kept: a duration within sensible bounds.
pub fn retention(path: &str) -> Rule {
    Rule::new("duration(self) >= duration('1h') && duration(self) <= duration('876000h')")
        .message(format!("{path}: write a duration from 1h to 876000h, such as 17520h for two years").as_str())
}

/// The sign-in choice was made (B002); sits on the spec, since the schema's own "Required value" would not say what
/// to write.
pub fn sso_is_chosen() -> Rule {
    Rule::new("has(self.sso) && (has(self.sso.oidc) != has(self.sso.none))")
        .message(
            "spec.sso is a required choice, since SCIM presupposes single sign-on: write exactly one \
            choice: `sso: {oidc: {issuer: https://login.example.com, clientId: corp, subject: {claim: sub, attribute: \
            externalId}}}` when people sign in here, or write `sso: {none: {}}` when people sign in elsewhere",
        )
        .field_path(".sso")
        .reason(Reason::FieldValueRequired)
}

/// Nobody is onboarded who cannot sign in; sits on the spec.
pub fn onboarding_needs_sign_in() -> Rule {
    Rule::new(
        "!has(self.autoOnboarding) || !has(self.autoOnboarding.enabled) || !self.autoOnboarding.enabled || \
        (has(self.sso) && has(self.sso.oidc))",
    )
    .message(
        "spec.autoOnboarding.enabled: people are onboarded when they sign in, and nobody signs in here: write false, \
        or name the provider in spec.sso.oidc",
    )
    .field_path(".autoOnboarding.enabled")
}

/// What an issuer says is protected on its way, unless it does not leave the machine.
pub fn issuer_is_https() -> Rule {
    Rule::new(
        "self.startsWith('https://') || self.startsWith('http://[::1]') || \
        self.matches('^http://(localhost|127[.]0[.]0[.]1)(:[0-9]+)?(/|$)')",
    )
    .message(
        "spec.sso.oidc.issuer: write an https address, such as https://login.example.com; http is for a provider on \
        localhost",
    )
}

/// An issuer is not the address of the document that describes it.
pub fn issuer_is_no_document() -> Rule {
    Rule::new("!self.contains('/.well-known/')").message(
        "spec.sso.oidc.issuer: write the issuer alone, without /.well-known/openid-configuration, which is added",
    )
}

/// Without `openid` a provider answers no ID token.
pub fn openid_is_asked_for() -> Rule {
    Rule::new("self.exists(scope, scope == 'openid')")
        .message("spec.sso.oidc.scopes: write openid too: without it the provider does not say who signs in")
}

/// The roles are all different.
pub fn roles_differ() -> Rule {
    Rule::new("self.all(role, self.exists_one(other, other == role))").message(
        "spec.roles: write each role once, \
        lowest first",
    )
}

/// A directory keeps its kind of store; sits on the spec.
pub fn storage_choice_is_immutable() -> Rule {
    let on_postgres = |spec: &str| {
        let (endpoint, storage) = (format!("{spec}.endpoint"), format!("{spec}.endpoint.storage"));
        format!("(has({endpoint}) && has({storage}) && has({storage}.postgres))")
    };
    Rule::new(format!("{} == {}", on_postgres("self"), on_postgres("oldSelf"))).message(
        "spec.endpoint.storage: the choice between sqlite and postgres is immutable (left out it is sqlite): write \
        the old choice; to move the data, make a new directory",
    )
}

/// The volume keeps its size or grows; sits on the spec.
pub fn storage_size_only_grows() -> Rule {
    let (new, old) = (stored("self", "sqlite", "size", "1Gi"), stored("oldSelf", "sqlite", "size", "1Gi"));
    Rule::new(format!("quantity({new}).compareTo(quantity({old})) >= 0")).message(
        "spec.endpoint.storage.sqlite.size: write the old size or a larger one; a volume cannot shrink (left out \
        it is 1Gi)",
    )
}

/// The volume keeps its class; sits on the spec.
pub fn storage_class_is_immutable() -> Rule {
    unchanged("sqlite", "storageClassName", "-").message(
        "spec.endpoint.storage.sqlite.storageClassName is immutable: write the old value; to move the data, make a \
        new directory",
    )
}

/// The database keeps its schema; sits on the spec.
pub fn storage_schema_is_immutable() -> Rule {
    unchanged("postgres", "schema", "").message(
        "spec.endpoint.storage.postgres.schema is immutable: write the old value, or leave it out if it was; to move \
        the data, make a new directory",
    )
}

/// A field of a storage is what it was, neither from nor to nothing; `absent` is a value that it cannot have.
fn unchanged(choice: &str, field: &str, absent: &str) -> Rule {
    Rule::new(format!("{} == {}", stored("self", choice, field, absent), stored("oldSelf", choice, field, absent)))
}

/// A field of a choice of `spec.endpoint.storage`, or `otherwise` where it or a parent is left out.
fn stored(spec: &str, choice: &str, field: &str, otherwise: &str) -> String {
    let (endpoint, storage) = (format!("{spec}.endpoint"), format!("{spec}.endpoint.storage"));
    let chosen = format!("{storage}.{choice}");
    format!(
        "(has({endpoint}) && has({storage}) && has({chosen}) && has({chosen}.{field}) ? {chosen}.{field} : \
        '{otherwise}')"
    )
}

/// There is one storage.
pub fn one_storage() -> Rule {
    Rule::new("has(self.sqlite) != has(self.postgres)").message(
        "spec.endpoint.storage: write exactly one of `storage: {sqlite: {}}` and `storage: {postgres: {urlSecretRef: \
        {name: corp-database}}}`",
    )
}

/// Several replicas have a store that they can share; sits on the endpoint.
pub fn several_replicas_share_a_store() -> Rule {
    Rule::new("!has(self.replicas) || self.replicas <= 1 || (has(self.storage) && has(self.storage.postgres))")
        .message(
            "spec.endpoint.replicas: write 1, or a database that several pods share: `storage: {postgres: \
            {urlSecretRef: {name: corp-database}}}`; sqlite is one volume for one pod",
        )
        .field_path(".replicas")
}

/// The base URL is an origin with an optional prefix.
pub fn origin_and_prefix() -> Rule {
    Rule::new("!self.endsWith('/') && !self.endsWith('/scim/v2')").message(
        "spec.endpoint.baseUrl: write the origin and an optional prefix without a '/' at the end, such as \
         https://scim.example.com; /scim/v2 is added",
    )
}

/// A union that has one choice so far.
pub fn only_choice(path: &str, choice: &str, example: &str) -> Rule {
    Rule::new(format!("has(self.{choice})")).message(format!("{path}: choose one; write `{example}`").as_str())
}

/// A rule names its group in one way.
pub fn one_group_selector() -> Rule {
    Rule::new("[has(self.displayName), has(self.externalId), has(self.id)].filter(given, given).size() == 1").message(
        "spec.idpGroup: write exactly one of displayName, externalId or id, such as `idpGroup: {displayName: \
        HR-Designers}`",
    )
}

/// A run has one scope.
pub fn one_sync_scope() -> Rule {
    Rule::new("has(self.rules) != has(self.all)")
        .message("spec.scope: write exactly one of `scope: {rules: [hr-designers]}` and `scope: {all: {}}`")
}
