//! What the pods of a directory have when people sign in: the client secret and the certificates of the provider's
//! authority as files, whatever the keys in the Secrets are called.
//!
//! The arguments name a file also where there is none: the endpoint then says what is missing, and never does without
//! by itself. A volume is optional: a Secret that is gone keeps no pod from starting (B004). What is in the files is in
//! no argument and no variable.

use super::workload::{mount, one_key};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{SecretVolumeSource, Volume, VolumeMount};

const FOLDER: &str = "/etc/scim-operator/sso";
const FILE: &str = "clientSecret";
const CA_FOLDER: &str = "/etc/scim-operator/sso-ca";
const CA_FILE: &str = "ca.crt";

/// The volume of the client secret.
pub const CLIENT_SECRET_VOLUME: &str = "sso";
/// The volume of the certificates.
pub const CA_VOLUME: &str = "sso-ca";

/// What people need to sign in, besides the provider itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// The client secret, when the directory is no public client.
    pub client_secret: Option<SecretFile>,
    /// The provider's authorities, when they are not those of the image.
    pub ca: Option<SecretFile>,
}

/// One key of a Secret, for the pods to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// The Secret's name.
    pub secret: String,
    /// The key in it.
    pub key: String,
    /// Whether it may be mounted.
    pub mounted: bool,
}

/// The endpoint's arguments about sign-in.
pub fn arguments(sign_in: Option<&SignIn>) -> Vec<String> {
    let Some(SignIn { client_secret, ca }) = sign_in else { return Vec::new() };
    let client_secret = client_secret.as_ref().map(|_| format!("--sso-client-secret={FOLDER}/{FILE}"));
    let ca = ca.as_ref().map(|_| format!("--sso-ca={CA_FOLDER}/{CA_FILE}"));
    client_secret.into_iter().chain(ca).collect()
}

/// The Secrets that may be mounted, the one key of each that is meant.
pub fn volumes(sign_in: Option<&SignIn>) -> Vec<Volume> {
    mounted(sign_in).map(|(volume, _, file_name, file)| optional_key(volume, file, file_name)).collect()
}

/// Where they are mounted: as folders, since a file mounted alone never changes.
pub fn mounts(sign_in: Option<&SignIn>) -> Vec<VolumeMount> {
    mounted(sign_in).map(|(volume, folder, _, _)| mount(volume, folder, true)).collect()
}

/// Whether the pods have this Secret in this volume already.
pub fn is_mounted(workload: &Deployment, volume: &str, secret: &str) -> bool {
    let pod = workload.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let volumes = pod.and_then(|pod| pod.volumes.as_deref()).unwrap_or_default();
    let source = |of: &Volume| of.secret.as_ref().and_then(|source| source.secret_name.clone());
    volumes.iter().any(|of| of.name == volume && source(of).as_deref() == Some(secret))
}

/// Volume, folder and name of each file that may be mounted, and where it comes from.
fn mounted(sign_in: Option<&SignIn>) -> impl Iterator<Item = (&'static str, &'static str, &'static str, &SecretFile)> {
    let files = sign_in.map(|SignIn { client_secret, ca }| {
        let client_secret = client_secret.as_ref().map(|file| (CLIENT_SECRET_VOLUME, FOLDER, FILE, file));
        [client_secret, ca.as_ref().map(|file| (CA_VOLUME, CA_FOLDER, CA_FILE, file))]
    });
    files.into_iter().flatten().flatten().filter(|(_, _, _, file)| file.mounted)
}

fn optional_key(volume: &str, file: &SecretFile, file_name: &str) -> Volume {
    let volume = one_key(volume, (file.secret.as_str(), file.key.as_str()), file_name);
    let source = volume.secret.map(|source| SecretVolumeSource { optional: Some(true), ..source });
    Volume { secret: source, ..volume }
}
