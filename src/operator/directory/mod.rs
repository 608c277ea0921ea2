//! ScimDirectory: its endpoint workload and the configuration that is in force there.
//!
//! dereference (all reads) → validate (pure) → build (pure) → apply → publish → status. Revocations are published
//! before anything else. Nothing is written for a directory, or in a namespace, that is being deleted.

mod apply;
mod automatic;
pub mod build;
mod dereference;
mod drift;
mod floor;
pub mod named;
pub mod names;
pub mod ownership;
mod publish;
mod seed;
mod sign_in;
mod spread;
mod status;
mod take;
#[cfg(test)]
mod unreadable_tests;
mod validate;

pub use validate::Compiled;

use crate::api::ScimDirectory;
use crate::api::reason::{PREVIOUS_TERMINATING, REVOCATION_HELD, REVOCATION_HELD_REASON};
use crate::client::admin;
use crate::config::Published;
use crate::operator::context::Context;
use crate::operator::link::poll::Target;
use crate::operator::runtime::{FIELD_MANAGER, Key, MANAGED_BY};
use crate::operator::{Error, rule_sync, status as writer, tls};
use dereference::{Dereferenced, dereference};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use kube::runtime::controller::Action;
use kube::{Resource, ResourceExt};
use names::Names;
use publish::Outcome;
use spread::Reach;
use std::sync::Arc;
use std::time::Duration;
use validate::{Validated, validate};

const ATTEMPTS: usize = 3;
/// How soon to look again whether what was published has arrived everywhere, or may be published now.
const SOON: SignedDuration = SignedDuration::from_secs(1);
/// How soon to call pods again that did not answer.
const UNREACHABLE: SignedDuration = SignedDuration::from_secs(5);

/// Brings one directory to what its manifests say.
pub async fn reconcile(ctx: &Context, directory: Arc<ScimDirectory>) -> Result<Action, Error> {
    if directory.metadata.deletion_timestamp.is_some() {
        // Nothing is revoked by accident: what is in force stays until the endpoint itself is gone (C010).
        return Ok(Action::await_change());
    }
    if directory.spec.suspended() {
        let wanted = status::suspended(&directory, Timestamp::now());
        write_status(ctx, &directory, &wanted).await?;
        return Ok(Action::await_change());
    }
    let mut attempt = 1;
    loop {
        match once(ctx, directory.clone()).await {
            // Another configuration came into force meanwhile: read it and decide again.
            Err(Error::Admin(admin::Error::StaleRevision(_))) if attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

/// What is forgotten of a directory that is gone. One that cannot be read is not gone.
pub fn gone(ctx: &Context, key: &Key) {
    if ctx.stores.undecodable_directories.reason(key).is_some() {
        return;
    }
    ctx.links.forget(key);
    ctx.dialler.keep(&Names::of(key).admin_server_name(), &[]);
    let stop = Target { key: key.clone(), uid: String::new(), server_name: String::new(), addresses: Vec::new() };
    // A full queue is drained by live endpoints first; the poll of a dead one only fails quietly until the next try.
    let _ = ctx.targets.try_send(stop);
}

async fn once(ctx: &Context, directory: Arc<ScimDirectory>) -> Result<Action, Error> {
    let mut d = dereference(ctx, directory).await?;
    let v = validate(&d, &ctx.settings);
    remember(ctx, &d, &v).await;
    if v.revokes && v.store_obstacle.is_none() {
        if !ctx.is_alive(&d.key, &d.uid).await? {
            return Ok(Action::await_change());
        }
        // Revocations go first, whatever else is in the way.
        if let Outcome::InForce(published) = publish::publish(ctx, &d, &v.compiled).await? {
            d.in_force = Some(published);
        }
    }
    let workload = match &v.obstacle {
        Some(_) => d.found.workload.clone(),
        None => match make(ctx, &d, &v).await? {
            Some(workload) => Some(workload),
            None => return Ok(Action::await_change()),
        },
    };
    let Settled { published, again } = settle(ctx, &mut d, &v).await?;
    let run = automatic::run(ctx, &d, published.is_ok()).await?;
    let report = report(ctx, &d, &v, workload.as_ref(), published);
    write_status(ctx, &d.directory, &report.status).await?;
    take::forget(ctx, &d).await?;
    Ok(Action::requeue(wait(report.again, again.into_iter().chain(run).min())))
}

/// Makes and applies the children; `None` when the directory is going.
async fn make(ctx: &Context, d: &Dereferenced, v: &Validated) -> Result<Option<Deployment>, Error> {
    let names = Names::of(&d.key);
    let authorities = ctx.dialler.authorities()?;
    let tls = tls::endpoint_tls(&authorities, d.found.admin_tls.as_ref(), &names.admin_server_name(), d.now)?;
    // Asked each time: what is missing, or another than it was, may be on its way out with its namespace.
    if !ctx.is_alive(&d.key, &d.uid).await? {
        return Ok(None);
    }
    let deleted = seed::deleted_default_rules(ctx, d).await?;
    let in_force = d.in_force.as_deref();
    let everywhere = ctx.links.update(&d.key, &d.uid, |link| in_force.is_some_and(|now| link.lagging(now).is_empty()));
    let plan = validate::plan(d, &ctx.settings, tls, &floor::verifiers(d, v, everywhere), deleted);
    let workload = apply::apply(ctx, build::build(&plan), &d.found).await?;
    seed::own_token(ctx, d).await?;
    seed::rules(ctx, d).await?;
    Ok(Some(workload))
}

/// What publishing came to.
struct Settled {
    /// What every pod that serves enforces; otherwise why they do not.
    published: Result<Arc<Published>, String>,
    /// When to look again, if soon.
    again: Option<SignedDuration>,
}

impl Settled {
    fn not(why: impl Into<String>, again: Option<SignedDuration>) -> Self {
        Self { published: Err(why.into()), again }
    }
}

/// Publishes what is not in force yet, everywhere; otherwise says why it is not.
async fn settle(ctx: &Context, d: &mut Dereferenced, v: &Validated) -> Result<Settled, Error> {
    // While an earlier directory is being collected, half of its rules would be published as all there are.
    let collected = v.obstacle.as_ref().filter(|obstacle| obstacle.reason == PREVIOUS_TERMINATING);
    if let Some(obstacle) = v.store_obstacle.as_ref().or(collected) {
        return Ok(Settled::not(obstacle.message.clone(), None));
    }
    if v.obstacle.is_none() && is_first(d) && !has_every_rule(ctx, d).await? {
        return Ok(Settled::not("the first rules are being made and read", Some(SOON)));
    }
    let epoch = ctx.leadership.epoch()?;
    let floor = publish::floor(d);
    let is_due = d.in_force.as_ref().is_some_and(|now| !publish::is_settled(now, &v.compiled, epoch, floor));
    if is_due && !ctx.is_alive(&d.key, &d.uid).await? {
        return Ok(Settled::not("the directory is being deleted", None));
    }
    let published = match publish::publish(ctx, d, &v.compiled).await? {
        Outcome::InForce(published) => published,
        Outcome::Unreachable(why) => return Ok(Settled::not(why, asked_again_in(d))),
    };
    let news = d.in_force.replace(published.clone()).is_none_or(|old| old.revision != published.revision);
    if news {
        ctx.wake_dependents(&d.key).await;
    }
    Ok(match spread::reach(ctx, d, &published).await? {
        Reach::Known => Settled { published: Ok(published), again: None },
        // Once more: from now on it is known that no pod lets a revoked token in, and the children say so.
        Reach::Everywhere => Settled { published: Ok(published), again: Some(SOON) },
        Reach::Missing(why) => Settled::not(why, Some(SOON)),
    })
}

/// When to try again what no pod took: the poll tells when one answers again, but a poll that goes on while one call
/// failed tells nothing. Without pods there is nobody to ask; one that comes wakes the directory.
fn asked_again_in(d: &Dereferenced) -> Option<SignedDuration> {
    (!d.pods.is_empty()).then_some(UNREACHABLE)
}

/// Whether nothing of this directory has been published to the store that answers: it is new, or that of an earlier
/// directory, whose people must not lose for a moment what rules give that are only on their way to us.
fn is_first(d: &Dereferenced) -> bool {
    let Some(in_force) = &d.in_force else { return false };
    in_force.document.as_ref().is_none_or(|document| document.directory.uid != d.uid)
}

/// Whether the default rules are made, and every rule that the API server has is among those that were read.
async fn has_every_rule(ctx: &Context, d: &Dereferenced) -> Result<bool, Error> {
    let Some(link) = ctx.links.get(&d.key).filter(|_| seed::is_seeded(&d.directory)) else { return Ok(false) };
    rule_sync::has_every_rule(ctx, &d.key, &link).await
}

/// Leaves for the other controllers what they need to know, polls the endpoint, and wakes whom it concerns.
async fn remember(ctx: &Context, d: &Dereferenced, v: &Validated) {
    let changed = ctx.links.update(&d.key, &d.uid, |link| {
        let changed = link.compiled.as_deref() != Some(&v.compiled) || link.kept.as_deref() != Some(&v.kept);
        if changed {
            link.compiled = Some(Arc::new(v.compiled.clone()));
            link.kept = Some(Arc::new(v.kept.clone()));
        }
        link.unreachable.clone_from(&d.unreachable);
        changed
    });
    let target = Target {
        key: d.key.clone(),
        uid: d.uid.clone(),
        server_name: Names::of(&d.key).admin_server_name(),
        addresses: d.pods.iter().map(|pod| pod.address).collect(),
    };
    let _ = ctx.targets.send(target).await;
    if changed {
        ctx.wake_dependents(&d.key).await;
    }
}

fn report(
    ctx: &Context,
    d: &Dereferenced,
    v: &Validated,
    workload: Option<&Deployment>,
    published: Result<Arc<Published>, String>,
) -> status::Report {
    let api_key = d.key.sibling(Names::of(&d.key).api_key());
    let enabled = d.rules.iter().filter(|rule| match rule {
        crate::manifests::RuleManifest::Read(rule) => rule.spec.directory_ref.name == d.key.name && rule.spec.enabled(),
        crate::manifests::RuleManifest::Undecodable(rule) => {
            !rule.disabled && v.compiled.rules.contains_key(&rule.name)
        }
    });
    status::report(&status::Facts {
        directory: &d.directory,
        base_url: &v.base_url,
        obstacle: v.first_obstacle(),
        sign_in_obstacle: v.sign_in_obstacle.as_deref(),
        verdict: &v.compiled.directory,
        rules: &v.compiled.rules,
        rules_enabled: enabled.count(),
        workload,
        published: published.as_deref().map_err(Clone::clone),
        state: d.state.as_deref(),
        kept: &v.kept,
        api_key_exists: ctx
            .stores
            .secrets
            .get(&api_key.object_ref::<kube::core::PartialObjectMeta<Secret>>())
            // A Secret that a person labelled for this directory is there too.
            .is_some_and(|secret| secret.labels().get(MANAGED_BY).is_some_and(|by| by == FIELD_MANAGER)),
        figures_due: figures_due(ctx, d),
        now: d.now,
        started: ctx.leadership.since().unwrap_or(d.now),
    })
}

/// Once per interval since this process leads, and not in the first.
fn figures_due(ctx: &Context, d: &Dereferenced) -> bool {
    let interval = status::interval(ctx.leadership.since().unwrap_or(d.now), d.now);
    d.state.is_some()
        && ctx.links.update(&d.key, &d.uid, |link| {
            let due = interval > link.figures_interval;
            link.figures_interval = interval;
            due
        })
}

async fn write_status(
    ctx: &Context,
    directory: &ScimDirectory,
    wanted: &crate::api::ScimDirectoryStatus,
) -> Result<(), Error> {
    if ctx.stores.undecodable_directories.reason(&Key::of(directory)).is_some() {
        // This is what it was; how it stands now is told by `undecodable`.
        return Ok(());
    }
    let current = directory.status.as_ref();
    if writer::write(&ctx.client, &ctx.metrics, "ScimDirectory", directory, current, wanted).await? {
        let before = current.map(|status| status.conditions.as_slice()).unwrap_or_default();
        let about = directory.object_ref(&());
        ctx.events.conditions(&about, before, &wanted.conditions).await;
        if let Some(note) = status::newly_held(before, &wanted.conditions) {
            let reason = REVOCATION_HELD_REASON.name;
            ctx.events.publish(&about, true, reason, REVOCATION_HELD, note).await;
        }
    }
    Ok(())
}

/// The shorter of two waits, at least half a second.
fn wait(report: SignedDuration, again: Option<SignedDuration>) -> Duration {
    let shorter = again.map_or(report, |again| again.min(report));
    Duration::try_from(shorter).unwrap_or(Duration::ZERO).max(Duration::from_millis(500))
}
