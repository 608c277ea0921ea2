//! A group as the client wrote it, and who is said to be in it. RFC 7643 §4.2; B037.

use super::reader::{finish, read_body};
use super::{Reading, member_ids};
use crate::scim::{Attributes, Error, ResourceKind};
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A group: what the client may write, normalised. `members` are never inside: membership is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Group {
    /// The attributes.
    pub attributes: Attributes,
}

impl Group {
    /// Reads the body of a POST or PUT. `displayName` is required. Also the ids of the members, in order of first
    /// occurrence, each once.
    ///
    /// # Errors
    /// As [`crate::scim::User::read`].
    pub fn read(body: Value, how: &Reading) -> Result<(Self, Vec<String>), Error> {
        let body = read_body(ResourceKind::Group, body, how)?;
        let members = body.members.unwrap_or_default();
        let members: IndexSet<&str> = member_ids(&members, how)?.into_iter().collect();
        let group = Self { attributes: finish(ResourceKind::Group, body.attributes)? };
        Ok((group, members.into_iter().map(str::to_owned).collect()))
    }

    /// The `displayName`, as the client wrote it.
    pub fn display_name(&self) -> &str {
        self.attributes.get("displayName").and_then(Value::as_str).unwrap_or_default()
    }

    /// The `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        self.attributes.get("externalId").and_then(Value::as_str)
    }
}
