//! The Secret in the operator's namespace that keeps the authority of the admin API and, while that is being replaced,
//! the next one or the one before. Only the leader writes it, against the version it read.
//!
//! `tls.crt`, `tls.key`: who signs. `next.crt`, `next.key`: who will. `previous.crt`: who did.

use super::authority::{AUTHORITY_VALIDITY, Authority};
use super::rotation::{Authorities, Dated, Stage};
use super::secret::{NOT_AFTER, text};
use crate::operator::runtime::FIELD_MANAGER;
use crate::operator::runtime::conditions::seconds;
use crate::operator::{ApiAnswer, Error};
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The Secret's name.
pub const AUTHORITY_SECRET: &str = "scim-operator-ca";
/// Annotation by which a person has the authority replaced: any value that it did not have before.
pub const ROTATE: &str = "scim-operator.dev/rotate-ca";
/// Annotation: the value of [`ROTATE`] that the last replacement was begun for.
const BEGUN_FOR: &str = "scim-operator.dev/rotate-ca-begun-for";
/// Annotation: until when the next authority is valid.
const NEXT_NOT_AFTER: &str = "scim-operator.dev/next-not-after";
/// Annotation: since when every endpoint's Secret has been as the stage of the replacement wants it.
const IN_PLACE_SINCE: &str = "scim-operator.dev/in-place-since";

/// What the Secret says.
#[derive(Debug)]
pub struct Kept {
    /// The authorities.
    pub authorities: Authorities,
    /// What a person wrote in [`ROTATE`].
    pub asked: Option<String>,
    /// The version of the Secret.
    version: Option<String>,
}

/// What is kept in the operator's namespace; made when there is nothing. Of two makers the first wins.
///
/// # Errors
/// The API server's; `Damaged` when what is there cannot be read.
pub async fn load(client: &Client, namespace: &str, now: Timestamp) -> Result<Kept, Error> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let failed = |e| Error::kube("read the authority", e);
    if let Some(secret) = api.get_opt(AUTHORITY_SECRET).await.map_err(failed)? {
        return read(&secret);
    }
    let made = Authorities::make(now)?;
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(AUTHORITY_SECRET.to_owned()),
            labels: Some([("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned())].into()),
            annotations: Some(present(annotations(&made))),
            ..ObjectMeta::default()
        },
        data: Some(present(data(&made))),
        type_: Some("kubernetes.io/tls".to_owned()),
        ..Secret::default()
    };
    let params = PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() };
    match api.create(&params, &secret).await {
        Ok(created) => read(&created),
        Err(error) if error.is_conflict() => read(&api.get(AUTHORITY_SECRET).await.map_err(failed)?),
        Err(error) => Err(Error::kube("keep the authority of the admin API", error)),
    }
}

/// Keeps these instead of what was read.
///
/// # Errors
/// The API server's: a conflict when somebody wrote it meanwhile.
pub async fn write(client: &Client, namespace: &str, read: &Kept, next: &Authorities) -> Result<(), Error> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    api.patch(AUTHORITY_SECRET, &params, &Patch::Merge(patch(read, next)))
        .await
        .map(|_| ())
        .map_err(|e| Error::kube("keep the step of the authority's replacement", e))
}

/// What is not there any more is taken out; what a person wrote stays.
fn patch(read: &Kept, next: &Authorities) -> Value {
    let metadata = json!({"resourceVersion": read.version, "annotations": annotations(next)});
    json!({"metadata": metadata, "data": data(next)})
}

fn annotations(authorities: &Authorities) -> BTreeMap<String, Option<String>> {
    let text = |time: Timestamp| seconds(time).to_string();
    let next = match &authorities.stage {
        Stage::Spreading(next) => Some(text(next.not_after)),
        Stage::Settled | Stage::Replacing(_) => None,
    };
    let all = [
        (NOT_AFTER, Some(text(authorities.issuer.not_after))),
        (NEXT_NOT_AFTER, next),
        (IN_PLACE_SINCE, authorities.in_place_since.map(text)),
        (BEGUN_FOR, authorities.begun_for.clone()),
    ];
    all.map(|(key, value)| (key.to_owned(), value)).into()
}

fn data(authorities: &Authorities) -> BTreeMap<String, Option<ByteString>> {
    let bytes = |text: &str| Some(ByteString(text.as_bytes().to_vec()));
    let signs = &authorities.issuer.authority;
    let (next, previous) = match &authorities.stage {
        Stage::Settled => (None, None),
        Stage::Spreading(next) => (Some(&next.authority), None),
        Stage::Replacing(previous) => (None, Some(previous)),
    };
    let all = [
        ("tls.crt", bytes(&signs.certificate_pem)),
        ("tls.key", bytes(signs.key_pem().expose_secret())),
        ("next.crt", next.and_then(|next| bytes(&next.certificate_pem))),
        ("next.key", next.and_then(|next| bytes(next.key_pem().expose_secret()))),
        ("previous.crt", previous.and_then(|pem| bytes(pem))),
    ];
    all.map(|(key, value)| (key.to_owned(), value)).into()
}

/// Those that have a value.
fn present<T>(all: BTreeMap<String, Option<T>>) -> BTreeMap<String, T> {
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn read(secret: &Secret) -> Result<Kept, Error> {
    let part = |key: &str| text(secret, key).ok_or_else(|| damaged(format!("it has no {key}")));
    let note = |key: &str| secret.metadata.annotations.as_ref().and_then(|all| all.get(key)).cloned();
    let time = |key: &str| {
        let parsed = note(key).map(|text| text.parse::<Timestamp>()).transpose();
        parsed.map_err(|error| damaged(format!("its annotation {key} is no time: {error}")))
    };
    let pair = |certificate: &str, key: &str| Authority::read(part(certificate)?, part(key)?.into());
    let not_after = match time(NOT_AFTER)? {
        Some(not_after) => not_after,
        None => end_of_an_undated(secret)?,
    };
    let stage = match (text(secret, "next.crt"), text(secret, "previous.crt")) {
        (None, None) => Stage::Settled,
        (None, Some(previous)) => Stage::Replacing(previous),
        (Some(_), None) => {
            let not_after = time(NEXT_NOT_AFTER)?.ok_or_else(|| damaged(format!("it has no {NEXT_NOT_AFTER}")))?;
            Stage::Spreading(Box::new(Dated { authority: pair("next.crt", "next.key")?, not_after }))
        }
        (Some(_), Some(_)) => return Err(damaged("it has both next.crt and previous.crt".to_owned())),
    };
    let authorities = Authorities {
        issuer: Dated { authority: pair("tls.crt", "tls.key")?, not_after },
        stage,
        in_place_since: time(IN_PLACE_SINCE)?,
        begun_for: note(BEGUN_FOR),
    };
    Ok(Kept { authorities, asked: note(ROTATE), version: secret.metadata.resource_version.clone() })
}

/// Until when an authority is valid whose Secret does not say so: it was made with its Secret.
fn end_of_an_undated(secret: &Secret) -> Result<Timestamp, Error> {
    let made = secret.metadata.creation_timestamp.as_ref().map(|time| time.0);
    made.and_then(|made| made.checked_add(AUTHORITY_VALIDITY).ok())
        .ok_or_else(|| damaged(format!("it has no {NOT_AFTER}")))
}

fn damaged(detail: String) -> Error {
    Error::Damaged { what: format!("Secret {AUTHORITY_SECRET}"), detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn day(n: i64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * n)
    }

    /// The Secret after this patch, as the API server has it then.
    fn patched(secret: Option<&Secret>, authorities: &Authorities) -> Secret {
        let read = Kept { authorities: authorities.clone(), asked: None, version: Some("7".to_owned()) };
        let mut whole = serde_json::to_value(secret.cloned().unwrap_or_default()).unwrap();
        json_patch_merge(&mut whole, &patch(&read, authorities));
        serde_json::from_value(whole).unwrap()
    }

    /// RFC 7396.
    fn json_patch_merge(whole: &mut Value, patch: &Value) {
        let Some(patch) = patch.as_object() else {
            *whole = patch.clone();
            return;
        };
        if !whole.is_object() {
            *whole = json!({});
        }
        for (key, value) in patch {
            if value.is_null() {
                whole.as_object_mut().unwrap().remove(key);
            } else {
                json_patch_merge(&mut whole[key], value);
            }
        }
    }

    #[test]
    fn what_is_kept_at_each_stage_is_read_back_by_the_next_leader() {
        let mut authorities = Authorities::make(day(0)).unwrap();
        let mut secret = patched(None, &authorities);
        for asked in [Some("now"), None, None, None, None] {
            let Some(next) = authorities.step(asked, &[authorities.stamp()], day(1)).unwrap() else { break };
            secret = patched(Some(&secret), &next);
            let read = read(&secret).unwrap().authorities;
            assert_eq!(read.stamp(), next.stamp());
            assert_eq!((read.in_place_since, &read.begun_for), (next.in_place_since, &next.begun_for));
            assert_eq!(read.issuer.not_after, next.issuer.not_after);
            authorities = Authorities { in_place_since: next.in_place_since.map(|_| day(0)), ..read };
        }
        assert_eq!(authorities.stage_name(), "settled", "once around");
        let keys: Vec<_> = secret.data.unwrap().into_keys().collect();
        assert_eq!(keys, ["tls.crt", "tls.key"], "nothing is left of the one before");
    }

    #[test]
    fn what_a_person_asked_for_is_read_and_an_undated_authority_ends_ten_years_after_its_making() {
        let mut secret = patched(None, &Authorities::make(day(0)).unwrap());
        assert_eq!(secret.metadata.resource_version.as_deref(), Some("7"), "against the version that was read");
        secret.metadata.annotations = Some([(ROTATE.to_owned(), "leaked".to_owned())].into());
        assert!(read(&secret).is_err(), "neither dated nor made");
        secret.metadata.creation_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(day(0)));
        let kept = read(&secret).unwrap();
        assert_eq!(kept.asked.as_deref(), Some("leaked"));
        assert_eq!(kept.authorities.issuer.not_after, day(3650));
    }

    #[test]
    fn a_secret_that_is_not_whole_is_not_believed() {
        let whole = patched(None, &Authorities::make(day(0)).unwrap());
        for key in ["tls.crt", "tls.key"] {
            let mut secret = whole.clone();
            secret.data.as_mut().unwrap().remove(key);
            assert!(read(&secret).unwrap_err().to_string().contains(key));
        }
        let mut both = whole;
        for key in ["next.crt", "previous.crt"] {
            both.data.as_mut().unwrap().insert(key.to_owned(), ByteString(b"x".to_vec()));
        }
        assert!(read(&both).is_err());
    }
}
