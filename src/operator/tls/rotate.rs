//! The leader's look at the authority of the admin API: takes up what is kept, and brings a replacement one step on.
//!
//! What is kept is written first, then trusted and signed with, then brought to the endpoints: a leader that is killed
//! in between leaves to the next one what is kept, and that one goes on from there.

use super::kept;
use super::rotation::Authorities;
use super::secret::{AUTHORITIES, NOT_AFTER};
use crate::api::label;
use crate::operator::Error;
use crate::operator::context::{Context, Trigger};
use crate::operator::runtime::{FIELD_MANAGER, Key, MANAGED_BY};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(30);

/// Looks until told to stop. A look that fails is logged, and made again.
///
/// # Errors
/// Never: it ends when it is told to.
pub async fn run(ctx: Arc<Context>, stop: CancellationToken) -> Result<(), Error> {
    loop {
        let looked = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            looked = tokio::time::timeout(LOOK_WITHIN, look(&ctx)) => looked,
        };
        if let Err(error) = looked.unwrap_or(Err(Error::TimedOut(LOOK_WITHIN))) {
            tracing::warn!(%error, "the authority of the admin API stays as it is for now");
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(ctx: &Context) -> Result<(), Error> {
    let (namespace, now) = (&ctx.settings.namespace, Timestamp::now());
    let read = kept::load(&ctx.client, namespace, now).await?;
    adopt(ctx, &read.authorities).await;
    let deployed = deployed(ctx, &ctx.stores.secrets.state());
    let Some(next) = read.authorities.step(read.asked.as_deref(), &deployed, now)? else { return Ok(()) };
    ctx.metrics.wrote("Secret");
    kept::write(&ctx.client, namespace, &read, &next).await?;
    let in_place = next.in_place_since.is_some();
    tracing::info!(stage = next.stage_name(), in_place, "the replacement of the admin API's authority goes on");
    adopt(ctx, &next).await;
    Ok(())
}

/// Trusts and signs with these from now on, and has every endpoint's Secret written anew if they are others.
async fn adopt(ctx: &Context, authorities: &Authorities) {
    if !ctx.dialler.trust(authorities.clone()) {
        return;
    }
    for directory in ctx.stores.directories.state() {
        ctx.queues.send(Trigger::Directory(Key::of(directory.as_ref()))).await;
    }
}

/// The stamps of the endpoints' Secrets; not of those that are on their way out, nor of those that a directory left
/// behind.
fn deployed(ctx: &Context, secrets: &[Arc<PartialObjectMeta<Secret>>]) -> Vec<String> {
    let has_directory = |secret: &PartialObjectMeta<Secret>| {
        let name = secret.labels().get(label::DIRECTORY).cloned().unwrap_or_default();
        let key = Key::new(secret.namespace().unwrap_or_default(), name);
        ctx.directory(&key).is_some() || ctx.stores.undecodable_directories.reason(&key).is_some()
    };
    let live = secrets.iter().filter(|secret| has_directory(secret));
    live.filter_map(|secret| stamp(secret)).collect()
}

/// What the Secret of an admin listener says of itself; `None` for any other Secret, and for one that is being deleted.
fn stamp(secret: &PartialObjectMeta<Secret>) -> Option<String> {
    let ours = secret.labels().get(MANAGED_BY).is_some_and(|by| by == FIELD_MANAGER);
    let is_tls = ours && secret.annotations().contains_key(NOT_AFTER);
    let stays = secret.metadata.deletion_timestamp.is_none();
    (is_tls && stays).then(|| secret.annotations().get(AUTHORITIES).cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn secret(labels: Value, annotations: Value, deleted: Option<&str>) -> Option<String> {
        let metadata = json!({
            "name": "acme-endpoint-admin-tls", "labels": labels, "annotations": annotations,
            "deletionTimestamp": deleted,
        });
        let secret = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata});
        stamp(&serde_json::from_value(secret).unwrap())
    }

    #[test]
    fn only_the_operators_own_secrets_of_admin_listeners_count() {
        let (ours, dated) = (json!({MANAGED_BY: FIELD_MANAGER}), json!({NOT_AFTER: "x"}));
        let stamped = json!({NOT_AFTER: "x", AUTHORITIES: "a; a"});
        assert_eq!(secret(ours.clone(), stamped.clone(), None).as_deref(), Some("a; a"));
        assert_eq!(secret(ours.clone(), dated, None).as_deref(), Some(""), "of an earlier version");
        assert_eq!(secret(ours.clone(), json!({}), None), None, "token hashes");
        assert_eq!(secret(json!({}), stamped.clone(), None), None, "a person's");
        assert_eq!(secret(ours, stamped, Some("2026-01-01T00:00:00Z")), None, "on its way out");
    }
}
