//! What the provisioning service remembers between cycles: ids at the service and what was last sent.
//!
//! The file names people, so it is readable by its owner only. Without it every cycle is a first one.

use super::{Error, Profile};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// A person who was provisioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownUser {
    /// The id at the service.
    pub id: String,
    /// What the service has.
    pub profile: Profile,
    /// The last `active`.
    pub active: bool,
    /// The objectId of the manager the service has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
}

/// A group that was provisioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownGroup {
    /// The id at the service.
    pub id: String,
    /// The name the service has.
    pub display_name: String,
    /// The objectIds of the members that were added.
    pub members: BTreeSet<String>,
}

/// Everything remembered, by objectId.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The base URL this is about.
    pub url: String,
    /// Ended cycles.
    pub cycles: u64,
    /// People.
    pub users: BTreeMap<String, KnownUser>,
    /// Groups.
    pub groups: BTreeMap<String, KnownGroup>,
}

impl State {
    /// Nothing sent to this service yet.
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }

    /// Reads the file; a missing one is a new state.
    pub fn load(path: &Path, url: &str) -> Result<Self, Error> {
        let wrong = |reason| Error::State { path: path.to_owned(), reason };
        let text = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::new(url)),
            other => other.map_err(|source| Error::File { path: path.to_owned(), source })?,
        };
        let state: Self = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if state.url != url {
            return Err(wrong(format!("it is about {}", state.url)));
        }
        Ok(state)
    }

    /// Writes the file: whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        text.and_then(|text| replace(path, &text)).map_err(|source| Error::File { path: path.to_owned(), source })
    }

    /// Forgets everything (`restart`): the next cycle matches everybody again. True when there was a file.
    pub fn forget(path: &Path) -> Result<bool, Error> {
        match std::fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(Error::File { path: path.to_owned(), source }),
        }
    }
}

fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(new)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn a_state_comes_back_as_it_was_and_only_for_its_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(State::load(&path, "http://a/").unwrap(), State::new("http://a/"));
        let state = State { cycles: 3, ..State::new("http://a/") };
        state.save(&path).unwrap();
        assert_eq!(State::load(&path, "http://a/").unwrap(), state);
        let message = State::load(&path, "http://b/").unwrap_err().to_string();
        assert!(message.contains("it is about http://a/"), "{message}");
        assert!(State::forget(&path).unwrap());
        assert!(!State::forget(&path).unwrap());
    }
}
