//! Objects that the API server holds and the types of this version do not fit (C008): told of in their status, by an
//! Event, in the log and by a metric. What was last accepted of them stays in force; that is their directory's doing.
//!
//! Judged anew every few seconds from what the watches hold, so that a status that could not be written is tried again.
//! Never touches `spec`, and leaves what else the status says.

use super::Error;
use super::context::Context;
use super::runtime::conditions::{Standing, Wanted, merge};
use super::runtime::{FIELD_MANAGER, Invalid, Key, Undecodable};
use crate::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule, reason};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{Patch, PatchParams};
use kube::core::DynamicObject;
use kube::core::NamespaceResourceScope;
use kube::discovery::ApiResource;
use kube::{Api, Resource};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What has been told: the version of each object.
type Told = HashMap<Key, Invalid>;

/// Tells of what cannot be read until `stop`.
pub async fn run(ctx: Arc<Context>, stop: CancellationToken) -> Result<(), Error> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told: [Told; 4] = Default::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = look.tick() => {}
        }
        let [directories, rules, syncs, tokens] = &mut told;
        all::<ScimDirectory>(&ctx, "ScimDirectory", &ctx.stores.undecodable_directories, directories).await;
        all::<UserManagementRule>(&ctx, "UserManagementRule", &ctx.stores.undecodable_rules, rules).await;
        all::<RuleSync>(&ctx, "RuleSync", &ctx.stores.undecodable_syncs, syncs).await;
        all::<ScimAccessToken>(&ctx, "ScimAccessToken", &ctx.stores.undecodable_tokens, tokens).await;
    }
}

/// Tells of every object of a kind whose version was not told of yet.
async fn all<K>(ctx: &Context, name: &'static str, undecodable: &Undecodable, told: &mut Told)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    let kind = ApiResource::erase::<K>(&());
    let now = undecodable.all();
    ctx.metrics.undecodable(name, now.len());
    told.retain(|key, _| now.contains_key(key));
    for (key, invalid) in now {
        if told.get(&key) == Some(&invalid) {
            continue;
        }
        match tell(ctx, name, &kind, &key, &invalid.reason).await {
            Ok(()) => {
                told.insert(key, invalid);
            }
            Err(error) => tracing::warn!(kind = kind.kind, object = %key, %error, "could not be told of; tried again"),
        }
    }
}

async fn tell(ctx: &Context, name: &'static str, kind: &ApiResource, key: &Key, detail: &str) -> Result<(), Error> {
    let api: Api<DynamicObject> = Api::namespaced_with(ctx.client.clone(), &key.namespace, kind);
    let found = api.get_opt(&key.name).await.map_err(|e| Error::kube("read an object that does not fit", e))?;
    let Some(object) = found else { return Ok(()) };
    let mut status = object.data.get("status").and_then(Value::as_object).cloned().unwrap_or_default();
    let before = readable(status.get("conditions"));
    let generation = object.metadata.generation.unwrap_or_default();
    let conditions = conditions(&before, detail, generation, Timestamp::now());
    if before == conditions && status.get("observedGeneration") == Some(&json!(generation)) {
        return Ok(());
    }
    tracing::warn!(kind = kind.kind, object = %key, detail, "an object does not fit this version's types");
    status.insert("observedGeneration".to_owned(), json!(generation));
    status.insert("conditions".to_owned(), json!(conditions));
    let patch = json!({
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": key.name, "resourceVersion": object.metadata.resource_version},
        "status": status,
    });
    ctx.metrics.wrote(name);
    let params = PatchParams::apply(FIELD_MANAGER).force();
    api.patch_status(&key.name, &params, &Patch::Apply(patch))
        .await
        .map_err(|e| Error::kube("write the status of an object that does not fit", e))?;
    ctx.events.conditions(&object.object_ref(kind), &before, &conditions).await;
    Ok(())
}

/// The conditions that can be read; the status may be what does not fit.
fn readable(conditions: Option<&Value>) -> Vec<Condition> {
    let list = conditions.and_then(Value::as_array).cloned().unwrap_or_default();
    list.into_iter().filter_map(|condition| serde_json::from_value(condition).ok()).collect()
}

/// That it cannot be read, and what else was said of it.
fn conditions(before: &[Condition], detail: &str, generation: i64, now: Timestamp) -> Vec<Condition> {
    let message = format!("{detail}; what was last accepted of it stays in force");
    let mut wanted = Standing::new(reason::UNDECODABLE, message.clone()).conditions();
    wanted.push(Wanted::no("Accepted", reason::UNDECODABLE, message));
    let mut conditions = merge(before, wanted, generation, now);
    let said = |condition: &&Condition| !["Ready", "Reconciling", "Stalled", "Accepted"].contains(&&*condition.type_);
    conditions.extend(before.iter().filter(said).cloned());
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c008_an_object_that_cannot_be_read_is_stalled_and_keeps_what_else_was_said() {
        let ready = Standing::plain(reason::PUBLISHED).conditions();
        let in_sync = Wanted::yes("InSync", reason::UP_TO_DATE, "");
        let before = merge(&[], [ready, vec![in_sync]].concat(), 1, Timestamp::UNIX_EPOCH);
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let after = conditions(&before, "spec.role: invalid type: integer `7`, expected a string", 2, now);
        let shown: Vec<_> = after.iter().map(|c| format!("{}={} {}", c.type_, c.status, c.reason)).collect();
        assert_eq!(
            shown,
            [
                "Ready=False Undecodable",
                "Stalled=True Undecodable",
                "Accepted=False Undecodable",
                "InSync=True UpToDate"
            ]
        );
        assert!(after[0].message.starts_with("spec.role: ") && after[0].message.ends_with("stays in force"));
        assert_eq!(after[3], before[1], "as it was");
        assert_eq!(conditions(&after, "spec.role: invalid type: integer `7`, expected a string", 2, now), after);
    }

    #[test]
    fn a_status_that_is_what_does_not_fit_is_read_as_far_as_it_can_be() {
        let good = json!(merge(&[], Standing::plain(reason::ACTIVE).conditions(), 1, Timestamp::UNIX_EPOCH)[0]);
        assert_eq!(readable(Some(&json!([{"type": 7}, good]))).len(), 1);
        assert!(readable(Some(&json!("none"))).is_empty() && readable(None).is_empty());
    }
}
