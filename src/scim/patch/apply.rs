//! What an operation is about, and whether it may be. RFC 7644 §3.5.2.

use super::membership::MembershipChange;
use super::write::{Aim, write};
use super::{Operation, VALUES_LOOKED_AT_MAX, Verb};
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::path::{AttributePath, Path};
use crate::scim::resource::Place;
use crate::scim::schema::{Attribute, Mutability, Schema};
use crate::scim::sent::{Entries, Given, Sent};
use crate::scim::{Attributes, Error, ResourceKind};
use serde_json::Value;

/// A resource that operations are being applied to.
pub(super) struct Application {
    kind: ResourceKind,
    how: Reading,
    pub(super) attributes: Attributes,
    pub(super) members: MembershipChange,
    /// Values of lists that were looked at so far.
    looked_at: usize,
}

/// Whether a path was asked for by name, or came along as a key in a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByPath,
    /// Okta sends `id` in the value: what only the server writes is passed over there.
    ByKey,
}

impl Application {
    pub(super) fn new(kind: ResourceKind, attributes: Attributes, how: Reading) -> Self {
        Self { kind, how, attributes, members: MembershipChange::default(), looked_at: 0 }
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Result<(), Error> {
        let value = operation.value.as_ref().map(Sent::given);
        match &operation.path {
            Some(path) => self.change(operation.verb, path, value, Asked::ByPath),
            None => match value.and_then(Given::entries) {
                Some(values) => self.change_by_keys(operation.verb, values),
                None => Err(Error::no_target("a `path` is missing")),
            },
        }
    }

    /// A value without path: every key is a path (`name.givenName`, `urn:…:User:department`, `emails[…].value`).
    fn change_by_keys(&mut self, verb: Verb, values: Entries<'_>) -> Result<(), Error> {
        for (key, value) in values {
            match Path::parse(key, self.kind, &self.how) {
                Ok(path) if is_dotted(&path) && !self.how.tolerates(Quirk::DottedKey) => {
                    return Err(Error::invalid_path("a key of a value names one attribute, without parts or brackets"));
                }
                Ok(path) => self.change(verb, &path, Some(value), Asked::ByKey)?,
                Err(_) if self.how.tolerates(Quirk::UnknownAttribute) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn change(&mut self, verb: Verb, path: &Path, value: Option<Given<'_>>, asked: Asked) -> Result<(), Error> {
        match path.attribute {
            AttributePath::Unknown(_) => self.unknown(path),
            AttributePath::Whole(schema) => self.change_schema(verb, schema, value),
            AttributePath::Known { extension, attribute, sub } => {
                let part = match &path.part {
                    None => sub,
                    Some(part) => match part.leaf() {
                        Some(leaf) => Some(leaf),
                        None => return self.unknown(path),
                    },
                };
                if is_forgotten(attribute) {
                    return Ok(());
                }
                if attribute.is_read_only() || part.is_some_and(Attribute::is_read_only) {
                    return read_only(path, asked);
                }
                if extension.is_none() && self.kind.is_group() && attribute.name == "members" {
                    return self.members.fold(verb, path, value, &self.how);
                }
                let place = Place::of(extension, attribute);
                let place = part.map_or(place, |part| place.part(part));
                let aim = Aim { place, attribute, selector: path.selector.as_ref(), part };
                let how = self.how.clone();
                let value = value.map(Given::to_value);
                let mut looked_at = self.looked_at;
                self.within(extension, |container| {
                    let values = container.get(attribute.name).and_then(Value::as_array).map_or(0, Vec::len);
                    looked_at += values * compared_with(verb, value.as_deref());
                    check_work(looked_at)?;
                    write(container, &aim, verb, value.as_deref(), &how)
                })?;
                self.looked_at = looked_at;
                Ok(())
            }
        }
    }

    /// A whole schema: its attributes by their names.
    fn change_schema(&mut self, verb: Verb, schema: &'static Schema, value: Option<Given<'_>>) -> Result<(), Error> {
        let is_core = std::ptr::eq(schema, self.kind.core());
        let Some(value) = value.filter(|value| verb != Verb::Remove && !value.is_null()) else {
            if is_core {
                return Err(Error::mutability("a resource cannot lose its own schema; name the attributes to remove"));
            }
            self.attributes.swap_remove(schema.urn);
            return Ok(());
        };
        let Some(values) = value.entries() else {
            return Err(Error::invalid_value(format!("`{}`: expected an object of its attributes", schema.urn)));
        };
        if is_core {
            return self.change_by_keys(verb, values);
        }
        for (name, value) in values {
            if let Some(attribute) = schema.attribute(name) {
                let path = Path::plain(AttributePath::Known { extension: Some(schema), attribute, sub: None });
                self.change(verb, &path, Some(value), Asked::ByKey)?;
            } else if !is_listing(name) && !self.how.tolerates(Quirk::UnknownAttribute) {
                return Err(Error::invalid_path(format!("`{}` does not know this attribute", schema.urn)));
            }
        }
        Ok(())
    }

    /// The attributes of the core, or those of an extension, which goes when it is empty.
    fn within(
        &mut self,
        extension: Option<&'static Schema>,
        change: impl FnOnce(&mut Attributes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(schema) = extension else { return change(&mut self.attributes) };
        let mut inner = match self.attributes.swap_remove(schema.urn) {
            Some(Value::Object(inner)) => inner,
            _ => Attributes::new(),
        };
        change(&mut inner)?;
        if !inner.is_empty() {
            self.attributes.insert(schema.urn.to_owned(), Value::Object(inner));
        }
        Ok(())
    }

    fn unknown(&self, path: &Path) -> Result<(), Error> {
        if self.how.tolerates(Quirk::UnknownAttribute) {
            return Ok(());
        }
        Err(Error::invalid_path(format!(
            "`{}` names no attribute of a {}; see /Schemas",
            path.attribute,
            self.kind.name()
        )))
    }
}

/// `schemas` within an extension: the value repeats whose it is.
fn is_listing(name: &str) -> bool {
    name.eq_ignore_ascii_case("schemas")
}

/// Whether a key is more than the name of an attribute.
fn is_dotted(path: &Path) -> bool {
    path.selector.is_some()
        || matches!(
            path.attribute,
            AttributePath::Known { sub: Some(_), .. } | AttributePath::Known { extension: Some(_), .. }
        )
}

/// `schemas` follows from the attributes, `password` is never kept.
fn is_forgotten(attribute: &Attribute) -> bool {
    attribute.name == "schemas" || attribute.mutability == Mutability::WriteOnly
}

/// How often each value of a list is looked at: a removal compares it with all that it gives without a `value`.
fn compared_with(verb: Verb, value: Option<&Value>) -> usize {
    let given = value.filter(|_| verb == Verb::Remove).and_then(Value::as_array);
    let unnamed = |given: &&Value| given.is_object() && given.get("value").is_none();
    given.map_or(1, |given| given.iter().filter(unnamed).count().max(1))
}

fn check_work(looked_at: usize) -> Result<(), Error> {
    if looked_at > VALUES_LOOKED_AT_MAX {
        return Err(Error::too_large(format!(
            "the operations so far look at more than {VALUES_LOOKED_AT_MAX} values; send several requests"
        )));
    }
    Ok(())
}

fn read_only(path: &Path, asked: Asked) -> Result<(), Error> {
    match asked {
        Asked::ByKey => Ok(()),
        Asked::ByPath => Err(Error::mutability(format!(
            "`{}` is written by the server only; leave it out of the request",
            path.attribute
        ))),
    }
}
