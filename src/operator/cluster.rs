//! Which cluster this is: what a store records of its owner besides namespace and name (C009).
//!
//! The uid of the Namespace `kube-system`, which lives as long as its cluster. An operator that looks after some
//! namespaces only may not be allowed to read it; then it is the uid of the directory's own Namespace, which a Role
//! there can allow. Never guessed: what cannot be read is an error, and nothing is published meanwhile.

use super::Error;
use super::runtime::Namespaces;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt};
use std::sync::OnceLock;

const SYSTEM: &str = "kube-system";

/// What is known of it.
#[derive(Debug, Default)]
pub struct Cluster {
    /// The uid of `kube-system`; `None` once it is known that it may not be read.
    system: OnceLock<Option<String>>,
}

impl Cluster {
    /// The cluster, as a directory in `namespace` publishes it. Asks once for all directories where it may.
    ///
    /// # Errors
    /// The API server's, when neither uid can be read.
    pub async fn of(&self, client: &Client, watched: &Namespaces, namespace: &str) -> Result<String, Error> {
        let system = match self.system.get() {
            Some(known) => known,
            None => {
                let read = system(client, watched).await?;
                self.system.get_or_init(|| read)
            }
        };
        match system {
            Some(uid) => Ok(uid.clone()),
            // Asked each time: a namespace made again under its name is another one.
            None => own(client, namespace).await,
        }
    }
}

/// The uid of `kube-system`; `None` where an operator of some namespaces may not read it. To one of all namespaces the
/// chart gives the right, so that a refusal is a failure like any other: it must not look like another cluster.
async fn system(client: &Client, watched: &Namespaces) -> Result<Option<String>, Error> {
    let api: Api<Namespace> = Api::all(client.clone());
    match api.get_metadata_opt(SYSTEM).await {
        Ok(found) => Ok(found.and_then(|namespace| namespace.uid())),
        Err(error) if is_forbidden(&error) && matches!(watched, Namespaces::Some(_)) => {
            tracing::info!("kube-system may not be read: a store's owner is told by its own namespace");
            Ok(None)
        }
        Err(error) => Err(failed(error)),
    }
}

/// The uid of a directory's own Namespace.
async fn own(client: &Client, namespace: &str) -> Result<String, Error> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_metadata(namespace).await.map_err(failed)?;
    Ok(found.uid().unwrap_or_default())
}

fn failed(error: kube::Error) -> Error {
    Error::kube("read which cluster this is", error)
}

fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::client::Body;
    use serde_json::json;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// An API server whose answer for `kube-system` has this status and that knows the namespace `hr`; and how often it
    /// was asked.
    fn api_server(status: u16) -> (Client, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let server = tower::service_fn(move |request: http::Request<Body>| {
            count.fetch_add(1, Ordering::SeqCst);
            let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            let status = if name == SYSTEM { status } else { 200 };
            let meta = json!({"name": name, "uid": format!("uid of {name}")});
            let body = match status {
                200 => json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": meta}),
                _ => json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "no",
                    "reason": "no", "code": status,
                }),
            };
            let body = Body::from(body.to_string().into_bytes());
            let answer = http::Response::builder().status(status).body(body).unwrap();
            async move { Ok::<_, std::io::Error>(answer) }
        });
        (Client::new(server, "ns"), asked)
    }

    fn some() -> Namespaces {
        Namespaces::Some(vec!["hr".to_owned()])
    }

    #[tokio::test]
    async fn a_cluster_is_the_uid_of_kube_system_and_is_asked_for_once() {
        let (client, asked) = api_server(200);
        let cluster = Cluster::default();
        for _ in 0..3 {
            assert_eq!(cluster.of(&client, &Namespaces::All, "hr").await.unwrap(), "uid of kube-system");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn who_looks_after_some_namespaces_and_may_not_read_it_goes_by_the_directorys_own() {
        let (client, _) = api_server(403);
        assert_eq!(Cluster::default().of(&client, &some(), "hr").await.unwrap(), "uid of hr");
    }

    #[tokio::test]
    async fn c009_a_cluster_that_cannot_be_read_is_not_another_cluster() {
        let (client, _) = api_server(403);
        assert!(Cluster::default().of(&client, &Namespaces::All, "hr").await.is_err(), "the chart allows it");
        let (client, _) = api_server(500);
        assert!(Cluster::default().of(&client, &some(), "hr").await.is_err(), "a failure says nothing");
    }
}
