//! A code for an ID token, at the provider's token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5).
//!
//! Never in an error: the code, the secret, the verifier, a token, or the provider's own free text.

use super::discovery::Metadata;
use super::fetch::{self, FetchError};
use super::known_error;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What is exchanged, and as whom.
pub(super) struct Exchange<'a> {
    /// What the provider sent the person back with.
    pub(super) code: &'a str,
    /// What only whoever began this sign-in knows.
    pub(super) verifier: &'a str,
    /// Where the provider was asked to send the person.
    pub(super) redirect_uri: &'a str,
    /// What this directory is called there.
    pub(super) client_id: &'a str,
    /// Its secret; `None` = a public client.
    pub(super) secret: Option<&'a SecretString>,
}

/// Why there is no ID token.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error("the token endpoint: {0}")]
    Fetch(#[from] FetchError),
    /// With a word of RFC 6749 §5.2, where the provider said one.
    #[error("the token endpoint refused the code with status {status}: {error}")]
    Refused { status: u16, error: &'static str },
    #[error("the token endpoint answered without an ID token")]
    NoIdToken,
    #[error("the client secret cannot stand in a request")]
    Secret,
}

/// Exchanges it; the ID token as it was sent.
pub(super) async fn exchange(metadata: &Metadata, asked: &Exchange<'_>) -> Result<String, ExchangeError> {
    let (header, body) = message(metadata.secret_in_body, asked)?;
    let mut request = metadata.http.post(metadata.token_endpoint.clone());
    request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
    if let Some(header) = header {
        request = request.header(AUTHORIZATION, header);
    }
    let (status, answer) = fetch::send(request).await?;
    if status != 200 {
        let error = known_error(answer.get("error").and_then(Value::as_str).unwrap_or_default());
        return Err(ExchangeError::Refused { status, error });
    }
    let token = answer.get("id_token").and_then(Value::as_str);
    token.map(str::to_owned).ok_or(ExchangeError::NoIdToken)
}

fn message(secret_in_body: bool, asked: &Exchange<'_>) -> Result<(Option<HeaderValue>, String), ExchangeError> {
    let &Exchange { code, verifier, redirect_uri, client_id, secret } = asked;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ];
    let header = match secret.map(SecretString::expose_secret) {
        None => {
            form.push(("client_id", client_id));
            None
        }
        Some(secret) if secret_in_body => {
            form.extend([("client_id", client_id), ("client_secret", secret)]);
            None
        }
        // Each part is encoded before they are joined: either may have a colon in it (RFC 6749 §2.3.1).
        Some(secret) => {
            let pair = STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret)));
            let mut value = HeaderValue::try_from(format!("Basic {pair}")).map_err(|_| ExchangeError::Secret)?;
            value.set_sensitive(true);
            Some(value)
        }
    };
    Ok((header, form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()))
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(secret: Option<&str>, in_body: bool) -> (Option<String>, String) {
        let secret = secret.map(|text| SecretString::from(text.to_owned()));
        let asked = Exchange {
            code: "c+1",
            verifier: "v",
            redirect_uri: "https://scim.example.com/sso/callback",
            client_id: "corp:1",
            secret: secret.as_ref(),
        };
        let (header, body) = message(in_body, &asked).unwrap();
        let decoded = header.map(|value| {
            assert!(value.is_sensitive(), "no log shows it");
            let pair = value.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
            String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap()
        });
        (decoded, body)
    }

    const FORM: &str = "grant_type=authorization_code&code=c%2B1&\
                        redirect_uri=https%3A%2F%2Fscim.example.com%2Fsso%2Fcallback&code_verifier=v";

    #[test]
    fn b129_a_client_with_a_secret_says_who_it_is_in_the_header_each_part_encoded() {
        assert_eq!(shown(Some("s=e:c/ret"), false), (Some("corp%3A1:s%3De%3Ac%2Fret".to_owned()), FORM.to_owned()));
    }

    #[test]
    fn b129_a_client_without_one_says_its_name_and_has_the_proof_key() {
        assert_eq!(shown(None, false), (None, format!("{FORM}&client_id=corp%3A1")));
        assert_eq!(shown(None, true), (None, format!("{FORM}&client_id=corp%3A1")));
    }

    #[test]
    fn b129_a_provider_that_wants_the_secret_in_the_body_gets_it_there() {
        assert_eq!(shown(Some("s"), true), (None, format!("{FORM}&client_id=corp%3A1&client_secret=s")));
    }
}
