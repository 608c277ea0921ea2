//! A token's value: `scim_<tokenId>_<43 base64url>`, 256 random bits (B123, B124).

use super::Error;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Characters of a token id.
const ID_CHARS: usize = 16;
/// Random bytes of the secret part.
const SECRET_BYTES: usize = 32;

/// A token's value and its public part.
#[derive(Debug)]
pub struct Minted {
    /// 16 of `[a-z0-9]`.
    pub token_id: String,
    /// The whole value.
    pub value: SecretString,
}

impl Minted {
    /// Makes a new value.
    pub fn new() -> Result<Self, Error> {
        let mut bytes = [0_u8; SECRET_BYTES + ID_CHARS / 2];
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.secure_random.fill(&mut bytes).map_err(|_| Error::Random)?;
        let (secret, id) = bytes.split_at(SECRET_BYTES);
        let token_id = hexadecimal(id);
        let value = format!("scim_{token_id}_{}", URL_SAFE_NO_PAD.encode(secret)).into();
        Ok(Self { token_id, value })
    }

    /// Takes a value that somebody else made; `None` when it has not the shape of one.
    pub fn given(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix("scim_")?.split_once('_')?;
        let id_fits = id.len() == ID_CHARS && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let secret_fits = URL_SAFE_NO_PAD.decode(secret).is_ok_and(|bytes| bytes.len() == SECRET_BYTES);
        (id_fits && secret_fits).then(|| Self { token_id: id.to_owned(), value: text.to_owned().into() })
    }

    /// What is kept of it: SHA-256, 64 hexadecimal digits.
    pub fn digest(&self) -> String {
        hexadecimal(&Sha256::digest(self.value.expose_secret().as_bytes()))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_documented_shape_and_is_never_printed() {
        let made = Minted::new().unwrap();
        let text = made.value.expose_secret();
        assert_eq!(text.len(), "scim_".len() + 16 + 1 + 43);
        assert_eq!(Minted::given(text).unwrap().digest(), made.digest());
        assert_ne!(Minted::new().unwrap().digest(), made.digest());
        assert!(!format!("{made:?}").contains(text));
    }

    #[test]
    fn b124_err_an_id_or_a_value_cut_short_is_no_value() {
        let made = Minted::new().unwrap();
        let text = made.value.expose_secret();
        for wrong in [&made.token_id, "", "scim__", &text[..text.len() - 1], &text.to_uppercase(), &format!("{text}\n")]
        {
            assert!(Minted::given(wrong).is_none(), "{wrong}");
        }
    }
}
