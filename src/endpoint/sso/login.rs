//! `GET /sso/login?return=`: to the provider, with what makes sure that who comes back is who left: state, nonce and
//! proof key (RFC 6749 §4.1.1, RFC 7636 §4, OpenID Connect Core §3.1.2.1).

use super::cookie::Cookie;
use super::discovery::Metadata;
use super::failure::Failure;
use super::{Served, redirect};
use crate::config::SignIn;
use crate::endpoint::answer::Fault;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A sign-in under way: what the browser keeps, sealed, until the person is back.
#[derive(Serialize, Deserialize)]
pub(super) struct Attempt {
    /// Comes back in the address.
    pub(super) state: String,
    /// Comes back in the ID token.
    pub(super) nonce: String,
    /// Shown only to the token endpoint.
    pub(super) verifier: String,
    /// The page to go to.
    pub(super) page: String,
    /// Who was asked: what another provider answers is no answer.
    pub(super) issuer: String,
    /// As whom.
    pub(super) client_id: String,
}

impl Attempt {
    fn new(page: String, sign_in: &SignIn) -> Option<Self> {
        let (issuer, client_id) = (sign_in.issuer.clone(), sign_in.client_id.clone());
        Some(Self { state: random()?, nonce: random()?, verifier: random()?, page, issuer, client_id })
    }

    /// Whether it was begun by this sign-in, and not by one that has been configured before.
    pub(super) fn is_by(&self, sign_in: &SignIn) -> bool {
        (&self.issuer, &self.client_id) == (&sign_in.issuer, &sign_in.client_id)
    }
}

/// 256 random bits as text for addresses.
fn random() -> Option<String> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// 302 to the provider.
pub(super) async fn begin(State(shared): State<Arc<Shared>>, RawQuery(raw): RawQuery) -> Result<Response, Failure> {
    let served = Served::of(&shared)?;
    let known = shared.provider.metadata(&shared.directory, &served.sign_in).await;
    let metadata = known.map_err(|reason| Failure::unavailable(reason, &served.place))?;
    let query = Query::parse(raw.as_deref()).unwrap_or_default();
    let no_random = || Failure::internal(Fault("no random bytes, or no cipher".to_owned()));
    let page = served.place.page(query.get("return"));
    let attempt = Attempt::new(page, &served.sign_in).ok_or_else(no_random)?;
    let key = shared.directory.secret();
    let cookie = Cookie::Login.give(key, &served.place, &attempt, Timestamp::now()).ok_or_else(no_random)?;
    let url = address(&metadata, &served.sign_in, &served.place.redirect_uri(), &attempt);
    let mut response = redirect(StatusCode::FOUND, url.as_str())?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

fn address(metadata: &Metadata, sign_in: &SignIn, redirect_uri: &str, attempt: &Attempt) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(attempt.verifier.as_bytes()));
    let scopes = sign_in.scopes.join(" ");
    let mut url = metadata.authorization_endpoint.clone();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", sign_in.client_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("scope", scopes.as_str()),
        ("state", attempt.state.as_str()),
        ("nonce", attempt.nonce.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SubjectAttribute, SubjectMapping};
    use crate::endpoint::sso::keys::Keys;

    fn corp() -> SignIn {
        SignIn {
            issuer: "https://idp.example.com".to_owned(),
            client_id: "corp".to_owned(),
            has_client_secret: false,
            scopes: ["openid", "email"].map(str::to_owned).to_vec(),
            subject: SubjectMapping { claim: "sub".to_owned(), attribute: SubjectAttribute::ExternalId },
        }
    }

    #[test]
    fn b133_people_are_sent_with_state_nonce_and_proof_key_and_never_with_the_verifier() {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = |text: &str| Url::parse(text).unwrap();
        let metadata = Metadata {
            authorization_endpoint: url("https://idp.example.com/authorize?realm=corp"),
            token_endpoint: url("https://idp.example.com/token"),
            secret_in_body: false,
            jwks_uri: url("https://idp.example.com/keys"),
            keys: Keys::default(),
            http: reqwest::Client::new(),
        };
        let attempt = Attempt {
            state: "st".to_owned(),
            nonce: "no".to_owned(),
            // The example of RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            ..Attempt::new("/console".to_owned(), &corp()).unwrap()
        };
        let sent = address(&metadata, &corp(), "https://scim.example.com/sso/callback", &attempt);
        assert_eq!(
            sent.query(),
            Some(
                "realm=corp&response_type=code&client_id=corp&\
                 redirect_uri=https%3A%2F%2Fscim.example.com%2Fsso%2Fcallback&scope=openid+email&state=st&nonce=no&\
                 code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
            )
        );
    }

    #[test]
    fn no_two_sign_ins_have_anything_in_common() {
        let begun = || Attempt::new(String::new(), &corp()).unwrap();
        let (one, two) = (begun(), begun());
        let all = [&one.state, &one.nonce, &one.verifier, &two.state, &two.nonce, &two.verifier];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 6);
        assert!(all.iter().all(|text| text.len() == 43));
    }

    #[test]
    fn b129_a_sign_in_ends_only_where_and_as_whom_it_was_begun() {
        let attempt = Attempt::new("/console".to_owned(), &corp()).unwrap();
        assert!(attempt.is_by(&corp()));
        assert!(attempt.is_by(&SignIn { scopes: Vec::new(), ..corp() }));
        assert!(!attempt.is_by(&SignIn { issuer: "https://idp.example.com/".to_owned(), ..corp() }));
        assert!(!attempt.is_by(&SignIn { client_id: "other".to_owned(), ..corp() }));
    }
}
