//! Keeps everything but reading away from the API server while this process does not lead.
//!
//! Below every API of the operator's client, so that no code can forget to ask: a standby's caches are filled through
//! it, and a leader that has lost its Lease cannot write any more, whatever it was in the middle of. What was on its
//! way already is on its way; versions and owners in what is written are there for that.

use super::Leadership;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request};
use kube::client::Body;
use std::task::{Context, Poll};
use tower::{BoxError, Layer, Service};

/// Puts the fence around a client's service.
#[derive(Clone)]
pub struct Fence(pub Leadership);

impl<S> Layer<S> for Fence {
    type Service = Fenced<S>;

    fn layer(&self, inner: S) -> Fenced<S> {
        Fenced { inner, leadership: self.0.clone() }
    }
}

/// A service behind the fence.
pub struct Fenced<S> {
    inner: S,
    leadership: Leadership,
}

impl<S> Service<Request<Body>> for Fenced<S>
where
    S: Service<Request<Body>> + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if *request.method() != Method::GET
            && let Err(error) = self.leadership.epoch()
        {
            return async move { Err::<S::Response, BoxError>(error.into()) }.boxed();
        }
        let answer = self.inner.call(request);
        async move { answer.await.map_err(Into::<BoxError>::into) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::runtime::election::Term;
    use jiff::Timestamp;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
    use kube::{Api, Client};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    /// How many of a read, a create, a patch and a deletion reach the API server.
    async fn arriving(leadership: &Leadership) -> usize {
        let arrived = Arc::new(AtomicUsize::new(0));
        let count = arrived.clone();
        let server = tower::service_fn(move |_: Request<Body>| {
            count.fetch_add(1, Ordering::SeqCst);
            async { Err::<http::Response<Body>, _>(std::io::Error::other("nobody answers")) }
        });
        let client = Client::new(Fence(leadership.clone()).layer(server), "ns");
        let api: Api<ConfigMap> = Api::namespaced(client, "ns");
        let object = ConfigMap::default();
        assert!(api.get("a").await.is_err());
        assert!(api.create(&PostParams::default(), &object).await.is_err());
        assert!(api.patch("a", &PatchParams::default(), &Patch::Merge(&object)).await.is_err());
        assert!(api.delete("a", &DeleteParams::default()).await.is_err());
        arrived.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn only_a_leader_writes_and_everybody_reads() {
        let leadership = Leadership::standby();
        assert_eq!(arriving(&leadership).await, 1, "a standby");
        let until = Instant::now() + Duration::from_secs(60);
        leadership.lead(Term { epoch: 1, until }, Timestamp::UNIX_EPOCH);
        assert_eq!(arriving(&leadership).await, 4, "the leader");
        leadership.lead(Term { epoch: 1, until: Instant::now() }, Timestamp::UNIX_EPOCH);
        assert_eq!(arriving(&leadership).await, 1, "a leader whose time is up");
        assert_eq!(arriving(&Leadership::alone(Timestamp::UNIX_EPOCH)).await, 4, "without an election");
    }

    #[tokio::test]
    async fn what_is_held_back_says_why() {
        let server =
            tower::service_fn(|_: Request<Body>| async { Ok::<_, std::io::Error>(http::Response::new(Body::empty())) });
        let client = Client::new(Fence(Leadership::standby()).layer(server), "ns");
        let api: Api<ConfigMap> = Api::namespaced(client, "ns");
        let error = api.create(&PostParams::default(), &ConfigMap::default()).await.unwrap_err();
        assert!(error.to_string().contains("does not hold the Lease"), "{error}");
    }
}
