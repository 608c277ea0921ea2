//! Schemas as data: what attributes exist and of which kind they are. RFC 7643 §4, §7.
//!
//! Readers, filters, PATCH and discovery all use the same constants, so that what is shown is what is checked.
//! Names are found in any case; a schema is found by its URN in any case, and by the URNs that providers write instead.

mod attribute;
mod common;
mod definition;
mod enterprise;
mod group;
mod service;
mod types;
mod user;

pub use attribute::{Attribute, Kind, Mutability, Returned};
pub use common::COMMON;
pub use definition::{
    AttributeDefinition, ExtensionDefinition, PartDefinition, ResourceTypeDefinition, SchemaDefinition,
};
pub use enterprise::ENTERPRISE_USER;
pub use group::GROUP;
pub use service::SERVICE;
pub use types::{DefinitionProblem, Types};
pub use user::USER;

use crate::scim::dialect::{Quirk, Reading};
use std::fmt;

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

/// A schema that extends a resource type.
#[derive(Debug)]
pub struct Extension {
    /// It.
    pub schema: &'static Schema,
    /// Whether a resource must have it.
    pub required: bool,
}

/// What a kind of resource is made of (RFC 7643 §6).
#[derive(Debug)]
pub struct ResourceType {
    /// The name.
    pub name: &'static str,
    /// Where resources of this kind are, below the base URL: `/Users`.
    pub endpoint: &'static str,
    /// For people.
    pub description: &'static str,
    /// The schema of the resource itself.
    pub core: &'static Schema,
    /// The schemas that extend it.
    pub extensions: &'static [Extension],
}

static USER_TYPE: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "User Account",
    core: &USER,
    extensions: &[Extension { schema: &ENTERPRISE_USER, required: false }],
};

static GROUP_TYPE: ResourceType =
    ResourceType { name: "Group", endpoint: "/Groups", description: "Group", core: &GROUP, extensions: &[] };

/// Which kind of resource a body, filter or path is about.
#[derive(Clone, Copy)]
pub struct ResourceKind(&'static ResourceType);

impl PartialEq for ResourceKind {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for ResourceKind {}

impl fmt::Debug for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
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
    /// `/Users`, as the RFC has them.
    pub const USER: Self = Self(&USER_TYPE);
    /// `/Groups`, as the RFC has them.
    pub const GROUP: Self = Self(&GROUP_TYPE);

    /// Resources of this type.
    pub(super) const fn of(resource_type: &'static ResourceType) -> Self {
        Self(resource_type)
    }

    /// The name of the resource type.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// For people.
    pub fn description(self) -> &'static str {
        self.0.description
    }

    /// Where resources of this kind are, below the base URL.
    pub fn endpoint(self) -> &'static str {
        self.0.endpoint
    }

    /// Whether these are the people.
    pub fn is_user(self) -> bool {
        self == Self::USER
    }

    /// Whether these are the groups of people.
    pub fn is_group(self) -> bool {
        self == Self::GROUP
    }

    /// The schema of the resource itself.
    pub fn core(self) -> &'static Schema {
        self.0.core
    }

    /// The schemas that extend it.
    pub fn extensions(self) -> &'static [Extension] {
        self.0.extensions
    }

    /// Its schemas with their attributes: the core, then the extensions.
    pub fn schemas(self) -> impl Iterator<Item = (Option<&'static Schema>, &'static Schema)> {
        let extensions = self.extensions().iter().map(|extension| (Some(extension.schema), extension.schema));
        std::iter::once((None, self.core())).chain(extensions)
    }

    /// The attribute of this name in any case, common attributes included.
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.core().attribute(name).or_else(|| COMMON.iter().find(|common| common.name.eq_ignore_ascii_case(name)))
    }

    /// The extension of this URN in any case, or by the URNs that providers write instead.
    pub fn extension(self, urn: &str, how: &Reading) -> Option<&'static Schema> {
        let schemas = || self.extensions().iter().map(|extension| extension.schema);
        let exact = schemas().find(|schema| schema.urn.eq_ignore_ascii_case(urn));
        exact.or_else(|| {
            let aliased = ENTERPRISE_ALIASES.iter().any(|alias| alias.eq_ignore_ascii_case(urn));
            let meant = schemas().find(|schema| aliased && **schema == ENTERPRISE_USER)?;
            how.tolerates(Quirk::EnterpriseUrn).then_some(meant)
        })
    }

    /// The schema whose URN `text` begins with, and what follows the URN: nothing, or `:` or `.` and more.
    pub(super) fn prefixed<'a>(self, text: &'a str, how: &Reading) -> Option<(&'static Schema, &'a str)> {
        let after = |urn: &str| {
            let (head, rest) = text.split_at_checked(urn.len())?;
            let fits = head.eq_ignore_ascii_case(urn)
                && (rest.is_empty()
                    || rest.starts_with(':')
                    || rest.starts_with('.') && how.tolerates(Quirk::DotAfterUrn));
            fits.then_some(rest)
        };
        let mut schemas = self.schemas().map(|(_, schema)| schema);
        schemas.find_map(|schema| after(schema.urn).map(|rest| (schema, rest))).or_else(|| {
            let rest = ENTERPRISE_ALIASES.iter().find_map(|alias| after(alias))?;
            let meant = self.extensions().iter().find(|extension| *extension.schema == ENTERPRISE_USER)?;
            how.tolerates(Quirk::EnterpriseUrn).then_some((meant.schema, rest))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::dialect::Dialect;

    #[test]
    fn ok_attribute_in_any_case() {
        assert_eq!(ResourceKind::USER.attribute("USERNAME").map(|a| a.name), Some("userName"));
        assert_eq!(ResourceKind::GROUP.attribute("externalid").map(|a| a.name), Some("externalId"));
    }

    #[test]
    fn err_attribute_of_the_other_kind() {
        assert_eq!(ResourceKind::GROUP.attribute("userName"), None);
        assert_eq!(ResourceKind::USER.attribute("members"), None);
    }

    #[test]
    fn ok_extension_by_the_urn_that_entra_writes() {
        let typo = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
        assert_eq!(ResourceKind::USER.extension(typo, &Reading::default()).map(|s| s.urn), Some(ENTERPRISE_USER.urn));
        assert_eq!(ResourceKind::USER.extension(typo, &Reading::new(Dialect::Strict)), None);
        assert_eq!(ResourceKind::GROUP.extension(typo, &Reading::default()), None);
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
        let schemas = [&USER, &ENTERPRISE_USER, &GROUP].into_iter().chain(SERVICE);
        for attribute in schemas.flat_map(|schema| schema.attributes) {
            assert_eq!(attribute.kind == Kind::Complex, !attribute.sub_attributes.is_empty(), "{}", attribute.name);
        }
    }
}
