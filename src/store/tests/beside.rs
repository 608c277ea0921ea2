//! Steps of a random history about what is kept beside users, groups and rules: causes, accounts, who has signed in,
//! failed events, whom runs changed, what of the configuration is in force.

use super::change::grant;
use super::people::{at, cause, user_id};
use crate::access::{Source, TenantAccess};
use crate::config::{Enforced, FailedEvent, HeldChanges, UserChange};
use crate::store::{
    Account, AccountKey, Facts, FailedMessage, FailedRow, Identity, IdentityKey, InForce, UserId, Write,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// There are few of each.
const MANY: u128 = 4;
const NAMES: [&str; 3] = ["Guest", "GUEST", "Zoë"];
/// Who may sign in, by the provider.
const SIGN_IN: [&str; 3] = ["s", "S", "ß"];
const SUBJECTS: [&str; 2] = ["user:ada", "group:ä"];

/// What is told.
#[derive(Debug, Clone)]
pub(super) enum Beside {
    NameGone(usize),
    Status(u128),
    Account { number: u128, name: usize, grants: bool },
    Close(u128),
    SignIn { person: UserId, subject: usize },
    SignOut(UserId),
    Fail { number: u128, subject: usize, attempts: u32 },
    Mend(Vec<u128>),
    Changed { run: usize, users: Vec<u128> },
    Forget(usize),
    All,
    Withhold(bool),
}

pub(super) fn steps() -> impl Strategy<Value = Beside> {
    let person =
        || (0..MANY, any::<bool>()).prop_map(|(number, user)| if user { user_id(number) } else { account_id(number) });
    let numbers = || prop::collection::vec(0..MANY, 0..4);
    prop_oneof![
        (0..NAMES.len()).prop_map(Beside::NameGone),
        (0..MANY).prop_map(Beside::Status),
        (0..MANY, 0..NAMES.len(), any::<bool>()).prop_map(|(number, name, grants)| Beside::Account {
            number,
            name,
            grants
        }),
        (0..MANY).prop_map(Beside::Close),
        (person(), 0..SIGN_IN.len()).prop_map(|(person, subject)| Beside::SignIn { person, subject }),
        person().prop_map(Beside::SignOut),
        (0..MANY, 0..SUBJECTS.len(), 1..9_u32).prop_map(|(number, subject, attempts)| Beside::Fail {
            number,
            subject,
            attempts
        }),
        numbers().prop_map(Beside::Mend),
        (0..3_usize, numbers()).prop_map(|(run, users)| Beside::Changed { run, users }),
        (0..3_usize).prop_map(Beside::Forget),
        Just(Beside::All),
        any::<bool>().prop_map(Beside::Withhold),
    ]
}

/// Every account that a step may make, by each of its keys.
pub(super) fn account_keys() -> BTreeSet<AccountKey> {
    let names = NAMES.iter().map(|name| AccountKey::Name(crate::access::fold(name)));
    (0..=MANY).map(|number| AccountKey::Id(account_id(number))).chain(names).collect()
}

/// Every identity that a step may make, by each of its keys.
pub(super) fn identity_keys() -> BTreeSet<IdentityKey> {
    let people = (0..=MANY).flat_map(|number| [user_id(number), account_id(number)]).map(IdentityKey::User);
    people.chain(SIGN_IN.iter().map(|subject| by_subject(subject))).collect()
}

impl Beside {
    /// What is written at this second.
    pub fn writes(&self, facts: &Facts, second: i64) -> Vec<Write> {
        let by = cause(u128::from(second.unsigned_abs()));
        match self {
            Self::NameGone(name) => vec![Write::NameGone(crate::access::fold(NAMES[*name]), by)],
            Self::Status(user) => {
                let there = facts.user(user_id(*user)).map(|_| Write::PutStatus(user_id(*user), by));
                there.into_iter().collect()
            }
            Self::Account { number, name, grants } => {
                let bearer = &facts.accounts[&AccountKey::Name(crate::access::fold(NAMES[*name]))];
                if bearer.as_ref().is_some_and(|bearer| bearer.id != account_id(*number)) {
                    return Vec::new();
                }
                let grants = if *grants { vec![manual("hr"), manual("sales")] } else { Vec::new() };
                let account = account(*number, NAMES[*name], grants);
                vec![Write::PutAccount(Account { created: at(second), ..account })]
            }
            Self::Close(number) => vec![Write::DeleteAccount(account_id(*number))],
            Self::SignIn { person, subject } => {
                let is_there = facts.user(*person).is_some()
                    || facts.accounts.get(&AccountKey::Id(*person)).is_some_and(Option::is_some);
                let bearer = &facts.identities[&by_subject(SIGN_IN[*subject])];
                if !is_there || bearer.as_ref().is_some_and(|bearer| bearer.user != *person) {
                    return Vec::new();
                }
                let identity = identity(*person, SIGN_IN[*subject], second.unsigned_abs().into());
                vec![Write::PutIdentity(Identity { bound: at(second), ..identity })]
            }
            Self::SignOut(person) => vec![Write::EndSessions(*person)],
            Self::Fail { number, subject, attempts } => {
                vec![Write::PutFailed(failed(*number, SUBJECTS[*subject], *attempts))]
            }
            Self::Mend(numbers) => vec![Write::DeleteFailed(numbers.iter().copied().map(failed_id).collect())],
            Self::Changed { run, users } => {
                let changes = users.iter().map(|user| changed(*user, second)).collect();
                vec![Write::PutRunChanges(format!("run-{run}"), changes)]
            }
            Self::Forget(run) => vec![Write::ForgetRunChanges(format!("run-{run}"))],
            // Nobody of a history was made as late as in its second second.
            Self::All => vec![Write::AllEvaluated(at(second + 1))],
            Self::Withhold(all) => withhold(facts, *all, second),
        }
    }
}

/// The same document, of which nothing is in force, or everything.
fn withhold(facts: &Facts, all: bool, second: i64) -> Vec<Write> {
    let InForce { revision, content_hash, epoch, document, .. } = &*facts.config;
    let Some(document) = document else { return Vec::new() };
    let everything = Enforced::all_of(document);
    let rules = everything.rules.iter().map(|rule| rule.name.clone()).collect();
    let held = HeldChanges { rules, roles: false, users_losing: 7, reason: "too many".to_owned(), revision: *revision };
    let nothing = Enforced { rules: Vec::new(), held: Some(held), ..everything.clone() };
    let enforced = if all { everything } else { nothing };
    let config = InForce::enforcing(revision + 1, content_hash.clone(), *epoch, document.clone(), enforced);
    vec![Write::PutConfig { config: Arc::new(config), changed: Vec::new(), at: at(second) }]
}

/// The id of the account of this number; ids are in the order of numbers, and nobody else has them.
pub(super) fn account_id(number: u128) -> UserId {
    user_id(1_000 + number)
}

/// An account.
pub(super) fn account(number: u128, name: &str, grants: Vec<TenantAccess>) -> Account {
    Account { id: account_id(number), user_name: name.to_owned(), grants, created: at(1) }
}

/// The key of what the provider calls somebody.
pub(super) fn by_subject(subject: &str) -> IdentityKey {
    IdentityKey::Subject("https://id.example.com".to_owned(), subject.to_owned())
}

/// Somebody who has signed in, in the session of this number.
pub(super) fn identity(user: UserId, subject: &str, session: u128) -> Identity {
    let (issuer, subject) = ("https://id.example.com".to_owned(), subject.to_owned());
    Identity { user, issuer, subject, session: Some(cause(session)), bound: at(1) }
}

/// Access that no rule gave.
pub(super) fn manual(tenant: &str) -> TenantAccess {
    TenantAccess { source: Source::Manual, ..grant(tenant, &[]) }
}

/// The id of the failed event of this number; ids are in the order of numbers.
pub(super) fn failed_id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// A failed event.
pub(super) fn failed(number: u128, subject: &str, attempts: u32) -> FailedRow {
    let event = FailedEvent {
        id: failed_id(number).to_string(),
        time: at(5),
        operation: "PUT".to_owned(),
        resource: "/Users".to_owned(),
        user_name: Some("ada".to_owned()),
        display_name: None,
        status: 400,
        scim_type: Some("invalidValue".to_owned()),
        detail: "no".to_owned(),
        request_id: "r".to_owned(),
        attempts,
        retryable: true,
    };
    let asked = BTreeSet::from(["put".to_owned()]);
    let message = FailedMessage { user_agent: "Agent/1".to_owned(), body: Some("{\"ä\":1}".to_owned()), asked };
    FailedRow { id: failed_id(number), subject: subject.to_owned(), event, message }
}

/// Whom a run changed; a number tells one change from another.
pub(super) fn changed(user: u128, number: i64) -> UserChange {
    let user_name = format!("user-{user}@example.com at {number}");
    UserChange { id: user_id(user).to_string(), user_name, before: Vec::new(), after: vec![manual("hr")] }
}
