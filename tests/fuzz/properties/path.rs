//! A path means the same wherever one is read: in a PATCH operation, among `attributes`, and as a filter.

use super::{KINDS, filter, readings, refused};
use crate::fixture;
use crate::scim::{Error, Filter, Patch, Projection, Reading, ResourceKind, ScimType};
use serde_json::{Value, json};

/// The longest filter: two words more than the path, and one comparison.
const LENGTH_MAX: usize = 8 * 1024 - 3;

/// Reads the input as a path of a user and of a group.
pub fn hold(input: &[u8]) {
    let Ok(path) = std::str::from_utf8(input) else { return };
    for how in readings() {
        KINDS.into_iter().for_each(|kind| read(path, kind, &how));
    }
}

fn read(path: &str, kind: ResourceKind, how: &Reading) {
    let mut well_formed = false;
    for operation in [json!({"op": "remove", "path": path}), json!({"op": "add", "path": path, "value": "v"})] {
        well_formed |= apply(operation, kind, how).is_none_or(|error| !is_about_path(&error));
    }
    let projection = Projection::parse(Some(path), None, kind, how);
    if let Err(error) = &projection {
        refused(error);
    }
    if well_formed && !path.trim().is_empty() && path.len() <= LENGTH_MAX {
        // A comma separates paths among `attributes`, and brackets are not for all there.
        assert!(projection.is_ok() || path.contains([',', '[']), "`attributes` refuses {path}");
        let present = format!("{path} pr");
        let is_filter = |text: &str| Filter::parse(text, kind, how).is_ok();
        assert!(is_filter(path) || is_filter(&present) || is_at_limit(path), "no filter has {path}");
        filter::read(path, kind, how);
        filter::read(&present, kind, how);
    }
}

/// The error of an operation, if there is one.
fn apply(operation: Value, kind: ResourceKind, how: &Reading) -> Option<Error> {
    let message = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    let error = match Patch::read(message, kind, how) {
        Err(error) => Some(error),
        Ok(patch) if kind == ResourceKind::USER => patch.apply_to_user(&fixture::USER).err(),
        Ok(patch) => patch.apply_to_group(&fixture::GROUP).err(),
    };
    error.inspect(refused)
}

fn is_about_path(error: &Error) -> bool {
    matches!(error.scim_type, Some(ScimType::InvalidPath | ScimType::InvalidFilter | ScimType::NoTarget))
}

/// `pr` behind as many comparisons as there may be is one too many.
fn is_at_limit(path: &str) -> bool {
    path.matches(['=', ' ']).count() >= 255
}
