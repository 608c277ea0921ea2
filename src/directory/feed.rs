//! The change feed: what happened to people's effective access, in the order in which it was committed (C006).
//!
//! It is read from the records themselves, so that nothing can be in one and not in the other: a change that is
//! acknowledged is in the feed, over crash, restart and restored backups. A reader goes on behind the last position it
//! has seen. A position that this store never had, or behind which records were cut off, is answered [`Error::Gone`],
//! also when they are cut off while it is read.

use super::kept::{self, Heading, Person, Place, RECORDS_AT_ONCE, Sealed};
use super::{Directory, Error};
use crate::access::TenantAccess;
use crate::config::{AccessChange, ChangedUser, Changes};
use crate::store::KeptRecord;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// Changes in one answer.
const CHANGES_MAX: u64 = 1_000;
/// Records looked at for one answer that does not wait: an answer without changes says so up to its `next`, no further.
const LOOKED_AT_MAX: usize = 100_000;

impl Directory {
    /// `GET /access/v1/changes`: the changes behind a position, or from the oldest kept record on, at most `count` and
    /// a thousand. When there are none, waits up to `wait` for the first one.
    pub async fn changes(&self, since: Option<&str>, wait: Duration, count: u64) -> Result<Changes, Error> {
        // Before anything is read: what comes meanwhile ends the waiting.
        let mut appended = self.inner.store.appended();
        let limit = usize::try_from(count.clamp(1, CHANGES_MAX)).unwrap_or(usize::MAX);
        let now = Instant::now();
        let deadline = now.checked_add(wait).unwrap_or(now);
        let mut place = self.place(since).await?;
        loop {
            appended.borrow_and_update();
            let Read { changes, up_to, more } = self.read_changes(place, since.is_none(), limit).await?;
            let is_over = Instant::now() >= deadline || self.inner.closing.is_cancelled();
            if !changes.is_empty() || is_over {
                return Ok(Changes { changes, next: up_to.to_string() });
            }
            place = up_to;
            if more {
                continue;
            }
            let moved = tokio::select! {
                moved = tokio::time::timeout_at(deadline, appended.changed()) => matches!(moved, Ok(Ok(()))),
                () = self.inner.closing.cancelled() => false,
            };
            if !moved {
                return Ok(Changes { changes, next: place.to_string() });
            }
        }
    }

    /// Where the feed ends now. Whoever takes a snapshot reads this first and follows from here: what the snapshot has
    /// already is then told once more, and nothing is missed.
    pub async fn feed_position(&self) -> Result<String, Error> {
        Ok(Place::behind(self.inner.store.extent().await?.last).to_string())
    }

    /// The changes behind a place, which was found good before. [`Error::Gone`] when what comes next is not kept any
    /// more; who asked for all that is kept then gets that.
    pub(super) async fn read_changes(&self, place: Place, all_kept: bool, limit: usize) -> Result<Read, Error> {
        let mut read = Read { changes: Vec::new(), up_to: place, more: true };
        let mut looked_at = 0;
        while looked_at < LOOKED_AT_MAX {
            let Some(records) = self.records_behind(read.up_to).await? else {
                if !read.changes.is_empty() {
                    // They are given as they are; the next question is told that it goes no further.
                    break;
                }
                read.up_to = self.behind_the_cut(read.up_to, all_kept).await?;
                continue;
            };
            let is_last = records.len() < RECORDS_AT_ONCE as usize;
            looked_at += records.len();
            for record in records {
                read.take(&record, limit)?;
                if read.changes.len() >= limit {
                    return Ok(read);
                }
            }
            if is_last {
                read.more = false;
                break;
            }
        }
        Ok(read)
    }
}

/// What was read of the feed.
#[derive(Debug)]
pub(super) struct Read {
    /// In their order.
    pub changes: Vec<AccessChange>,
    /// The place behind all that was looked at.
    pub up_to: Place,
    /// Whether there may be further records.
    pub more: bool,
}

impl Read {
    /// Takes what a record says, as long as there is room.
    fn take(&mut self, record: &KeptRecord, limit: usize) -> Result<(), Error> {
        let seen = self.up_to.index.filter(|_| self.up_to.position == record.position);
        let first = seen.map_or(0, |index| usize::from(index) + 1);
        for (index, change) in changes_in(record, first)? {
            if self.changes.len() >= limit {
                return Ok(());
            }
            self.up_to = Place { position: record.position, index: Some(index) };
            self.changes.push(change);
        }
        self.up_to = Place::behind(record.position);
        Ok(())
    }
}

/// What a record says of a person, as far as the feed wants to know.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    #[serde(default)]
    user_name: Option<String>,
    /// How stored grants moved.
    #[serde(default)]
    access: Option<Move>,
    /// How effective access moved, where it moved otherwise.
    #[serde(default)]
    effective: Option<Move>,
}

#[derive(Debug, Default, Deserialize)]
struct Move {
    before: Vec<TenantAccess>,
    after: Vec<TenantAccess>,
}

/// Whether a record can tell of anybody's access: most do not, and are not parsed. A quotation mark inside of a text
/// is written with a backslash, so no value looks like one of these names.
fn may_tell(body: &str) -> bool {
    [r#""access":{"#, r#""effective":{"#, r#""digest":""#].iter().any(|sign| body.contains(sign))
}

/// The changes of a record, from one person on, each with the person's index.
fn changes_in(record: &KeptRecord, first: usize) -> Result<Vec<(u16, AccessChange)>, Error> {
    if !may_tell(&record.body) {
        return Ok(Vec::new());
    }
    let Sealed { head, people } = kept::read::<Sealed<Heading, Said>>(record)?;
    let (time, cause) = (head.said.time, head.said.cause());
    let numbered = (0..=u16::MAX).zip(people).skip(first);
    Ok(numbered
        .filter_map(|(index, person)| {
            let (user, Move { before, after }) = moved(person)?;
            let position = Place { position: record.position, index: Some(index) }.to_string();
            Some((index, AccessChange { position, time, user, before, after, cause: cause.clone() }))
        })
        .collect())
}

/// Whose effective access moved, and how. What an erased person had is not known any more; that it is none now is.
fn moved(person: Person<Said>) -> Option<(ChangedUser, Move)> {
    let id = person.user.to_string();
    let Some(Said { user_name, access, effective }) = person.said else {
        return Some((ChangedUser { id, user_name: None }, Move::default()));
    };
    let moved = effective.or(access).filter(|moved| moved.before != moved.after)?;
    Some((ChangedUser { id, user_name }, moved))
}
