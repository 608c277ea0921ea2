//! The last accepted text of every file, kept over restarts: a file broken at the start counts as it was (C008).

use super::{Error, private_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    files: BTreeMap<String, String>,
}

/// File name → text, on disk.
#[derive(Debug)]
pub struct Accepted {
    path: PathBuf,
    texts: BTreeMap<String, String>,
}

impl Accepted {
    /// Reads what is kept in a data folder.
    pub fn open(data: &Path) -> Result<Self, Error> {
        let path = data.join("accepted-manifests.json");
        let texts = match private_file::read(&path)? {
            None => BTreeMap::new(),
            Some(text) => {
                let lost = "files that are broken now count as missing";
                serde_json::from_slice::<File>(&text)
                    .map_err(|error| Error::Damaged { path: path.clone(), reason: error.to_string(), lost })?
                    .files
            }
        };
        Ok(Self { path, texts })
    }

    /// File name → last accepted text.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// Keeps these texts and no others.
    pub fn keep(&mut self, texts: BTreeMap<String, String>) -> Result<(), Error> {
        if texts == self.texts {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&File { files: texts.clone() });
        let text = text.map_err(|error| Error::File { path: self.path.clone(), source: error.into() })?;
        private_file::write(&self.path, &text)?;
        self.texts = texts;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Accepted;

    #[test]
    fn texts_come_back_as_they_were_kept() {
        let data = tempfile::tempdir().unwrap();
        let texts = [("a.yaml".to_owned(), "kind: A\n".to_owned())].into();
        Accepted::open(data.path()).unwrap().keep(texts).unwrap();
        assert_eq!(Accepted::open(data.path()).unwrap().texts()["a.yaml"], "kind: A\n");
    }
}
