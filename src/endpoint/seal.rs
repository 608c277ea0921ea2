//! Sealed texts: what is given out and must come back unchanged, and what nobody else may read or make. Cursors of
//! lists (RFC 9865) and the cookies of sign-in are such.
//!
//! AES-256-GCM under the store's own key, so that every replica and every restart knows it. The purpose is bound in:
//! what was sealed for one opens for no other. How long a text is good for is inside, and is its reader's business.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Seals a value for a purpose, as text for URLs and cookies; `None` only when the cipher fails.
pub(crate) fn seal(key: &[u8; 32], purpose: &str, value: &impl Serialize) -> Option<String> {
    let mut text = serde_json::to_vec(value).ok()?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    let nonce = key.seal_in_place_append_tag(Aad::from(purpose), &mut text).ok()?;
    let sealed = [nonce.as_ref().as_slice(), text.as_slice()].concat();
    Some(URL_SAFE_NO_PAD.encode(sealed))
}

/// What was sealed for this purpose under this key; `None` for anything else.
pub(crate) fn open<T: DeserializeOwned>(key: &[u8; 32], purpose: &str, sealed: &str) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
    let (nonce, mut text) = (Nonce::try_assume_unique_for_key(nonce).ok()?, text.to_vec());
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    let text = key.open_in_place(nonce, Aad::from(purpose), &mut text).ok()?;
    serde_json::from_slice(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn opened(key: &[u8; 32], purpose: &str, sealed: &str) -> Option<String> {
        open(key, purpose, sealed)
    }

    #[test]
    fn a_sealed_text_opens_for_its_purpose_only_and_shows_nothing() {
        let sealed = seal(&KEY, "a", &"ada@example.com").unwrap();
        assert!(!URL_SAFE_NO_PAD.decode(&sealed).unwrap().windows(3).any(|bytes| bytes == b"ada"));
        assert_eq!(opened(&KEY, "a", &sealed).as_deref(), Some("ada@example.com"));
        assert_eq!(opened(&KEY, "b", &sealed), None, "another purpose");
        assert_eq!(opened(&[8; 32], "a", &sealed), None, "another store");
        assert_eq!(opened(&KEY, "a", &sealed[..sealed.len() - 2]), None, "cut off");
        assert_eq!(opened(&KEY, "a", ""), None);
        assert_ne!(Some(sealed), seal(&KEY, "a", &"ada@example.com"), "and twice the same is not the same");
    }
}
