//! Writes the children that differ from what they should be, in an order in which each finds what it needs.

use super::build::Children;
use super::dereference::Found;
use super::drift;
use crate::operator::context::Context;
use crate::operator::runtime::FIELD_MANAGER;
use crate::operator::{ApiAnswer, Error};
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// Writes what differs; answers the workload as the API server has it now.
pub async fn apply(ctx: &Context, children: Children, found: &Found) -> Result<Deployment, Error> {
    // Both without `..`: a child that nobody applies, or compares with what is there, does not compile.
    let Children {
        account,
        admin_tls,
        verifiers,
        data,
        public_service,
        access_service,
        admin_service,
        policy,
        budget,
        workload,
    } = children;
    let Found {
        account: live_account,
        admin_tls: live_admin_tls,
        verifiers: live_verifiers,
        data: live_data,
        public_service: live_public_service,
        access_service: live_access_service,
        admin_service: live_admin_service,
        policy: live_policy,
        budget: live_budget,
        workload: live_workload,
    } = found;
    // What the pod mounts or runs as.
    put(ctx, "ServiceAccount", account, live_account.as_ref()).await?;
    put(ctx, "Secret", admin_tls, live_admin_tls.as_ref()).await?;
    put(ctx, "Secret", verifiers, live_verifiers.as_ref()).await?;
    if let Some(data) = data {
        put(ctx, "PersistentVolumeClaim", data, live_data.as_ref()).await?;
    }
    // What may reach it, before it listens.
    put(ctx, "NetworkPolicy", policy, live_policy.as_ref()).await?;
    // Where it is found.
    put(ctx, "Service", public_service, live_public_service.as_ref()).await?;
    put(ctx, "Service", access_service, live_access_service.as_ref()).await?;
    put(ctx, "Service", admin_service, live_admin_service.as_ref()).await?;
    // How many of its pods may be asked to go at a time. One that is not wanted any more lets a single pod go too.
    if let Some(budget) = budget {
        put(ctx, "PodDisruptionBudget", budget, live_budget.as_ref()).await?;
    }
    // The workload last: everything it names exists.
    put(ctx, "Deployment", workload, live_workload.as_ref()).await
}

async fn put<K>(ctx: &Context, kind: &'static str, mut wanted: K, live: Option<&K>) -> Result<K, Error>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug,
    K: Serialize + DeserializeOwned,
{
    if kind != "Secret" {
        // A hash of secret content has no business in an annotation; a Secret's own content is compared whole.
        drift::stamp(&mut wanted);
    }
    let value = serde_json::to_value(&wanted).unwrap_or_default();
    if let Some(live) = live
        && !drift::lacks(&serde_json::to_value(live).unwrap_or_default(), &value)
    {
        return Ok(live.clone());
    }
    // Without force where nothing was: should somebody have been faster, theirs is not taken over.
    let params = PatchParams::apply(FIELD_MANAGER);
    let params = if live.is_some() { params.force() } else { params };
    let namespace = wanted.namespace().unwrap_or_default();
    let name = wanted.name_any();
    tracing::info!(kind, %namespace, %name, created = live.is_none(), "apply");
    ctx.metrics.wrote(kind);
    let api = ctx.api::<K>(&namespace);
    let applied = match api.patch(&name, &params, &Patch::Apply(&value)).await {
        // Lists that are maps to the server keep what somebody added, and the two together may be no valid object: a
        // Service with a second port, say. Such lists are written over as a whole.
        Err(error) if error.is_invalid() && live.is_some() => {
            tracing::warn!(kind, %namespace, %name, %error, "what somebody changed is written over");
            let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
            api.patch(&name, &params, &Patch::Merge(&value)).await
        }
        other => other,
    };
    applied.map_err(|e| Error::kube("apply a child of the directory", e))
}
