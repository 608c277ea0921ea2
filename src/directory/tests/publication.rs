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
