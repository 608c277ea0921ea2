//! Groups: provision, change, delete, read. Each write is one transaction.

use super::group_change::{Asked, GroupChange};
use super::record::Heading;
use super::user::reading;
use super::{Actor, Directory, Error};
use crate::scim::{self, Attributes, Group, Meta, Patch, Projection, Reference, render_group};
use crate::store::{GroupId, GroupRow};
use serde_json::Value;
use uuid::Uuid;

impl Directory {
    /// `POST /Groups`: the rendered resource, with the members as they were sent. 409 when the name is taken.
    pub async fn create_group(&self, by: &Actor, body: Value) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        let (group, members) = Group::read(body, &reading(&profile))?;
        let id = GroupId(Uuid::now_v7());
        self.put_group(by, id, Asked::Create(group, members)).await?;
        self.group(&id.to_string(), &Projection::default()).await
    }

    /// `PUT /Groups/{id}`: the rendered resource.
    pub async fn replace_group(&self, by: &Actor, id: &str, body: Value) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        let (group, members) = Group::read(body, &reading(&profile))?;
        self.put_group(by, group_id(id)?, Asked::Replace(group, members)).await?;
        self.group(id, &Projection::default()).await
    }

    /// `PATCH /Groups/{id}`: the group without its members. All operations or none.
    pub async fn patch_group(&self, by: &Actor, id: &str, body: Value) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        let patch = Patch::read(body, &reading(&profile))?;
        let row = self.put_group(by, group_id(id)?, Asked::Patch(patch)).await?;
        Ok(render(&row, None, &profile.base_url))
    }

    /// `DELETE /Groups/{id}`.
    pub async fn delete_group(&self, by: &Actor, id: &str) -> Result<(), Error> {
        self.profile()?;
        let heading = Heading::new(self.now(), by);
        let change = GroupChange { id: group_id(id)?, heading, asked: Asked::Delete };
        self.settle(change).await?;
        Ok(())
    }

    /// `GET /Groups/{id}`; members are loaded only when the projection wants them.
    pub async fn group(&self, id: &str, projection: &Projection) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        match self.inner.store.group(group_id(id)?, projection.wants("members")).await? {
            Some((row, members)) => Ok(render(&row, members.as_deref(), &profile.base_url)),
            None => Err(scim::Error::not_found("Group", id).into()),
        }
    }

    async fn put_group(&self, by: &Actor, id: GroupId, asked: Asked) -> Result<GroupRow, Error> {
        let heading = Heading::new(self.now(), by);
        let row = self.settle(GroupChange { id, heading, asked }).await?;
        row.ok_or_else(|| scim::Error::not_found("Group", &id.to_string()).into())
    }

    async fn settle(&self, change: GroupChange) -> Result<Option<GroupRow>, Error> {
        let settled = self.inner.store.transact(change).await??;
        if settled.named {
            self.moved();
        }
        if settled.queued {
            self.inner.work.notify_one();
        }
        Ok(settled.row)
    }
}

/// A group as SCIM shows it.
pub(super) fn render(row: &GroupRow, members: Option<&[Reference]>, base_url: &str) -> Attributes {
    let meta = Meta { id: row.id.to_string(), created: row.created, last_modified: row.modified, version: row.version };
    render_group(&row.group, &meta, members, base_url)
}

fn group_id(id: &str) -> Result<GroupId, Error> {
    GroupId::parse(id).ok_or_else(|| scim::Error::not_found("Group", id).into())
}
