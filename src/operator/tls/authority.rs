//! The operator's certificate authority: one key pair that signs endpoint certificates and the operator's own.
//!
//! Times come in as values. Keys never leave as anything but a `SecretString`.

use crate::operator::Error;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// How long an authority is valid.
pub const AUTHORITY_VALIDITY: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);
/// How long an issued certificate is valid.
pub const CERTIFICATE_VALIDITY: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A certificate with less time left than this is replaced.
pub const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Clocks may differ by this much.
const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// An endpoint's admin listener.
    Server,
    /// The operator calling it.
    Client,
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Issued {
    /// PEM.
    pub certificate_pem: String,
    /// PEM.
    pub key_pem: SecretString,
    /// The first instant at which it is no longer valid.
    pub not_after: Timestamp,
}

/// A certificate authority.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its certificate, PEM.
    pub certificate_pem: String,
    key_pem: SecretString,
}

impl Authority {
    /// A new authority, valid for ten years.
    pub fn make(now: Timestamp) -> Result<Self, Error> {
        let failed = |error: rcgen::Error| Error::Certificate { doing: "make an authority", detail: error.to_string() };
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = params("scim-operator admin CA", now, AUTHORITY_VALIDITY)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Self { certificate_pem: certificate.pem(), key_pem: key.serialize_pem().into() })
    }

    /// An authority made earlier. Fails when certificate or key cannot be read.
    pub fn read(certificate_pem: String, key_pem: SecretString) -> Result<Self, Error> {
        let authority = Self { certificate_pem, key_pem };
        authority.issuer().map(|_| ())?;
        Ok(authority)
    }

    /// The key, for the Secret that keeps it.
    pub fn key_pem(&self) -> &SecretString {
        &self.key_pem
    }

    /// A certificate for `name`, signed by this authority.
    pub fn issue(&self, name: &str, usage: Usage, now: Timestamp) -> Result<Issued, Error> {
        let failed =
            |error: rcgen::Error| Error::Certificate { doing: "issue a certificate", detail: error.to_string() };
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = params(name, now, CERTIFICATE_VALIDITY)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match usage {
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer()?).map_err(failed)?;
        Ok(Issued {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem().into(),
            not_after: add(now, CERTIFICATE_VALIDITY)?,
        })
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, Error> {
        let failed = |error: rcgen::Error| Error::Certificate {
            doing: "read the authority of the admin API",
            detail: format!("{error}; delete its Secret to make a new one"),
        };
        let key = KeyPair::from_pem(self.key_pem.expose_secret()).map_err(failed)?;
        Issuer::from_ca_cert_pem(&self.certificate_pem, key).map_err(failed)
    }
}

/// Names a certificate: the first 16 hexadecimal digits of the SHA-256 of its PEM text.
pub fn fingerprint(certificate_pem: &str) -> String {
    let digest = Sha256::digest(certificate_pem.trim().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn params(name: &str, now: Timestamp, validity: SignedDuration) -> Result<CertificateParams, Error> {
    // A subject common name is at most 64 characters; the names that count are the alternative ones.
    let common_name: String = name.chars().take(64).collect();
    let dns_name = !name.contains(' ');
    let names = if dns_name { vec![name.to_owned()] } else { Vec::new() };
    let mut params = CertificateParams::new(names)
        .map_err(|error| Error::Certificate { doing: "name a certificate", detail: error.to_string() })?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = offset(add(now, -BACKDATED)?)?;
    params.not_after = offset(add(now, validity)?)?;
    Ok(params)
}

fn add(time: Timestamp, span: SignedDuration) -> Result<Timestamp, Error> {
    time.checked_add(span)
        .map_err(|error| Error::Certificate { doing: "date a certificate", detail: error.to_string() })
}

fn offset(time: Timestamp) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp(time.as_second())
        .map_err(|error| Error::Certificate { doing: "date a certificate", detail: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use std::sync::Arc;

    fn trusts(authority: &Authority, issued: &Issued, name: &str, now: Timestamp) -> bool {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.certificate_pem.as_bytes()).unwrap()).unwrap();
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let leaf = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now.as_second().unsigned_abs()));
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(&leaf, &[], &name, &[], now).is_ok()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_issued_certificate_is_good_for_its_name_under_its_authority_until_it_ends() {
        let now = at("2026-01-01T00:00:00Z");
        let name = "acme-endpoint-admin.team.svc";
        let authority = Authority::make(now).unwrap();
        let issued = authority.issue(name, Usage::Server, now).unwrap();
        assert!(trusts(&authority, &issued, name, now));
        assert!(!trusts(&authority, &issued, "other-endpoint-admin.team.svc", now));
        assert!(!trusts(&authority, &issued, name, at("2026-04-02T00:00:00Z")), "after {}", issued.not_after);
        assert!(!trusts(&Authority::make(now).unwrap(), &issued, name, now), "another authority");
    }

    #[test]
    fn a_client_certificate_is_no_server_certificate() {
        let now = at("2026-01-01T00:00:00Z");
        let authority = Authority::make(now).unwrap();
        let client = authority.issue("scim-operator", Usage::Client, now).unwrap();
        assert!(!trusts(&authority, &client, "scim-operator", now));
    }

    #[test]
    fn an_authority_read_back_signs_as_the_one_that_was_made() {
        let now = at("2026-01-01T00:00:00Z");
        let made = Authority::make(now).unwrap();
        let read = Authority::read(made.certificate_pem.clone(), made.key_pem.clone()).unwrap();
        let issued = read.issue("a.b.svc", Usage::Server, now).unwrap();
        assert!(trusts(&made, &issued, "a.b.svc", now));
        assert!(Authority::read(made.certificate_pem.clone(), "no key".to_owned().into()).is_err());
    }

    #[test]
    fn a_key_is_never_printed() {
        let authority = Authority::make(at("2026-01-01T00:00:00Z")).unwrap();
        assert!(!format!("{authority:?}").contains("PRIVATE KEY"));
    }
}
