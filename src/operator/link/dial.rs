//! How an endpoint is called: its pods by their EndpointSlices, the name their certificate must have, and who we are.
//!
//! The one place that decides whether anything may be said to an endpoint at all: only by a process that leads. Any pod
//! takes what is said, the store spreads it; so one pod is asked after the other until one answers.

use crate::client::admin::{self, AdminClient, Identity};
use crate::operator::Error;
use crate::operator::directory::build::ADMIN_PORT;
use crate::operator::runtime::Leadership;
use crate::operator::tls::{Authorities, RENEW_BEFORE, Usage};
use jiff::Timestamp;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The label by which an EndpointSlice names its Service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// One pod of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pod {
    /// Its admin listener.
    pub address: SocketAddr,
    /// Whether it is ready, so that providers and applications are sent to it.
    pub serves: bool,
}

/// The pods behind the Service in these slices, those that serve first; never one that is ending.
pub fn pods<'a>(slices: impl IntoIterator<Item = &'a EndpointSlice>, service: &str) -> Vec<Pod> {
    let of_service = |slice: &&EndpointSlice| {
        slice.metadata.labels.as_ref().and_then(|l| l.get(SERVICE_NAME)).is_some_and(|name| name == service)
    };
    let mut found = Vec::new();
    for slice in slices.into_iter().filter(of_service) {
        let named = slice.ports.iter().flatten().find(|port| port.name.as_deref() == Some("admin"));
        let port = named.and_then(|port| port.port).unwrap_or(ADMIN_PORT);
        let Ok(port) = u16::try_from(port) else { continue };
        for endpoint in &slice.endpoints {
            let conditions = endpoint.conditions.clone().unwrap_or_default();
            // This Service publishes pods that are not ready, so `ready` is always true here.
            let serves = conditions.serving.or(conditions.ready).unwrap_or(false);
            let addresses = endpoint.addresses.iter().filter_map(|a| a.parse::<IpAddr>().ok());
            let addresses = addresses.filter(|_| !conditions.terminating.unwrap_or(false));
            found.extend(addresses.map(|ip| Pod { address: SocketAddr::new(ip, port), serves }));
        }
    }
    found.sort_by_key(|pod| (pod.address, !pod.serves));
    found.dedup_by_key(|pod| pod.address);
    found.sort_by_key(|pod| !pod.serves);
    found
}

/// Makes clients that show the operator's certificate, and keeps one per pod. Calls nobody while this process does not
/// lead, nor before it has an authority, which is read, or made, by the leader.
pub struct Dialler {
    leadership: Leadership,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    authorities: Option<Arc<Authorities>>,
    identity: Option<(Arc<Identity>, Timestamp)>,
    clients: HashMap<(String, SocketAddr), AdminClient>,
    /// The pod of each endpoint that answered last.
    answered: HashMap<String, SocketAddr>,
}

impl Dialler {
    /// A dialler of a process that may call while it leads.
    pub fn new(leadership: Leadership) -> Self {
        Self { leadership, made: Mutex::default() }
    }

    /// Trusts and shows from now on what these authorities sign; answers whether they are others than before.
    pub fn trust(&self, authorities: Authorities) -> bool {
        let mut made = self.lock();
        let same = made.authorities.as_ref().is_some_and(|known| known.stamp() == authorities.stamp());
        if !same {
            // Calls that are under way end as they began.
            made.identity = None;
            made.clients.clear();
            made.authorities = Some(Arc::new(authorities));
        }
        !same
    }

    /// The authorities of the endpoints' certificates.
    ///
    /// # Errors
    /// `NotLeading` before they were read, or made, by the leader.
    pub fn authorities(&self) -> Result<Arc<Authorities>, Error> {
        self.lock().authorities.clone().ok_or(Error::NotLeading)
    }

    /// Asks the pods of an endpoint until one answers, and says which one that was: the one that answered last first,
    /// since it knows what it was told; then those that serve.
    ///
    /// # Errors
    /// What the last pod said when none could answer now, and at once what a pod refuses for good; `NoPod` without
    /// pods; `NotLeading`.
    pub async fn ask<T, Fut>(
        &self,
        server_name: &str,
        pods: &[Pod],
        call: impl Fn(AdminClient) -> Fut,
    ) -> Result<(SocketAddr, T), Error>
    where
        Fut: Future<Output = Result<T, admin::Error>>,
    {
        let mut last = Error::NoPod;
        for address in in_order(pods, self.answered(server_name)) {
            let client = self.client(server_name, address, Timestamp::now())?;
            let answer = call(client).await;
            if let Err(error) = &answer {
                self.failed(server_name, address, error);
            }
            if answer.as_ref().err().is_none_or(|error| !another_may_know(error)) {
                self.lock().answered.insert(server_name.to_owned(), address);
            }
            match answer {
                Ok(answer) => return Ok((address, answer)),
                Err(error) if another_may_know(&error) => last = error.into(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last)
    }

    /// A client of one pod that accepts only a certificate for `server_name`.
    ///
    /// # Errors
    /// `NotLeading` when this process does not lead at this moment.
    pub fn client(&self, server_name: &str, address: SocketAddr, now: Timestamp) -> Result<AdminClient, Error> {
        // An endpoint does not know whose a request is; those of a leader whose time is up are not sent.
        self.leadership.epoch()?;
        let mut made = self.lock();
        let identity = self.identity(&mut made, now)?;
        let key = (server_name.to_owned(), address);
        if let Some(client) = made.clients.get(&key) {
            return Ok(client.clone());
        }
        let client = AdminClient::new(server_name, address, &identity)?;
        made.clients.insert(key, client.clone());
        Ok(client)
    }

    /// Forgets the client of a pod that did not answer: the next call makes a new one, with connections of its own.
    /// An address may be another pod's by then.
    pub fn failed(&self, server_name: &str, address: SocketAddr, error: &admin::Error) {
        if matches!(error, admin::Error::Unreachable { .. }) {
            self.lock().clients.remove(&(server_name.to_owned(), address));
        }
    }

    /// Forgets the clients of an endpoint's pods but these.
    pub fn keep(&self, server_name: &str, pods: &[Pod]) {
        let is_there = |address: &SocketAddr| pods.iter().any(|pod| pod.address == *address);
        let mut made = self.lock();
        made.clients.retain(|(name, address), _| name != server_name || is_there(address));
        made.answered.retain(|name, address| name != server_name || is_there(address));
    }

    fn answered(&self, server_name: &str) -> Option<SocketAddr> {
        self.lock().answered.get(server_name).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn identity(&self, made: &mut Made, now: Timestamp) -> Result<Arc<Identity>, Error> {
        let renew_at = |not_after: Timestamp| not_after.checked_sub(RENEW_BEFORE).unwrap_or(Timestamp::MIN);
        if let Some((identity, not_after)) = &made.identity
            && now < renew_at(*not_after)
        {
            return Ok(identity.clone());
        }
        let authorities = made.authorities.clone().ok_or(Error::NotLeading)?;
        let issued = authorities.issuer.authority.issue("scim-operator", Usage::Client, now)?;
        let identity = Arc::new(Identity {
            authority_pem: authorities.bundle(),
            certificate_pem: issued.certificate_pem,
            key_pem: issued.key_pem,
        });
        // Clients made with the old certificate would fail when it ends.
        made.clients.clear();
        made.identity = Some((identity.clone(), issued.not_after));
        Ok(identity)
    }
}

/// The pods that serve, the one that answered last at their head; then the others. A pod that does not serve may be on
/// its way out, or hang.
fn in_order(pods: &[Pod], answered: Option<SocketAddr>) -> Vec<SocketAddr> {
    let mut pods = pods.to_vec();
    pods.sort_by_key(|pod| (!pod.serves, Some(pod.address) != answered));
    pods.into_iter().map(|pod| pod.address).collect()
}

/// Whether this pod cannot answer now, and another one could.
fn another_may_know(error: &admin::Error) -> bool {
    match error {
        admin::Error::Unreachable { .. } => true,
        admin::Error::Refused { status, .. } => *status >= 500,
        admin::Error::Tls(_) | admin::Error::StaleRevision(_) | admin::Error::StaleWriter(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slice(service: &str, endpoints: serde_json::Value) -> EndpointSlice {
        let port = json!([{"name": "admin", "port": 8443}]);
        let metadata = json!({"labels": {SERVICE_NAME: service}});
        serde_json::from_value(
            json!({"addressType": "IPv4", "metadata": metadata, "endpoints": endpoints, "ports": port}),
        )
        .unwrap()
    }

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([198, 18, 0, last], 8443))
    }

    fn pod(last: u8, serves: bool) -> Pod {
        Pod { address: address(last), serves }
    }

    #[test]
    fn pods_that_are_not_ready_are_called_and_pods_that_are_ending_are_not() {
        let slices = [
            slice(
                "acme-endpoint-admin",
                json!([
                    {"addresses": ["198.18.0.5"], "conditions": {"ready": true, "serving": false}},
                    {"addresses": ["198.18.0.6"], "conditions": {"ready": true, "serving": true}},
                    {"addresses": ["198.18.0.7"], "conditions": {"ready": true, "serving": true, "terminating": true}},
                    {"addresses": ["198.18.0.9"], "conditions": {"ready": false}},
                ]),
            ),
            slice("acme-scim", json!([{"addresses": ["198.18.0.8"], "conditions": {"ready": true}}])),
        ];
        let found = pods(&slices, "acme-endpoint-admin");
        assert_eq!(found, [pod(6, true), pod(5, false), pod(9, false)], "those that serve first");
    }

    #[test]
    fn the_pod_that_answered_last_is_asked_first_while_it_serves() {
        let pods = [pod(1, true), pod(2, true), pod(3, false)];
        let order = |answered| in_order(&pods, answered).into_iter().map(|a| a.to_string()).collect::<Vec<_>>();
        let written = |lasts: [u8; 3]| lasts.map(|last| address(last).to_string()).to_vec();
        assert_eq!(order(None), written([1, 2, 3]));
        assert_eq!(order(Some(address(2))), written([2, 1, 3]));
        assert_eq!(order(Some(address(3))), written([1, 2, 3]));
        assert_eq!(order(Some(address(9))), written([1, 2, 3]), "one that is gone");
    }

    #[tokio::test]
    async fn one_pod_is_asked_after_the_other_until_one_answers() {
        let dialler = dialler(Timestamp::now());
        let pods = [pod(1, true), pod(2, true), pod(3, true)];
        let ask = async |refuses: u8| {
            let asked = Mutex::new(Vec::new());
            let call = |client: AdminClient| {
                asked.lock().unwrap().push(client.address());
                let (status, detail) = (if refuses == 0 { 503 } else { 409 }, String::new());
                let knows = client.address() == address(2) && refuses == 0;
                std::future::ready(if knows { Ok(7) } else { Err(admin::Error::Refused { status, detail }) })
            };
            let answer = dialler.ask("acme-endpoint-admin.ns.svc", &pods, call).await;
            (answer.map_err(|error| error.to_string()), asked.into_inner().unwrap())
        };
        assert_eq!(ask(0).await, (Ok((address(2), 7)), vec![address(1), address(2)]));
        assert_eq!(ask(0).await, (Ok((address(2), 7)), vec![address(2)]), "it answered last");
        let refused = Err("the endpoint answers 409: ".to_owned());
        assert_eq!(ask(1).await, (refused, vec![address(2)]), "what one refuses for good all refuse");
        let nobody = dialler.ask("x.ns.svc", &[], |_| std::future::ready(Ok::<(), admin::Error>(()))).await;
        assert!(matches!(nobody, Err(Error::NoPod)));
    }

    /// An error as a closed port gives it.
    async fn unreachable() -> admin::Error {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = closed.local_addr().unwrap();
        drop(closed);
        let dialler = dialler(Timestamp::now());
        let client = dialler.client("acme-endpoint-admin.ns.svc", nobody, Timestamp::now()).unwrap();
        client.published().await.unwrap_err()
    }

    #[tokio::test]
    async fn a_pod_that_did_not_answer_gets_a_new_client() {
        let (dialler, name) = (dialler(Timestamp::now()), "acme-endpoint-admin.ns.svc");
        let kept = || dialler.lock().clients.len();
        let error = unreachable().await;
        assert!(error.to_string().contains("Connection refused"), "{error}");
        dialler.client(name, address(1), Timestamp::now()).unwrap();
        dialler.failed(name, address(2), &error);
        dialler.failed(name, address(1), &admin::Error::Refused { status: 503, detail: String::new() });
        assert_eq!(kept(), 1, "it answered, or it is another one");
        dialler.failed(name, address(1), &error);
        assert_eq!(kept(), 0);
        let asked = dialler.ask(name, &[pod(1, true)], |_| async { Err::<(), _>(unreachable().await) }).await;
        assert!(matches!(asked, Err(Error::Admin(admin::Error::Unreachable { .. }))));
        assert_eq!(kept(), 0, "whoever asks forgets it too");
    }

    #[tokio::test]
    async fn who_does_not_lead_calls_nobody() {
        let leadership = Leadership::alone(Timestamp::UNIX_EPOCH);
        let dialler = Dialler::new(leadership.clone());
        dialler.trust(Authorities::make(Timestamp::now()).unwrap());
        leadership.end();
        let call = |_: AdminClient| std::future::ready(Ok::<(), admin::Error>(()));
        let answer = dialler.ask("acme-endpoint-admin.ns.svc", &[pod(1, true)], call).await;
        assert!(matches!(answer, Err(Error::NotLeading)));
    }

    fn dialler(now: Timestamp) -> Dialler {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dialler = Dialler::new(Leadership::alone(now));
        dialler.trust(Authorities::make(now).unwrap());
        dialler
    }

    #[test]
    fn a_client_is_made_once_until_the_operators_certificate_is_due() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let dialler = dialler(now);
        let address = "127.0.0.1:1".parse().unwrap();
        let dial = |now: Timestamp| {
            dialler.client("acme-endpoint-admin.ns.svc", address, now).unwrap();
            dialler.made.lock().unwrap().identity.clone().unwrap().1
        };
        let first = dial(now);
        assert_eq!(dial(now + jiff::SignedDuration::from_hours(24 * 59)), first);
        assert_ne!(dial(now + jiff::SignedDuration::from_hours(24 * 61)), first);
    }

    #[test]
    fn other_authorities_make_another_identity_and_the_same_ones_do_not() {
        let now = Timestamp::now();
        let dialler = dialler(now);
        let certificate = || {
            dialler.client("a-endpoint-admin.ns.svc", address(1), now).unwrap();
            let made = dialler.made.lock().unwrap();
            (made.identity.clone().unwrap().0.certificate_pem.clone(), made.clients.len())
        };
        let first = certificate();
        let settled = Authorities::clone(&dialler.authorities().unwrap());
        assert!(!dialler.trust(settled.clone()));
        assert_eq!(certificate(), first);
        let spreading = settled.step(Some("now"), &[], now).unwrap().unwrap();
        assert!(dialler.trust(spreading.clone()) && !dialler.trust(spreading.clone()));
        assert_ne!(certificate().0, first.0);
        let made = dialler.made.lock().unwrap();
        assert_eq!(made.identity.as_ref().unwrap().0.authority_pem, spreading.bundle());
    }

    #[test]
    fn every_pod_has_a_client_until_it_is_gone() {
        let now = Timestamp::now();
        let dialler = dialler(now);
        let kept = || dialler.made.lock().unwrap().clients.len();
        for (server, last) in [("a", 1), ("a", 2), ("a", 3), ("b", 1)] {
            dialler.client(&format!("{server}-endpoint-admin.ns.svc"), address(last), now).unwrap();
        }
        assert_eq!(kept(), 4);
        dialler.keep("a-endpoint-admin.ns.svc", &[pod(2, true), pod(4, true)]);
        assert_eq!(kept(), 2, "another endpoint's pods are not judged");
        dialler.keep("a-endpoint-admin.ns.svc", &[]);
        assert_eq!(kept(), 1);
    }
}
