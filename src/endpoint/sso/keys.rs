//! The provider's public keys (RFC 7517), and whether one of them signed a token. Pure.
//!
//! Only signatures that nobody can make with a public key count: never `none`, never HMAC. A key fits an algorithm by
//! its kind, its curve and what it says of itself, so that no key is used for what it was not made for.

use super::claims::TokenFault;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// Keys that are looked at; providers have a handful.
const KEYS_MAX: usize = 100;

/// What a token claims.
pub(super) type Claims = Map<String, Value>;

/// A set of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(Vec<Jwk>);

impl Keys {
    /// The keys of a JWK Set that can be read; `None` where it is none. One that is of a kind unknown here takes
    /// nothing from the others (RFC 7517 §5).
    pub(super) fn read(set: &Value) -> Option<Self> {
        let listed = set.get("keys")?.as_array()?;
        let keys = listed.iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value(key.clone()).ok());
        Some(Self(keys.collect()))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims of a token that one of these keys signed. What they say is not looked at.
    pub(super) fn signed(&self, token: &str) -> Result<Claims, TokenFault> {
        // An algorithm that the library does not know, `none` among them, is no header to it.
        let header = decode_header(token).map_err(|_| TokenFault::NotSigned)?;
        // What must be understood and is not makes a token invalid (RFC 7515 §4.1.11).
        if !is_accepted(header.alg) || header.crit.is_some() {
            return Err(TokenFault::Algorithm);
        }
        let mut checks = Validation::new(header.alg);
        checks.required_spec_claims.clear();
        checks.validate_exp = false;
        checks.validate_aud = false;
        let mut fault = TokenFault::UnknownKey;
        let named = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
        for key in self.0.iter().filter(named).filter(|key| fits(key, header.alg)) {
            let Ok(key) = DecodingKey::from_jwk(key) else { continue };
            match decode::<Claims>(token, &key, &checks) {
                Ok(data) => return Ok(data.claims),
                Err(_) => fault = TokenFault::Signature,
            }
        }
        Err(fault)
    }
}

fn is_accepted(algorithm: Algorithm) -> bool {
    use Algorithm as A;
    match algorithm {
        A::RS256 | A::RS384 | A::RS512 | A::PS256 | A::PS384 | A::PS512 | A::ES256 | A::ES384 | A::EdDSA => true,
        // HMAC: whoever knows the public key could sign. And whatever a later version of the library brings.
        _ => false,
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm as A;
    let for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let operations = key.common.key_operations.as_ref();
    let verifies = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let says_so = key.common.key_algorithm.is_none_or(|said| said == KeyAlgorithm::from(algorithm));
    let is_of_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => {
            matches!(algorithm, A::RS256 | A::RS384 | A::RS512 | A::PS256 | A::PS384 | A::PS512)
        }
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => algorithm == A::ES256,
            EllipticCurve::P384 => algorithm == A::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(pair) => pair.curve == EllipticCurve::Ed25519 && algorithm == A::EdDSA,
        _ => false,
    };
    for_signatures && verifies && says_so && is_of_kind
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    /// A key that signs, and the public half of it under this name.
    fn key(id: &str) -> (EncodingKey, Value) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let mut public = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap()).unwrap();
        public["kid"] = json!(id);
        (key, public)
    }

    fn keys(public: &[&Value]) -> Keys {
        Keys::read(&json!({ "keys": public })).unwrap()
    }

    fn token(key: &EncodingKey, id: Option<&str>) -> String {
        let header = Header { kid: id.map(str::to_owned), ..Header::new(Algorithm::ES256) };
        encode(&header, &json!({ "sub": "s" }), key).unwrap()
    }

    #[test]
    fn b129_a_token_is_signed_by_one_of_the_keys() {
        let ((one, first), (two, second), (other, _)) = (key("1"), key("2"), key("3"));
        let keys = keys(&[&first, &second]);
        for good in [token(&one, Some("1")), token(&two, Some("2")), token(&one, None), token(&two, None)] {
            assert_eq!(keys.signed(&good).unwrap()["sub"], "s");
        }
        assert_eq!(keys.signed(&token(&two, Some("1"))), Err(TokenFault::Signature), "it names another key");
        assert_eq!(keys.signed(&token(&one, Some("3"))), Err(TokenFault::UnknownKey));
        assert_eq!(keys.signed(&token(&other, None)), Err(TokenFault::Signature));
        assert_eq!(Keys::default().signed(&token(&one, Some("1"))), Err(TokenFault::UnknownKey));
    }

    #[test]
    fn err_a_token_that_anybody_could_have_made() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let (_, public) = key("1");
        let keys = keys(&[&public]);
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let unsigned = format!("{}.{}.", encoded(r#"{"alg":"none"}"#), encoded(r#"{"sub":"s"}"#));
        assert_eq!(keys.signed(&unsigned), Err(TokenFault::NotSigned));
        let secret = EncodingKey::from_secret(public["x"].as_str().unwrap().as_bytes());
        let with_hmac = encode(&Header::new(Algorithm::HS256), &json!({ "sub": "s" }), &secret).unwrap();
        assert_eq!(keys.signed(&with_hmac), Err(TokenFault::Algorithm));
        for nothing in ["", ".", "..", "a.b.c", "a.b.c.d"] {
            assert_eq!(keys.signed(nothing), Err(TokenFault::NotSigned), "{nothing}");
        }
    }

    #[test]
    fn a_key_is_used_for_what_it_was_made_for_only() {
        let (signing, public) = key("1");
        let token = token(&signing, Some("1"));
        let says = |name: &str, value: Value| {
            let mut public = public.clone();
            public[name] = value;
            keys(&[&public]).signed(&token).is_ok()
        };
        assert!(says("use", json!("sig")) && says("key_ops", json!(["verify"])) && says("alg", json!("ES256")));
        assert!(!says("use", json!("enc")) && !says("key_ops", json!(["deriveKey"])) && !says("alg", json!("RS256")));
        assert!(!says("crv", json!("P-384")));
    }

    #[test]
    fn a_key_of_an_unknown_kind_takes_nothing_from_the_others() {
        let (signing, public) = key("1");
        let odd = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "odd", "pub": "AA" });
        let broken = json!({ "kty": "EC", "kid": 7 });
        assert!(keys(&[&odd, &broken, &json!("key"), &public]).signed(&token(&signing, Some("1"))).is_ok());
        assert_eq!(Keys::read(&json!({ "keys": {} })), None);
        assert_eq!(Keys::read(&json!([])), None);
        assert!(Keys::read(&json!({ "keys": [] })).unwrap().is_empty());
    }
}
