//! People who sign in: whom an identity provider's word stands for, and what they may come in with (B006–B009, B022,
//! B049, B054, B085, B140, B141; readings 3, 7, 8, 18, 20 and 24).
//!
//! The provider's word is checked before it comes here; this room speaks no OpenID Connect and seals no cookie. Who is
//! meant is looked up, and decided again inside of the transaction that writes it.

use super::record::Heading;
use super::sign_in_change::{Arrival, Departure, Outcome, is_named};
use super::{Actor, Directory, Error};
use crate::access::{self, AccessView, Question, Reason, fold};
use crate::config::{Document, SignIn, SubjectAttribute, SubjectMapping};
use crate::store::{IdentityKey, InForce, Keep, UserId, UserSelect, UserSummary, email_key};
use uuid::Uuid;

/// How often somebody is looked for who is somebody else by the time it is decided.
const LOOK_UPS_MAX: usize = 5;
/// Bytes of what a provider says of somebody: what is longer is nobody's.
const CLAIM_BYTES_MAX: usize = 1_024;

/// What the identity provider has vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Its `iss`.
    pub issuer: String,
    /// Its `sub`: the same person for good.
    pub subject: String,
    /// The value of the claim that [`SubjectMapping::claim`] names.
    pub value: String,
    /// What the value was read by. Under another mapping it would be somebody else's.
    pub mapping: SubjectMapping,
    /// What a new account would be called, where the value is not that.
    pub user_name: Option<String>,
}

/// Somebody who came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The id of the user or the account.
    pub id: String,
    /// What the person is called here.
    pub user_name: String,
    /// What every session of the person carries.
    pub session: Uuid,
    /// Whether the onboarding role was given just now.
    pub onboarded: bool,
    /// Whether it was given in spite of what the provider last said of `active`.
    pub reenabled: bool,
}

/// Why somebody did not come in; the text is for that person, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// Nobody has provisioned the person, and nobody is onboarded here (B140).
    #[error(
        "Nobody has provisioned you here. Ask an administrator to assign you to the application at the identity \
         provider, and to provision you."
    )]
    UserNotFound,
    /// The provider has disabled the person.
    #[error("The identity provider says that you are inactive. Ask an administrator to activate you there.")]
    UserInactive,
    /// Stored, but not evaluated yet.
    #[error("You have been provisioned, and the rules have not been applied to you yet. Try again in a moment.")]
    SyncPending,
    /// What the provider says leads to nobody, to several people, or to somebody for whom another subject stands.
    #[error(
        "What the identity provider says of you does not lead to exactly one person here. Ask an administrator to \
         compare spec.sso.oidc.subject with what the provider sends, and whether somebody else has signed in as you."
    )]
    IdentityMappingMissing,
    /// Known and active, but nothing gives access; why not, as the explanation has it.
    #[error("Nothing gives you access here: {}.", .0.message)]
    NoAccess(Reason),
    /// More people came for the first time than may in a minute.
    #[error("Many people have come here for the first time just now. Try again in a minute.")]
    TooManyNewAccounts,
    /// People do not sign in here, not by this provider, or not by what this one said.
    #[error("People do not sign in here by this identity provider. Begin again at the page that you came for.")]
    NotConfigured,
}

impl SignInRefusal {
    /// A bounded name, for pages, logs and metrics; of no access that of the deciding reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UserNotFound => "UserNotFound",
            Self::UserInactive => "UserInactive",
            Self::SyncPending => "SyncPending",
            Self::IdentityMappingMissing => "IdentityMappingMissing",
            Self::NoAccess(reason) => reason.code.name(),
            Self::TooManyNewAccounts => "TooManyNewAccounts",
            Self::NotConfigured => "NotConfigured",
        }
    }
}

/// Whose session it is, while it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the person may do.
    pub view: AccessView,
    /// Whether the person manages people: whoever has the top role in the home tenant (B101).
    pub manages_users: bool,
}

impl Directory {
    /// Lets somebody in for whom the identity provider has vouched, or says why not. The first sign-in binds the
    /// provider's subject to the person; one that changes nothing writes nothing.
    pub async fn sign_in(&self, vouched: &Vouched, by: &Actor) -> Result<Result<SignedIn, SignInRefusal>, Error> {
        let mut makes_account = false;
        for _ in 0..LOOK_UPS_MAX {
            let config = self.serving()?.in_force;
            let Some((document, _)) = signs_in(&config, &vouched.issuer) else {
                return Ok(Err(SignInRefusal::NotConfigured));
            };
            if ![&vouched.subject, &vouched.value].into_iter().all(|claim| says_something(claim)) {
                return Ok(Err(SignInRefusal::IdentityMappingMissing));
            }
            let matched = match self.matching(vouched.mapping.attribute, &vouched.value).await?.as_slice() {
                [] => None,
                [user] => Some(*user),
                _ => return Ok(Err(SignInRefusal::IdentityMappingMissing)),
            };
            let subject = IdentityKey::Subject(vouched.issuer.clone(), vouched.subject.clone());
            let bound = self.inner.store.identity(subject).await?.map(|identity| identity.user);
            let arrival = Arrival {
                heading: Heading::new(self.now(), by),
                vouched: vouched.clone(),
                matched,
                bound,
                new_id: UserId(Uuid::now_v7()),
                session: Uuid::new_v4(),
                makes_account,
            };
            match self.inner.store.transact(arrival).await? {
                Outcome::In(signed_in) => return Ok(Ok(signed_in)),
                Outcome::NotConfigured => return Ok(Err(SignInRefusal::NotConfigured)),
                Outcome::NoMapping => return Ok(Err(SignInRefusal::IdentityMappingMissing)),
                Outcome::Refused(id, why) => {
                    if let Some(refusal) = self.refusal(&document.tenant, id, why).await? {
                        return Ok(Err(refusal));
                    }
                }
                Outcome::New => {
                    if !self.inner.newcomers.admit(self.now(), document.onboarding.max_per_minute) {
                        return Ok(Err(SignInRefusal::TooManyNewAccounts));
                    }
                    makes_account = true;
                }
                Outcome::Moved => {}
            }
        }
        Err(Error::Unavailable("whoever signs in is somebody else each time it is decided".to_owned()))
    }

    /// The users whose attribute has this value: none, one, or two of several.
    async fn matching(&self, attribute: SubjectAttribute, value: &str) -> Result<Vec<UserId>, Error> {
        let select = match attribute {
            SubjectAttribute::UserName => UserSelect::Name(fold(value)),
            SubjectAttribute::ExternalId => UserSelect::ExternalId(value.to_owned()),
            SubjectAttribute::Emails => UserSelect::Email(email_key(value)),
        };
        let value = value.to_owned();
        let keep: Keep<UserSummary> = Box::new(move |summary| is_named(&summary.row.user, attribute, &value));
        let found = self.inner.store.summaries(select, 2, Some(keep)).await?;
        Ok(found.into_iter().map(|summary| summary.row.id).collect())
    }

    /// Why somebody may not come in; `None` = by now there is access after all.
    async fn refusal(
        &self,
        tenant: &str,
        id: Option<UserId>,
        why: access::Refusal,
    ) -> Result<Option<SignInRefusal>, Error> {
        let id = match (why, id) {
            (access::Refusal::NoAccess, Some(id)) => id,
            (access::Refusal::NoAccess | access::Refusal::UserNotFound, _) => {
                return Ok(Some(SignInRefusal::UserNotFound));
            }
            (access::Refusal::UserInactive, _) => return Ok(Some(SignInRefusal::UserInactive)),
            (access::Refusal::SyncPending, _) => return Ok(Some(SignInRefusal::SyncPending)),
        };
        let question = Question { tenant: tenant.to_owned(), role: None };
        let explained = self.explain(&id.to_string(), &question).await?;
        let deciding = explained.reasons.into_iter().next().filter(|_| !explained.granted);
        Ok(deciding.map(SignInRefusal::NoAccess))
    }

    /// Whom a session is of, while it holds: the session is the one kept, and the person's account may still be used.
    pub async fn session(&self, user: &str, session: Uuid) -> Result<Option<Session>, Error> {
        let config = self.serving()?.in_force;
        let Some(id) = UserId::parse(user) else { return Ok(None) };
        let Some(identity) = self.inner.store.identity(IdentityKey::User(id)).await? else { return Ok(None) };
        let Some((document, _)) = signs_in(&config, &identity.issuer) else { return Ok(None) };
        if identity.session != Some(session) {
            return Ok(None);
        }
        // Read after the identity: whoever was disabled in between has no access here already.
        let Some(person) = self.person(user).await? else { return Ok(None) };
        let view = person.view;
        if view.tenants.is_empty() {
            return Ok(None);
        }
        let top = config.enforced.roles.roles().last();
        let manages_users = view.tenants.iter().any(|held| held.tenant == document.tenant && Some(&held.role) == top);
        Ok(Some(Session { view, manages_users }))
    }

    /// Ends every session of the person, if this is the one kept.
    pub async fn sign_out(&self, user: &str, session: Uuid, by: &Actor) -> Result<(), Error> {
        self.serving()?;
        let Some(user) = UserId::parse(user) else { return Ok(()) };
        let heading = Heading::new(self.now(), by);
        Ok(self.inner.store.transact(Departure { user, session, heading }).await?)
    }

    /// Wakes whoever waits for the state: people can sign in from now on, or no longer.
    pub fn announce(&self) {
        self.moved();
    }
}

/// The document, if people sign in by this issuer.
pub(super) fn signs_in<'a>(config: &'a InForce, issuer: &str) -> Option<(&'a Document, &'a SignIn)> {
    let document = config.document.as_ref()?;
    let sign_in = document.sign_in.as_ref().filter(|sign_in| sign_in.issuer == issuer)?;
    Some((document, sign_in))
}

/// Whether a claim can stand for somebody. What providers send as a name or an id has no control characters, and a
/// blank one would stand for everybody who has none.
fn says_something(claim: &str) -> bool {
    !claim.trim().is_empty() && claim.len() <= CLAIM_BYTES_MAX && !claim.chars().any(char::is_control)
}
