//! Where the database is and how it is reached: the address and the certificate authority, each in a file that is read
//! again for every connection, so that a changed password or authority needs no restart.

use super::super::error::StoreError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one host may take to answer a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long sent bytes may go unacknowledged before a connection counts as dead.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(5);

/// Where a database is. Holds no secret: the file that `url` names does.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// A file with a `postgres://` address; several hosts may be named, the one that takes writes is found.
    pub url: PathBuf,
    /// A PEM file; with it the connection is encrypted and the server's certificate must match its name.
    pub ca: Option<PathBuf>,
    /// The schema that holds the tables; made when missing.
    pub schema: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Address {
    /// Opens one connection; the task that drives it ends with the client.
    pub(super) async fn connect(&self) -> Result<tokio_postgres::Client, StoreError> {
        let config = self.config()?;
        let schema = self.schema.clone();
        let lost = move |error: tokio_postgres::Error| {
            tracing::debug!(error = super::setback::text(&error), schema, "a connection to the database ended");
        };
        let unavailable = |error: tokio_postgres::Error| self.refused(&super::setback::text(&error));
        if let Some(tls) = self.tls()? {
            let (client, connection) = config.connect(tls).await.map_err(unavailable)?;
            tokio::spawn(async move { connection.await.unwrap_or_else(lost) });
            return Ok(client);
        }
        let (client, connection) = config.connect(NoTls).await.map_err(unavailable)?;
        tokio::spawn(async move { connection.await.unwrap_or_else(lost) });
        Ok(client)
    }

    /// Why there is no connection. A certificate that does not fit does not get better by trying again.
    fn refused(&self, cause: &str) -> StoreError {
        match &self.ca {
            Some(ca) if cause.contains("invalid peer certificate") => StoreError::Address {
                what: ca.display().to_string(),
                problem: format!(
                    "is not the authority of the server's certificate, or that is for another name ({cause})"
                ),
            },
            _ => StoreError::Unavailable(cause.to_owned()),
        }
    }

    fn config(&self) -> Result<Config, StoreError> {
        let wrong =
            |problem: &str| StoreError::Address { what: self.url.display().to_string(), problem: problem.to_owned() };
        let text = read(&self.url)?;
        let text = String::from_utf8(text).map_err(|_| wrong("is not UTF-8 text"))?;
        let verified = ["sslmode=verify-full", "sslmode=verify-ca"].iter().any(|mode| text.contains(mode));
        // The driver does not know these words; every encrypted connection is verified here anyway.
        let text = text.trim().replace("sslmode=verify-full", "sslmode=require");
        let text = text.replace("sslmode=verify-ca", "sslmode=require");
        // The driver's own words may quote the address, which holds a password.
        let mut config: Config = text.parse().map_err(|_| {
            wrong(
                "is no address: postgres://USER:PASSWORD@HOST:5432/DATABASE is expected, with % codes for signs in the \
                 password that URLs reserve",
            )
        })?;
        if config.get_hosts().is_empty() {
            return Err(wrong("names no host: postgres://USER:PASSWORD@HOST:5432/DATABASE is expected"));
        }
        match (&self.ca, config.get_ssl_mode()) {
            (Some(_), SslMode::Disable) => return Err(wrong("says sslmode=disable, but a CA is given: take one away")),
            (Some(_), _) => drop(config.ssl_mode(SslMode::Require)),
            (None, SslMode::Require) => {
                let asked = if verified { "verifies the server" } else { "says sslmode=require" };
                return Err(wrong(&format!("{asked}, but no CA is given: give the file of the server's authority")));
            }
            (None, _) => drop(config.ssl_mode(SslMode::Disable)),
        }
        config
            .application_name("scim-operator")
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(2)
            .tcp_user_timeout(UNACKNOWLEDGED_MAX)
            .target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        Ok(config)
    }

    fn tls(&self) -> Result<Option<MakeRustlsConnect>, StoreError> {
        let Some(path) = &self.ca else { return Ok(None) };
        let wrong = |problem: String| StoreError::Address { what: path.display().to_string(), problem };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&read(path)?) {
            let certificate = certificate.map_err(|error| wrong(format!("is no PEM file: {error}")))?;
            roots.add(certificate).map_err(|error| wrong(format!("holds an unusable certificate: {error}")))?;
        }
        if roots.is_empty() {
            return Err(wrong("holds no certificate: a PEM file of the server's authority is expected".to_owned()));
        }
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(MakeRustlsConnect::new(config)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(|source| StoreError::Folder { path: path.display().to_string(), source })
}
