//! Pages of lists: by index or by cursor, in the order of ids or in another (RFC 7644 §3.4.2.3, §3.4.2.4, RFC 9865).

use super::{Begin, ListQuery, Page, Position};
use crate::scim::{Attributes, Sort, SortKey};
use crate::store::{Found, Page as Asked, Start};
use std::cmp::Ordering;
use uuid::Uuid;

/// What a sorted list keeps of each match until the page is known.
pub(super) type Sorted = Vec<(SortKey, Uuid)>;

/// The part of a sorted list that is a page.
#[derive(Debug)]
pub(super) struct Window {
    /// The ids, in order.
    pub ids: Vec<Uuid>,
    /// How many match in all.
    pub total: u64,
    next: Option<Position>,
    previous: Option<Position>,
}

impl ListQuery {
    /// What the store is asked for when it is answered in the order of ids.
    pub(super) fn asked(&self) -> Asked {
        let start = match &self.begin {
            Begin::Index(index) => Start::Offset(index.saturating_sub(1)),
            Begin::Beginning => Start::Offset(0),
            Begin::Cursor(at) if at.forward => Start::After(at.id),
            Begin::Cursor(at) => Start::Before(at.id),
        };
        Asked { start, limit: self.count, count_all: !matches!(self.begin, Begin::Cursor(_)) }
    }

    /// The page of what the store found in the order of ids.
    pub(super) fn page<T>(&self, found: Found<T>, id: impl Fn(&T) -> Uuid, render: impl Fn(&T) -> Attributes) -> Page {
        let Found { rows, total, more } = found;
        let total = total.unwrap_or_else(|| self.counted());
        let beside = |row: Option<&T>, forward| row.map(|row| Position { forward, id: id(row), key: None, total });
        let (next, previous) = match &self.begin {
            Begin::Index(_) => (None, None),
            Begin::Beginning => (beside(rows.last(), true).filter(|_| more), None),
            Begin::Cursor(at) if at.forward => {
                (beside(rows.last(), true).filter(|_| more), beside(rows.first(), false))
            }
            Begin::Cursor(_) => (beside(rows.last(), true), beside(rows.first(), false).filter(|_| more)),
        };
        Page { resources: rows.iter().map(render).collect(), total, start_index: self.index(), next, previous }
    }

    /// The page of these resources, which are those of the window.
    pub(super) fn sorted_page(&self, window: Window, resources: Vec<Attributes>) -> Page {
        let Window { total, next, previous, .. } = window;
        Page { resources, total, start_index: self.index(), next, previous }
    }

    /// The part of all matches that is the page.
    pub(super) fn window(&self, mut all: Sorted, sort: &Sort) -> Window {
        let compare = |(left, left_id): &(SortKey, Uuid), (right, right_id): &(SortKey, Uuid)| {
            sort.compare(left, right).then(left_id.cmp(right_id))
        };
        all.sort_unstable_by(compare);
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let length = all.len();
        let (from, to) = match &self.begin {
            Begin::Index(index) => {
                let from = usize::try_from(index.saturating_sub(1)).unwrap_or(usize::MAX).min(length);
                (from, from.saturating_add(count))
            }
            Begin::Beginning => (0, count),
            Begin::Cursor(at) => {
                let place = (at.key.clone().unwrap_or(SortKey::Nothing), at.id);
                let wanted = if at.forward { Ordering::Greater } else { Ordering::Equal };
                let split = all.partition_point(|entry| compare(entry, &place) < wanted);
                if at.forward { (split, split.saturating_add(count)) } else { (split.saturating_sub(count), split) }
            }
        };
        let to = to.min(length);
        let total = match &self.begin {
            Begin::Cursor(at) => at.total,
            _ => u64::try_from(length).unwrap_or(u64::MAX),
        };
        let page = all.get(from..to).unwrap_or_default();
        let beside = |entry: Option<&(SortKey, Uuid)>, forward| {
            entry.map(|(key, id)| Position { forward, id: *id, key: Some(key.clone()), total })
        };
        let by_cursor = !matches!(self.begin, Begin::Index(_));
        Window {
            next: beside(page.last(), true).filter(|_| by_cursor && to < length),
            previous: beside(page.first(), false).filter(|_| by_cursor && from > 0),
            ids: page.iter().map(|(_, id)| *id).collect(),
            total,
        }
    }

    fn index(&self) -> Option<u64> {
        match self.begin {
            Begin::Index(index) => Some(index),
            Begin::Beginning | Begin::Cursor(_) => None,
        }
    }

    fn counted(&self) -> u64 {
        match &self.begin {
            Begin::Cursor(at) => at.total,
            Begin::Index(_) | Begin::Beginning => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{Reading, ResourceKind};

    fn all(names: &str) -> Sorted {
        names
            .chars()
            .enumerate()
            .map(|(n, name)| (SortKey::Text(name.to_string()), Uuid::from_u128(n as u128)))
            .collect()
    }

    fn query(begin: Begin) -> (ListQuery, Sort) {
        let sort = Sort::parse(Some("userName"), None, ResourceKind::USER, &Reading::default()).unwrap().unwrap();
        (ListQuery { filter: None, sort: Some(sort.clone()), begin, count: 2 }, sort)
    }

    fn names(window: &Window, of: &str) -> String {
        window.ids.iter().map(|id| of.chars().nth(usize::try_from(id.as_u128()).unwrap()).unwrap()).collect()
    }

    #[test]
    fn b024_a_sorted_list_goes_on_where_it_was_though_others_came_and_went() {
        let of = "dbaec";
        let (first, sort) = query(Begin::Beginning);
        let window = first.window(all(of), &sort);
        assert_eq!((names(&window, of).as_str(), window.total), ("ab", 5));
        assert!(window.previous.is_none());
        let (second, sort) = query(Begin::Cursor(window.next.unwrap()));
        // b, which the cursor names, is gone; a newcomer is before the place.
        let later: Sorted =
            all("d\u{0}aecA").into_iter().filter(|(key, _)| *key != SortKey::Text("\0".into())).collect();
        let window = second.window(later, &sort);
        assert_eq!((names(&window, "d\u{0}aecA").as_str(), window.total), ("cd", 5));
        let (back, sort) = query(Begin::Cursor(window.previous.unwrap()));
        assert_eq!(names(&back.window(all(of), &sort), of), "ab");
        let (last, sort) = query(Begin::Cursor(window.next.unwrap()));
        let window = last.window(all(of), &sort);
        assert_eq!((names(&window, of).as_str(), window.next.is_none()), ("e", true));
    }

    #[test]
    fn b024_an_index_behind_the_end_is_an_empty_page() {
        let (query, sort) = query(Begin::Index(9));
        let window = query.window(all("ab"), &sort);
        assert_eq!((window.ids.len(), window.total, window.next.is_none()), (0, 2, true));
    }
}
