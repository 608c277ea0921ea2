//! What clients asked and were told, and what the store owes them after a power cut.
//!
//! A moment is a number of events of the disk. A request whose answer was there at the moment of the cut is owed. One
//! that was asked before it may have been done, whole; one that was asked later was never made. Each fact is one
//! client's, who asks one thing after another.

use std::collections::{BTreeMap, BTreeSet};

/// Something that is so or is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A configuration is in force.
    Published,
    /// There is a user of this name.
    User(String),
    /// There is a group of this name.
    Group(String),
    /// The group has the user, both by name.
    Member(String, String),
}

/// What a client asked for, and was told that it is done.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is so once it is done, and what is not any more: all of it at once.
    pub facts: Vec<(Fact, bool)>,
    /// When the client asked.
    pub asked: usize,
    /// When it had the answer.
    pub answered: usize,
}

/// All requests; of those about one fact, the earlier first.
#[derive(Debug, Clone, Default)]
pub struct Ledger(pub Vec<Request>);

impl Ledger {
    /// What is wrong with what was found after a cut at this moment, a line for each.
    pub fn complaints(&self, moment: usize, found: &BTreeSet<Fact>) -> Vec<String> {
        let (answered, open): (Vec<_>, Vec<_>) =
            self.0.iter().filter(|request| request.asked < moment).partition(|request| request.answered <= moment);
        let facts = |requests: &[&Request]| -> BTreeMap<Fact, bool> {
            requests.iter().flat_map(|request| request.facts.iter().cloned()).collect()
        };
        let (owed, possible) = (facts(&answered), facts(&open));
        let all: BTreeSet<&Fact> = owed.keys().chain(possible.keys()).chain(found).collect();
        let mut out = Vec::new();
        for fact in all {
            let (is, should) = (found.contains(fact), owed.get(fact).copied().unwrap_or(false));
            if is != should && possible.get(fact) != Some(&is) {
                let what = if should { "acknowledged, then lost" } else { "there, and nobody was told so" };
                out.push(format!("{what}: {fact:?}"));
            }
        }
        for request in open {
            // What was so before tells nothing of whether the request was done.
            let told = request.facts.iter().filter(|(fact, so)| owed.get(fact).copied().unwrap_or(false) != *so);
            let done: BTreeSet<bool> = told.map(|(fact, so)| found.contains(fact) == *so).collect();
            if done.len() > 1 {
                out.push(format!("done by half: {:?}", request.facts));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is there or not once it is done, when it was asked, when it was answered.
    type Asked<'a> = (&'a [(&'a str, bool)], usize, usize);

    fn user(name: &str) -> Fact {
        Fact::User(name.to_owned())
    }

    fn complaints(asked: &[Asked<'_>], moment: usize, found: &[&str]) -> Vec<String> {
        let requests = asked.iter().map(|(facts, asked, answered)| Request {
            facts: facts.iter().map(|(name, so)| (user(name), *so)).collect(),
            asked: *asked,
            answered: *answered,
        });
        Ledger(requests.collect()).complaints(moment, &found.iter().map(|name| user(name)).collect())
    }

    #[test]
    fn what_was_answered_is_owed_and_what_was_underway_may_be_there_or_not() {
        let asked: &[Asked<'_>] = &[(&[("ada", true)], 2, 5), (&[("ada", false)], 7, 9)];
        assert_eq!(complaints(asked, 5, &[]), [r#"acknowledged, then lost: User("ada")"#]);
        assert!(complaints(asked, 5, &["ada"]).is_empty());
        for found in [&[][..], &["ada"]] {
            assert!(complaints(asked, 4, found).is_empty(), "while she is made");
            assert!(complaints(asked, 8, found).is_empty(), "while she is removed");
        }
        assert_eq!(complaints(asked, 9, &["ada"]).len(), 1, "she came back");
        assert_eq!(complaints(asked, 2, &["ada"]).len(), 1, "she is there before anybody asked");
    }

    #[test]
    fn a_request_done_by_half_is_found() {
        let asked: &[Asked<'_>] = &[(&[("ada", true), ("bob", true)], 2, 5)];
        assert_eq!(complaints(asked, 4, &["bob"]).len(), 1);
        assert!(complaints(asked, 4, &["ada", "bob"]).is_empty());
        assert!(complaints(asked, 4, &[]).is_empty());
    }
}
