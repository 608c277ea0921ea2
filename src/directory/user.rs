//! Users: provision, change, delete, read. Each write is one transaction.

use super::record::Heading;
use super::user_change::{Asked, UserChange};
use super::{Actor, Directory, Error};
use crate::access::GroupFacts;
use crate::config::Profile;
use crate::scim::{self, Attributes, Meta, Patch, Reading, Reference, User, render_user};
use crate::store::{UserId, UserRow};
use serde_json::Value;
use uuid::Uuid;

impl Directory {
    /// `POST /Users`: the rendered resource. 409 when the userName is taken (reading 17).
    pub async fn create_user(&self, by: &Actor, body: Value) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        let user = User::read(body, &reading(&profile))?;
        self.put_user(by, UserId(Uuid::now_v7()), Asked::Create(user), &profile).await
    }

    /// `PUT /Users/{id}`: the rendered resource.
    pub async fn replace_user(&self, by: &Actor, id: &str, body: Value) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        let user = User::read(body, &reading(&profile))?;
        self.put_user(by, user_id(id)?, Asked::Replace(user), &profile).await
    }

    /// `PATCH /Users/{id}`: the rendered resource. All operations or none.
    pub async fn patch_user(&self, by: &Actor, id: &str, body: Value) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        let patch = Patch::read(body, &reading(&profile))?;
        self.put_user(by, user_id(id)?, Asked::Patch(patch), &profile).await
    }

    /// `DELETE /Users/{id}`: memberships and access go with it (reading 13).
    pub async fn delete_user(&self, by: &Actor, id: &str) -> Result<(), Error> {
        self.profile()?;
        let heading = Heading::new(self.now(), by);
        let change = UserChange { id: user_id(id)?, heading, asked: Asked::Delete };
        self.inner.store.transact(change).await??;
        Ok(())
    }

    /// `GET /Users/{id}`: inactive users too (B051).
    pub async fn user(&self, id: &str) -> Result<Attributes, Error> {
        let profile = self.profile()?;
        match self.inner.store.user(user_id(id)?).await? {
            Some((row, groups)) => Ok(render(&row, &groups, &profile.base_url)),
            None => Err(scim::Error::not_found("User", id).into()),
        }
    }

    async fn put_user(&self, by: &Actor, id: UserId, asked: Asked, profile: &Profile) -> Result<Attributes, Error> {
        let heading = Heading::new(self.now(), by);
        match self.inner.store.transact(UserChange { id, heading, asked }).await?? {
            Some((row, groups)) => Ok(render(&row, &groups, &profile.base_url)),
            None => Err(scim::Error::not_found("User", &id.to_string()).into()),
        }
    }
}

/// How tolerant the profile in force reads.
pub(super) fn reading(profile: &Profile) -> Reading {
    match profile.dialect {
        crate::config::Dialect::Auto | crate::config::Dialect::Entra => Reading { strict: false },
    }
}

/// A user as SCIM shows it.
pub(super) fn render(row: &UserRow, groups: &[GroupFacts], base_url: &str) -> Attributes {
    let meta = Meta { id: row.id.to_string(), created: row.created, last_modified: row.modified, version: row.version };
    let groups: Vec<Reference> = groups
        .iter()
        .map(|group| Reference { value: group.id.clone(), display: Some(group.display_name.clone()) })
        .collect();
    render_user(&row.user, &meta, &groups, base_url)
}

fn user_id(id: &str) -> Result<UserId, Error> {
    UserId::parse(id).ok_or_else(|| scim::Error::not_found("User", id).into())
}
