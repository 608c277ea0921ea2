//! What stands in a directory's way, case by case, from what was read.

use super::*;
use crate::api::ScimDirectory;
use crate::config::{Published, Scope};
use crate::operator::directory::build::SecretFile;
use crate::operator::directory::dereference::Found;
use crate::operator::directory::floor;
use crate::operator::directory::named::{Labels, NamedSecret};
use crate::operator::runtime::{Key, Namespaces};
use serde_json::{Value, json};
use std::sync::Arc;

fn directory(annotations: Value, status: Value) -> ScimDirectory {
    let metadata = json!({"name": "acme", "namespace": "ns", "uid": "u", "annotations": annotations});
    serde_json::from_value(json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory", "metadata": metadata,
        "spec": {"displayName": "Acme", "tenant": "main", "sso": {"none": {}}}, "status": status,
    }))
    .unwrap()
}

/// Nothing is there yet but the directory.
fn read(directory: ScimDirectory) -> Dereferenced {
    Dereferenced {
        key: Key::of(&directory),
        uid: "u".to_owned(),
        cluster: String::new(),
        directory: Arc::new(directory),
        rules: Vec::new(),
        tokens: Vec::new(),
        undecodable_tokens: Vec::new(),
        fresh: Vec::new(),
        foreign_key: None,
        file: None,
        found: Found::default(),
        named: Vec::new(),
        pods: Vec::new(),
        in_force: None,
        unreachable: None,
        state: None,
        now: "2026-06-01T12:00:00Z".parse().unwrap(),
    }
}

fn judged(d: &Dereferenced) -> Validated {
    let settings = Settings {
        namespace: "platform".to_owned(),
        namespaces: Namespaces::All,
        image: "registry.example.com/endpoint:1".to_owned(),
        cluster_domain: "cluster.local".to_owned(),
        metrics_listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        instance: "operator-0".to_owned(),
        lease: None,
    };
    validate(d, &settings)
}

/// A directory that knows the store `known`, at whose endpoint there is the store "new".
fn with_store(annotations: Value, known: Value) -> Dereferenced {
    let store_id = "new".to_owned();
    let in_force = Published { revision: 0, content_hash: String::new(), store_id, epoch: 0, document: None };
    let directory = directory(annotations, json!({"storeId": known}));
    Dereferenced { in_force: Some(Arc::new(in_force)), ..read(directory) }
}

fn store_obstacle(annotations: Value, known: Value) -> Option<String> {
    let standing = judged(&with_store(annotations, known)).store_obstacle?;
    Some(format!("{}: {}", standing.reason.name, standing.message))
}

#[test]
fn c009_another_store_than_the_known_one_needs_a_person_and_is_named() {
    let expected = "StoreChanged: the endpoint found the store new, not old: bring the volume back, or accept the new \
                    store with the annotation scim-operator.dev/accept-store: new";
    assert_eq!(store_obstacle(json!({}), json!("old")).as_deref(), Some(expected));
    assert_eq!(store_obstacle(json!({}), json!("new")), None, "the known store");
    let unreached = read(directory(json!({}), json!({"storeId": "old"})));
    assert_eq!(judged(&unreached).store_obstacle, None, "which store is there is not known");
}

#[test]
fn c009_the_store_of_another_directory_is_never_written_to() {
    let obstacle = |name: &str| {
        let mut d = with_store(json!({}), json!("new"));
        let mut document = judged(&d).compiled.document;
        document.directory.name = name.to_owned();
        let published = Published::clone(d.in_force.as_ref().unwrap());
        d.in_force = Some(Arc::new(Published { document: Some(document), ..published }));
        judged(&d).store_obstacle.map(|standing| format!("{}: {}", standing.reason.name, standing.message))
    };
    let expected = "StoreOwnedByAnother: the endpoint's store is that of the directory ns/other: give this directory a \
                    volume of its own, or take the store from it with the annotation scim-operator.dev/take-store: new";
    assert_eq!(obstacle("other").as_deref(), Some(expected));
    assert_eq!(obstacle("acme"), None, "a directory made again under its name takes its store up");
}

/// The directory with this `endpoint`, at whose endpoint there is the store "new".
fn at(endpoint: Value) -> Dereferenced {
    let mut d = with_store(json!({}), json!("old"));
    let mut directory = ScimDirectory::clone(&d.directory);
    directory.spec.endpoint = serde_json::from_value(endpoint).unwrap();
    d.directory = Arc::new(directory);
    d
}

fn on_database() -> Value {
    json!({"storage": {"postgres": {"urlSecretRef": {"name": "db"}}}})
}

#[test]
fn c009_another_database_than_the_known_one_is_told_in_words_that_fit() {
    let expected = "the endpoint found the store new, not old: let urlSecretRef and schema name the known one again, \
                    or accept the new store with the annotation scim-operator.dev/accept-store: new";
    assert_eq!(judged(&at(on_database())).store_obstacle.unwrap().message, expected);
    let mut d = at(on_database());
    let mut document = judged(&d).compiled.document;
    "other".clone_into(&mut document.directory.name);
    let published = Published::clone(d.in_force.as_ref().unwrap());
    d.in_force = Some(Arc::new(Published { document: Some(document), ..published }));
    let expected = "the endpoint's store is that of the directory ns/other: give this directory a schema of its own, \
                    or take the store from it with the annotation scim-operator.dev/take-store: new";
    assert_eq!(judged(&d).store_obstacle.unwrap().message, expected);
}

#[test]
fn a_secret_that_may_not_be_mounted_refuses_the_spec_and_makes_nothing() {
    let judge = |found: Option<&str>| {
        let field = "spec.endpoint.storage.postgres.urlSecretRef";
        let found = Some(Labels { directory: found.map(str::to_owned), is_operators: false });
        let named = NamedSecret { purpose: Purpose::Store, field, name: "db".to_owned(), found };
        let v = judged(&Dereferenced { named: vec![named], ..at(on_database()) });
        let refused = v.compiled.directory.refusal.map(|refusal| refusal.reason.name);
        (refused, v.obstacle.map(|standing| standing.reason.name))
    };
    assert_eq!(judge(Some("acme")), (None, None));
    assert_eq!(judge(None), (Some("SecretNotLabelled"), Some("SecretNotLabelled")));
}

/// A directory at whose provider people sign in, with a client secret in the Secret `idp` as it was found.
fn signing_in(found: Option<Option<&str>>) -> Dereferenced {
    let mut directory = directory(json!({}), Value::Null);
    directory.spec.sso = serde_json::from_value(json!({"oidc": {
        "issuer": "https://login.example.com", "clientId": "acme", "clientSecretRef": {"name": "idp", "key": "word"},
        "subject": {"claim": "sub", "attribute": "externalId"},
    }}))
    .unwrap();
    let (purpose, field, name) = (Purpose::SignIn, named::CLIENT_SECRET, "idp".to_owned());
    let found = found.map(|whose| Labels { directory: whose.map(str::to_owned), is_operators: false });
    let named = NamedSecret { purpose, field, name, found };
    Dereferenced { named: vec![named], ..read(directory) }
}

#[test]
fn b004_a_client_secret_that_may_not_be_mounted_stops_sign_in_and_nothing_else() {
    for (found, mounted) in
        [(None, false), (Some(None), false), (Some(Some("other")), false), (Some(Some("acme")), true)]
    {
        let d = signing_in(found);
        let v = judged(&d);
        assert_eq!((v.obstacle.is_none(), v.compiled.directory.accepted()), (true, true), "{found:?}");
        assert_eq!(v.sign_in_obstacle.is_none(), mounted, "{:?}", v.sign_in_obstacle);
        let file = SecretFile { secret: "idp".to_owned(), key: "word".to_owned(), mounted };
        assert_eq!(sign_in::files(&d).unwrap().client_secret, Some(file), "{found:?}");
        assert!(v.compiled.document.sign_in.unwrap().has_client_secret);
    }
    assert_eq!(sign_in::files(&read(directory(json!({}), Value::Null))), None);
}

#[test]
fn b029_what_the_operator_made_or_the_store_is_opened_by_is_not_mounted_for_a_sign_in() {
    let mut operators = signing_in(Some(Some("acme")));
    operators.named[0].found.as_mut().unwrap().is_operators = true;
    let mut stores = signing_in(Some(Some("acme")));
    let field = "spec.endpoint.storage.postgres.urlSecretRef";
    stores.named.push(NamedSecret { purpose: Purpose::Store, field, ..stores.named[0].clone() });
    let mut gone = signing_in(None);
    gone.named.push(NamedSecret { purpose: Purpose::Store, field, ..gone.named[0].clone() });
    for (mut d, why) in [(operators, "the operator made"), (stores, "is the store's"), (gone, "is the store's")] {
        // Pods of an earlier version may have it: it is taken out.
        let volumes = json!([{"name": "sso", "secret": {"secretName": "idp"}}]);
        let template = json!({"spec": {"containers": [], "volumes": volumes}});
        let workload = json!({"metadata": {}, "spec": {"selector": {}, "template": template}});
        d.found.workload = Some(serde_json::from_value(workload).unwrap());
        let obstacle = judged(&d).sign_in_obstacle.unwrap();
        assert!(obstacle.contains(why) && obstacle.contains("make a Secret of its own for the sign-in"), "{obstacle}");
        assert!(!sign_in::files(&d).unwrap().client_secret.unwrap().mounted, "{why}");
    }
}

#[test]
fn b004_a_client_secret_that_is_gone_starts_no_pod_anew_and_one_without_the_label_leaves_the_pods() {
    let mounted = |found, volume: &str| {
        let volumes = json!([{"name": volume, "secret": {"secretName": "idp"}}]);
        let template = json!({"spec": {"containers": [], "volumes": volumes}});
        let mut d = signing_in(found);
        let workload = json!({"metadata": {}, "spec": {"selector": {}, "template": template}});
        d.found.workload = Some(serde_json::from_value(workload).unwrap());
        sign_in::files(&d).unwrap().client_secret.unwrap().mounted
    };
    assert!(mounted(None, "sso"));
    assert!(!mounted(None, "another"), "it was not the client secret's volume");
    assert!(!mounted(Some(None), "sso"));
}

#[test]
fn c009_only_the_annotation_with_the_stores_own_id_accepts_it() {
    let accepted = |id: &str| store_obstacle(json!({"scim-operator.dev/accept-store": id}), json!("old")).is_none();
    assert!(accepted("new"));
    for wrong in ["old", "other", "NEW", "new ", "true", ""] {
        assert!(!accepted(wrong), "{wrong:?}");
    }
}

#[test]
fn c009_a_store_of_another_cluster_is_named_and_taken_only_by_its_id() {
    let judge = |take: &str| {
        let mut d = Dereferenced {
            cluster: "1a2b3c4d-0000".to_owned(),
            ..with_store(json!({"scim-operator.dev/take-store": take}), json!("old"))
        };
        let mut document = judged(&d).compiled.document;
        "9f8e7d6c-0000".clone_into(&mut document.directory.cluster);
        let published = Published::clone(d.in_force.as_ref().unwrap());
        d.in_force = Some(Arc::new(Published { document: Some(document), ..published }));
        judged(&d)
    };
    let foreign = judge("another").store_obstacle.unwrap();
    assert_eq!(foreign.reason.name, "StoreOwnedByAnother");
    assert!(foreign.message.contains("ns/acme of the cluster 9f8e7d6c"), "{}", foreign.message);
    assert!(foreign.message.ends_with("scim-operator.dev/take-store: new"), "{}", foreign.message);
    let taken = judge("new");
    assert_eq!(taken.store_obstacle, None, "who takes a store accepts it");
    assert_eq!(taken.compiled.document.directory.cluster, "1a2b3c4d-0000");
    assert_eq!(taken.compiled.content_hash, taken.compiled.document.content_hash());
}

#[test]
fn an_empty_store_id_accepts_the_store_it_finds() {
    assert_eq!(store_obstacle(json!({}), Value::Null), None);
    assert_eq!(store_obstacle(json!({}), json!("")), None);
}

#[test]
fn c009_the_floor_of_the_known_store_stays_until_another_one_is_accepted() {
    let file = || Some(VerifiersFile { revocation_floor: 9, ..VerifiersFile::default() });
    let floor = |d: &Dereferenced| floor::verifiers(d, &judged(d), true).revocation_floor;
    let lost = Dereferenced { file: file(), ..with_store(json!({}), json!("old")) };
    assert_eq!(floor(&lost), 9, "the volume may come back, from a backup even");
    let accepted = json!({"scim-operator.dev/accept-store": "new"});
    assert_eq!(floor(&Dereferenced { file: file(), ..with_store(accepted, json!("old")) }), 0);
    assert_eq!(floor(&Dereferenced { file: file(), ..with_store(json!({}), json!("new")) }), 9);
}

fn own_key() -> Kept {
    let verifier = Verifier {
        token_id: "a".repeat(16),
        name: "acme".to_owned(),
        scope: Scope::Scim,
        sha256: "0".repeat(64),
        expires_at: "2027-01-01T00:00:00Z".parse().unwrap(),
    };
    Kept { verifier, token_uid: "t".to_owned(), issued_at: "2026-01-01T00:00:00Z".parse().unwrap() }
}

fn own_token() -> Arc<ScimAccessToken> {
    let token = json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimAccessToken",
        "metadata": {"name": "acme", "namespace": "ns", "uid": "t"},
        "spec": {"directoryRef": {"name": "acme"}, "description": "d", "scope": "Scim", "issuedTo": "directory"},
    });
    Arc::new(serde_json::from_value(token).unwrap())
}

/// The directory with its own token, in the place of whose Secret is somebody else's.
fn with_foreign_key() -> Dereferenced {
    Dereferenced {
        tokens: vec![own_token()],
        foreign_key: Some("acme-scim-api-key".to_owned()),
        ..read(directory(json!({}), Value::Null))
    }
}

#[test]
fn b113_a_foreign_secret_in_the_place_of_the_directorys_key_is_named() {
    let v = judged(&with_foreign_key());
    let standing = v.first_obstacle().unwrap();
    assert_eq!(standing.reason.name, "NameTaken");
    assert_eq!(
        standing.message,
        "Secret acme-scim-api-key exists and is not this directory's: rename or delete it, or delete this directory"
    );
    assert_eq!((v.obstacle, v.store_obstacle), (None, None), "children and configuration are made all the same");
}

#[test]
fn b113_a_key_that_works_is_not_troubled_by_what_is_in_its_secrets_place() {
    let known = VerifiersFile { verifiers: vec![own_key()], ..VerifiersFile::default() };
    let d = Dereferenced { file: Some(known), ..with_foreign_key() };
    assert_eq!(judged(&d).first_obstacle(), None);
}

#[test]
fn what_is_in_the_childrens_way_is_told_before_the_store_and_the_key() {
    let foreign_key = Some("acme-scim-api-key".to_owned());
    let mut d = Dereferenced { foreign_key, ..with_store(json!({}), json!("old")) };
    let reason = |d: &Dereferenced| judged(d).first_obstacle().map(|standing| standing.reason.name);
    assert_eq!(reason(&d), Some("StoreChanged"));
    let foreign = json!({"metadata": {"name": "acme-token-verifiers"}});
    d.found.verifiers = Some(serde_json::from_value(foreign).unwrap());
    assert_eq!(reason(&d), Some("NameTaken"));
}

#[test]
fn c008_a_token_that_cannot_be_read_works_on_when_the_verifiers_are_lost_or_foreign() {
    let lost = |unreadable: &[&str]| {
        let d = read(directory(json!({}), Value::Null));
        let document = manifests::compile(&d.directory, "http://x/scim/v2", &[], &[own_key().verifier], None).document;
        let published = Published {
            revision: 4,
            content_hash: document.content_hash(),
            store_id: "new".to_owned(),
            epoch: 0,
            document: Some(document),
        };
        let undecodable_tokens = unreadable.iter().map(|name| (*name).to_owned()).collect();
        let v = judged(&Dereferenced { undecodable_tokens, in_force: Some(Arc::new(published)), ..d });
        (v.compiled.document.verifiers, v.revokes)
    };
    assert_eq!(lost(&["acme"]), (vec![own_key().verifier], false));
    assert_eq!(lost(&["other"]), (vec![], true), "a token that is not there was deleted");
}
