//! Cursors of lists (RFC 9865): a place in one list, sealed, so that nobody can read or make one, and good for an hour.
//!
//! What a list is sorted by may be personal data, and a cursor stands in URLs: that is why it is encrypted, not only
//! signed. The key belongs to the store, so that every replica and every restart knows it.

use crate::directory::{Directory, Position};
use crate::endpoint::seal;
use crate::scim::discovery::CURSOR_TIMEOUT_S;
use crate::scim::{Error, ScimType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Sealed {
    at: i64,
    position: Position,
}

/// The cursor for a place in a list; `None` only when the cipher fails, and then the list does not go on.
pub(super) fn seal(directory: &Directory, list: &str, position: Position) -> Option<String> {
    seal_at(directory.secret(), list, position, Timestamp::now())
}

/// The place that a cursor was given out for.
///
/// # Errors
/// 400 `invalidCursor` for what was not given out for this list, 400 `expiredCursor` for what is too old.
pub(super) fn open(directory: &Directory, list: &str, cursor: &str) -> Result<Position, Error> {
    open_at(directory.secret(), list, cursor, Timestamp::now())
}

fn seal_at(key: &[u8; 32], list: &str, position: Position, now: Timestamp) -> Option<String> {
    seal::seal(key, list, &Sealed { at: now.as_second(), position })
}

fn open_at(key: &[u8; 32], list: &str, cursor: &str, now: Timestamp) -> Result<Position, Error> {
    let sealed: Sealed = seal::open(key, list, cursor).ok_or_else(|| {
        Error::of(
            ScimType::InvalidCursor,
            "the cursor was not given out for this list; take nextCursor of a page with the same filter and order",
        )
    })?;
    let age = now.as_second().saturating_sub(sealed.at);
    if age > i64::try_from(CURSOR_TIMEOUT_S).unwrap_or(i64::MAX) {
        let detail = format!("the cursor is older than {CURSOR_TIMEOUT_S} seconds; begin the list again");
        return Err(Error::of(ScimType::ExpiredCursor, detail));
    }
    Ok(sealed.position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use uuid::Uuid;

    const KEY: [u8; 32] = [7; 32];

    fn position() -> Position {
        let key = Some(crate::scim::SortKey::Text("ada@example.com".to_owned()));
        Position { forward: true, id: Uuid::from_u128(5), key, total: 12 }
    }

    #[test]
    fn b024_a_cursor_is_a_place_in_one_list_for_an_hour_and_shows_nothing() {
        let begun = Timestamp::from_second(1_000_000).unwrap();
        let cursor = seal_at(&KEY, "/Users", position(), begun).unwrap();
        assert!(!cursor.contains("ada") && !URL_SAFE_NO_PAD.decode(&cursor).unwrap().windows(3).any(|w| w == b"ada"));
        let later = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        assert_eq!(open_at(&KEY, "/Users", &cursor, later(3600)), Ok(position()));
        let refused = |key: &[u8; 32], list: &str, cursor: &str, at: i64| {
            open_at(key, list, cursor, later(at)).unwrap_err().scim_type.unwrap().as_str()
        };
        assert_eq!(refused(&KEY, "/Users", &cursor, 3601), "expiredCursor");
        assert_eq!(refused(&KEY, "/Groups", &cursor, 0), "invalidCursor");
        assert_eq!(refused(&[8; 32], "/Users", &cursor, 0), "invalidCursor");
        assert_eq!(refused(&KEY, "/Users", "", 0), "invalidCursor");
        assert_eq!(refused(&KEY, "/Users", &cursor[..cursor.len() - 2], 0), "invalidCursor");
    }
}
