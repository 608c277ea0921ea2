//! What each identity provider needs of a server, in the shapes that it really sends. The standard is not asked here: a
//! server may follow it to the letter and still not work with one of these, and the other way round.

mod entra;
mod entra_groups;
mod jumpcloud;
mod keycloak;
mod okta;
mod okta_groups;
mod onelogin;
mod pingone;

use super::answer::Answer;
use super::made::{Kind, over};
use super::verdict::{Outcome, Verdict, absent, ensure, equal, failed, list, text, undecided, values_are};
use super::{Check, ENTERPRISE, GROUP, NOBODY, Session, USER, check};
use crate::client::Method;
use crate::client::raw::{Credential, RawRequest};
use serde::Serialize;
use serde_json::{Value, json};

/// An identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Microsoft Entra ID.
    Entra,
    /// Okta, apps of its network (OIN) and of its wizard (AIW).
    Okta,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// PingOne.
    PingOne,
    /// Keycloak with the extension keycloak-scim.
    Keycloak,
}

impl Provider {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 6] =
        [Self::Entra, Self::Okta, Self::OneLogin, Self::JumpCloud, Self::PingOne, Self::Keycloak];

    /// The name as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entra => "Entra ID",
            Self::Okta => "Okta",
            Self::OneLogin => "OneLogin",
            Self::JumpCloud => "JumpCloud",
            Self::PingOne => "PingOne",
            Self::Keycloak => "Keycloak",
        }
    }
}

/// The checks of all providers.
pub(super) fn checks() -> impl Iterator<Item = &'static Check> {
    let all: [&'static [Check]; 8] = [
        entra::CHECKS,
        entra_groups::CHECKS,
        okta::CHECKS,
        okta_groups::CHECKS,
        onelogin::CHECKS,
        jumpcloud::CHECKS,
        pingone::CHECKS,
        keycloak::CHECKS,
    ];
    all.into_iter().flatten()
}

/// The path of a new user that has these attributes.
async fn person(s: &mut Session, more: Value) -> Result<String, Verdict> {
    let user = s.user(more).await?;
    Ok(s.users(text(&user, "/id")?))
}

/// The path of a new group with these members.
async fn group_of(s: &mut Session, members: &[&str]) -> Result<String, Verdict> {
    s.group_id(members).await.map(|id| s.groups(&id))
}

/// A lookup that finds exactly one resource; that resource.
async fn lookup(s: &mut Session, path: &str, pairs: &[(&'static str, &str)]) -> Result<Value, Verdict> {
    let answer = s.query(path, pairs).await?;
    let (total, resources) = answer.list()?;
    match resources.as_slice() {
        [one] if total == 1 => Ok(one.clone()),
        _ => Err(failed("totalResults 1", format!("totalResults {total}, {} in Resources", resources.len()))),
    }
}

/// A lookup that finds nobody: 200 with an empty list, never 404.
async fn lookup_nobody(s: &mut Session, path: &str, pairs: &[(&'static str, &str)]) -> Outcome {
    let answer = s.query(path, pairs).await?;
    let (total, _) = answer.list()?;
    ensure(total == 0, "status 200, totalResults 0", format!("totalResults {total}"))
}

/// Refused as one who is not known.
async fn unauthorized(s: &mut Session) -> Result<Answer, Verdict> {
    let request = RawRequest::new(Method::GET, s.users("")).with("count", "1").credential(Credential::Wrong);
    let answer = s.send(request).await?;
    answer.is(401)?;
    Ok(answer)
}

/// A POST that must be answered with 201 and an id; the answer.
async fn accepted(s: &mut Session, kind: Kind, body: &Value) -> Result<Answer, Verdict> {
    let answer = s.create(kind, body).await?;
    answer.is(201)?;
    answer.id()?;
    Ok(answer)
}
