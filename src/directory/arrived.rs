//! Who came, once that is known: what the person holds, and what it comes to when something is given.

use super::held::{Held, reenabled};
use crate::access::{Candidate, TenantAccess};
use crate::store::{Account, Identity, InForce, UserFacts, UserId, UserRow, Write};

/// Who came, and what bound them before.
pub(super) struct Arrived<'a> {
    /// Who.
    pub who: Who<'a>,
    /// What stands for the person already: the subject who came.
    pub own: Option<&'a Identity>,
    /// The account that this subject stood for until now.
    pub loses: Option<&'a Account>,
}

/// A user, or somebody whom nobody has provisioned.
pub(super) enum Who<'a> {
    /// A user.
    User(&'a UserFacts),
    /// An account.
    Account(&'a Account),
    /// Nobody knew the person: this account is to be made.
    Newcomer(Account),
}

/// What is held, so that a record can say it.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    grants: Vec<TenantAccess>,
    enabled: bool,
    instead: Option<TenantAccess>,
}

impl Standing {
    /// As records ask for it.
    pub fn held(&self) -> Held<'_> {
        Held { grants: &self.grants, enabled: self.enabled, instead: self.instead.as_ref() }
    }
}

impl Who<'_> {
    /// The id.
    pub fn id(&self) -> UserId {
        match self {
            Self::User(user) => user.row.id,
            Self::Account(account) => account.id,
            Self::Newcomer(account) => account.id,
        }
    }

    /// What the person is called here.
    pub fn user_name(&self) -> &str {
        match self {
            Self::User(user) => user.row.user.user_name(),
            Self::Account(account) => &account.user_name,
            Self::Newcomer(account) => &account.user_name,
        }
    }

    /// As the onboarding asks for it; `None` = nobody knew the person.
    pub fn candidate(&self) -> Option<Candidate<'_>> {
        match self {
            Self::User(UserFacts { row, groups: _, grants, pending }) => Some(Candidate {
                active: row.account_enabled,
                reenabled: row.reenabled.as_deref(),
                grants,
                pending: *pending,
            }),
            // Of an account nobody says that it is inactive, and nothing evaluates it.
            Self::Account(account) => {
                Some(Candidate { active: true, reenabled: None, grants: &account.grants, pending: false })
            }
            Self::Newcomer(_) => None,
        }
    }

    /// What is held.
    pub fn standing(&self, config: &InForce) -> Standing {
        let of_account = |account: &Account| Standing { grants: account.grants.clone(), enabled: true, instead: None };
        match self {
            Self::User(user) => Standing {
                grants: user.grants.clone(),
                enabled: user.row.account_enabled,
                instead: reenabled(config, &user.row),
            },
            Self::Account(account) => of_account(account),
            Self::Newcomer(account) => of_account(account),
        }
    }

    /// What is held once this was given to somebody who held nothing, and what is to be written.
    pub fn onboarded(&self, had: &Standing, given: TenantAccess) -> (Standing, Write) {
        let grants = vec![given];
        let of_account = |account: &Account| Write::PutAccount(Account { grants: grants.clone(), ..account.clone() });
        let write = match self {
            Self::User(user) => {
                Write::PutGrants { user: user.row.id, before: user.grants.clone(), after: grants.clone() }
            }
            Self::Account(account) => of_account(account),
            Self::Newcomer(account) => of_account(account),
        };
        (Standing { grants, ..had.clone() }, write)
    }

    /// The same for somebody whom the provider has disabled: what is stored stays, and waits. Nothing else of the user
    /// changes, not even its version: the provider sees what it wrote (reading 8).
    pub fn reenabled(&self, had: &Standing, given: TenantAccess) -> (Standing, Option<Write>) {
        let Self::User(user) = self else { return (had.clone(), None) };
        let row = UserRow { reenabled: Some(given.role.clone()), ..user.row.clone() };
        (Standing { instead: Some(given), ..had.clone() }, Some(Write::UpdateUser(row)))
    }
}
