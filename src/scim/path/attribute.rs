//! Attribute paths: `userName`, `name.givenName`, `urn:…:User:department`. RFC 7644 §3.10.

use crate::scim::dialect::{Quirk, Reading};
use crate::scim::schema::{Attribute, ResourceKind, Schema};
use std::fmt;

/// A named part of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributePath {
    /// An attribute that the schema knows, or one of its sub-attributes.
    Known {
        /// The extension it belongs to.
        extension: Option<&'static Schema>,
        /// The attribute.
        attribute: &'static Attribute,
        /// Its part.
        sub: Option<&'static Attribute>,
    },
    /// A whole schema, named by its URN alone.
    Whole(&'static Schema),
    /// Well-formed, but not in the schema.
    Unknown(Box<str>),
}

/// Where names are looked up.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// In a resource.
    Resource(ResourceKind),
    /// In one value of a complex attribute: within brackets.
    Element(&'static Attribute),
    /// In something the schema does not know.
    Unknown,
}

/// Why a text is no attribute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The byte where it ends being one.
    pub at: usize,
    /// What should be there.
    pub expected: &'static str,
}

impl AttributePath {
    /// Reads a path. A well-formed name that the schema does not know is no error here.
    pub fn parse(text: &str, scope: Scope, how: &Reading) -> Result<Self, Malformed> {
        if text.contains(':') {
            return Self::qualified(text, scope, how);
        }
        let (name, sub) = names(text, 0)?;
        let found = match scope {
            Scope::Resource(kind) => in_resource(kind, name, sub, how),
            Scope::Element(attribute) if sub.is_none() => attribute.sub(name).map(Self::core),
            Scope::Element(_) | Scope::Unknown => None,
        };
        Ok(found.unwrap_or_else(|| Self::Unknown(text.into())))
    }

    /// An attribute of the core schema, whole.
    pub fn core(attribute: &'static Attribute) -> Self {
        Self::Known { extension: None, attribute, sub: None }
    }

    /// The attribute or sub-attribute the path ends in, where the schema knows it.
    pub fn leaf(&self) -> Option<&'static Attribute> {
        match self {
            Self::Known { attribute, sub, .. } => Some(sub.unwrap_or(attribute)),
            Self::Whole(_) | Self::Unknown(_) => None,
        }
    }

    /// Whether the path is about this top-level attribute, or this part of it (`name.givenName`), in any case.
    pub fn names(&self, name: &str) -> bool {
        let (name, wanted) = name.split_once('.').map_or((name, None), |(name, sub)| (name, Some(sub)));
        match self {
            Self::Known { extension: Some(_), .. } => false,
            Self::Known { extension: None, attribute, sub } => {
                let whole = wanted.is_none_or(|wanted| sub.is_none_or(|sub| sub.name.eq_ignore_ascii_case(wanted)));
                attribute.name.eq_ignore_ascii_case(name) && whole
            }
            Self::Whole(schema) => schema.attribute(name).is_some(),
            Self::Unknown(text) => text.split('.').next().is_some_and(|head| head.eq_ignore_ascii_case(name)),
        }
    }

    fn qualified(text: &str, scope: Scope, how: &Reading) -> Result<Self, Malformed> {
        if let Scope::Resource(kind) = scope
            && let Some((schema, rest)) = kind.prefixed(text, how)
        {
            let Some(tail) = rest.get(1..) else { return Ok(Self::Whole(schema)) };
            let (name, sub) = names(tail, text.len() - tail.len())?;
            let found = if std::ptr::eq(schema, kind.core()) {
                kind.attribute(name).and_then(|attribute| with_sub(None, attribute, sub))
            } else {
                schema.attribute(name).and_then(|attribute| with_sub(Some(schema), attribute, sub))
            };
            return Ok(found.unwrap_or_else(|| Self::Unknown(text.into())));
        }
        uri(text)?;
        Ok(Self::Unknown(text.into()))
    }
}

/// An attribute by its plain name; those of extensions too, since Entra ID asks for `manager` without its URN.
fn in_resource(kind: ResourceKind, name: &str, sub: Option<&str>, how: &Reading) -> Option<AttributePath> {
    if let Some(attribute) = kind.attribute(name) {
        return with_sub(None, attribute, sub);
    }
    let mut schemas = kind.extensions().iter().map(|extension| extension.schema);
    let (schema, attribute) = schemas.find_map(|schema| Some((schema, schema.attribute(name)?)))?;
    let found = with_sub(Some(schema), attribute, sub)?;
    how.tolerates(Quirk::ExtensionWithoutUrn).then_some(found)
}

fn with_sub(
    extension: Option<&'static Schema>,
    attribute: &'static Attribute,
    sub: Option<&str>,
) -> Option<AttributePath> {
    let sub = match sub {
        None => None,
        Some(sub) => Some(attribute.sub(sub)?),
    };
    Some(AttributePath::Known { extension, attribute, sub })
}

/// `ATTRNAME [subAttr]`; `from` is where the text begins, for the error.
fn names(text: &str, from: usize) -> Result<(&str, Option<&str>), Malformed> {
    let shift = |base: usize| move |fault: Malformed| Malformed { at: fault.at + base, ..fault };
    match text.split_once('.') {
        None => name(text).map(|name| (name, None)).map_err(shift(from)),
        Some((head, tail)) => {
            let head = name(head).map_err(shift(from))?;
            let tail = name(tail).map_err(shift(from + head.len() + 1))?;
            Ok((head, Some(tail)))
        }
    }
}

fn name(text: &str) -> Result<&str, Malformed> {
    let mut bytes = text.bytes().enumerate();
    match bytes.next() {
        Some((_, first)) if first.is_ascii_alphabetic() || matches!(first, b'$' | b'_') => {}
        _ => return Err(Malformed { at: 0, expected: "the name of an attribute" }),
    }
    match bytes.find(|(_, byte)| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))) {
        Some((at, _)) => Err(Malformed { at, expected: "a letter, digit, `-` or `_` in the name of an attribute" }),
        None => Ok(text),
    }
}

/// A name under a URN that the schema does not know.
fn uri(text: &str) -> Result<(), Malformed> {
    let expected = "a schema URN, a colon and the name of an attribute";
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'$' | b'/' | b'%' | b'+' | b'~')
    };
    if let Some(at) = text.bytes().position(|byte| !allowed(byte)) {
        return Err(Malformed { at, expected });
    }
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let ends = text.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric());
    match (begins, ends) {
        (true, true) => Ok(()),
        (false, _) => Err(Malformed { at: 0, expected }),
        (true, false) => Err(Malformed { at: text.len(), expected }),
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { extension, attribute, sub } => {
                if let Some(schema) = extension {
                    write!(f, "{}:", schema.urn)?;
                }
                f.write_str(attribute.name)?;
                sub.map_or(Ok(()), |sub| write!(f, ".{}", sub.name))
            }
            Self::Whole(schema) => f.write_str(schema.urn),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EU: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn canonical(text: &str) -> String {
        AttributePath::parse(text, Scope::Resource(ResourceKind::USER), &Reading::default()).unwrap().to_string()
    }

    fn fault(text: &str) -> (usize, &'static str) {
        let fault = AttributePath::parse(text, Scope::Resource(ResourceKind::USER), &Reading::default()).unwrap_err();
        (fault.at, fault.expected)
    }

    fn known(text: &str) -> bool {
        AttributePath::parse(text, Scope::Resource(ResourceKind::USER), &Reading::default()).unwrap().leaf().is_some()
    }

    #[test]
    fn ok_names_take_the_case_of_the_schema() {
        assert_eq!(canonical("USERNAME"), "userName");
        assert_eq!(canonical("name.FamilyName"), "name.familyName");
        assert_eq!(canonical("emails.$REF"), "emails.$REF", "emails have no $ref");
        assert_eq!(canonical("groups.$REF"), "groups.$ref");
    }

    #[test]
    fn ok_urn_prefixes() {
        assert_eq!(canonical("urn:ietf:params:scim:schemas:core:2.0:User:userName"), "userName");
        assert_eq!(canonical(&format!("{EU}:Department")), format!("{EU}:department"));
        assert_eq!(canonical(&EU.to_uppercase()), EU);
    }

    #[test]
    fn ok_entra_joins_with_a_dot_forgets_a_colon_and_leaves_the_urn_out() {
        assert_eq!(canonical(&format!("{EU}.manager")), format!("{EU}:manager"));
        assert_eq!(canonical(&format!("{EU}.manager.value")), format!("{EU}:manager.value"));
        assert_eq!(canonical(&format!("{}:manager", EU.replace(":User", "User"))), format!("{EU}:manager"));
        assert_eq!(canonical("manager"), format!("{EU}:manager"));
    }

    #[test]
    fn ok_unknown_names_are_kept_verbatim() {
        for text in ["shoeSize", "name.shoeSize", "urn:example:2.0:Thing:size", "urn:example:2.0:Thing:a.b"] {
            assert_eq!(canonical(text), text);
            assert!(!known(text));
        }
    }

    #[test]
    fn err_malformed_names_tell_where() {
        assert_eq!(fault(""), (0, "the name of an attribute"));
        assert_eq!(fault("9lives"), (0, "the name of an attribute"));
        assert_eq!(fault("user/name"), (4, "a letter, digit, `-` or `_` in the name of an attribute"));
        assert_eq!(fault("name."), (5, "the name of an attribute"));
        assert_eq!(fault("a.b.c"), (3, "a letter, digit, `-` or `_` in the name of an attribute"));
        assert_eq!(fault(&format!("{EU}:")), (59, "the name of an attribute"));
        assert_eq!(fault("urn:x y").0, 5);
        assert_eq!(fault("urn:x:").0, 6);
    }

    #[test]
    fn a_path_names_its_attribute_and_its_part() {
        let path =
            AttributePath::parse("name.givenName", Scope::Resource(ResourceKind::USER), &Reading::default()).unwrap();
        assert!(path.names("NAME") && path.names("name.givenname"));
        assert!(!path.names("name.familyName") && !path.names("givenName"));
    }
}
