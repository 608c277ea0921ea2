//! Reading access: effective tenants of people whose account may be used, stored grants of everybody (B051, B055,
//! B070). An account that a sign-in has enabled again may be used, though the provider says inactive (B008).
//!
//! People are users, and accounts of those whom nobody has provisioned (reading 24).

use super::held::{Held, may_be_used, reenabled};
use super::list::user_select;
use super::user::render;
use super::{AccessPage, AccessQuery, Directory, Error};
use crate::access::{AccessView, TenantAccess, fold, managed};
use crate::store::{Account, AccountKey, InForce, UserId, UserSelect, UserSummary};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Accounts looked at in one read.
const ACCOUNTS_AT_ONCE: u32 = 1_000;

impl Directory {
    /// `GET /access/v1/users/{id or userName}`; `None` = nobody of that name or id. UUID-shaped values are ids.
    pub async fn access(&self, id_or_user_name: &str) -> Result<Option<AccessView>, Error> {
        Ok(self.person(id_or_user_name).await?.map(|person| person.view))
    }

    /// A user or an account, by id or userName. The account is looked for first: it may become a user meanwhile, never
    /// the other way round.
    pub(super) async fn person(&self, id_or_user_name: &str) -> Result<Option<Person>, Error> {
        let (select, key) = match UserId::parse(id_or_user_name) {
            Some(id) => (UserSelect::Id(id), AccountKey::Id(id)),
            None => {
                let name = fold(id_or_user_name);
                (UserSelect::Name(name.clone()), AccountKey::Name(name))
            }
        };
        let account = self.inner.store.account(key).await?;
        let user = self.inner.store.summaries(select, 1, None).await?.into_iter().next();
        Ok(match (user, account) {
            (Some(user), _) => {
                let (id, pending) = (user.row.id, user.pending);
                Some(Person { user: Some(id), pending, view: view(&self.in_force(), user) })
            }
            (None, Some(account)) => Some(Person { user: None, pending: false, view: view_of_account(account) }),
            (None, None) => None,
        })
    }

    /// `GET /access/v1/users`: users and accounts in the order of ids, from after the cursor. A filter is about SCIM
    /// attributes, which accounts have none of.
    pub async fn access_page(&self, query: &AccessQuery) -> Result<AccessPage, Error> {
        let serving = self.serving()?;
        let (base_url, config) = (serving.base_url().to_owned(), serving.in_force);
        let after = match &query.cursor {
            None => None,
            Some(cursor) => Some(UserId::parse(cursor).ok_or_else(|| {
                Error::BadQuery(format!("cursor {cursor:?} is not one of ours: take `next` of the page before"))
            })?),
        };
        let select = after.map_or_else(|| user_select(query.filter.as_ref()), UserSelect::After);
        let wanted = Wanted { tenant: query.tenant.clone(), role: query.role.clone(), managed: query.managed };
        // One more than asked for tells whether there is a next page.
        let limit = query.count.saturating_add(1);
        let mut found: BTreeMap<UserId, AccessView> = match &query.filter {
            Some(_) => BTreeMap::new(),
            None => self.accounts(after, &wanted, limit).await?,
        };
        let (filter, known) = (query.filter.clone(), Arc::clone(&config));
        let keep: Box<dyn Fn(&UserSummary) -> bool + Send + Sync> = Box::new(move |summary| {
            let instead = reenabled(&known, &summary.row);
            wanted.matches(&summary.grants, held(summary, instead.as_ref()).effective())
                && filter.as_ref().is_none_or(|filter| filter.matches(&render(&summary.row, &[], &base_url)))
        });
        // After the accounts: one that has become a user meanwhile is found as a user.
        let users = self.inner.store.summaries(select, limit, Some(keep)).await?;
        found.extend(users.into_iter().map(|summary| (summary.row.id, view(&config, summary))));
        let count = usize::try_from(query.count).unwrap_or(usize::MAX);
        let more = found.len() > count;
        let users: Vec<AccessView> = found.into_values().take(count).collect();
        let next = users.last().filter(|_| more).map(|view| view.id.clone());
        Ok(AccessPage { users, next })
    }

    /// The first accounts that are wanted behind an id, at most so many.
    async fn accounts(
        &self,
        after: Option<UserId>,
        wanted: &Wanted,
        limit: u64,
    ) -> Result<BTreeMap<UserId, AccessView>, Error> {
        let (mut found, mut after) = (BTreeMap::new(), after);
        loop {
            let accounts = self.inner.store.accounts(after, ACCOUNTS_AT_ONCE).await?;
            let is_last = accounts.len() < ACCOUNTS_AT_ONCE as usize;
            after = accounts.last().map(|account| account.id).or(after);
            for account in accounts.into_iter().filter(|account| wanted.matches(&account.grants, &account.grants)) {
                if found.len() as u64 >= limit {
                    return Ok(found);
                }
                found.insert(account.id, view_of_account(account));
            }
            if is_last {
                return Ok(found);
            }
        }
    }
}

/// Somebody who has access, or could.
pub(super) struct Person {
    /// The user's id; `None` = it is an account.
    pub user: Option<UserId>,
    /// Whether an evaluation is queued.
    pub pending: bool,
    /// What is shown.
    pub view: AccessView,
}

struct Wanted {
    tenant: Option<String>,
    role: Option<String>,
    managed: Option<bool>,
}

impl Wanted {
    fn matches(&self, grants: &[TenantAccess], effective: &[TenantAccess]) -> bool {
        if self.managed.is_some_and(|wanted| wanted != managed(grants)) {
            return false;
        }
        if self.tenant.is_none() && self.role.is_none() {
            return true;
        }
        effective.iter().any(|grant| {
            self.tenant.as_ref().is_none_or(|tenant| *tenant == grant.tenant)
                && self.role.as_ref().is_none_or(|role| *role == grant.role)
        })
    }
}

/// What a user holds right now.
fn held<'a>(summary: &'a UserSummary, instead: Option<&'a TenantAccess>) -> Held<'a> {
    Held { grants: &summary.grants, enabled: summary.row.account_enabled, instead }
}

fn view(config: &InForce, summary: UserSummary) -> AccessView {
    let instead = reenabled(config, &summary.row);
    let tenants = held(&summary, instead.as_ref()).effective().to_vec();
    let UserSummary { row, grants, evaluated, pending: _ } = summary;
    AccessView {
        id: row.id.to_string(),
        user_name: row.user.user_name().to_owned(),
        email: row.user.email().map(str::to_owned),
        active: row.user.active(),
        account_enabled: may_be_used(&row),
        managed: managed(&grants),
        organization_admin: false,
        tenants,
        stored_grants: grants,
        last_evaluated: evaluated,
    }
}

/// Of an account nobody says that it is inactive, and no rule manages it (reading 24).
fn view_of_account(account: Account) -> AccessView {
    let Account { id, user_name, grants, created: _ } = account;
    AccessView {
        id: id.to_string(),
        user_name,
        email: None,
        active: true,
        account_enabled: true,
        managed: managed(&grants),
        organization_admin: false,
        tenants: grants.clone(),
        stored_grants: grants,
        last_evaluated: None,
    }
}
