//! Groups: provision, change, delete, read. Each write is one transaction.

use super::group_change::{Asked, GroupChange};
use super::record::Heading;
use super::{Directory, Error, Message};
use crate::scim::{self, Attributes, Group, Meta, Patch, Projection, Reference, Sent, render_group};
use crate::store::{GroupId, GroupRow, UserId};
use uuid::Uuid;

impl Directory {
    /// `POST /Groups`: the group without its members. 409 when the name is taken.
    pub async fn create_group(&self, message: impl Into<Message>, body: impl Into<Sent>) -> Result<Attributes, Error> {
        let (message, serving) = (message.into(), self.serving()?);
        let (group, members) = Group::read(body, serving.groups(), &message.how)?;
        let id = GroupId(Uuid::now_v7());
        let row = self.put_group(message, id, Asked::Create(group, members)).await?;
        Ok(render(&row, None, serving.base_url()))
    }

    /// `PUT /Groups/{id}`: the group without its members.
    pub async fn replace_group(
        &self,
        message: impl Into<Message>,
        id: &str,
        body: impl Into<Sent>,
    ) -> Result<Attributes, Error> {
        let (message, serving) = (message.into(), self.serving()?);
        let (group, members) = Group::read(body, serving.groups(), &message.how)?;
        let row = self.put_group(message, group_id(id)?, Asked::Replace(group, members)).await?;
        Ok(render(&row, None, serving.base_url()))
    }

    /// `PATCH /Groups/{id}`: the group without its members. All operations or none.
    pub async fn patch_group(
        &self,
        message: impl Into<Message>,
        id: &str,
        body: impl Into<Sent>,
    ) -> Result<Attributes, Error> {
        let (message, serving) = (message.into(), self.serving()?);
        let patch = Patch::read(body, serving.groups(), &message.how)?;
        let row = self.put_group(message, group_id(id)?, Asked::Patch(patch)).await?;
        Ok(render(&row, None, serving.base_url()))
    }

    /// `DELETE /Groups/{id}`.
    pub async fn delete_group(&self, message: impl Into<Message>, id: &str) -> Result<(), Error> {
        self.serving()?;
        let change = self.group_change(message.into(), group_id(id)?, Asked::Delete);
        self.settle(change).await?;
        Ok(())
    }

    /// `GET /Groups/{id}`; members are loaded only when the projection wants them.
    pub async fn group(&self, id: &str, projection: &Projection) -> Result<Attributes, Error> {
        let serving = self.serving()?;
        match self.inner.store.group(group_id(id)?, projection.wants("members")).await? {
            Some((row, members)) => Ok(render(&row, members.as_deref(), serving.base_url())),
            None => Err(scim::Error::not_found("Group", id).into()),
        }
    }

    /// A group without its members, and the first of them, at most so many.
    pub async fn group_and_members(&self, id: &str, limit: u32) -> Result<(Attributes, Vec<Reference>), Error> {
        let serving = self.serving()?;
        let key = group_id(id)?;
        let Some((row, _)) = self.inner.store.group(key, false).await? else {
            return Err(scim::Error::not_found("Group", id).into());
        };
        let members = self.inner.store.members(key, None, limit).await?;
        Ok((render(&row, None, serving.base_url()), members))
    }

    /// Members of a group in the order of ids, from behind this one, at most so many.
    pub async fn members(&self, id: &str, after: Option<Uuid>, limit: u32) -> Result<Vec<Reference>, Error> {
        Ok(self.inner.store.members(group_id(id)?, after.map(UserId), limit).await?)
    }

    /// How many members a group has.
    pub async fn member_count(&self, id: &str) -> Result<u64, Error> {
        let key = group_id(id)?;
        if self.inner.store.group(key, false).await?.is_none() {
            return Err(scim::Error::not_found("Group", id).into());
        }
        Ok(self.inner.store.member_count(key).await?)
    }

    async fn put_group(&self, message: Message, id: GroupId, asked: Asked) -> Result<GroupRow, Error> {
        let row = self.settle(self.group_change(message, id, asked)).await?;
        row.ok_or_else(|| scim::Error::not_found("Group", &id.to_string()).into())
    }

    fn group_change(&self, message: Message, id: GroupId, asked: Asked) -> GroupChange {
        GroupChange { id, heading: Heading::new(self.now(), &message.by), asked, if_match: message.if_match }
    }

    async fn settle(&self, change: GroupChange) -> Result<Option<GroupRow>, Error> {
        let settled = self.told(change).await??;
        self.count_taken(settled.taken);
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
    let meta = Meta {
        id: row.id.to_string(),
        created: row.created,
        last_modified: row.modified,
        version: row.version,
        shows: None,
    };
    render_group(&row.group, &meta, members, base_url)
}

fn group_id(id: &str) -> Result<GroupId, Error> {
    GroupId::parse(id).ok_or_else(|| scim::Error::not_found("Group", id).into())
}
