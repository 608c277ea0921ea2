//! Hands a document to the endpoint. Same content = no request at all.

use super::dereference::Dereferenced;
use super::names::Names;
use super::validate::Compiled;
use crate::client::admin;
use crate::config::{Publication, Published};
use crate::operator::Error;
use crate::operator::context::Context;
use jiff::Timestamp;
use std::sync::Arc;

/// What came of publishing.
pub enum Outcome {
    /// The document is in force.
    InForce(Arc<Published>),
    /// No replica took it.
    Unreachable(String),
}

/// Publishes unless the same content is in force already.
///
/// # Errors
/// `StaleRevision` when another configuration came into force meanwhile: what was compiled may rest on the old one,
/// so the caller reads and decides again.
pub async fn publish(ctx: &Context, d: &Dereferenced, compiled: &Compiled) -> Result<Outcome, Error> {
    if let Some(in_force) = d.in_force.as_ref().filter(|in_force| in_force.content_hash == compiled.content_hash) {
        return Ok(Outcome::InForce(in_force.clone()));
    }
    let Some(seen) = &d.in_force else {
        let why = d.unreachable.clone();
        return Ok(Outcome::Unreachable(why.unwrap_or_else(|| "the endpoint has no pod that runs yet".to_owned())));
    };
    let publication = Publication {
        directory_uid: d.uid.clone(),
        epoch: 0,
        if_revision: seen.revision,
        content_hash: compiled.content_hash.clone(),
        document: compiled.document.clone(),
    };
    let mut unreachable = String::new();
    for address in &d.addresses {
        let client = ctx.dialler.client(&Names::of(&d.key).admin_server_name(), *address, Timestamp::now())?;
        match client.publish(&publication).await {
            Ok(published) => {
                let revision = published.revision;
                tracing::info!(directory = %d.key, revision, "published");
                let document = Some(compiled.document.clone());
                let published = Arc::new(Published { document, ..published });
                ctx.links.update(&d.key, &d.uid, |link| link.in_force = Some(published.clone()));
                return Ok(Outcome::InForce(published));
            }
            Err(error @ admin::Error::StaleRevision(_)) => {
                ctx.links.update(&d.key, &d.uid, |link| link.in_force = None);
                return Err(error.into());
            }
            Err(error) => {
                // Whether it was taken is not known: read again before the next attempt.
                ctx.links.update(&d.key, &d.uid, |link| link.in_force = None);
                unreachable = error.to_string();
            }
        }
    }
    Ok(Outcome::Unreachable(unreachable))
}
