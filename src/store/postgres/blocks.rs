//! What a question selects, in blocks and in the order of ids: one block of what an index finds, or many of everything,
//! so that a pass over everything needs no more memory than a block and its answer.

use super::super::gather::Range;
use super::super::question::{GroupSelect, ResourceSelect, UserSelect};
use super::super::row::{ResourceRow, UserRow};
use super::connection::Connection;
use super::row::get;
use super::setback::Setback;
use super::{group, resource, row, statement as sql};
use uuid::Uuid;

/// Resources looked at in one go.
const BLOCK: i64 = 500;

/// How far a pass has come. What an index finds comes whole, also what is outside of the range.
pub(super) struct Blocks {
    after: Uuid,
    before: Uuid,
    backwards: bool,
    ended: bool,
}

impl Blocks {
    /// Nothing was read yet.
    pub fn new(range: Range) -> Self {
        let Range { after, before, backwards } = range;
        let (after, before) = (after.unwrap_or(Uuid::nil()), before.unwrap_or(Uuid::max()));
        Self { after, before, backwards, ended: false }
    }

    /// The next users.
    pub async fn users(
        &mut self,
        connection: &Connection,
        select: &UserSelect,
    ) -> Result<Option<Vec<UserRow>>, Setback> {
        if self.ended {
            return Ok(None);
        }
        let rows = match select {
            UserSelect::All => self.all_users(connection).await?,
            UserSelect::After(id) => {
                self.after = self.after.max(id.0);
                self.all_users(connection).await?
            }
            UserSelect::Id(id) => self.once(connection.rows(sql::FIND_USERS, &[&vec![id.0]]).await?),
            UserSelect::Name(name) => self.once(connection.rows(sql::USERS_BY_NAME, &[name]).await?),
            UserSelect::ExternalId(id) => self.once(connection.rows(sql::USERS_BY_EXTERNAL_ID, &[id]).await?),
            UserSelect::Email(key) => self.once(connection.rows(sql::USERS_BY_EMAIL, &[key]).await?),
            UserSelect::Nobody => return Ok(None),
        };
        rows.iter().map(row::user).collect::<Result<_, _>>().map(Some)
    }

    async fn all_users(&mut self, connection: &Connection) -> Result<Vec<tokio_postgres::Row>, Setback> {
        let rows = match self.backwards {
            true => connection.rows(sql::USERS_BEFORE, &[&self.before, &self.after, &BLOCK]).await?,
            false => connection.rows(sql::USERS_AFTER, &[&self.after, &BLOCK]).await?,
        };
        self.passed(rows)
    }

    /// The ids of the next groups.
    pub async fn groups(
        &mut self,
        connection: &Connection,
        select: &GroupSelect,
    ) -> Result<Option<Vec<Uuid>>, Setback> {
        if self.ended {
            return Ok(None);
        }
        let rows = match select {
            GroupSelect::All => {
                let rows = match self.backwards {
                    true => connection.rows(sql::GROUP_IDS_BEFORE, &[&self.before, &BLOCK]).await?,
                    false => connection.rows(sql::GROUP_IDS_AFTER, &[&self.after, &BLOCK]).await?,
                };
                self.passed(rows)?
            }
            GroupSelect::Id(id) => return Ok(Some(self.once(vec![id.0]))),
            GroupSelect::Name(name) => self.once(connection.rows(sql::GROUP_IDS_BY_NAME, &[name]).await?),
            GroupSelect::ExternalId(id) => self.once(connection.rows(sql::GROUP_IDS_BY_EXTERNAL_ID, &[id]).await?),
            GroupSelect::Member(user) => self.once(connection.rows(sql::GROUP_IDS_OF_MEMBER, &[&user.0]).await?),
            GroupSelect::IdWithMember(group, user) => {
                let member = group::members_among(connection, Some(*group), &vec![user.0]).await?;
                return Ok(Some(self.once(member.iter().map(|_| group.0).collect())));
            }
            GroupSelect::Nothing => return Ok(None),
        };
        ids(&rows).map(Some)
    }

    /// The next resources of a defined type.
    pub async fn resources(
        &mut self,
        connection: &Connection,
        kind: &str,
        select: &ResourceSelect,
    ) -> Result<Option<Vec<ResourceRow>>, Setback> {
        if self.ended {
            return Ok(None);
        }
        let rows = match select {
            ResourceSelect::All => {
                let rows = match self.backwards {
                    true => connection.rows(sql::RESOURCES_BEFORE, &[&kind, &self.before, &BLOCK]).await?,
                    false => connection.rows(sql::RESOURCES_AFTER, &[&kind, &self.after, &BLOCK]).await?,
                };
                self.passed(rows)?
            }
            ResourceSelect::Id(id) => self.once(connection.rows(sql::FIND_RESOURCES, &[&vec![id.0]]).await?),
            ResourceSelect::ExternalId(id) => {
                self.once(connection.rows(sql::RESOURCES_BY_EXTERNAL_ID, &[&kind, id]).await?)
            }
            ResourceSelect::Key(attribute, value) => {
                self.once(connection.rows(sql::RESOURCE_BY_KEY, &[&kind, attribute, value]).await?)
            }
            ResourceSelect::Nothing => return Ok(None),
        };
        let mut found = resource::parsed(connection, &rows).await?;
        found.retain(|row| row.kind == kind);
        Ok(Some(found))
    }

    /// All there is: the last block.
    fn once<T>(&mut self, mut block: Vec<T>) -> Vec<T> {
        self.ended = true;
        if self.backwards {
            block.reverse();
        }
        block
    }

    /// A block of many, whose rows begin with their ids: the next one is behind it.
    fn passed(&mut self, block: Vec<tokio_postgres::Row>) -> Result<Vec<tokio_postgres::Row>, Setback> {
        self.ended = (block.len() as i64) < BLOCK;
        if let Some(last) = block.last() {
            let end = if self.backwards { &mut self.before } else { &mut self.after };
            *end = get(last, 0)?;
        }
        Ok(block)
    }
}

/// The ids in the first column.
pub(super) fn ids(rows: &[tokio_postgres::Row]) -> Result<Vec<Uuid>, Setback> {
    rows.iter().map(|row| get(row, 0)).collect()
}
