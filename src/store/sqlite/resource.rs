//! Resources of defined types: reading, writing, and a page of those that match. Their unique values are keys of a
//! table, so that no two have the same (RFC 7643 §7).

use super::super::error::StoreError;
use super::super::question::{Each, Found, Keep, Page, ResourceSelect};
use super::super::row::{ResourceId, ResourceKey, ResourceRow};
use super::SqliteStore;
use super::page::{Selection, Value, parameters};
use super::readers::Reach;
use super::row::{id, json, key, text, time};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// A row, its body not yet parsed.
struct Raw {
    id: Uuid,
    kind: String,
    created: Timestamp,
    modified: Timestamp,
    version: u64,
    body: String,
}

impl Raw {
    /// Reads `id, type, created, modified, version, body`.
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            id: id(row, 0)?,
            kind: row.get(1)?,
            created: time(row, 2)?,
            modified: time(row, 3)?,
            version: row.get(4)?,
            body: row.get(5)?,
        })
    }

    /// Parses the body and adds the keys.
    fn parse(self, connection: &Connection) -> Result<ResourceRow, StoreError> {
        let Self { id, kind, created, modified, version, body } = self;
        let id = ResourceId(id);
        let (resource, keys) = (json("resource", &body)?, keys(connection, id)?);
        Ok(ResourceRow { id, kind, resource, created, modified, version, keys })
    }
}

fn keys(connection: &Connection, resource: ResourceId) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT attribute, value FROM resource_key WHERE id = ?1 ORDER BY attribute, value")?;
    let rows = statement.query_map([key(resource.0)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A resource by id, of whatever type.
pub(super) fn find(connection: &Connection, resource: ResourceId) -> Result<Option<ResourceRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, type, created, modified, version, body FROM resource WHERE id = ?1")?;
    let raw = statement.query_row([key(resource.0)], Raw::read).optional()?;
    raw.map(|raw| raw.parse(connection)).transpose()
}

/// Which resource has this value in a unique attribute.
pub(super) fn by_key(connection: &Connection, asked: &ResourceKey) -> Result<Option<ResourceId>, StoreError> {
    let (kind, attribute, value) = asked;
    let mut statement =
        connection.prepare_cached("SELECT id FROM resource_key WHERE type = ?1 AND attribute = ?2 AND value = ?3")?;
    Ok(statement.query_row(params![kind, attribute, value], |row| id(row, 0)).optional()?.map(ResourceId))
}

/// A new resource. Fails when it has a key of another one.
pub(super) fn insert(connection: &Connection, row: &ResourceRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO resource (id, type, external_id, created, modified, version, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    statement.execute(params![
        key(row.id.0),
        row.kind,
        row.resource.external_id(),
        row.created.as_microsecond(),
        row.modified.as_microsecond(),
        row.version,
        text("resource", &row.resource)?,
    ])?;
    put_keys(connection, row)
}

/// A resource's new attributes and keys. Fails when it has a key of another one.
pub(super) fn update(connection: &Connection, row: &ResourceRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE resource SET external_id = ?2, created = ?3, modified = ?4, version = ?5, body = ?6 WHERE id = ?1",
    )?;
    statement.execute(params![
        key(row.id.0),
        row.resource.external_id(),
        row.created.as_microsecond(),
        row.modified.as_microsecond(),
        row.version,
        text("resource", &row.resource)?,
    ])?;
    forget_keys(connection, row.id)?;
    put_keys(connection, row)
}

/// A resource and its keys.
pub(super) fn delete(connection: &Connection, resource: ResourceId) -> Result<(), StoreError> {
    forget_keys(connection, resource)?;
    connection.prepare_cached("DELETE FROM resource WHERE id = ?1")?.execute([key(resource.0)])?;
    Ok(())
}

fn forget_keys(connection: &Connection, resource: ResourceId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM resource_key WHERE id = ?1")?.execute([key(resource.0)])?;
    Ok(())
}

fn put_keys(connection: &Connection, row: &ResourceRow) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT INTO resource_key (type, attribute, value, id) VALUES (?1, ?2, ?3, ?4)")?;
    for (attribute, value) in row.sorted_keys() {
        statement.execute(params![row.kind, attribute, value, key(row.id.0)])?;
    }
    Ok(())
}

impl SqliteStore {
    /// One resource of a defined type; `None` also when it is of another type.
    pub async fn resource(&self, kind: &str, id: ResourceId) -> Result<Option<ResourceRow>, StoreError> {
        let kind = kind.to_owned();
        self.readers
            .read(Reach::Point, move |connection| Ok(find(connection, id)?.filter(|row| row.kind == kind)))
            .await
    }

    /// The page of the resources of a defined type that are selected and kept.
    pub async fn resources(
        &self,
        kind: &str,
        select: ResourceSelect,
        page: Page,
        keep: Option<Keep<ResourceRow>>,
    ) -> Result<Found<ResourceRow>, StoreError> {
        let kind = kind.to_owned();
        self.readers
            .read(Reach::Wide, move |connection| {
                let (condition, values) = resource_condition(kind, &select);
                let rows = |order: &str| {
                    format!(
                        "SELECT id, type, created, modified, version, body FROM resource \
                         WHERE {condition} AND id > ? AND id < ? ORDER BY id {order} LIMIT ? OFFSET ?"
                    )
                };
                let count = format!("SELECT count(*) FROM resource WHERE {condition}");
                let selection = Selection { rows: &rows, count: &count, values: &values };
                selection.page(connection, page, Raw::read, |row: Raw| row.parse(connection), keep)
            })
            .await
    }

    /// Goes once through all resources of a defined type that are selected: what `each` has made of them.
    pub async fn resources_all<A: Default + Send + 'static>(
        &self,
        kind: &str,
        select: ResourceSelect,
        each: Each<ResourceRow, A>,
    ) -> Result<A, StoreError> {
        let kind = kind.to_owned();
        self.readers
            .read(Reach::Wide, move |connection| {
                let (condition, values) = resource_condition(kind, &select);
                let sql = format!(
                    "SELECT id, type, created, modified, version, body FROM resource WHERE {condition} ORDER BY id"
                );
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(parameters(&values).as_slice())?;
                let mut all = A::default();
                while let Some(row) = rows.next()? {
                    if each(&mut all, Raw::read(row)?.parse(connection)?).is_break() {
                        break;
                    }
                }
                Ok(all)
            })
            .await
    }

    /// These resources of a defined type, in the order asked; whichever is gone, or of another type, is left out.
    pub async fn resources_by_ids(&self, kind: &str, ids: Vec<ResourceId>) -> Result<Vec<ResourceRow>, StoreError> {
        let kind = kind.to_owned();
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut found = Vec::with_capacity(ids.len());
                for id in ids {
                    found.extend(find(connection, id)?.filter(|row| row.kind == kind));
                }
                Ok(found)
            })
            .await
    }
}

/// Every condition says the type first.
fn resource_condition(kind: String, select: &ResourceSelect) -> (&'static str, Vec<Value>) {
    let (condition, value): (_, Vec<Value>) = match select {
        ResourceSelect::All => ("type = ?1", vec![]),
        ResourceSelect::Id(id) => ("type = ?1 AND id = ?2", vec![Box::new(key(id.0))]),
        ResourceSelect::ExternalId(external) => ("type = ?1 AND external_id = ?2", vec![Box::new(external.clone())]),
        ResourceSelect::Key(attribute, value) => (
            "id IN (SELECT id FROM resource_key WHERE type = ?1 AND attribute = ?2 AND value = ?3)",
            vec![Box::new(attribute.clone()), Box::new(value.clone())],
        ),
        ResourceSelect::Nothing => ("type = ?1 AND 0", vec![]),
    };
    let kind: Value = Box::new(kind);
    (condition, std::iter::once(kind).chain(value).collect())
}
