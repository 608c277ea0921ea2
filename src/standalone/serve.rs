//! Starts everything and ends everything: the directory, its listeners, and the loop that follows the folder.

use super::accepted::Accepted;
use super::follow::Follower;
use super::keys::Keys;
use super::mint::Minted;
use super::sign_in::Files;
use super::{Error, private_file};
use crate::directory::{self, Directory};
use crate::endpoint::{self, SignInSettings};
use crate::telemetry::Metrics;
use secrecy::ExposeSecret;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where the manifests and the data are, and where to listen. Port 0 takes any free port.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of manifests; it may be missing and come later.
    pub manifests: PathBuf,
    /// The folder of the store, the key files and the hashes; made when missing.
    pub data: PathBuf,
    /// `/scim/v2`, and `/access/v1` unless `access` is given.
    pub listen: SocketAddr,
    /// `/access/v1`.
    pub access: Option<SocketAddr>,
    /// A file with the value of the directory's own token.
    pub api_key: Option<PathBuf>,
    /// What a manifest cannot hold of sign-in: the files with the client secret and the provider's authorities.
    pub sign_in: SignInSettings,
}

/// Serves until SIGTERM or SIGINT, then drains.
pub async fn serve(settings: Settings) -> Result<(), Error> {
    let Settings { manifests, data, listen, access, api_key, sign_in } = settings;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let own_key = api_key.as_deref().map(own_key).transpose()?;
    private_file::folder(&data)?;
    // The store locks the data folder: from here on the other files in it are ours alone.
    let directory = Directory::open(directory::Settings::new(&data)).await?;
    let keys = Keys::open(&data)?;
    let accepted = Accepted::open(&data)?;
    let (prepared, is_prepared) = watch::channel(false);
    let given = Files { client_secret: sign_in.client_secret.is_some(), ca: sign_in.ca.is_some() };
    let prepared_by = Some(is_prepared);
    let listeners =
        endpoint::Settings { access, prepared: prepared_by, sign_in, ..endpoint::Settings::one_listener(listen) };
    let running = endpoint::serve(listeners, directory.clone(), Arc::new(Metrics::new())).await?;
    let origin = origin(running.addresses.public);
    let follower = Follower { manifests, directory, keys, accepted, origin, own_key, given, prepared };
    let stopping = CancellationToken::new();
    let mut following = tokio::spawn(follower.run(stopping.clone()));
    let stopper = running.stopper();
    let mut serving = std::pin::pin!(running.joined());
    let early = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        // By itself the endpoint only ever ends with an error.
        outcome = &mut serving => return outcome.map_err(Error::from),
        ended = &mut following => Err(Error::Ended(ended.err().map_or("by itself".to_owned(), |e| e.to_string()))),
    };
    tracing::info!("told to stop: draining");
    stopping.cancel();
    if early.is_ok() {
        // The loop is between two steps or finishes one: nothing is half in force.
        following.await.map_err(|error| Error::Ended(error.to_string()))?;
    }
    stopper.stop();
    serving.await?;
    early
}

/// Scheme, host and port of a listener, for people and for `meta.location`.
fn origin(address: SocketAddr) -> String {
    let ip = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

fn own_key(path: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    let minted = Minted::given(text.trim()).ok_or_else(|| Error::ApiKey { path: path.to_owned() })?;
    Ok(minted.value.expose_secret().to_owned())
}
