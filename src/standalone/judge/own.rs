//! What a cluster would add to the manifests: the uid, the namespace, the base URL and the directory's own token.

use super::Wanted;
use crate::api::token::{TokenScope, TokenState};
use crate::api::{DirectoryRef, ScimAccessToken, ScimAccessTokenSpec, ScimDirectory};
use crate::config::Scope;
use crate::manifests::directory_uid;
use crate::standalone::keys::Keys;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The namespace of a directory that names none.
const NAMESPACE: &str = "default";
/// Who holds the directory's own token.
const HOLDER: &str = "directory";

/// The directory's name; the schema lets none without one in.
pub fn name(directory: &ScimDirectory) -> &str {
    directory.metadata.name.as_deref().unwrap_or_default()
}

/// The directory's namespace.
pub fn namespace(directory: &ScimDirectory) -> &str {
    directory.metadata.namespace.as_deref().unwrap_or(NAMESPACE)
}

/// The directory with its namespace and uid.
pub fn identified(directory: &ScimDirectory) -> ScimDirectory {
    let mut identified = directory.clone();
    identified.metadata.namespace = Some(namespace(directory).to_owned());
    identified.metadata.uid = Some(directory_uid(namespace(directory), name(directory)));
    identified
}

/// The public SCIM base; `origin` stands in for `spec.endpoint.baseUrl`.
pub fn base_url(directory: &ScimDirectory, origin: &str) -> String {
    let written = directory.spec.endpoint().base_url;
    format!("{}/scim/v2", written.as_deref().unwrap_or(origin).trim_end_matches('/'))
}

/// The token that every directory has.
pub fn token(directory: &ScimDirectory) -> Wanted {
    let validity = directory.spec.access_token().validity().map(signed);
    Wanted { name: name(directory).to_owned(), scope: Scope::Scim, validity: year_unless(validity), given: None }
}

/// A token of a manifest.
pub fn wanted(token: &ScimAccessToken) -> Wanted {
    let scope = match token.spec.scope {
        TokenScope::Scim => Scope::Scim,
        TokenScope::Access => Scope::Access,
        TokenScope::Admin => Scope::Admin,
    };
    let validity = year_unless(token.spec.validity().map(signed));
    Wanted { name: token.metadata.name.clone().unwrap_or_default(), scope, validity, given: None }
}

/// The directory's own token and those of the manifests, with the dates that decide which of two counts (B117).
pub fn dated(
    directory: &ScimDirectory,
    tokens: &[&ScimAccessToken],
    keys: &Keys,
    now: Timestamp,
) -> Vec<ScimAccessToken> {
    let spec = ScimAccessTokenSpec {
        directory_ref: DirectoryRef::to(name(directory)),
        description: "the directory's own token".to_owned(),
        scope: TokenScope::Scim,
        issued_to: HOLDER.to_owned(),
        validity: None,
        secret_name: None,
    };
    // Without a date it is older than any other.
    let mut all = vec![ScimAccessToken::new(name(directory), spec)];
    for token in tokens {
        let mut token = ScimAccessToken::new(token.metadata.name.as_deref().unwrap_or_default(), token.spec.clone());
        let kept = token.metadata.name.as_deref().and_then(|name| keys.get(name));
        token.metadata.creation_timestamp = time(kept.map_or(now, |kept| kept.issued_at));
        if kept.is_some_and(|kept| kept.expires_at <= now) {
            token.status.get_or_insert_default().state = Some(TokenState::Expired);
        }
        all.push(token);
    }
    all
}

/// A time as the resources write it; the type belongs to the cluster's rooms and is not named here.
fn time<T: DeserializeOwned>(at: Timestamp) -> Option<T> {
    serde_json::from_value(at.to_string().into()).ok()
}

fn signed(validity: Duration) -> SignedDuration {
    SignedDuration::try_from(validity).unwrap_or(SignedDuration::MAX)
}

/// The schema has checked the text; what it lets through and cannot be read means the default (B125).
fn year_unless<E>(validity: Result<SignedDuration, E>) -> SignedDuration {
    validity.unwrap_or(SignedDuration::from_hours(8760))
}
