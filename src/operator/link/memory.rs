//! What the operator knows of each endpoint at the moment. Only memory: all of it can be read again after a restart.
//!
//! Bound to the directory's uid: a directory made anew under the same name starts with nothing.

use super::Pod;
use crate::config::{Published, State};
use crate::operator::directory::Compiled;
use crate::operator::rule_sync::automatic::Settle;
use crate::operator::runtime::Key;
use crate::operator::token::Kept;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What a pod said it enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its store.
    pub store_id: String,
    /// The configuration's revision.
    pub revision: u64,
}

/// One directory's endpoint as last seen.
#[derive(Debug, Default, Clone)]
pub struct Link {
    /// The directory's uid.
    pub uid: String,
    /// The configuration in force, with its document.
    pub in_force: Option<Arc<Published>>,
    /// The state by the last long poll.
    pub state: Option<Arc<State>>,
    /// What the manifests came to when they were last looked at.
    pub compiled: Option<Arc<Compiled>>,
    /// The token hashes as the verifiers Secret holds them; `None` until it was read.
    pub kept: Option<Arc<Vec<Kept>>>,
    /// Why the endpoint could not be reached the last time, if so.
    pub unreachable: Option<String>,
    /// Whether a batch of rule changes has settled.
    pub settle: Settle,
    /// The interval since the operator's start in which figures were last written.
    pub figures_interval: i64,
    /// The endpoint's pods.
    pub pods: Vec<Pod>,
    /// What each of them said last that it enforces.
    pub reports: HashMap<SocketAddr, Report>,
}

impl Link {
    /// Whether what the manifests came to is what is in force.
    pub fn is_published(&self) -> bool {
        match (&self.in_force, &self.compiled) {
            (Some(in_force), Some(compiled)) => in_force.content_hash == compiled.content_hash,
            _ => false,
        }
    }

    /// Takes the pods as they are now; what others said is forgotten.
    pub fn see(&mut self, pods: &[Pod]) {
        self.pods = pods.to_vec();
        self.reports.retain(|address, _| pods.iter().any(|pod| pod.address == *address));
    }

    /// The pods that serve and have not said that they enforce this, or something newer of the same store. One that
    /// does not serve lets nobody in, and reads the store before it does.
    pub fn lagging(&self, published: &Published) -> Vec<SocketAddr> {
        let has_it = |address: &SocketAddr| {
            self.reports
                .get(address)
                .is_some_and(|report| report.store_id == published.store_id && report.revision >= published.revision)
        };
        self.pods.iter().filter(|pod| pod.serves).map(|pod| pod.address).filter(|address| !has_it(address)).collect()
    }
}

impl Report {
    /// What a pod says with its configuration.
    pub fn of(published: &Published) -> Self {
        Self { store_id: published.store_id.clone(), revision: published.revision }
    }
}

/// The links of all directories.
#[derive(Debug, Default)]
pub struct Links(Mutex<HashMap<Key, Link>>);

impl Links {
    /// A copy of what is known; cheap, most of it is shared.
    pub fn get(&self, directory: &Key) -> Option<Link> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(directory).cloned()
    }

    /// Changes what is known of the directory with this uid; what was known of another uid is forgotten.
    pub fn update<T>(&self, directory: &Key, uid: &str, change: impl FnOnce(&mut Link) -> T) -> T {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let link = links.entry(directory.clone()).or_default();
        if link.uid != uid {
            *link = Link { uid: uid.to_owned(), ..Link::default() };
        }
        change(link)
    }

    /// Changes what is known of the directory while it is the one with this uid. A poll of an earlier one, or of one
    /// that is gone, brings nothing.
    pub fn known<T>(&self, directory: &Key, uid: &str, change: impl FnOnce(&mut Link) -> T) -> Option<T> {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.get_mut(directory).filter(|link| link.uid == uid).map(change)
    }

    /// Forgets a directory.
    pub fn forget(&self, directory: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(directory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b127_what_is_published_has_arrived_when_every_pod_that_serves_has_said_so() {
        let address = |last: u8| SocketAddr::from(([198, 18, 0, last], 8443));
        let published = |revision| Published {
            revision,
            content_hash: String::new(),
            store_id: "s".to_owned(),
            epoch: 0,
            document: None,
        };
        let mut link = Link::default();
        let pods = [(1, true), (2, true), (3, false)];
        link.see(&pods.map(|(last, serves)| Pod { address: address(last), serves }));
        assert_eq!(link.lagging(&published(7)), [address(1), address(2)]);
        link.reports.insert(address(1), Report::of(&published(7)));
        link.reports.insert(address(2), Report::of(&published(6)));
        assert_eq!(link.lagging(&published(7)), [address(2)]);
        link.reports.insert(address(2), Report { store_id: "another".to_owned(), revision: 8 });
        assert_eq!(link.lagging(&published(7)), [address(2)], "another store says nothing of this one");
        link.reports.insert(address(2), Report::of(&published(8)));
        assert!(link.lagging(&published(7)).is_empty());
        link.see(&[Pod { address: address(1), serves: true }, Pod { address: address(4), serves: true }]);
        assert_eq!(link.lagging(&published(7)), [address(4)], "a new pod has not said anything");
        assert_eq!(link.reports.len(), 1);
    }

    #[test]
    fn a_directory_made_anew_starts_with_nothing() {
        let links = Links::default();
        let key = Key::new("ns", "acme");
        links.update(&key, "one", |link| link.unreachable = Some("down".to_owned()));
        assert!(links.get(&key).unwrap().unreachable.is_some());
        links.update(&key, "two", |_| ());
        assert!(links.get(&key).unwrap().unreachable.is_none());
        assert_eq!(links.known(&key, "one", |_| ()), None, "a late word about the one before");
        assert_eq!((links.known(&key, "two", |_| ()), links.get(&key).unwrap().uid.as_str()), (Some(()), "two"));
        links.forget(&key);
        assert!(links.get(&key).is_none() && links.known(&key, "two", |_| ()).is_none());
    }
}
