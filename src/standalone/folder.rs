//! The folder of manifests as it is listed, and what its files have come to over several listings.
//!
//! A listing is complete or it is none. Of a file that cannot be read only that is known, and it counts as it was.
//! A file is gone when two complete listings at least [`GONE_AFTER`] apart lack it.

use super::Error;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How far apart the two listings must be.
const GONE_AFTER: Duration = Duration::from_secs(1);
/// The longest manifest file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// File name → text, or why it cannot be read.
pub type Listing = BTreeMap<String, Result<String, String>>;

/// Reads all `*.yaml`, `*.yml` and `*.json` files of the folder; not those of folders inside it, nor dot-files.
pub fn list(folder: &Path) -> Result<Listing, Error> {
    let broken = |source| Error::File { path: folder.to_owned(), source };
    let mut listing = Listing::new();
    for entry in std::fs::read_dir(folder).map_err(broken)? {
        let path = entry.map_err(broken)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let wanted = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        if wanted && !name.starts_with('.') && !path.is_dir() {
            listing.insert(name.to_owned(), read(&path));
        }
    }
    Ok(listing)
}

fn read(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!("{length} bytes are more than {FILE_BYTES_MAX}: split the file"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// One file over several listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// What the last listing read.
    pub text: Result<String, String>,
    /// Since when complete listings lack it.
    missing_since: Option<Duration>,
}

impl Sighting {
    /// Whether the last listing lacked it.
    pub fn is_missing(&self) -> bool {
        self.missing_since.is_some()
    }
}

/// All files that are there, or were a moment ago. Instants are durations since the process began.
#[derive(Debug, Default)]
pub struct Sightings {
    files: BTreeMap<String, Sighting>,
}

impl Sightings {
    /// Files that an earlier process saw: as if listed, so that a removal while nobody looked takes two listings too.
    pub fn remembered(texts: &BTreeMap<String, String>) -> Self {
        let seen =
            |(name, text): (&String, &String)| (name.clone(), Sighting { text: Ok(text.clone()), missing_since: None });
        Self { files: texts.iter().map(seen).collect() }
    }

    /// Takes a complete listing; true when something is different now.
    pub fn take(&mut self, listing: Listing, now: Duration) -> bool {
        let before = self.files.clone();
        for (name, file) in &mut self.files {
            if !listing.contains_key(name) {
                file.missing_since.get_or_insert(now);
            }
        }
        self.files.retain(|_, file| file.missing_since.is_none_or(|since| now.saturating_sub(since) < GONE_AFTER));
        for (name, text) in listing {
            self.files.insert(name, Sighting { text, missing_since: None });
        }
        self.files != before
    }

    /// The files, by name.
    pub fn files(&self) -> &BTreeMap<String, Sighting> {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(names: &[&str]) -> Listing {
        names.iter().map(|name| ((*name).to_owned(), Ok(format!("text of {name}")))).collect()
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn c008_a_removal_counts_after_two_complete_listings_a_second_apart() {
        let mut seen = Sightings::default();
        assert!(seen.take(listing(&["a", "b"]), ms(0)));
        assert!(!seen.take(listing(&["a", "b"]), ms(400)));
        seen.take(listing(&["a"]), ms(800));
        assert!(seen.files()["b"].is_missing());
        seen.take(listing(&["a"]), ms(1799));
        assert!(seen.files().contains_key("b"));
        assert!(seen.take(listing(&["a"]), ms(1800)));
        assert!(!seen.files().contains_key("b"));
    }

    #[test]
    fn a_file_that_comes_back_in_time_was_never_gone() {
        let mut seen = Sightings::default();
        seen.take(listing(&["a"]), ms(0));
        seen.take(listing(&[]), ms(500));
        seen.take(listing(&["a"]), ms(1000));
        seen.take(listing(&[]), ms(1500));
        seen.take(listing(&[]), ms(2400));
        assert!(seen.files().contains_key("a"));
    }

    #[test]
    fn what_was_remembered_is_missing_first_and_gone_later() {
        let mut seen = Sightings::remembered(&[("a".to_owned(), "x".to_owned())].into());
        seen.take(listing(&[]), ms(0));
        assert!(seen.files()["a"].is_missing());
        seen.take(listing(&[]), ms(1000));
        assert!(seen.files().is_empty());
    }

    #[test]
    fn dot_files_folders_and_other_endings_are_not_listed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yml", "c.json", ".d.yaml", "README.md", "a.yaml~"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join("e.yaml")).unwrap();
        std::fs::write(folder.path().join("f.yaml"), [0xff, 0xfe]).unwrap();
        let listing = list(folder.path()).unwrap();
        assert_eq!(listing.keys().collect::<Vec<_>>(), ["a.yaml", "b.yml", "c.json", "f.yaml"]);
        assert!(listing["f.yaml"].is_err());
        assert!(list(&folder.path().join("none")).is_err());
    }
}
