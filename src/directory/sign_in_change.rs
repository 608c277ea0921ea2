//! What a sign-in and a sign-out come to, decided purely (B006–B008, B054; readings 7, 8, 20 and 24).
//!
//! The attribute says who is meant, the binding guards it: the first sign-in binds the provider's subject to the
//! person, and nobody else comes in as that person, nor the subject as somebody else. Only an account yields: to the
//! user whom the provider has written since.

use super::arrived::{Arrived, Standing, Who};
use super::manual_grant::check_user_name;
use super::record::{Entered, Heading, REENABLE};
use super::sign_in::signs_in;
use super::{SignedIn, Vouched};
use crate::access::{Admission, Refusal, fold};
use crate::config::{Document, SubjectAttribute};
use crate::scim::{User, folded};
use crate::store::{
    Account, AccountKey, Change, Decision, Effects, Facts, Hold, Identity, IdentityKey, Needs, Record, UserId, Write,
};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a first sign-in is called that gives nothing.
const BIND: &str = "sign-in.bind";
/// What a sign-in is called that gives the onboarding role.
const ONBOARD: &str = "sign-in.onboard";

/// Somebody for whom the provider has vouched wants to come in.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Who, when.
    pub heading: Heading,
    /// What the provider said.
    pub vouched: Vouched,
    /// The user who was found by the attribute of the mapping.
    pub matched: Option<UserId>,
    /// Whom the subject stood for then. Only says what is worth loading at once.
    pub bound: Option<UserId>,
    /// The id of the account that is made for somebody unknown.
    pub new_id: UserId,
    /// The session, where none is kept.
    pub session: Uuid,
    /// Whether an account may be made.
    pub makes_account: bool,
}

/// What a sign-in comes to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Somebody came in.
    In(SignedIn),
    /// Somebody may not; who it is, where that is known.
    Refused(Option<UserId>, Refusal),
    /// It leads to nobody, to several people, or to somebody whom another subject stands for.
    NoMapping,
    /// People do not sign in by this issuer any more, or are found by another mapping.
    NotConfigured,
    /// An account would be made.
    New,
    /// Somebody else is meant by now: to be looked for again.
    Moved,
}

/// Why it is not known yet who came.
enum Stop {
    More(Box<Needs>),
    End(Outcome),
}

impl Change for Arrival {
    type Outcome = Outcome;

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            // The roles stay as they are while one of them is given.
            configuration: Hold::Shared,
            identities: BTreeSet::from([self.subject()]),
            ..Needs::default()
        };
        match (self.matched, self.user_name()) {
            (Some(id), _) => {
                needs.users.insert(id);
                needs.identities.insert(IdentityKey::User(id));
            }
            (None, Some(name)) => {
                needs.user_names.insert(fold(name));
                needs.accounts.insert(AccountKey::Name(fold(name)));
            }
            (None, None) => {}
        }
        let other = self.bound.filter(|bound| self.matched != Some(*bound));
        needs.accounts.extend(other.map(AccountKey::Id));
        needs
    }

    fn decide(&self, facts: &Facts) -> Decision<Outcome> {
        let Some((document, sign_in)) = signs_in(&facts.config, &self.vouched.issuer) else {
            return end(Outcome::NotConfigured);
        };
        if sign_in.subject != self.vouched.mapping {
            return end(Outcome::NotConfigured);
        }
        let bound = facts.identities.get(&self.subject()).and_then(Option::as_ref);
        let arrived = match self.matched {
            Some(id) => self.user(facts, id, bound),
            None => self.account(facts, bound),
        };
        match arrived {
            Ok(Some(arrived)) => self.admit(facts, document, &arrived),
            Ok(None) => self.unknown(facts, document),
            Err(Stop::More(needs)) => Decision::More(needs),
            Err(Stop::End(outcome)) => end(outcome),
        }
    }
}

impl Arrival {
    /// What people are found by.
    fn attribute(&self) -> SubjectAttribute {
        self.vouched.mapping.attribute
    }

    fn subject(&self) -> IdentityKey {
        IdentityKey::Subject(self.vouched.issuer.clone(), self.vouched.subject.clone())
    }

    /// What an account would be called, if it can be called so.
    fn user_name(&self) -> Option<&str> {
        let name = match self.attribute() {
            SubjectAttribute::UserName => Some(self.vouched.value.as_str()),
            SubjectAttribute::ExternalId | SubjectAttribute::Emails => self.vouched.user_name.as_deref(),
        };
        name.filter(|name| check_user_name(name).is_ok())
    }

    /// The user who was found, unless the binding says otherwise.
    fn user<'a>(&self, facts: &'a Facts, id: UserId, bound: Option<&'a Identity>) -> Result<Option<Arrived<'a>>, Stop> {
        let user = facts.user(id).filter(|user| is_named(&user.row.user, self.attribute(), &self.vouched.value));
        let Some(user) = user else { return Err(Stop::End(Outcome::Moved)) };
        let own = self.own(facts, id);
        if own.is_some_and(|own| bound != Some(own)) {
            return Err(Stop::End(Outcome::NoMapping));
        }
        // The provider has written the user since the account was made: the user wins, another user would not.
        let other = bound.filter(|bound| bound.user != id);
        let loses = other.map(|other| account_of(facts, other.user)).transpose()?;
        Ok(Some(Arrived { who: Who::User(user), own, loses }))
    }

    /// The account that the subject stands for, or that bears the name where names are what is compared; `None` =
    /// nobody is known.
    fn account<'a>(&self, facts: &'a Facts, bound: Option<&'a Identity>) -> Result<Option<Arrived<'a>>, Stop> {
        let name = self.user_name().filter(|_| self.attribute() == SubjectAttribute::UserName).map(fold);
        if name.as_ref().is_some_and(|name| matches!(facts.user_names.get(name), Some(Some(_)))) {
            return Err(Stop::End(Outcome::Moved));
        }
        if let Some(bound) = bound {
            // A user who is bound and no longer matches is nobody that the attribute says.
            let account = account_of(facts, bound.user)?;
            // Nor is an account of another name, where names are what is compared.
            if name.is_some_and(|name| name != fold(&account.user_name)) {
                return Err(Stop::End(Outcome::NoMapping));
            }
            return Ok(Some(Arrived { who: Who::Account(account), own: Some(bound), loses: None }));
        }
        let found = name.and_then(|name| facts.accounts.get(&AccountKey::Name(name)).and_then(Option::as_ref));
        let Some(account) = found else { return Ok(None) };
        let key = IdentityKey::User(account.id);
        if !facts.identities.contains_key(&key) {
            return Err(Stop::More(Box::new(Needs { identities: BTreeSet::from([key]), ..Needs::default() })));
        }
        match self.own(facts, account.id) {
            Some(_) => Err(Stop::End(Outcome::NoMapping)),
            None => Ok(Some(Arrived { who: Who::Account(account), own: None, loses: None })),
        }
    }

    /// What stands for somebody. The word of an issuer by whom people sign in no more guards nobody.
    fn own<'a>(&self, facts: &'a Facts, id: UserId) -> Option<&'a Identity> {
        let identity = facts.identities.get(&IdentityKey::User(id)).and_then(Option::as_ref);
        identity.filter(|identity| identity.issuer == self.vouched.issuer)
    }

    /// Somebody whom nobody knows: an account under a name that nobody has. It never takes somebody over by a name.
    fn unknown(&self, facts: &Facts, document: &Document) -> Decision<Outcome> {
        if let Admission::Refuse(why) = document.onboarding.admit(None) {
            return end(Outcome::Refused(None, why));
        }
        let Some(name) = self.user_name() else { return end(Outcome::NoMapping) };
        let key = fold(name);
        let is_free = matches!(facts.user_names.get(&key), Some(None))
            && matches!(facts.accounts.get(&AccountKey::Name(key)), Some(None));
        if !is_free {
            return end(Outcome::NoMapping);
        }
        if !self.makes_account {
            return end(Outcome::New);
        }
        let (user_name, created) = (name.to_owned(), self.heading.at);
        let account = Account { id: self.new_id, user_name, grants: Vec::new(), created };
        self.admit(facts, document, &Arrived { who: Who::Newcomer(account), own: None, loses: None })
    }

    /// Comes in with what is held, or with what is given; or does not.
    fn admit(&self, facts: &Facts, document: &Document, arrived: &Arrived<'_>) -> Decision<Outcome> {
        let (who, roles) = (&arrived.who, facts.config.enforced.roles.roles());
        let given = || document.onboarding.access(&document.tenant, roles);
        let had = who.standing(&facts.config);
        let refused = |why| end(Outcome::Refused(Some(who.id()), why));
        let (operation, has, write) = match document.onboarding.admit(who.candidate()) {
            Admission::Refuse(why) => return refused(why),
            Admission::Enter => (arrived.own.is_none().then_some(BIND), had.clone(), None),
            Admission::Onboard => {
                // A directory without roles has nothing to give.
                let Some(given) = given() else { return refused(Refusal::NoAccess) };
                let (has, write) = who.onboarded(&had, given);
                (Some(ONBOARD), has, Some(write))
            }
            Admission::Reenable => {
                let Some(given) = given() else { return refused(Refusal::UserInactive) };
                let (has, write) = who.reenabled(&had, given);
                (Some(REENABLE), has, write)
            }
        };
        let (session, identity) = self.kept(who.id(), arrived.own);
        let mut writes: Vec<Write> = write.into_iter().collect();
        if let Some(account) = arrived.loses {
            // What bound it goes with it; what it holds stays.
            writes.extend([Write::DeleteAccount(account.id), Write::PutAccount(account.clone())]);
        }
        writes.extend(identity.map(Write::PutIdentity));
        let record = operation.map(|operation| self.record(operation, arrived, &had, &has));
        let signed_in = SignedIn {
            id: who.id().to_string(),
            user_name: who.user_name().to_owned(),
            session,
            onboarded: operation == Some(ONBOARD),
            reenabled: operation == Some(REENABLE),
        };
        Decision::Done(Effects { writes, record }, Outcome::In(signed_in))
    }

    fn record(&self, operation: &str, arrived: &Arrived<'_>, had: &Standing, has: &Standing) -> Record {
        let Arrived { who, own, loses } = arrived;
        let Vouched { issuer, subject, value: _, mapping: _, user_name: _ } = &self.vouched;
        let entered = Entered {
            user: who.id(),
            user_name: who.user_name(),
            bound: own.is_none().then_some((issuer.as_str(), subject.as_str())),
            unbound: loses.map(|account| account.id),
            had: had.held(),
            has: has.held(),
        };
        self.heading.sign_in(operation, &entered)
    }

    /// The session that goes on, and what is to be written so that it does: nothing where one is kept.
    fn kept(&self, user: UserId, own: Option<&Identity>) -> (Uuid, Option<Identity>) {
        match own {
            Some(Identity { session: Some(session), .. }) => (*session, None),
            Some(own) => (self.session, Some(Identity { session: Some(self.session), ..own.clone() })),
            None => {
                let Vouched { issuer, subject, value: _, mapping: _, user_name: _ } = self.vouched.clone();
                let identity = Identity { user, issuer, subject, session: Some(self.session), bound: self.heading.at };
                (self.session, Some(identity))
            }
        }
    }
}

/// The account that a subject stands for; it may be a user, who does not yield.
fn account_of(facts: &Facts, id: UserId) -> Result<&Account, Stop> {
    let key = AccountKey::Id(id);
    match facts.accounts.get(&key) {
        None => Err(Stop::More(Box::new(Needs { accounts: BTreeSet::from([key]), ..Needs::default() }))),
        Some(None) => Err(Stop::End(Outcome::NoMapping)),
        Some(Some(account)) => Ok(account),
    }
}

/// Whether the attribute of this user has the value.
pub(super) fn is_named(user: &User, attribute: SubjectAttribute, value: &str) -> bool {
    match attribute {
        SubjectAttribute::UserName => fold(user.user_name()) == fold(value),
        SubjectAttribute::ExternalId => user.external_id() == Some(value),
        SubjectAttribute::Emails => {
            let emails = user.attributes.get("emails").and_then(Value::as_array);
            let mut addresses = emails.into_iter().flatten().filter_map(|email| email.get("value")?.as_str());
            addresses.any(|address| folded(address) == folded(value))
        }
    }
}

fn end(outcome: Outcome) -> Decision<Outcome> {
    Decision::Done(Effects::default(), outcome)
}

/// Somebody signs out, everywhere.
#[derive(Debug)]
pub(super) struct Departure {
    /// Whose sessions end.
    pub user: UserId,
    /// The session that asks for it.
    pub session: Uuid,
    /// Who, when.
    pub heading: Heading,
}

impl Change for Departure {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs {
            users: BTreeSet::from([self.user]),
            accounts: BTreeSet::from([AccountKey::Id(self.user)]),
            identities: BTreeSet::from([IdentityKey::User(self.user)]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let identity = facts.identities.get(&IdentityKey::User(self.user)).and_then(Option::as_ref);
        if identity.and_then(|identity| identity.session) != Some(self.session) {
            // It has ended already; another one that has begun since goes on.
            return Decision::Done(Effects::default(), ());
        }
        let account = facts.accounts.get(&AccountKey::Id(self.user)).and_then(Option::as_ref);
        let name = facts.user(self.user).map(|user| user.row.user.user_name());
        let name = name.or(account.map(|account| account.user_name.as_str())).unwrap_or_default();
        let record = Some(self.heading.sign_out(self.user, name));
        Decision::Done(Effects { writes: vec![Write::EndSessions(self.user)], record }, ())
    }
}
