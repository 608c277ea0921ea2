//! Resources of defined types. Their unique values are keys of a table: of two that are written at once with the same
//! one, the second is decided again (RFC 7643 §7).

use super::super::error::StoreError;
use super::super::gather::{Gather, Range};
use super::super::question::{Each, Found, Keep, Page, ResourceSelect};
use super::super::row::{ResourceId, ResourceKey, ResourceRow};
use super::PostgresStore;
use super::ask::{asked_of_one_moment, together};
use super::blocks::Blocks;
use super::connection::Connection;
use super::list::{Plain, plain};
use super::row::{get, number, text};
use super::setback::Setback;
use super::{row, statement as sql};
use std::collections::BTreeMap;
use uuid::Uuid;

const OF_RESOURCES: Plain = Plain {
    page: sql::RESOURCES_PAGE,
    after: sql::RESOURCES_AFTER,
    before: sql::RESOURCES_BEFORE,
    count: sql::COUNT_RESOURCES,
};

/// Rows with their keys, in the order given.
pub(super) async fn parsed(connection: &Connection, rows: &[tokio_postgres::Row]) -> Result<Vec<ResourceRow>, Setback> {
    let mut found: Vec<ResourceRow> = rows.iter().map(row::resource).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Uuid> = found.iter().map(|row| row.id.0).collect();
    let mut keys: BTreeMap<ResourceId, Vec<(String, String)>> = BTreeMap::new();
    for row in connection.rows(sql::KEYS_OF_RESOURCES, &[&ids]).await? {
        keys.entry(ResourceId(get(&row, 0)?)).or_default().push((get(&row, 1)?, get(&row, 2)?));
    }
    for row in &mut found {
        row.keys = keys.remove(&row.id).unwrap_or_default();
        // By bytes, as the other engine does; a database's order of texts depends on its locale.
        row.keys.sort_unstable();
    }
    Ok(found)
}

/// Resources by id, of whatever type.
pub(super) async fn find(
    connection: &Connection,
    ids: &Vec<Uuid>,
) -> Result<BTreeMap<ResourceId, Option<ResourceRow>>, Setback> {
    let mut resources: BTreeMap<ResourceId, Option<ResourceRow>> =
        ids.iter().map(|id| (ResourceId(*id), None)).collect();
    if !ids.is_empty() {
        let rows = connection.rows(sql::FIND_RESOURCES, &[ids]).await?;
        for row in parsed(connection, &rows).await? {
            resources.insert(row.id, Some(row));
        }
    }
    Ok(resources)
}

/// Which resources have these values in unique attributes.
pub(super) async fn by_keys(
    connection: &Connection,
    keys: &[&ResourceKey],
) -> Result<BTreeMap<ResourceKey, Option<ResourceId>>, Setback> {
    let mut bearers: BTreeMap<ResourceKey, Option<ResourceId>> =
        keys.iter().map(|key| ((*key).clone(), None)).collect();
    if !keys.is_empty() {
        let kinds: Vec<&String> = keys.iter().map(|(kind, _, _)| kind).collect();
        let attributes: Vec<&String> = keys.iter().map(|(_, attribute, _)| attribute).collect();
        let values: Vec<&String> = keys.iter().map(|(_, _, value)| value).collect();
        for row in connection.rows(sql::BEARERS_OF_KEYS, &[&kinds, &attributes, &values]).await? {
            let key = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
            bearers.insert(key, Some(ResourceId(get(&row, 3)?)));
        }
    }
    Ok(bearers)
}

/// A new resource.
pub(super) async fn insert(connection: &Connection, row: &ResourceRow) -> Result<(), Setback> {
    let body = text("resource", &row.resource)?;
    let (created, modified) = (row.created.as_microsecond(), row.modified.as_microsecond());
    let (external, version) = (row.resource.external_id(), number(row.version));
    let (id, kind) = (&row.id.0, &row.kind);
    together!(
        connection.run(sql::INSERT_RESOURCE, &[id, kind, &external, &created, &modified, &version, &body]),
        put_keys(connection, row),
    )?;
    Ok(())
}

/// A resource's new attributes and keys.
pub(super) async fn update(connection: &Connection, row: &ResourceRow) -> Result<(), Setback> {
    let body = text("resource", &row.resource)?;
    let (created, modified) = (row.created.as_microsecond(), row.modified.as_microsecond());
    let (external, version, id) = (row.resource.external_id(), number(row.version), &row.id.0);
    together!(
        connection.run(sql::UPDATE_RESOURCE, &[id, &external, &created, &modified, &version, &body]),
        connection.run(sql::FORGET_KEYS, &[id]),
        put_keys(connection, row),
    )?;
    Ok(())
}

/// A resource and its keys.
pub(super) async fn delete(connection: &Connection, resource: ResourceId) -> Result<(), Setback> {
    let id = &resource.0;
    together!(connection.run(sql::FORGET_KEYS, &[id]), connection.run(sql::DELETE_RESOURCE, &[id]))?;
    Ok(())
}

/// In one order everywhere: two transactions with the same keys do not wait for each other in turn.
async fn put_keys(connection: &Connection, row: &ResourceRow) -> Result<(), Setback> {
    let (mut attributes, mut values): (Vec<&String>, Vec<&String>) = (Vec::new(), Vec::new());
    for (attribute, value) in row.sorted_keys() {
        attributes.push(attribute);
        values.push(value);
    }
    if !values.is_empty() {
        connection.run(sql::PUT_KEYS, &[&row.kind, &attributes, &values, &row.id.0]).await?;
    }
    Ok(())
}

impl PostgresStore {
    /// One resource of a defined type; `None` also when it is of another type.
    pub async fn resource(&self, kind: &str, id: ResourceId) -> Result<Option<ResourceRow>, StoreError> {
        Ok(self.resources_by_ids(kind, vec![id]).await?.into_iter().next())
    }

    /// The page of the resources of a defined type that are selected and kept.
    pub async fn resources(
        &self,
        kind: &str,
        select: ResourceSelect,
        page: Page,
        keep: Option<Keep<ResourceRow>>,
    ) -> Result<Found<ResourceRow>, StoreError> {
        asked_of_one_moment!(self, connection => {
            if let (ResourceSelect::All, None) = (&select, &keep) {
                let Found { rows, total, more } = plain(connection, page, &OF_RESOURCES, Some(kind)).await?;
                return Ok(Found { rows: parsed(connection, &rows).await?, total, more });
            }
            let mut gather = Gather::new(page);
            let mut blocks = Blocks::new(gather.range());
            while !gather.is_full()
                && let Some(block) = blocks.resources(connection, kind, &select).await?
            {
                let kept = block.into_iter().filter(|row| keep.as_ref().is_none_or(|keep| keep(row)));
                kept.for_each(|row| gather.see(row));
            }
            Ok(gather.found())
        })
    }

    /// Goes once through all resources of a defined type that are selected: what `each` has made of them.
    pub async fn resources_all<A: Default + Send + 'static>(
        &self,
        kind: &str,
        select: ResourceSelect,
        each: Each<ResourceRow, A>,
    ) -> Result<A, StoreError> {
        asked_of_one_moment!(self, connection => {
            let (mut all, mut blocks, mut over) = (A::default(), Blocks::new(Range::default()), false);
            while !over && let Some(block) = blocks.resources(connection, kind, &select).await? {
                over = block.into_iter().any(|row| each(&mut all, row).is_break());
            }
            Ok(all)
        })
    }

    /// These resources of a defined type, in the order asked; whichever is gone, or of another type, is left out.
    pub async fn resources_by_ids(&self, kind: &str, ids: Vec<ResourceId>) -> Result<Vec<ResourceRow>, StoreError> {
        asked_of_one_moment!(self, connection => {
            let mut found = find(connection, &ids.iter().map(|id| id.0).collect()).await?;
            let found = ids.iter().filter_map(|id| found.remove(id).flatten());
            Ok(found.filter(|row| row.kind == kind).collect::<Vec<_>>())
        })
    }
}
