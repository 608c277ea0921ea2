//! Figures: what is counted, last uses, and who waits for an evaluation.

use super::change::{ask, tell, tell_knowing};
use super::home::Home;
use super::people::{at, cause, group, group_id, user, user_id};
use crate::config::{ProvisioningCounts, TokenUse};
use crate::store::{Counter, Figures, Needs, Store, UserId, Write};
use std::collections::BTreeSet;

async fn figures(store: &Store) -> Figures {
    store.figures().await.unwrap()
}

fn used(token: &str, second: i64) -> TokenUse {
    TokenUse { token_id: token.to_owned(), last_used_at: at(second) }
}

pub(super) async fn b111_what_is_counted_adds_up(home: &Home) {
    let store = home.open().await;
    assert_eq!(figures(&store).await, Figures::default());
    let of = |counter, times| std::iter::repeat_n(Write::Count(counter), times);
    let mut once: Vec<Write> = of(Counter::Created, 3).chain(of(Counter::Deleted, 1)).collect();
    once.extend(of(Counter::Updated, 2).chain(of(Counter::Disabled, 4)).chain(of(Counter::Created, 1)));
    once.push(Write::Uses { tokens: Vec::new(), refused: 5, last_request: None });
    for _ in 0..10 {
        tell(&store, once.clone()).await;
    }
    let expected =
        ProvisioningCounts { created: 40, updated: 20, disabled: 40, deleted: 10, failed: 50, last_request_time: None };
    assert_eq!(figures(&store).await.provisioning, expected);
    let store = home.reopen(store).await;
    assert_eq!(figures(&store).await.provisioning, expected);
}

pub(super) async fn last_uses_only_move_forward(home: &Home) {
    let store = home.open().await;
    let uses = |tokens: &[(&str, i64)], last: Option<i64>| Write::Uses {
        tokens: tokens.iter().map(|(token, second)| used(token, *second)).collect(),
        refused: 0,
        last_request: last.map(at),
    };
    tell(&store, vec![uses(&[("b", 20), ("a", 10)], Some(30))]).await;
    tell(&store, vec![uses(&[("b", 15), ("a", 40)], Some(25)), uses(&[("c", 1)], None)]).await;
    let figures = figures(&store).await;
    assert_eq!(figures.tokens, [used("a", 40), used("b", 20), used("c", 1)]);
    assert_eq!(figures.provisioning.last_request_time, Some(at(30)));
    assert_eq!(figures.provisioning.failed, 0);
}

pub(super) async fn whoever_is_queued_is_pending_until_evaluated_or_gone(home: &Home) {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=5).map(|number| Write::InsertUser(user(number))).collect();
    writes.push(Write::InsertGroup(group(1)));
    writes.push(Write::AddMembers(group_id(1), vec![user_id(4), user_id(2)], cause(0)));
    tell(&store, writes).await;
    let pending = async |limit| {
        let users = store.pending_users(limit).await.unwrap();
        (users, figures(&store).await.pending)
    };
    let ids = |numbers: &[u128]| numbers.iter().copied().map(user_id).collect::<Vec<UserId>>();
    // Twice the same, and somebody who is not there.
    let queue = Write::QueueUsers(ids(&[5, 2, 99, 5]));
    tell(&store, vec![queue, Write::QueueMembers(group_id(1)), Write::QueueMembers(group_id(9))]).await;
    assert_eq!(pending(10).await, (ids(&[2, 4, 5]), 3));
    assert_eq!(pending(2).await, (ids(&[2, 4]), 3));
    let facts = ask(&store, Needs { users: BTreeSet::from([user_id(1), user_id(2)]), ..Needs::default() }).await;
    assert_eq!(facts.users.values().flatten().map(|user| user.pending).collect::<Vec<_>>(), [false, true]);
    let evaluated = |user, was_pending| Write::Evaluated { user: user_id(user), at: at(9), was_pending };
    let done = vec![evaluated(2, true), evaluated(4, false), Write::Unqueue(user_id(1))];
    tell_knowing(&store, ids(&[2, 4]), done).await;
    assert_eq!(pending(10).await, (ids(&[4, 5]), 2));
    let store = home.reopen(store).await;
    tell(&store, vec![Write::Unqueue(user_id(5)), Write::DeleteUser(user_id(4))]).await;
    assert_eq!(store.pending_users(10).await.unwrap(), []);
    assert_eq!(figures(&store).await.pending, 0);
}
