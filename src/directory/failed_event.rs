//! Messages of the identity provider that could not be applied: kept until they are superseded, retried or forgotten
//! (C004). Reading them again and trying them again is the endpoint's part.

use super::{Directory, Error, Failed};
use crate::config::{FailedEvent, FailedEvents};
use crate::store::{Change, Decision, Effects, Facts, FailedRow, Needs, Write};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a message about a resource may ask for as a whole.
const POST: &str = "post";
const PUT: &str = "put";
const DELETE: &str = "delete";
/// Texts of what was asked for that are kept of one message; of more their hash stands for all.
const ASKED_MAX: usize = 1_000;
/// How long a look that found nothing holds, where other processes may keep something meanwhile.
const LOOKED_HOLDS: Duration = Duration::from_secs(5);

/// Whether there may be failed events: nearly every message succeeds where nothing failed, and then nothing is read.
#[derive(Debug, Default)]
pub(super) struct Hint(Mutex<Known>);

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    /// What the last look found, and when; `None` = nobody has looked.
    found: Option<(bool, Instant)>,
    /// Counts what this process did to them: a look that began before it says nothing.
    steps: u64,
}

impl Hint {
    fn known(&self) -> Known {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was kept: `Some(true)`; or something went, and whether any is left is to be looked for: `None`.
    fn step(&self, found: Option<bool>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.steps += 1;
        known.found = found.map(|found| (found, Instant::now()));
    }

    /// What a look found that began at `steps`.
    fn looked(&self, found: bool, steps: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.steps == steps {
            known.found = Some((found, Instant::now()));
        }
    }
}

impl Directory {
    /// Keeps a message that was refused. One that failed alike before, and was about the same thing, stays one event.
    pub async fn note_failed(&self, failed: Failed) -> Result<(), Error> {
        let time = self.now();
        let Failed {
            operation,
            resource,
            subject,
            user_name,
            display_name,
            status,
            scim_type,
            detail,
            request_id,
            mut message,
        } = failed;
        message.asked = bounded(&message.asked).0;
        let earlier = self.inner.store.failed_about(vec![subject.clone()]).await?;
        let earlier = earlier.into_iter().find(|row| row.message.asked == message.asked && row.event.status == status);
        let attempts = earlier.as_ref().map_or(1, |row| row.event.attempts.saturating_add(1));
        let id = earlier.map_or_else(Uuid::now_v7, |row| row.id);
        // A deletion needs no text.
        let retryable = operation.eq_ignore_ascii_case(DELETE) || message.body.is_some();
        let event = FailedEvent {
            id: id.to_string(),
            time,
            operation,
            resource,
            user_name,
            display_name,
            status,
            scim_type,
            detail,
            request_id,
            attempts,
            retryable,
        };
        let row = FailedRow { id, subject, event, message };
        self.inner.store.transact(Writes(vec![Write::PutFailed(row)])).await?;
        self.inner.failed_kept.step(Some(true));
        Ok(())
    }

    /// A message has succeeded: forgets what failed about the same things and asked for no more than it did.
    pub async fn supersede(&self, subjects: Vec<String>, asked: &BTreeSet<String>) -> Result<(), Error> {
        if !self.may_have_failed().await? {
            return Ok(());
        }
        let kept = self.inner.store.failed_about(subjects).await?;
        let asked = Asked::of(asked);
        let over: Vec<Uuid> = kept.iter().filter(|row| asked.covers(&row.message.asked)).map(|row| row.id).collect();
        self.forget(over).await
    }

    /// `GET /access/v1/failed-events`: the newest first; those behind a cursor.
    pub async fn failed_events(&self, cursor: Option<&str>, count: u64) -> Result<FailedEvents, Error> {
        let before = cursor.map(|cursor| {
            Uuid::try_parse(cursor).map_err(|_| {
                Error::BadQuery(format!("cursor {cursor:?} is not one of ours: take `next` of the page before"))
            })
        });
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let limit = u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        let mut rows = self.inner.store.failed(before.transpose()?, limit).await?;
        let more = rows.len() > count;
        rows.truncate(count);
        let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
        Ok(FailedEvents { events: rows.into_iter().map(|row| row.event).collect(), next })
    }

    /// How many failed events are kept.
    pub async fn failed_count(&self) -> Result<u64, Error> {
        Ok(self.inner.store.figures().await?.failed)
    }

    /// A failed event with its message; `None` = there is none of this id (any more).
    pub async fn failed_event(&self, id: &str) -> Result<Option<FailedRow>, Error> {
        match Uuid::try_parse(id) {
            Ok(id) => Ok(self.inner.store.failed_by_id(id).await?),
            Err(_) => Ok(None),
        }
    }

    /// Forgets a failed event; one that is not there is fine.
    pub async fn forget_failed(&self, id: &str) -> Result<(), Error> {
        self.forget(Uuid::try_parse(id).into_iter().collect()).await
    }

    async fn forget(&self, ids: Vec<Uuid>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.inner.store.transact(Writes(vec![Write::DeleteFailed(ids)])).await?;
        self.inner.failed_kept.step(None);
        Ok(())
    }

    /// Whether any failed event may be kept. Where this process is alone it knows; else what others kept is found
    /// [`LOOKED_HOLDS`] later at the latest.
    pub async fn may_have_failed(&self) -> Result<bool, Error> {
        let Known { found, steps } = self.inner.failed_kept.known();
        let is_alone = self.inner.store.elsewhere().is_none();
        if let Some((found, at)) = found
            && (found || is_alone || at.elapsed() < LOOKED_HOLDS)
        {
            return Ok(found);
        }
        let found = !self.inner.store.failed(None, 1).await?.is_empty();
        self.inner.failed_kept.looked(found, steps);
        Ok(found)
    }
}

/// What a message that succeeded asked for.
struct Asked(BTreeSet<String>);

impl Asked {
    fn of(asked: &BTreeSet<String>) -> Self {
        let mut all = asked.clone();
        all.extend(bounded(asked).1);
        Self(all)
    }

    /// Whether who asked for this has, with that, what the other one failed to get.
    fn covers(&self, failed: &BTreeSet<String>) -> bool {
        // To be there: whatever succeeds with a resource shows that it is.
        let is_there = failed.len() == 1 && failed.contains(POST);
        // A resource that is written whole is as its provider wants it, unless that is not to be.
        let is_whole = self.0.contains(PUT) && !failed.contains(DELETE);
        is_there || is_whole || self.0.contains(DELETE) || failed.is_subset(&self.0)
    }
}

/// The texts to keep, and the hash that stands for them where they are too many.
fn bounded(asked: &BTreeSet<String>) -> (BTreeSet<String>, Option<String>) {
    if asked.len() <= ASKED_MAX {
        return (asked.clone(), None);
    }
    let mut hash = Sha256::new();
    for text in asked {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let all = format!("all of {} {hash}", asked.len());
    (BTreeSet::from([all.clone()]), Some(all))
}

/// Writes that no fact decides. They are on no record: nothing that anybody has was changed.
struct Writes(Vec<Write>);

impl Change for Writes {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        Decision::Done(Effects { writes: self.0.clone(), record: None }, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn c004_a_later_message_supersedes_what_asked_for_no_more() {
        let covers = |asked: &[&str], failed: &[&str]| Asked::of(&set(asked)).covers(&set(failed));
        assert!(covers(&["replace active"], &["post"]), "whatever succeeds shows that it is there");
        assert!(covers(&["replace active", "add emails"], &["add emails"]));
        assert!(!covers(&["add emails"], &["add emails", "replace active"]));
        assert!(covers(&["put"], &["add emails"]) && covers(&["put"], &["put"]));
        assert!(!covers(&["put"], &["delete"]) && !covers(&["add emails"], &["put"]));
        assert!(covers(&["delete"], &["put"]) && covers(&["delete"], &["delete"]));
    }

    #[test]
    fn c004_of_very_much_that_was_asked_for_a_hash_is_kept() {
        let many: BTreeSet<String> = (0..5_000).map(|n| format!("add members {n}")).collect();
        let kept = bounded(&many).0;
        assert_eq!(kept.len(), 1);
        assert!(Asked::of(&many).covers(&kept));
        let fewer: BTreeSet<String> = many.iter().skip(1).cloned().collect();
        assert!(!Asked::of(&fewer).covers(&kept));
    }

    #[test]
    fn a_look_that_began_before_something_was_kept_says_nothing() {
        let hint = Hint::default();
        let begun = hint.known().steps;
        hint.step(Some(true));
        hint.looked(false, begun);
        assert_eq!(hint.known().found.map(|(found, _)| found), Some(true));
        hint.looked(false, hint.known().steps);
        assert_eq!(hint.known().found.map(|(found, _)| found), Some(false));
    }
}
