//! Reading users and groups: one, a page of those that match, or all of them once.

use super::super::error::StoreError;
use super::super::question::{Each, Found, GroupSelect, Keep, ListedGroup, ListedUser, Page, UserSelect};
use super::super::row::{GroupId, GroupRow, UserId, UserRow, UserSummary, email_key};
use super::page::{Selection, Value, parameters};
use super::readers::Reach;
use super::row::key;
use super::{SqliteStore, group, user};
use crate::scim::Reference;
use rusqlite::Connection;

impl UserSelect {
    fn reach(&self) -> Reach {
        match self {
            Self::Id(_) | Self::Name(_) | Self::Nobody => Reach::Point,
            Self::All | Self::After(_) | Self::ExternalId(_) | Self::Email(_) => Reach::Wide,
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

    /// See [`super::super::Store::member_count`].
    pub async fn member_count(&self, group: GroupId) -> Result<u64, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection.prepare_cached("SELECT count(*) FROM membership WHERE group_id = ?1")?;
                Ok(statement.query_row([key(group.0)], |row| row.get(0))?)
            })
            .await
    }

    /// The next members of a group behind `after`, in the order of ids.
    pub async fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError> {
        self.readers.read(Reach::Wide, move |connection| group::next_references(connection, group, after, limit)).await
    }

    /// The page of the users that are selected and kept. `keep` sees each user with its groups when `groups` is set.
    pub async fn users(
        &self,
        select: UserSelect,
        page: Page,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<Found<ListedUser>, StoreError> {
        self.readers
            .read(select.reach(), move |connection| {
                let (condition, values) = user_condition(&select);
                let rows = |order: &str| {
                    format!(
                        "SELECT {} FROM user WHERE {condition} AND id > ? AND id < ? ORDER BY id {order} \
                         LIMIT ? OFFSET ?",
                        user::COLUMNS
                    )
                };
                let count = format!("SELECT count(*) FROM user WHERE {condition}");
                let selection = Selection { rows: &rows, count: &count, values: &values };
                let listed = |row: user::Raw| with_groups(connection, row.parse()?, groups);
                selection.page(connection, page, user::Raw::read, listed, keep)
            })
            .await
    }

    /// The page of the groups that are selected and kept. `keep` sees each one with its members when `members` is set.
    pub async fn groups(
        &self,
        select: GroupSelect,
        page: Page,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<Found<ListedGroup>, StoreError> {
        self.readers
            .read(if members { Reach::Wide } else { select.reach() }, move |connection| {
                let (condition, values) = group_condition(&select);
                let rows = |order: &str| {
                    format!(
                        "SELECT id, created, modified, version, body FROM \"group\" \
                         WHERE {condition} AND id > ? AND id < ? ORDER BY id {order} LIMIT ? OFFSET ?"
                    )
                };
                let count = format!("SELECT count(*) FROM \"group\" WHERE {condition}");
                let selection = Selection { rows: &rows, count: &count, values: &values };
                let listed = |row: group::Raw| with_members(connection, row.parse()?, members);
                selection.page(connection, page, group::Raw::read, listed, keep)
            })
            .await
    }

    /// Goes once through all users that are selected, in the order of ids: what `each` has made of them.
    pub async fn users_all<A: Default + Send + 'static>(
        &self,
        select: UserSelect,
        groups: bool,
        each: Each<ListedUser, A>,
    ) -> Result<A, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let (condition, values) = user_condition(&select);
                let sql = format!("SELECT {} FROM user WHERE {condition} ORDER BY id", user::COLUMNS);
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(parameters(&values).as_slice())?;
                let mut all = A::default();
                while let Some(row) = rows.next()? {
                    let user = with_groups(connection, user::Raw::read(row)?.parse()?, groups)?;
                    if each(&mut all, user).is_break() {
                        break;
                    }
                }
                Ok(all)
            })
            .await
    }

    /// The same with groups.
    pub async fn groups_all<A: Default + Send + 'static>(
        &self,
        select: GroupSelect,
        members: bool,
        each: Each<ListedGroup, A>,
    ) -> Result<A, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let (condition, values) = group_condition(&select);
                let sql =
                    format!("SELECT id, created, modified, version, body FROM \"group\" WHERE {condition} ORDER BY id");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(parameters(&values).as_slice())?;
                let mut all = A::default();
                while let Some(row) = rows.next()? {
                    let group = with_members(connection, group::Raw::read(row)?.parse()?, members)?;
                    if each(&mut all, group).is_break() {
                        break;
                    }
                }
                Ok(all)
            })
            .await
    }

    /// These users, in the order asked; whoever is gone is left out.
    pub async fn users_by_ids(&self, ids: Vec<UserId>, groups: bool) -> Result<Vec<ListedUser>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let found = ids.iter().filter_map(|id| user::find(connection, *id).transpose());
                found.map(|row| with_groups(connection, row?, groups)).collect()
            })
            .await
    }

    /// These groups, in the order asked; whichever is gone is left out.
    pub async fn groups_by_ids(&self, ids: Vec<GroupId>, members: bool) -> Result<Vec<ListedGroup>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let found = ids.iter().filter_map(|id| group::find(connection, *id).transpose());
                found.map(|row| with_members(connection, row?, members)).collect()
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

fn with_groups(connection: &Connection, row: UserRow, groups: bool) -> Result<ListedUser, StoreError> {
    let groups = if groups { user::groups(connection, row.id)? } else { Vec::new() };
    Ok((row, groups))
}

fn with_members(connection: &Connection, row: GroupRow, members: bool) -> Result<ListedGroup, StoreError> {
    let members = if members { Some(group::references(connection, row.id)?) } else { None };
    Ok((row, members))
}

fn user_condition(select: &UserSelect) -> (&'static str, Vec<Value>) {
    match select {
        UserSelect::All => ("1", vec![]),
        UserSelect::After(id) => ("id > ?1", vec![Box::new(key(id.0))]),
        UserSelect::Id(id) => ("id = ?1", vec![Box::new(key(id.0))]),
        UserSelect::Name(name) => ("user_name = ?1", vec![Box::new(name.clone())]),
        UserSelect::ExternalId(external) => ("external_id = ?1", vec![Box::new(external.clone())]),
        UserSelect::Email(key) => {
            ("id IN (SELECT user_id FROM user_email WHERE email = ?1)", vec![Box::new(email_key(key))])
        }
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
