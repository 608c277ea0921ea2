//! `scim-operator standalone`.

use crate::endpoint::SignInSettings;
use crate::standalone::{self, Settings};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the manifests and the data are, and where to listen.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder with the ScimDirectory, its UserManagementRules and ScimAccessTokens; watched.
    #[arg(long)]
    manifests: PathBuf,
    /// Folder for the store, the key files and the verifiers; made when missing.
    #[arg(long)]
    data: PathBuf,
    /// Where `/scim/v2` (and `/access/v1`, unless it has a listener of its own) is served; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A listener of its own for `/access/v1`.
    #[arg(long)]
    access_listen: Option<SocketAddr>,
    /// File with the value of the directory's own token, instead of one made here.
    #[arg(long)]
    api_key_file: Option<PathBuf>,
    /// File with the client secret of the provider at which people sign in; read again at each use.
    #[arg(long, value_name = "FILE")]
    sso_client_secret: Option<PathBuf>,
    /// File with the certificates (PEM) of the authorities that the provider's certificate may be of, instead of the
    /// system's.
    #[arg(long, value_name = "FILE")]
    sso_ca: Option<PathBuf>,
}

/// Serves until SIGTERM or SIGINT, then drains.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { manifests, data, listen, access_listen, api_key_file, sso_client_secret, sso_ca } = args;
    let sign_in = SignInSettings { client_secret: sso_client_secret, ca: sso_ca };
    let settings = Settings { manifests, data, listen, access: access_listen, api_key: api_key_file, sign_in };
    standalone::serve(settings).await?;
    Ok(ExitCode::SUCCESS)
}
