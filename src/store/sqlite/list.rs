//! Reading resources: one, or a page of those that match.

use super::super::error::StoreError;
use super::super::question::{GroupSelect, Keep, ListedGroup, ListedUser, UserSelect, Window};
use super::super::row::{GroupId, GroupRow, UserId, UserSummary};
use super::readers::Reach;
use super::row::key;
use super::{SqliteStore, group, user};
use rusqlite::{Connection, ToSql};

impl UserSelect {
    fn reach(&self) -> Reach {
        match self {
            Self::Id(_) | Self::Name(_) | Self::Nobody => Reach::Point,
            Self::All | Self::After(_) | Self::ExternalId(_) => Reach::Wide,
        }
    }
}

impl GroupSelect {
    fn reach(&self) -> Reach {
        match self {
            Self::Id(_) | Self::Name(_) | Self::IdWithMember(..) | Self::Nothing => Reach::Point,
            Self::All | Self::ExternalId(_) | Self::Member(_) => Reach::Wide,
        }
    }
}

impl SqliteStore {
    /// One user with the groups it is in.
    pub async fn user(&self, id: UserId) -> Result<Option<ListedUser>, StoreError> {
        self.readers
            .read(Reach::Point, move |connection| {
                let Some(row) = user::find(connection, id)? else { return Ok(None) };
                Ok(Some((row, user::groups(connection, id)?)))
            })
            .await
    }

    /// One group; its members only when asked for.
    pub async fn group(&self, id: GroupId, members: bool) -> Result<Option<ListedGroup>, StoreError> {
        let reach = if members { Reach::Wide } else { Reach::Point };
        self.readers
            .read(reach, move |connection| {
                group::find(connection, id)?.map(|row| with_members(connection, row, members)).transpose()
            })
            .await
    }

    /// The users in `window` of those that are selected and kept, in the order of ids, and how many there are in all.
    /// `keep` sees each user with its groups when `groups` is set.
    pub async fn users(
        &self,
        select: UserSelect,
        window: Window,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<(Vec<ListedUser>, u64), StoreError> {
        self.readers
            .read(select.reach(), move |connection| {
                let (condition, values) = user_condition(&select);
                let listed = |row: user::Raw| -> Result<ListedUser, StoreError> {
                    let row = row.parse()?;
                    let groups = if groups { user::groups(connection, row.id)? } else { Vec::new() };
                    Ok((row, groups))
                };
                let sql = format!("SELECT {} FROM user WHERE {condition} ORDER BY id", user::COLUMNS);
                let count = format!("SELECT count(*) FROM user WHERE {condition}");
                page(connection, &sql, &count, &values, window, user::Raw::read, listed, keep)
            })
            .await
    }

    /// The groups in `window` of those that are selected and kept, in the order of ids, and how many there are in all.
    pub async fn groups(
        &self,
        select: GroupSelect,
        window: Window,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<(Vec<ListedGroup>, u64), StoreError> {
        self.readers
            .read(if members { Reach::Wide } else { select.reach() }, move |connection| {
                let (condition, values) = group_condition(&select);
                let listed = |row: group::Raw| with_members(connection, row.parse()?, members);
                let sql =
                    format!("SELECT id, created, modified, version, body FROM \"group\" WHERE {condition} ORDER BY id");
                let count = format!("SELECT count(*) FROM \"group\" WHERE {condition}");
                page(connection, &sql, &count, &values, window, group::Raw::read, listed, keep)
            })
            .await
    }

    /// The first `limit` of the selected and kept users in the order of ids, with what the access view shows.
    pub async fn summaries(
        &self,
        select: UserSelect,
        limit: u64,
        keep: Option<Keep<UserSummary>>,
    ) -> Result<Vec<UserSummary>, StoreError> {
        self.readers
            .read(select.reach(), move |connection| {
                let (condition, values) = user_condition(&select);
                let sql = format!("SELECT {} FROM user WHERE {condition} ORDER BY id", user::COLUMNS);
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(parameters(&values).as_slice())?;
                let mut kept = Vec::new();
                while (kept.len() as u64) < limit
                    && let Some(row) = rows.next()?
                {
                    let summary = user::summary(connection, user::Raw::read(row)?.parse()?)?;
                    if keep.as_ref().is_none_or(|keep| keep(&summary)) {
                        kept.push(summary);
                    }
                }
                Ok(kept)
            })
            .await
    }
}

fn with_members(connection: &Connection, row: GroupRow, members: bool) -> Result<ListedGroup, StoreError> {
    let members = if members { Some(group::references(connection, row.id)?) } else { None };
    Ok((row, members))
}

type Value = Box<dyn ToSql>;

fn parameters(values: &[Value]) -> Vec<&dyn ToSql> {
    values.iter().map(Box::as_ref).collect()
}

fn user_condition(select: &UserSelect) -> (&'static str, Vec<Value>) {
    match select {
        UserSelect::All => ("1", vec![]),
        UserSelect::After(id) => ("id > ?1", vec![Box::new(key(id.0))]),
        UserSelect::Id(id) => ("id = ?1", vec![Box::new(key(id.0))]),
        UserSelect::Name(name) => ("user_name = ?1", vec![Box::new(name.clone())]),
        UserSelect::ExternalId(external) => ("external_id = ?1", vec![Box::new(external.clone())]),
        UserSelect::Nobody => ("0", vec![]),
    }
}

fn group_condition(select: &GroupSelect) -> (&'static str, Vec<Value>) {
    match select {
        GroupSelect::All => ("1", vec![]),
        GroupSelect::Id(id) => ("id = ?1", vec![Box::new(key(id.0))]),
        GroupSelect::Name(name) => ("display_name = ?1", vec![Box::new(name.clone())]),
        GroupSelect::ExternalId(external) => ("external_id = ?1", vec![Box::new(external.clone())]),
        GroupSelect::Member(user) => {
            ("id IN (SELECT group_id FROM membership WHERE user_id = ?1)", vec![Box::new(key(user.0))])
        }
        GroupSelect::IdWithMember(group, user) => (
            "id = ?1 AND EXISTS (SELECT 1 FROM membership WHERE group_id = ?1 AND user_id = ?2)",
            vec![Box::new(key(group.0)), Box::new(key(user.0))],
        ),
        GroupSelect::Nothing => ("0", vec![]),
    }
}

/// With nothing to keep by, the database pages and counts; otherwise one pass looks at every selected row.
#[expect(
    clippy::too_many_arguments,
    reason = "users and groups share this one pass; each argument differs between them"
)]
fn page<R, T>(
    connection: &Connection,
    sql: &str,
    count: &str,
    values: &[Value],
    window: Window,
    read: impl Fn(&rusqlite::Row<'_>) -> Result<R, rusqlite::Error>,
    listed: impl Fn(R) -> Result<T, StoreError>,
    keep: Option<Keep<T>>,
) -> Result<(Vec<T>, u64), StoreError> {
    let Some(keep) = keep else {
        let total = connection.prepare_cached(count)?.query_row(parameters(values).as_slice(), |row| row.get(0))?;
        let Window { offset, limit } = window;
        let mut statement = connection.prepare(&format!("{sql} LIMIT {} OFFSET {}", clamp(limit), clamp(offset)))?;
        let rows = statement.query_map(parameters(values).as_slice(), |row| read(row))?;
        return Ok((rows.map(|row| listed(row?)).collect::<Result<_, _>>()?, total));
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters(values).as_slice())?;
    let (mut kept, mut total) = (Vec::new(), 0_u64);
    while let Some(row) = rows.next()? {
        let resource = listed(read(row)?)?;
        if keep(&resource) {
            if total >= window.offset && (kept.len() as u64) < window.limit {
                kept.push(resource);
            }
            total += 1;
        }
    }
    Ok((kept, total))
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
