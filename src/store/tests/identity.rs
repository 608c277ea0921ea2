//! Who has signed in, and who was let in again though the provider has disabled them.

use super::beside::{account, account_id, by_subject, identity};
use super::change::{ask, attempt, tell};
use super::home::Home;
use super::people::{at, user, user_id};
use super::view::{View, agrees};
use crate::store::{
    Change, Counter, Decision, Effects, Facts, Identity, IdentityKey, Needs, Store, UserId, UserRow, UserSelect, Write,
};
use futures::future::join_all;
use std::collections::BTreeSet;

async fn of(store: &Store, user: UserId) -> Option<Identity> {
    store.identity(IdentityKey::User(user)).await.unwrap()
}

async fn by(store: &Store, subject: &str) -> Option<Identity> {
    store.identity(by_subject(subject)).await.unwrap()
}

pub(super) async fn b006_an_identity_is_found_by_whom_it_stands_for_and_by_its_subject(home: &Home) {
    let store = home.open().await;
    let (one, two) = (identity(user_id(1), "sub-1", 1), identity(account_id(2), "Sub-1", 2));
    tell(&store, vec![Write::InsertUser(user(1)), Write::PutIdentity(one.clone())]).await;
    tell(&store, vec![Write::PutIdentity(two.clone())]).await;
    assert_eq!((of(&store, user_id(1)).await, by(&store, "sub-1").await), (Some(one.clone()), Some(one.clone())));
    assert_eq!((of(&store, account_id(2)).await, by(&store, "Sub-1").await), (Some(two.clone()), Some(two)));
    let elsewhere = IdentityKey::Subject("https://id.example.com/".to_owned(), "sub-1".to_owned());
    for nobody in [IdentityKey::User(user_id(2)), elsewhere, by_subject("sub-2"), by_subject("sub-1\0")] {
        assert_eq!(store.identity(nobody).await.unwrap(), None);
    }
    // Who is called otherwise from now on is not known by the earlier subject.
    let later = Identity { subject: "sub-3".to_owned(), bound: at(9), ..one };
    tell(&store, vec![Write::PutIdentity(later.clone())]).await;
    let store = home.reopen(store).await;
    assert_eq!((by(&store, "sub-1").await, by(&store, "sub-3").await), (None, Some(later.clone())));
    assert_eq!(of(&store, user_id(1)).await, Some(later));
}

pub(super) async fn identities_are_loaded_by_both_keys_also_when_there_is_none(home: &Home) {
    let store = home.open().await;
    let one = identity(user_id(1), "sub-1", 1);
    tell(&store, vec![Write::InsertUser(user(1)), Write::PutIdentity(one.clone())]).await;
    let keys = [
        IdentityKey::User(user_id(1)),
        by_subject("sub-1"),
        IdentityKey::User(user_id(2)),
        by_subject("sub-2"),
        by_subject("sub-1\0"),
    ];
    let facts = ask(&store, Needs { identities: BTreeSet::from(keys.clone()), ..Needs::default() }).await;
    let found: Vec<Option<Identity>> = keys.iter().map(|key| facts.identities[key].clone()).collect();
    assert_eq!(found, [Some(one.clone()), Some(one), None, None, None]);
    // The same where it is all that is asked for.
    let nobody = BTreeSet::from([by_subject("\0")]);
    let facts = ask(&store, Needs { identities: nobody, ..Needs::default() }).await;
    assert_eq!(facts.identities.into_iter().collect::<Vec<_>>(), [(by_subject("\0"), None)]);
}

/// Binds a subject to somebody where it stands for nobody yet; whom it stands for, and whether that was written.
struct Bind(Identity);

impl Change for Bind {
    type Outcome = (UserId, bool);

    fn needs(&self) -> Needs {
        Needs { identities: BTreeSet::from([by_subject(&self.0.subject)]), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<(UserId, bool)> {
        // As a sign-in does: whom it is about is asked for only then, and is locked earlier.
        if !facts.users.contains_key(&self.0.user) {
            return Decision::More(Box::new(Needs { users: BTreeSet::from([self.0.user]), ..Needs::default() }));
        }
        match &facts.identities[&by_subject(&self.0.subject)] {
            Some(bound) => Decision::Done(Effects::default(), (bound.user, false)),
            None => {
                let writes = vec![Write::PutIdentity(self.0.clone())];
                Decision::Done(Effects { writes, record: None }, (self.0.user, true))
            }
        }
    }
}

pub(super) async fn b006_a_subject_stands_for_one_and_who_comes_second_is_decided_again(home: &Home) {
    let store = home.open().await;
    tell(&store, (1..=4).map(|number| Write::InsertUser(user(number))).collect()).await;
    for round in 0..20 {
        let subject = format!("sub-{round}");
        let bind = |number| store.transact(Bind(identity(user_id(number), &subject, number)));
        let all: Vec<(UserId, bool)> = join_all((1..=4).map(bind)).await.into_iter().map(Result::unwrap).collect();
        let bound = by(&store, &subject).await.unwrap();
        assert!(all.iter().all(|(whom, _)| *whom == bound.user), "{all:?}");
        assert_eq!(all.iter().filter(|(_, wrote)| *wrote).count(), 1, "{all:?}");
        assert_eq!(of(&store, bound.user).await, Some(bound));
    }
    // Whoever takes another one's subject without looking is stopped, with all of the change.
    if !matches!(store, Store::Postgres(_)) {
        let taken = Write::PutIdentity(identity(user_id(9), "sub-19", 9));
        assert!(attempt(&store, vec![Write::Count(Counter::Created), taken]).await.is_err());
        assert_eq!(store.figures().await.unwrap().provisioning.created, 0);
    }
}

pub(super) async fn b133_sessions_that_were_ended_stay_ended_and_the_subject_stays_bound(home: &Home) {
    let store = home.open().await;
    let (one, two) = (identity(user_id(1), "sub-1", 1), identity(user_id(2), "sub-2", 2));
    tell(&store, vec![Write::PutIdentity(one.clone()), Write::PutIdentity(two.clone())]).await;
    // Of whoever never signed in there is nothing to end.
    tell(&store, vec![Write::EndSessions(user_id(1)), Write::EndSessions(user_id(3))]).await;
    let store = home.reopen(store).await;
    let ended = Identity { session: None, ..one.clone() };
    assert_eq!((of(&store, user_id(1)).await, by(&store, "sub-1").await), (Some(ended.clone()), Some(ended)));
    assert_eq!((of(&store, user_id(2)).await, of(&store, user_id(3)).await), (Some(two), None));
    let again = Identity { session: Some(super::people::cause(7)), ..one };
    tell(&store, vec![Write::PutIdentity(again.clone())]).await;
    assert_eq!(of(&store, user_id(1)).await, Some(again));
}

pub(super) async fn an_identity_goes_with_its_user_and_with_its_account(home: &Home) {
    let store = home.open().await;
    let (one, two) = (identity(user_id(1), "sub-1", 1), identity(account_id(2), "sub-2", 2));
    let three = identity(user_id(3), "sub-3", 3);
    let writes = vec![
        Write::InsertUser(user(1)),
        Write::InsertUser(user(3)),
        Write::PutAccount(account(2, "guest@example.com", Vec::new())),
        Write::PutIdentity(one.clone()),
        Write::PutIdentity(two.clone()),
        Write::PutIdentity(three.clone()),
    ];
    tell(&store, writes).await;
    // Of an account that becomes a user it can be kept on, by whoever decides so.
    let kept = vec![Write::DeleteAccount(account_id(2)), Write::PutIdentity(two.clone())];
    tell(&store, kept).await;
    assert_eq!(by(&store, "sub-2").await, Some(two));
    tell(&store, vec![Write::DeleteUser(user_id(1)), Write::DeleteAccount(account_id(2))]).await;
    for (gone, subject) in [(user_id(1), "sub-1"), (account_id(2), "sub-2")] {
        assert_eq!((of(&store, gone).await, by(&store, subject).await), (None, None));
    }
    assert_eq!(by(&store, "sub-3").await, Some(three));
    // The subject is free for whoever comes next.
    let next = Identity { user: user_id(3), ..one };
    tell(&store, vec![Write::PutIdentity(next.clone())]).await;
    assert_eq!((by(&store, "sub-1").await, by(&store, "sub-3").await), (Some(next), None));
}

pub(super) async fn b008_b054_the_role_of_somebody_who_was_let_in_again_is_kept_and_goes(home: &Home) {
    let store = home.open().await;
    let let_in =
        |number| UserRow { account_enabled: false, reenabled: Some("Zuschauer ä".to_owned()), ..user(number) };
    tell(&store, vec![Write::InsertUser(let_in(1)), Write::InsertUser(user(2)), Write::InsertUser(user(3))]).await;
    let later = UserRow { version: 2, ..let_in(2) };
    tell(&store, vec![Write::UpdateUser(later.clone())]).await;
    let store = home.reopen(store).await;
    let view = View::of(&store).await;
    let rows: Vec<&UserRow> = view.users.iter().map(|(row, _)| row).collect();
    assert_eq!(rows, [&let_in(1), &later, &user(3)]);
    assert_eq!(view.summary(2).unwrap().row, later);
    agrees(&store, &view).await;
    let users = BTreeSet::from([user_id(1), user_id(3)]);
    let facts = ask(&store, Needs { users, ..Needs::default() }).await;
    assert_eq!((&facts.user(user_id(1)).unwrap().row, &facts.user(user_id(3)).unwrap().row), (&let_in(1), &user(3)));
    // The provider's next word on `active` ends it.
    let over = UserRow { version: 3, ..user(2) };
    tell(&store, vec![Write::UpdateUser(over.clone())]).await;
    let found = store.users(UserSelect::Id(user_id(2)), super::view::ALL, false, None).await.unwrap();
    assert_eq!(found, super::view::whole(vec![(over, Vec::new())]));
}
