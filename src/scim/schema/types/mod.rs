//! The resource types of one directory: the built-in ones, and those that somebody defined. RFC 7643 §6, §7.
//!
//! [`Types::compile`] judges definitions as a whole and names everything that is wrong with them. What it lets through
//! becomes constants like those of the built-in schemas (`docs/decisions/0006-schemas-are-interned.md`). It knows no
//! stored resource: what a definition means for those that are there already is not asked here.

mod intern;
mod kinds;
mod schemas;
#[cfg(test)]
mod tests;
mod words;

use super::{ENTERPRISE_USER, GROUP, ResourceKind, ResourceTypeDefinition, Schema, SchemaDefinition, USER};
use std::sync::Arc;

/// The schemas that are there without a definition.
const BUILT_IN: [&Schema; 3] = [&USER, &ENTERPRISE_USER, &GROUP];

/// The resource types that a directory serves. Clones share everything.
#[derive(Debug, Clone)]
pub struct Types {
    user: ResourceKind,
    group: ResourceKind,
    custom: Arc<[ResourceKind]>,
    defined: Arc<[&'static Schema]>,
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionProblem {
    /// Where: `schemas[1].attributes[3].type`, `resourceTypes[0].endpoint`.
    pub place: String,
    /// The value that is there and what to write instead, in one sentence.
    pub message: String,
}

impl Default for Types {
    /// Users and groups as the RFC has them.
    fn default() -> Self {
        Self { user: ResourceKind::USER, group: ResourceKind::GROUP, custom: Arc::from([]), defined: Arc::from([]) }
    }
}

impl Types {
    /// Makes the types of these definitions. Equal definitions give the very same schemas, however often they are
    /// compiled.
    ///
    /// # Errors
    /// Everything that is wrong with them, in their order; nothing is made then.
    pub fn compile(
        schemas: &[SchemaDefinition],
        resource_types: &[ResourceTypeDefinition],
    ) -> Result<Self, Vec<DefinitionProblem>> {
        let mut found = Found::default();
        schemas::judge(schemas, &mut found);
        kinds::judge(resource_types, schemas, &mut found);
        if !found.0.is_empty() {
            return Err(found.0);
        }
        let defined: Vec<&'static Schema> = schemas.iter().map(intern::schema).collect();
        let mut types = Self::default();
        let mut custom = Vec::new();
        for definition in resource_types {
            // Every URN is known by now.
            let Some(kind) = intern::resource_type(definition, &defined).map(ResourceKind::of) else { continue };
            match kind {
                user if user.is_user() => types.user = user,
                group if group.is_group() => types.group = group,
                other => custom.push(other),
            }
        }
        Ok(Self { custom: custom.into(), defined: defined.into(), ..types })
    }

    /// Users, with the extensions that were defined for them.
    pub fn user(&self) -> ResourceKind {
        self.user
    }

    /// Groups, with the extensions that were defined for them.
    pub fn group(&self) -> ResourceKind {
        self.group
    }

    /// The types that are not built in, in the order of their definitions.
    pub fn custom(&self) -> &[ResourceKind] {
        &self.custom
    }

    /// All types: users, groups, then the others.
    pub fn all(&self) -> impl Iterator<Item = ResourceKind> {
        [self.user, self.group].into_iter().chain(self.custom.iter().copied())
    }

    /// The type at this endpoint, written without the slash, as `Users`; upper and lower case differ.
    pub fn at(&self, segment: &str) -> Option<ResourceKind> {
        self.all().find(|kind| kind.endpoint().strip_prefix('/') == Some(segment))
    }

    /// All schemas, each once: the built-in ones, then the others in the order of their definitions, also those that no
    /// type uses.
    pub fn schemas(&self) -> impl Iterator<Item = &'static Schema> {
        BUILT_IN.into_iter().chain(self.defined.iter().copied())
    }
}

/// The problems so far.
#[derive(Debug, Default)]
struct Found(Vec<DefinitionProblem>);

impl Found {
    fn note(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(DefinitionProblem { place: place.into(), message: message.into() });
    }
}

/// The built-in schema of this URN, in any case.
fn built_in(urn: &str) -> Option<&'static Schema> {
    BUILT_IN.into_iter().find(|schema| schema.urn.eq_ignore_ascii_case(urn))
}

/// The built-in type of this name.
fn built_in_kind(name: &str) -> Option<ResourceKind> {
    [ResourceKind::USER, ResourceKind::GROUP].into_iter().find(|kind| kind.name() == name)
}
