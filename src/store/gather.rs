//! What a pass over selected resources keeps of them for a page, whichever engine makes the pass.

use super::question::{Found, Listed, Page, Start};
use std::collections::VecDeque;
use uuid::Uuid;

/// Which ids a pass has to look at, and in which direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Range {
    /// Only larger ones.
    pub after: Option<Uuid>,
    /// Only smaller ones.
    pub before: Option<Uuid>,
    /// The largest first.
    pub backwards: bool,
}

impl Range {
    /// What a page needs that nothing is counted for.
    pub fn of(start: Start) -> Self {
        match start {
            Start::Offset(_) => Self::default(),
            Start::After(id) => Self { after: Some(id), ..Self::default() },
            Start::Before(id) => Self { before: Some(id), backwards: true, ..Self::default() },
        }
    }
}

/// Takes the matches of a pass, one after the other.
pub(super) struct Gather<T> {
    page: Page,
    /// In the order in which they were seen.
    rows: VecDeque<T>,
    seen: u64,
    more: bool,
}

impl<T: Listed> Gather<T> {
    /// Nothing was seen yet.
    pub fn new(page: Page) -> Self {
        Self { page, rows: VecDeque::new(), seen: 0, more: false }
    }

    /// What the pass has to go over: everything in the order of ids where all are counted.
    pub fn range(&self) -> Range {
        if self.page.count_all { Range::default() } else { Range::of(self.page.start) }
    }

    /// Whether nothing that is still to come changes the answer.
    pub fn is_full(&self) -> bool {
        self.more && !self.page.count_all
    }

    /// Takes a match; they come in the direction of [`Gather::range`].
    pub fn see(&mut self, row: T) {
        let (id, place) = (row.id(), self.seen);
        self.seen += 1;
        let outside = match self.page.start {
            Start::Offset(offset) => place < offset,
            Start::After(first) => id <= first,
            Start::Before(last) => id >= last,
        };
        if outside {
            return;
        }
        // Of everything before an id in the order of ids, the last ones are wanted: earlier ones fall out in front.
        let last_ones = self.page.count_all && matches!(self.page.start, Start::Before(_));
        let has_room = (self.rows.len() as u64) < self.page.limit;
        if has_room || last_ones {
            self.rows.push_back(row);
        }
        if !has_room {
            self.more = true;
        }
        if !has_room && last_ones {
            self.rows.pop_front();
        }
    }

    /// The page.
    pub fn found(self) -> Found<T> {
        let backwards = self.range().backwards;
        let mut rows = Vec::from(self.rows);
        if backwards {
            rows.reverse();
        }
        Found { rows, total: self.page.count_all.then_some(self.seen), more: self.more }
    }
}
