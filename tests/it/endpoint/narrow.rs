//! An endpoint in the process of the test, where what one request may use can be made small.

use crate::support::endpoint::{document, token};
use crate::support::reply::Caller;
use scim_operator::config::{Publication, Scope};
use scim_operator::directory::{self, Directory};
use scim_operator::endpoint::{self, Limits, Running};
use scim_operator::telemetry::Metrics;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;

/// It runs until it is told to stop.
pub(super) struct Narrow {
    pub(super) public: Caller,
    running: Running,
    _folder: TempDir,
}

impl Narrow {
    /// Serves the document of the other tests under these limits.
    pub(super) async fn start(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = Directory::open(directory::Settings::new(folder.path())).await.expect("a directory");
        let document = document(Vec::new());
        let publication = Publication {
            revocation_floor: 0,
            take: None,
            directory_uid: document.directory.uid.clone(),
            epoch: 0,
            if_revision: 0,
            content_hash: document.content_hash(),
            document,
        };
        directory.publish(publication).await.expect("a publication");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = endpoint::Settings { limits, ..endpoint::Settings::one_listener(anywhere) };
        let running = endpoint::serve(settings, directory, Arc::new(Metrics::new())).await.expect("an endpoint");
        let public = Caller::new(format!("http://{}", running.addresses.public)).with_token(&token(Scope::Scim));
        Self { public, running, _folder: folder }
    }

    /// Stops it; its directory is closed when this returns.
    pub(super) async fn stop(self) {
        self.running.stopper().stop();
        self.running.joined().await.expect("it ends in order");
    }
}
