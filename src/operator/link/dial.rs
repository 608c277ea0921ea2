//! How an endpoint is called: EndpointSlice addresses, the name its certificate must have, and who we are.

use crate::client::admin::{AdminClient, Identity};
use crate::operator::Error;
use crate::operator::directory::build::ADMIN_PORT;
use crate::operator::tls::{Authority, RENEW_BEFORE, Usage};
use jiff::Timestamp;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The label by which an EndpointSlice names its Service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The addresses behind the Service in these slices, also of pods that are not ready; never of one that is ending.
pub fn addresses<'a>(slices: impl IntoIterator<Item = &'a EndpointSlice>, service: &str) -> Vec<SocketAddr> {
    let of_service = |slice: &&EndpointSlice| {
        slice.metadata.labels.as_ref().and_then(|l| l.get(SERVICE_NAME)).is_some_and(|name| name == service)
    };
    let mut found = Vec::new();
    for slice in slices.into_iter().filter(of_service) {
        let named = slice.ports.iter().flatten().find(|port| port.name.as_deref() == Some("admin"));
        let port = named.and_then(|port| port.port).unwrap_or(ADMIN_PORT);
        let Ok(port) = u16::try_from(port) else { continue };
        for endpoint in &slice.endpoints {
            let ending = endpoint.conditions.as_ref().and_then(|c| c.terminating).unwrap_or(false);
            let addresses = endpoint.addresses.iter().filter_map(|a| a.parse::<IpAddr>().ok());
            found.extend(addresses.filter(|_| !ending).map(|ip| SocketAddr::new(ip, port)));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Makes clients that show the operator's certificate, and keeps one per endpoint address. Calls nobody before it has
/// an authority, which is read, or made, by the leader.
#[derive(Default)]
pub struct Dialler {
    authority: OnceLock<Authority>,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    identity: Option<(Arc<Identity>, Timestamp)>,
    clients: HashMap<(String, SocketAddr), AdminClient>,
}

impl Dialler {
    /// A dialler whose certificates are of this authority.
    pub fn new(authority: Authority) -> Self {
        Self { authority: authority.into(), made: Mutex::default() }
    }

    /// Takes the authority of the endpoints' certificates; once.
    pub fn trust(&self, authority: Authority) {
        // There is one leadership in the life of a process.
        let _ = self.authority.set(authority);
    }

    /// The authority of the endpoints' certificates.
    pub fn authority(&self) -> Result<&Authority, Error> {
        self.authority.get().ok_or(Error::NotLeading)
    }

    /// A client of one endpoint address that accepts only a certificate for `server_name`.
    pub fn client(&self, server_name: &str, address: SocketAddr, now: Timestamp) -> Result<AdminClient, Error> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = self.identity(&mut made, now)?;
        let key = (server_name.to_owned(), address);
        if let Some(client) = made.clients.get(&key) {
            return Ok(client.clone());
        }
        let client = AdminClient::new(server_name, address, &identity)?;
        // One directory has few addresses at a time; those of pods that are gone go with the first new one.
        made.clients.retain(|(name, _), _| name != server_name);
        made.clients.insert(key, client.clone());
        Ok(client)
    }

    /// Forgets the clients of an endpoint that is gone.
    pub fn forget(&self, server_name: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clients.retain(|(name, _), _| name != server_name);
    }

    fn identity(&self, made: &mut Made, now: Timestamp) -> Result<Arc<Identity>, Error> {
        let renew_at = |not_after: Timestamp| not_after.checked_sub(RENEW_BEFORE).unwrap_or(Timestamp::MIN);
        if let Some((identity, not_after)) = &made.identity
            && now < renew_at(*not_after)
        {
            return Ok(identity.clone());
        }
        let authority = self.authority()?;
        let issued = authority.issue("scim-operator", Usage::Client, now)?;
        let identity = Arc::new(Identity {
            authority_pem: authority.certificate_pem.clone(),
            certificate_pem: issued.certificate_pem,
            key_pem: issued.key_pem,
        });
        // Clients made with the old certificate would fail when it ends.
        made.clients.clear();
        made.identity = Some((identity.clone(), issued.not_after));
        Ok(identity)
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

    #[test]
    fn pods_that_are_not_ready_are_called_and_pods_that_are_ending_are_not() {
        let slices = [
            slice(
                "acme-endpoint-admin",
                json!([
                    {"addresses": ["198.18.0.9"], "conditions": {"ready": false}},
                    {"addresses": ["198.18.0.7"], "conditions": {"ready": true, "terminating": true}},
                ]),
            ),
            slice("acme-scim", json!([{"addresses": ["198.18.0.8"], "conditions": {"ready": true}}])),
        ];
        let found = addresses(&slices, "acme-endpoint-admin");
        assert_eq!(found, ["198.18.0.9:8443".parse().unwrap()]);
    }

    #[test]
    fn a_client_is_made_once_until_the_operators_certificate_is_due() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let dialler = Dialler::new(Authority::make(now).unwrap());
        let address = "127.0.0.1:1".parse().unwrap();
        let dial = |now: Timestamp| {
            dialler.client("acme-endpoint-admin.ns.svc", address, now).unwrap();
            dialler.made.lock().unwrap().identity.clone().unwrap().1
        };
        let first = dial(now);
        assert_eq!(dial(now + jiff::SignedDuration::from_hours(24 * 59)), first);
        assert_ne!(dial(now + jiff::SignedDuration::from_hours(24 * 61)), first);
    }
}
