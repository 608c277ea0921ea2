//! What is wrong with a history, a line for each complaint. Pure.

use super::event::{Answer, Asked, Call};
use super::linear::{Step, Verdict, judge};
use super::model::{Pair, Person, users};
use scim_operator::access::{AccessView, GroupFacts, Ladder, Rule, evaluate};
use std::collections::BTreeSet;
use std::fmt::Debug;

/// Steps that a complaint shows.
const SHOWN_MAX: usize = 60;

/// What there is at the end, when everything was evaluated under the rules in force.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The rules in force.
    pub rules: Vec<Rule>,
    /// Every group with the ids of its members.
    pub groups: Vec<(GroupFacts, BTreeSet<String>)>,
    /// What each replica says of each user: the replica's number, and the view.
    pub views: Vec<(usize, AccessView)>,
}

/// What is wrong with the calls of a whole history over so many groups and people.
pub fn history(groups: usize, people: usize, calls: &[Call]) -> Vec<String> {
    let mut out = unfit(calls);
    for user in users(calls).into_keys() {
        for group in 0..groups {
            let steps: Vec<_> = calls.iter().flat_map(|call| Pair::steps(call, group, &user)).collect();
            let verdict = judge(&Pair::FIRST, &steps);
            out.extend(told(&format!("{user} in group {group}"), verdict, steps));
        }
    }
    for person in 0..people {
        let steps: Vec<_> = calls.iter().flat_map(|call| Person::steps(call, person)).collect();
        let verdict = judge(&Person::Nobody, &steps);
        out.extend(told(&format!("person {person}"), verdict, steps));
    }
    out.extend(comes_back(calls));
    out.extend((0..groups).flat_map(|group| versions(calls, group)));
    out
}

/// Answers that the question does not have.
fn unfit(calls: &[Call]) -> Vec<String> {
    let fits = |call: &Call| match (&call.asked, &call.answer) {
        (_, Answer::Odd(_)) => false,
        (Asked::Join { .. } | Asked::Put { .. }, Answer::Refused(status)) => *status == 400,
        (Asked::Create { .. }, Answer::Refused(status)) => *status == 409,
        (Asked::Delete { .. } | Asked::SetActive { .. }, Answer::Refused(status)) => *status == 404,
        (_, Answer::Refused(_)) => false,
        _ => true,
    };
    calls.iter().filter(|call| !fits(call)).map(|call| format!("an answer that does not fit: {call:?}")).collect()
}

/// The complaint, with the end of what happened.
fn told<A: Debug>(what: &str, verdict: Verdict, mut steps: Vec<Step<A>>) -> Option<String> {
    let problem = match verdict {
        Verdict::Fits => return None,
        Verdict::Broken => "cannot be told as a sequence",
        Verdict::Undecided => "was too much to look through",
    };
    steps.sort_by_key(|step| step.begun);
    let left_out = steps.len().saturating_sub(SHOWN_MAX);
    let shown = steps.iter().skip(left_out).map(|step| {
        let end = step.ended.map_or_else(|| "in doubt".to_owned(), |ended| ended.to_string());
        format!("    {} to {end}: {:?}\n", step.begun, step.act)
    });
    Some(format!("{what} {problem}; of {} steps the last:\n{}", steps.len(), shown.collect::<String>()))
}

/// Users that were seen after it was answered that they are deleted.
fn comes_back(calls: &[Call]) -> Vec<String> {
    let deleted = calls.iter().filter_map(|call| match (&call.asked, &call.answer) {
        (Asked::Delete { user, .. }, Answer::Done) => Some((user, call.ended)),
        _ => None,
    });
    let mut out = Vec::new();
    for (user, since) in deleted {
        let seen = |call: &&Call| {
            call.begun > since
                && match &call.answer {
                    Answer::View { user: who, .. } => who == user,
                    Answer::Group { members, .. } => members.contains(user),
                    _ => false,
                }
        };
        out.extend(calls.iter().find(seen).map(|call| format!("{user} was deleted at {since}, then seen: {call:?}")));
    }
    out
}

/// Versions of a group that go back from one read to a later one.
fn versions(calls: &[Call], group: usize) -> Vec<String> {
    let mut reads: Vec<(u64, u64, u64)> = calls
        .iter()
        .filter_map(|call| match (&call.asked, &call.answer) {
            (Asked::ReadGroup { group: at }, Answer::Group { version, .. }) if *at == group => {
                Some((call.begun, call.ended, *version))
            }
            _ => None,
        })
        .collect();
    reads.sort_unstable();
    let newest_before = |begun: u64| reads.iter().filter(|read| read.1 < begun).map(|read| read.2).max();
    reads
        .iter()
        .filter_map(|&(begun, _, version)| {
            let before = newest_before(begun).filter(|before| *before > version)?;
            Some(format!("group {group}: version {version} read at {begun}, after {before} was"))
        })
        .collect()
}

/// Grants that are not what the rules make of the memberships.
pub fn grants(settled: &Settled) -> Vec<String> {
    let mut out = Vec::new();
    for (replica, view) in &settled.views {
        let of = settled.groups.iter().filter(|(_, members)| members.contains(&view.id));
        let facts: Vec<GroupFacts> = of.map(|(facts, _)| facts.clone()).collect();
        let due = evaluate(&settled.rules, &Ladder::default(), &facts);
        let who = format!("replica {replica}: {}", view.id);
        if view.stored_grants != due {
            out.push(format!("{who} has {:?}, and in {facts:?} is due {due:?}", view.stored_grants));
        }
        let effective = if view.account_enabled { due } else { Vec::new() };
        if view.tenants != effective || view.account_enabled != view.active {
            out.push(format!("{who}: what may be used is not what is stored: {view:?}"));
        }
    }
    out
}

/// The names of the rules that gave something.
pub fn rules_of(view: &AccessView) -> BTreeSet<String> {
    view.stored_grants.iter().flat_map(|grant| grant.rules.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history of one call after the other.
    fn calls(all: Vec<(Asked, Answer)>) -> Vec<Call> {
        let call = |(at, (asked, answer)): (u64, (Asked, Answer))| Call {
            request: format!("0-{at}"),
            asked,
            answer,
            begun: at * 10,
            ended: at * 10 + 5,
        };
        (1..).zip(all).map(call).collect()
    }

    fn created(user: &str) -> (Asked, Answer) {
        (Asked::Create { person: 0 }, Answer::Created(user.to_owned()))
    }

    fn join(user: &str) -> (Asked, Answer) {
        (Asked::Join { group: 0, user: user.to_owned() }, Answer::Done)
    }

    fn leave(user: &str) -> (Asked, Answer) {
        (Asked::Leave { group: 0, user: user.to_owned() }, Answer::Done)
    }

    fn delete(user: &str) -> (Asked, Answer) {
        (Asked::Delete { person: 0, user: user.to_owned() }, Answer::Done)
    }

    fn put(users: &[&str]) -> (Asked, Answer) {
        (Asked::Put { group: 0, members: users.iter().map(|user| (*user).to_owned()).collect() }, Answer::Done)
    }

    fn group(users: &[&str], version: u64) -> (Asked, Answer) {
        let members = users.iter().map(|user| (*user).to_owned()).collect();
        (Asked::ReadGroup { group: 0 }, Answer::Group { members, away: false, version })
    }

    fn view(user: &str, rules: &[&str]) -> (Asked, Answer) {
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let answer = Answer::View { user: user.to_owned(), active: true, rules };
        (Asked::ReadView { person: 0, user: user.to_owned() }, answer)
    }

    fn nobody(user: &str) -> (Asked, Answer) {
        (Asked::ReadView { person: 0, user: user.to_owned() }, Answer::Nobody)
    }

    fn complaints(all: Vec<(Asked, Answer)>) -> Vec<String> {
        history(1, 1, &calls(all))
    }

    #[test]
    fn c011_a_history_without_a_fault_has_no_complaint() {
        let refused = (Asked::Join { group: 0, user: "a".to_owned() }, Answer::Refused(400));
        let away = (Asked::Rename { group: 0, away: true }, Answer::Done);
        let all = vec![
            created("a"),
            join("a"),
            view("a", &["r-0"]),
            group(&["a"], 2),
            away,
            view("a", &[]),
            put(&["a"]),
            view("a", &["r-0"]),
            leave("a"),
            group(&[], 5),
            delete("a"),
            refused,
            nobody("a"),
            created("b"),
            view("b", &[]),
        ];
        assert_eq!(complaints(all), Vec::<String>::new());
    }

    #[test]
    fn c011_every_planted_fault_of_a_history_is_found() {
        let faults = [
            ("a lost member", vec![created("a"), join("a"), group(&[], 2)]),
            ("a lost grant", vec![created("a"), join("a"), view("a", &[])]),
            ("a grant that stays", vec![created("a"), join("a"), leave("a"), view("a", &["r-0"])]),
            ("a lost replacement", vec![created("a"), join("a"), put(&[]), group(&["a"], 3)]),
            ("a lost user", vec![created("a"), nobody("a")]),
            ("a user who comes back", vec![created("a"), delete("a"), view("a", &[])]),
            ("a member who comes back", vec![created("a"), join("a"), delete("a"), group(&["a"], 3)]),
            ("a member who is gone", vec![created("a"), delete("a"), join("a")]),
            ("two of one name", vec![created("a"), created("b")]),
            ("a version that goes back", vec![created("a"), group(&[], 3), group(&[], 2)]),
            ("an answer of another kind", vec![(Asked::Create { person: 0 }, Answer::Refused(404))]),
            ("no answer at all", vec![(Asked::Find { person: 0 }, Answer::Odd("500".to_owned()))]),
        ];
        for (what, all) in faults {
            assert_ne!(complaints(all), Vec::<String>::new(), "{what}");
        }
    }

    #[test]
    fn c011_what_is_in_doubt_explains_what_is_seen_only_as_often_as_it_was_asked() {
        let doubt = (Asked::Leave { group: 0, user: "a".to_owned() }, Answer::Unknown);
        let all = vec![created("a"), join("a"), doubt, group(&["a"], 2), group(&[], 3)];
        assert_eq!(complaints(all.clone()), Vec::<String>::new());
        let again = [all, vec![join("a"), group(&[], 4)]].concat();
        assert_eq!(complaints(again).len(), 1);
    }

    #[test]
    fn c011_grants_that_are_not_due_are_found_on_each_replica() {
        let rule = crate::support::endpoint::rule("r-0", "Group 0", "Designer", &["main"], &[]).rule;
        let facts = GroupFacts { id: "g".to_owned(), display_name: "Group 0".to_owned(), external_id: None };
        let due = evaluate(std::slice::from_ref(&rule), &Ladder::default(), std::slice::from_ref(&facts));
        let view = AccessView {
            id: "a".to_owned(),
            user_name: "a@example.com".to_owned(),
            active: true,
            account_enabled: true,
            managed: true,
            organization_admin: false,
            tenants: due.clone(),
            stored_grants: due,
            last_evaluated: None,
            email: None,
        };
        let groups = vec![(facts, BTreeSet::from(["a".to_owned()]))];
        let mut settled = Settled { rules: vec![rule], groups, views: vec![(0, view.clone()), (1, view)] };
        assert_eq!(grants(&settled), Vec::<String>::new());
        settled.views[1].1.stored_grants.clear();
        assert_eq!(grants(&settled).len(), 1);
        settled.views[0].1.tenants.clear();
        assert_eq!(grants(&settled).len(), 2);
    }
}
