//! Starts the automatic run when one is owed, keeps the last ten, and withdraws runs whose RuleSync is gone (B065).

use super::build::owner_reference;
use super::dereference::Dereferenced;
use super::names::{Names, labels};
use crate::api::directory::SyncPolicy;
use crate::api::rule_sync::SyncScope;
use crate::api::{DirectoryRef, RuleSync, RuleSyncSpec, label};
use crate::operator::context::Context;
use crate::operator::rule_sync::automatic::{Asked, Decision};
use crate::operator::runtime::FIELD_MANAGER;
use crate::operator::{ApiAnswer, Error};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::api::{DeleteParams, ObjectMeta, PostParams, Preconditions};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Label of runs that the operator asked for by itself.
const AUTOMATIC: &str = "scim-operator.dev/automatic";
const KEPT: usize = 10;

/// Does what is due; answers when to look again, if soon.
pub async fn run(ctx: &Context, d: &Dereferenced, published: bool) -> Result<Option<SignedDuration>, Error> {
    cancel(ctx, d).await;
    // Judged only from a state that already speaks of the configuration in force.
    let (Some(state), Some(in_force)) = (&d.state, &d.in_force) else { return Ok(None) };
    if !published || state.revision != in_force.revision || d.directory.spec.sync_policy() != SyncPolicy::Automatic {
        return Ok(None);
    }
    let ours = own_runs(ctx, d);
    let prefix = prefix(d, state.revision);
    let asked: Vec<Asked> = ours.iter().filter(|sync| of_revision(sync, &prefix)).map(|sync| asked(sync)).collect();
    let decision = ctx.links.update(&d.key, &d.uid, |link| link.settle.decide(state, &asked, Timestamp::now()));
    match decision {
        Decision::Nothing => {}
        Decision::Wait(left) => return Ok(Some(left)),
        Decision::Run(rules) => {
            if !ctx.is_alive(&d.key, &d.uid).await? {
                return Ok(None);
            }
            let name = if asked.is_empty() { prefix } else { format!("{prefix}-{}", asked.len()) };
            create(ctx, d, name, rules).await?;
        }
    }
    prune(ctx, ours).await?;
    Ok(None)
}

fn prefix(d: &Dereferenced, revision: u64) -> String {
    let uid: String = d.uid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{}-{uid}-{revision}", d.key.name)
}

fn of_revision(sync: &RuleSync, prefix: &str) -> bool {
    sync.name_any().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn asked(sync: &RuleSync) -> Asked {
    Asked {
        rules: match &sync.spec.scope {
            SyncScope::Rules(rules) => Some(rules.iter().cloned().collect::<BTreeSet<_>>()),
            SyncScope::All {} => None,
        },
    }
}

fn own_runs(ctx: &Context, d: &Dereferenced) -> Vec<Arc<RuleSync>> {
    ctx.stores.syncs.state_filter(|sync| {
        sync.metadata.namespace.as_deref() == Some(&d.key.namespace)
            && sync.spec.directory_ref.name == d.key.name
            && sync.labels().contains_key(AUTOMATIC)
    })
}

async fn create(ctx: &Context, d: &Dereferenced, name: String, rules: Vec<String>) -> Result<(), Error> {
    let mut all = Names::of(&d.key).labels();
    all.retain(|key, _| key == label::DIRECTORY || key == "app.kubernetes.io/managed-by");
    all.extend(labels([(AUTOMATIC, "true")]));
    let sync = RuleSync {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            labels: Some(all),
            owner_references: Some(vec![owner_reference(&d.key.name, &d.uid)]),
            ..ObjectMeta::default()
        },
        spec: RuleSyncSpec {
            directory_ref: DirectoryRef::to(&d.key.name),
            scope: SyncScope::Rules(rules),
            nonce: None,
        },
        status: None,
    };
    tracing::info!(directory = %d.key, run = name, "rules changed: a run is asked for");
    ctx.metrics.wrote("RuleSync");
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    match ctx.api::<RuleSync>(&d.key.namespace).create(&params, &sync).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(Error::kube("ask for a run over changed rules", error)),
    }
}

/// Deletes finished automatic runs but the ten newest.
async fn prune(ctx: &Context, mut runs: Vec<Arc<RuleSync>>) -> Result<(), Error> {
    let ended = |sync: &RuleSync| sync.status.as_ref().and_then(|s| s.phase).is_some_and(|phase| phase.is_final());
    runs.sort_by_key(|sync| std::cmp::Reverse((sync.creation_timestamp(), sync.name_any())));
    for sync in runs.into_iter().skip(KEPT).filter(|sync| ended(sync)) {
        let namespace = sync.namespace().unwrap_or_default();
        let same = Preconditions { uid: sync.uid(), ..Preconditions::default() };
        let params = DeleteParams { preconditions: Some(same), ..DeleteParams::background() };
        ctx.metrics.wrote("RuleSync");
        match ctx.api::<RuleSync>(&namespace).delete(&sync.name_any(), &params).await {
            Ok(_) => {}
            Err(error) if error.is_missing() || error.is_conflict() => {}
            Err(error) => return Err(Error::kube("delete an old automatic run", error)),
        }
    }
    Ok(())
}

/// Takes runs out of the endpoint's queue whose RuleSync was deleted. One that cannot be withdrawn runs; that harms
/// nobody: it only applies the rules that are in force.
async fn cancel(ctx: &Context, d: &Dereferenced) {
    let runs = ctx.links.update(&d.key, &d.uid, |link| std::mem::take(&mut link.cancelled));
    if runs.is_empty() || !ctx.is_alive(&d.key, &d.uid).await.unwrap_or(false) {
        return;
    }
    let server_name = Names::of(&d.key).admin_server_name();
    for uid in &runs {
        let asked = ctx.dialler.ask(&server_name, &d.pods, |client| async move { client.cancel_run(uid).await }).await;
        if let Err(error) = asked {
            tracing::debug!(directory = %d.key, %error, "a run could not be withdrawn");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_by_its_revision_and_not_by_a_longer_one() {
        let sync = |name: &str| {
            let spec = RuleSyncSpec { directory_ref: DirectoryRef::to("acme"), scope: SyncScope::All {}, nonce: None };
            RuleSync::new(name, spec)
        };
        assert!(of_revision(&sync("acme-0b7f3a52-7"), "acme-0b7f3a52-7"));
        assert!(of_revision(&sync("acme-0b7f3a52-7-1"), "acme-0b7f3a52-7"));
        assert!(!of_revision(&sync("acme-0b7f3a52-71"), "acme-0b7f3a52-7"));
        assert!(!of_revision(&sync("by-hand"), "acme-0b7f3a52-7"));
    }
}
