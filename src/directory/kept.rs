//! Kept records, read: what the feed, the audit trail and the explanation need of a sealed text, and which positions
//! are this store's.
//!
//! Seals are not verified here, so that a feed can be read fast: a record that was tampered with is found by verifying
//! the chain, which reads everything.

use super::{Directory, Error};
use crate::config::Cause;
use crate::store::{KeptRecord, Position};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use uuid::Uuid;

/// Records held in memory at once: one that says something of a thousand people has about a megabyte.
pub(super) const RECORDS_AT_ONCE: u32 = 16;

/// A record, of whose head `H` is read, and `P` of what it says of each person.
#[derive(Debug, Deserialize)]
pub(super) struct Sealed<H, P> {
    /// The head.
    pub head: Part<H>,
    /// The people it says something of.
    pub people: Vec<Person<P>>,
}

/// The head of a record, nothing else of it.
#[derive(Debug, Deserialize)]
pub(super) struct SealedHead<H> {
    /// The head.
    pub head: Part<H>,
}

/// A part of a record that cannot be erased.
#[derive(Debug, Deserialize)]
pub(super) struct Part<H> {
    /// What it says.
    pub said: H,
}

/// What a record says of one person.
#[derive(Debug, Deserialize)]
pub(super) struct Person<P> {
    /// The person's id.
    pub user: Uuid,
    /// `None` = erased.
    pub said: Option<P>,
}

/// What is read of most heads.
#[derive(Debug, Deserialize)]
pub(super) struct Heading {
    /// When it was decided.
    pub time: Timestamp,
    #[serde(default)]
    actor: Option<Actor>,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    what: Option<What>,
}

#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(default, rename = "requestId")]
    request_id: String,
}

#[derive(Debug, Deserialize)]
struct What {
    #[serde(default)]
    run: Option<String>,
}

impl Heading {
    /// What made the change.
    pub fn cause(self) -> Cause {
        Cause {
            operation: self.operation,
            request_id: self.actor.map(|actor| actor.request_id).unwrap_or_default(),
            run: self.what.and_then(|what| what.run),
        }
    }

    /// The request that asked for it; `None` where no request did.
    pub fn request(self) -> Option<String> {
        self.actor.map(|actor| actor.request_id).filter(|id| !id.is_empty())
    }
}

/// Reads a record.
pub(super) fn read<T: DeserializeOwned>(record: &KeptRecord) -> Result<T, Error> {
    serde_json::from_str(&record.body)
        .map_err(|error| Error::Store(format!("the record at {} cannot be read: {error}", record.position)))
}

/// How the number of a position ends that is before every record.
const NO_RECORD: &str = "-0000000000000000";
/// Why nothing can be read on from a position.
const LET_GO: &str = "is so old that records behind it are not kept any more";
/// Stands for all people of a record.
const WHOLE: u16 = u16::MAX;

/// A place in the feed: behind a record, or behind one person in it. As text (`6926f2aa-000000000000001f.0003`) its
/// bytes sort like the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The record; number 0 = before the first one.
    pub position: Position,
    /// The person, counted from 0; `None` = all of the record.
    pub index: Option<u16>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, index } = self;
        match index {
            None if position.number == 0 => write!(f, "{position}"),
            index => write!(f, "{position}.{:04x}", index.unwrap_or(WHOLE)),
        }
    }
}

impl Place {
    /// Behind a record.
    pub fn behind(position: Position) -> Self {
        Self { position, index: None }
    }

    /// Reads what is written of a place, or the position of a record.
    fn parse(text: &str) -> Option<Self> {
        let (record, index) = match text.split_once('.') {
            None => (text, WHOLE),
            Some((record, index)) => {
                let digits = index.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let index = Some(index).filter(|index| digits && index.len() == 4)?;
                (record, u16::from_str_radix(index, 16).ok()?)
            }
        };
        let position = match record.strip_suffix(NO_RECORD) {
            None => record.parse().ok()?,
            Some(incarnation) => {
                let first: Position = format!("{incarnation}-{:016x}", 1).parse().ok()?;
                Position { number: 0, ..first }
            }
        };
        Some(Self { position, index: Some(index).filter(|index| *index != WHOLE) })
    }

    /// Behind which number the records are read: one more is looked at again when only a part of it was seen.
    pub fn read_behind(&self) -> u64 {
        self.position.number.saturating_sub(u64::from(self.index.is_some()))
    }
}

impl Directory {
    /// The place that a client gives back: [`Error::Gone`] unless this store had it and keeps everything behind it.
    /// Without one, the place before the oldest kept record.
    pub(super) async fn place(&self, since: Option<&str>) -> Result<Place, Error> {
        let extent = self.inner.store.extent().await?;
        let Some(text) = since else {
            return Ok(Place::behind(Position { number: extent.cut, ..extent.last }));
        };
        let place = Place::parse(text).ok_or_else(|| gone(text, "is no position of this store"))?;
        let Place { position, index } = place;
        if position.incarnation > extent.last.incarnation || position.number > extent.last.number {
            return Err(gone(text, "is no position of this store"));
        }
        // Of what was cut off only the very end is as good as there: everything behind it is kept.
        if position.number < extent.cut || position.number == extent.cut && index.is_some() {
            return Err(gone(text, LET_GO));
        }
        if position.number == extent.cut {
            return Ok(place);
        }
        // Another future of this store may have had a record of this number, which a restored backup does not have.
        let found = self.inner.store.records(position.number - 1, 1).await?;
        if found.first().is_some_and(|record| record.position == position) {
            Ok(place)
        } else {
            Err(gone(text, "is no position of this store"))
        }
    }

    /// The first records behind a place, at most [`RECORDS_AT_ONCE`]; fewer are the last ones. `None` = the next one is
    /// not there any more: it may be cut off at any time after the place was found good. Numbers have no gaps, so
    /// nothing is ever jumped over unseen.
    pub(super) async fn records_behind(&self, place: Place) -> Result<Option<Vec<KeptRecord>>, Error> {
        let behind = place.read_behind();
        let records = self.inner.store.records(behind, RECORDS_AT_ONCE).await?;
        let is_next = records.first().is_none_or(|first| first.position.number == behind.saturating_add(1));
        Ok(is_next.then_some(records))
    }

    /// Where to read on when what is behind a place is not there any more: nowhere ([`Error::Gone`]), but for who asked
    /// for all that is kept, where that begins now.
    pub(super) async fn behind_the_cut(&self, place: Place, all_kept: bool) -> Result<Place, Error> {
        if all_kept {
            let anew = self.place(None).await?;
            // Otherwise nothing was cut off, and a record is missing: asking again would never end.
            if anew.position.number > place.position.number {
                return Ok(anew);
            }
        }
        Err(gone(&place.to_string(), LET_GO))
    }
}

fn gone(position: &str, why: &str) -> Error {
    Error::Gone(format!(
        "the position {position:?} {why}; begin anew: GET /access/v1/users, then follow `position` of the answer"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c006_a_place_is_read_as_it_is_written_and_its_bytes_sort_like_the_changes() {
        let position = |number| Position { incarnation: 0x6926_f2aa, number };
        let places = [
            Place::behind(position(0)),
            Place { position: position(1), index: Some(0) },
            Place { position: position(1), index: Some(0x3e7) },
            Place::behind(position(1)),
            Place { position: position(16), index: Some(2) },
            Place::behind(Position { incarnation: 0x6926_f2ab, number: 2 }),
        ];
        let texts: Vec<String> = places.iter().map(Place::to_string).collect();
        assert_eq!(texts[2], "6926f2aa-0000000000000001.03e7");
        assert!(texts.is_sorted(), "{texts:?}");
        for (place, text) in places.iter().zip(&texts) {
            assert_eq!(Place::parse(text).as_ref(), Some(place), "{text}");
        }
        assert_eq!(Place::parse("6926f2aa-0000000000000001"), Some(Place::behind(position(1))));
        for foreign in ["", "7", "6926f2aa", "6926f2aa-1", "6926f2aa-0000000000000001.", "x-0000000000000000"] {
            assert_eq!(Place::parse(foreign), None, "{foreign}");
        }
        for index in ["3", "00003", "000G", "000A", "+001"] {
            assert_eq!(Place::parse(&format!("6926f2aa-0000000000000001.{index}")), None, "{index}");
        }
    }
}
