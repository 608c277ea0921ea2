//! Conditions as kstatus, Flux and Argo read them: `Ready`, and `Reconciling` or `Stalled` only while they hold.
//!
//! Pure. Builds the complete list each time; what is not wanted any more is gone. Invariant: a condition whose status
//! did not change keeps its `lastTransitionTime`, so that an unchanged object has an unchanged status, byte for byte.

use crate::api::reason::{Outcome, Reason};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// `True`, `False` or `Unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The condition holds.
    True,
    /// It does not hold.
    False,
    /// Nobody can say yet.
    Unknown,
}

impl Truth {
    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// One condition as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `Ready`, `Accepted`, …
    pub kind: &'static str,
    /// Whether it holds.
    pub truth: Truth,
    /// Why, out of the one table of reasons.
    pub reason: Reason,
    /// For people: what is the matter and what to do. No secrets, no times.
    pub message: String,
}

impl Wanted {
    /// A condition that holds.
    pub fn yes(kind: &'static str, reason: Reason, message: impl Into<String>) -> Self {
        Self { kind, truth: Truth::True, reason, message: message.into() }
    }
    /// A condition that does not hold.
    pub fn no(kind: &'static str, reason: Reason, message: impl Into<String>) -> Self {
        Self { kind, truth: Truth::False, reason, message: message.into() }
    }
    /// A condition nobody can judge yet.
    pub fn unknown(kind: &'static str, reason: Reason, message: impl Into<String>) -> Self {
        Self { kind, truth: Truth::Unknown, reason, message: message.into() }
    }
}

/// How an object stands as a whole: its reason says whether it is done, on its way, or in need of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Why it stands so.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

impl Standing {
    /// A standing.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// A standing in the words of the table of reasons.
    pub fn plain(reason: Reason) -> Self {
        Self::new(reason, reason.meaning)
    }

    /// Whether the object is done.
    pub fn is_ready(&self) -> bool {
        self.reason.outcome == Outcome::Ready
    }

    /// The kstatus conditions: `Ready` always, `Reconciling` and `Stalled` only while they hold.
    pub fn conditions(&self) -> Vec<Wanted> {
        let Self { reason, message } = self;
        match reason.outcome {
            Outcome::Ready => vec![Wanted::yes("Ready", *reason, message)],
            Outcome::Waiting => {
                vec![Wanted::no("Ready", *reason, message), Wanted::yes("Reconciling", *reason, message)]
            }
            Outcome::Terminal => vec![Wanted::no("Ready", *reason, message), Wanted::yes("Stalled", *reason, message)],
        }
    }
}

/// The list to write: exactly `wanted`, in that order, with the transition times of what did not change.
pub fn merge(previous: &[Condition], wanted: Vec<Wanted>, generation: i64, now: Timestamp) -> Vec<Condition> {
    let conditions = wanted.into_iter().map(|Wanted { kind, truth, reason, message }| {
        let same = previous.iter().find(|c| c.type_ == kind && c.status == truth.as_str());
        Condition {
            type_: kind.to_owned(),
            status: truth.as_str().to_owned(),
            reason: reason.name.to_owned(),
            message,
            observed_generation: Some(generation),
            last_transition_time: same.map_or(Time(seconds(now)), |c| c.last_transition_time.clone()),
        }
    });
    conditions.collect()
}

/// The time in whole seconds: what the API server keeps.
pub fn seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// A condition of `previous` by type.
pub fn find<'a>(previous: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    previous.iter().find(|c| c.type_ == kind)
}

/// What changed between two lists, for events: conditions whose status or reason is another one.
pub fn transitions<'a>(previous: &[Condition], now: &'a [Condition]) -> Vec<&'a Condition> {
    let changed = |new: &&Condition| {
        find(previous, &new.type_).is_none_or(|old| old.status != new.status || old.reason != new.reason)
    };
    now.iter().filter(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::reason::{ACTIVE, NAME_TAKEN, PENDING, RUNNING, STALE};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_unchanged_condition_keeps_its_transition_time() {
        let first = merge(&[], Standing::new(ACTIVE, "all good").conditions(), 1, at(10));
        let second = merge(&first, Standing::new(ACTIVE, "all good").conditions(), 1, at(20));
        assert_eq!(first, second);
    }

    #[test]
    fn a_new_reason_keeps_the_time_and_a_new_status_moves_it() {
        let first = merge(&[], vec![Wanted::no("Ready", PENDING, "")], 1, at(10));
        let reason = merge(&first, vec![Wanted::no("Ready", RUNNING, "")], 1, at(20));
        assert_eq!(reason[0].last_transition_time.0, at(10));
        let status = merge(&reason, vec![Wanted::yes("Ready", ACTIVE, "")], 1, at(30));
        assert_eq!(status[0].last_transition_time.0, at(30));
    }

    #[test]
    fn reconciling_and_stalled_are_absent_when_they_do_not_hold() {
        let kinds = |s: Standing| s.conditions().into_iter().map(|c| c.kind).collect::<Vec<_>>();
        assert_eq!(kinds(Standing::plain(ACTIVE)), ["Ready"]);
        assert_eq!(kinds(Standing::plain(PENDING)), ["Ready", "Reconciling"]);
        assert_eq!(kinds(Standing::plain(NAME_TAKEN)), ["Ready", "Stalled"]);
        let stalled = merge(&[], Standing::new(NAME_TAKEN, "x").conditions(), 1, at(1));
        let healed = merge(&stalled, Standing::new(ACTIVE, "x").conditions(), 1, at(2));
        assert!(find(&healed, "Stalled").is_none());
    }

    #[test]
    fn only_a_change_of_status_or_reason_is_a_transition() {
        let first =
            merge(&[], vec![Wanted::no("Ready", PENDING, "one"), Wanted::yes("Accepted", ACTIVE, "")], 1, at(1));
        let second =
            merge(&first, vec![Wanted::no("Ready", PENDING, "two"), Wanted::yes("Accepted", STALE, "")], 2, at(2));
        let kinds: Vec<_> = transitions(&first, &second).iter().map(|c| c.type_.as_str()).collect();
        assert_eq!(kinds, ["Accepted"]);
        assert_eq!(transitions(&[], &first).len(), 2);
    }

    #[test]
    fn times_are_kept_in_whole_seconds() {
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        assert_eq!(seconds(now).to_string(), "2026-01-02T03:04:05Z");
    }
}
