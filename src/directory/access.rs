//! Reading access: effective tenants of people whose account may be used,
//! stored grants of everybody (B051, B055, B070).

use super::list::user_select;
use super::user::render;
use super::{AccessPage, AccessQuery, Directory, Error};
use crate::access::{AccessView, TenantAccess, fold, managed};
use crate::store::{UserId, UserRow, UserSelect, UserSummary};

impl Directory {
    /// `GET /access/v1/users/{id or userName}`; `None` = nobody of that name or id. UUID-shaped values are ids.
    pub async fn access(&self, id_or_user_name: &str) -> Result<Option<AccessView>, Error> {
        let select = match UserId::parse(id_or_user_name) {
            Some(id) => UserSelect::Id(id),
            None => UserSelect::Name(fold(id_or_user_name)),
        };
        let found = self.inner.store.summaries(select, 1, None).await?;
        Ok(found.into_iter().next().map(view))
    }

    /// `GET /access/v1/users`: in the order of ids, from after the cursor.
    pub async fn access_page(&self, query: &AccessQuery) -> Result<AccessPage, Error> {
        let base_url = self.serving()?.base_url().to_owned();
        let select = match &query.cursor {
            None => user_select(query.filter.as_ref()),
            Some(cursor) => UserSelect::After(UserId::parse(cursor).ok_or_else(|| {
                Error::BadQuery(format!("cursor {cursor:?} is not one of ours: take `next` of the page before"))
            })?),
        };
        let wanted = Wanted { tenant: query.tenant.clone(), role: query.role.clone(), managed: query.managed };
        let filter = query.filter.clone();
        let keep: Box<dyn Fn(&UserSummary) -> bool + Send + Sync> = Box::new(move |summary| {
            wanted.matches(summary)
                && filter.as_ref().is_none_or(|filter| filter.matches(&render(&summary.row, &[], &base_url)))
        });
        // One more than asked for tells whether there is a next page.
        let mut found = self.inner.store.summaries(select, query.count.saturating_add(1), Some(keep)).await?;
        let more = found.len() as u64 > query.count;
        if more {
            found.pop();
        }
        let next = found.last().filter(|_| more).map(|summary| summary.row.id.to_string());
        Ok(AccessPage { users: found.into_iter().map(view).collect(), next })
    }
}

struct Wanted {
    tenant: Option<String>,
    role: Option<String>,
    managed: Option<bool>,
}

impl Wanted {
    fn matches(&self, summary: &UserSummary) -> bool {
        if self.managed.is_some_and(|wanted| wanted != managed(&summary.grants)) {
            return false;
        }
        if self.tenant.is_none() && self.role.is_none() {
            return true;
        }
        effective(&summary.row, &summary.grants).iter().any(|grant| {
            self.tenant.as_ref().is_none_or(|tenant| *tenant == grant.tenant)
                && self.role.as_ref().is_none_or(|role| *role == grant.role)
        })
    }
}

/// What a person may do right now: nothing while the account may not be used.
fn effective<'a>(row: &UserRow, grants: &'a [TenantAccess]) -> &'a [TenantAccess] {
    if row.account_enabled { grants } else { &[] }
}

fn view(summary: UserSummary) -> AccessView {
    let UserSummary { row, grants, evaluated } = summary;
    AccessView {
        id: row.id.to_string(),
        user_name: row.user.user_name().to_owned(),
        email: row.user.email().map(str::to_owned),
        active: row.user.active(),
        account_enabled: row.account_enabled,
        managed: managed(&grants),
        organization_admin: false,
        tenants: effective(&row, &grants).to_vec(),
        stored_grants: grants,
        last_evaluated: evaluated,
    }
}
