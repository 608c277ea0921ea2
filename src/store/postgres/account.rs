//! Accounts: people who hold what no rule gave and are no users (reading 24).
//!
//! Two accounts never have one name: a unique index sees to that, and the second of two changes is decided again. No
//! index sees both accounts and users. So where it was decided by there being no user of the name, a new account takes
//! the name among the users as well, until it is written: whoever creates such a user meanwhile, or renames one so,
//! waits, then finds the account, and is decided again.

use super::super::contract::Facts;
use super::super::error::StoreError;
use super::super::row::{Account, AccountKey, UserId, UserRow};
use super::PostgresStore;
use super::ask::{asked, together};
use super::connection::Connection;
use super::row::{get, json, text, time};
use super::setback::Setback;
use super::statement as sql;
use crate::access::fold;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Accounts by their keys, which stand still until the transaction ends.
pub(super) async fn hold(
    connection: &Connection,
    keys: &[&AccountKey],
) -> Result<BTreeMap<AccountKey, Option<Account>>, Setback> {
    let mut accounts: BTreeMap<AccountKey, Option<Account>> = keys.iter().map(|key| ((*key).clone(), None)).collect();
    if keys.is_empty() {
        return Ok(accounts);
    }
    let (mut names, mut ids): (Vec<&String>, Vec<Uuid>) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            AccountKey::Name(name) => names.push(name),
            AccountKey::Id(id) => ids.push(id.0),
        }
    }
    for row in connection.rows(sql::HOLD_ACCOUNTS, &[&names, &ids]).await? {
        let (account, name): (Account, String) = (parse(&row)?, get(&row, 1)?);
        for key in [AccountKey::Id(account.id), AccountKey::Name(name)] {
            if let Some(found) = accounts.get_mut(&key) {
                *found = Some(account.clone());
            }
        }
    }
    Ok(accounts)
}

/// An account as it now stands, new or not.
pub(super) async fn put(connection: &Connection, facts: &Facts, account: &Account) -> Result<(), Setback> {
    let Account { id, user_name, grants, created } = account;
    let (name, created, grants) = (fold(user_name), created.as_microsecond(), text("account", grants)?);
    let put = async { connection.run(sql::PUT_ACCOUNT, &[&id.0, &name, user_name, &created, &grants]).await };
    if !matches!(facts.user_names.get(&name), Some(None)) {
        return put.await.map(drop);
    }
    together!(connection.run(sql::TAKE_NAME, &[&id.0, &name]), put, connection.run(sql::LEAVE_NAME, &[&id.0]),)?;
    Ok(())
}

/// An account is gone, with what bound it to somebody who signs in.
pub(super) async fn delete(connection: &Connection, account: UserId) -> Result<(), Setback> {
    let id = account.0;
    together!(connection.run(sql::DELETE_ACCOUNT, &[&id]), connection.run(sql::DELETE_IDENTITY, &[&id]))?;
    Ok(())
}

/// Makes sure that a user, who is written already, does not bear the name of an account that came since it was decided
/// by there being none.
pub(super) async fn is_still_none(connection: &Connection, facts: &Facts, row: &UserRow) -> Result<(), Setback> {
    let name = row.name_key();
    if !matches!(facts.accounts.get(&AccountKey::Name(name.clone())), Some(None)) {
        return Ok(());
    }
    match connection.row(sql::OTHER_ACCOUNT, &[&name, &row.id.0]).await? {
        None => Ok(()),
        Some(_) => Err(Setback::Again("an account of this name was made meanwhile".to_owned())),
    }
}

/// `id, name, user_name, created, grants`.
fn parse(row: &Row) -> Result<Account, Setback> {
    let grants: String = get(row, 4)?;
    Ok(Account {
        id: UserId(get(row, 0)?),
        user_name: get(row, 2)?,
        created: time(row, 3)?,
        grants: json("account", &grants)?,
    })
}

impl PostgresStore {
    /// One account.
    pub async fn account(&self, key: AccountKey) -> Result<Option<Account>, StoreError> {
        asked!(self, connection => {
            let row = match &key {
                AccountKey::Id(id) => connection.row(sql::ACCOUNT_BY_ID, &[&id.0]).await?,
                // The database takes no such text, and nobody has such a name.
                AccountKey::Name(name) if name.contains('\0') => None,
                AccountKey::Name(name) => connection.row(sql::ACCOUNT_BY_NAME, &[name]).await?,
            };
            row.as_ref().map(parse).transpose()
        })
    }

    /// The first `limit` accounts behind `after`, by id.
    pub async fn accounts(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let after = after.map_or(Uuid::nil(), |after| after.0);
        asked!(self, connection => {
            let rows = connection.rows(sql::ACCOUNTS_AFTER, &[&after, &i64::from(limit)]).await?;
            rows.iter().map(parse).collect::<Result<Vec<_>, _>>()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Schema;
    use crate::store::{Change, Decision, Effects, Needs, UserSelect, Write};
    use jiff::Timestamp;
    use serde_json::json;
    use std::collections::BTreeSet;

    /// Gives a name to an account or to a user where neither has it; answers whether it did.
    struct Give {
        name: String,
        to: To,
    }

    enum To {
        Account,
        NewUser,
        /// Who has another name.
        User(UserId),
    }

    impl Change for Give {
        type Outcome = bool;

        fn needs(&self) -> Needs {
            let (user_names, accounts) = (self.name.clone(), AccountKey::Name(self.name.clone()));
            let (user_names, accounts) = (BTreeSet::from([user_names]), BTreeSet::from([accounts]));
            let users = match self.to {
                To::User(id) => BTreeSet::from([id]),
                To::Account | To::NewUser => BTreeSet::new(),
            };
            Needs { users, user_names, accounts, ..Needs::default() }
        }

        fn decide(&self, facts: &Facts) -> Decision<bool> {
            let is_free = facts.user_names[&self.name].is_none()
                && facts.accounts[&AccountKey::Name(self.name.clone())].is_none();
            let (id, user_name, created) = (UserId(Uuid::now_v7()), self.name.clone(), Timestamp::UNIX_EPOCH);
            let user = serde_json::from_value(json!({ "userName": user_name })).unwrap();
            let (modified, reenabled) = (created, None);
            let row = UserRow { id, user, account_enabled: true, reenabled, created, modified, version: 1 };
            let write = match self.to {
                To::NewUser => Write::InsertUser(row),
                To::User(id) => Write::UpdateUser(UserRow { id, version: 2, ..row }),
                To::Account => Write::PutAccount(Account { id, user_name, grants: Vec::new(), created }),
            };
            let writes = if is_free { vec![write] } else { Vec::new() };
            Decision::Done(Effects { writes, record: None }, is_free)
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_processes_give_a_name_to_an_account_or_to_a_user_and_never_to_both() {
        let Some(schema) = Schema::of_its_own("one name for an account or a user") else { return };
        let (first, second) = (schema.open().await, schema.open().await);
        assert!(first.transact(Give { name: "ben".to_owned(), to: To::NewUser }).await.unwrap());
        let ben = first.summaries(UserSelect::Name("ben".to_owned()), 1, None).await.unwrap()[0].row.id;
        for round in 0..120 {
            let name = format!("ada-{round}");
            let give = |to| Give { name: name.clone(), to };
            let to = if round % 2 == 0 { To::NewUser } else { To::User(ben) };
            let (one, two) = tokio::join!(first.transact(give(to)), second.transact(give(To::Account)));
            assert!(one.unwrap() != two.unwrap(), "round {round}: one of them, and the other one sees it");
            let as_user = first.summaries(UserSelect::Name(name.clone()), 10, None).await.unwrap().len();
            let as_account = first.account(AccountKey::Name(name)).await.unwrap().iter().count();
            assert_eq!(as_user + as_account, 1, "round {round}");
        }
        schema.end().await;
    }
}
