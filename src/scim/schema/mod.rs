//! Schemas as data: what attributes exist and of which kind they are. RFC 7643 §4, §7.
//!
//! Readers, filters, PATCH and discovery all use the same constants, so that what is shown is what is checked.
//! Names are found in any case; a schema is found by its URN in any case, and by the URNs that providers write instead.

mod attribute;
mod common;
mod enterprise;
mod group;
mod user;

pub use attribute::{Attribute, Kind, Mutability, Returned};
pub use common::COMMON;
pub use enterprise::ENTERPRISE_USER;
pub use group::GROUP;
pub use user::USER;

static USER_EXTENSIONS: [&Schema; 1] = [&ENTERPRISE_USER];

/// URNs that stand for the enterprise extension: Entra ID leaves out a colon, OneLogin sends that of the draft.
const ENTERPRISE_ALIASES: [&str; 2] =
    ["urn:ietf:params:scim:schemas:extension:enterprise:2.0User", "urn:scim:schemas:extension:enterprise:2.0"];

/// A schema. Two with the same URN are the same.
#[derive(Debug)]
pub struct Schema {
    /// The URN: its id.
    pub urn: &'static str,
    /// The name.
    pub name: &'static str,
    /// For people.
    pub description: &'static str,
    /// The attributes, in the order in which they are rendered.
    pub attributes: &'static [Attribute],
}

/// Which kind of resource a body, filter or path is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// `/Users`.
    User,
    /// `/Groups`.
    Group,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.urn == other.urn
    }
}

impl Schema {
    /// The attribute of this name, in any case.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

impl ResourceKind {
    /// The name of the resource type.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Where resources of this kind are, below the base URL.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The schema of the resource itself.
    pub fn core(self) -> &'static Schema {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }

    /// The schemas that extend it.
    pub fn extensions(self) -> &'static [&'static Schema] {
        match self {
            Self::User => &USER_EXTENSIONS,
            Self::Group => &[],
        }
    }

    /// The attribute of this name in any case, common attributes included.
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.core().attribute(name).or_else(|| COMMON.iter().find(|common| common.name.eq_ignore_ascii_case(name)))
    }

    /// The extension of this URN; in any case, and by the URNs that providers write instead unless `strict`.
    pub fn extension(self, urn: &str, strict: bool) -> Option<&'static Schema> {
        let exact = self.extensions().iter().copied().find(|schema| schema.urn.eq_ignore_ascii_case(urn));
        exact.or_else(|| {
            let aliased = !strict && ENTERPRISE_ALIASES.iter().any(|alias| alias.eq_ignore_ascii_case(urn));
            (aliased && self == Self::User).then_some(&ENTERPRISE_USER)
        })
    }

    /// The schema whose URN `text` begins with, and what follows the URN: nothing, or `:` or `.` and more.
    pub(super) fn prefixed(self, text: &str) -> Option<(&'static Schema, &str)> {
        let after = |urn: &str| {
            let (head, rest) = text.split_at_checked(urn.len())?;
            let fits = head.eq_ignore_ascii_case(urn) && (rest.is_empty() || rest.starts_with([':', '.']));
            fits.then_some(rest)
        };
        let core = after(self.core().urn).map(|rest| (self.core(), rest));
        let mut extensions = self.extensions().iter().copied();
        core.or_else(|| extensions.find_map(|schema| after(schema.urn).map(|rest| (schema, rest)))).or_else(|| {
            let aliased = ENTERPRISE_ALIASES.iter().find_map(|alias| after(alias))?;
            (self == Self::User).then_some((&ENTERPRISE_USER, aliased))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_attribute_in_any_case() {
        assert_eq!(ResourceKind::User.attribute("USERNAME").map(|a| a.name), Some("userName"));
        assert_eq!(ResourceKind::Group.attribute("externalid").map(|a| a.name), Some("externalId"));
    }

    #[test]
    fn err_attribute_of_the_other_kind() {
        assert_eq!(ResourceKind::Group.attribute("userName"), None);
        assert_eq!(ResourceKind::User.attribute("members"), None);
    }

    #[test]
    fn ok_extension_by_the_urn_that_entra_writes() {
        let typo = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
        assert_eq!(ResourceKind::User.extension(typo, false).map(|s| s.urn), Some(ENTERPRISE_USER.urn));
        assert_eq!(ResourceKind::User.extension(typo, true), None);
        assert_eq!(ResourceKind::Group.extension(typo, false), None);
    }

    #[test]
    fn a_part_of_a_list_is_never_a_list_nor_complex() {
        for schema in [&USER, &ENTERPRISE_USER, &GROUP] {
            for sub in schema.attributes.iter().flat_map(|attribute| attribute.sub_attributes) {
                assert!(!sub.multi_valued && sub.kind != Kind::Complex, "{}.{}", schema.name, sub.name);
            }
        }
    }

    #[test]
    fn only_complex_attributes_have_parts() {
        for attribute in [&USER, &ENTERPRISE_USER, &GROUP].into_iter().flat_map(|schema| schema.attributes) {
            assert_eq!(attribute.kind == Kind::Complex, !attribute.sub_attributes.is_empty(), "{}", attribute.name);
        }
    }
}
