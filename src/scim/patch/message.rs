//! The PatchOp message. RFC 7644 §3.5.2.

use super::{OPERATIONS_MAX, Operation, Verb};
use crate::scim::resource::check_depth;
use crate::scim::{Attributes, Error, Reading};
use serde_json::Value;

const URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Reads the operations of a message.
pub(super) fn read(body: Value, how: &Reading) -> Result<Vec<Operation>, Error> {
    check_depth(&body)?;
    let Value::Object(mut body) = body else {
        return Err(Error::invalid_syntax("the body must be a JSON object: a PatchOp message"));
    };
    check_schemas(take(&mut body, "schemas"), how)?;
    let Some(Value::Array(operations)) = take(&mut body, "Operations") else {
        return Err(Error::invalid_syntax("`Operations` is missing; send a list of operations"));
    };
    if operations.is_empty() {
        return Err(Error::invalid_syntax("`Operations` is empty; send at least one operation"));
    }
    if operations.len() > OPERATIONS_MAX {
        return Err(Error::too_large(format!(
            "`Operations` holds {}, at most {OPERATIONS_MAX} are taken; send several requests",
            operations.len()
        )));
    }
    let read = operations.into_iter().enumerate();
    read.map(|(index, operation)| read_operation(index, operation)).collect()
}

fn check_schemas(schemas: Option<Value>, how: &Reading) -> Result<(), Error> {
    let named = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(URN));
    match schemas {
        Some(Value::Array(urns)) if urns.iter().any(named) => Ok(()),
        None if !how.strict => Ok(()),
        _ => Err(Error::invalid_syntax(format!("`schemas` must list \"{URN}\""))),
    }
}

fn read_operation(index: usize, operation: Value) -> Result<Operation, Error> {
    let refused = |detail: &str| Error::invalid_syntax(format!("Operations[{index}]: {detail}"));
    let Value::Object(mut operation) = operation else { return Err(refused("an operation is a JSON object")) };
    let verb = match take(&mut operation, "op") {
        Some(Value::String(name)) => Verb::named(&name),
        _ => None,
    };
    let verb = verb.ok_or_else(|| refused("`op` must be \"add\", \"replace\" or \"remove\""))?;
    let path = match take(&mut operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path).filter(|path| !path.trim().is_empty()),
        Some(_) => return Err(Error::invalid_path(format!("Operations[{index}]: `path` must be a string"))),
    };
    let value = take(&mut operation, "value");
    match (verb, &path, &value) {
        (Verb::Remove, None, _) => {
            Err(Error::no_target(format!("Operations[{index}]: a removal needs a `path` that names what to remove")))
        }
        (Verb::Add | Verb::Replace, _, None) => {
            Err(Error::invalid_value(format!("Operations[{index}]: `value` is missing")))
        }
        (Verb::Add | Verb::Replace, None, Some(value)) if !value.is_object() => Err(Error::invalid_value(format!(
            "Operations[{index}]: without a `path`, `value` must be an object of attributes"
        ))),
        _ => Ok(Operation { verb, path, value }),
    }
}

impl Verb {
    /// Entra ID writes `Add`, `Replace`, `Remove`.
    fn named(name: &str) -> Option<Self> {
        let known = [("add", Self::Add), ("replace", Self::Replace), ("remove", Self::Remove)];
        known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, verb)| verb)
    }
}

/// The member of this name in any case.
fn take(object: &mut Attributes, name: &str) -> Option<Value> {
    if let Some(value) = object.swap_remove(name) {
        return Some(value);
    }
    let key = object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()?;
    object.swap_remove(&key)
}
