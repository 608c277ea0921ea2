//! `spec.sso` and `spec.autoOnboarding`: how people sign in, and what becomes of those who hold nothing yet (B002,
//! B006–B008, B129).
//!
//! No secret is ever written here: a client secret is named, and read by the pods.

use crate::api::cel;
use crate::api::crd::undescribed;
use crate::api::reference::SecretKeyRef;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for at the provider when the directory does not say.
pub const DEFAULT_SCOPES: [&str; 3] = ["openid", "profile", "email"];
/// The key of a Secret that holds a client secret when the directory does not say.
pub const DEFAULT_CLIENT_SECRET_KEY: &str = "clientSecret";
/// The key of a Secret that holds certificates when the directory does not say.
pub const DEFAULT_CA_KEY: &str = "ca.crt";
/// New accounts a minute when the directory does not say.
pub const DEFAULT_MAX_PER_MINUTE: i32 = 60;

/// How people sign in; exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sso {
    /// Sign-in is not run through this directory. Write it as `none: {}`.
    None {},
    /// People sign in at an OpenID Connect provider, by the authorization code flow with PKCE (B129). The redirect URI
    /// to enter there is the base URL with `/sso/callback` in place of `/scim/v2`.
    Oidc(Oidc),
}

/// An OpenID Connect provider, and how the people it vouches for are found here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Oidc {
    /// The provider's issuer, compared exactly with what the provider says of itself, a slash at the end included; at
    /// most 512 characters. `https`, or `http` on this very machine (`localhost`, `127.0.0.1`, `[::1]`). Required. An
    /// issuer that does not answer makes `SSOReady` False, and SCIM goes on (B002). Example:
    /// `https://login.example.com`.
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://[^/?#@\s]+(/[^?#\s]*)?$"))]
    #[x_kube(validation = cel::issuer_is_https(), validation = cel::issuer_is_no_document())]
    pub issuer: String,
    /// What this directory is called at the provider (the application's or client's id), 1 to 256 characters without
    /// blanks. Required. Example: `scim-operator`.
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[!-~]+$"))]
    pub client_id: String,
    /// The Secret with the client secret. The pods read it at each use, so a changed one needs no restart. Default:
    /// none, the directory is a public client, and the proof key (PKCE) is all. A Secret that is missing or lacks the
    /// label makes `SSOReady` False, and SCIM goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_ref: Option<SecretKeyRef>,
    /// The Secret with the certificates (PEM) of the authorities that the provider's certificate may be of. Default:
    /// those that the endpoint's image trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_secret_ref: Option<SecretKeyRef>,
    /// What is asked for at the provider, at most 16 words of 1 to 128 characters, `openid` among them. Default:
    /// `openid`, `profile`, `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 128), regex(pattern = r"^[!#-\[\]-~]+$")))]
    #[x_kube(merge_strategy = ListMerge::Set, validation = cel::openid_is_asked_for())]
    pub scopes: Option<Vec<String>>,
    /// Which claim says who somebody is, and which SCIM attribute it is compared with. Required, without a default: a
    /// wrong pair would find nobody, or somebody else. The first sign-in binds the account to issuer and `sub`.
    pub subject: Subject,
}

/// Which claim of the ID token is compared with which SCIM attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The claim of the ID token, 1 to 64 characters without blanks. Required. Microsoft Entra ID: `oid`. Okta: `sub`.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[!-~]+$"))]
    pub claim: String,
    /// The SCIM attribute. Required. `externalId`: exactly; the one to take with Microsoft Entra ID and Okta.
    /// `userName`: without regard to case. `emails`: any address, without regard to case, and only one that the
    /// provider does not call unverified.
    pub attribute: SubjectAttribute,
}

/// The SCIM attribute that a claim is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
#[serde(rename_all = "camelCase")]
pub enum SubjectAttribute {
    /// Without regard to case.
    UserName,
    /// Exactly.
    ExternalId,
    /// Any address.
    Emails,
}

/// What becomes of people who sign in and hold nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutoOnboarding {
    /// `true`: whoever the provider lets in may sign in, and gets `role` in the directory's tenant, with an account
    /// where there is none yet (B006). Default: `false`. Needs `sso.oidc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The role that they get, one of the directory's roles, 1 to 64 characters. Default: the lowest (B007). A role
    /// that the directory does not have leaves the settings in force that were accepted last, and `Accepted` says so
    /// (`UnknownRole`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^\S(.*\S)?$"))]
    pub role: Option<String>,
    /// `true`: somebody whom provisioning has disabled (`active` false) comes in again by signing in, with `role` alone
    /// (B008, B009). Default: `false`. It defeats deprovisioning: who was taken away over SCIM is back for as long as
    /// the provider still lets them sign in. Counts only together with `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reenable_disabled: Option<bool>,
    /// New accounts a minute, on each pod, 1 to 10000; who comes after that is asked to try again in a minute. Default:
    /// 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_per_minute: Option<i32>,
}

impl Sso {
    /// The provider, where people sign in here.
    pub fn oidc(&self) -> Option<&Oidc> {
        match self {
            Self::None {} => None,
            Self::Oidc(oidc) => Some(oidc),
        }
    }
}

impl Oidc {
    /// The effective scopes, as written.
    pub fn scopes(&self) -> Vec<String> {
        self.scopes.clone().unwrap_or_else(|| DEFAULT_SCOPES.map(str::to_owned).to_vec())
    }

    /// The Secret of the client secret and the effective key in it, if there is one.
    pub fn client_secret(&self) -> Option<(&str, &str)> {
        let secret = self.client_secret_ref.as_ref();
        secret.map(|secret| (secret.name.as_str(), secret.key_or(DEFAULT_CLIENT_SECRET_KEY)))
    }

    /// The Secret of the certificates and the effective key in it, if there is one.
    pub fn ca(&self) -> Option<(&str, &str)> {
        self.ca_secret_ref.as_ref().map(|secret| (secret.name.as_str(), secret.key_or(DEFAULT_CA_KEY)))
    }
}

impl AutoOnboarding {
    /// Whether people are onboarded.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// Whether that is so for people whom provisioning has disabled, too.
    pub fn reenable_disabled(&self) -> bool {
        self.reenable_disabled.unwrap_or(false)
    }

    /// The effective number of new accounts a minute.
    pub fn max_per_minute(&self) -> i32 {
        self.max_per_minute.unwrap_or(DEFAULT_MAX_PER_MINUTE)
    }
}
