//! Reading resources: one, or a page of those that match.
//!
//! What an index does not serve is looked at in blocks, in the order of ids, so that a pass over everything needs no
//! more memory than a block and its answer.

use super::super::error::StoreError;
use super::super::question::{GroupSelect, Keep, ListedGroup, ListedUser, UserSelect, Window};
use super::super::row::{GroupId, GroupRow, UserId, UserRow, UserSummary};
use super::PostgresStore;
use super::ask::{asked, asked_of_one_moment, together};
use super::connection::Connection;
use super::row::{count, get, keys, number};
use super::setback::Setback;
use super::{group, row, statement as sql, user};
use uuid::Uuid;

/// Resources looked at in one go.
const BLOCK: i64 = 500;

impl PostgresStore {
    /// One user with the groups it is in.
    pub async fn user(&self, id: UserId) -> Result<Option<ListedUser>, StoreError> {
        asked!(self, connection => {
            let ids = vec![id.0];
            let (rows, mut groups) =
                together!(connection.rows(sql::FIND_USERS, &[&ids]), user::groups(connection, &ids))?;
            let row = rows.first().map(row::user).transpose()?;
            Ok(row.map(|row| (row, groups.remove(&id).unwrap_or_default())))
        })
    }

    /// One group; its members only when asked for.
    pub async fn group(&self, id: GroupId, members: bool) -> Result<Option<ListedGroup>, StoreError> {
        asked!(self, connection => Ok(listed_groups(connection, vec![id.0], members).await?.into_iter().next()))
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
        asked_of_one_moment!(self, connection => {
            if let (UserSelect::All, None) = (&select, &keep) {
                let (limit, offset) = (number(window.limit), number(window.offset));
                let (rows, total) = together!(
                    connection.rows(sql::USERS_PAGE, &[&limit, &offset]),
                    connection.row(sql::COUNT_USERS, &[])
                )?;
                let total = total.map_or(Ok(0), |row| count(&row, 0))?;
                return Ok((listed_users(connection, parsed(&rows)?, groups).await?, total));
            }
            let mut kept = Kept::new(window);
            let mut blocks = Blocks::of_users(&select);
            while let Some(block) = blocks.users(connection).await? {
                for user in listed_users(connection, block, groups).await? {
                    kept.see(user, keep.as_ref());
                }
            }
            Ok((kept.kept, kept.total))
        })
    }

    /// The groups in `window` of those that are selected and kept, in the order of ids, and how many there are in all.
    pub async fn groups(
        &self,
        select: GroupSelect,
        window: Window,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<(Vec<ListedGroup>, u64), StoreError> {
        asked_of_one_moment!(self, connection => {
            if let (GroupSelect::All, None) = (&select, &keep) {
                let (limit, offset) = (number(window.limit), number(window.offset));
                let (rows, total) = together!(
                    connection.rows(sql::GROUP_IDS_PAGE, &[&limit, &offset]),
                    connection.row(sql::COUNT_GROUPS, &[])
                )?;
                let total = total.map_or(Ok(0), |row| count(&row, 0))?;
                return Ok((listed_groups(connection, ids(&rows)?, members).await?, total));
            }
            let mut kept = Kept::new(window);
            let mut blocks = Blocks::of_groups(&select);
            while let Some(block) = blocks.groups(connection, &select).await? {
                for group in listed_groups(connection, block, members).await? {
                    kept.see(group, keep.as_ref());
                }
            }
            Ok((kept.kept, kept.total))
        })
    }

    /// The first `limit` of the selected and kept users in the order of ids, with what the access view shows.
    pub async fn summaries(
        &self,
        select: UserSelect,
        limit: u64,
        keep: Option<Keep<UserSummary>>,
    ) -> Result<Vec<UserSummary>, StoreError> {
        asked_of_one_moment!(self, connection => {
            let mut kept = Kept::new(Window { offset: 0, limit });
            let mut blocks = Blocks::of_users(&select);
            while (kept.kept.len() as u64) < limit
                && let Some(block) = blocks.users(connection).await?
            {
                for summary in user::summaries(connection, block).await? {
                    kept.see(summary, keep.as_ref());
                }
            }
            Ok(kept.kept)
        })
    }
}

/// What a pass over blocks keeps.
struct Kept<T> {
    window: Window,
    kept: Vec<T>,
    total: u64,
}

impl<T> Kept<T> {
    fn new(window: Window) -> Self {
        Self { window, kept: Vec::new(), total: 0 }
    }

    fn see(&mut self, resource: T, keep: Option<&Keep<T>>) {
        if keep.is_some_and(|keep| !keep(&resource)) {
            return;
        }
        if self.total >= self.window.offset && (self.kept.len() as u64) < self.window.limit {
            self.kept.push(resource);
        }
        self.total += 1;
    }
}

/// Blocks of what is selected: one of what an index finds, or many of everything.
enum Blocks {
    Once(Once),
    After(Uuid),
    Ended,
}

enum Once {
    Id(Uuid),
    Name(String),
    ExternalId(String),
    Groups,
}

impl Once {
    async fn users(&self, connection: &Connection) -> Result<Vec<tokio_postgres::Row>, Setback> {
        match self {
            Self::Id(id) => connection.rows(sql::FIND_USERS, &[&vec![*id]]).await,
            Self::Name(name) => connection.rows(sql::USERS_BY_NAME, &[name]).await,
            Self::ExternalId(id) => connection.rows(sql::USERS_BY_EXTERNAL_ID, &[id]).await,
            Self::Groups => Ok(Vec::new()),
        }
    }
}

impl Blocks {
    fn of_users(select: &UserSelect) -> Self {
        match select {
            UserSelect::All => Self::After(Uuid::nil()),
            UserSelect::After(id) => Self::After(id.0),
            UserSelect::Id(id) => Self::Once(Once::Id(id.0)),
            UserSelect::Name(name) => Self::Once(Once::Name(name.clone())),
            UserSelect::ExternalId(id) => Self::Once(Once::ExternalId(id.clone())),
            UserSelect::Nobody => Self::Ended,
        }
    }

    fn of_groups(select: &GroupSelect) -> Self {
        match select {
            GroupSelect::All => Self::After(Uuid::nil()),
            GroupSelect::Nothing => Self::Ended,
            _ => Self::Once(Once::Groups),
        }
    }

    async fn users(&mut self, connection: &Connection) -> Result<Option<Vec<UserRow>>, Setback> {
        let rows = match std::mem::replace(self, Self::Ended) {
            Self::Ended => return Ok(None),
            Self::Once(once) => return Ok(Some(parsed(&once.users(connection).await?)?)),
            Self::After(id) => connection.rows(sql::USERS_AFTER, &[&id, &BLOCK]).await?,
        };
        let users = parsed(&rows)?;
        if let Some(last) = users.last().filter(|_| users.len() as i64 == BLOCK) {
            *self = Self::After(last.id.0);
        }
        Ok(Some(users))
    }

    async fn groups(&mut self, connection: &Connection, select: &GroupSelect) -> Result<Option<Vec<Uuid>>, Setback> {
        let rows = match (std::mem::replace(self, Self::Ended), select) {
            (Self::Ended, _) => return Ok(None),
            (Self::After(id), _) => connection.rows(sql::GROUP_IDS_AFTER, &[&id, &BLOCK]).await?,
            (Self::Once(_), GroupSelect::Id(id)) => return Ok(Some(vec![id.0])),
            (Self::Once(_), GroupSelect::Name(name)) => connection.rows(sql::GROUP_IDS_BY_NAME, &[name]).await?,
            (Self::Once(_), GroupSelect::ExternalId(id)) => {
                return Ok(Some(ids(&connection.rows(sql::GROUP_IDS_BY_EXTERNAL_ID, &[id]).await?)?));
            }
            (Self::Once(_), GroupSelect::Member(user)) => {
                return Ok(Some(ids(&connection.rows(sql::GROUP_IDS_OF_MEMBER, &[&user.0]).await?)?));
            }
            (Self::Once(_), GroupSelect::IdWithMember(group, user)) => {
                let member = group::members_among(connection, Some(*group), &vec![user.0]).await?;
                return Ok(Some(member.iter().map(|_| group.0).collect()));
            }
            (Self::Once(_), GroupSelect::All | GroupSelect::Nothing) => return Ok(None),
        };
        let found = ids(&rows)?;
        if let Some(last) = found.last().filter(|_| found.len() as i64 == BLOCK) {
            *self = Self::After(*last);
        }
        Ok(Some(found))
    }
}

fn ids(rows: &[tokio_postgres::Row]) -> Result<Vec<Uuid>, Setback> {
    rows.iter().map(|row| get(row, 0)).collect()
}

fn parsed(rows: &[tokio_postgres::Row]) -> Result<Vec<UserRow>, Setback> {
    rows.iter().map(row::user).collect()
}

async fn listed_users(connection: &Connection, users: Vec<UserRow>, groups: bool) -> Result<Vec<ListedUser>, Setback> {
    if !groups || users.is_empty() {
        return Ok(users.into_iter().map(|user| (user, Vec::new())).collect());
    }
    let mut of = user::groups(connection, &keys(users.iter().map(|user| &user.id))).await?;
    Ok(users
        .into_iter()
        .map(|user| {
            let groups = of.remove(&user.id).unwrap_or_default();
            (user, groups)
        })
        .collect())
}

async fn listed_groups(connection: &Connection, ids: Vec<Uuid>, members: bool) -> Result<Vec<ListedGroup>, Setback> {
    let found: Vec<GroupRow> = group::find(connection, &ids).await?.into_values().flatten().collect();
    if !members {
        return Ok(found.into_iter().map(|group| (group, None)).collect());
    }
    let mut of = group::references(connection, &ids).await?;
    Ok(found
        .into_iter()
        .map(|group| {
            let members = of.remove(&group.id).unwrap_or_default();
            (group, Some(members))
        })
        .collect())
}
