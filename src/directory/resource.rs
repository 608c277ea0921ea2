//! Resources of types that the directory defines: provision, change, delete, read. They give nobody access.

use super::record::Heading;
use super::resource_change::{Asked, ResourceChange};
use super::{Directory, Error, Message};
use crate::scim::{self, Attributes, Meta, Patch, Resource, ResourceKind, render_resource};
use crate::store::{ResourceId, ResourceRow};
use serde_json::Value;
use uuid::Uuid;

impl Directory {
    /// `POST`: the rendered resource. 409 when a unique value is taken.
    pub async fn create_resource(
        &self,
        message: impl Into<Message>,
        kind: ResourceKind,
        body: Value,
    ) -> Result<Attributes, Error> {
        let message = message.into();
        let resource = Resource::read(body, kind, &message.how)?;
        self.put_resource(message, kind, ResourceId(Uuid::now_v7()), Asked::Create(resource)).await
    }

    /// `PUT`: the rendered resource.
    pub async fn replace_resource(
        &self,
        message: impl Into<Message>,
        kind: ResourceKind,
        id: &str,
        body: Value,
    ) -> Result<Attributes, Error> {
        let message = message.into();
        let resource = Resource::read(body, kind, &message.how)?;
        self.put_resource(message, kind, resource_id(kind, id)?, Asked::Replace(resource)).await
    }

    /// `PATCH`: the rendered resource. All operations or none.
    pub async fn patch_resource(
        &self,
        message: impl Into<Message>,
        kind: ResourceKind,
        id: &str,
        body: Value,
    ) -> Result<Attributes, Error> {
        let message = message.into();
        let patch = Patch::read(body, kind, &message.how)?;
        self.put_resource(message, kind, resource_id(kind, id)?, Asked::Patch(patch)).await
    }

    /// `DELETE`.
    pub async fn delete_resource(
        &self,
        message: impl Into<Message>,
        kind: ResourceKind,
        id: &str,
    ) -> Result<(), Error> {
        self.serving()?;
        let change = self.resource_change(message.into(), kind, resource_id(kind, id)?, Asked::Delete);
        self.told(change).await??;
        Ok(())
    }

    /// `GET` of one.
    pub async fn resource(&self, kind: ResourceKind, id: &str) -> Result<Attributes, Error> {
        let serving = self.serving()?;
        match self.inner.store.resource(kind.name(), resource_id(kind, id)?).await? {
            Some(row) => Ok(render(kind, &row, serving.base_url())),
            None => Err(scim::Error::not_found(kind.name(), id).into()),
        }
    }

    async fn put_resource(
        &self,
        message: Message,
        kind: ResourceKind,
        id: ResourceId,
        asked: Asked,
    ) -> Result<Attributes, Error> {
        let serving = self.serving()?;
        match self.told(self.resource_change(message, kind, id, asked)).await?? {
            Some(row) => Ok(render(kind, &row, serving.base_url())),
            None => Err(scim::Error::not_found(kind.name(), &id.to_string()).into()),
        }
    }

    fn resource_change(&self, message: Message, kind: ResourceKind, id: ResourceId, asked: Asked) -> ResourceChange {
        let Message { by, how: _, if_match } = message;
        ResourceChange { kind, id, heading: Heading::new(self.now(), &by), asked, if_match }
    }
}

/// A resource as SCIM shows it.
pub(super) fn render(kind: ResourceKind, row: &ResourceRow, base_url: &str) -> Attributes {
    let meta = Meta {
        id: row.id.to_string(),
        created: row.created,
        last_modified: row.modified,
        version: row.version,
        shows: None,
    };
    render_resource(kind, &row.resource, &meta, base_url)
}

fn resource_id(kind: ResourceKind, id: &str) -> Result<ResourceId, Error> {
    ResourceId::parse(id).ok_or_else(|| scim::Error::not_found(kind.name(), id).into())
}
