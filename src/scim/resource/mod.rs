//! Users and groups as clients write them.

use super::{Attributes, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How tolerant reading is: `strict` refuses what the RFC does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// No deviation of any provider is accepted.
    pub strict: bool,
}

/// A user: what the client may write, normalised. Names are in schema case; `id`, `meta`, `groups` and `password` are never inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct User {
    /// The attributes.
    pub attributes: Attributes,
}

/// A group: what the client may write, normalised. `members` are never inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Group {
    /// The attributes.
    pub attributes: Attributes,
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(Value::as_str)
}

impl User {
    /// Reads the body of a POST or PUT. `userName` is required; an absent `active` is true.
    pub fn read(_body: Value, _how: &Reading) -> Result<Self, Error> {
        Err(Error::not_implemented("users are not served yet"))
    }

    /// The `userName`, as the client wrote it.
    pub fn user_name(&self) -> &str {
        text(&self.attributes, "userName").unwrap_or_default()
    }

    /// The `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        text(&self.attributes, "externalId")
    }

    /// Whether the provider says the user is active.
    pub fn active(&self) -> bool {
        self.attributes.get("active").and_then(Value::as_bool).unwrap_or(true)
    }

    /// The primary e-mail address, else the first.
    pub fn email(&self) -> Option<&str> {
        None
    }

    /// Complains when an active user lacks one of these attributes.
    pub fn check_required(&self, _required: &[String]) -> Result<(), Error> {
        Ok(())
    }
}

impl Group {
    /// Reads the body of a POST or PUT. `displayName` is required. Also the member ids, in order of first occurrence.
    pub fn read(_body: Value, _how: &Reading) -> Result<(Self, Vec<String>), Error> {
        Err(Error::not_implemented("groups are not served yet"))
    }

    /// The `displayName`, as the client wrote it.
    pub fn display_name(&self) -> &str {
        text(&self.attributes, "displayName").unwrap_or_default()
    }

    /// The `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        text(&self.attributes, "externalId")
    }
}
