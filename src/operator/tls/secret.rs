//! The Secret of a directory's admin listener: its certificate, renewed in time, and whom it trusts.

use super::authority::{Issued, RENEW_BEFORE, Usage};
use super::rotation::Authorities;
use crate::operator::Error;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

/// On a directory's TLS Secret: until when its certificate is valid, and for which name. On the Secret of the
/// authority: until when the one that signs is valid.
pub const NOT_AFTER: &str = "scim-operator.dev/not-after";
/// On a directory's TLS Secret: who signed its certificate and who is trusted, as [`Authorities::stamp`] writes it.
pub const AUTHORITIES: &str = "scim-operator.dev/authorities";

/// What goes into a directory's TLS Secret: the certificate that is there while it is good, else a newly issued one;
/// and whom to trust now.
pub fn endpoint_tls(
    authorities: &Authorities,
    current: Option<&Secret>,
    server_name: &str,
    now: Timestamp,
) -> Result<EndpointTls, Error> {
    if let Some(tls) = current.and_then(|secret| still_good(authorities, secret, server_name, now)) {
        return Ok(tls);
    }
    let issued = authorities.issuer.authority.issue(server_name, Usage::Server, now)?;
    let Issued { certificate_pem, key_pem, not_after } = issued;
    Ok(content(authorities, &certificate_pem, key_pem.expose_secret(), dated(not_after, server_name)))
}

fn content(authorities: &Authorities, certificate: &str, key: &str, not_after: String) -> EndpointTls {
    let data = [("tls.crt", certificate), ("tls.key", key), ("ca.crt", &authorities.bundle())];
    EndpointTls { data: bytes(&data), not_after, authorities: authorities.stamp() }
}

/// The content of a directory's TLS Secret.
#[derive(Clone, PartialEq)]
pub struct EndpointTls {
    /// `tls.crt`, `tls.key`, `ca.crt`.
    pub data: BTreeMap<String, ByteString>,
    /// The value of [`NOT_AFTER`]: the end of validity and the name the certificate is for.
    pub not_after: String,
    /// The value of [`AUTHORITIES`].
    pub authorities: String,
}

/// The certificate that is there, while it has time left and is of the name and of the authority that signs; with whom
/// to trust now, which may be others than before.
fn still_good(authorities: &Authorities, secret: &Secret, server_name: &str, now: Timestamp) -> Option<EndpointTls> {
    let annotations = secret.metadata.annotations.as_ref()?;
    let not_after = annotations.get(NOT_AFTER)?;
    let (end, name) = not_after.split_once(' ')?;
    let end: Timestamp = end.parse().ok()?;
    let enough = now.checked_add(RENEW_BEFORE).is_ok_and(|soon| end > soon);
    let (signer, _) = annotations.get(AUTHORITIES)?.split_once(';')?;
    let (certificate, key) = (text(secret, "tls.crt")?, text(secret, "tls.key")?);
    let same = name == server_name && signer == authorities.signer();
    (enough && same).then(|| content(authorities, &certificate, &key, not_after.clone()))
}

fn dated(not_after: Timestamp, server_name: &str) -> String {
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
    use kube::api::ObjectMeta;

    const NAME: &str = "acme-endpoint-admin.team.svc";

    fn secret(tls: &EndpointTls) -> Secret {
        let annotations = [(NOT_AFTER, &tls.not_after), (AUTHORITIES, &tls.authorities)];
        let annotations = Some(annotations.map(|(key, value)| (key.to_owned(), value.clone())).into());
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
        let authorities = Authorities::make(day(0)).unwrap();
        let first = endpoint_tls(&authorities, None, NAME, day(0)).unwrap();
        let kept = |n| endpoint_tls(&authorities, Some(&secret(&first)), NAME, day(n)).unwrap() == first;
        assert!(kept(0) && kept(59));
        assert!(!kept(60) && !kept(90));
    }

    #[test]
    fn another_name_another_authority_or_a_missing_part_renews_at_once() {
        let authorities = Authorities::make(day(0)).unwrap();
        let first = endpoint_tls(&authorities, None, NAME, day(0)).unwrap();
        let renewed = |authorities: &Authorities, secret: &Secret, name: &str| {
            endpoint_tls(authorities, Some(secret), name, day(1)).unwrap().data["tls.crt"] != first.data["tls.crt"]
        };
        assert!(!renewed(&authorities, &secret(&first), NAME));
        assert!(renewed(&authorities, &secret(&first), "other-endpoint-admin.team.svc"));
        assert!(renewed(&Authorities::make(day(0)).unwrap(), &secret(&first), NAME));
        let mut broken = secret(&first);
        broken.data.as_mut().unwrap().remove("tls.key");
        assert!(renewed(&authorities, &broken, NAME));
        let mut undated = secret(&first);
        undated.metadata.annotations.as_mut().unwrap().remove(AUTHORITIES);
        assert!(renewed(&authorities, &undated, NAME), "who signed it is not known");
    }

    #[test]
    fn whom_to_trust_changes_without_a_new_certificate_and_who_signs_does_not() {
        let settled = Authorities::make(day(0)).unwrap();
        let first = endpoint_tls(&settled, None, NAME, day(0)).unwrap();
        let spreading = settled.step(Some("now"), &[], day(1)).unwrap().unwrap();
        let second = endpoint_tls(&spreading, Some(&secret(&first)), NAME, day(1)).unwrap();
        assert_eq!(second.data["tls.crt"], first.data["tls.crt"]);
        assert_eq!(text(&secret(&second), "ca.crt"), Some(spreading.bundle()));
        assert_eq!(second.authorities, spreading.stamp());
        let seen = spreading.step(None, &[spreading.stamp()], day(1)).unwrap().unwrap();
        let replacing = seen.step(None, &[spreading.stamp()], day(2)).unwrap().unwrap();
        let third = endpoint_tls(&replacing, Some(&secret(&second)), NAME, day(2)).unwrap();
        assert_ne!(third.data["tls.crt"], first.data["tls.crt"]);
        assert_eq!(third.data["ca.crt"], second.data["ca.crt"]);
    }
}
