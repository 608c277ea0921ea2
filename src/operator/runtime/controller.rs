//! Runs one controller: a bounded number of reconciles at a time, never two of one object, each bounded in time,
//! with per-object backoff, and a panic in one of them no more than that object's failure.
//!
//! Built on kube's `applier` with a queue of our own, because one change may concern objects of several kinds.

use super::backoff::{Backoff, jitter};
use super::{Key, Metrics};
use crate::operator::Error;
use futures::{FutureExt, StreamExt, stream};
use kube::runtime::controller::{self, Action, ReconcileRequest};
use kube::runtime::reflector::Store;
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

const RECONCILE_TIMEOUT: Duration = Duration::from_secs(60);
const CONCURRENCY: u16 = 8;

/// What a controller is made of besides its reconcile function.
pub struct Controller<K: kube::Resource<DynamicType = ()> + 'static> {
    /// For logs and metrics: `directory`, `rule`, …
    pub name: &'static str,
    /// The objects.
    pub store: Store<K>,
    /// Which of them want a reconcile.
    pub requests: Receiver<Key>,
    /// Where results are counted.
    pub metrics: Arc<Metrics>,
    /// Ends the controller: nothing new begins, what runs is finished.
    pub stop: CancellationToken,
}

impl<K> Controller<K>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static,
{
    /// A controller over a store.
    pub fn of(
        name: &'static str,
        store: &Store<K>,
        requests: Receiver<Key>,
        metrics: &Arc<Metrics>,
        stop: &CancellationToken,
    ) -> Self {
        Self { name, store: store.clone(), requests, metrics: metrics.clone(), stop: stop.clone() }
    }

    /// Runs until `stop`. `gone` is told about every requested object that is not there any more.
    pub async fn run<F, Fut>(self, reconcile: F, gone: impl Fn(&Key)) -> Result<(), Error>
    where
        F: Fn(Arc<K>) -> Fut + Clone,
        Fut: Future<Output = Result<Action, Error>> + Send + 'static,
    {
        let Self { name, store, requests, metrics, stop } = self;
        let backoff = Arc::new(Backoff::<Key>::default());
        let requests = stream::unfold(requests, |mut requests| async move { Some((requests.recv().await?, requests)) });
        let requests = requests
            .map(|key| Ok::<_, Infallible>(ReconcileRequest::from(key.object_ref::<K>())))
            .take_until(stop.clone().cancelled_owned());
        let bounded = |object: Arc<K>, metrics: Arc<Metrics>| {
            let started = Instant::now();
            let work = AssertUnwindSafe(reconcile(object)).catch_unwind();
            async move {
                let result = match tokio::time::timeout(RECONCILE_TIMEOUT, work).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err(Error::Panicked),
                    Err(_) => Err(Error::TimedOut(RECONCILE_TIMEOUT)),
                };
                let word = if result.is_ok() { "success" } else { "error" };
                metrics.reconciled(name, word, started.elapsed());
                result
            }
            .boxed()
        };
        let later = {
            let backoff = backoff.clone();
            move |object: Arc<K>, error: &Error, metrics: Arc<Metrics>| {
                let key = Key::of(object.as_ref());
                metrics.failed(name, error.category());
                let wait = backoff.failed(key.clone(), jitter());
                tracing::warn!(
                    controller = name,
                    object = %key,
                    %error,
                    retry_ms = wait.as_millis(),
                    "reconcile failed"
                );
                Action::requeue(wait)
            }
        };
        let config = controller::Config::default().concurrency(CONCURRENCY);
        let mut results = Box::pin(controller::applier(bounded, later, metrics, store, requests, config));
        while let Some(result) = results.next().await {
            match result {
                Ok((object, _)) => backoff.forget(&key(&object)),
                Err(controller::Error::ObjectNotFound(object)) => {
                    let key = Key::new(object.namespace.unwrap_or_default(), object.name);
                    backoff.forget(&key);
                    gone(&key);
                }
                // Counted and logged where the wait was decided.
                Err(controller::Error::ReconcilerFailed(..)) => {}
                Err(error) => tracing::warn!(controller = name, %error, "controller"),
            }
        }
        Ok(())
    }
}

fn key<K: kube::Resource<DynamicType = ()>>(object: &kube::runtime::reflector::ObjectRef<K>) -> Key {
    Key::new(object.namespace.clone().unwrap_or_default(), object.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::runtime::{Feed, Guarded};
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::runtime::watcher::Event;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::mpsc;

    fn store(names: &[&str]) -> (Feed<ConfigMap>, Store<ConfigMap>) {
        let mut feed = Feed::new(1);
        feed.take(0, Event::Init);
        for name in names {
            let object = serde_json::json!({"metadata": {"namespace": "ns", "name": name}});
            let object: Guarded<ConfigMap> = serde_json::from_value(object).unwrap();
            feed.take(0, Event::InitApply(object));
        }
        feed.take(0, Event::InitDone);
        let store = feed.store();
        (feed, store)
    }

    #[tokio::test]
    async fn a_panic_is_that_objects_failure_and_is_tried_again() {
        let (_feed, store) = store(&["bad", "good"]);
        let (queue, requests) = mpsc::channel(8);
        let stop = CancellationToken::new();
        let attempts = Arc::new(AtomicUsize::new(0));
        let controller =
            Controller { name: "test", store, requests, metrics: Arc::new(Metrics::default()), stop: stop.clone() };
        for name in ["bad", "good"] {
            queue.send(Key::new("ns", name)).await.unwrap();
        }
        let reconcile = {
            let (attempts, stop) = (attempts.clone(), stop.clone());
            move |object: Arc<ConfigMap>| {
                let (attempts, stop) = (attempts.clone(), stop.clone());
                async move {
                    if object.metadata.name.as_deref() == Some("bad") {
                        match attempts.fetch_add(1, Ordering::SeqCst) {
                            0 => panic!("one reconcile goes wrong"),
                            _ => stop.cancel(),
                        }
                    }
                    Ok(Action::await_change())
                }
            }
        };
        controller.run(reconcile, |_| {}).await.unwrap();
        assert_eq!(attempts.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn what_is_gone_is_told_once_and_forgotten() {
        let (_feed, store) = store(&[]);
        let (queue, requests) = mpsc::channel(8);
        let stop = CancellationToken::new();
        let controller =
            Controller { name: "test", store, requests, metrics: Arc::new(Metrics::default()), stop: stop.clone() };
        queue.send(Key::new("ns", "ghost")).await.unwrap();
        let gone = AtomicUsize::new(0);
        let reconcile = |_: Arc<ConfigMap>| async { Ok(Action::await_change()) };
        let note = |key: &Key| {
            assert_eq!(key.to_string(), "ns/ghost");
            gone.fetch_add(1, Ordering::SeqCst);
            stop.cancel();
        };
        controller.run(reconcile, note).await.unwrap();
        assert_eq!(gone.load(Ordering::SeqCst), 1);
    }
}
