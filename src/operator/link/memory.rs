//! What the operator knows of each endpoint at the moment. Only memory: all of it can be read again after a restart.
//!
//! Bound to the directory's uid: a directory made anew under the same name starts with nothing.

use crate::config::{Published, State};
use crate::operator::directory::Compiled;
use crate::operator::rule_sync::automatic::Settle;
use crate::operator::runtime::Key;
use crate::operator::token::Kept;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Runs whose RuleSync is gone.
    pub cancelled: Vec<String>,
    /// The addresses of the endpoint's pods.
    pub addresses: Vec<std::net::SocketAddr>,
}

impl Link {
    /// Whether what the manifests came to is what is in force.
    pub fn is_published(&self) -> bool {
        match (&self.in_force, &self.compiled) {
            (Some(in_force), Some(compiled)) => in_force.content_hash == compiled.content_hash,
            _ => false,
        }
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

    /// Forgets a directory.
    pub fn forget(&self, directory: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(directory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_made_anew_starts_with_nothing() {
        let links = Links::default();
        let key = Key::new("ns", "acme");
        links.update(&key, "one", |link| link.unreachable = Some("down".to_owned()));
        assert!(links.get(&key).unwrap().unreachable.is_some());
        links.update(&key, "two", |_| ());
        assert!(links.get(&key).unwrap().unreachable.is_none());
        links.forget(&key);
        assert!(links.get(&key).is_none());
    }
}
