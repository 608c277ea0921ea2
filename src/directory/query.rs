//! Questions to a directory, and who asks.

use crate::access::AccessView;
use crate::config::Scope;
use crate::scim::{Attributes, Filter};

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
    /// The id of the token used.
    pub token_id: String,
    /// The request's id, also in the answer's `X-Request-Id`.
    pub request_id: String,
    /// The peer's address without port.
    pub source: String,
}

/// A SCIM list request.
#[derive(Debug, Default)]
pub struct ListQuery {
    /// The parsed `filter`.
    pub filter: Option<Filter>,
    /// 1-based; values below 1 were raised to 1.
    pub start_index: u64,
    /// How many resources at most; already bounded by the endpoint.
    pub count: u64,
}

/// A page of rendered SCIM resources.
#[derive(Debug, Default)]
pub struct Page {
    /// The resources of this page, with `members` left out where the projection leaves them out.
    pub resources: Vec<Attributes>,
    /// How many resources match in all.
    pub total: u64,
    /// The 1-based index of the first resource.
    pub start_index: u64,
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
