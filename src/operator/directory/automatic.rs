//! Starts the automatic run when one is owed, keeps the last ten, and withdraws runs whose RuleSync is gone (B065).

use super::build::owner_reference;
use super::dereference::Dereferenced;
use super::names::{Names, labels};
use crate::api::directory::SyncPolicy;
use crate::api::rule_sync::SyncScope;
use crate::api::{DirectoryRef, RuleSync, RuleSyncSpec, label};
use crate::config::RunStatus;
use crate::operator::context::Context;
use crate::operator::rule_sync::automatic::{Asked, Decision};
use crate::operator::runtime::FIELD_MANAGER;
use crate::operator::{ApiAnswer, Error};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::api::{DeleteParams, ObjectMeta, PostParams, Preconditions};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Label of runs that the operator asked for by itself.
const AUTOMATIC: &str = "scim-operator.dev/automatic";
const KEPT: usize = 10;
/// How soon to ask again a pod that is behind another.
const LAGS: SignedDuration = SignedDuration::from_secs(1);

/// Does what is due; answers when to look again, if soon.
pub async fn run(ctx: &Context, d: &Dereferenced, published: bool) -> Result<Option<SignedDuration>, Error> {
    let again = withdraw(ctx, d).await;
    // Judged only from a state that already speaks of the configuration in force.
    let (Some(state), Some(in_force)) = (&d.state, &d.in_force) else { return Ok(again) };
    if published && state.revision > in_force.revision {
        // The guard has judged what was published, and the pod that was asked has not read that yet.
        return Ok(Some(LAGS));
    }
    if !published || state.revision != in_force.revision || d.directory.spec.sync_policy() != SyncPolicy::Automatic {
        return Ok(again);
    }
    let ours = own_runs(ctx, d);
    let prefix = prefix(d, state.revision);
    let asked: Vec<Asked> = ours.iter().filter(|sync| of_revision(sync, &prefix)).map(|sync| asked(sync)).collect();
    let decision = ctx.links.update(&d.key, &d.uid, |link| link.settle.decide(state, &asked, Timestamp::now()));
    match decision {
        Decision::Nothing => {}
        Decision::Wait(left) => return Ok(Some(again.map_or(left, |again| again.min(left)))),
        Decision::Run(rules) => {
            if !ctx.is_alive(&d.key, &d.uid).await? {
                return Ok(None);
            }
            let name = if asked.is_empty() { prefix } else { format!("{prefix}-{}", asked.len()) };
            create(ctx, d, name, rules).await?;
        }
    }
    prune(ctx, ours).await?;
    Ok(again)
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
            dry_run: None,
            allow_revocations: None,
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

/// Takes runs out of the endpoint's queue whose RuleSync is gone: one that a person has withdrawn may take access from
/// many. Told from what the endpoint says it has, so that nothing is forgotten when a call fails or nobody led for a
/// while; answers when to try again.
async fn withdraw(ctx: &Context, d: &Dereferenced) -> Option<SignedDuration> {
    let unfinished = d.state.iter().flat_map(|state| &state.runs);
    let gone: Vec<&RunStatus> = unfinished.filter(|run| is_of_a_resource(&run.uid) && !is_there(ctx, d, run)).collect();
    if gone.is_empty() || !ctx.is_alive(&d.key, &d.uid).await.unwrap_or(false) {
        return None;
    }
    let server_name = Names::of(&d.key).admin_server_name();
    let mut again = None;
    for run in gone {
        let uid = &run.uid;
        let asked = ctx.dialler.ask(&server_name, &d.pods, |client| async move { client.cancel_run(uid).await }).await;
        match asked {
            Ok(_) => tracing::info!(directory = %d.key, run = run.name, "its RuleSync is gone: the run is withdrawn"),
            Err(error) => {
                let run = &run.name;
                tracing::warn!(directory = %d.key, run, %error, "a run could not be withdrawn; it is tried again");
                again = Some(LAGS);
            }
        }
    }
    again
}

/// Whether a run was asked for by a RuleSync. The API server gives random uids; those of runs that the access API was
/// asked for are made of the time.
fn is_of_a_resource(uid: &str) -> bool {
    Uuid::try_parse(uid).is_ok_and(|uid| uid.get_version_num() == 4)
}

/// Whether the run's RuleSync is there, or something of its name that cannot be read.
fn is_there(ctx: &Context, d: &Dereferenced, run: &RunStatus) -> bool {
    let unreadable = ctx.stores.undecodable_syncs.reason(&d.key.sibling(&run.name)).is_some();
    unreadable || !ctx.stores.syncs.state_filter(|sync| sync.uid().as_deref() == Some(&run.uid)).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_of_a_resource_can_lose_it() {
        assert!(is_of_a_resource("0b7f3a52-3c1e-4f6a-9d0e-5b1f3a6f2b11"));
        assert!(!is_of_a_resource(&Uuid::now_v7().to_string()), "asked for over the access API");
        assert!(!is_of_a_resource("uid-1"));
    }

    #[test]
    fn a_run_is_told_by_its_revision_and_not_by_a_longer_one() {
        let sync = |name: &str| {
            RuleSync::new(
                name,
                RuleSyncSpec {
                    directory_ref: DirectoryRef::to("acme"),
                    scope: SyncScope::All {},
                    dry_run: None,
                    allow_revocations: None,
                    nonce: None,
                },
            )
        };
        assert!(of_revision(&sync("acme-0b7f3a52-7"), "acme-0b7f3a52-7"));
        assert!(of_revision(&sync("acme-0b7f3a52-7-1"), "acme-0b7f3a52-7"));
        assert!(!of_revision(&sync("acme-0b7f3a52-71"), "acme-0b7f3a52-7"));
        assert!(!of_revision(&sync("by-hand"), "acme-0b7f3a52-7"));
    }
}
