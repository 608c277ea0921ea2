//! When changed rules have settled: two seconds of quiet, but at most ten after the first change. Pure: time comes in.

use std::time::Duration;

/// So long nothing may change before a run is asked for.
const QUIET: Duration = Duration::from_secs(2);
/// So long a run may be put off by further changes.
const LONGEST: Duration = Duration::from_secs(10);

/// Changes that nobody has acted upon yet. Instants are durations since the process began.
#[derive(Debug, Default)]
pub struct Settling {
    first_and_last: Option<(Duration, Duration)>,
}

impl Settling {
    /// Something changed.
    pub fn changed(&mut self, now: Duration) {
        let first = self.first_and_last.map_or(now, |(first, _)| first);
        self.first_and_last = Some((first, now));
    }

    /// True once for every settled batch of changes.
    pub fn settled(&mut self, now: Duration) -> bool {
        let due = self
            .first_and_last
            .is_some_and(|(first, last)| now.saturating_sub(last) >= QUIET || now.saturating_sub(first) >= LONGEST);
        if due {
            self.first_and_last = None;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::Settling;
    use std::time::Duration;

    fn s(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_batch_settles_once_after_two_quiet_seconds() {
        let mut settling = Settling::default();
        assert!(!settling.settled(s(9.0)));
        settling.changed(s(10.0));
        settling.changed(s(11.0));
        assert!(!settling.settled(s(12.9)));
        assert!(settling.settled(s(13.0)));
        assert!(!settling.settled(s(99.0)));
    }

    #[test]
    fn changes_that_never_stop_settle_after_ten_seconds() {
        let mut settling = Settling::default();
        let due = (0..30).map(|n| s(f64::from(n))).find(|now| {
            settling.changed(*now);
            settling.settled(*now)
        });
        assert_eq!(due, Some(s(10.0)));
    }
}
