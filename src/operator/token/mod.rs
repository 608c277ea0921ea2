//! ScimAccessToken: one bearer credential (B113–B128).
//!
//! Order of making: plaintext Secret (create-only, immutable) → read back → hash into the verifiers Secret → publish;
//! the last two are the directory's reconcile. A crash between any two steps converges, because each step looks at
//! what is there.
//!
//! Deleting the ScimAccessToken revokes; deleting only the Secret does not, and never makes the value again.

mod kept;
pub mod secret;
mod status;
pub mod value;

pub use kept::{Kept, VerifiersFile};

use crate::api::reason::{DIRECTORY_NOT_FOUND, DIRECTORY_NOT_READY, NAME_TAKEN, PREVIOUS_TERMINATING, REVOKED};
use crate::api::{ScimAccessToken, ScimDirectory};
use crate::manifests::token_limit;
use crate::operator::context::{Context, Trigger};
use crate::operator::link::Link;
use crate::operator::runtime::Key;
use crate::operator::runtime::conditions::{Standing, find as find_condition};
use crate::operator::{Error, status as writer};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Resource;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;
use kube::runtime::controller::Action;
use secret::Place;
use std::sync::Arc;
use std::time::Duration;

/// Brings one token to what it should be.
pub async fn reconcile(ctx: &Context, token: Arc<ScimAccessToken>) -> Result<Action, Error> {
    if token.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    if ctx.stores.undecodable_tokens.reason(&Key::of(token.as_ref())).is_some() {
        return Ok(Action::await_change());
    }
    let directory = Key::of(token.as_ref()).sibling(&token.spec.directory_ref.name);
    let now = Timestamp::now();
    let issued = token.status.as_ref().is_some_and(|status| status.token_id.is_some());
    let Some(owner) = ctx.directory(&directory) else {
        return match without_directory(&directory, ctx.unreadable_directory(&directory), issued) {
            Some(standing) => report(ctx, &token, &Link::default(), Some(standing), now).await,
            None => Ok(Action::await_change()),
        };
    };
    if owner.spec.suspended() || owner.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let link = ctx.links.get(&directory).filter(|link| Some(&link.uid) == owner.metadata.uid.as_ref());
    let link = link.unwrap_or_default();
    if link.kept.is_none() && issued {
        // Right after a start: the directory's reconcile comes first, and wakes its tokens. What is written stands.
        return Ok(Action::await_change());
    }
    let tokens: Vec<_> =
        ctx.tokens_in(&directory.namespace).iter().map(|token| ScimAccessToken::clone(token)).collect();
    let refused = token_limit(&tokens, now).remove(&token.name_any());
    let obstacle = match (refused, &link.kept) {
        (Some(refusal), _) => Some(Standing::new(refusal.reason, refusal.message)),
        // What is kept must be known before a value is made: the token may have one already.
        (None, None) => Some(Standing::plain(DIRECTORY_NOT_READY)),
        (None, Some(kept)) if find(kept, &token).is_some() => None,
        (None, Some(_)) => issue(ctx, &token, &owner, &directory).await?,
    };
    report(ctx, &token, &link, obstacle, now).await
}

/// How a token stands whose directory cannot be looked at. `None`: nothing is known of the directory, and what is
/// written stands.
fn without_directory(directory: &Key, unreadable: Option<Standing>, issued: bool) -> Option<Standing> {
    match unreadable {
        Some(standing) => (!issued).then_some(standing),
        None => {
            let message = format!("no ScimDirectory {} is in this namespace: make it", directory.name);
            Some(Standing::new(DIRECTORY_NOT_FOUND, message))
        }
    }
}

fn find<'a>(kept: &'a [Kept], token: &ScimAccessToken) -> Option<&'a Kept> {
    kept.iter().find(|kept| Some(&kept.token_uid) == token.metadata.uid.as_ref())
}

/// Makes the value, or says who is in the way.
async fn issue(
    ctx: &Context,
    token: &ScimAccessToken,
    owner: &ScimDirectory,
    directory: &Key,
) -> Result<Option<Standing>, Error> {
    let name = secret::key(token).name;
    match secret::look(ctx, token).await? {
        Place::Ours(_) => {}
        Place::Previous => {
            let message = format!("Secret {name} of an earlier token is still being removed");
            return Ok(Some(Standing::new(PREVIOUS_TERMINATING, message)));
        }
        Place::Another => {
            let message = format!(
                "Secret {name} exists and is not this token's: delete it, or write another secretName in a new token"
            );
            return Ok(Some(Standing::new(NAME_TAKEN, message)));
        }
        Place::Empty => {
            // Once a token was issued, a deleted Secret stays deleted: the value is shown once (B123).
            if token.status.as_ref().is_some_and(|status| status.token_id.is_some()) {
                let message = "neither its Secret nor its hash is left: delete it and make a new token";
                return Ok(Some(Standing::new(REVOKED, message)));
            }
            match owner.status.as_ref().and_then(|status| status.base_url.clone()) {
                Some(base_url)
                    if ctx.is_alive(directory, owner.metadata.uid.as_deref().unwrap_or_default()).await? =>
                {
                    secret::create(ctx, token, &base_url).await?;
                }
                _ => return Ok(Some(Standing::plain(DIRECTORY_NOT_READY))),
            }
        }
    }
    // The directory's reconcile hashes it and publishes.
    ctx.queues.send(Trigger::Directory(directory.clone())).await;
    Ok(None)
}

async fn report(
    ctx: &Context,
    token: &ScimAccessToken,
    link: &Link,
    obstacle: Option<Standing>,
    now: Timestamp,
) -> Result<Action, Error> {
    let kept = link.kept.as_deref().and_then(|kept| find(kept, token));
    let in_force = link.in_force.as_ref().and_then(|published| published.document.as_ref());
    // An endpoint that cannot be asked keeps what it was given.
    let was_published = token
        .status
        .as_ref()
        .is_some_and(|status| find_condition(&status.conditions, "Ready").is_some_and(|ready| ready.status == "True"));
    let published =
        kept.is_some_and(|kept| in_force.map_or(was_published, |document| document.verifiers.contains(&kept.verifier)));
    let uses = link.state.as_ref().map(|state| state.tokens.as_slice()).unwrap_or_default();
    let last_used_at = kept.and_then(|kept| {
        uses.iter().find(|token| token.token_id == kept.verifier.token_id).map(|token| token.last_used_at)
    });
    let retrievable = kept.is_some() && secret_exists(ctx, &secret::key(token)).await?;
    let (wanted, again) =
        status::report(&status::Facts { token, obstacle, kept, published, retrievable, last_used_at, now });
    let current = token.status.as_ref();
    if writer::write(&ctx.client, &ctx.metrics, "ScimAccessToken", token, current, &wanted).await? {
        let before = current.map(|status| status.conditions.as_slice()).unwrap_or_default();
        ctx.events.conditions(&token.object_ref(&()), before, &wanted.conditions).await;
    }
    Ok(Action::requeue(Duration::try_from(again).unwrap_or(Duration::from_secs(60))))
}

/// Whether a Secret is there. The store may be late, so a missing one is asked for.
async fn secret_exists(ctx: &Context, key: &Key) -> Result<bool, Error> {
    if ctx.stores.secrets.get(&key.object_ref::<PartialObjectMeta<Secret>>()).is_some() {
        return Ok(true);
    }
    let found = ctx.api::<Secret>(&key.namespace).get_metadata_opt(&key.name).await;
    Ok(found.map_err(|e| Error::kube("look for a token's Secret", e))?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::context::unreadable;

    fn standing(unreadable: Option<Standing>, issued: bool) -> Option<String> {
        let standing = without_directory(&Key::new("ns", "acme"), unreadable, issued)?;
        Some(format!("{}: {}", standing.reason.name, standing.message))
    }

    #[test]
    fn c008_a_token_of_a_directory_that_cannot_be_read_waits_and_an_issued_one_keeps_its_status() {
        let waits = "DirectoryNotReady: the ScimDirectory acme cannot be read by this version of the operator, its \
                     status says why; what is in force stays in force";
        assert_eq!(standing(Some(unreadable("acme")), false).as_deref(), Some(waits));
        assert_eq!(standing(Some(unreadable("acme")), true), None);
    }

    #[test]
    fn a_token_without_a_directory_says_so_whether_it_was_issued_or_not() {
        let missing = "DirectoryNotFound: no ScimDirectory acme is in this namespace: make it";
        for issued in [false, true] {
            assert_eq!(standing(None, issued).as_deref(), Some(missing));
        }
    }
}
