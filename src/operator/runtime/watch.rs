//! Watches one kind in all, or in the named namespaces, into a store, and says whom each event touched.
//!
//! Every kind is read through `DeserializeGuard`, so that one bad object never stops a watch. A watch that fails is
//! tried again with backoff for ever; the store meanwhile keeps what it has.

use super::{Feed, Touched};
use crate::operator::Error;
use futures::stream::{SelectAll, StreamExt};
use kube::core::{DeserializeGuard, NamespaceResourceScope};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::future::Future;
use tokio_util::sync::CancellationToken;

/// Which namespaces the operator looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespaces {
    /// All of them.
    All,
    /// Only these.
    Some(Vec<String>),
}

impl Namespaces {
    /// How many watches a kind needs.
    pub fn watches(&self) -> usize {
        match self {
            Self::All => 1,
            Self::Some(names) => names.len(),
        }
    }

    /// One API per watch.
    fn apis<K>(&self, client: &Client) -> Vec<Api<K>>
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match self {
            Self::All => vec![Api::all(client.clone())],
            Self::Some(names) => names.iter().map(|ns| Api::namespaced(client.clone(), ns)).collect(),
        }
    }
}

/// Runs the watches of one kind until `stop`; hands every touched object to `tell`.
pub async fn run<K, Tell, Told>(
    client: Client,
    namespaces: Namespaces,
    labels: Option<&'static str>,
    mut feed: Feed<K>,
    stop: CancellationToken,
    tell: Tell,
) -> Result<(), Error>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    K: Send + Sync + 'static,
    Tell: Fn(Touched<K>) -> Told,
    Told: Future<Output = ()>,
{
    let mut config = watcher::Config::default();
    if let Some(labels) = labels {
        config = config.labels(labels);
    }
    let watches = namespaces.apis::<DeserializeGuard<K>>(&client).into_iter().enumerate().map(|(source, api)| {
        let events = watcher(api, config.clone()).default_backoff().modify(|object| {
            object.managed_fields_mut().clear();
        });
        events.map(move |event| (source, event)).boxed()
    });
    let mut events: SelectAll<_> = watches.collect();
    let kind = K::kind(&());
    loop {
        let next = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            next = events.next() => next,
        };
        match next {
            None => return Err(Error::TaskEnded("watch")),
            Some((_, Err(error))) => tracing::warn!(%kind, %error, "watch failed; it is tried again"),
            Some((source, Ok(event))) => {
                for touched in feed.take(source, event) {
                    tell(touched).await;
                }
            }
        }
    }
}
