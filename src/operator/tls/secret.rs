//! The two Secrets of the admin API's TLS: the authority's own, made once, and one per directory, renewed in time.

use super::authority::{Authority, Issued, RENEW_BEFORE, Usage};
use crate::operator::runtime::FIELD_MANAGER;
use crate::operator::{ApiAnswer, Error};
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

/// The Secret in the operator's namespace that keeps the authority. Created once, never changed by the operator.
pub const AUTHORITY_SECRET: &str = "scim-operator-ca";
/// On a directory's TLS Secret: until when its certificate is valid.
pub const NOT_AFTER: &str = "scim-operator.dev/not-after";

/// The authority kept in the operator's namespace; made when there is none. Of two makers the first wins.
pub async fn authority(client: &Client, namespace: &str, now: Timestamp) -> Result<Authority, Error> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    if let Some(secret) = api.get_opt(AUTHORITY_SECRET).await.map_err(|e| Error::kube("read the authority", e))? {
        return read_authority(&secret);
    }
    let made = Authority::make(now)?;
    let data = [("tls.crt", made.certificate_pem.as_str()), ("tls.key", made.key_pem().expose_secret())];
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(AUTHORITY_SECRET.to_owned()),
            labels: Some([("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned())].into()),
            ..ObjectMeta::default()
        },
        data: Some(bytes(&data)),
        immutable: Some(true),
        type_: Some("kubernetes.io/tls".to_owned()),
        ..Secret::default()
    };
    match api.create(&PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() }, &secret).await
    {
        Ok(_) => Ok(made),
        Err(error) if error.is_conflict() => {
            read_authority(&api.get(AUTHORITY_SECRET).await.map_err(|e| Error::kube("read the authority", e))?)
        }
        Err(error) => Err(Error::kube("keep the authority of the admin API", error)),
    }
}

fn read_authority(secret: &Secret) -> Result<Authority, Error> {
    let part = |key| text(secret, key).ok_or_else(|| damaged(format!("it has no {key}")));
    Authority::read(part("tls.crt")?, part("tls.key")?.into())
}

fn damaged(detail: String) -> Error {
    Error::Damaged { what: format!("Secret {AUTHORITY_SECRET}"), detail }
}

/// What goes into a directory's TLS Secret: what is there while it is good, else newly issued.
pub fn endpoint_tls(
    authority: &Authority,
    current: Option<&Secret>,
    server_name: &str,
    now: Timestamp,
) -> Result<EndpointTls, Error> {
    if let Some(tls) = current.and_then(|secret| still_good(authority, secret, server_name, now)) {
        return Ok(tls);
    }
    let Issued { certificate_pem, key_pem, not_after } = authority.issue(server_name, Usage::Server, now)?;
    let data = [
        ("tls.crt", certificate_pem.as_str()),
        ("tls.key", key_pem.expose_secret()),
        ("ca.crt", authority.certificate_pem.as_str()),
    ];
    Ok(EndpointTls { data: bytes(&data), not_after: stamp(not_after, server_name) })
}

/// The content of a directory's TLS Secret.
#[derive(Clone, PartialEq)]
pub struct EndpointTls {
    /// `tls.crt`, `tls.key`, `ca.crt`.
    pub data: BTreeMap<String, ByteString>,
    /// The value of [`NOT_AFTER`]: the end of validity and the name the certificate is for.
    pub not_after: String,
}

fn still_good(authority: &Authority, secret: &Secret, server_name: &str, now: Timestamp) -> Option<EndpointTls> {
    let not_after = secret.metadata.annotations.as_ref()?.get(NOT_AFTER)?;
    let (end, name) = not_after.split_once(' ')?;
    let end: Timestamp = end.parse().ok()?;
    let enough = now.checked_add(RENEW_BEFORE).is_ok_and(|soon| end > soon);
    let same = name == server_name && text(secret, "ca.crt")? == authority.certificate_pem;
    let whole = text(secret, "tls.crt").is_some() && text(secret, "tls.key").is_some();
    (enough && same && whole)
        .then(|| EndpointTls { data: secret.data.clone().unwrap_or_default(), not_after: not_after.clone() })
}

fn stamp(not_after: Timestamp, server_name: &str) -> String {
    format!("{} {server_name}", crate::operator::runtime::conditions::seconds(not_after))
}

/// A text value of a Secret.
pub fn text(secret: &Secret, key: &str) -> Option<String> {
    String::from_utf8(secret.data.as_ref()?.get(key)?.0.clone()).ok()
}

/// Text values as a Secret holds them.
pub fn bytes(pairs: &[(&str, &str)]) -> BTreeMap<String, ByteString> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const NAME: &str = "acme-endpoint-admin.team.svc";

    fn secret(tls: &EndpointTls) -> Secret {
        let annotations = Some([(NOT_AFTER.to_owned(), tls.not_after.clone())].into());
        Secret {
            metadata: ObjectMeta { annotations, ..ObjectMeta::default() },
            data: Some(tls.data.clone()),
            ..Secret::default()
        }
    }

    fn day(n: i64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * n)
    }

    #[test]
    fn a_certificate_is_kept_for_sixty_days_and_then_renewed() {
        let authority = Authority::make(day(0)).unwrap();
        let first = endpoint_tls(&authority, None, NAME, day(0)).unwrap();
        let kept = |n| endpoint_tls(&authority, Some(&secret(&first)), NAME, day(n)).unwrap() == first;
        assert!(kept(0) && kept(59));
        assert!(!kept(60) && !kept(90));
    }

    #[test]
    fn another_name_another_authority_or_a_missing_part_renews_at_once() {
        let authority = Authority::make(day(0)).unwrap();
        let first = endpoint_tls(&authority, None, NAME, day(0)).unwrap();
        let renewed = |authority: &Authority, secret: &Secret, name: &str| {
            endpoint_tls(authority, Some(secret), name, day(1)).unwrap() != first
        };
        assert!(renewed(&authority, &secret(&first), "other-endpoint-admin.team.svc"));
        assert!(renewed(&Authority::make(day(0)).unwrap(), &secret(&first), NAME));
        let mut broken = secret(&first);
        broken.data.as_mut().unwrap().remove("tls.key");
        assert!(renewed(&authority, &broken, NAME));
    }
}
