//! RuleSync: one run over people already there (B056–B066). The queue and the work are the endpoint's.
//!
//! A run is handed over only when the endpoint has every rule as it was when the run was asked for: rule and run may be
//! applied together, and come to us in any order.

pub mod automatic;
mod status;

use crate::api::rule_sync::SyncScope;
use crate::api::{RuleSync, RuleSyncStatus, UserManagementRule, reason};
use crate::client::admin;
use crate::config::{AllowRevocations, RunRequest, RunScope};
use crate::operator::context::Context;
use crate::operator::directory::names::Names;
use crate::operator::link::Link;
use crate::operator::runtime::Key;
use crate::operator::runtime::conditions::Standing;
use crate::operator::{Error, status as writer};
use jiff::Timestamp;
use kube::api::ListParams;
use kube::runtime::controller::Action;
use kube::{Resource, ResourceExt};
use std::sync::Arc;
use std::time::Duration;

/// How soon to look again while the configuration is on its way.
const SOON: Duration = Duration::from_millis(300);
/// How soon to look again at a run under way; the state poll usually is faster.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// Hands one run over and mirrors how it stands.
pub async fn reconcile(ctx: &Context, sync: Arc<RuleSync>) -> Result<Action, Error> {
    let ended = sync.status.as_ref().and_then(|status| status.phase).is_some_and(|phase| phase.is_final());
    let unreadable = ctx.stores.undecodable_syncs.reason(&Key::of(sync.as_ref())).is_some();
    if ended || unreadable || sync.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let directory = Key::of(sync.as_ref()).sibling(&sync.spec.directory_ref.name);
    let now = Timestamp::now();
    let handed_over = sync.status.as_ref().is_some_and(|status| status.progress.is_some());
    if let Some(standing) = ctx.unreadable_directory(&directory) {
        if !handed_over {
            write(ctx, &sync, &status::waiting(&sync, standing, now)).await?;
        }
        return Ok(Action::await_change());
    }
    let Some(owner) = ctx.directory(&directory) else {
        let message = format!("no ScimDirectory {} is in this namespace: make it", directory.name);
        let standing = Standing::new(reason::DIRECTORY_NOT_FOUND, message);
        write(ctx, &sync, &status::waiting(&sync, standing, now)).await?;
        return Ok(Action::await_change());
    };
    if owner.spec.suspended() || owner.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let uid = owner.uid().unwrap_or_default();
    let link = ctx.links.get(&directory).filter(|link| link.uid == uid && link.is_published());
    let Some(link) = link else {
        // Woken when the configuration is in force.
        write(ctx, &sync, &status::waiting(&sync, Standing::plain(reason::DIRECTORY_NOT_READY), now)).await?;
        return Ok(Action::requeue(UNDER_WAY));
    };
    if !handed_over && !has_every_rule(ctx, &directory, &link).await? {
        write(ctx, &sync, &status::waiting(&sync, Standing::plain(reason::PUBLISH_PENDING), now)).await?;
        return Ok(Action::requeue(SOON));
    }
    if !handed_over && !ctx.is_alive(&directory, &uid).await? {
        return Ok(Action::await_change());
    }
    hand_over(ctx, &sync, &directory, &link, now).await
}

async fn hand_over(
    ctx: &Context,
    sync: &RuleSync,
    directory: &Key,
    link: &Link,
    now: Timestamp,
) -> Result<Action, Error> {
    let request = &request(sync);
    let uid = &sync.uid().unwrap_or_default();
    let server_name = Names::of(directory).admin_server_name();
    let asked =
        ctx.dialler.ask(&server_name, &link.pods, |client| async move { client.request_run(uid, request).await }).await;
    match asked {
        Ok((_, run)) => {
            write(ctx, sync, &status::mirrored(sync, &run, now)).await?;
            Ok(if run.phase.is_final() { Action::await_change() } else { Action::requeue(UNDER_WAY) })
        }
        Err(Error::NoPod | Error::Admin(admin::Error::Unreachable { .. })) => {
            write(ctx, sync, &status::waiting(sync, Standing::plain(reason::ENDPOINT_UNREACHABLE), now)).await?;
            Ok(Action::requeue(UNDER_WAY))
        }
        Err(error) => Err(error),
    }
}

/// The run as the endpoint is asked for it.
fn request(sync: &RuleSync) -> RunRequest {
    RunRequest {
        name: sync.name_any(),
        scope: match &sync.spec.scope {
            SyncScope::Rules(rules) => RunScope::Rules(rules.clone()),
            SyncScope::All {} => RunScope::All {},
        },
        nonce: sync.spec.nonce().to_owned(),
        dry_run: sync.spec.dry_run(),
        // What the schema does not let in allows nothing.
        allow_revocations: sync
            .spec
            .allow_revocations
            .map(|allowed| AllowRevocations { up_to: u64::try_from(allowed.up_to).unwrap_or(0) }),
        created_at: sync.creation_timestamp().map(|time| time.0),
    }
}

/// Whether what is in force was made from the rules as the API server has them now: all of them, and no other.
pub async fn has_every_rule(ctx: &Context, directory: &Key, link: &Link) -> Result<bool, Error> {
    let Some(compiled) = &link.compiled else { return Ok(false) };
    let params = ListParams::default().fields(&format!("spec.directoryRef.name={}", directory.name));
    let rules = ctx.api::<UserManagementRule>(&directory.namespace).list_metadata(&params).await;
    let rules = rules.map_err(|e| Error::kube("list the directory's rules", e))?;
    let known = |rule: &kube::api::ObjectMeta| {
        let name = rule.name.clone().unwrap_or_default();
        let source = (rule.uid.clone().unwrap_or_default(), rule.generation.unwrap_or_default());
        let unreadable = ctx.stores.undecodable_rules.reason(&directory.sibling(&name)).is_some();
        unreadable || rule.deletion_timestamp.is_some() || compiled.sources.get(&name) == Some(&source)
    };
    let there = |name: &String| rules.items.iter().any(|rule| rule.metadata.name.as_ref() == Some(name));
    Ok(rules.items.iter().all(|rule| known(&rule.metadata)) && compiled.rules.keys().all(there))
}

async fn write(ctx: &Context, sync: &RuleSync, wanted: &RuleSyncStatus) -> Result<(), Error> {
    let current = sync.status.as_ref();
    if writer::write(&ctx.client, &ctx.metrics, "RuleSync", sync, current, wanted).await? {
        let before = current.map(|status| status.conditions.as_slice()).unwrap_or_default();
        ctx.events.conditions(&sync.object_ref(&()), before, &wanted.conditions).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn c003_what_a_person_confirms_and_a_dry_run_reach_the_endpoint() {
        let asked = |more: serde_json::Value| {
            let mut spec = json!({"directoryRef": {"name": "acme"}, "scope": {"rules": ["hr"]}});
            for (key, value) in more.as_object().unwrap() {
                spec[key] = value.clone();
            }
            let sync = json!({
                "apiVersion": "scim-operator.dev/v1alpha1", "kind": "RuleSync",
                "metadata": {"name": "by-hand", "namespace": "ns"}, "spec": spec,
            });
            serde_json::to_value(request(&serde_json::from_value(sync).unwrap())).unwrap()
        };
        // What says nothing more has the text, and so the hash, that it had before there was more to say.
        assert_eq!(asked(json!({})), json!({"name": "by-hand", "scope": {"rules": ["hr"]}}));
        assert_eq!(asked(json!({"dryRun": true}))["dryRun"], true);
        assert_eq!(asked(json!({"allowRevocations": {"upTo": 7}}))["allowRevocations"], json!({"upTo": 7}));
        assert_eq!(asked(json!({"allowRevocations": {"upTo": -7}}))["allowRevocations"], json!({"upTo": 0}));
    }
}
