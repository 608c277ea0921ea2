//! Walking along the chain of records, whichever engine keeps it: does each record follow from those before? C005.
//!
//! Found is whatever was changed without redoing the chain from there on; a chain that was redone is found by an anchor
//! from an earlier time. A chain whose beginning was cut off begins behind the cut, and one of its records has to say
//! that it was cut there.

use super::chain::{Anchor, Hash, Position, digest_of, link};
use super::cut;
use uuid::Uuid;

/// A chain that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are; those that were cut off are not.
    pub records: u64,
    /// Where the first one stands; `None` when there is none.
    pub first: Option<Position>,
    /// The last one, which is an anchor for later; `None` when there is none.
    pub last: Option<Anchor>,
}

/// The first place that does not fit, and what does not.
pub(super) struct Misfit(pub Position, pub String);

/// A record as it was found; what cannot be read is absent.
pub(super) struct Found<'a> {
    /// Its number.
    pub number: Option<u64>,
    /// Its incarnation.
    pub incarnation: Option<u32>,
    /// Its id.
    pub id: Option<Uuid>,
    /// Its text.
    pub body: Option<&'a str>,
    /// The digest beside it.
    pub digest: Option<Hash>,
    /// The link beside it.
    pub hash: Option<Hash>,
}

/// How far the chain has been verified.
pub(super) struct Walk {
    expect: Option<Anchor>,
    /// The number and the link up to which records were cut off.
    cut: Option<(u64, Hash)>,
    /// Whether a record says so.
    said: bool,
    first: Option<Position>,
    at: Position,
    hash: Hash,
}

impl Walk {
    /// Before the first record; the link `expect` has to be met.
    pub fn begin(expect: Option<Anchor>) -> Self {
        let at = Position { incarnation: 0, number: 0 };
        Self { expect, cut: None, said: false, first: None, at, hash: Hash::START }
    }

    /// Begins behind the number and the link up to which records were cut off, if any were.
    pub fn behind(mut self, cut: Option<(u64, Hash)>) -> Self {
        if let Some((number, hash)) = cut {
            (self.cut, self.at.number, self.hash) = (cut, number, hash);
        }
        self
    }

    /// One record further.
    pub fn step(&mut self, found: Found<'_>) -> Result<(), Misfit> {
        let Found { number, incarnation, id, body, digest, hash } = found;
        let next = Position { number: self.at.number + 1, ..self.at };
        // A number below is one that cannot be read: they come in their order.
        if number != Some(next.number) {
            return Err(misfit(next, "this record is missing"));
        }
        let at = Position { incarnation: incarnation.unwrap_or(next.incarnation), ..next };
        let (Some(_), Some(id), Some(digest), Some(hash)) = (incarnation, id, digest, hash) else {
            return Err(misfit(at, "its columns are not those of a record"));
        };
        if at.incarnation < next.incarnation {
            return Err(misfit(at, "a record of an earlier incarnation stands after one of a later"));
        }
        if body.and_then(digest_of) != Some(digest) {
            return Err(misfit(at, "its text is not what was recorded"));
        }
        if link(self.hash, at, id, digest) != hash {
            return Err(misfit(at, "it does not follow from the records before it"));
        }
        let anchor = Anchor { position: at, hash };
        if self.expect.is_some_and(|expected| expected.position.number == at.number && expected != anchor) {
            return Err(misfit(at, ANOTHER));
        }
        if let (Some((number, hash)), false, Some(body)) = (self.cut, self.said, body) {
            self.said = cut::says(body, number, hash);
        }
        (self.at, self.hash) = (at, hash);
        self.first.get_or_insert(at);
        Ok(())
    }

    /// What was verified, if the chain ends where its head says.
    pub fn end(self, head: Option<(u64, Hash)>) -> Result<Verified, Misfit> {
        let as_said = self.is_cut_as_said();
        let Self { expect, cut, said: _, first, at, hash } = self;
        let next = Position { number: at.number + 1, ..at };
        let Some((last, link)) = head else { return Err(misfit(at, "the head of the chain is missing")) };
        if last > at.number {
            return Err(misfit(next, &format!("this record is missing: the chain goes up to number {last:x}")));
        }
        if last < at.number || link != hash {
            return Err(misfit(at, "this is the last record, and the head of the chain says that another one is"));
        }
        as_said?;
        if let Some(expected) = expect.filter(|expected| expected.position.number > at.number) {
            let text = "this record was expected and is missing: a backup was restored since, or the end was cut off";
            return Err(misfit(expected.position, text));
        }
        let last = first.map(|_| Anchor { position: at, hash });
        let (gone, _) = cut.unwrap_or((0, hash));
        Ok(Verified { records: at.number - gone, first, last })
    }

    /// Whether what is missing in front was cut off, and an expected link is not among it.
    fn is_cut_as_said(&self) -> Result<(), Misfit> {
        let Some((number, hash)) = self.cut else { return Ok(()) };
        if !self.said {
            let first = Position { number: number.saturating_add(1), ..self.first.unwrap_or(self.at) };
            return Err(misfit(first, "the records before this one are missing, and none says that they were cut off"));
        }
        match self.expect {
            Some(expected) if expected.position.number < number => {
                let text = "this record was expected and has been cut off since, as old ones are: expect a later one";
                Err(misfit(expected.position, text))
            }
            Some(expected) if expected.position.number == number && expected.hash != hash => {
                Err(misfit(expected.position, ANOTHER))
            }
            _ => Ok(()),
        }
    }
}

const ANOTHER: &str = "another record was expected here: a backup was restored since, or the records were rewritten";

fn misfit(at: Position, problem: &str) -> Misfit {
    Misfit(at, problem.to_owned())
}
