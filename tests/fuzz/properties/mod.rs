//! One file for each target: what must hold of any input, in every dialect that differs.

pub mod canary;
pub mod filter;
pub mod patch;
pub mod path;
pub mod query;
pub mod request;

use crate::scim::{Dialect, Error, Reading, ResourceKind};

/// The default, the two that are strict, and one that takes more than the default does.
const DIALECTS: [Dialect; 4] = [Dialect::Auto, Dialect::Strict, Dialect::Interop, Dialect::Entra];

/// The kinds that every endpoint has.
const KINDS: [ResourceKind; 2] = [ResourceKind::USER, ResourceKind::GROUP];

/// A way of reading for each dialect. A reading remembers what a request shows of its provider: one for each request.
fn readings() -> impl Iterator<Item = Reading> {
    DIALECTS.into_iter().map(Reading::new)
}

/// A refusal says what is wrong, with a status of the client's.
fn refused(error: &Error) {
    assert!(matches!(error.status, 400 | 403 | 409 | 413), "{error:?}");
    assert!(!error.detail.is_empty(), "{error:?}");
    assert_eq!(error.to_json()["status"], error.status.to_string());
}
