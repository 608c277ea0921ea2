//! The change feed over several replicas: one order, whichever of them is asked. C006.

use crate::fleet::Fleet;
use crate::support::endpoint::{LIMIT, rule};
use crate::support::reply::Caller;
use futures::future::join_all;
use scim_operator::config::{AccessChange, Changes};
use std::collections::BTreeMap;
use tokio::time::timeout;

const GROUPS: usize = 4;
const PEOPLE: usize = 6;

/// What comes behind a position, waited for when it is not there yet.
async fn read(caller: &Caller, since: Option<&str>, wait: &str) -> Changes {
    let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
    let reply = caller.get(&format!("/access/v1/changes?count=1000&wait={wait}{since}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    serde_json::from_value(reply.json()).expect("changes")
}

/// Follows the feed from its beginning until so many changes were seen.
async fn follow(caller: Caller, count: usize) -> Vec<AccessChange> {
    let (mut seen, mut since) = (Vec::new(), None::<String>);
    while seen.len() < count {
        let Changes { changes, next } = read(&caller, since.as_deref(), "5s").await;
        seen.extend(changes);
        since = Some(next);
    }
    seen
}

#[tokio::test]
async fn c006_three_replicas_tell_one_order_in_which_each_person_goes_on_from_where_they_were() {
    let rules = (0..GROUPS)
        .map(|n| rule(&format!("r-{n}"), &format!("Group {n}"), "Participant", &["main"], &[&format!("app-{n}")]));
    let Some(mut fleet) = Fleet::start("c006_three_replicas", 3, rules.collect()).await else { return };
    let groups = join_all((0..GROUPS).map(|n| {
        let (replica, name) = (&fleet.replicas[n % 3], format!("Group {n}"));
        async move { replica.group(&name, &[]).await }
    }))
    .await;
    let people = fleet.replicas[0].people("ada", PEOPLE).await;
    // Everybody comes into every group and goes out of it again, and each of that moves what they hold.
    let count = PEOPLE * GROUPS * 2;
    let readers: Vec<_> =
        fleet.replicas.iter().skip(1).map(|replica| tokio::spawn(follow(replica.access.clone(), count))).collect();
    let pairs: Vec<(usize, &String, &String)> = people
        .iter()
        .flat_map(|user| groups.iter().map(move |group| (user, group)))
        .enumerate()
        .map(|(n, (user, group))| (n, user, group))
        .collect();
    join_all(pairs.iter().map(|(n, user, group)| fleet.replicas[n % 3].join(group, user))).await;
    // Whoever numbers records may end at any time.
    drop(fleet.replicas.remove(0).killed().await);
    join_all(pairs.iter().map(|(n, user, group)| fleet.replicas[n % 2].leave(group, user))).await;
    let followed = timeout(LIMIT, join_all(readers)).await.expect("everything is told");
    let followed: Vec<Vec<AccessChange>> = followed.into_iter().map(|seen| seen.unwrap()).collect();
    for replica in &fleet.replicas {
        let whole = read(&replica.access, None, "0s").await.changes;
        assert_eq!(whole.len(), count, "nothing is lost, and nothing told twice");
        assert!(followed.iter().all(|seen| *seen == whole), "who followed has seen the same");
        assert!(whole.is_sorted_by(|a, b| a.position < b.position));
        let mut holds = BTreeMap::new();
        for AccessChange { user, before, after, position, .. } in &whole {
            let held = holds.insert(&user.id, after.as_slice()).unwrap_or_default();
            assert_eq!(before, held, "{position} goes on from the change before it");
        }
        assert!(holds.len() == PEOPLE && holds.values().all(|held| held.is_empty()), "{holds:?}");
    }
}
