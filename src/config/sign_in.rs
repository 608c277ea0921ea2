//! How people sign in (`spec.sso`, `spec.autoOnboarding`): the part of the document that the sign-in reads.

use serde::{Deserialize, Serialize};

/// An OpenID Connect provider, and how the people it vouches for are found here (B002, B129).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// The issuer, compared exactly with what the provider says of itself.
    pub issuer: String,
    /// What this directory is called there.
    pub client_id: String,
    /// Whether a client secret goes with it; without one the proof key (PKCE) is all.
    pub has_client_secret: bool,
    /// What is asked for; `openid` is among them.
    pub scopes: Vec<String>,
    /// How a person is found.
    pub subject: SubjectMapping,
}

/// Which claim says who somebody is, and which SCIM attribute it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectMapping {
    /// The claim of the ID token, say `oid` or `sub`.
    pub claim: String,
    /// The attribute.
    pub attribute: SubjectAttribute,
}

/// The SCIM attribute that a claim is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectAttribute {
    /// Without regard to case.
    UserName,
    /// Exactly.
    ExternalId,
    /// Any address, without regard to case; the claim `email_verified` must not deny it.
    Emails,
}

/// Whether the endpoint can send people to the provider and check what it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInState {
    /// Whether it can.
    pub ready: bool,
    /// Why it cannot, for people; names the issuer and what to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}
