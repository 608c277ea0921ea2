//! Whether a history of overlapping calls can be told as a sequence: the search of Wing and Gong, with a memory of
//! where it has been (Lowe, "Testing for linearizability", 2017).
//!
//! A call took effect at one moment between its beginning and its end. One in doubt did so at any moment after its
//! beginning, or never. Those in doubt about the same are one as good as the other, so only their number counts; and
//! what only looks is told as soon as it fits. That keeps the search small. Pure.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Places that a search may be in before it is given up.
const PLACES_MAX: usize = 400_000;

/// What can be so of something.
pub trait Model: Clone + Eq + Hash {
    /// What can happen to it, together with what was answered.
    type Act: Clone + Eq + Hash;

    /// What is so afterwards; `None` where this cannot happen, or cannot be answered so.
    fn after(&self, act: &Self::Act) -> Option<Self>;

    /// Whether it never makes a difference to what is answered to others.
    fn only_looks(act: &Self::Act) -> bool;
}

/// A call, as far as it is about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<A> {
    /// When it began.
    pub begun: u64,
    /// When it had ended; `None` when it is in doubt.
    pub ended: Option<u64>,
    /// What.
    pub act: A,
}

/// What is to be said of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It can be told as a sequence.
    Fits,
    /// It cannot.
    Broken,
    /// The search was given up.
    Undecided,
}

/// Somewhere in the telling of a history.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place<M> {
    /// A bit for each call that is not in doubt: it has been told.
    told: Vec<u64>,
    /// How many of each kind of doubt have been told.
    doubts: Vec<usize>,
    state: M,
}

/// A history in the order of beginnings.
struct History<'a, A> {
    sure: Vec<(&'a Step<A>, u64)>,
    /// Kinds of doubt, and when each of a kind began.
    doubts: Vec<(&'a A, Vec<u64>)>,
}

/// Whether what happened to one thing, which was `start` at first, can be told as a sequence.
pub fn judge<M: Model>(start: &M, steps: &[Step<M::Act>]) -> Verdict {
    let history = History::of(steps);
    let told = vec![0; history.sure.len().div_ceil(64)];
    let first = Place { told, doubts: vec![0; history.doubts.len()], state: start.clone() };
    let (mut seen, mut open) = (HashSet::new(), vec![first]);
    while let Some(mut place) = open.pop() {
        let Some(candidates) = history.look(&mut place) else { return Verdict::Fits };
        if !seen.insert(place.clone()) {
            continue;
        }
        if seen.len() > PLACES_MAX {
            return Verdict::Undecided;
        }
        history.go_on(&place, candidates, &mut open);
    }
    Verdict::Broken
}

/// The calls of which any may be told next, and the moment before which something has to be told.
struct Candidates {
    calls: Vec<usize>,
    limit: u64,
}

impl<'a, A: Clone + Eq + Hash> History<'a, A> {
    fn of(steps: &'a [Step<A>]) -> Self {
        let mut sure: Vec<_> = steps.iter().filter_map(|step| Some((step, step.ended?))).collect();
        sure.sort_by_key(|(step, _)| step.begun);
        let mut kinds: HashMap<&A, Vec<u64>> = HashMap::new();
        for step in steps.iter().filter(|step| step.ended.is_none()) {
            kinds.entry(&step.act).or_default().push(step.begun);
        }
        let mut doubts: Vec<_> = kinds.into_iter().collect();
        for (_, begun) in &mut doubts {
            begun.sort_unstable();
        }
        doubts.sort_by_key(|(_, begun)| begun.first().copied());
        Self { sure, doubts }
    }

    /// Tells what only looks and fits; then what may come next, or `None` when all is told.
    fn look<M: Model<Act = A>>(&self, place: &mut Place<M>) -> Option<Candidates> {
        loop {
            let candidates = self.candidates(&place.told)?;
            let fits = |&&call: &&usize| {
                let act = &self.sure[call].0.act;
                M::only_looks(act) && place.state.after(act).as_ref() == Some(&place.state)
            };
            match candidates.calls.iter().find(fits) {
                Some(&call) => tell(&mut place.told, call),
                None => return Some(candidates),
            }
        }
    }

    fn candidates(&self, told: &[u64]) -> Option<Candidates> {
        let (mut calls, mut limit) = (Vec::new(), u64::MAX);
        for (call, (step, ended)) in self.sure.iter().enumerate() {
            if step.begun > limit {
                break;
            }
            if !is_told(told, call) {
                limit = limit.min(*ended);
                calls.push(call);
            }
        }
        calls.retain(|&call| self.sure[call].0.begun <= limit);
        (!calls.is_empty()).then_some(Candidates { calls, limit })
    }

    /// Opens the places that can be reached by one more call; the likeliest is looked at first.
    fn go_on<M: Model<Act = A>>(&self, place: &Place<M>, candidates: Candidates, open: &mut Vec<Place<M>>) {
        let Candidates { mut calls, limit } = candidates;
        for (kind, (act, begun)) in self.doubts.iter().enumerate() {
            let next = begun.get(place.doubts[kind]).filter(|begun| **begun <= limit);
            if let Some(state) = next.and_then(|_| place.state.after(act)).filter(|state| *state != place.state) {
                let mut there = Place { state, ..place.clone() };
                there.doubts[kind] += 1;
                open.push(there);
            }
        }
        calls.sort_by_key(|&call| std::cmp::Reverse(self.sure[call].1));
        for call in calls {
            if let Some(state) = place.state.after(&self.sure[call].0.act) {
                let mut there = Place { state, ..place.clone() };
                tell(&mut there.told, call);
                open.push(there);
            }
        }
    }
}

fn tell(told: &mut [u64], call: usize) {
    told[call / 64] |= 1 << (call % 64);
}

fn is_told(told: &[u64], call: usize) -> bool {
    told[call / 64] & (1 << (call % 64)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Model for bool {
        type Act = Act;

        fn after(&self, act: &Act) -> Option<Self> {
            match act {
                Act::Set(value) => Some(*value),
                Act::Read(value) => (value == self).then_some(*self),
            }
        }

        fn only_looks(act: &Act) -> bool {
            matches!(act, Act::Read(_))
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Act {
        Set(bool),
        Read(bool),
    }
    use Act::{Read, Set};

    fn sure(begun: u64, ended: u64, act: Act) -> Step<Act> {
        Step { begun, ended: Some(ended), act }
    }

    fn doubt(begun: u64, act: Act) -> Step<Act> {
        Step { begun, ended: None, act }
    }

    fn fits(steps: &[Step<Act>]) -> bool {
        judge(&false, steps) == Verdict::Fits
    }

    /// The same question, answered by trying all orders of all choices of doubts.
    fn fits_plainly(state: bool, left: &[Step<Act>]) -> bool {
        let limit = left.iter().filter_map(|step| step.ended).min();
        let Some(limit) = limit else { return true };
        (0..left.len()).filter(|&at| left[at].begun <= limit).any(|at| {
            let rest = [&left[..at], &left[at + 1..]].concat();
            state.after(&left[at].act).is_some_and(|state| fits_plainly(state, &rest))
        })
    }

    #[test]
    fn c011_a_lost_update_a_stale_read_and_one_that_comes_back_are_found() {
        let lost = [sure(1, 2, Set(true)), sure(3, 4, Read(false))];
        let stale = [sure(1, 2, Set(true)), sure(3, 4, Read(true)), sure(5, 6, Read(false))];
        let back = [sure(1, 2, Set(true)), sure(3, 4, Set(false)), sure(5, 6, Read(true))];
        for broken in [&lost[..], &stale, &back] {
            assert_eq!(judge(&false, broken), Verdict::Broken, "{broken:?}");
        }
    }

    #[test]
    fn what_overlaps_may_be_told_either_way_but_not_both_ways() {
        let either = |seen: bool| [sure(1, 6, Set(true)), sure(2, 5, Read(seen))];
        assert!(fits(&either(true)) && fits(&either(false)));
        let both = [sure(1, 9, Set(true)), sure(2, 3, Read(true)), sure(4, 5, Read(false))];
        assert!(!fits(&both), "once seen, it is so");
    }

    #[test]
    fn what_is_in_doubt_may_happen_late_or_never_but_not_before_it_was_asked_nor_twice() {
        let read = |at: u64, value: bool| sure(at, at + 1, Read(value));
        assert!(fits(&[doubt(1, Set(true)), read(3, false), read(5, false), read(7, true)]), "late");
        assert!(fits(&[doubt(1, Set(true)), read(3, false)]), "never");
        assert!(!fits(&[read(1, true), doubt(3, Set(true))]), "before it was asked");
        let twice = [doubt(1, Set(true)), read(3, true), sure(5, 6, Set(false)), read(7, false), read(9, true)];
        assert!(!fits(&twice), "twice");
        assert!(fits(&[&twice[..], &[doubt(2, Set(true))]].concat()), "two of them");
    }

    /// What may be told: a sequence of these acts, ten moments apart, each stretched to both sides; with true answers.
    fn told(acts: &[(u8, u64, u64)]) -> Vec<Step<Act>> {
        let mut state = false;
        let step = |(at, (what, before, after)): (u64, &(u8, u64, u64))| {
            let act = match what % 4 {
                0 => Set(true),
                1 => Set(false),
                _ => Read(state),
            };
            state = state.after(&act).expect("a true answer");
            let moment = (at + 10) * 10;
            let in_doubt = what % 16 < 2;
            Step { begun: moment - before, ended: (!in_doubt).then_some(moment + after), act }
        };
        (0..).zip(acts).map(step).collect()
    }

    fn some_acts(most: usize) -> impl Strategy<Value = Vec<(u8, u64, u64)>> {
        prop::collection::vec((any::<u8>(), 0..60_u64, 0..60_u64), 0..most)
    }

    proptest! {
        #[test]
        fn c011_what_happened_in_a_sequence_fits_however_its_calls_overlap(acts in some_acts(120)) {
            prop_assert_eq!(judge(&false, &told(&acts)), Verdict::Fits);
        }

        /// Two reads with nothing beside them: the second cannot differ from the first.
        #[test]
        fn c011_one_read_that_is_turned_round_is_found(before in some_acts(60), after in some_acts(60), value: bool) {
            let sure_only = |acts| told(acts).into_iter().filter(|step| step.ended.is_some());
            let mut steps: Vec<_> = sure_only(&before).collect();
            steps.extend([sure(10_000, 10_001, Set(value)), sure(10_002, 10_003, Read(!value))]);
            steps.extend(sure_only(&after).map(|step| Step {
                begun: step.begun + 20_000,
                ended: step.ended.map(|ended| ended + 20_000),
                ..step
            }));
            prop_assert_eq!(judge(&false, &steps), Verdict::Broken);
        }

        #[test]
        fn the_search_answers_as_trying_everything_does(
            steps in prop::collection::vec((0..12_u64, 0..6_u64, 0..5_u8, any::<bool>()), 0..7),
        ) {
            let step = |(begun, long, what, value): &(u64, u64, u8, bool)| match what {
                0 => doubt(*begun, Set(*value)),
                1 | 2 => sure(*begun, begun + long, Set(*value)),
                _ => sure(*begun, begun + long, Read(*value)),
            };
            let steps: Vec<_> = steps.iter().map(step).collect();
            prop_assert_eq!(fits(&steps), fits_plainly(false, &steps));
        }
    }
}
