//! How people sign in and who is onboarded, as the document says it, and what stays in force when that makes no sense
//! (B002, B006–B008, B129, C008). What becomes of somebody who signs in is decided in `access`.

use super::rule::quoted;
use super::verdict::Refusal;
use crate::access::{Ladder, Onboarding};
use crate::api::directory as api;
use crate::api::reason::UNKNOWN_ROLE;
use crate::config::{Document, SignIn, SubjectAttribute, SubjectMapping};

/// The provider at which people sign in; `None` = they do not sign in here. No secret is in it.
pub fn sign_in(sso: &api::Sso) -> Option<SignIn> {
    let oidc = sso.oidc()?;
    let api::Oidc { issuer, client_id, client_secret_ref, ca_secret_ref: _, scopes: _, subject } = oidc;
    let mut scopes = oidc.scopes();
    // A set: the order in which it comes back from a cluster is no content.
    scopes.sort_by_key(|scope| (scope != "openid", scope.clone()));
    scopes.dedup();
    Some(SignIn {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        has_client_secret: client_secret_ref.is_some(),
        scopes,
        subject: SubjectMapping {
            claim: subject.claim.clone(),
            attribute: match subject.attribute {
                api::SubjectAttribute::UserName => SubjectAttribute::UserName,
                api::SubjectAttribute::ExternalId => SubjectAttribute::ExternalId,
                api::SubjectAttribute::Emails => SubjectAttribute::Emails,
            },
        },
    })
}

/// The onboarding that will be in force: what is wanted, or what was in force before when it names a role that is none
/// of these. What is switched off is off in either case.
pub fn onboarding(
    wanted: &api::AutoOnboarding,
    ladder: &Ladder,
    previous: Option<&Document>,
) -> (Onboarding, Option<Refusal>) {
    if let Some(role) = wanted.role.as_ref().filter(|role| ladder.rank(role).is_none()) {
        let field = "spec.autoOnboarding.role";
        let message = format!(
            "{field}: {role:?} is not a role of the directory: write one of {}, add it to spec.roles, or leave it out \
             for the lowest; until then the previous onboarding stays in force",
            quoted(ladder.roles()),
        );
        let kept = previous.map(|document| document.onboarding.clone()).unwrap_or_default();
        let kept = Onboarding {
            enabled: kept.enabled && wanted.enabled(),
            reenable_disabled: kept.reenable_disabled && wanted.reenable_disabled(),
            ..kept
        };
        return (kept, Some(Refusal::new(UNKNOWN_ROLE, field, message)));
    }
    let onboarding = Onboarding {
        enabled: wanted.enabled(),
        role: wanted.role.clone(),
        reenable_disabled: wanted.reenable_disabled(),
        // What the schema does not let in takes the strictest meaning.
        max_per_minute: u32::try_from(wanted.max_per_minute()).unwrap_or(1).max(1),
    };
    (onboarding, None)
}
