//! A group as the client wrote it, and who is said to be in it. RFC 7643 §4.2; B037.

use super::into_member_ids;
use super::reader::{finish, read_body};
use crate::scim::{Attributes, Error, MemberId, Reading, ResourceKind, Sent};
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
    pub fn read(body: impl Into<Sent>, kind: ResourceKind, how: &Reading) -> Result<(Self, IndexSet<MemberId>), Error> {
        let body = read_body(kind, body.into(), how)?;
        let members = body.members.map_or_else(|| Ok(Vec::new()), |members| into_member_ids(members, how))?;
        let group = Self { attributes: finish(kind, body.attributes)? };
        Ok((group, members.into_iter().collect()))
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
