//! Somebody moves from one linked group to another: where it ends, and what is seen on the way. B086.

use crate::support::endpoint::{Endpoint, rule, tenants};
use scim_operator::access::Ladder;
use scim_operator::config::RuleEntry;
use serde_json::{Value, json};

/// Two roles in one tenant, one of them in another tenant too, and a third in that tenant only.
fn rules() -> Vec<RuleEntry> {
    vec![
        rule("designers", "Designers", "Designer", &["hr"], &["Design", "Reviewers"]),
        rule("developers", "Developers", "Developer", &["hr", "main"], &["Reviewers"]),
        rule("participants", "Participants", "Participant", &["main"], &["Everybody"]),
    ]
}

/// Whether this access lets nobody do more than one of the ends does: in no tenant a role above both.
fn is_within(seen: &Value, ends: [&Value; 2]) -> bool {
    let ladder = Ladder::default();
    let rank = |view: &Value, tenant: &Value| {
        let access = view["tenants"].as_array().unwrap().iter().find(|access| access["tenant"] == *tenant)?;
        ladder.rank(access["role"].as_str().unwrap())
    };
    let all = seen["tenants"].as_array().unwrap();
    all.iter().map(|access| &access["tenant"]).all(|tenant| {
        let highest = ends.iter().filter_map(|end| rank(end, tenant)).max();
        rank(seen, tenant) <= highest
    })
}

/// What the access API says again and again while something is done, and what that answers.
async fn watched<T>(endpoint: &Endpoint, who: &str, doing: impl Future<Output = T>) -> (T, Vec<Value>) {
    let mut doing = std::pin::pin!(doing);
    let mut seen = Vec::new();
    loop {
        tokio::select! {
            done = &mut doing => return (done, seen),
            view = endpoint.view(who) => seen.push(view),
        }
    }
}

/// Moves somebody by one PATCH of each group; the access in between.
async fn moved(endpoint: &Endpoint, who: &str, from: &str, to: &str, join_first: bool) -> Value {
    if join_first {
        endpoint.join(to, who).await;
    } else {
        endpoint.leave(from, who).await;
    }
    let between = endpoint.view(who).await;
    if join_first {
        endpoint.leave(from, who).await;
    } else {
        endpoint.join(to, who).await;
    }
    between
}

#[tokio::test]
async fn b086_a_move_ends_the_same_in_either_order_and_is_never_higher_on_the_way() {
    let endpoint = Endpoint::start(rules()).await;
    let (mut groups, mut ends) = (Vec::new(), Vec::new());
    for name in ["Designers", "Developers", "Participants"] {
        // Somebody who was never anywhere else shows what the group gives.
        let staying = endpoint.user(&format!("{name}@example.com")).await;
        groups.push(endpoint.group(name, &[&staying]).await);
        ends.push(endpoint.view(&staying).await);
    }
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
        for join_first in [false, true] {
            let way = format!("{from}-to-{to}-{}", if join_first { "join-first" } else { "leave-first" });
            let user = endpoint.user(&format!("{way}@example.com")).await;
            endpoint.join(&groups[from], &user).await;
            let moving = moved(&endpoint, &user, &groups[from], &groups[to], join_first);
            let (between, mut seen) = watched(&endpoint, &user, moving).await;
            assert_eq!(between["tenants"].as_array().unwrap().is_empty(), !join_first, "{way}: {between}");
            seen.push(between);
            for view in &seen {
                assert!(is_within(view, [&ends[from], &ends[to]]), "{way}: {view}");
            }
            let end = endpoint.view(&user).await;
            assert_eq!(tenants(&end["tenants"]), tenants(&ends[to]["tenants"]), "{way}");
            assert_eq!((&end["storedGrants"], &end["managed"]), (&ends[to]["storedGrants"], &json!(true)), "{way}");
        }
    }
}

#[tokio::test]
async fn b086_one_patch_that_makes_a_linked_group_another_moves_its_members_with_nothing_in_between() {
    let endpoint = Endpoint::start(rules()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    let rename = async |to: &str| {
        let operations = json!([{ "op": "Replace", "path": "displayName", "value": to }]);
        assert_eq!(endpoint.public.patch(&format!("/scim/v2/Groups/{group}"), &operations).await.status, 204);
    };
    let as_designer = tenants(&endpoint.view(&user).await["tenants"]);
    assert_eq!(as_designer, "hr: Designer [Design, Reviewers] from designers");
    let as_participant = "main: Participant [Everybody] from participants".to_owned();
    for (to, end) in [("Participants", &as_participant), ("Designers", &as_designer)] {
        let ((), seen) = watched(&endpoint, &user, rename(to)).await;
        for view in &seen {
            let shown = tenants(&view["tenants"]);
            assert!(shown == as_designer || shown == as_participant, "neither the one nor the other: {shown}");
        }
        assert_eq!(endpoint.access_of(&user).await, *end);
    }
}

#[test]
fn access_above_both_ends_is_found() {
    let view = |grants: &[(&str, &str)]| {
        let tenants: Vec<Value> = grants.iter().map(|(tenant, role)| json!({"tenant": tenant, "role": role})).collect();
        json!({ "tenants": tenants })
    };
    let (low, high) = (view(&[("hr", "Participant")]), view(&[("hr", "Designer"), ("main", "Participant")]));
    for within in [&low, &high, &view(&[]), &view(&[("main", "Participant")])] {
        assert!(is_within(within, [&low, &high]), "{within}");
    }
    for above in [view(&[("hr", "Developer")]), view(&[("main", "Designer")]), view(&[("other", "Participant")])] {
        assert!(!is_within(&above, [&low, &high]), "{above}");
    }
}
