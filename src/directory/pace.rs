//! How many people a batch of a run, or of the queue, has: who sends a message waits for the batch that is under way.
//!
//! With a volume there is one writer. While messages come in a batch is over in a millisecond or two; while none do,
//! larger ones need fewer commits. The first message after a pause may wait for a large one, some 100 ms.

use std::time::Duration;
use tokio::time::Instant;

/// People in a batch while nobody sends anything.
pub(super) const BATCH_USERS_MAX: u32 = 500;
/// People in a batch while messages come in: about what one of them waits for.
const BATCH_USERS_BESIDE: u32 = 6;
/// How long after a message others are expected.
const EXPECTED_FOR: Duration = Duration::from_secs(10);

/// Knows whether messages come in.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Messages so far.
    seen: u64,
    /// When the last one was noticed.
    noticed: Option<Instant>,
}

impl Pace {
    /// People in the next batch, when so many messages have come in by now.
    pub fn users(&mut self, messages: u64, now: Instant) -> u32 {
        if std::mem::replace(&mut self.seen, messages) != messages {
            self.noticed = Some(now);
        }
        let expected = self.noticed.is_some_and(|noticed| now.duration_since(noticed) < EXPECTED_FOR);
        if expected { BATCH_USERS_BESIDE } else { BATCH_USERS_MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_small_from_a_message_on_until_none_has_come_for_a_while() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        let at = |millis: u64| began + Duration::from_millis(millis);
        assert_eq!(pace.users(0, at(0)), BATCH_USERS_MAX);
        assert_eq!(pace.users(3, at(10)), BATCH_USERS_BESIDE);
        assert_eq!(pace.users(3, at(10_009)), BATCH_USERS_BESIDE);
        assert_eq!(pace.users(3, at(10_010)), BATCH_USERS_MAX);
        assert_eq!(pace.users(4, at(10_020)), BATCH_USERS_BESIDE, "another one");
    }
}
