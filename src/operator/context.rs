//! What the controllers share: clients, stores, queues and what is known of the endpoints.

use super::Error;
use super::cluster::Cluster;
use super::link::poll::Target;
use super::link::{Dialler, Links};
use super::runtime::conditions::Standing;
use super::runtime::{Events, Key, Leadership, LeaseSettings, Metrics, Namespaces, Undecodable};
use crate::api::reason::DIRECTORY_NOT_READY;
use crate::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret, Service, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::Store;
use kube::{Api, Client};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// What the operator is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The operator's own namespace.
    pub namespace: String,
    /// Where it looks for the four kinds.
    pub namespaces: Namespaces,
    /// The image of the endpoints.
    pub image: String,
    /// The cluster's DNS domain.
    pub cluster_domain: String,
    /// The listener of probes and metrics.
    pub metrics_listen: SocketAddr,
    /// Signs Events and holds the Lease: the pod's name.
    pub instance: String,
    /// The Lease in the operator's own namespace by which one of several replicas leads; `None`: this process is alone.
    pub lease: Option<LeaseSettings>,
}

/// One store per kind.
#[derive(Clone)]
pub struct Stores {
    /// ScimDirectories.
    pub directories: Store<ScimDirectory>,
    /// UserManagementRules.
    pub rules: Store<UserManagementRule>,
    /// RuleSyncs.
    pub syncs: Store<RuleSync>,
    /// ScimAccessTokens.
    pub tokens: Store<ScimAccessToken>,
    /// Children, by label.
    pub accounts: Store<ServiceAccount>,
    /// Children, and what people labelled for a directory; metadata only.
    pub secrets: Store<PartialObjectMeta<Secret>>,
    /// Children, by label.
    pub claims: Store<PersistentVolumeClaim>,
    /// Children, by label.
    pub services: Store<Service>,
    /// Children, by label.
    pub policies: Store<NetworkPolicy>,
    /// Children, by label.
    pub budgets: Store<PodDisruptionBudget>,
    /// Children, by label.
    pub workloads: Store<Deployment>,
    /// The slices of the children's Services, by label.
    pub slices: Store<EndpointSlice>,
    /// ScimDirectories that cannot be read.
    pub undecodable_directories: Undecodable,
    /// Runs that cannot be read.
    pub undecodable_syncs: Undecodable,
    /// Rules that cannot be read.
    pub undecodable_rules: Undecodable,
    /// Tokens that cannot be read.
    pub undecodable_tokens: Undecodable,
}

/// Which object wants a reconcile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// A ScimDirectory.
    Directory(Key),
    /// A UserManagementRule.
    Rule(Key),
    /// A RuleSync.
    Sync(Key),
    /// A ScimAccessToken.
    Token(Key),
}

/// The controllers' queues. Bounded: a full queue slows the watch that fills it. Closed until the controllers run:
/// nothing empties them before, and what a standby is told is in its stores.
#[derive(Debug, Clone)]
pub struct Queues {
    open: Arc<AtomicBool>,
    directories: mpsc::Sender<Key>,
    rules: mpsc::Sender<Key>,
    syncs: mpsc::Sender<Key>,
    tokens: mpsc::Sender<Key>,
}

/// The other ends of [`Queues`].
pub struct Requests {
    /// For the directory controller.
    pub directories: mpsc::Receiver<Key>,
    /// For the rule controller.
    pub rules: mpsc::Receiver<Key>,
    /// For the run controller.
    pub syncs: mpsc::Receiver<Key>,
    /// For the token controller.
    pub tokens: mpsc::Receiver<Key>,
}

const QUEUE_LENGTH: usize = 1024;

/// The queues and their other ends.
pub fn queues() -> (Queues, Requests) {
    let ((d, directories), (r, rules)) = (mpsc::channel(QUEUE_LENGTH), mpsc::channel(QUEUE_LENGTH));
    let ((s, syncs), (t, tokens)) = (mpsc::channel(QUEUE_LENGTH), mpsc::channel(QUEUE_LENGTH));
    let open = Arc::new(AtomicBool::new(false));
    (Queues { open, directories: d, rules: r, syncs: s, tokens: t }, Requests { directories, rules, syncs, tokens })
}

impl Queues {
    /// Opens them, when the controllers begin. Whoever opens them then asks for everything that is in the stores: what
    /// was not taken before was in the stores before.
    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// Whether the controllers have begun.
    pub fn are_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Asks for a reconcile. A queue whose controller has ended takes nothing any more; the process is ending then.
    pub async fn send(&self, trigger: Trigger) {
        if !self.are_open() {
            return;
        }
        let (queue, key) = match trigger {
            Trigger::Directory(key) => (&self.directories, key),
            Trigger::Rule(key) => (&self.rules, key),
            Trigger::Sync(key) => (&self.syncs, key),
            Trigger::Token(key) => (&self.tokens, key),
        };
        let _ = queue.send(key).await;
    }
}

/// The standing of what names a directory that cannot be read.
pub fn unreadable(directory: &str) -> Standing {
    let message = format!(
        "the ScimDirectory {directory} cannot be read by this version of the operator, its status says why; what is in \
         force stays in force"
    );
    Standing::new(DIRECTORY_NOT_READY, message)
}

/// What the controllers share.
pub struct Context {
    /// The API server.
    pub client: Client,
    /// What the operator was told.
    pub settings: Settings,
    /// Which cluster this is.
    pub cluster: Cluster,
    /// What is in the cluster.
    pub stores: Stores,
    /// What is known of the endpoints.
    pub links: Arc<Links>,
    /// How endpoints are called.
    pub dialler: Arc<Dialler>,
    /// Which endpoints are polled.
    pub targets: mpsc::Sender<Target>,
    /// Who wants a reconcile.
    pub queues: Queues,
    /// Where transitions are told.
    pub events: Events,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether this process leads, and with which epoch it publishes.
    pub leadership: Leadership,
}

impl Context {
    /// An API of one namespace.
    pub fn api<K>(&self, namespace: &str) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// The directory of this name, if it is there.
    pub fn directory(&self, key: &Key) -> Option<Arc<ScimDirectory>> {
        self.stores.directories.get(&key.object_ref())
    }

    /// What holds up everything that names this directory, if it is there but was not readable since the operator's
    /// start: nothing is known of it, and it must not look like a directory that is gone (C008).
    pub fn unreadable_directory(&self, key: &Key) -> Option<Standing> {
        let known = self.directory(key).is_some() || self.stores.undecodable_directories.reason(key).is_none();
        (!known).then(|| unreadable(&key.name))
    }

    /// All tokens of a namespace.
    pub fn tokens_in(&self, namespace: &str) -> Vec<Arc<ScimAccessToken>> {
        self.stores.tokens.state_filter(|token| token.metadata.namespace.as_deref() == Some(namespace))
    }

    /// Asks for a reconcile of every rule, token and unfinished run of a directory.
    pub async fn wake_dependents(&self, directory: &Key) {
        for trigger in self.dependents(directory) {
            self.queues.send(trigger).await;
        }
    }

    /// Every rule, token and unfinished run of a directory.
    pub fn dependents(&self, directory: &Key) -> Vec<Trigger> {
        let here = |meta: &kube::api::ObjectMeta, name: &str| {
            meta.namespace.as_deref() == Some(&directory.namespace) && name == directory.name
        };
        let stores = &self.stores;
        let rules = stores.rules.state_filter(|rule| here(&rule.metadata, &rule.spec.directory_ref.name));
        let tokens = stores.tokens.state_filter(|token| here(&token.metadata, &token.spec.directory_ref.name));
        let syncs = stores.syncs.state_filter(|sync| {
            let ended = sync.status.as_ref().and_then(|s| s.phase).is_some_and(|phase| phase.is_final());
            !ended && here(&sync.metadata, &sync.spec.directory_ref.name)
        });
        let rules = rules.iter().map(|rule| Trigger::Rule(Key::of(rule.as_ref())));
        let tokens = tokens.iter().map(|token| Trigger::Token(Key::of(token.as_ref())));
        let syncs = syncs.iter().map(|sync| Trigger::Sync(Key::of(sync.as_ref())));
        rules.chain(tokens).chain(syncs).collect()
    }

    /// Whether the directory may be written for: it is there with this uid, nobody is deleting it, and its namespace
    /// is not going. Asked of the API server itself, after the stores were read: a rule collected with its namespace
    /// must not look like a rule that somebody deleted (C010).
    pub async fn is_alive(&self, key: &Key, uid: &str) -> Result<bool, Error> {
        let directories: Api<ScimDirectory> = self.api(&key.namespace);
        let directory =
            directories.get_metadata_opt(&key.name).await.map_err(|e| Error::kube("read the directory again", e))?;
        let alive = directory.is_some_and(|directory| {
            directory.metadata.uid.as_deref() == Some(uid) && directory.metadata.deletion_timestamp.is_none()
        });
        if !alive {
            return Ok(false);
        }
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(self.client.clone());
        let namespace =
            namespaces.get_metadata_opt(&key.namespace).await.map_err(|e| Error::kube("read the namespace", e))?;
        Ok(namespace.is_some_and(|namespace| namespace.metadata.deletion_timestamp.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_standby_is_told_wakes_nobody_and_never_waits_for_room() {
        let (queues, mut requests) = queues();
        for number in 0..=QUEUE_LENGTH {
            queues.send(Trigger::Rule(Key::new("ns", number.to_string()))).await;
        }
        assert!(requests.rules.try_recv().is_err());
        queues.open();
        queues.send(Trigger::Rule(Key::new("ns", "hr"))).await;
        assert_eq!(requests.rules.try_recv().unwrap(), Key::new("ns", "hr"));
    }
}
