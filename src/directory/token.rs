//! Whose bearer value a request carries. Only hashes are known here; a value is never kept, logged or compared as text
//! (B123, B124).

use super::{Directory, Error, Token};
use crate::config::{Scope, TokenUse};
use crate::store::{Change, Decision, Effects, Facts, Needs, Write};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// What every token value begins with: `scim_<tokenId>_<secret>`.
const PREFIX: &str = "scim_";

/// What was counted in memory since it was last written down.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<Counted>);

#[derive(Debug, Default, Clone)]
struct Counted {
    tokens: HashMap<String, Timestamp>,
    refused: u64,
    last_request: Option<Timestamp>,
}

impl Counted {
    fn add(&mut self, other: &Self) {
        for (token, at) in &other.tokens {
            let known = self.tokens.entry(token.clone()).or_insert(*at);
            *known = (*known).max(*at);
        }
        self.refused = self.refused.saturating_add(other.refused);
        self.last_request = self.last_request.max(other.last_request);
    }
}

impl Directory {
    /// Whose bearer value this is; `None` for an unknown, expired or revoked one. Remembers the use.
    pub fn authenticate(&self, value: &str) -> Option<Token> {
        let now = self.now();
        let (token_id, _) = value.strip_prefix(PREFIX)?.split_once('_')?;
        let config = self.in_force();
        let verifier = config.verifiers.get(token_id)?;
        let digest = Sha256::digest(value.as_bytes());
        if !equal(&digest, &verifier.sha256) || now >= verifier.expires_at {
            return None;
        }
        let mut counted = self.inner.uses.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.tokens.insert(token_id.to_owned(), now);
        if verifier.scope == Scope::Scim {
            counted.last_request = Some(now);
        }
        Some(Token { token_id: token_id.to_owned(), name: verifier.name.clone(), scope: verifier.scope })
    }

    /// Counts a SCIM request that was refused (B111).
    pub fn count_refusal(&self) {
        let mut counted = self.inner.uses.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.refused = counted.refused.saturating_add(1);
    }

    /// Writes down what was counted in memory, if anything was.
    pub(super) async fn write_uses(&self) -> Result<(), Error> {
        let counted = std::mem::take(&mut *self.inner.uses.0.lock().unwrap_or_else(PoisonError::into_inner));
        if counted.tokens.is_empty() && counted.refused == 0 {
            return Ok(());
        }
        if let Err(error) = self.inner.store.transact(WriteUses(counted.clone())).await {
            // For the next attempt.
            self.inner.uses.0.lock().unwrap_or_else(PoisonError::into_inner).add(&counted);
            return Err(error.into());
        }
        Ok(())
    }
}

struct WriteUses(Counted);

impl Change for WriteUses {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        let Counted { tokens, refused, last_request } = &self.0;
        let mut tokens: Vec<TokenUse> =
            tokens.iter().map(|(token_id, at)| TokenUse { token_id: token_id.clone(), last_used_at: *at }).collect();
        tokens.sort_by(|a, b| a.token_id.cmp(&b.token_id));
        let uses = Write::Uses { tokens, refused: *refused, last_request: *last_request };
        Decision::Done(Effects { writes: vec![uses], record: None }, ())
    }
}

/// Compares a digest with 64 hexadecimal digits, in a time that does not depend on where they differ.
fn equal(digest: &[u8], hexadecimal: &str) -> bool {
    let text = hexadecimal.as_bytes();
    if text.len() != digest.len() * 2 {
        return false;
    }
    let expected = text.chunks_exact(2).map(|pair| std::str::from_utf8(pair).ok());
    let difference = digest.iter().zip(expected).fold(0_u8, |difference, (byte, pair)| {
        let expected = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        difference | expected.map_or(0xff, |expected| byte ^ expected)
    });
    difference == 0
}

/// A new id for a run asked for without one.
pub(super) fn new_uid() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Document, Publication, Verifier};
    use crate::directory::Settings;
    use crate::directory::tests::document;
    use jiff::SignedDuration;
    use std::sync::Arc;

    const VALUE: &str = "scim_abcdefgh12345678_secret";

    fn hexadecimal(value: &str) -> String {
        Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A configuration with one token.
    fn with_token(expires_at: Timestamp) -> Publication {
        let (token_id, name) = ("abcdefgh12345678".to_owned(), "corp".to_owned());
        let verifier = Verifier { token_id, name, scope: Scope::Scim, sha256: hexadecimal(VALUE), expires_at };
        let document = Document { verifiers: vec![verifier], ..document(&[]) };
        let directory_uid = document.directory.uid.clone();
        Publication {
            directory_uid,
            epoch: 0,
            if_revision: 0,
            revocation_floor: 0,
            take: None,
            content_hash: document.content_hash(),
            document,
        }
    }

    #[test]
    fn b111_what_could_not_be_written_down_is_counted_with_what_came_since() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let counted = |tokens: &[(&str, i64)], refused, last: Option<i64>| Counted {
            tokens: tokens.iter().map(|(token, second)| ((*token).to_owned(), at(*second))).collect(),
            refused,
            last_request: last.map(at),
        };
        let mut since = counted(&[("a", 5)], 2, None);
        since.add(&counted(&[("a", 4), ("b", 3)], 7, Some(4)));
        let mut tokens: Vec<_> = since.tokens.iter().map(|(token, at)| (token.as_str(), at.as_second())).collect();
        tokens.sort_unstable();
        assert_eq!((tokens, since.refused, since.last_request), (vec![("a", 5), ("b", 3)], 9, Some(at(4))));
    }

    #[tokio::test]
    async fn b125_a_token_works_until_its_last_instant_and_not_at_its_end() {
        let made: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let end = made + SignedDuration::from_hours(8760);
        let shown = Arc::new(Mutex::new(made));
        let clock = Arc::clone(&shown);
        let data = tempfile::tempdir().unwrap();
        let settings = Settings { clock: Arc::new(move || *clock.lock().unwrap()), ..Settings::new(data.path()) };
        let directory = Directory::open(settings).await.unwrap();
        directory.publish(with_token(end)).await.unwrap();
        let works_at = |now: Timestamp| {
            *shown.lock().unwrap() = now;
            directory.authenticate(VALUE).map(|token| token.name)
        };
        let (second, instant) = (SignedDuration::from_secs(1), SignedDuration::from_nanos(1));
        for now in [made, end - second, end - instant] {
            assert_eq!(works_at(now).as_deref(), Some("corp"), "{now}");
        }
        for now in [end, end + instant, end + second] {
            assert_eq!(works_at(now), None, "{now}");
        }
        directory.close().await;
    }

    #[test]
    fn b124_only_the_whole_value_has_the_digest() {
        let digest = Sha256::digest(b"scim_id_secret");
        let hexadecimal = hexadecimal("scim_id_secret");
        assert!(equal(&digest, &hexadecimal));
        assert!(!equal(&Sha256::digest(b"scim_id_"), &hexadecimal));
        assert!(!equal(&digest, &hexadecimal[..62]));
        assert!(!equal(&digest, &"zz".repeat(32)));
    }
}
