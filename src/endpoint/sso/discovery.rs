//! What a provider says of itself (OpenID Connect Discovery §3, §4), read and checked: it is the issuer it was asked
//! as, and each address is encrypted or on this machine.

use super::fetch;
use super::keys::Keys;
use reqwest::Url;
use serde_json::Value;
use std::path::Path;

/// What sign-in needs to know of a provider.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// Where people are sent.
    pub(super) authorization_endpoint: Url,
    /// Where a code is exchanged.
    pub(super) token_endpoint: Url,
    /// How the client secret goes there: in the body, where the header is not taken.
    pub(super) secret_in_body: bool,
    /// Where the keys are.
    pub(super) jwks_uri: Url,
    /// The keys.
    pub(super) keys: Keys,
    /// What makes requests to it.
    pub(super) http: reqwest::Client,
}

/// Asks a provider for all of it. The error is for people and follows a colon.
pub(super) async fn discover(issuer: &str, ca: Option<&Path>) -> Result<Metadata, String> {
    let at = address(issuer, "the issuer")?;
    let http = fetch::client(&at, ca).await.map_err(|error| error.to_string())?;
    // By hand: an issuer with a path keeps it, with or without a slash at its end.
    let document = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let document = address(&document, "the issuer")?;
    let said = fetch::get(&http, &document).await.map_err(|error| format!("{document}: {error}"))?;
    let found = Said::read(issuer, &said)?;
    let keys = keys_at(&http, &found.jwks_uri).await?;
    let Said { authorization_endpoint, token_endpoint, secret_in_body, jwks_uri } = found;
    Ok(Metadata { authorization_endpoint, token_endpoint, secret_in_body, jwks_uri, keys, http })
}

/// The keys at an address. The error is for people and follows a colon.
pub(super) async fn keys_at(http: &reqwest::Client, jwks_uri: &Url) -> Result<Keys, String> {
    let set = fetch::get(http, jwks_uri).await.map_err(|error| format!("its keys: {error}"))?;
    let keys = Keys::read(&set).filter(|keys| !keys.is_empty());
    keys.ok_or_else(|| "its keys are no JSON Web Key Set that has one".to_owned())
}

/// What stands in the document.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    authorization_endpoint: Url,
    token_endpoint: Url,
    secret_in_body: bool,
    jwks_uri: Url,
}

impl Said {
    fn read(issuer: &str, document: &Value) -> Result<Self, String> {
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        // Exactly: an issuer is compared letter by letter with that of each token.
        if text("issuer") != issuer {
            let said: String = text("issuer").chars().take(200).collect();
            return Err(format!("it calls itself `{said}`, and an issuer has to be given exactly so"));
        }
        let address_of = |name: &str| address(text(name), name);
        let methods = document.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
        let takes = |method: &str| methods.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(method)));
        Ok(Self {
            authorization_endpoint: address_of("authorization_endpoint")?,
            token_endpoint: address_of("token_endpoint")?,
            // Who says nothing takes the header (Discovery §3).
            secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            jwks_uri: address_of("jwks_uri")?,
        })
    }
}

fn address(text: &str, what: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| fetch::is_safe(url) && url.username().is_empty());
    url.ok_or_else(|| format!("{what} is no https address"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        json!({
            "issuer": "https://idp.example.com/corp",
            "authorization_endpoint": "https://idp.example.com/corp/authorize?x=1",
            "token_endpoint": "https://idp.example.com/corp/token",
            "jwks_uri": "https://idp.example.com/corp/keys",
        })
    }

    fn read(document: &Value) -> Result<Said, String> {
        Said::read("https://idp.example.com/corp", document)
    }

    #[test]
    fn b002_a_provider_is_the_issuer_it_was_asked_as_letter_by_letter() {
        assert!(read(&document()).is_ok());
        for other in ["https://idp.example.com/corp/", "https://IDP.example.com/corp", ""] {
            let mut document = document();
            document["issuer"] = json!(other);
            assert!(read(&document).unwrap_err().contains("calls itself"), "{other}");
        }
        assert!(read(&json!([])).is_err());
    }

    #[test]
    fn b002_each_address_is_encrypted_and_there() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for bad in
                [json!("http://idp.example.com/x"), json!("/x"), json!("https://a:b@idp.example.com"), Value::Null]
            {
                let mut document = document();
                document[name] = bad;
                assert_eq!(read(&document).unwrap_err(), format!("{name} is no https address"));
            }
        }
    }

    #[test]
    fn the_client_secret_goes_into_the_body_only_where_the_header_is_not_taken() {
        for (methods, in_body) in [
            (Value::Null, false),
            (json!(["client_secret_post"]), true),
            (json!(["client_secret_post", "client_secret_basic"]), false),
            (json!(["private_key_jwt"]), false),
        ] {
            let mut document = document();
            document["token_endpoint_auth_methods_supported"] = methods;
            assert_eq!(read(&document).unwrap().secret_in_body, in_body);
        }
    }
}
