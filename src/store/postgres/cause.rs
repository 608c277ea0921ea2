//! Which records made a person's part in groups, in names and in being active what it is (C001).

use super::super::error::StoreError;
use super::super::row::{Causes, GroupId, UserId, opaque_key};
use super::PostgresStore;
use super::ask::{asked_of_one_moment, together};
use super::row::get;
use super::setback::Setback;
use super::statement as sql;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

impl PostgresStore {
    /// See [`super::super::Store::causes`].
    pub async fn causes(&self, user: UserId, groups: Vec<GroupId>, names: Vec<String>) -> Result<Causes, StoreError> {
        let groups: Vec<Uuid> = groups.iter().map(|id| id.0).collect();
        let by_key: BTreeMap<String, String> = names.into_iter().map(|name| (opaque_key(&name), name)).collect();
        let keys: Vec<&String> = by_key.keys().collect();
        asked_of_one_moment!(self, connection => {
            let (joined, left, gone, status) = together!(
                connection.rows(sql::JOINED_BY, &[&user.0, &groups]),
                connection.rows(sql::LEFT_BY, &[&user.0, &groups]),
                connection.rows(sql::NAMES_GONE_BY, &[&keys]),
                connection.row(sql::STATUS_BY, &[&user.0]),
            )?;
            let mut by_name = BTreeMap::new();
            for row in &gone {
                let (key, cause): (String, Uuid) = (get(row, 0)?, get(row, 1)?);
                by_name.extend(by_key.get(&key).map(|name| (name.clone(), cause)));
            }
            Ok(Causes {
                joined: by_group(&joined)?,
                left: by_group(&left)?,
                gone: by_name,
                status: status.map(|row| get(&row, 0)).transpose()?,
            })
        })
    }
}

/// `group_id, cause`.
fn by_group(rows: &[Row]) -> Result<BTreeMap<GroupId, Uuid>, Setback> {
    rows.iter().map(|row| Ok((GroupId(get(row, 0)?), get(row, 1)?))).collect()
}
