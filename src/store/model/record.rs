//! Records, as a list from which the beginning is taken.

use super::super::chain::{Anchor, Hash, Position, Sealed, link, seal};
use super::super::cut;
use super::super::error::StoreError;
use super::super::row::{Extent, KeptRecord, Record};
use super::{ModelStore, State};
use crate::config::AuditRetention;
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

/// The only one: nothing is restored here.
const INCARNATION: u32 = 1;

impl ModelStore {
    /// See [`super::super::Store::records`].
    pub async fn records(&self, after: u64, limit: u32) -> Result<Vec<KeptRecord>, StoreError> {
        let state = self.state();
        let behind = state.chain.iter().filter(|(record, _)| record.position.number > after);
        Ok(behind.take(limit as usize).map(|(record, _)| record.clone()).collect())
    }

    /// See [`super::super::Store::records_by_id`].
    pub async fn records_by_id(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, String)>, StoreError> {
        let state = self.state();
        let find = |id: Uuid| state.chain.iter().find(|(record, _)| record.id == id);
        Ok(ids.into_iter().filter_map(find).map(|(record, _)| (record.id, record.body.clone())).collect())
    }

    /// See [`super::super::Store::appended`].
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.appended.subscribe()
    }

    /// See [`super::super::Store::extent`].
    pub async fn extent(&self) -> Result<Extent, StoreError> {
        let state = self.state();
        let none = Position { incarnation: 0, number: 0 };
        Ok(Extent { cut: state.cut, last: state.chain.last().map_or(none, |(record, _)| record.position) })
    }

    /// See [`super::super::Store::cut`].
    pub async fn cut(&self, keep: AuditRetention, now: Timestamp) -> Result<u64, StoreError> {
        if self.closed.is_cancelled() {
            return Err(StoreError::Closed);
        }
        let mut state = self.state();
        let gone = state.cut(keep, now);
        self.appended.send_replace(state.last());
        Ok(gone)
    }
}

impl State {
    /// The number of the last record.
    pub(super) fn last(&self) -> u64 {
        self.chain.last().map_or(0, |(record, _)| record.position.number)
    }

    /// Appends a record.
    pub(super) fn append(&mut self, record: &Record) {
        let position = Position { incarnation: INCARNATION, number: self.last() + 1 };
        let previous = self.chain.last().map_or(Hash::START, |(_, hash)| *hash);
        let Sealed { body, digest } = seal(record);
        let hash = link(previous, position, record.id, digest);
        self.chain.push((KeptRecord { position, id: record.id, body }, hash));
    }

    fn cut(&mut self, keep: AuditRetention, now: Timestamp) -> u64 {
        let furthest = cut::furthest(self.cut, self.last());
        let mut up_to = cut::by_number(keep, self.cut, self.last()).min(furthest);
        let behind = self.chain.iter().map(|(record, _)| record);
        let next = behind.filter(|record| record.position.number > up_to && record.position.number <= furthest);
        if let Some(old) = next.take_while(|record| cut::is_over(keep, record.id, now)).last() {
            up_to = old.position.number;
        }
        let gone = up_to - self.cut;
        let last = self.chain.iter().find(|(record, _)| record.position.number == up_to);
        let Some((last, hash)) = last else { return 0 };
        if gone == 1 && cut::is_of_a_cut(&last.body) {
            return 0;
        }
        let record = cut::record(Anchor { position: last.position, hash: *hash }, gone, now);
        self.append(&record);
        self.chain.retain(|(record, _)| record.position.number > up_to);
        self.cut = up_to;
        gone
    }
}
