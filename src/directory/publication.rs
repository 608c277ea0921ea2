//! Taking a configuration: the store numbers it, the same content keeps its number, a stale writer is refused.
//!
//! A store belongs to the directory whose document is in force, in the cluster it names; another one's is taken only
//! when it says, by the store's id, that it takes the store over (C009). Epochs count the leaders of one owner's
//! operator, so they are compared within one owner only, and a new owner begins with its own.

use super::record::Heading;
use super::{Actor, Directory, Error};
use crate::config::{DirectoryId, Document, Publication, Published};
use crate::store::{Change, Decision, Effects, Facts, Hold, InForce, Needs, RuleChange, Write};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Directory {
    /// `PUT /admin/v1/config`. Same hash = same revision. In force when this returns.
    pub async fn publish(&self, publication: Publication) -> Result<Published, Error> {
        let hash = publication.document.content_hash();
        if hash != publication.content_hash {
            return Err(Error::BadPublication(format!(
                "contentHash is {}, but the document's hash is {hash}: writer and endpoint disagree on the format",
                publication.content_hash
            )));
        }
        if publication.directory_uid != publication.document.directory.uid {
            return Err(Error::BadPublication("directoryUid is not that of the document".to_owned()));
        }
        let heading = Heading::new(self.now(), &Actor { token_id: "operator".to_owned(), ..Actor::default() });
        let store_id = self.store_id().to_owned();
        let publish = Publish { publication, store_id: store_id.clone(), heading };
        let outcome = self.inner.store.transact(publish).await?;
        let config = outcome.map_err(|refused| refused.into_error(&store_id))?;
        self.moved();
        self.inner.work.notify_one();
        Ok(published(&config, &store_id, false))
    }

    /// `GET /admin/v1/config`.
    pub async fn published(&self) -> Result<Published, Error> {
        Ok(published(&self.in_force(), self.store_id(), true))
    }
}

fn published(config: &InForce, store_id: &str, with_document: bool) -> Published {
    Published {
        revision: config.revision,
        content_hash: config.content_hash.clone(),
        store_id: store_id.to_owned(),
        epoch: config.epoch,
        document: config.document.clone().filter(|_| with_document),
    }
}

struct Publish {
    publication: Publication,
    /// The store that this is decided in.
    store_id: String,
    heading: Heading,
}

/// Why a publication was not taken.
enum Refused {
    Stale(Arc<InForce>),
    StaleWriter(u64),
    /// The store belongs to another directory.
    Foreign(DirectoryId),
}

impl Refused {
    fn into_error(self, store_id: &str) -> Error {
        match self {
            Self::Stale(config) => Error::StaleRevision(Box::new(published(&config, store_id, false))),
            Self::StaleWriter(seen) => Error::StaleWriter { seen },
            Self::Foreign(owner) => Error::BadPublication(format!(
                "this store is that of the directory {owner}: another directory needs a store of its own"
            )),
        }
    }
}

/// The directory whose store this is, when a document is that of another one.
fn another_owner<'a>(current: &'a InForce, document: &Document) -> Option<&'a DirectoryId> {
    let owner = &current.document.as_ref()?.directory;
    (!owner.is_same_owner(&document.directory)).then_some(owner)
}

impl Change for Publish {
    type Outcome = Result<Arc<InForce>, Refused>;

    fn needs(&self) -> Needs {
        Needs { configuration: Hold::Alone, ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<Self::Outcome> {
        let current = &facts.config;
        let Publication { epoch, if_revision, revocation_floor, take, content_hash, document, .. } = &self.publication;
        let before = another_owner(current, document);
        if let Some(owner) = before
            && take.as_ref() != Some(&self.store_id)
        {
            return Decision::Done(Effects::default(), Err(Refused::Foreign(owner.clone())));
        }
        // After the owner: who is not the owner any more must not learn that it is overtaken, which ends a leader.
        if before.is_none() && *epoch < current.epoch {
            return Decision::Done(Effects::default(), Err(Refused::StaleWriter(current.epoch)));
        }
        let has_content =
            before.is_none() && current.content_hash == *content_hash && current.revision >= *revocation_floor;
        if has_content && *epoch == current.epoch {
            return Decision::Done(Effects::default(), Ok(current.clone()));
        }
        if *if_revision != current.revision {
            return Decision::Done(Effects::default(), Err(Refused::Stale(current.clone())));
        }
        let next = (current.revision + 1).max(*revocation_floor);
        let revision = if has_content { current.revision } else { next };
        let config = Arc::new(InForce::new(revision, content_hash.clone(), *epoch, document.clone()));
        let changed = changed(current.document.as_ref(), document);
        let record = Some(self.heading.publication(revision, content_hash, before));
        let write = Write::PutConfig { config: config.clone(), changed, at: self.heading.at };
        Decision::Done(Effects { writes: vec![write], record }, Ok(config))
    }
}

/// The rules whose content, or the ladder they stand on, differs.
fn changed(before: Option<&Document>, after: &Document) -> Vec<RuleChange> {
    let entries = |document: &Document| -> BTreeMap<String, _> {
        document.rules.iter().map(|entry| (entry.rule.name.clone(), entry.clone())).collect()
    };
    let old = before.map(entries).unwrap_or_default();
    let new = entries(after);
    let roles_differ = before.is_some_and(|before| before.roles != after.roles);
    let roles = after.roles_hash();
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (before, after) = (old.get(name), new.get(name));
            let same = before.map(|entry| &entry.rule) == after.map(|entry| &entry.rule);
            (!same || roles_differ).then(|| RuleChange {
                name: name.clone(),
                hash: after.map(|entry| entry.hash()),
                roles: roles.clone(),
                before: before.map(|entry| entry.rule.group.clone()),
                after: after.map(|entry| entry.rule.group.clone()),
            })
        })
        .collect()
}
