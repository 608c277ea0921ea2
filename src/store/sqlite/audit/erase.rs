//! Taking out of the records what they say of a person; the chain stays whole. The endpoint must be stopped. What is
//! kept of them beside the records goes as well: whom runs changed, failed messages, by what they signed in.
//!
//! The person must be no user any more, and have no account: a user's own rows are the provider's to delete. Afterwards
//! no byte of the database says what was erased, its log and its free pages included. Backups are other files: they
//! still do.

use super::super::chain::{append, put_head};
use super::super::open::{FILE, Opened, open};
use super::super::row::key;
use super::super::{account, failed, identity, user};
use crate::access::fold;
use crate::store::chain::{self, Contents, Position};
use crate::store::erase::{Erased, Known, a_user, an_account, bearers, one_of, record};
use crate::store::{AccountKey, StoreError, UserId};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Records looked at together; each may be long.
const READ_AT_ONCE: u32 = 32;

/// How long somebody who reads the file is waited for.
const READERS_END_WITHIN: Duration = Duration::from_secs(1);

/// Erases from the records of the store in `data` what they say of `who`, an id or a userName they once had.
///
/// Fails with [`StoreError::Locked`] while an endpoint runs, with [`StoreError::StillThere`] while this is a user or
/// somebody with an account.
/// Needs as much free memory and twice as much free disk as the database is large: all of it is written anew.
pub fn erase(data: &Path, who: &str, now: Timestamp) -> Result<Erased, StoreError> {
    let file = data.join(FILE);
    // To open a store makes one where there is none.
    std::fs::metadata(&file).map_err(|source| StoreError::file(&file, source))?;
    let opened = open(data)?;
    let task = Task { data, who, opened: &opened };
    let user = task.find()?;
    opened.connection.pragma_update(None, "secure_delete", "ON")?;
    let records = task.erase(user, now)?;
    let traces = |problem: String| {
        let (data, user) = (data.display().to_string(), user.to_string());
        StoreError::Traces { data, user, problem }
    };
    match clean(&opened.connection) {
        Ok(true) => Ok(Erased { user, records }),
        Ok(false) => Err(traces("another process reads it".to_owned())),
        Err(error) => Err(traces(error.to_string())),
    }
}

/// Writes the whole file anew: what was deleted at any time, and is in free pages or the log still, is gone. `false`
/// when a reader is in the way.
fn clean(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.execute_batch("VACUUM")?;
    connection.busy_timeout(READERS_END_WITHIN)?;
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!busy)
}

struct Task<'a> {
    data: &'a Path,
    who: &'a str,
    opened: &'a Opened,
}

impl Task<'_> {
    fn connection(&self) -> &Connection {
        &self.opened.connection
    }

    /// Who is meant.
    fn find(&self) -> Result<UserId, StoreError> {
        let user = match UserId::parse(self.who) {
            Some(id) => id,
            None => {
                let name = fold(self.who);
                if user::by_name(self.connection(), &name)?.is_some() {
                    return Err(a_user(self.who));
                }
                // Who has an account of this name is on record with it, and perhaps was somebody else before.
                self.has_none(&AccountKey::Name(name.clone()))?;
                one_of(self.who, self.bearers(&name)?)?
            }
        };
        if user::exists(self.connection(), user)? {
            return Err(a_user(self.who));
        }
        Ok(user)
    }

    /// Fails while there is an account of this key.
    fn has_none(&self, key: &AccountKey) -> Result<(), StoreError> {
        match account::find(self.connection(), key)? {
            Some(_) => Err(an_account(self.who)),
            None => Ok(()),
        }
    }

    /// Everybody who had this folded name at some time, if the records still say so.
    fn bearers(&self, name: &str) -> Result<BTreeSet<UserId>, StoreError> {
        let mut found = BTreeSet::new();
        self.each("", |_, _, contents| {
            found.extend(bearers(contents, name));
            Ok(())
        })?;
        Ok(found)
    }

    /// Erases this person in one transaction, and records that; from how many records.
    fn erase(&self, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
        let transaction = self.connection().unchecked_transaction()?;
        let (mut known, mut records) = (Known::new(user, self.who), 0);
        self.each(&user.to_string(), |number, body, contents| {
            known.note(&contents);
            if let Some(body) = chain::erase(body, user) {
                let mut statement = transaction.prepare_cached("UPDATE record SET body = ?2 WHERE position = ?1")?;
                records += statement.execute(params![number, body])? as u64;
            }
            Ok(())
        })?;
        known.accounts().iter().try_for_each(|key| self.has_none(key))?;
        let failed = failed::forget_about(&transaction, &known.subjects(), user)?;
        let beside = failed + forget_changes(&transaction, user)? + identity::delete(&transaction, user)?;
        // The records that named them may have been cut off.
        if !known.in_records && beside == 0 {
            return Err(StoreError::Nobody { who: self.who.to_owned() });
        }
        if records + beside > 0 {
            let Opened { incarnation, head, .. } = self.opened;
            let head = append(&transaction, &record(user, records, now), *incarnation, *head)?;
            put_head(&transaction, head)?;
        }
        transaction.commit()?;
        Ok(records)
    }

    /// Every record whose text has this in it, with its number, its text and what it says.
    fn each(
        &self,
        text: &str,
        mut look: impl FnMut(u64, &str, Contents) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut last = 0;
        loop {
            let mut statement = self.connection().prepare_cached(
                "SELECT position, incarnation, body FROM record WHERE position > ?1 AND instr(body, ?2) > 0 \
                 ORDER BY position LIMIT ?3",
            )?;
            let rows = statement.query_map(params![last, text, READ_AT_ONCE], |row| {
                Ok((Position { number: row.get(0)?, incarnation: row.get(1)? }, row.get::<_, String>(2)?))
            })?;
            let read: Vec<(Position, String)> = rows.collect::<Result<_, _>>()?;
            for (position, body) in &read {
                let contents = chain::contents(body).ok_or_else(|| self.broken(*position))?;
                look(position.number, body, contents)?;
            }
            let Some((position, _)) = read.last() else { return Ok(()) };
            last = position.number;
        }
    }

    fn broken(&self, position: Position) -> StoreError {
        StoreError::Broken {
            data: self.data.display().to_string(),
            position: position.to_string(),
            problem: "its text is not what was recorded".to_owned(),
        }
    }
}

/// What runs did to this person is forgotten; how often that was.
fn forget_changes(connection: &Connection, user: UserId) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM run_change WHERE user_id = ?1")?.execute([key(user.0)])? as u64)
}
