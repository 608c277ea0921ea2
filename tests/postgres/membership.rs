//! Members and grants under concurrency over several processes. C011, B127.

use crate::fleet::Fleet;
use crate::support::endpoint::{rule, user_body};
use futures::future::join_all;

#[tokio::test]
async fn c011_eighty_members_added_at_once_through_three_replicas_are_all_there() {
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let Some(fleet) = Fleet::start("c011_eighty_members", 3, rules).await else { return };
    let first = &fleet.replicas[0];
    let group = first.group("Designers", &[]).await;
    let users = join_all((0..80).map(|n| {
        let name = format!("user-{n}@example.com");
        let replica = &fleet.replicas[n % 3];
        async move { replica.user(&name).await }
    }))
    .await;
    join_all(users.iter().enumerate().map(|(n, user)| fleet.replicas[n % 3].join(&group, user))).await;
    for replica in &fleet.replicas {
        let shown = replica.public.get(&format!("/scim/v2/Groups/{group}")).await.json();
        assert_eq!(shown["members"].as_array().map(Vec::len), Some(80));
        assert_eq!(shown["meta"]["version"], "W/\"81\"", "every change counts once");
    }
    for user in &users {
        assert_eq!(fleet.replicas[2].access_of(user).await, "main: Designer [] from d");
    }
}

#[tokio::test]
async fn c011_one_user_added_to_many_groups_through_three_replicas_holds_what_all_of_them_give() {
    const GROUPS: usize = 12;
    let rules = (0..GROUPS)
        .map(|n| rule(&format!("r-{n}"), &format!("Group {n}"), "Participant", &["main"], &[&format!("app-{n:02}")]));
    let Some(fleet) = Fleet::start("c011_one_user", 3, rules.collect()).await else { return };
    let mut groups = Vec::new();
    for n in 0..GROUPS {
        groups.push(fleet.replicas[n % 3].group(&format!("Group {n}"), &[]).await);
    }
    for round in 0..8 {
        let user = fleet.replicas[0].user(&format!("ada-{round}@example.com")).await;
        join_all(groups.iter().enumerate().map(|(n, group)| fleet.replicas[n % 3].join(group, &user))).await;
        let view = fleet.replicas[round % 3].view(&user).await;
        let given = view["tenants"][0]["applicationGroups"].as_array().map(Vec::len);
        assert_eq!(given, Some(GROUPS), "round {round}: {view}");
    }
}

#[tokio::test]
async fn c011_the_same_name_created_at_once_through_three_replicas_exists_once() {
    let Some(fleet) = Fleet::start("c011_the_same_name", 3, Vec::new()).await else { return };
    for round in 0..10 {
        let body = user_body(&format!("Twin-{round}@example.com"));
        let answers =
            join_all(fleet.replicas.iter().map(|replica| replica.public.json("POST", "/scim/v2/Users", &body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409], "round {round}");
    }
}

#[tokio::test]
async fn c011_a_name_that_no_database_keeps_is_refused_with_what_to_do_and_any_other_is_kept() {
    let Some(fleet) = Fleet::start("c011_a_name", 1, Vec::new()).await else { return };
    let replica = &fleet.replicas[0];
    for (name, problem) in [("nul\0l".to_owned(), "the code 0"), ("a".repeat(1_025), "has 1025 bytes")] {
        let reply = replica.public.json("POST", "/scim/v2/Users", &user_body(&name)).await;
        assert_eq!((reply.status, reply.json()["scimType"].clone()), (400, "invalidValue".into()), "{}", reply.text);
        assert!(reply.text.contains(problem), "{}", reply.text);
    }
    for name in ["\u{1f600}".repeat(256), "İ'\"\\;--%_".to_owned(), "a".repeat(1_024)] {
        let id = replica.user(&name).await;
        assert_eq!(replica.public.get(&format!("/scim/v2/Users/{id}")).await.json()["userName"], name.as_str());
    }
}
