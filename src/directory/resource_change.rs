//! What a write to a resource of a defined type comes to, decided purely.

use super::IfMatch;
use super::record::Heading;
use crate::scim::{Error, Patch, Resource, ResourceKind, check_immutable};
use crate::store::{Change, Decision, Effects, Facts, Needs, ResourceId, ResourceKey, ResourceRow, Write};
use std::collections::BTreeSet;

/// What is asked of one resource.
#[derive(Debug)]
pub(super) enum Asked {
    /// To exist, with these attributes.
    Create(Resource),
    /// To have exactly these attributes.
    Replace(Resource),
    /// To be changed so.
    Patch(Patch),
    /// Not to exist.
    Delete,
}

/// A write to one resource.
#[derive(Debug)]
pub(super) struct ResourceChange {
    /// Of which type.
    pub kind: ResourceKind,
    /// The resource; a new id for [`Asked::Create`].
    pub id: ResourceId,
    /// Who, when.
    pub heading: Heading,
    /// What.
    pub asked: Asked,
    /// Which version of the resource it is meant for.
    pub if_match: IfMatch,
}

/// The resource as it stands afterwards; `None` after a deletion.
pub(super) type Outcome = Result<Option<ResourceRow>, Error>;

impl Change for ResourceChange {
    type Outcome = Outcome;

    fn needs(&self) -> Needs {
        Needs { resources: BTreeSet::from([self.id]), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<Outcome> {
        match self.attributes(facts) {
            Err(error) => refuse(error),
            Ok(None) => self.delete(facts),
            Ok(Some(resource)) => self.put(facts, resource),
        }
    }
}

impl ResourceChange {
    fn there<'a>(&self, facts: &'a Facts) -> Option<&'a ResourceRow> {
        facts.resource(self.id).filter(|row| row.kind == self.kind.name())
    }

    /// The attributes asked for; `None` = none, delete it.
    fn attributes(&self, facts: &Facts) -> Result<Option<Resource>, Error> {
        let existing = || {
            let row = self.there(facts).ok_or_else(|| Error::not_found(self.kind.name(), &self.id.to_string()))?;
            self.if_match.check(row.version).map(|()| &row.resource)
        };
        match &self.asked {
            Asked::Create(resource) => Ok(Some(resource.clone())),
            Asked::Replace(resource) => {
                let mut resource = resource.clone();
                check_immutable(self.kind, &existing()?.attributes, &mut resource.attributes, true)?;
                Ok(Some(resource))
            }
            Asked::Patch(patch) => Ok(Some(patch.apply_to_resource(existing()?)?)),
            Asked::Delete => existing().map(|_| None),
        }
    }

    fn put(&self, facts: &Facts, resource: Resource) -> Decision<Outcome> {
        let mut keys = resource.keys(self.kind);
        keys.sort_unstable();
        let wanted: BTreeSet<ResourceKey> = keys
            .iter()
            .map(|(attribute, value)| (self.kind.name().to_owned(), attribute.clone(), value.clone()))
            .filter(|key| !facts.resource_keys.contains_key(key))
            .collect();
        if !wanted.is_empty() {
            return Decision::More(Box::new(Needs { resource_keys: wanted, ..Needs::default() }));
        }
        for (attribute, value) in &keys {
            let key = (self.kind.name().to_owned(), attribute.clone(), value.clone());
            if facts.resource_keys.get(&key).copied().flatten().is_some_and(|bearer| bearer != self.id) {
                return refuse(Error::uniqueness(format!(
                    "`{attribute}`: another {} has this value already. Look it up by filter and update it instead",
                    self.kind.name()
                )));
            }
        }
        let before = self.there(facts);
        let after = self.row(before, resource, keys);
        if before == Some(&after) {
            return Decision::Done(Effects::default(), Ok(Some(after)));
        }
        let write = match before {
            None => Write::InsertResource(after.clone()),
            Some(_) => Write::UpdateResource(after.clone()),
        };
        let record = self.heading.resource(before, Some(&after));
        Decision::Done(Effects { writes: vec![write], record: Some(record) }, Ok(Some(after)))
    }

    fn row(&self, before: Option<&ResourceRow>, resource: Resource, keys: Vec<(String, String)>) -> ResourceRow {
        let at = self.heading.at;
        match before {
            None => ResourceRow {
                id: self.id,
                kind: self.kind.name().to_owned(),
                resource,
                created: at,
                modified: at,
                version: 1,
                keys,
            },
            // What is unique may have changed since it was written.
            Some(row) if row.resource == resource => ResourceRow { keys, ..row.clone() },
            Some(row) => ResourceRow { resource, keys, modified: at, version: row.version + 1, ..row.clone() },
        }
    }

    fn delete(&self, facts: &Facts) -> Decision<Outcome> {
        let record = self.heading.resource(self.there(facts), None);
        Decision::Done(Effects { writes: vec![Write::DeleteResource(self.id)], record: Some(record) }, Ok(None))
    }
}

fn refuse(error: Error) -> Decision<Outcome> {
    Decision::Done(Effects::default(), Err(error))
}
