//! The mounted `verifiers.json`: below its `revocationFloor` a store is too old to know every revoked token.
//!
//! A volume restored from a backup would let a revoked token in again. The operator writes the lowest configuration
//! revision that may serve beside the store, so that such an endpoint waits until it is published to.

use super::shared::Shared;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mounted {
    #[serde(default)]
    revocation_floor: u64,
}

/// The floor a file gives; a file that is not there gives none.
pub(crate) fn read(file: &Path) -> Result<u64, String> {
    match std::fs::read(file) {
        Ok(text) => serde_json::from_slice::<Mounted>(&text)
            .map(|mounted| mounted.revocation_floor)
            .map_err(|error| format!("{} is not a verifiers file: {error}", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    }
}

/// Looks at the file until the endpoint stops. A file that cannot be read changes nothing; one with a lower floor
/// lowers it, since a floor belongs to one store and a person may have accepted another.
pub(crate) async fn follow(file: PathBuf, shared: Arc<Shared>) {
    let mut told = None;
    loop {
        match read(&file) {
            Ok(floor) => {
                shared.revocation_floor.store(floor, Ordering::Release);
                told = None;
            }
            Err(error) if told.as_ref() != Some(&error) => {
                tracing::warn!(%error, "the floor stays as it was");
                told = Some(error);
            }
            Err(_) => {}
        }
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = tokio::time::sleep(shared.limits.reload_interval) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_file_gives_its_floor_and_no_file_gives_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("verifiers.json");
        assert_eq!(read(&file), Ok(0));
        std::fs::write(&file, r#"{"revocationFloor": 7, "verifiers": []}"#).unwrap();
        assert_eq!(read(&file), Ok(7));
        std::fs::write(&file, "verifiers: []").unwrap();
        assert!(read(&file).unwrap_err().contains("verifiers.json"));
    }
}
