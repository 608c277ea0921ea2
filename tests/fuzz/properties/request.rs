//! A body that is taken is kept: read, rendered with what the server knows, and read again, it is the same.

use super::{query, readings, refused};
use crate::query::Query;
use crate::scim::discovery::BULK_OPERATIONS_MAX;
use crate::scim::{Bulk, Group, Made, Patch, Reading, ResourceKind, User, read_search};
use crate::{JSON_DEPTH_MAX, fixture, json};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads the input as the body of a user, of a group, of a PATCH, of a search and of a bulk request.
pub fn hold(input: &[u8]) {
    let body = match json::parse(input, JSON_DEPTH_MAX) {
        Ok(body) => body,
        Err(why) => return assert!(!why.is_empty()),
    };
    let theirs: Option<Value> = serde_json::from_slice(input).ok();
    assert_eq!(Some(&body), theirs.as_ref(), "two readers of JSON disagree");
    for how in readings() {
        on_user(body.clone(), &how);
        on_group(body.clone(), &how);
        let _ = Patch::read(body.clone(), ResourceKind::USER, &how).inspect_err(refused);
    }
    if let Ok(parameters) = read_search(body.clone()).inspect_err(refused) {
        query::parameters(&Query::of(parameters));
    }
    if let Ok(bulk) = Bulk::read(body, BULK_OPERATIONS_MAX).inspect_err(refused) {
        in_order(&bulk);
    }
}

/// Every operation has its turn, once.
fn in_order(bulk: &Bulk) {
    let order = bulk.order();
    let turns: BTreeSet<usize> = order.iter().copied().collect();
    assert!(turns.len() == order.len() && order.len() == bulk.operations.len(), "{order:?}");
    let mut made = Made::default();
    for operation in order.iter().map(|index| &bulk.operations[*index]) {
        let mut data = operation.data.clone();
        let gone = !made.leave_out(&mut data).is_empty();
        assert!(gone || data == operation.data, "something else was taken out");
        assert!(made.fill_in(&mut data).map_or_else(|error| error.status == 409, |()| true));
        if let Some(name) = &operation.bulk_id {
            made.note(name, "id");
        }
    }
}

fn on_user(body: Value, how: &Reading) {
    let user = match User::read(body, ResourceKind::USER, how) {
        Ok(user) => user,
        Err(error) => return refused(&error),
    };
    let rendered = fixture::render(&user);
    assert_eq!(rendered["id"], fixture::ID);
    assert!(user.check_required(&["userName".to_owned()]).is_ok(), "a user without a name");
    assert_eq!(User::read(Value::Object(rendered), ResourceKind::USER, how).as_ref(), Ok(&user));
}

fn on_group(body: Value, how: &Reading) {
    let (group, members) = match Group::read(body, ResourceKind::GROUP, how) {
        Ok(read) => read,
        Err(error) => return refused(&error),
    };
    let ids: Vec<String> = members.iter().map(ToString::to_string).collect();
    let rendered = fixture::render_with(&group, &ids);
    assert_eq!(rendered["id"], fixture::ID);
    assert_eq!(Group::read(Value::Object(rendered), ResourceKind::GROUP, how), Ok((group, members)));
}
