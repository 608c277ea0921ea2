//! One active token per directory and holder: which of several counts (B117, B126).

use super::verdict::Refusal;
use crate::api::ScimAccessToken;
use crate::api::reason::TOKEN_LIMIT;
use crate::api::token::TokenState;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The tokens that may not work because an older one of the same directory and holder does, by name, with the refusal.
///
/// Of several active tokens the oldest counts: by `creationTimestamp`, which has seconds; of the same second one that
/// was issued already, so that a second token never ends one that works; then by uid, then by name. A token that has
/// expired at `now`, was revoked, or is being deleted is not active: it stands in nobody's way and is not refused
/// either. `tokens` are those of one namespace.
pub fn token_limit(tokens: &[ScimAccessToken], now: Timestamp) -> BTreeMap<String, Refusal> {
    let mut holders: BTreeMap<(&str, &str), Vec<&ScimAccessToken>> = BTreeMap::new();
    for token in tokens.iter().filter(|token| active(token, now)) {
        let holder = (token.spec.directory_ref.name.as_str(), token.spec.issued_to.as_str());
        holders.entry(holder).or_default().push(token);
    }
    let mut out = BTreeMap::new();
    for ((directory, issued_to), mut tokens) in holders {
        tokens.sort_by_key(|token| age(token));
        let Some((oldest, others)) = tokens.split_first() else { continue };
        for token in others {
            let message = format!(
                "spec.issuedTo: {issued_to:?} holds the active token {:?} of the directory {directory:?}: \
                 delete that one, or write another issuedTo in a new token",
                name(oldest),
            );
            out.insert(name(token).to_owned(), Refusal::new(TOKEN_LIMIT, "spec.issuedTo", message));
        }
    }
    out
}

fn active(token: &ScimAccessToken, now: Timestamp) -> bool {
    let status = token.status.as_ref();
    let over = status.and_then(|status| status.expires_at.as_ref()).is_some_and(|at| at.0 <= now);
    let state = status.and_then(|status| status.state);
    let ended = over || matches!(state, Some(TokenState::Expired | TokenState::Revoked));
    !ended && token.metadata.deletion_timestamp.is_none()
}

/// Orders tokens from the oldest on.
fn age(token: &ScimAccessToken) -> (Option<Timestamp>, bool, Option<String>, String) {
    let meta = &token.metadata;
    let waits = token.status.as_ref().is_none_or(|status| status.token_id.is_none());
    (meta.creation_timestamp.as_ref().map(|time| time.0), waits, meta.uid.clone(), name(token).to_owned())
}

fn name(token: &ScimAccessToken) -> &str {
    token.metadata.name.as_deref().unwrap_or_default()
}
