//! Whether what was published to one pod has reached all that serve. The store spreads it, in a fraction of a second;
//! the operator only asks.

use super::dereference::Dereferenced;
use super::names::Names;
use crate::config::Published;
use crate::operator::Error;
use crate::operator::context::Context;
use crate::operator::link::Report;
use futures::future::join_all;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a reconcile waits for the last pod. Short: the next revocation may be waiting for this reconcile.
const WAIT: Duration = Duration::from_millis(600);
const STEP: Duration = Duration::from_millis(50);

/// How far a configuration has come.
pub enum Reach {
    /// Every pod that serves had said so before.
    Known,
    /// Now every pod that serves has said so.
    Everywhere,
    /// These pods have not said so.
    Missing(String),
}

/// Asks the pods that have not said so yet.
///
/// # Errors
/// When this process leads no more.
pub async fn reach(ctx: &Context, d: &Dereferenced, published: &Published) -> Result<Reach, Error> {
    let lagging = || ctx.links.update(&d.key, &d.uid, |link| link.lagging(published));
    let mut missing = lagging();
    if missing.is_empty() {
        return Ok(Reach::Known);
    }
    let deadline = Instant::now() + WAIT;
    loop {
        for (address, report) in ask(ctx, d, &missing, deadline).await? {
            ctx.links.update(&d.key, &d.uid, |link| link.reports.insert(address, report));
        }
        missing = lagging();
        if missing.is_empty() {
            return Ok(Reach::Everywhere);
        }
        if Instant::now() >= deadline {
            return Ok(Reach::Missing(said(&missing, d, published.revision)));
        }
        sleep(STEP).await;
    }
}

/// What these pods enforce; those that do not answer until the deadline say nothing.
async fn ask(
    ctx: &Context,
    d: &Dereferenced,
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<Vec<(SocketAddr, Report)>, Error> {
    let server_name = Names::of(&d.key).admin_server_name();
    let mut calls = Vec::new();
    for address in addresses {
        let client = ctx.dialler.client(&server_name, *address, d.now)?;
        let server_name = server_name.clone();
        calls.push(async move {
            match timeout_at(deadline, client.published()).await.ok()? {
                Ok(published) => Some((client.address(), Report::of(&published))),
                Err(error) => {
                    ctx.dialler.failed(&server_name, client.address(), &error);
                    None
                }
            }
        });
    }
    Ok(join_all(calls).await.into_iter().flatten().collect())
}

fn said(lagging: &[SocketAddr], d: &Dereferenced, revision: u64) -> String {
    let serving = d.pods.iter().filter(|pod| pod.serves).count();
    let addresses: Vec<String> = lagging.iter().map(|address| address.ip().to_string()).collect();
    format!(
        "{} of {serving} pods have not told that they enforce revision {revision}: {}",
        lagging.len(),
        addresses.join(", ")
    )
}
