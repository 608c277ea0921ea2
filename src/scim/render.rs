//! Resources as they are answered. RFC 7643 §3.1.

use super::{Attributes, Group, User};
use serde_json::json;

/// What the store knows about a resource beside its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The id.
    pub id: String,
    /// When it was made.
    pub created: jiff::Timestamp,
    /// When it last changed.
    pub last_modified: jiff::Timestamp,
    /// Counts the changes; rendered as `W/"<n>"`.
    pub version: u64,
}

/// A group of a user, or a member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The id of the other resource.
    pub value: String,
    /// Its name.
    pub display: Option<String>,
}

/// A user as it is answered; `base_url` is the full SCIM base (`…/scim/v2`).
pub fn render_user(user: &User, meta: &Meta, _groups: &[Reference], _base_url: &str) -> Attributes {
    let mut rendered = user.attributes.clone();
    rendered.insert("id".into(), json!(meta.id));
    rendered
}

/// A group as it is answered; `None` leaves `members` out.
pub fn render_group(group: &Group, meta: &Meta, _members: Option<&[Reference]>, _base_url: &str) -> Attributes {
    let mut rendered = group.attributes.clone();
    rendered.insert("id".into(), json!(meta.id));
    rendered
}
