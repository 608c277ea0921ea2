//! What the endpoint mounts as `verifiers.json`: the hashes, whose they are (`directoryUid`: no other directory's
//! configuration may serve, B097), and the revision below which a store may still know a revoked token
//! (`revocationFloor`). Pure.
//!
//! The floor belongs to one store. It rises to the revision that no longer has a token, never falls while the store is
//! the same, and begins at 0 for another store once a person has accepted that one.

use super::dereference::Dereferenced;
use super::validate::{Validated, known_store};
use crate::config::{Document, Published};
use crate::operator::token::{Kept, VerifiersFile};

/// The file as it should be; `everywhere`: whether every pod that serves enforces what is in force.
pub fn verifiers(d: &Dereferenced, v: &Validated, everywhere: bool) -> VerifiersFile {
    file(&Facts {
        everywhere,
        before: d.file.as_ref(),
        kept: &v.kept,
        // A store that nobody accepted says nothing of the one that is known, which may come back.
        in_force: d.in_force.as_deref().filter(|_| v.store_obstacle.is_none()),
        known_store: known_store(d),
        uid: &d.uid,
    })
}

/// What the file is made from.
struct Facts<'a> {
    /// Whether every pod that serves enforces what is in force.
    everywhere: bool,
    /// The file as it is.
    before: Option<&'a VerifiersFile>,
    /// The tokens that work.
    kept: &'a [Kept],
    /// What is in force, if that is known and the store is one that counts.
    in_force: Option<&'a Published>,
    /// `status.storeId`.
    known_store: Option<&'a str>,
    /// The directory's uid.
    uid: &'a str,
}

fn file(f: &Facts<'_>) -> VerifiersFile {
    let before = f.before.map(|file| file.verifiers.as_slice()).unwrap_or_default();
    let works = |old: &&Kept| f.kept.iter().any(|new| new.verifier.token_id == old.verifier.token_id);
    let gone = before.iter().filter(|old| !works(old));
    // The hash of a token that is gone stays until it is known which revision no longer has it: a publication that did
    // not arrive, or a crash after it, must not lose that.
    let (revoked, pending): (Vec<&Kept>, Vec<&Kept>) = gone.partition(|old| is_out_of_force(f, old));
    let mut verifiers: Vec<Kept> = f.kept.iter().chain(pending).cloned().collect();
    verifiers.sort_by(|a, b| a.verifier.token_id.cmp(&b.verifier.token_id));
    VerifiersFile { directory_uid: f.uid.to_owned(), revocation_floor: floor(f, !revoked.is_empty()), verifiers }
}

fn floor(f: &Facts<'_>, revoked: bool) -> u64 {
    let before = f.before.map_or(0, |file| file.revocation_floor);
    let Some(in_force) = f.in_force else { return before };
    if f.known_store.is_some_and(|known| known != in_force.store_id) {
        return 0;
    }
    // When the file was lost, so was the floor; what is in force now knows every revocation there was.
    let lost = f.before.is_none() && ours(f).is_some();
    if revoked || lost { before.max(in_force.revision) } else { before }
}

/// Whether it is known that the endpoint does not let this token in any more.
fn is_out_of_force(f: &Facts<'_>, old: &Kept) -> bool {
    let lets_in = |document: &Document| document.verifiers.iter().any(|v| v.token_id == old.verifier.token_id);
    f.everywhere && f.in_force.is_some() && !ours(f).is_some_and(lets_in)
}

/// The document in force, if it is this directory's: another's is never in force.
fn ours<'a>(f: &Facts<'a>) -> Option<&'a Document> {
    f.in_force?.document.as_ref().filter(|document| document.directory.uid == f.uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ScimDirectory;
    use crate::config::{Scope, Verifier};
    use serde_json::json;

    fn kept(tokens: &[&str]) -> Vec<Kept> {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let kept = |token: &&str| Kept {
            verifier: Verifier {
                token_id: token.repeat(16),
                name: (*token).to_owned(),
                scope: Scope::Scim,
                sha256: String::new(),
                expires_at: at("2027-01-01T00:00:00Z"),
            },
            token_uid: format!("uid of {token}"),
            issued_at: at("2026-01-01T00:00:00Z"),
        };
        tokens.iter().map(kept).collect()
    }

    fn before(floor: u64, tokens: &[&str]) -> VerifiersFile {
        VerifiersFile { directory_uid: "u".to_owned(), revocation_floor: floor, verifiers: kept(tokens) }
    }

    /// A revision of the store "s" that lets these tokens in.
    fn in_force(revision: u64, tokens: &[&str]) -> Published {
        let directory: ScimDirectory = serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
            "metadata": {"name": "acme", "namespace": "ns", "uid": "u"},
            "spec": {"displayName": "Acme", "tenant": "main", "sso": {"none": {}}},
        }))
        .unwrap();
        let verifiers: Vec<Verifier> = kept(tokens).into_iter().map(|kept| kept.verifier).collect();
        let document = crate::manifests::compile(&directory, "http://x/scim/v2", &[], &verifiers, None).document;
        let content_hash = document.content_hash();
        Published { revision, content_hash, store_id: "s".to_owned(), epoch: 0, document: Some(document) }
    }

    /// The floor and the tokens of the file, for a directory that knows the store `known`.
    fn judged(
        known: Option<&str>,
        before: Option<&VerifiersFile>,
        kept: &[Kept],
        now: Option<&Published>,
    ) -> (u64, Vec<String>) {
        let file = file(&Facts { everywhere: true, before, kept, in_force: now, known_store: known, uid: "u" });
        (file.revocation_floor, file.verifiers.into_iter().map(|kept| kept.verifier.name).collect())
    }

    fn names(tokens: &[&str]) -> Vec<String> {
        tokens.iter().map(|token| (*token).to_owned()).collect()
    }

    #[test]
    fn b127_the_floor_rises_to_the_revision_in_force_when_a_tokens_hash_goes() {
        let (file, left) = (before(2, &["a", "b"]), kept(&["b"]));
        let revoked = in_force(7, &["b"]);
        assert_eq!(judged(Some("s"), Some(&file), &left, Some(&revoked)), (7, names(&["b"])));
        assert_eq!(judged(None, Some(&file), &left, Some(&revoked)), (7, names(&["b"])), "a new store");
    }

    #[test]
    fn b127_a_hash_stays_until_the_revision_that_no_longer_has_it_is_known() {
        let (file, left) = (before(2, &["a", "b"]), kept(&["b"]));
        assert_eq!(judged(Some("s"), Some(&file), &left, None), (2, names(&["a", "b"])), "nobody answers");
        let not_yet = in_force(6, &["a", "b"]);
        assert_eq!(judged(Some("s"), Some(&file), &left, Some(&not_yet)), (2, names(&["a", "b"])));
        let revoked = in_force(7, &["b"]);
        assert_eq!(judged(Some("s"), Some(&file), &left, Some(&revoked)), (7, names(&["b"])));
    }

    #[test]
    fn b127_a_hash_stays_until_every_pod_refuses_it() {
        let (before, left, revoked) = (before(2, &["a", "b"]), kept(&["b"]), in_force(7, &["b"]));
        let floor = |everywhere| {
            let (before, in_force) = (Some(&before), Some(&revoked));
            let file = file(&Facts { everywhere, before, kept: &left, in_force, known_store: Some("s"), uid: "u" });
            (file.revocation_floor, file.verifiers.len())
        };
        assert_eq!(floor(false), (2, 2), "a pod lets it in yet");
        assert_eq!(floor(true), (7, 1));
    }

    #[test]
    fn b127_the_floor_never_falls_for_the_same_store() {
        let (both, one) = (kept(&["a", "b"]), kept(&["a"]));
        let file = before(9, &["a"]);
        assert_eq!(judged(Some("s"), Some(&file), &both, Some(&in_force(12, &["a"]))).0, 9, "a token more");
        assert_eq!(judged(Some("s"), Some(&file), &one, Some(&in_force(12, &["a"]))).0, 9, "nothing new");
        assert_eq!(judged(Some("s"), Some(&file), &one, None).0, 9, "nobody answers");
        let restored = in_force(3, &["a"]);
        assert_eq!(judged(Some("s"), Some(&file), &one, Some(&restored)).0, 9, "a volume put back from a backup");
        assert_eq!(judged(Some("s"), Some(&file), &[], Some(&in_force(3, &[]))).0, 9, "and a token that goes with it");
        assert_eq!(judged(Some("s"), None, &one, Some(&in_force(12, &["a"]))).0, 12, "the file was lost");
    }

    #[test]
    fn b127_the_floor_begins_at_0_for_another_store() {
        let (file, left) = (before(9, &["a", "b"]), kept(&["b"]));
        let another = in_force(1, &["b"]);
        assert_eq!(judged(Some("before"), Some(&file), &left, Some(&another)), (0, names(&["b"])));
        let file = before(0, &["b"]);
        assert_eq!(judged(Some("before"), Some(&file), &left, Some(&another)), (0, names(&["b"])));
        assert_eq!(judged(Some("s"), Some(&file), &[], Some(&in_force(2, &[]))), (2, names(&[])), "and rises there");
    }

    #[test]
    fn the_floor_is_0_for_a_directory_that_begins() {
        assert_eq!(judged(None, None, &[], None), (0, names(&[])), "no pod yet");
        let nothing_published =
            Published { revision: 0, content_hash: String::new(), store_id: "s".to_owned(), epoch: 0, document: None };
        let one = kept(&["a"]);
        assert_eq!(judged(None, None, &one, Some(&nothing_published)), (0, names(&["a"])));
        let mut retained = in_force(40, &["a"]);
        retained.document.as_mut().unwrap().directory.uid = "an earlier directory".to_owned();
        assert_eq!(judged(None, None, &one, Some(&retained)), (0, names(&["a"])), "a retained volume");
    }
}
