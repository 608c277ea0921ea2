//! Taking configurations.

use super::{World, document, rule};
use crate::config::Publication;
use crate::directory::Error;

fn publication(world: &World, rules: &[crate::access::Rule]) -> Publication {
    let document = document(rules);
    Publication {
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        revocation_floor: 0,
        take: None,
        if_revision: world.directory.in_force().revision,
        content_hash: document.content_hash(),
        document,
    }
}

#[tokio::test]
async fn equal_content_keeps_its_revision() {
    let world = World::with(&[]).await;
    assert_eq!(world.publish(&[]).await.revision, 1);
    assert_eq!(world.publish(&[rule("d", "Designers", "Designer")]).await.revision, 2);
    assert_eq!(world.restarted().await.directory.in_force().revision, 2);
}

#[tokio::test]
async fn a_publication_against_an_old_revision_is_refused_with_the_current_one() {
    let world = World::with(&[]).await;
    let stale = Publication { if_revision: 0, ..publication(&world, &[rule("d", "Designers", "Designer")]) };
    let error = world.directory.publish(stale).await.unwrap_err();
    assert!(matches!(error, Error::StaleRevision(current) if current.revision == 1));
}

#[tokio::test]
async fn a_publication_of_an_earlier_epoch_is_refused() {
    let world = World::with(&[]).await;
    let newer = Publication { epoch: 3, ..publication(&world, &[]) };
    world.directory.publish(newer).await.unwrap();
    let older = Publication { epoch: 2, ..publication(&world, &[rule("d", "Designers", "Designer")]) };
    assert!(matches!(world.directory.publish(older).await.unwrap_err(), Error::StaleWriter { seen: 3 }));
}

#[tokio::test]
async fn the_same_content_by_a_newer_writer_is_no_new_revision_and_shuts_the_older_one_out() {
    let world = World::with(&[]).await;
    let before = world.directory.published().await.unwrap();
    let taken = world.directory.publish(Publication { epoch: 3, ..publication(&world, &[]) }).await.unwrap();
    assert_eq!((taken.revision, taken.epoch, before.epoch), (before.revision, 3, 0));
    let older = Publication { epoch: 2, ..publication(&world, &[]) };
    assert!(matches!(world.directory.publish(older).await.unwrap_err(), Error::StaleWriter { seen: 3 }));
    assert_eq!(world.restarted().await.directory.published().await.unwrap().epoch, 3, "also after a restart");
}

#[tokio::test]
async fn b127_a_store_below_the_floor_gets_a_revision_from_there_on_even_for_equal_content() {
    let world = World::with(&[]).await;
    let restored = Publication { revocation_floor: 7, ..publication(&world, &[]) };
    assert_eq!(world.directory.publish(restored).await.unwrap().revision, 7);
    let again = Publication { revocation_floor: 7, ..publication(&world, &[]) };
    assert_eq!(world.directory.publish(again).await.unwrap().revision, 7, "equal content keeps its revision");
    let edited = Publication { revocation_floor: 7, ..publication(&world, &[rule("d", "Designers", "Designer")]) };
    assert_eq!(world.directory.publish(edited).await.unwrap().revision, 8);
}

#[tokio::test]
async fn a_hash_that_is_not_the_documents_is_refused() {
    let world = World::with(&[]).await;
    let wrong = Publication { content_hash: "sha256:00".to_owned(), ..publication(&world, &[]) };
    assert!(matches!(world.directory.publish(wrong).await.unwrap_err(), Error::BadPublication(_)));
}

/// A publication by the directory of this cluster, with one rule.
fn by(world: &World, cluster: &str, name: &str, epoch: u64) -> Publication {
    let mut document = document(&[rule(name, "Designers", "Designer")]);
    cluster.clone_into(&mut document.directory.cluster);
    Publication { epoch, content_hash: document.content_hash(), document, ..publication(world, &[]) }
}

/// The same, by which that cluster takes the store with this id.
fn taking(world: &World, cluster: &str, name: &str, epoch: u64, store: &str) -> Publication {
    Publication { take: Some(store.to_owned()), ..by(world, cluster, name, epoch) }
}

#[tokio::test]
async fn c009_an_owner_of_an_unknown_cluster_is_filled_in_and_then_known() {
    let world = World::with(&[]).await;
    let filled = world.directory.publish(by(&world, "here", "a", 4)).await.unwrap();
    assert_eq!(filled.revision, 2);
    let error = world.directory.publish(by(&world, "there", "a", 5)).await.unwrap_err();
    assert!(matches!(&error, Error::BadPublication(why) if why.contains("n/d of the cluster here")), "{error}");
    let back = world.directory.publish(Publication { epoch: 4, ..publication(&world, &[]) }).await.unwrap();
    assert_eq!(back.revision, 3, "who does not know its cluster, an earlier version say, is not another owner");
}

#[tokio::test]
async fn c009_another_cluster_takes_a_store_only_by_its_id_and_its_owner_is_then_refused() {
    let world = World::with(&[]).await;
    world.directory.publish(by(&world, "here", "a", 9)).await.unwrap();
    let store = world.directory.store_id().to_owned();
    for wrong in ["", "true", "another"] {
        let error = world.directory.publish(taking(&world, "there", "b", 2, wrong)).await.unwrap_err();
        assert!(matches!(error, Error::BadPublication(_)), "{wrong:?}: {error}");
    }
    let stale = Publication { if_revision: 1, ..taking(&world, "there", "b", 2, &store) };
    let error = world.directory.publish(stale).await.unwrap_err();
    assert!(matches!(error, Error::StaleRevision(_)), "it takes what it has seen: {error}");
    let taken = world.directory.publish(taking(&world, "there", "b", 2, &store)).await.unwrap();
    assert_eq!((taken.revision, taken.epoch), (3, 2), "its epoch counts from here");
    for epoch in [1, 9, 99] {
        let error = world.directory.publish(by(&world, "here", "c", epoch)).await.unwrap_err();
        // Not that it is overtaken: that would end a leader which has other directories.
        assert!(matches!(&error, Error::BadPublication(why) if why.contains("cluster there")), "{error}");
    }
    let restarted = world.restarted().await;
    assert_eq!(restarted.directory.published().await.unwrap().epoch, 2, "also after a restart");
    assert!(restarted.directory.publish(by(&restarted, "here", "c", 99)).await.is_err());
}

#[tokio::test]
async fn epochs_are_compared_within_one_owner_only() {
    let world = World::with(&[]).await;
    let store = world.directory.store_id().to_owned();
    world.directory.publish(by(&world, "here", "a", 9)).await.unwrap();
    world.directory.publish(taking(&world, "there", "b", 2, &store)).await.unwrap();
    let older = world.directory.publish(taking(&world, "there", "c", 1, &store)).await.unwrap_err();
    assert!(matches!(older, Error::StaleWriter { seen: 2 }), "an earlier leader of the new owner: {older}");
    assert_eq!(world.directory.publish(by(&world, "there", "c", 3)).await.unwrap().epoch, 3);
    let back = world.directory.publish(taking(&world, "here", "d", 1, &store)).await.unwrap();
    assert_eq!(back.epoch, 1, "and back, with any epoch");
}

#[tokio::test]
async fn an_owner_that_takes_its_own_store_only_publishes() {
    let world = World::with(&[]).await;
    let store = world.directory.store_id().to_owned();
    let first = world.directory.publish(taking(&world, "here", "a", 1, &store)).await.unwrap();
    let again = world.directory.publish(taking(&world, "here", "a", 1, &store)).await.unwrap();
    assert_eq!(first.revision, again.revision, "the same content keeps its revision");
    let made_again = {
        let mut publication = by(&world, "here", "a", 1);
        "another".clone_into(&mut publication.document.directory.uid);
        let (directory_uid, content_hash) = ("another".to_owned(), publication.document.content_hash());
        Publication { directory_uid, content_hash, ..publication }
    };
    assert!(world.directory.publish(made_again).await.is_ok(), "a directory made again takes its store up");
}
