//! Taking a configuration: the store numbers it, the same content keeps its number, a stale writer is refused.
//!
//! Under `Automatic` what may take access is not in force with it: it waits to be weighed (`judge`, C003). Whether a
//! new rule may depends on whether anybody holds something by hand, which is asked only where it makes a difference.
//!
//! A store belongs to the directory whose document is in force, in the cluster it names; another one's is taken only
//! when it says, by the store's id, that it takes the store over (C009). Epochs count the leaders of one owner's
//! operator, so they are compared within one owner only, and a new owner begins with its own.

use super::record::Heading;
use super::{Actor, Directory, Error};
use crate::access::Rule;
use crate::config::{DirectoryId, Document, Enforced, Publication, Published, ladder_hash, rule_hash};
use crate::store::{Change, Decision, Effects, Facts, Hold, InForce, Needs, RuleChange, Write};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Directory {
    /// `PUT /admin/v1/config`. Same hash = same revision. In force when this returns, but for what may take access.
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
        let enforced = match &current.document {
            // A new owner has other people: nothing of the one before is worth keeping.
            Some(_) if before.is_some() => Enforced::all_of(document),
            Some(_) if has_content => current.enforced.clone(),
            Some(_) => match following(&current.enforced, document, facts.by_hand) {
                Some(enforced) => enforced,
                None => return Decision::More(Box::new(Needs { by_hand: true, ..Needs::default() })),
            },
            None => Enforced::all_of(document),
        };
        let (hash, document) = (content_hash.clone(), document.clone());
        let config = Arc::new(InForce::enforcing(revision, hash, *epoch, document, enforced));
        let changed = changed(current, &config);
        let record = Some(self.heading.publication(revision, content_hash, before));
        let write = Write::PutConfig { config: config.clone(), changed, at: self.heading.at };
        Decision::Done(Effects { writes: vec![write], record }, Ok(config))
    }
}

/// What is in force when a document is published over this. What the guard held before is known as such. `None` = first
/// it has to be known whether somebody holds something by hand.
fn following(current: &Enforced, document: &Document, by_hand: Option<bool>) -> Option<Enforced> {
    let (careful, free) = (current.after(document, true), current.after(document, false));
    Some(if careful == free || by_hand? { careful } else { free })
}

/// The rules whose content in force, or the ladder in force under them, differs.
pub(super) fn changed(before: &InForce, after: &InForce) -> Vec<RuleChange> {
    let roles_differ = before.document.is_some() && before.enforced.roles != after.enforced.roles;
    let by_name = |enforced: &Enforced| -> BTreeMap<String, Rule> {
        enforced.rules.iter().map(|rule| (rule.name.clone(), rule.clone())).collect()
    };
    let (old, new) = (by_name(&before.enforced), by_name(&after.enforced));
    let roles = ladder_hash(&after.enforced.roles);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = names.into_iter().filter(|name| roles_differ || old.get(*name) != new.get(*name));
    differing
        .map(|name| RuleChange {
            name: name.clone(),
            hash: new.get(name).map(rule_hash),
            content: old.get(name) != new.get(name),
            roles: roles.clone(),
            before: old.get(name).map(|rule| rule.group.clone()),
            after: new.get(name).map(|rule| rule.group.clone()),
        })
        .collect()
}
