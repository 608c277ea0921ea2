//! Users: provision, change, delete, read. Each write is one transaction.

use super::record::Heading;
use super::user_change::{Asked, UserChange};
use super::{Directory, Error, Message};
use crate::access::GroupFacts;
use crate::scim::{self, Attributes, Meta, Patch, Reference, User, render_user};
use crate::store::{UserId, UserRow};
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};
use uuid::Uuid;

impl Directory {
    /// `POST /Users`: the rendered resource. 409 when the userName is taken (reading 17).
    pub async fn create_user(&self, message: impl Into<Message>, body: Value) -> Result<Attributes, Error> {
        let (message, serving) = (message.into(), self.serving()?);
        let user = User::read(body, serving.users(), &message.how)?;
        self.put_user(message, UserId(Uuid::now_v7()), Asked::Create(user), serving.base_url()).await
    }

    /// `PUT /Users/{id}`: the rendered resource.
    pub async fn replace_user(&self, message: impl Into<Message>, id: &str, body: Value) -> Result<Attributes, Error> {
        let (message, serving) = (message.into(), self.serving()?);
        let user = User::read(body, serving.users(), &message.how)?;
        self.put_user(message, user_id(id)?, Asked::Replace(user), serving.base_url()).await
    }

    /// `PATCH /Users/{id}`: the rendered resource. All operations or none.
    pub async fn patch_user(&self, message: impl Into<Message>, id: &str, body: Value) -> Result<Attributes, Error> {
        let (message, serving) = (message.into(), self.serving()?);
        let patch = Patch::read(body, serving.users(), &message.how)?;
        self.put_user(message, user_id(id)?, Asked::Patch(patch), serving.base_url()).await
    }

    /// `DELETE /Users/{id}`: memberships and access go with it (reading 13), or the user stays, inactive (B106).
    pub async fn delete_user(&self, message: impl Into<Message>, id: &str) -> Result<(), Error> {
        self.serving()?;
        let change = self.user_change(message.into(), user_id(id)?, Asked::Delete);
        let settled = self.told(change).await??;
        self.count_taken(u64::from(settled.taken));
        Ok(())
    }

    /// `GET /Users/{id}`: inactive users too (B051).
    pub async fn user(&self, id: &str) -> Result<Attributes, Error> {
        let serving = self.serving()?;
        match self.inner.store.user(user_id(id)?).await? {
            Some((row, groups)) => Ok(render(&row, &groups, serving.base_url())),
            None => Err(scim::Error::not_found("User", id).into()),
        }
    }

    async fn put_user(&self, message: Message, id: UserId, asked: Asked, base_url: &str) -> Result<Attributes, Error> {
        let settled = self.told(self.user_change(message, id, asked)).await??;
        self.count_taken(u64::from(settled.taken));
        match settled.user {
            Some((row, groups)) => Ok(render(&row, &groups, base_url)),
            None => Err(scim::Error::not_found("User", &id.to_string()).into()),
        }
    }

    fn user_change(&self, message: Message, id: UserId, asked: Asked) -> UserChange {
        let Message { by, how, if_match } = message;
        UserChange { id, heading: Heading::new(self.now(), &by), asked, how, if_match }
    }
}

/// A user as SCIM shows it. The groups it is in are part of its entity tag, not of its version: a member who comes does
/// not write the user.
pub(super) fn render(row: &UserRow, groups: &[GroupFacts], base_url: &str) -> Attributes {
    let meta = Meta {
        id: row.id.to_string(),
        created: row.created,
        last_modified: row.modified,
        version: row.version,
        shows: fingerprint(groups),
    };
    let groups: Vec<Reference> = groups
        .iter()
        .map(|group| Reference { value: group.id.clone(), display: Some(group.display_name.clone()) })
        .collect();
    render_user(&row.user, &meta, &groups, base_url)
}

/// Distinguishes sets of groups; the same in every process of a build.
fn fingerprint(groups: &[GroupFacts]) -> Option<u32> {
    if groups.is_empty() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    groups.iter().for_each(|group| group.id.hash(&mut hasher));
    u32::try_from(hasher.finish() >> 32).ok()
}

fn user_id(id: &str) -> Result<UserId, Error> {
    UserId::parse(id).ok_or_else(|| scim::Error::not_found("User", id).into())
}
