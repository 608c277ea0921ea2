//! The tokens of a directory without a cluster: values go to key files once, hashes are kept (B123, B127).
//!
//! `<data>/api-keys/<token name>` holds a value (0600); `<data>/tokens.json` what is kept of it. A new value is written
//! before its hash is kept and its hash before it works, so that after a crash no token works whose value nobody has.
//! A token that is wanted no more is forgotten: asked for again, it is another one.

use super::mint::Minted;
use super::{Error, private_file};
use crate::config::{Scope, Verifier};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A token that the manifests ask for.
#[derive(Debug)]
pub struct Wanted {
    /// Its name; also the key file's.
    pub name: String,
    /// What it may call.
    pub scope: Scope,
    /// How long it works from its making on.
    pub validity: SignedDuration,
    /// The value, when somebody else made it.
    pub given: Option<Minted>,
}

/// What is kept of one token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    token_id: String,
    sha256: String,
    scope: Scope,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it no longer works.
    pub expires_at: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    tokens: BTreeMap<String, Kept>,
}

/// All tokens of the data folder.
#[derive(Debug)]
pub struct Keys {
    file: PathBuf,
    folder: PathBuf,
    kept: BTreeMap<String, Kept>,
}

impl Keys {
    /// Reads what is kept in a data folder.
    pub fn open(data: &Path) -> Result<Self, Error> {
        let (file, folder) = (data.join("tokens.json"), data.join("api-keys"));
        private_file::folder(&folder)?;
        let kept = match private_file::read(&file)? {
            None => BTreeMap::new(),
            Some(text) => {
                let lost = "all tokens are made anew and the provider needs the new key";
                serde_json::from_slice::<File>(&text)
                    .map_err(|error| Error::Damaged { path: file.clone(), reason: error.to_string(), lost })?
                    .tokens
            }
        };
        Ok(Self { file, folder, kept })
    }

    /// What is kept of the token of this name.
    pub fn get(&self, name: &str) -> Option<&Kept> {
        self.kept.get(name)
    }

    /// Makes the tokens that are missing and forgets those that are not wanted. What is in force afterwards.
    pub fn keep(&mut self, wanted: Vec<Wanted>, now: Timestamp) -> Result<Vec<Verifier>, Error> {
        let mut next = BTreeMap::new();
        for Wanted { name, scope, validity, given } in wanted {
            let kept = match (self.kept.get(&name), given) {
                (Some(kept), None) => kept.clone(),
                (Some(kept), Some(given)) if kept.sha256 == given.digest() => kept.clone(),
                (None, None) => self.make(&name, scope, validity, Minted::new()?, now)?,
                (_, Some(given)) => self.make(&name, scope, validity, given, now)?,
            };
            next.insert(name, kept);
        }
        if next != self.kept {
            for name in self.kept.keys().filter(|name| !next.contains_key(*name)) {
                tracing::info!(token = name, "token revoked");
            }
            let text = serde_json::to_vec_pretty(&File { tokens: next.clone() });
            let text = text.map_err(|error| Error::File { path: self.file.clone(), source: error.into() })?;
            private_file::write(&self.file, &text)?;
            self.kept = next;
        }
        Ok(self.verifiers())
    }

    fn make(
        &self,
        name: &str,
        scope: Scope,
        validity: SignedDuration,
        minted: Minted,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        let path = self.folder.join(name);
        private_file::write(&path, minted.value.expose_secret().as_bytes())?;
        let expires_at = now.checked_add(validity).unwrap_or(Timestamp::MAX);
        tracing::info!(token = name, token_id = minted.token_id, %expires_at, file = %path.display(), "token made");
        Ok(Kept { sha256: minted.digest(), token_id: minted.token_id, scope, issued_at: now, expires_at })
    }

    /// The verifiers, sorted by token id.
    fn verifiers(&self) -> Vec<Verifier> {
        let verifier = |(name, kept): (&String, &Kept)| Verifier {
            token_id: kept.token_id.clone(),
            name: name.clone(),
            scope: kept.scope,
            sha256: kept.sha256.clone(),
            expires_at: kept.expires_at,
        };
        let mut verifiers: Vec<Verifier> = self.kept.iter().map(verifier).collect();
        verifiers.sort_by(|a, b| a.token_id.cmp(&b.token_id));
        verifiers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str) -> Wanted {
        Wanted { name: name.to_owned(), scope: Scope::Scim, validity: SignedDuration::from_hours(1), given: None }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn b123_a_value_is_written_once_and_only_its_hash_is_kept() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("api-keys/corp");
        let first = Keys::open(data.path()).unwrap().keep(vec![wanted("corp")], at(0)).unwrap();
        let value = std::fs::read_to_string(&path).unwrap();
        assert_eq!(first[0].sha256, Minted::given(&value).unwrap().digest());
        assert!(!std::fs::read_to_string(data.path().join("tokens.json")).unwrap().contains(&value));
        // A person takes the plaintext away: the service goes on, and the value does not come back.
        std::fs::remove_file(&path).unwrap();
        let again = Keys::open(data.path()).unwrap().keep(vec![wanted("corp")], at(9)).unwrap();
        assert_eq!((again, path.exists()), (first, false));
    }

    #[test]
    fn b127_a_forgotten_token_comes_back_as_another() {
        let data = tempfile::tempdir().unwrap();
        let mut keys = Keys::open(data.path()).unwrap();
        let first = keys.keep(vec![wanted("corp"), wanted("extra")], at(0)).unwrap();
        assert_eq!(keys.keep(vec![wanted("corp")], at(1)).unwrap().len(), 1);
        let again = keys.keep(vec![wanted("corp"), wanted("extra")], at(2)).unwrap();
        let of = |verifiers: &[Verifier], name: &str| verifiers.iter().find(|v| v.name == name).unwrap().clone();
        assert_eq!(of(&first, "corp"), of(&again, "corp"));
        assert_ne!(of(&first, "extra").sha256, of(&again, "extra").sha256);
        let value = std::fs::read_to_string(data.path().join("api-keys/extra")).unwrap();
        assert_eq!(Minted::given(&value).unwrap().digest(), of(&again, "extra").sha256);
    }

    #[test]
    fn b125_a_given_value_is_taken_and_does_not_get_younger() {
        let data = tempfile::tempdir().unwrap();
        let value = Minted::new().unwrap().value;
        let given = || Wanted { given: Minted::given(value.expose_secret()), ..wanted("corp") };
        let first = Keys::open(data.path()).unwrap().keep(vec![given()], at(0)).unwrap();
        assert_eq!(first[0].expires_at, at(3600));
        assert_eq!(Keys::open(data.path()).unwrap().keep(vec![given()], at(9)).unwrap(), first);
        assert_eq!(std::fs::read_to_string(data.path().join("api-keys/corp")).unwrap(), value.expose_secret());
    }

    #[test]
    fn err_a_damaged_file_is_not_taken_for_an_empty_one() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("tokens.json"), "{").unwrap();
        assert!(matches!(Keys::open(data.path()), Err(Error::Damaged { .. })));
    }
}
