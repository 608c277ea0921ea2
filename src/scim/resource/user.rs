//! A user as the client wrote it. RFC 7643 §4.1; B011, B012, B091.

use super::reader::{Body, finish, is_blank, read_body};
use crate::scim::path::{AttributePath, Scope};
use crate::scim::{Attributes, Error, Reading, ResourceKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A user: what the client may write, normalised. Names are in schema case; `id`, `meta`, `groups` and `password` are
/// never inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct User {
    /// The attributes.
    pub attributes: Attributes,
}

impl User {
    /// Reads the body of a POST or PUT. `userName` is required; an absent `active` is true.
    ///
    /// # Errors
    /// 400 `invalidValue` names the attribute, the kind of value found and the kind expected; 400 `invalidSyntax` when
    /// the body is no object, nests too deep or, in strict reading, holds what the schema does not know.
    pub fn read(body: Value, kind: ResourceKind, how: &Reading) -> Result<Self, Error> {
        let Body { mut attributes, members: _ } = read_body(kind, body.into(), how)?;
        attributes.entry("active").or_insert(Value::Bool(true));
        Ok(Self { attributes: finish(kind, attributes)? })
    }

    /// The `userName`, as the client wrote it.
    pub fn user_name(&self) -> &str {
        self.text("userName").unwrap_or_default()
    }

    /// The `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        self.text("externalId")
    }

    /// Whether the provider says the user is active; it need not say so of one who is. Null stands for an `active` that
    /// was removed while it was false: it is not shown, and nobody is enabled by it.
    pub fn active(&self) -> bool {
        self.attributes.get("active").is_none_or(|active| active.as_bool().unwrap_or(false))
    }

    /// The primary e-mail address, else the first.
    pub fn email(&self) -> Option<&str> {
        let emails = self.attributes.get("emails")?.as_array()?;
        let address =
            |email: &'_ Value| email.get("value").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let primary = emails.iter().find(|email| email.get("primary") == Some(&Value::Bool(true)) && address(email));
        primary.or_else(|| emails.iter().find(|email| address(email)))?.get("value")?.as_str()
    }

    /// Complains when an active user lacks one of these attributes: names of the schema, parts of `name` and attributes
    /// of the enterprise extension also without what they are part of.
    ///
    /// # Errors
    /// 400 `invalidValue` that names all that is missing; never for an inactive user, so that a leaver can always be
    /// deactivated.
    pub fn check_required(&self, required: &[String]) -> Result<(), Error> {
        if !self.active() {
            return Ok(());
        }
        let missing = required.iter().map(|name| full_name(name)).filter(|path| self.lacks(path));
        let missing = missing.map(|path| format!("`{path}`")).collect::<Vec<_>>();
        if missing.is_empty() {
            return Ok(());
        }
        let (are, them) = if missing.len() == 1 { ("is", "it") } else { ("are", "them") };
        Err(Error::invalid_value(format!(
            "{} {are} missing: an active user needs {them}; map {them} in the identity provider",
            missing.join(", ")
        )))
    }

    fn lacks(&self, path: &AttributePath) -> bool {
        let AttributePath::Known { extension, attribute, sub } = path else { return true };
        let container = match extension {
            None => Some(&self.attributes),
            Some(schema) => self.attributes.get(schema.urn).and_then(Value::as_object),
        };
        let value = container.and_then(|attributes| attributes.get(attribute.name));
        match (value, sub.or(attribute.value_sub())) {
            (Some(Value::Array(values)), Some(sub)) => values.iter().all(|value| is_blank(value.get(sub.name))),
            (Some(Value::Object(parts)), Some(sub)) => is_blank(parts.get(sub.name)),
            (value, _) => is_blank(value),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }
}

/// `givenName` is short for `name.givenName`.
fn full_name(name: &str) -> AttributePath {
    let parse = |text: &str| AttributePath::parse(text, Scope::Resource(ResourceKind::USER), &Reading::default());
    match parse(name) {
        Ok(AttributePath::Unknown(_)) => parse(&format!("name.{name}")).ok(),
        path => path.ok(),
    }
    .filter(|path| path.leaf().is_some())
    .unwrap_or_else(|| AttributePath::Unknown(name.into()))
}
