//! The mounted `verifiers.json`: which configurations may serve. Not those below its `revocationFloor`, which may know
//! a revoked token, and not those of another directory than `directoryUid`.
//!
//! A volume restored from a backup would let a revoked token in again, and one that an earlier directory of this name
//! left behind would let in all of that one's (B097). The operator writes beside the store what counts, so that such an
//! endpoint waits until it is published to.

use super::shared::Shared;
use crate::config::Document;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the file says; nothing where there is none.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mounted {
    /// The lowest revision that may serve.
    #[serde(default)]
    revocation_floor: u64,
    /// The directory whose configurations may serve; empty = any.
    #[serde(default)]
    directory_uid: String,
}

impl Mounted {
    /// Whether there is a configuration in force, of this directory, that is new enough to know all revocations.
    pub(crate) fn lets(&self, revision: u64, document: Option<&Document>) -> bool {
        let ours = |uid: &String| self.directory_uid.is_empty() || self.directory_uid == *uid;
        revision > 0 && revision >= self.revocation_floor && document.is_some_and(|d| ours(&d.directory.uid))
    }
}

/// What a file says; one that is not there says nothing.
pub(crate) fn read(file: &Path) -> Result<Mounted, String> {
    match std::fs::read(file) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| format!("{} is not a verifiers file: {error}", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Mounted::default()),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    }
}

/// Looks at the file until the endpoint stops. A file that cannot be read changes nothing; one with a lower floor
/// lowers it, since a floor belongs to one store and a person may have accepted another.
pub(crate) async fn follow(file: PathBuf, shared: Arc<Shared>) {
    let mut told = None;
    loop {
        match read(&file) {
            Ok(mounted) => {
                shared.mounted.store(Arc::new(mounted));
                told = None;
            }
            Err(error) if told.as_ref() != Some(&error) => {
                tracing::warn!(%error, "what may serve stays as it was");
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
    use super::{Mounted, read};
    use crate::config::Document;

    fn mounted(revocation_floor: u64, directory_uid: &str) -> Mounted {
        Mounted { revocation_floor, directory_uid: directory_uid.to_owned() }
    }

    /// A configuration of the directory with the uid "now".
    fn document() -> Document {
        let document = serde_json::json!({
            "directory": {"uid": "now", "namespace": "hr", "name": "corp"}, "tenant": "main", "roles": ["Designer"],
            "syncPolicy": "Manual", "rules": [], "verifiers": [],
            "profile": {"paused": false, "dialect": "Auto", "requiredAttributes": [], "baseUrl": "http://x/scim/v2"},
        });
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn b097_b127_what_may_serve_is_of_this_directory_and_not_below_the_floor() {
        let serves = |mounted: Mounted| mounted.lets(7, Some(&document()));
        assert!(serves(mounted(0, "")) && serves(mounted(7, "now")));
        assert!(!serves(mounted(8, "now")), "an old backup");
        assert!(!serves(mounted(0, "before")), "another directory's configuration");
        assert!(!mounted(0, "").lets(0, None), "nothing was published yet");
    }

    #[test]
    fn a_file_gives_its_floor_and_its_directory_and_no_file_gives_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("verifiers.json");
        assert_eq!(read(&file), Ok(Mounted::default()));
        std::fs::write(&file, r#"{"revocationFloor": 7, "verifiers": []}"#).unwrap();
        assert_eq!(read(&file), Ok(mounted(7, "")));
        std::fs::write(&file, r#"{"directoryUid": "u", "revocationFloor": 7, "verifiers": []}"#).unwrap();
        assert_eq!(read(&file), Ok(mounted(7, "u")));
        std::fs::write(&file, "verifiers: []").unwrap();
        assert!(read(&file).unwrap_err().contains("verifiers.json"));
    }
}
