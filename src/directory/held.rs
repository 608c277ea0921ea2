//! What somebody may do at one time: what is stored, or nothing, or what a sign-in gave instead (readings 7 and 8).
//!
//! Access view, records and feed ask here, so that they never disagree.

use crate::access::{TenantAccess, onboarded};
use crate::store::{InForce, UserRow};
use std::slice;

/// What somebody holds at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held<'a> {
    /// Stored grants.
    pub grants: &'a [TenantAccess],
    /// Whether the account may be used: without that, nothing may be done by them.
    pub enabled: bool,
    /// What may be done instead, while it may not: see [`reenabled`].
    pub instead: Option<&'a TenantAccess>,
}

impl<'a> Held<'a> {
    /// What may be done by it.
    pub fn effective(self) -> &'a [TenantAccess] {
        match self {
            Self { enabled: true, grants, .. } => grants,
            Self { instead, .. } => instead.map(slice::from_ref).unwrap_or_default(),
        }
    }
}

/// What a sign-in gave to somebody whom the provider has disabled, in the home tenant; it takes the place of what is
/// stored until the provider next says whether the person is active (B008, B054).
pub(super) fn reenabled(config: &InForce, row: &UserRow) -> Option<TenantAccess> {
    let role = row.reenabled.as_ref().filter(|_| !row.account_enabled)?;
    Some(onboarded(&config.document.as_ref()?.tenant, role))
}

/// Whether the account may be used, by all that is stored or by what a sign-in gave.
pub(super) fn may_be_used(row: &UserRow) -> bool {
    row.account_enabled || row.reenabled.is_some()
}
