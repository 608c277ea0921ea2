//! One page of what a condition selects, in the order of ids.

use super::super::error::StoreError;
use super::super::gather::{Gather, Range};
use super::super::question::{Found, Keep, Listed, Page, Start};
use super::row::key;
use rusqlite::{Connection, Row, ToSql};

/// A value for a statement.
pub(super) type Value = Box<dyn ToSql>;

/// What is selected.
pub(super) struct Selection<'a> {
    /// The statement for `ASC` or `DESC`: behind the condition it says
    /// `AND id > ? AND id < ? ORDER BY id … LIMIT ? OFFSET ?`.
    pub rows: &'a dyn Fn(&str) -> String,
    /// Counts what the condition selects.
    pub count: &'a str,
    /// The values of the condition.
    pub values: &'a [Value],
}

/// Smaller than every id.
const FIRST: &[u8] = &[];
/// Larger than every id.
const LAST: &[u8] = &[0xff; 17];

/// Values as a statement takes them.
pub(super) fn parameters(values: &[Value]) -> Vec<&dyn ToSql> {
    values.iter().map(Box::as_ref).collect()
}

impl Selection<'_> {
    /// With nothing to keep by, the database pages and counts; otherwise a pass looks at the selected rows.
    pub fn page<R, T: Listed>(
        &self,
        connection: &Connection,
        page: Page,
        read: fn(&Row<'_>) -> Result<R, rusqlite::Error>,
        listed: impl Fn(R) -> Result<T, StoreError>,
        keep: Option<Keep<T>>,
    ) -> Result<Found<T>, StoreError> {
        let Some(keep) = keep else { return self.plain(connection, page, read, listed) };
        let mut gather = Gather::new(page);
        self.each(connection, gather.range(), (-1, 0), |row| {
            let row = listed(read(row)?)?;
            if keep(&row) {
                gather.see(row);
            }
            Ok(!gather.is_full())
        })?;
        Ok(gather.found())
    }

    fn plain<R, T>(
        &self,
        connection: &Connection,
        page: Page,
        read: fn(&Row<'_>) -> Result<R, rusqlite::Error>,
        listed: impl Fn(R) -> Result<T, StoreError>,
    ) -> Result<Found<T>, StoreError> {
        let offset = match page.start {
            Start::Offset(offset) => clamp(offset),
            Start::After(_) | Start::Before(_) => 0,
        };
        let (range, mut raw) = (Range::of(page.start), Vec::new());
        // One more than asked for tells whether there are more.
        self.each(connection, range, (clamp(page.limit).saturating_add(1), offset), |row| {
            raw.push(read(row)?);
            Ok(true)
        })?;
        let more = raw.len() as u64 > page.limit;
        raw.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
        if range.backwards {
            raw.reverse();
        }
        let total = if page.count_all {
            let mut count = connection.prepare_cached(self.count)?;
            Some(count.query_row(parameters(self.values).as_slice(), |row| row.get(0))?)
        } else {
            None
        };
        Ok(Found { rows: raw.into_iter().map(listed).collect::<Result<_, _>>()?, total, more })
    }

    /// Goes over rows in a range of ids, within limit and offset, until it is told to stop.
    fn each(
        &self,
        connection: &Connection,
        range: Range,
        (limit, offset): (i64, i64),
        mut see: impl FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let bound = |id: Option<uuid::Uuid>, none: &[u8]| id.map_or_else(|| none.to_vec(), |id| key(id).to_vec());
        let (after, before) = (bound(range.after, FIRST), bound(range.before, LAST));
        let mut values = parameters(self.values);
        let ends: [&dyn ToSql; 4] = [&after, &before, &limit, &offset];
        values.extend(ends);
        let mut statement = connection.prepare_cached(&(self.rows)(if range.backwards { "DESC" } else { "ASC" }))?;
        let mut rows = statement.query(values.as_slice())?;
        while let Some(row) = rows.next()? {
            if !see(row)? {
                break;
            }
        }
        Ok(())
    }
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
