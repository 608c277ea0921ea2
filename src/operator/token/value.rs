//! A token's value: `scim_<tokenId>_<43 base64url>`, 256 random bits, shown nowhere but in its Secret (B029, B123).
//!
//! Randomness comes in as a function, so that tests can see what is done with it: every character of the id is equally
//! likely, because bytes that would favour some are thrown away.

use crate::operator::Error;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const ID_CHARS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH: usize = 16;
/// The largest multiple of 36 that a byte can hold.
const UNBIASED_BELOW: u8 = 252;

/// A value newly made.
#[derive(Debug)]
pub struct Minted {
    /// The public part.
    pub token_id: String,
    /// The whole value.
    pub value: SecretString,
}

/// Makes a value from random bytes.
pub fn mint(fill: &mut dyn FnMut(&mut [u8]) -> Result<(), Error>) -> Result<Minted, Error> {
    let mut token_id = String::with_capacity(ID_LENGTH);
    while token_id.len() < ID_LENGTH {
        let mut bytes = [0_u8; 32];
        fill(&mut bytes)?;
        let fair = bytes.into_iter().filter(|byte| *byte < UNBIASED_BELOW);
        let chars = fair.filter_map(|byte| ID_CHARS.get(usize::from(byte) % ID_CHARS.len()));
        token_id.extend(chars.take(ID_LENGTH - token_id.len()).map(|c| char::from(*c)));
    }
    let mut secret = [0_u8; 32];
    fill(&mut secret)?;
    let value = format!("scim_{token_id}_{}", URL_SAFE_NO_PAD.encode(secret));
    Ok(Minted { token_id, value: value.into() })
}

/// Bytes of the operating system's generator, by the TLS provider.
pub fn random(bytes: &mut [u8]) -> Result<(), Error> {
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(bytes)
        .map_err(|_| Error::Certificate { doing: "read random bytes", detail: "the system has none".to_owned() })
}

/// The public part of a value; `None` when it does not have a value's shape.
pub fn token_id(value: &SecretString) -> Option<&str> {
    let (id, secret) = value.expose_secret().strip_prefix("scim_")?.split_once('_')?;
    let id_fits = id.len() == ID_LENGTH && id.bytes().all(|b| ID_CHARS.contains(&b));
    let secret_fits = URL_SAFE_NO_PAD.decode(secret).is_ok_and(|bytes| bytes.len() == 32);
    (id_fits && secret_fits).then_some(id)
}

/// What the endpoint keeps of a value: SHA-256, 64 hexadecimal digits.
pub fn digest(value: &SecretString) -> String {
    Sha256::digest(value.expose_secret().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_documented_shape() {
        let minted = mint(&mut random).unwrap();
        let value = minted.value.expose_secret();
        assert_eq!(value.len(), "scim_".len() + 16 + 1 + 43);
        assert_eq!(token_id(&minted.value), Some(minted.token_id.as_str()));
        assert_ne!(value, mint(&mut random).unwrap().value.expose_secret());
    }

    #[test]
    fn bytes_that_would_favour_some_characters_are_thrown_away() {
        let mut sources = vec![[251_u8; 32], [252; 32], [255; 32]];
        let minted = mint(&mut |bytes| {
            bytes.copy_from_slice(&sources.pop().unwrap_or([7; 32]));
            Ok(())
        });
        // 255 and 252 give nothing; 251 is the last fair byte: 251 % 36 = 35.
        assert_eq!(minted.unwrap().token_id, "9".repeat(16));
    }

    #[test]
    fn every_character_is_equally_likely() {
        let mut counts = [0_usize; 36];
        for byte in 0..UNBIASED_BELOW {
            counts[usize::from(byte) % 36] += 1;
        }
        assert_eq!(counts, [7; 36]);
    }

    #[test]
    fn b124_an_id_or_a_value_cut_short_is_no_value() {
        let minted = mint(&mut random).unwrap();
        let cut = minted.value.expose_secret().rsplit_once('_').unwrap().0.to_owned();
        for text in [cut.clone(), format!("{cut}_"), minted.token_id, "scim__".to_owned(), String::new()] {
            assert_eq!(token_id(&text.into()), None);
        }
    }

    #[test]
    fn a_value_is_never_printed() {
        let minted = mint(&mut random).unwrap();
        assert!(!format!("{minted:?}").contains(minted.value.expose_secret()));
    }

    #[test]
    fn the_digest_is_that_of_the_whole_value() {
        let abc = digest(&"abc".to_owned().into());
        assert_eq!(abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
