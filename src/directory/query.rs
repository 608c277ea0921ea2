//! Questions to a directory, and who asks.

use crate::access::AccessView;
use crate::config::Scope;
use crate::scim::{self, Attributes, Filter, Reading, Sort, SortKey};
use crate::store::FailedMessage;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whose token a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The 16-character id.
    pub token_id: String,
    /// The ScimAccessToken's name.
    pub name: String,
    /// What it may call.
    pub scope: Scope,
}

/// Who makes a change, for the record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    /// The id of the token used; empty where none was, as by people who sign in.
    pub token_id: String,
    /// The request's id, also in the answer's `X-Request-Id`.
    pub request_id: String,
    /// The peer's address without port.
    pub source: String,
}

/// Which version of a resource a write is meant for (RFC 7644 §3.14).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IfMatch {
    /// Whichever is there.
    #[default]
    Any,
    /// One of these.
    Versions(Vec<u64>),
}

impl IfMatch {
    /// 412 when the version there is none of those.
    pub(super) fn check(&self, version: u64) -> Result<(), scim::Error> {
        match self {
            Self::Versions(wanted) if !wanted.contains(&version) => Err(scim::Error::plain(
                412,
                "the resource has changed since: its version is not that of If-Match; read it and send it again",
            )),
            _ => Ok(()),
        }
    }
}

/// A message of the identity provider.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Who sent it.
    pub by: Actor,
    /// How it is read.
    pub how: Reading,
    /// Which version it is meant for.
    pub if_match: IfMatch,
}

impl From<&Actor> for Message {
    fn from(by: &Actor) -> Self {
        Self { by: by.clone(), ..Self::default() }
    }
}

impl From<&Message> for Message {
    fn from(message: &Message) -> Self {
        message.clone()
    }
}

/// A SCIM list request.
#[derive(Debug, Default)]
pub struct ListQuery {
    /// The parsed `filter`.
    pub filter: Option<Filter>,
    /// The order; that of ids without it.
    pub sort: Option<Sort>,
    /// Where the page begins.
    pub begin: Begin,
    /// How many resources at most; already bounded by the endpoint.
    pub count: u64,
}

/// Where a page of a list begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Begin {
    /// At this 1-based index; values below 1 were raised to 1.
    Index(u64),
    /// At the beginning, to go on by cursors (RFC 9865).
    Beginning,
    /// Where a cursor says.
    Cursor(Position),
}

impl Default for Begin {
    fn default() -> Self {
        Self::Index(1)
    }
}

/// A place between two resources of a list, which stays where it is whatever comes and goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The page is behind this id, else in front of it.
    pub forward: bool,
    /// The id of a resource beside the place.
    pub id: Uuid,
    /// What that resource is sorted by, in a sorted list.
    pub key: Option<SortKey>,
    /// How many resources matched when the list was begun.
    pub total: u64,
}

/// A page of rendered SCIM resources.
#[derive(Debug, Default)]
pub struct Page {
    /// The resources of this page, with `members` left out where the projection leaves them out.
    pub resources: Vec<Attributes>,
    /// How many resources match in all; in a list by cursors, how many did when it was begun.
    pub total: u64,
    /// The 1-based index of the first resource; absent in a list by cursors.
    pub start_index: Option<u64>,
    /// Where the next page begins, in a list by cursors.
    pub next: Option<Position>,
    /// Where the page before ends.
    pub previous: Option<Position>,
}

/// `GET /access/v1/users`.
#[derive(Debug, Default)]
pub struct AccessQuery {
    /// Over SCIM User attributes.
    pub filter: Option<Filter>,
    /// People with effective access to this tenant.
    pub tenant: Option<String>,
    /// People whose effective role (in `tenant`, or in any) is exactly this.
    pub role: Option<String>,
    /// People that at least one rule matches, or that none does.
    pub managed: Option<bool>,
    /// Where to go on; from `next` of the page before.
    pub cursor: Option<String>,
    /// 1..=1000.
    pub count: u64,
}

/// A page of access views in the order of ids.
#[derive(Debug)]
pub struct AccessPage {
    /// The views.
    pub users: Vec<AccessView>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
}

/// `GET /access/v1/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Records behind this position; from the oldest kept one without it.
    pub since: Option<String>,
    /// Records about this person: an id, or a userName that the person had.
    pub user: Option<String>,
    /// Records of this operation (`user.update`), or of this kind of operations (`user`).
    pub operation: Option<String>,
    /// 1..=1000.
    pub count: u64,
}

/// A message of the identity provider that was refused, to be kept (C004).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub operation: String,
    /// The path behind the SCIM base.
    pub resource: String,
    /// What it was about: messages about the same thing have the same subject.
    pub subject: String,
    /// The userName it was about, where the message says one.
    pub user_name: Option<String>,
    /// The displayName of the group it was about, where the message says one.
    pub display_name: Option<String>,
    /// The HTTP status that was answered.
    pub status: u16,
    /// The `scimType` that was answered.
    pub scim_type: Option<String>,
    /// The `detail` that was answered.
    pub detail: String,
    /// The request's id.
    pub request_id: String,
    /// What is needed to try it again.
    pub message: FailedMessage,
}
