//! The Lease against an API server that has only this one, or does not answer.

use super::*;
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// An API server with at most one Lease.
#[derive(Default)]
struct Held {
    lease: Option<Value>,
    version: u32,
    silent: bool,
}

#[derive(Clone, Default)]
struct Server {
    held: Arc<Mutex<Held>>,
    asked: Arc<Notify>,
}

impl Server {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    fn client(&self) -> Client {
        let server = self.clone();
        Client::new(tower::service_fn(move |request| serve(server.clone(), request)), "ns")
    }

    /// A candidate of the pod `operator-0` whose leadership lasts this many milliseconds without a renewal.
    fn candidate(&self, deadline: u64) -> (Candidate, Leadership, Arc<Metrics>) {
        let (leadership, metrics) = (Leadership::standby(), Arc::new(Metrics::default()));
        let (lease, deadline) = (Duration::from_secs(60), Duration::from_millis(deadline));
        let timing = Timing::new(lease, deadline, deadline / 10).unwrap();
        let settings = LeaseSettings { name: "scim-operator".to_owned(), timing };
        let candidate =
            Candidate::new(self.client(), "ns", settings, "operator-0", leadership.clone(), metrics.clone());
        (candidate, leadership, metrics)
    }

    fn spec(&self) -> Value {
        self.held().lease.as_ref().map_or(Value::Null, |lease| lease["spec"].clone())
    }
}

async fn serve(server: Server, request: Request<Body>) -> Result<Response<Body>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect_bytes().await.map_err(std::io::Error::other)?;
    server.asked.notify_one();
    let silent = server.held().silent;
    if silent {
        std::future::pending::<()>().await;
    }
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = answer(&mut server.held(), &parts.method, parts.uri.path(), sent);
    Ok(Response::builder().status(status).body(Body::from(answer.to_string().into_bytes())).unwrap())
}

fn answer(held: &mut Held, method: &Method, path: &str, sent: Value) -> (u16, Value) {
    let refused = |code: u16, reason: &str| {
        (code, json!({"kind": "Status", "status": "Failure", "message": reason, "reason": reason, "code": code}))
    };
    assert!(path.starts_with("/apis/coordination.k8s.io/v1/namespaces/ns/leases"), "{method} {path}");
    match (method.as_str(), &held.lease) {
        ("GET", Some(lease)) => return (200, lease.clone()),
        ("GET" | "PUT", None) => return refused(404, "NotFound"),
        ("POST", Some(_)) => return refused(409, "AlreadyExists"),
        ("POST", None) => {}
        ("PUT", Some(lease)) if lease["metadata"]["resourceVersion"] == sent["metadata"]["resourceVersion"] => {}
        _ => return refused(409, "Conflict"),
    }
    held.version += 1;
    let mut lease = sent;
    lease["metadata"]["resourceVersion"] = json!(held.version.to_string());
    held.lease = Some(lease.clone());
    (200, lease)
}

/// The Lease of another process.
fn of_another() -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "scim-operator", "namespace": "ns", "resourceVersion": "other"},
        "spec": {"holderIdentity": "another", "leaseDurationSeconds": 60, "leaseTransitions": 3},
    })
}

fn gauge(metrics: &Metrics) -> String {
    let text = metrics.render();
    text.lines().find(|line| line.starts_with("scim_operator_leader ")).unwrap().to_owned()
}

#[tokio::test]
async fn the_lease_is_taken_renewed_and_given_back() {
    let server = Server::default();
    let (mut candidate, leadership, metrics) = server.candidate(2000);
    assert_eq!(gauge(&metrics), "scim_operator_leader 0");
    assert!(candidate.win(&CancellationToken::new()).await.unwrap());
    let taken = server.spec();
    assert!(taken["holderIdentity"].as_str().unwrap().starts_with("operator-0_"), "{taken}");
    assert_eq!((&taken["leaseTransitions"], &taken["leaseDurationSeconds"]), (&json!(1), &json!(60)));
    assert_eq!((leadership.epoch().unwrap(), gauge(&metrics).as_str()), (1, "scim_operator_leader 1"));

    let (over, asked) = (CancellationToken::new(), server.asked.clone());
    let renewed = async {
        while server.held().version < 2 {
            asked.notified().await;
        }
        over.cancel();
    };
    let (held, ()) = tokio::join!(candidate.hold(&over), renewed);
    held.unwrap();
    assert_ne!(server.spec()["renewTime"], taken["renewTime"]);
    assert_eq!(server.spec()["acquireTime"], taken["acquireTime"]);

    candidate.release(None).await;
    let released = server.spec();
    assert_eq!((&released["holderIdentity"], &released["leaseTransitions"]), (&Value::Null, &json!(1)));
    assert!(leadership.epoch().is_err());
    assert_eq!(gauge(&metrics), "scim_operator_leader 0");
}

#[tokio::test]
async fn a_pod_that_is_started_again_is_another_holder() {
    let server = Server::default();
    let (one, two) = (server.candidate(10_000).0, server.candidate(10_000).0);
    assert_ne!(one.identity, two.identity);
}

#[tokio::test]
async fn a_standby_that_is_told_to_stop_has_written_nothing() {
    let server = Server::default();
    server.held().lease = Some(of_another());
    let (mut candidate, ..) = server.candidate(10_000);
    let (stop, asked) = (CancellationToken::new(), server.asked.clone());
    let stopped = async {
        asked.notified().await;
        stop.cancel();
    };
    let (won, ()) = tokio::join!(candidate.win(&stop), stopped);
    assert!(!won.unwrap());
    candidate.release(None).await;
    assert_eq!((server.spec(), server.held().version), (of_another()["spec"].clone(), 0));
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_the_lease_in_time() {
    let server = Server::default();
    let (mut candidate, leadership, metrics) = server.candidate(300);
    assert!(candidate.win(&CancellationToken::new()).await.unwrap());
    server.held().silent = true;
    let lost = candidate.hold(&CancellationToken::new()).await.unwrap_err();
    assert!(lost.is_loss() && lost.to_string().contains("could not be renewed in time"), "{lost}");
    assert!(leadership.epoch().is_err());
    assert_eq!(gauge(&metrics), "scim_operator_leader 0");
}

#[tokio::test]
async fn a_stolen_lease_is_lost_and_left_to_the_thief() {
    let server = Server::default();
    let (mut candidate, leadership, _) = server.candidate(2000);
    assert!(candidate.win(&CancellationToken::new()).await.unwrap());
    server.held().lease = Some(of_another());
    let lost = candidate.hold(&CancellationToken::new()).await.unwrap_err();
    assert!(lost.is_loss() && lost.to_string().contains("its holder is another now"), "{lost}");
    candidate.release(None).await;
    assert_eq!(server.spec(), of_another()["spec"]);
    assert!(leadership.epoch().is_err());
}

#[tokio::test]
async fn a_newer_writer_ends_the_leader_and_the_next_holders_epoch_is_higher() {
    let server = Server::default();
    let (mut candidate, leadership, _) = server.candidate(10_000);
    assert!(candidate.win(&CancellationToken::new()).await.unwrap());
    leadership.overtaken(41);
    let lost = candidate.hold(&CancellationToken::new()).await.unwrap_err();
    assert!(matches!(lost, Error::Overtaken(overtaken) if overtaken.seen == 41 && overtaken.epoch == 1));
    candidate.release(Some(41)).await;
    assert_eq!(server.spec()["leaseTransitions"], 41);
    let (mut next, leadership, _) = server.candidate(10_000);
    assert!(next.win(&CancellationToken::new()).await.unwrap());
    assert_eq!(leadership.epoch().unwrap(), 42);
}
