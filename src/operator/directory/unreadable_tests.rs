//! A directory that was not readable since the operator's start is there: nothing of it is forgotten, and nothing is
//! written to what names it.

use super::gone;
use crate::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use crate::operator::cluster::Cluster;
use crate::operator::context::{Context, Settings, Stores, queues};
use crate::operator::link::{Dialler, Links};
use crate::operator::runtime::{Events, Feed, Guarded, Key, Leadership, Metrics, Namespaces};
use crate::operator::tls::Authorities;
use crate::operator::{rule, token};
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use kube::runtime::controller::Action;
use kube::runtime::watcher::Event;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// An operator after its start, with an API server that counts what it is asked and answers nothing.
struct Operator {
    ctx: Context,
    asked: Arc<AtomicUsize>,
}

/// What a feed has after a list with a directory whose `displayName` is this.
fn directories(display_name: serde_json::Value) -> Feed<ScimDirectory> {
    let listed = json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
        "metadata": {"name": "acme", "namespace": "ns", "uid": "u"},
        "spec": {"displayName": display_name, "tenant": "main", "sso": {"none": {}}},
    });
    let listed: Guarded<ScimDirectory> = serde_json::from_value(listed).unwrap();
    let mut feed = Feed::new(1);
    feed.take(0, Event::Init);
    feed.take(0, Event::InitApply(listed));
    feed.take(0, Event::InitDone);
    feed
}

fn stores(directories: &Feed<ScimDirectory>) -> Stores {
    Stores {
        directories: directories.store(),
        rules: Feed::new(1).store(),
        syncs: Feed::new(1).store(),
        tokens: Feed::new(1).store(),
        accounts: Feed::new(1).store(),
        secrets: Feed::new(1).store(),
        claims: Feed::new(1).store(),
        services: Feed::new(1).store(),
        policies: Feed::new(1).store(),
        budgets: Feed::new(1).store(),
        workloads: Feed::new(1).store(),
        slices: Feed::new(1).store(),
        undecodable_directories: directories.undecodable(),
        undecodable_syncs: Default::default(),
        undecodable_rules: Default::default(),
        undecodable_tokens: Default::default(),
    }
}

fn operator(directories: &Feed<ScimDirectory>) -> Operator {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let server = tower::service_fn(move |_: http::Request<Body>| {
        count.fetch_add(1, Ordering::SeqCst);
        async { Err::<http::Response<Body>, _>(std::io::Error::other("nobody answers")) }
    });
    let client = Client::new(server, "ns");
    let settings = Settings {
        namespace: "platform".to_owned(),
        namespaces: Namespaces::All,
        image: "registry.example.com/endpoint:1".to_owned(),
        cluster_domain: "cluster.local".to_owned(),
        metrics_listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        instance: "operator-0".to_owned(),
        lease: None,
    };
    let now = Timestamp::now();
    let dialler = Dialler::new(Leadership::alone(now));
    dialler.trust(Authorities::make(now).unwrap());
    let ctx = Context {
        events: Events::new(client.clone(), settings.instance.clone()),
        client,
        settings,
        cluster: Cluster::default(),
        stores: stores(directories),
        links: Arc::new(Links::default()),
        dialler: Arc::new(dialler),
        targets: mpsc::channel(8).0,
        queues: queues().0,
        metrics: Arc::new(Metrics::default()),
        leadership: Leadership::alone(now),
    };
    Operator { ctx, asked }
}

fn key() -> Key {
    Key::new("ns", "acme")
}

fn a_rule() -> Arc<UserManagementRule> {
    let rule = json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "UserManagementRule",
        "metadata": {"name": "hr", "namespace": "ns", "uid": "r", "generation": 2},
        "spec": {"directoryRef": {"name": "acme"}, "idpGroup": {"displayName": "HR"}, "role": "Designer"},
        "status": {"ruleHash": "sha256:0"},
    });
    Arc::new(serde_json::from_value(rule).unwrap())
}

fn an_issued_token() -> Arc<ScimAccessToken> {
    let token = json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimAccessToken",
        "metadata": {"name": "okta", "namespace": "ns", "uid": "t", "generation": 1},
        "spec": {"directoryRef": {"name": "acme"}, "description": "d", "scope": "Scim", "issuedTo": "okta"},
        "status": {"tokenId": "abcdefgh01234567"},
    });
    Arc::new(serde_json::from_value(token).unwrap())
}

#[tokio::test]
async fn c008_a_directory_that_cannot_be_read_is_not_gone() {
    let mut feed = directories(json!(7));
    let operator = operator(&feed);
    operator.ctx.links.update(&key(), "u", |link| link.unreachable = Some("down".to_owned()));
    gone(&operator.ctx, &key());
    assert!(operator.ctx.links.get(&key()).is_some());
    let deleted = json!({"metadata": {"name": "acme", "namespace": "ns"}});
    feed.take(0, Event::Delete(serde_json::from_value(deleted).unwrap()));
    gone(&operator.ctx, &key());
    assert!(operator.ctx.links.get(&key()).is_none(), "now it is");
}

#[tokio::test]
async fn c008_what_is_written_of_rules_and_tokens_stands_while_their_directory_cannot_be_read() {
    let feed = directories(json!(7));
    let Operator { ctx, asked } = operator(&feed);
    assert!(ctx.unreadable_directory(&key()).is_some());
    assert_eq!(rule::reconcile(&ctx, a_rule()).await.unwrap(), Action::await_change());
    assert_eq!(token::reconcile(&ctx, an_issued_token()).await.unwrap(), Action::await_change());
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing was written");
}

#[tokio::test]
async fn a_directory_that_is_really_not_there_is_written_down_at_once() {
    let mut feed = directories(json!("Acme"));
    let deleted = json!({"metadata": {"name": "acme", "namespace": "ns"}});
    feed.take(0, Event::Delete(serde_json::from_value(deleted).unwrap()));
    let Operator { ctx, asked } = operator(&feed);
    assert!(ctx.unreadable_directory(&key()).is_none());
    assert!(rule::reconcile(&ctx, a_rule()).await.is_err() && asked.load(Ordering::SeqCst) == 1);
    assert!(token::reconcile(&ctx, an_issued_token()).await.is_err() && asked.load(Ordering::SeqCst) == 2);
}

#[tokio::test]
async fn a_directory_that_was_readable_once_goes_on_as_it_was() {
    let mut feed = directories(json!("Acme"));
    let broken = json!({"metadata": {"name": "acme", "namespace": "ns"}, "spec": {"displayName": 7}});
    feed.take(0, Event::Apply(serde_json::from_value(broken).unwrap()));
    let Operator { ctx, .. } = operator(&feed);
    assert!(ctx.stores.undecodable_directories.reason(&key()).is_some());
    assert!(ctx.unreadable_directory(&key()).is_none());
}
