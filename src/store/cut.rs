//! Cutting the oldest records off, whichever engine keeps them: how far, and what is put on record of it. C005.
//!
//! The number and the link up to which was cut are kept beside the chain, and a record at its end names them: whoever
//! takes records away without that is found. Cut is by number and by the time in a record's id; bodies say nothing.

use super::chain::{Anchor, Contents, Hash, contents};
use super::row::Record;
use crate::config::AuditRetention;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// Records that are cut off at once at most: one change, while which others wait.
pub(super) const CUT_AT_ONCE: u64 = 10_000;

/// What the record of a cut says it is.
const OPERATION: &str = "audit.cut";

/// The last record that may go at once, when those up to `cut` are gone and `last` is the last one: that one stays.
pub(super) fn furthest(cut: u64, last: u64) -> u64 {
    last.saturating_sub(1).min(cut.saturating_add(CUT_AT_ONCE)).max(cut)
}

/// Up to which record the number of records alone says to cut; `cut` where nothing goes by it.
///
/// The record about the cut counts: afterwards as many are kept as are wanted, and it is never less than two.
pub(super) fn by_number(keep: AuditRetention, cut: u64, last: u64) -> u64 {
    let Some(wanted) = keep.max_records.map(|wanted| wanted.max(2)) else { return cut };
    if last.saturating_sub(cut) <= wanted { cut } else { last - (wanted - 1) }
}

/// Whether the record of this id is older than records are kept. Its time is the first 48 bits: Unix milliseconds.
pub(super) fn is_over(keep: AuditRetention, id: Uuid, now: Timestamp) -> bool {
    let (first, _) = id.as_u64_pair();
    let age = i128::from(now.as_millisecond()) - i128::from(first >> 16);
    keep.max_age_s.is_some_and(|kept| age > i128::from(kept) * 1_000)
}

/// That records were cut off is itself on record; `records` is how many went.
pub(super) fn record(up_to: Anchor, records: u64, now: Timestamp) -> Record {
    let head = json!({
        "time": now,
        "actor": { "tokenId": "", "requestId": "", "source": "retention" },
        "operation": OPERATION,
        "what": { "upTo": up_to.to_string(), "records": records },
    });
    Record { id: Uuid::now_v7(), seed: Uuid::new_v4(), head, people: Vec::new() }
}

/// Whether this is the record of a cut. Where nothing else would go, nothing is cut: each would only replace the other.
pub(super) fn is_of_a_cut(body: &str) -> bool {
    head(body).is_some()
}

/// Whether a record says that the records up to this link were cut off.
pub(super) fn says(body: &str, number: u64, hash: Hash) -> bool {
    let named = head(body).and_then(|head| head["what"]["upTo"].as_str()?.parse::<Anchor>().ok());
    named.is_some_and(|named| (named.position.number, named.hash) == (number, hash))
}

/// The head of the record of a cut; `None` for every other.
fn head(body: &str) -> Option<Value> {
    // Most records are none: only those that might be are read.
    if !body.contains(OPERATION) {
        return None;
    }
    let Contents { head, people: _ } = contents(body)?;
    (head["operation"] == OPERATION).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::super::chain::{Position, seal};
    use super::*;

    fn keep(max_records: Option<u64>, max_age_s: Option<u64>) -> AuditRetention {
        AuditRetention { max_age_s, max_records }
    }

    #[test]
    fn c005_by_number_as_many_stay_as_are_wanted_with_the_record_of_the_cut() {
        assert_eq!(by_number(keep(None, None), 0, 1_000), 0);
        for (wanted, cut, last, expected) in
            [(10, 0, 10, 0), (10, 0, 11, 2), (10, 5, 15, 5), (10, 5, 16, 7), (1, 0, 3, 2), (0, 0, 2, 0), (0, 7, 7, 7)]
        {
            assert_eq!(by_number(keep(Some(wanted), None), cut, last), expected, "{wanted} {cut} {last}");
        }
    }

    #[test]
    fn c005_the_last_record_stays_and_one_cut_is_bounded() {
        assert_eq!((furthest(0, 0), furthest(0, 1), furthest(0, 5), furthest(4, 5)), (0, 0, 4, 4));
        assert_eq!(furthest(7, 100_000), 7 + CUT_AT_ONCE);
    }

    #[test]
    fn c005_a_record_is_as_old_as_its_id() {
        let id = Uuid::from_u128(1_000_u128 << 80 | 0x7000_8000_0000_0000_0000);
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        assert!(!is_over(keep(None, None), id, at(1_000_000)));
        assert!(!is_over(keep(None, Some(1)), id, at(2_000)) && is_over(keep(None, Some(1)), id, at(2_001)));
        assert!(!is_over(keep(None, Some(u64::MAX)), id, at(2_001)) && !is_over(keep(None, Some(0)), id, at(0)));
    }

    #[test]
    fn c005_a_cut_is_named_by_its_link_and_by_nothing_else() {
        let up_to = Anchor { position: Position { incarnation: 3, number: 9 }, hash: Hash([7; 32]) };
        let cut = record(up_to, 4, Timestamp::UNIX_EPOCH);
        let body = seal(&cut).body;
        assert!(is_of_a_cut(&body) && says(&body, 9, up_to.hash));
        assert!(!says(&body, 8, up_to.hash) && !says(&body, 9, Hash::START));
        let other = Record { head: json!({ "operation": "group.update", "what": "audit.cut" }), ..cut };
        let body = seal(&other).body;
        assert!(!is_of_a_cut(&body) && !says(&body, 9, up_to.hash) && !is_of_a_cut("audit.cut"));
    }
}
