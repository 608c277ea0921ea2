//! Watches one kind in all, or in the named namespaces, into a store, and says whom each event touched.
//!
//! Our own kinds are read through [`Guarded`], so that one bad object never stops a watch; Kubernetes' own kinds keep
//! to its promise of compatibility. A watch that fails is tried again with backoff; its store keeps all it had.

use super::{Feed, Guarded, Touched};
use crate::operator::Error;
use futures::stream::{BoxStream, SelectAll, Stream, StreamExt};
use kube::core::{NamespaceResourceScope, PartialObjectMeta};
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;
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

/// Events of one kind, each with the number of the watch it came from.
pub type Events<K> = SelectAll<BoxStream<'static, (usize, Result<Event<Guarded<K>>, watcher::Error>)>>;

/// Watches objects of our own kinds.
pub fn objects<K>(client: &Client, namespaces: &Namespaces) -> Events<K>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    K: Send + Sync + 'static,
{
    let apis = namespaces.apis::<Guarded<K>>(client).into_iter().enumerate();
    apis.map(|(source, api)| pruned(api, watcher::Config::default()).map(move |event| (source, event)).boxed())
        .collect()
}

/// Watches children, which are of Kubernetes' own kinds, by their labels.
pub fn children<K>(client: &Client, namespaces: &Namespaces, labels: &str) -> Events<K>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    K: Send + Sync + 'static,
{
    let apis = namespaces.apis::<K>(client).into_iter().enumerate();
    let config = watcher::Config::default().labels(labels);
    apis.map(|(source, api)| pruned(api, config.clone()).map(move |event| (source, event.map(decoded))).boxed())
        .collect()
}

/// The same by metadata only: what is secret in the objects never reaches this process.
pub fn metadata<K>(client: &Client, namespaces: &Namespaces, labels: &str) -> Events<PartialObjectMeta<K>>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug,
    K: Send + Sync + 'static,
{
    children(client, namespaces, labels)
}

/// How long a broken watch waits at most: an API server that comes back is listened to soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// kube's own backoff, jittered and growing, but never longer than [`LONGEST_PAUSE`].
#[derive(Default)]
struct Pauses(watcher::DefaultBackoff);

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next().map(|pause| pause.min(LONGEST_PAUSE))
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.0.reset();
    }
}

/// A watch without the fields that only say who wrote what.
fn pruned<K>(api: Api<K>, config: watcher::Config) -> impl Stream<Item = Result<Event<K>, watcher::Error>> + Send
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static,
{
    watch(api, config).backoff(Pauses::default()).modify(|object| object.managed_fields_mut().clear())
}

fn decoded<K>(event: Event<K>) -> Event<Guarded<K>> {
    let guard = |object| Guarded(Ok(object));
    match event {
        Event::Apply(object) => Event::Apply(guard(object)),
        Event::Delete(object) => Event::Delete(guard(object)),
        Event::InitApply(object) => Event::InitApply(guard(object)),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    }
}

/// Feeds a store from these events until `stop`; hands every touched object to `tell`.
pub async fn run<K, Tell, Told>(
    mut events: impl Stream<Item = (usize, Result<Event<Guarded<K>>, watcher::Error>)> + Unpin,
    mut feed: Feed<K>,
    stop: CancellationToken,
    tell: Tell,
) -> Result<(), Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + 'static,
    Tell: Fn(Touched<K>) -> Told,
    Told: Future<Output = ()>,
{
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
