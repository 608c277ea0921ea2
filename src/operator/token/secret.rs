//! A token's plaintext Secret: created once, immutable, read back, never written again (B029, B123, B126).

use super::Kept;
use super::value;
use crate::api::token::TokenScope;
use crate::api::{self, ScimAccessToken, label};
use crate::config::{Scope, Verifier};
use crate::operator::context::Context;
use crate::operator::directory::ownership::{Owner, owner};
use crate::operator::runtime::{FIELD_MANAGER, Key};
use crate::operator::{ApiAnswer, Error, tls};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt;
use kube::api::{ObjectMeta, PostParams};
use secrecy::{ExposeSecret, SecretString};

/// The Secret's type.
pub const TYPE: &str = "scim-operator.dev/access-token";
/// Label of a plaintext Secret: its ScimAccessToken's name.
pub const TOKEN: &str = "scim-operator.dev/token";

/// What is at the place of a token's Secret.
#[derive(Debug)]
pub enum Place {
    /// Nothing.
    Empty,
    /// The token's own Secret, hashed.
    Ours(Kept),
    /// The Secret of an earlier token of this name: it is being collected.
    Previous,
    /// Somebody else's object.
    Another,
}

/// Looks at the place of the token's Secret.
pub async fn look(ctx: &Context, token: &ScimAccessToken) -> Result<Place, Error> {
    let key = key(token);
    let secret = ctx.api::<Secret>(&key.namespace).get_opt(&key.name).await;
    match secret.map_err(|e| Error::kube("read a token's Secret", e))? {
        None => Ok(Place::Empty),
        Some(secret) => judge(&secret, token),
    }
}

fn judge(secret: &Secret, token: &ScimAccessToken) -> Result<Place, Error> {
    let uid = token.metadata.uid.as_deref().unwrap_or_default();
    match owner(&secret.metadata, "ScimAccessToken", &token.name_any(), uid) {
        Owner::Previous => Ok(Place::Previous),
        Owner::Another => Ok(Place::Another),
        Owner::Us => kept(secret, token).map(Place::Ours),
    }
}

/// Makes the Secret. `base_url` is the SCIM base as of now.
pub async fn create(ctx: &Context, token: &ScimAccessToken, base_url: &str) -> Result<(), Error> {
    let minted = value::mint(&mut value::random)?;
    let secret = build(token, base_url, &minted);
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    ctx.metrics.wrote("Secret");
    match ctx.api::<Secret>(&key(token).namespace).create(&params, &secret).await {
        Ok(_) => Ok(()),
        // Somebody was faster; the next look says who.
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(Error::kube("make a token's Secret", error)),
    }
}

fn build(token: &ScimAccessToken, base_url: &str, minted: &value::Minted) -> Secret {
    let data = [("apiKey", minted.value.expose_secret()), ("baseUrl", base_url), ("tokenId", minted.token_id.as_str())];
    let labels = [
        (label::DIRECTORY, token.spec.directory_ref.name.clone()),
        (TOKEN, token.name_any()),
        ("app.kubernetes.io/managed-by", FIELD_MANAGER.to_owned()),
    ];
    Secret {
        metadata: ObjectMeta {
            name: Some(token.spec.secret_name(&token.name_any())),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value)).into()),
            owner_references: Some(vec![OwnerReference {
                api_version: format!("{}/{}", api::GROUP, api::VERSION),
                kind: "ScimAccessToken".to_owned(),
                name: token.name_any(),
                uid: token.metadata.uid.clone().unwrap_or_default(),
                controller: Some(true),
                block_owner_deletion: None,
            }]),
            ..ObjectMeta::default()
        },
        data: Some(tls::bytes(&data)),
        immutable: Some(true),
        type_: Some(TYPE.to_owned()),
        ..Secret::default()
    }
}

/// Where the token's Secret is.
pub fn key(token: &ScimAccessToken) -> Key {
    Key::of(token).sibling(token.spec.secret_name(&token.name_any()))
}

fn kept(secret: &Secret, token: &ScimAccessToken) -> Result<Kept, Error> {
    let damaged =
        |detail: &str| Error::Damaged { what: format!("Secret {}", secret.name_any()), detail: detail.to_owned() };
    let value: SecretString = tls::text(secret, "apiKey").ok_or_else(|| damaged("it has no apiKey"))?.into();
    let token_id = value::token_id(&value).ok_or_else(|| damaged("its apiKey is no token value"))?;
    let issued_at = secret.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let issued_at = issued_at.ok_or_else(|| damaged("it has no creation time"))?;
    let validity = token.spec.validity().map_err(|error| damaged(&error.to_string()))?;
    let validity = SignedDuration::try_from(validity).unwrap_or(SignedDuration::MAX);
    Ok(Kept {
        verifier: Verifier {
            token_id: token_id.to_owned(),
            name: token.name_any(),
            scope: scope(token.spec.scope),
            sha256: value::digest(&value),
            expires_at: issued_at.checked_add(validity).unwrap_or(Timestamp::MAX),
        },
        token_uid: token.metadata.uid.clone().unwrap_or_default(),
        issued_at,
    })
}

fn scope(scope: TokenScope) -> Scope {
    match scope {
        TokenScope::Scim => Scope::Scim,
        TokenScope::Access => Scope::Access,
        TokenScope::Admin => Scope::Admin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::json;

    fn token(uid: &str) -> ScimAccessToken {
        serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimAccessToken",
            "metadata": {"name": "okta", "namespace": "ns", "uid": uid},
            "spec": {"directoryRef": {"name": "acme"}, "description": "d", "scope": "Scim", "issuedTo": "okta"},
        }))
        .unwrap()
    }

    fn secret(uid: &str) -> (Secret, value::Minted) {
        let minted = value::mint(&mut value::random).unwrap();
        let mut secret = build(&token(uid), "http://acme-scim/scim/v2", &minted);
        secret.metadata.creation_timestamp = Some(Time("2026-01-01T00:00:00Z".parse().unwrap()));
        (secret, minted)
    }

    #[test]
    fn b029_the_secret_has_the_three_keys_and_is_immutable() {
        let (secret, minted) = secret("one");
        assert_eq!(secret.data.as_ref().unwrap().keys().collect::<Vec<_>>(), ["apiKey", "baseUrl", "tokenId"]);
        assert_eq!(secret.immutable, Some(true));
        assert_eq!(secret.type_.as_deref(), Some("scim-operator.dev/access-token"));
        assert_eq!(secret.name_any(), "okta-scim-api-key");
        assert_eq!(tls::text(&secret, "tokenId"), Some(minted.token_id));
    }

    #[test]
    fn b125_a_token_works_for_a_year_from_its_making() {
        let (secret, minted) = secret("one");
        let Place::Ours(kept) = judge(&secret, &token("one")).unwrap() else { panic!("not ours") };
        assert_eq!(kept.verifier.expires_at.to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(kept.verifier.sha256, value::digest(&minted.value));
        assert!(!format!("{kept:?}").contains(minted.value.expose_secret()));
    }

    #[test]
    fn b126_a_token_made_anew_does_not_take_up_the_old_value() {
        let (secret, _) = secret("one");
        assert!(matches!(judge(&secret, &token("two")).unwrap(), Place::Previous));
        let mut foreign = secret;
        foreign.metadata.owner_references = None;
        assert!(matches!(judge(&foreign, &token("one")).unwrap(), Place::Another));
    }

    #[test]
    fn a_damaged_secret_is_named_and_its_value_is_not() {
        let (mut secret, _) = secret("one");
        secret.data = Some(tls::bytes(&[("apiKey", "not-a-value")]));
        let error = judge(&secret, &token("one")).unwrap_err().to_string();
        assert!(error.contains("okta-scim-api-key") && !error.contains("not-a-value"), "{error}");
    }
}
