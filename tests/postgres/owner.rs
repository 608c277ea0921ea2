//! Two clusters whose directories are pointed at one database: only one owns the store, and it changes hands only when
//! a person says so (C009).

use crate::support::database::Database;
use crate::support::endpoint::{Endpoint, LIMIT, rule, token};
use crate::support::reply::Reply;
use crate::support::wait;
use scim_operator::config::{Publication, Scope, Verifier};
use serde_json::Value;

const HERE: &str = "1a2b3c4d-1111-4111-8111-111111111111";
const THERE: &str = "9f8e7d6c-2222-4222-8222-222222222222";

/// What an operator of this cluster publishes to its endpoint, as the leader of this epoch, against what it sees there.
/// Each has a rule of its own.
async fn published_by(endpoint: &mut Endpoint, cluster: &str, epoch: u64, take: Option<&str>) -> Reply {
    let seen = endpoint.admin.get("/admin/v1/config").await.json();
    endpoint.revision = seen["revision"].as_u64().unwrap();
    cluster.clone_into(&mut endpoint.document.directory.cluster);
    format!("uid-of-corp-{cluster}").clone_into(&mut endpoint.document.directory.uid);
    endpoint.document.rules = vec![rule("d", &format!("Designers {epoch}"), "Designer", &["main"], &[])];
    let publication = Publication { epoch, take: take.map(str::to_owned), ..endpoint.publication() };
    endpoint.send(&publication).await
}

/// The tokens of a cluster: all but the one of this scope.
fn without(endpoint: &mut Endpoint, scope: Scope) {
    let lacks = |verifier: &Verifier| verifier.scope != scope;
    endpoint.document.verifiers.retain(lacks);
}

fn detail(reply: &Reply) -> String {
    reply.json()["detail"].as_str().unwrap_or_default().to_owned()
}

async fn in_force(endpoint: &Endpoint) -> Value {
    endpoint.admin.get("/admin/v1/config").await.json()
}

#[tokio::test]
async fn c009_a_database_of_one_cluster_is_taken_by_another_only_when_a_person_says_so() {
    let Some(database) = Database::connect("c009_a_database_of_one_cluster") else { return };
    let (mut here, mut there) = (Endpoint::replica(&database).await, Endpoint::replica(&database).await);
    without(&mut there, Scope::Access);
    let first = published_by(&mut here, HERE, 9, None).await;
    assert_eq!(first.status, 200, "{}", first.text);
    here.ready().await;
    let store = first.json()["storeId"].as_str().unwrap().to_owned();
    let ada = here.user("ada@example.com").await;

    wait::until("the other endpoint sees what is in force", LIMIT, async || {
        (in_force(&there).await["revision"] == first.json()["revision"]).then_some(())
    })
    .await;
    for take in [None, Some("another"), Some("true")] {
        let refused = published_by(&mut there, THERE, 2, take).await;
        assert_eq!(refused.status, 400, "{take:?}: {}", refused.text);
        assert!(detail(&refused).contains("test/corp of the cluster 1a2b3c4d"), "{}", refused.text);
    }
    assert_eq!(in_force(&here).await["revision"], first.json()["revision"], "nothing has changed");
    assert_eq!(here.access.get("/access/v1/users").await.status, 200);

    let taken = published_by(&mut there, THERE, 2, Some(&store)).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    assert_eq!((taken.json()["epoch"].as_u64(), taken.json()["storeId"].as_str()), (Some(2), Some(store.as_str())));
    there.ready().await;
    assert_eq!(there.public.get(&format!("/scim/v2/Users/{ada}")).await.status, 200, "with everybody in it");
    wait::until("the endpoint of before sees it too", LIMIT, async || {
        (in_force(&here).await["revision"] == taken.json()["revision"]).then_some(())
    })
    .await;
    assert_eq!(here.access.with_token(&token(Scope::Access)).get("/access/v1/users").await.status, 401);
    for epoch in [9, 10, 99] {
        let refused = published_by(&mut here, HERE, epoch, None).await;
        assert_eq!(refused.status, 400, "its epoch and what it has seen do not help: {}", refused.text);
        assert!(detail(&refused).contains("test/corp of the cluster 9f8e7d6c"), "{}", refused.text);
    }
    let next = published_by(&mut there, THERE, 3, None).await;
    assert_eq!(next.status, 200, "{}", next.text);
    let records = "SELECT body FROM record WHERE body LIKE '%takenFrom%'";
    let records = database.ask(records).await;
    assert_eq!(records.len(), 1, "one record tells of it");
    assert!(records[0].contains(HERE) && !records[0].contains(THERE), "{records:?}");
}
