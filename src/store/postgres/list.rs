//! Reading users and groups: one, a page of those that match, or all of them once.
//!
//! A page that nothing is kept by is one statement; what else no index serves is looked at in blocks.

use super::super::error::StoreError;
use super::super::gather::{Gather, Range};
use super::super::question::{Each, Found, GroupSelect, Keep, ListedGroup, ListedUser, Page, Start, UserSelect};
use super::super::row::{GroupId, UserId, UserRow, UserSummary};
use super::PostgresStore;
use super::ask::{asked, asked_of_one_moment, together};
use super::blocks::{Blocks, ids};
use super::connection::Connection;
use super::row::{count, get, keys, number};
use super::setback::Setback;
use super::{group, row, statement as sql, user};
use crate::scim::Reference;
use std::collections::BTreeMap;
use uuid::Uuid;

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

    /// The next members of a group behind `after`, in the order of ids.
    pub async fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError> {
        let after = after.map_or(Uuid::nil(), |after| after.0);
        asked!(self, connection => {
            let rows = connection.rows(sql::REFERENCES_AFTER, &[&group.0, &after, &i64::from(limit)]).await?;
            let member = |row: &tokio_postgres::Row| -> Result<Reference, Setback> {
                Ok(Reference { value: UserId(get(row, 0)?).to_string(), display: get(row, 1)? })
            };
            rows.iter().map(member).collect::<Result<Vec<_>, _>>()
        })
    }

    /// See [`super::super::Store::member_count`].
    pub async fn member_count(&self, group: GroupId) -> Result<u64, StoreError> {
        asked!(self, connection => {
            let row = connection.row(sql::COUNT_MEMBERS, &[&group.0]).await?;
            row.map_or(Ok(0), |row| count(&row, 0))
        })
    }

    /// The page of the users that are selected and kept. `keep` sees each user with its groups when `groups` is set.
    pub async fn users(
        &self,
        select: UserSelect,
        page: Page,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<Found<ListedUser>, StoreError> {
        asked_of_one_moment!(self, connection => {
            if let (UserSelect::All, None) = (&select, &keep) {
                let Found { rows, total, more } = plain(connection, page, &OF_USERS, None).await?;
                return Ok(Found { rows: listed_users(connection, parsed(&rows)?, groups).await?, total, more });
            }
            let mut gather = Gather::new(page);
            let mut blocks = Blocks::new(gather.range());
            while !gather.is_full()
                && let Some(block) = blocks.users(connection, &select).await?
            {
                for user in listed_users(connection, block, groups).await? {
                    if keep.as_ref().is_none_or(|keep| keep(&user)) {
                        gather.see(user);
                    }
                }
            }
            Ok(gather.found())
        })
    }

    /// The page of the groups that are selected and kept. `keep` sees each one with its members when `members` is set.
    pub async fn groups(
        &self,
        select: GroupSelect,
        page: Page,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<Found<ListedGroup>, StoreError> {
        asked_of_one_moment!(self, connection => {
            if let (GroupSelect::All, None) = (&select, &keep) {
                let Found { rows, total, more } = plain(connection, page, &OF_GROUPS, None).await?;
                return Ok(Found { rows: listed_groups(connection, ids(&rows)?, members).await?, total, more });
            }
            let mut gather = Gather::new(page);
            let mut blocks = Blocks::new(gather.range());
            while !gather.is_full()
                && let Some(block) = blocks.groups(connection, &select).await?
            {
                for group in listed_groups(connection, block, members).await? {
                    if keep.as_ref().is_none_or(|keep| keep(&group)) {
                        gather.see(group);
                    }
                }
            }
            Ok(gather.found())
        })
    }

    /// Goes once through all users that are selected, in the order of ids: what `each` has made of them.
    pub async fn users_all<A: Default + Send + 'static>(
        &self,
        select: UserSelect,
        groups: bool,
        each: Each<ListedUser, A>,
    ) -> Result<A, StoreError> {
        asked_of_one_moment!(self, connection => {
            let (mut all, mut blocks, mut over) = (A::default(), Blocks::new(Range::default()), false);
            while !over && let Some(block) = blocks.users(connection, &select).await? {
                let mut block = listed_users(connection, block, groups).await?.into_iter();
                over = block.any(|user| each(&mut all, user).is_break());
            }
            Ok(all)
        })
    }

    /// The same with groups.
    pub async fn groups_all<A: Default + Send + 'static>(
        &self,
        select: GroupSelect,
        members: bool,
        each: Each<ListedGroup, A>,
    ) -> Result<A, StoreError> {
        asked_of_one_moment!(self, connection => {
            let (mut all, mut blocks, mut over) = (A::default(), Blocks::new(Range::default()), false);
            while !over && let Some(block) = blocks.groups(connection, &select).await? {
                let mut block = listed_groups(connection, block, members).await?.into_iter();
                over = block.any(|group| each(&mut all, group).is_break());
            }
            Ok(all)
        })
    }

    /// These users, in the order asked; whoever is gone is left out.
    pub async fn users_by_ids(&self, ids: Vec<UserId>, groups: bool) -> Result<Vec<ListedUser>, StoreError> {
        asked_of_one_moment!(self, connection => {
            let rows = connection.rows(sql::FIND_USERS, &[&keys(&ids)]).await?;
            let found = parsed(&rows)?.into_iter().map(|row| (row.id, row));
            let mut found: BTreeMap<UserId, UserRow> = found.collect();
            listed_users(connection, ids.iter().filter_map(|id| found.remove(id)).collect(), groups).await
        })
    }

    /// These groups, in the order asked; whichever is gone is left out.
    pub async fn groups_by_ids(&self, ids: Vec<GroupId>, members: bool) -> Result<Vec<ListedGroup>, StoreError> {
        asked_of_one_moment!(self, connection => {
            listed_groups(connection, ids.iter().map(|id| id.0).collect(), members).await
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
            let (mut kept, mut blocks) = (Vec::new(), Blocks::new(Range::default()));
            while (kept.len() as u64) < limit
                && let Some(block) = blocks.users(connection, &select).await?
            {
                let summaries = user::summaries(connection, block).await?;
                kept.extend(summaries.into_iter().filter(|summary| keep.as_ref().is_none_or(|keep| keep(summary))));
            }
            kept.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok(kept)
        })
    }
}

/// The statements of a page that nothing is kept by. With a type, that is the first value of each.
pub(super) struct Plain {
    /// Then limit and offset.
    pub page: &'static str,
    /// Then the id before the first, and the limit.
    pub after: &'static str,
    /// Then the id behind the last, and the limit. The last comes first.
    pub before: &'static str,
    /// Nothing else.
    pub count: &'static str,
}

const OF_USERS: Plain =
    Plain { page: sql::USERS_PAGE, after: sql::USERS_AFTER, before: sql::LAST_USERS_BEFORE, count: sql::COUNT_USERS };
const OF_GROUPS: Plain = Plain {
    page: sql::GROUP_IDS_PAGE,
    after: sql::GROUP_IDS_AFTER,
    before: sql::GROUP_IDS_BEFORE,
    count: sql::COUNT_GROUPS,
};

/// A page of rows as the database makes it.
pub(super) async fn plain(
    connection: &Connection,
    page: Page,
    statements: &Plain,
    kind: Option<&str>,
) -> Result<Found<tokio_postgres::Row>, Setback> {
    // One more than asked for tells whether there are more.
    let limit = number(page.limit).saturating_add(1);
    let (statement, id, offset) = match page.start {
        Start::Offset(offset) => (statements.page, None, number(offset)),
        Start::After(id) => (statements.after, Some(id), 0),
        Start::Before(id) => (statements.before, Some(id), 0),
    };
    let rows = async {
        match (&kind, &id) {
            (None, None) => connection.rows(statement, &[&limit, &offset]).await,
            (None, Some(id)) => connection.rows(statement, &[id, &limit]).await,
            (Some(kind), None) => connection.rows(statement, &[kind, &limit, &offset]).await,
            (Some(kind), Some(id)) => connection.rows(statement, &[kind, id, &limit]).await,
        }
    };
    let total = async {
        if !page.count_all {
            return Ok(None);
        }
        let row = match &kind {
            None => connection.row(statements.count, &[]).await?,
            Some(kind) => connection.row(statements.count, &[kind]).await?,
        };
        row.map_or(Ok(0), |row| count(&row, 0)).map(Some)
    };
    let (mut rows, total) = together!(rows, total)?;
    let more = rows.len() as u64 > page.limit;
    rows.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    if matches!(page.start, Start::Before(_)) {
        rows.reverse();
    }
    Ok(Found { rows, total, more })
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

/// In the order of `ids`; what is not there is left out.
async fn listed_groups(connection: &Connection, ids: Vec<Uuid>, members: bool) -> Result<Vec<ListedGroup>, Setback> {
    let mut found = group::find(connection, &ids).await?;
    let found: Vec<_> = ids.iter().filter_map(|id| found.remove(&GroupId(*id)).flatten()).collect();
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
