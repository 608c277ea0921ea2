//! Hands a document to one pod of the endpoint; the store spreads it. Same content, and told so by this leader = no
//! request at all.
//!
//! Each leader tells each store once that it leads, also when the content is the same: from then on the store refuses
//! whatever an earlier leader may still have on its way. A leader that hears of a newer one publishes nothing any more.

use super::dereference::Dereferenced;
use super::names::Names;
use super::take;
use super::validate::Compiled;
use crate::client::admin;
use crate::config::{Publication, Published};
use crate::operator::Error;
use crate::operator::context::Context;
use crate::operator::link::Report;
use crate::operator::runtime::Leadership;
use std::sync::Arc;

/// What came of publishing.
pub enum Outcome {
    /// The document is in force.
    InForce(Arc<Published>),
    /// No pod took it.
    Unreachable(String),
}

/// Whether the endpoint needs to be told nothing: this content is in force, and no earlier leader can change that.
/// A store that came back from a backup is below the floor: it is told again.
pub fn is_settled(in_force: &Published, compiled: &Compiled, epoch: u64, floor: u64) -> bool {
    in_force.content_hash == compiled.content_hash && in_force.epoch == epoch && in_force.revision >= floor
}

/// The least revision that may serve: what the endpoint mounts.
pub fn floor(d: &Dereferenced) -> u64 {
    d.file.as_ref().map_or(0, |file| file.revocation_floor)
}

/// Publishes unless there is nothing to tell.
///
/// # Errors
/// `StaleRevision` when another configuration came into force meanwhile: what was compiled may rest on the old one,
/// so the caller reads and decides again. `Overtaken` when the endpoint knows a newer leader: this process ends.
pub async fn publish(ctx: &Context, d: &Dereferenced, compiled: &Compiled) -> Result<Outcome, Error> {
    let epoch = ctx.leadership.epoch()?;
    let Some(seen) = &d.in_force else {
        let why = d.unreachable.clone();
        return Ok(Outcome::Unreachable(why.unwrap_or_else(|| Error::NoPod.to_string())));
    };
    let floor = floor(d);
    if is_settled(seen, compiled, epoch, floor) {
        return Ok(Outcome::InForce(seen.clone()));
    }
    let take = take::wanted(d);
    if take.is_none() {
        // Of another owner's leaders the epoch says nothing.
        not_overtaken(&ctx.leadership, seen, epoch)?;
    }
    let publication = &Publication {
        directory_uid: d.uid.clone(),
        epoch,
        if_revision: seen.revision,
        revocation_floor: floor,
        take,
        content_hash: compiled.content_hash.clone(),
        document: compiled.document.clone(),
    };
    let server_name = Names::of(&d.key).admin_server_name();
    let asked = ctx.dialler.ask(&server_name, &d.pods, |client| async move { client.publish(publication).await }).await;
    match asked {
        Ok((address, published)) => {
            let revision = published.revision;
            tracing::info!(directory = %d.key, revision, epoch, "published");
            let document = Some(compiled.document.clone());
            let published = Arc::new(Published { document, epoch, ..published });
            ctx.links.update(&d.key, &d.uid, |link| {
                link.reports.insert(address, Report::of(&published));
                link.in_force = Some(published.clone());
            });
            Ok(Outcome::InForce(published))
        }
        Err(Error::Admin(admin::Error::StaleWriter(why))) => {
            tracing::error!(directory = %d.key, why, epoch, "a publication was refused");
            let read = ctx.dialler.ask(&server_name, &d.pods, |client| async move { client.published().await }).await;
            Err(ctx.leadership.overtaken(epoch_seen(read, epoch)))
        }
        Err(error @ Error::Admin(admin::Error::StaleRevision(_))) => {
            ctx.links.update(&d.key, &d.uid, |link| link.in_force = None);
            Err(error)
        }
        Err(error @ (Error::Admin(_) | Error::NoPod)) => {
            // Whether it was taken is not known: read again before the next attempt.
            ctx.links.update(&d.key, &d.uid, |link| link.in_force = None);
            Ok(Outcome::Unreachable(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

/// Fails, and ends the leadership, when a newer leader has published what is in force.
fn not_overtaken(leadership: &Leadership, in_force: &Published, epoch: u64) -> Result<(), Error> {
    if in_force.epoch > epoch { Err(leadership.overtaken(in_force.epoch)) } else { Ok(()) }
}

/// The epoch of the writer that was before us: read, so that the next leader has a higher one; the least it can be when
/// it cannot be read.
fn epoch_seen(read: Result<(std::net::SocketAddr, Published), Error>, ours: u64) -> u64 {
    let least = ours.saturating_add(1);
    read.map_or(least, |(_, published)| published.epoch.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::runtime::election::Term;
    use jiff::Timestamp;
    use std::time::{Duration, Instant};

    fn leader(epoch: u64) -> Leadership {
        let leadership = Leadership::standby();
        leadership.lead(Term { epoch, until: Instant::now() + Duration::from_secs(60) }, Timestamp::UNIX_EPOCH);
        leadership
    }

    fn in_force(content_hash: &str, epoch: u64) -> Published {
        let (content_hash, store_id) = (content_hash.to_owned(), "s".to_owned());
        Published { revision: 4, content_hash, store_id, epoch, document: None }
    }

    fn compiled() -> Compiled {
        let directory = serde_json::from_value(serde_json::json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
            "metadata": {"name": "acme", "namespace": "ns", "uid": "u"},
            "spec": {"displayName": "Acme", "tenant": "main", "sso": {"none": {}}},
        }))
        .unwrap();
        let out = crate::manifests::compile(&directory, "http://x/scim/v2", &[], &[], None);
        Compiled {
            content_hash: out.document.content_hash(),
            document: out.document,
            directory: out.directory,
            rules: std::collections::BTreeMap::new(),
            sources: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_new_leader_tells_a_store_once_that_it_leads_also_when_the_content_is_the_same() {
        let compiled = compiled();
        assert!(is_settled(&in_force(&compiled.content_hash, 3), &compiled, 3, 4));
        assert!(!is_settled(&in_force(&compiled.content_hash, 3), &compiled, 3, 5), "from a backup");
        assert!(!is_settled(&in_force(&compiled.content_hash, 2), &compiled, 3, 0), "by an earlier leader");
        assert!(!is_settled(&in_force("other", 3), &compiled, 3, 0));
    }

    #[test]
    fn a_leader_that_reads_of_a_newer_one_leads_no_more() {
        let leadership = leader(3);
        assert!(not_overtaken(&leadership, &in_force("h", 3), 3).is_ok());
        assert!(not_overtaken(&leadership, &in_force("h", 2), 3).is_ok());
        assert_eq!(leadership.epoch().unwrap(), 3);
        let error = not_overtaken(&leadership, &in_force("h", 4), 3).unwrap_err();
        assert!(error.is_loss() && error.category() == "StaleWriter", "{error}");
        assert!(leadership.epoch().is_err(), "and publishes nothing any more");
    }

    #[test]
    fn an_epoch_that_cannot_be_read_is_at_least_one_more_than_ours() {
        let read = |epoch| Ok((std::net::SocketAddr::from(([198, 18, 0, 1], 8443)), in_force("h", epoch)));
        assert_eq!(epoch_seen(read(9), 3), 9);
        assert_eq!(epoch_seen(read(3), 3), 4);
        assert_eq!(epoch_seen(Err(Error::NoPod), 3), 4);
    }
}
