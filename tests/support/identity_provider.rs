//! An OpenID Connect provider on loopback: it lets in whom the test says, checks what a good provider checks, and lies
//! on demand.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::extract::{RawQuery, State};
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use scim_operator::config::{SignIn, SubjectAttribute, SubjectMapping};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// What the directory is called at the provider.
pub const CLIENT_ID: &str = "scim: corp";

/// Its secret there.
pub const CLIENT_SECRET: &str = "s3cret/with:odd+letters";

/// How the next tokens differ from what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// They do not.
    Nothing,
    Nonce,
    Audience,
    Issuer,
    Expired,
    /// `alg: none`, no signature.
    Unsigned,
    /// HMAC with what everybody can read: the public key.
    Hmac,
    /// Another key signed than the one that is named.
    OtherKey,
    /// No ID token at all.
    NoToken,
}

struct Key {
    id: String,
    signing: EncodingKey,
    public: Value,
}

/// What a code stands for.
struct Granted {
    redirect_uri: String,
    challenge: String,
    nonce: String,
}

struct Memory {
    issuer: String,
    secret: Option<&'static str>,
    person: Value,
    lie: Lie,
    /// The word that people are sent back with instead of a code.
    denies: Option<&'static str>,
    is_down: bool,
    key: Key,
    codes: BTreeMap<String, Granted>,
    /// Codes, verifiers and tokens that went through here.
    said: Vec<String>,
    /// Whether codes wait.
    holds: watch::Sender<bool>,
    /// How many do.
    waiting: usize,
}

type Shared = Arc<Mutex<Memory>>;

/// The running provider.
#[derive(Clone)]
pub struct IdentityProvider {
    memory: Shared,
    pub issuer: String,
}

impl IdentityProvider {
    /// Listens on a free port of the loopback interface until the test ends; the directory is a public client.
    pub async fn start() -> Self {
        Self::begin(None).await
    }

    /// The same for a client with [`CLIENT_SECRET`].
    pub async fn with_secret() -> Self {
        Self::begin(Some(CLIENT_SECRET)).await
    }

    async fn begin(secret: Option<&'static str>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}/realm", listener.local_addr().expect("an address"));
        let memory = Memory {
            issuer: issuer.clone(),
            secret,
            person: Value::Null,
            lie: Lie::Nothing,
            denies: None,
            is_down: false,
            key: key("first"),
            codes: BTreeMap::new(),
            said: Vec::new(),
            holds: watch::Sender::new(false),
            waiting: 0,
        };
        let memory = Arc::new(Mutex::new(memory));
        let app = Router::new()
            .route("/realm/.well-known/openid-configuration", get(discovery))
            .route("/realm/keys", get(keys))
            .route("/realm/authorize", get(authorize))
            .route("/realm/token", post(token))
            .with_state(Arc::clone(&memory));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { memory, issuer }
    }

    /// `spec.sso.oidc` for this provider: the claim is compared with the attribute.
    pub fn sign_in(&self, claim: &str, attribute: SubjectAttribute) -> SignIn {
        SignIn {
            issuer: self.issuer.clone(),
            client_id: CLIENT_ID.to_owned(),
            has_client_secret: self.with(|memory| memory.secret.is_some()),
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            subject: SubjectMapping { claim: claim.to_owned(), attribute },
        }
    }

    /// From now on everybody who comes is this person: these claims, beside those that every token has.
    pub fn vouches_for(&self, claims: Value) {
        self.with(|memory| memory.person = claims);
    }

    pub fn lies(&self, lie: Lie) {
        self.with(|memory| memory.lie = lie);
    }

    /// People are sent back with this error.
    pub fn denies(&self, error: &'static str) {
        self.with(|memory| memory.denies = Some(error));
    }

    /// Answers 503 to everything, or no longer.
    pub fn is_down(&self, is_down: bool) {
        self.with(|memory| memory.is_down = is_down);
    }

    /// Lets everybody wait who brings a code, or no longer.
    pub fn holds_codes(&self, holds: bool) {
        self.with(|memory| memory.holds.send_replace(holds));
    }

    /// How many have brought a code that they wait with.
    pub fn waiting(&self) -> usize {
        self.with(|memory| memory.waiting)
    }

    /// Signs with a new key from now on; the old one is gone.
    pub fn rotates_keys(&self) {
        let id = format!("{}-next", self.with(|memory| memory.key.id.clone()));
        let new = key(&id);
        self.with(|memory| memory.key = new);
    }

    /// Every code, verifier and token that went through here.
    pub fn said(&self) -> Vec<String> {
        self.with(|memory| memory.said.clone())
    }

    fn with<T>(&self, what: impl FnOnce(&mut Memory) -> T) -> T {
        what(&mut self.memory.lock().expect("nobody panicked with it"))
    }
}

fn key(id: &str) -> Key {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let signing = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("its form").as_ref());
    let public = Jwk::from_encoding_key(&signing, Algorithm::ES256).expect("its public half");
    let mut public = serde_json::to_value(public).expect("JSON");
    public["kid"] = json!(id);
    public["use"] = json!("sig");
    Key { id: id.to_owned(), signing, public }
}

fn open(memory: &Shared) -> Result<std::sync::MutexGuard<'_, Memory>, StatusCode> {
    let memory = memory.lock().expect("nobody panicked with it");
    if memory.is_down { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(memory) }
}

async fn discovery(State(memory): State<Shared>) -> Result<Json<Value>, StatusCode> {
    let issuer = open(&memory)?.issuer.clone();
    Ok(Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    })))
}

async fn keys(State(memory): State<Shared>) -> Result<Json<Value>, StatusCode> {
    let odd = json!({ "kty": "AKP", "kid": "of a kind to come", "alg": "ML-DSA-44", "pub": "AA" });
    Ok(Json(json!({ "keys": [odd, open(&memory)?.key.public] })))
}

/// The pairs of a form or a query.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://form/?{text}")).expect("a form");
    url.query_pairs().into_owned().collect()
}

/// Sends people straight back: whoever comes is the person that the test chose.
async fn authorize(State(memory): State<Shared>, RawQuery(raw): RawQuery) -> Result<Response, StatusCode> {
    let asked = pairs(&raw.unwrap_or_default());
    let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let mut memory = open(&memory)?;
    let good = get("response_type") == "code"
        && get("client_id") == CLIENT_ID
        && get("scope").split(' ').any(|scope| scope == "openid")
        && get("code_challenge_method") == "S256"
        && [get("state"), get("nonce"), get("code_challenge")].iter().all(|text| text.len() >= 43);
    if !good {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut back = reqwest::Url::parse(&get("redirect_uri")).map_err(|_| StatusCode::BAD_REQUEST)?;
    let denies = memory.denies;
    match denies {
        Some(error) => {
            let free_text = "ana@example.com is <locked>";
            back.query_pairs_mut().extend_pairs([("error", error), ("error_description", free_text)]);
        }
        None => {
            let code = format!("code-{}", uuid::Uuid::new_v4());
            back.query_pairs_mut().append_pair("code", &code);
            memory.said.push(code.clone());
            let (redirect_uri, challenge, nonce) = (get("redirect_uri"), get("code_challenge"), get("nonce"));
            memory.codes.insert(code, Granted { redirect_uri, challenge, nonce });
        }
    }
    back.query_pairs_mut().append_pair("state", &get("state")).append_pair("iss", &memory.issuer);
    Ok((StatusCode::FOUND, [(LOCATION, back.to_string())]).into_response())
}

/// Waits while codes are held.
async fn held(memory: &Shared) {
    let mut holds = {
        let mut memory = memory.lock().expect("nobody panicked with it");
        memory.waiting += 1;
        memory.holds.subscribe()
    };
    // It fails only when the provider is gone.
    let _gone = holds.wait_for(|holds| !holds).await.is_err();
    memory.lock().expect("nobody panicked with it").waiting -= 1;
}

/// A code once, for whoever proves to be the client and to have begun it.
async fn token(
    State(memory): State<Shared>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let refused = |status: StatusCode, error: &str| {
        (status, Json(json!({ "error": error, "error_description": "ana@example.com is <locked>" })))
    };
    let form = pairs(&body);
    let get = |name: &str| form.get(name).cloned().unwrap_or_default();
    held(&memory).await;
    let mut memory = open(&memory).map_err(|status| refused(status, "temporarily_unavailable"))?;
    if !is_client(&memory, &headers, &get("client_id")) {
        return Err(refused(StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    let invalid = || refused(StatusCode::BAD_REQUEST, "invalid_grant");
    let granted = memory.codes.remove(&get("code")).ok_or_else(invalid)?;
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier").as_bytes()));
    if proof != granted.challenge || get("redirect_uri") != granted.redirect_uri {
        return Err(invalid());
    }
    let token = id_token(&memory, &granted.nonce);
    memory.said.extend([get("code_verifier"), token.clone()]);
    let mut answer = json!({ "access_token": "of no use here", "token_type": "Bearer" });
    if memory.lie != Lie::NoToken {
        answer["id_token"] = json!(token);
    }
    Ok(Json(answer))
}

/// Whether the client says who it is, and proves it where it has a secret (RFC 6749 §2.3.1).
fn is_client(memory: &Memory, headers: &HeaderMap, client_id: &str) -> bool {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match (memory.secret, header) {
        (None, None) => client_id == CLIENT_ID,
        (Some(secret), Some(header)) => {
            let pair = header.strip_prefix("Basic ").and_then(|pair| STANDARD.decode(pair).ok()).unwrap_or_default();
            let pair = String::from_utf8(pair).unwrap_or_default();
            let parts = pair.split_once(':').map(|(id, secret)| pairs(&format!("id={id}&secret={secret}")));
            parts.is_some_and(|parts| parts["id"] == CLIENT_ID && parts["secret"] == secret)
        }
        _ => false,
    }
}

fn id_token(memory: &Memory, nonce: &str) -> String {
    let now = Timestamp::now().as_second();
    let mut claims = json!({
        "iss": memory.issuer, "aud": CLIENT_ID, "nonce": nonce, "iat": now, "exp": now + 300,
    });
    for (name, value) in memory.person.as_object().expect("the test says who comes") {
        claims[name] = value.clone();
    }
    match memory.lie {
        Lie::Nonce => claims["nonce"] = json!("n".repeat(43)),
        Lie::Audience => claims["aud"] = json!("somebody else"),
        Lie::Issuer => claims["iss"] = json!(format!("{}/", memory.issuer)),
        Lie::Expired => (claims["iat"], claims["exp"]) = (json!(now - 3600), json!(now - 120)),
        Lie::Nothing | Lie::Unsigned | Lie::Hmac | Lie::OtherKey | Lie::NoToken => {}
    }
    let header = |algorithm| Header { kid: Some(memory.key.id.clone()), ..Header::new(algorithm) };
    let signed = |header: &Header, key: &EncodingKey| encode(header, &claims, key).expect("a token");
    match memory.lie {
        Lie::Unsigned => {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(&json!({ "alg": "none", "kid": memory.key.id })), part(&claims))
        }
        Lie::Hmac => {
            let public = memory.key.public["x"].as_str().expect("a point");
            signed(&header(Algorithm::HS256), &EncodingKey::from_secret(public.as_bytes()))
        }
        Lie::OtherKey => signed(&header(Algorithm::ES256), &key("other").signing),
        _ => signed(&header(Algorithm::ES256), &memory.key.signing),
    }
}
