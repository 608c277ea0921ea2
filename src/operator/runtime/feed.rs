//! From watch events to one store per kind: complete before it is ready, and never emptied by what cannot be read.
//!
//! Several watches (one per namespace) may feed one store. An object that stops being decodable keeps its last good
//! version and is named in [`Undecodable`] (C008); kube's own reflector would drop it, and a dropped rule looks like
//! a deleted one. Deletions that happened while a watch was down are found by comparing lists. No I/O.

use super::{Guarded, Key};
use kube::runtime::reflector::store::{Store, Writer};
use kube::runtime::watcher::Event;
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is there, new or changed.
    Applied,
    /// It is gone.
    Deleted,
    /// It is there and cannot be read; the store keeps what it was.
    Undecodable,
}

/// An object that something happened to, with its last readable content.
#[derive(Debug, Clone)]
pub struct Touched<K> {
    /// Where it is.
    pub key: Key,
    /// What happened.
    pub change: Change,
    /// The content now, or the last one for a deleted or undecodable object.
    pub object: Option<Arc<K>>,
}

/// An object as it is there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Why not.
    pub reason: String,
    /// The version that was looked at.
    pub resource_version: Option<String>,
}

/// Objects that are there and cannot be read. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Undecodable(Arc<Mutex<HashMap<Key, Invalid>>>);

impl Undecodable {
    /// Why this object cannot be read, if so.
    pub fn reason(&self, key: &Key) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(|invalid| invalid.reason.clone())
    }

    /// All of them.
    pub fn all(&self) -> HashMap<Key, Invalid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The names in a namespace, sorted.
    pub fn names_in(&self, namespace: &str) -> Vec<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = held.keys().filter(|k| k.namespace == namespace).map(|k| k.name.clone()).collect();
        names.sort();
        names
    }

    fn set(&self, key: Key, invalid: Option<Invalid>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match invalid {
            Some(invalid) => held.insert(key, invalid),
            None => held.remove(&key),
        };
    }
}

struct Source<K> {
    keys: HashSet<Key>,
    /// What the list under way brought so far; `None` for an undecodable object.
    listing: HashMap<Key, Option<K>>,
    listed: bool,
}

/// Feeds one store from the watches of one kind.
pub struct Feed<K: kube::Resource<DynamicType = ()> + Clone + Debug + 'static> {
    writer: Writer<K>,
    store: Store<K>,
    sources: Vec<Source<K>>,
    undecodable: Undecodable,
    ready: bool,
}

impl<K: kube::Resource<DynamicType = ()> + Clone + Debug + 'static> Feed<K> {
    /// A feed from this many watches.
    pub fn new(sources: usize) -> Self {
        let writer = Writer::<K>::default();
        let source = || Source { keys: HashSet::new(), listing: HashMap::new(), listed: false };
        Self {
            store: writer.as_reader(),
            writer,
            sources: std::iter::repeat_with(source).take(sources).collect(),
            undecodable: Undecodable::default(),
            ready: false,
        }
    }

    /// The store this feeds. It becomes ready when every watch has listed once.
    pub fn store(&self) -> Store<K> {
        self.store.clone()
    }

    /// What cannot be read.
    pub fn undecodable(&self) -> Undecodable {
        self.undecodable.clone()
    }

    /// Takes one event of one watch and answers whom it touched.
    pub fn take(&mut self, source: usize, event: Event<Guarded<K>>) -> Vec<Touched<K>> {
        match event {
            Event::Init => {
                if let Some(source) = self.sources.get_mut(source) {
                    source.listing.clear();
                }
                Vec::new()
            }
            Event::InitApply(object) => {
                let key = Key::of(&object);
                let object = self.decoded(&key, object);
                if let Some(source) = self.sources.get_mut(source) {
                    source.listing.insert(key, object);
                }
                Vec::new()
            }
            Event::InitDone => self.list_done(source),
            Event::Apply(object) => {
                let key = Key::of(&object);
                if let Some(source) = self.sources.get_mut(source) {
                    source.keys.insert(key.clone());
                }
                let object = self.decoded(&key, object);
                vec![self.put(key, object)]
            }
            Event::Delete(object) => {
                let key = Key::of(&object);
                if let Some(source) = self.sources.get_mut(source) {
                    source.keys.remove(&key);
                }
                vec![self.remove(key)]
            }
        }
    }

    fn decoded(&self, key: &Key, object: Guarded<K>) -> Option<K> {
        match object.0 {
            Ok(object) => {
                self.undecodable.set(key.clone(), None);
                Some(object)
            }
            Err(invalid) => {
                let invalid = Invalid { reason: invalid.reason, resource_version: invalid.metadata.resource_version };
                self.undecodable.set(key.clone(), Some(invalid));
                None
            }
        }
    }

    fn list_done(&mut self, source: usize) -> Vec<Touched<K>> {
        let Some(from) = self.sources.get_mut(source) else { return Vec::new() };
        from.listed = true;
        if !self.ready {
            // Nothing may be decided from half the namespaces.
            return if self.sources.iter().all(|s| s.listed) { self.first_list() } else { Vec::new() };
        }
        let listing = std::mem::take(&mut from.listing);
        let now: HashSet<Key> = listing.keys().cloned().collect();
        let gone: Vec<Key> = from.keys.difference(&now).cloned().collect();
        from.keys = now;
        let mut touched: Vec<_> = gone.into_iter().map(|key| self.remove(key)).collect();
        touched.extend(listing.into_iter().map(|(key, object)| self.put(key, object)).collect::<Vec<_>>());
        touched
    }

    fn first_list(&mut self) -> Vec<Touched<K>> {
        self.ready = true;
        let mut keys = Vec::new();
        self.writer.apply_watcher_event(&Event::Init);
        for source in &mut self.sources {
            for (key, object) in std::mem::take(&mut source.listing) {
                source.keys.insert(key.clone());
                if let Some(object) = object {
                    self.writer.apply_watcher_event(&Event::InitApply(object));
                }
                keys.push(key);
            }
        }
        self.writer.apply_watcher_event(&Event::InitDone);
        keys.into_iter().map(|key| self.touched(key)).collect()
    }

    fn put(&mut self, key: Key, object: Option<K>) -> Touched<K> {
        if let Some(object) = object {
            self.writer.apply_watcher_event(&Event::Apply(object));
        }
        self.touched(key)
    }

    fn remove(&mut self, key: Key) -> Touched<K> {
        self.undecodable.set(key.clone(), None);
        let object = self.store.get(&key.object_ref());
        if let Some(object) = &object {
            self.writer.apply_watcher_event(&Event::Delete(K::clone(object)));
        }
        Touched { key, change: Change::Deleted, object }
    }

    fn touched(&self, key: Key) -> Touched<K> {
        let undecodable = self.undecodable.reason(&key).is_some();
        let change = if undecodable { Change::Undecodable } else { Change::Applied };
        Touched { object: self.store.get(&key.object_ref()), key, change }
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
