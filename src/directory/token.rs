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

#[derive(Debug, Default)]
struct Counted {
    tokens: HashMap<String, Timestamp>,
    refused: u64,
    last_request: Option<Timestamp>,
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
        self.inner.store.transact(WriteUses(counted)).await?;
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

    #[test]
    fn b124_only_the_whole_value_has_the_digest() {
        let digest = Sha256::digest(b"scim_id_secret");
        let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(equal(&digest, &hexadecimal));
        assert!(!equal(&Sha256::digest(b"scim_id_"), &hexadecimal));
        assert!(!equal(&digest, &hexadecimal[..62]));
        assert!(!equal(&digest, &"zz".repeat(32)));
    }
}
