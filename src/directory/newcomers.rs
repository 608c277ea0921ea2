//! How many accounts sign-ins make: a provider that vouches for anybody must not fill the store.
//!
//! Counted in memory, by each process for itself, in minutes that begin with the first account behind the last one. It
//! knows no person.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

/// What is counted together.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Accounts made of late.
#[derive(Debug, Default)]
pub(super) struct Newcomers(Mutex<Option<Window>>);

impl Newcomers {
    /// Whether one more account may be made now; it is counted then, whatever becomes of it.
    pub fn admit(&self, now: Timestamp, max_per_minute: u32) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, admitted) = Window::next(*window, now, max_per_minute);
        *window = Some(next);
        admitted
    }
}

/// A minute, and how many came in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    began: Timestamp,
    came: u32,
}

impl Window {
    /// The window with one more in it, if there is room. One that is over, or begins later than now since the clock was
    /// put back, counts no more.
    fn next(window: Option<Self>, now: Timestamp, max: u32) -> (Self, bool) {
        let is_open = |window: &Self| (SignedDuration::ZERO..WINDOW).contains(&now.duration_since(window.began));
        let Self { began, came } = window.filter(is_open).unwrap_or(Self { began: now, came: 0 });
        if came < max { (Self { began, came: came + 1 }, true) } else { (Self { began, came }, false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b006_so_many_come_in_a_minute_and_no_more_until_it_is_over() {
        let (newcomers, began) = (Newcomers::default(), Timestamp::UNIX_EPOCH);
        let at = |seconds| began + SignedDuration::from_secs(seconds);
        let admitted = |seconds| newcomers.admit(at(seconds), 2);
        assert_eq!([admitted(0), admitted(59), admitted(59)], [true, true, false]);
        assert_eq!([admitted(60), admitted(61), admitted(62)], [true, true, false], "the next minute");
        assert!(admitted(1_000));
        assert!(admitted(5), "a clock that was put back keeps nobody out for long");
    }

    #[test]
    fn b006_where_none_may_come_none_does() {
        assert!(!Newcomers::default().admit(Timestamp::UNIX_EPOCH, 0));
    }
}
