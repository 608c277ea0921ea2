//! Groups and memberships. One member costs the same in a group of ten and of a million (C012).

use super::super::row::{GroupId, GroupRow, UserId};
use super::ask::together;
use super::connection::Connection;
use super::facts::found;
use super::row::{get, text};
use super::setback::Setback;
use super::{row, statement as sql};
use crate::access::{GroupSelector, fold};
use crate::scim::Reference;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Changes of members of one group that do not wait for each other.
const STRIPES: u128 = 32;

/// Groups by id.
pub(super) async fn find(
    connection: &Connection,
    ids: &Vec<Uuid>,
) -> Result<BTreeMap<GroupId, Option<GroupRow>>, Setback> {
    let mut groups: BTreeMap<GroupId, Option<GroupRow>> = ids.iter().map(|id| (GroupId(*id), None)).collect();
    if !ids.is_empty() {
        for row in connection.rows(sql::FIND_GROUPS, &[ids]).await? {
            let row = row::group(&row)?;
            groups.insert(row.id, Some(row));
        }
    }
    Ok(groups)
}

/// Which groups bear these folded names.
pub(super) async fn by_names(
    connection: &Connection,
    names: &Vec<&String>,
) -> Result<BTreeMap<String, Option<GroupId>>, Setback> {
    let mut bearers: BTreeMap<String, Option<GroupId>> = names.iter().map(|name| ((*name).clone(), None)).collect();
    if !names.is_empty() {
        for row in connection.rows(sql::NAMED_GROUPS, &[names]).await? {
            bearers.insert(get(&row, 0)?, Some(GroupId(get(&row, 1)?)));
        }
    }
    Ok(bearers)
}

/// The groups that any of these name now, each once.
pub(super) async fn named(connection: &Connection, selectors: &[GroupSelector]) -> Result<BTreeSet<GroupId>, Setback> {
    Ok(named_by_each(connection, selectors).await?.into_iter().flatten().collect())
}

/// The groups that each of these names now, by id, in the order asked: several may have one externalId. One question
/// for all of a kind.
pub(super) async fn named_by_each(
    connection: &Connection,
    selectors: &[GroupSelector],
) -> Result<Vec<BTreeSet<GroupId>>, Setback> {
    let (mut names, mut externals, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for selector in selectors {
        match selector {
            GroupSelector::DisplayName(name) => names.push(fold(name)),
            GroupSelector::ExternalId(external) => externals.push(external),
            GroupSelector::Id(text) => ids.extend(GroupId::parse(text).map(|id| id.0)),
        }
    }
    let names: Vec<&String> = names.iter().collect();
    let (by_name, by_external_id, existing) = together!(
        by_names(connection, &names),
        connection.rows(sql::GROUPS_BY_EXTERNAL_ID, &[&externals]),
        connection.rows(sql::EXISTING_GROUPS, &[&ids]),
    )?;
    let mut bearers: BTreeMap<String, BTreeSet<GroupId>> = BTreeMap::new();
    for row in &by_external_id {
        bearers.entry(get(row, 0)?).or_default().insert(GroupId(get(row, 1)?));
    }
    let existing: BTreeSet<Uuid> = existing.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
    let named = |selector: &GroupSelector| match selector {
        GroupSelector::DisplayName(name) => by_name.get(&fold(name)).copied().flatten().into_iter().collect(),
        GroupSelector::ExternalId(external) => bearers.get(external).cloned().unwrap_or_default(),
        GroupSelector::Id(text) => GroupId::parse(text).filter(|id| existing.contains(&id.0)).into_iter().collect(),
    };
    Ok(selectors.iter().map(named).collect())
}

/// A new group.
pub(super) async fn insert(connection: &Connection, row: &GroupRow) -> Result<(), Setback> {
    put(connection, sql::INSERT_GROUP, row).await
}

/// A group's new attributes and version, which take in what was counted beside it; the group is held alone.
pub(super) async fn update(connection: &Connection, row: &GroupRow) -> Result<(), Setback> {
    together!(put(connection, sql::UPDATE_GROUP, row), connection.run(sql::DELETE_TOUCHES, &[&row.id.0]))?;
    Ok(())
}

async fn put(connection: &Connection, statement: &'static str, row: &GroupRow) -> Result<(), Setback> {
    let body = text("group", &row.group)?;
    connection
        .run(
            statement,
            &[
                &row.id.0,
                &row.name_key(),
                &row.group.display_name(),
                &row.group.external_id(),
                &row.created.as_microsecond(),
                &row.modified.as_microsecond(),
                &row::number(row.version),
                &body,
            ],
        )
        .await?;
    Ok(())
}

/// A group's members changed.
pub(super) async fn touch(connection: &Connection, group: GroupId, at: Timestamp) -> Result<(), Setback> {
    connection.run(sql::TOUCH_GROUP, &[&group.0, &stripe(), &at.as_microsecond()]).await?;
    Ok(())
}

/// Which of several rows takes a count, at random.
pub(super) fn stripe() -> i64 {
    (Uuid::new_v4().as_u128() % STRIPES) as i64
}

/// A group and its memberships.
pub(super) async fn delete(connection: &Connection, group: GroupId) -> Result<(), Setback> {
    together!(
        connection.run(sql::DELETE_MEMBERS, &[&group.0]),
        connection.run(sql::DELETE_TOUCHES, &[&group.0]),
        connection.run(sql::DELETE_GROUP, &[&group.0]),
    )?;
    Ok(())
}

/// The first members in the order of ids.
pub(super) async fn first_members(connection: &Connection, group: GroupId, limit: i64) -> Result<Vec<UserId>, Setback> {
    row::users(&connection.rows(sql::FIRST_MEMBERS, &[&group.0, &limit]).await?)
}

/// Who of these is a member.
pub(super) async fn members_among(
    connection: &Connection,
    group: Option<GroupId>,
    ids: &Vec<Uuid>,
) -> Result<BTreeSet<UserId>, Setback> {
    let Some(group) = group else { return Ok(BTreeSet::new()) };
    found(&connection.rows(sql::MEMBERS_AMONG, &[&group.0, ids]).await?)
}

/// All members of each group, as SCIM lists them.
pub(super) async fn references(
    connection: &Connection,
    ids: &Vec<Uuid>,
) -> Result<BTreeMap<GroupId, Vec<Reference>>, Setback> {
    let mut members: BTreeMap<GroupId, Vec<Reference>> = BTreeMap::new();
    for row in connection.rows(sql::REFERENCES, &[ids]).await? {
        let member = Reference { value: UserId(get(&row, 1)?).to_string(), display: get(&row, 2)? };
        members.entry(GroupId(get(&row, 0)?)).or_default().push(member);
    }
    Ok(members)
}
