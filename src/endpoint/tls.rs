//! Mutual TLS of the admin listener: `tls.crt`, `tls.key` and `ca.crt` of one folder, loaded again when they change.
//!
//! Only a client whose certificate the mounted CA signed for client use gets as far as HTTP. An endpoint's own
//! certificate is for server use, so it opens nobody else's door. During a rotation `ca.crt` is a bundle, old and new.

use super::Error;
use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The three files as they were read.
#[derive(PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    ca: Vec<u8>,
}

/// The listener's configuration and the task that follows the files.
pub(crate) struct Admin {
    /// For the acceptor; shared with the task.
    pub(crate) config: RustlsConfig,
    dir: PathBuf,
    seen: Files,
}

impl Admin {
    /// Reads the folder; an error says which file is at fault.
    pub(crate) fn load(dir: &Path) -> Result<Self, Error> {
        let seen = Files::read(dir)?;
        let config = RustlsConfig::from_config(Arc::new(seen.server_config(dir)?));
        Ok(Self { config, dir: dir.to_owned(), seen })
    }

    /// Looks at the files until the endpoint stops. Files that do not fit together, as in the middle of a rotation,
    /// change nothing.
    pub(crate) async fn follow(mut self, interval: Duration, stopping: CancellationToken) {
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            match Files::read(&self.dir) {
                Ok(files) if files == self.seen => {}
                Ok(files) => {
                    match files.server_config(&self.dir) {
                        Ok(config) => {
                            self.config.reload_from_config(Arc::new(config));
                            tracing::info!("admin certificates loaded again");
                        }
                        Err(error) => tracing::warn!(%error, "the admin certificates stay as they were"),
                    }
                    self.seen = files;
                }
                Err(error) => tracing::debug!(%error, "the admin certificates cannot be read just now"),
            }
        }
    }
}

impl Files {
    fn read(dir: &Path) -> Result<Self, Error> {
        let file = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).map_err(|error| Error::Tls(format!("{} cannot be read: {error}", path.display())))
        };
        Ok(Self { certificate: file("tls.crt")?, key: file("tls.key")?, ca: file("ca.crt")? })
    }

    fn server_config(&self, dir: &Path) -> Result<ServerConfig, Error> {
        let wrong = |name: &str, why: String| Error::Tls(format!("{}: {why}", dir.join(name).display()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.ca).map_err(|why| wrong("ca.crt", why))? {
            roots.add(certificate).map_err(|error| wrong("ca.crt", error.to_string()))?;
        }
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| wrong("ca.crt", error.to_string()))?;
        let chain = certificates(&self.certificate).map_err(|why| wrong("tls.crt", why))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| wrong("tls.key", error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("tls.crt", error.to_string()))?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)
            .map_err(|error| wrong("tls.crt", error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err("no certificate is in it".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
