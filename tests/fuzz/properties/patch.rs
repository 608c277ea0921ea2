//! What a PATCH makes of a resource is a resource: read back, it is the same. An operation that says what an attribute
//! is says it once: applied again, it changes nothing. Members are added or removed, never both.

use super::{readings, refused};
use crate::scim::{Dialect, Group, Patch, Reading, ResourceKind, User};
use crate::{door, fixture};
use serde_json::Value;

/// Reads the input as a PatchOp message, and applies it to users and to a group.
pub fn hold(input: &[u8]) {
    let Some(message) = door(input) else { return };
    for how in readings() {
        // Others refuse to remove what is gone.
        let twice = how.dialect() == Dialect::Auto && can_be_repeated(&message);
        match Patch::read(message.clone(), ResourceKind::USER, &how) {
            Ok(patch) => {
                [&fixture::USER, &fixture::BARE_USER].iter().for_each(|user| on_user(&patch, user, &how, twice))
            }
            Err(error) => refused(&error),
        }
        match Patch::read(message.clone(), ResourceKind::GROUP, &how) {
            Ok(patch) => on_group(&patch, &fixture::GROUP, &how, twice),
            Err(error) => refused(&error),
        }
    }
}

fn on_user(patch: &Patch, user: &User, how: &Reading, twice: bool) {
    let after = match patch.apply_to_user(user) {
        Ok(after) => after,
        Err(error) => return refused(&error),
    };
    // A user without `active` counts as active, and is read so.
    let mut counted = after.clone();
    let active = counted.attributes.entry("active").or_insert(Value::Null);
    if active.is_null() {
        *active = Value::Bool(true);
    }
    let read = User::read(Value::Object(after.attributes.clone()), ResourceKind::USER, how);
    assert_eq!(read.as_ref(), Ok(&counted), "what it made reads differently");
    if twice {
        assert_eq!(patch.apply_to_user(&after).as_ref(), Ok(&after), "applied again it makes something else");
    }
}

fn on_group(patch: &Patch, group: &Group, how: &Reading, twice: bool) {
    let (after, members) = match patch.apply_to_group(group) {
        Ok(after) => after,
        Err(error) => return refused(&error),
    };
    assert!(members.add.is_disjoint(&members.remove), "{members:?}");
    let read = Group::read(Value::Object(after.attributes.clone()), ResourceKind::GROUP, how);
    assert_eq!(read.as_ref().map(|(group, _)| group), Ok(&after), "what it made reads differently");
    if twice {
        let again = patch.apply_to_group(&after);
        assert_eq!(again, Ok((after, members)), "applied again it makes something else");
    }
}

/// One operation on one attribute as a whole. A filter may select something else the second time, and of several
/// attributes in one value a later one may undo what an earlier one did.
fn can_be_repeated(message: &Value) -> bool {
    let member = |object: &Value, name: &str| {
        let named = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
        object.as_object().and_then(|object| object.iter().find(named)).map(|(_, value)| value.clone())
    };
    let Some(Value::Array(operations)) = member(message, "Operations") else { return false };
    let [operation] = operations.as_slice() else { return false };
    let Some(Value::String(path)) = member(operation, "path") else { return false };
    !path.trim().is_empty() && !path.contains(['[', ':'])
}
