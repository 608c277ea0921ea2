//! The PatchOp message. RFC 7644 §3.5.2.

use super::{OPERATIONS_MAX, Operation, Verb};
use crate::scim::dialect::{Evidence, Quirk, Reading};
use crate::scim::path::{AttributePath, Path};
use crate::scim::resource::check_sent_depth;
use crate::scim::{Error, ResourceKind, Sent};
use serde_json::Value;

/// The URN of the message.
pub const URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Reads the operations of a message.
pub(super) fn read(body: Sent, kind: ResourceKind, how: &Reading) -> Result<Vec<Operation>, Error> {
    check_sent_depth(&body)?;
    let Some(mut body) = Fields::of(body) else {
        return Err(Error::invalid_syntax("the body must be a JSON object: a PatchOp message"));
    };
    check_schemas(body.take_value("schemas"), how)?;
    let Some(operations) = body.take("Operations").and_then(Sent::into_items) else {
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
    read.map(|(index, operation)| read_operation(index, operation, kind, how)).collect()
}

fn check_schemas(schemas: Option<Value>, how: &Reading) -> Result<(), Error> {
    let named = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(URN));
    match schemas {
        Some(Value::Array(urns)) if urns.iter().any(named) => Ok(()),
        None if how.tolerates(Quirk::SchemasMissing) => Ok(()),
        _ => Err(Error::invalid_syntax(format!("`schemas` must list \"{URN}\""))),
    }
}

fn read_operation(index: usize, operation: Sent, kind: ResourceKind, how: &Reading) -> Result<Operation, Error> {
    let refused = |detail: &str| Error::invalid_syntax(format!("Operations[{index}]: {detail}"));
    let Some(mut operation) = Fields::of(operation) else { return Err(refused("an operation is a JSON object")) };
    let verb = match operation.take_value("op") {
        Some(Value::String(name)) => Verb::named(&name, how),
        _ => None,
    };
    let verb = verb.ok_or_else(|| refused("`op` must be \"add\", \"replace\" or \"remove\""))?;
    let path = match operation.take_value("path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path).filter(|path| !path.trim().is_empty()),
        Some(_) => return Err(Error::invalid_path(format!("Operations[{index}]: `path` must be a string"))),
    };
    let value = operation.take("value");
    match (verb, &path, &value) {
        (Verb::Remove, None, _) => {
            Err(Error::no_target(format!("Operations[{index}]: a removal needs a `path` that names what to remove")))
        }
        (Verb::Add | Verb::Replace, _, None) => {
            Err(Error::invalid_value(format!("Operations[{index}]: `value` is missing; send one, or null to clear")))
        }
        (_, None, _) if !how.would_tolerate(Quirk::PathlessPatch) => {
            Err(refused("`path` is missing; name the attribute"))
        }
        (Verb::Add | Verb::Replace, None, Some(value)) if value.given().entries().is_none() => {
            Err(Error::invalid_value(format!(
                "Operations[{index}]: without a `path`, `value` must be an object of attributes"
            )))
        }
        _ => {
            let path = path.map(|path| Path::parse(&path, kind, how).and_then(|path| known(path, kind, how)));
            let path = path
                .transpose()
                .map_err(|error| Error { detail: format!("Operations[{index}]: {}", error.detail), ..error })?;
            Ok(Operation { verb, path, value })
        }
    }
}

/// A path to something that there is, or to nothing where the dialect passes over that. 400 `invalidPath`.
fn known(path: Path, kind: ResourceKind, how: &Reading) -> Result<Path, Error> {
    let unknown = |path: &AttributePath| matches!(path, AttributePath::Unknown(_));
    if !(unknown(&path.attribute) || path.part.as_ref().is_some_and(unknown)) || how.tolerates(Quirk::UnknownAttribute)
    {
        return Ok(path);
    }
    Err(Error::invalid_path(format!("`{path}` names no attribute of a {}; see /Schemas", kind.name())))
}

impl Verb {
    /// Entra ID writes `Add`, `Replace`, `Remove`.
    fn named(name: &str, how: &Reading) -> Option<Self> {
        let known = [("add", Self::Add), ("replace", Self::Replace), ("remove", Self::Remove)];
        let (known, verb) = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        if known != name {
            how.shows(Evidence::Entra);
            return how.tolerates(Quirk::OpCase).then_some(verb);
        }
        Some(verb)
    }
}

/// What an object holds, to be taken out.
struct Fields(Vec<(String, Sent)>);

impl Fields {
    fn of(object: Sent) -> Option<Self> {
        Some(Self(object.into_entries()?.collect()))
    }

    /// The field of this name; else the first of this name in another case.
    fn take(&mut self, name: &str) -> Option<Sent> {
        let position = |is: fn(&str, &str) -> bool| self.0.iter().position(|(key, _)| is(key, name));
        let index = position(|key, name| key == name).or_else(|| position(str::eq_ignore_ascii_case))?;
        Some(self.0.swap_remove(index).1)
    }

    /// The same of a field that lists no members.
    fn take_value(&mut self, name: &str) -> Option<Value> {
        self.take(name).map(Sent::into_value)
    }
}
