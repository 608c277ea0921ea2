//! Waiting for a condition, with a limit and a name for what did not come.

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(25);

/// Looks until `condition` answers something; panics with `what` after `limit`.
pub async fn until<T>(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = condition().await {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} for: {what}");
        tokio::time::sleep(STEP).await;
    }
}

/// Whether what `attempt` measures comes within `promise`. A machine that does other things beside this may be late
/// once or twice; what is late three times is late.
pub async fn within(what: &str, promise: Duration, mut attempt: impl AsyncFnMut() -> Duration) {
    let mut took = Vec::new();
    while took.len() < 3 {
        took.push(attempt().await);
        if took.last().is_some_and(|last| *last <= promise) {
            return;
        }
    }
    panic!("{what}: promised within {promise:?}, took {took:?}");
}

/// Looks again and again for `period`: `condition` must hold every time.
pub async fn throughout(what: &str, period: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while start.elapsed() < period {
        assert!(condition().await, "did not stay so for {period:?}: {what}");
        tokio::time::sleep(STEP).await;
    }
}
