//! How long to wait before an object is tried again: per object, growing, jittered, forgotten on success.
//!
//! kube's `error_policy` has no memory of an object; this is that memory. Pure but for the lock: the jitter comes
//! in as a value. Invariant: an object that succeeded or is gone has no entry, so the map never outgrows the cluster.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(120);

/// Consecutive failures per object.
#[derive(Debug)]
pub struct Backoff<K> {
    failures: Mutex<HashMap<K, u32>>,
}

impl<K> Default for Backoff<K> {
    fn default() -> Self {
        Self { failures: Mutex::new(HashMap::new()) }
    }
}

impl<K: Eq + Hash> Backoff<K> {
    /// Counts a failure and answers how long to wait. `jitter` is in 0..1.
    pub fn failed(&self, key: K, jitter: f64) -> Duration {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(key).or_insert(0);
        *count = count.saturating_add(1);
        delay(*count, jitter)
    }

    /// Forgets an object: it succeeded, or it is gone.
    pub fn forget(&self, key: &K) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The wait after the `failures`-th failure in a row: doubling from half a second to two minutes, half of it jitter.
pub fn delay(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

/// A number in 0..1, different at each call.
pub fn jitter() -> f64 {
    let [first, second, ..] = *uuid::Uuid::new_v4().as_bytes();
    f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stop_growing_at_two_minutes() {
        let seconds: Vec<f64> = (1..=10).map(|n| delay(n, 1.0).as_secs_f64()).collect();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0]);
        assert_eq!(delay(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn jitter_spreads_over_half_of_the_wait() {
        assert_eq!(delay(3, 0.0), Duration::from_secs(1));
        assert_eq!(delay(3, 1.0), Duration::from_secs(2));
        assert!((0.0..=1.0).contains(&jitter()));
    }

    #[test]
    fn one_objects_failures_do_not_slow_another() {
        let backoff = Backoff::default();
        backoff.failed("a", 1.0);
        assert_eq!(backoff.failed("a", 1.0), Duration::from_secs(1));
        assert_eq!(backoff.failed("b", 1.0), FIRST);
    }

    #[test]
    fn success_and_deletion_leave_no_entry() {
        let backoff = Backoff::default();
        backoff.failed("a", 1.0);
        backoff.forget(&"a");
        assert!(backoff.failures.lock().unwrap().is_empty());
        assert_eq!(backoff.failed("a", 1.0), FIRST);
    }
}
