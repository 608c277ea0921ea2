//! What can be so of a member of a group and of a person, and which answers fit that. Pure.

use super::event::{Answer, Asked, Call, rule_name};
use super::linear::{Model, Step};
use std::collections::BTreeMap;

/// Whether a user is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Is not, but may come in.
    Out,
    /// Is.
    In,
    /// Is not and never will be: the user was deleted.
    Gone,
}

/// A user and a group, and whether the group has the name that no rule knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pair {
    /// Whether the user is a member.
    pub standing: Standing,
    /// Whether the group is called by its other name.
    pub away: bool,
}

/// What happens to a user and a group, or is seen of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PairAct {
    /// The user comes in.
    Join,
    /// The user goes out.
    Leave,
    /// The members are replaced, with the user among them or not; the group gets its first name.
    Put(bool),
    /// The group gets its other name, or its first.
    Rename(bool),
    /// The user is deleted.
    Delete,
    /// There is no such user.
    IsGone,
    /// The group was seen, with the user among its members or not.
    IsMember(bool),
    /// The group was seen, with its other name or its first.
    IsAway(bool),
    /// The rule that is about the group's first name gave the user something, or nothing.
    Holds(bool),
}

impl Model for Pair {
    type Act = PairAct;

    fn after(&self, act: &PairAct) -> Option<Self> {
        let Self { standing, away } = *self;
        let is = |so: bool| so.then_some(*self);
        let exists = standing != Standing::Gone;
        match *act {
            PairAct::Join => exists.then_some(Self { standing: Standing::In, away }),
            PairAct::Leave if exists => Some(Self { standing: Standing::Out, away }),
            PairAct::Leave => is(true),
            PairAct::Put(true) => exists.then_some(Self { standing: Standing::In, away: false }),
            PairAct::Put(false) if exists => Some(Self { standing: Standing::Out, away: false }),
            PairAct::Put(false) => Some(Self { standing, away: false }),
            PairAct::Rename(away) => Some(Self { standing, away }),
            PairAct::Delete => exists.then_some(Self { standing: Standing::Gone, away }),
            PairAct::IsGone => is(!exists),
            PairAct::IsMember(so) => is(so == (standing == Standing::In)),
            PairAct::IsAway(so) => is(so == away),
            PairAct::Holds(so) => is(so == (standing == Standing::In && !away)),
        }
    }

    fn only_looks(act: &PairAct) -> bool {
        matches!(act, PairAct::IsGone | PairAct::IsMember(_) | PairAct::IsAway(_) | PairAct::Holds(_))
    }
}

impl Pair {
    /// Before anything has happened.
    pub const FIRST: Self = Self { standing: Standing::Out, away: false };

    /// What a call says of this group and this user.
    pub fn steps(call: &Call, group: usize, user: &str) -> Vec<Step<PairAct>> {
        let done = call.in_doubt() || call.answer == Answer::Done;
        let is_gone = matches!(call.answer, Answer::Refused(_));
        let gone_or = |act: PairAct| match (done, is_gone) {
            (true, _) => vec![act],
            (_, true) => vec![PairAct::IsGone],
            _ => Vec::new(),
        };
        let acts = match (&call.asked, &call.answer) {
            (Asked::Join { group: at, user: who }, _) if (*at, who.as_str()) == (group, user) => gone_or(PairAct::Join),
            (Asked::Leave { group: at, user: who }, _) if (*at, who.as_str()) == (group, user) => {
                gone_or(PairAct::Leave)
            }
            // One that is refused says that somebody of many is gone, not who.
            (Asked::Put { group: at, members }, _) if *at == group && done => {
                vec![PairAct::Put(members.contains(user))]
            }
            (Asked::Rename { group: at, away }, _) if *at == group && done => vec![PairAct::Rename(*away)],
            (Asked::Delete { user: who, .. }, _) if who == user => gone_or(PairAct::Delete),
            (Asked::SetActive { user: who, .. }, Answer::Refused(_)) if who == user => vec![PairAct::IsGone],
            (Asked::ReadGroup { group: at }, Answer::Group { members, away, .. }) if *at == group => {
                vec![PairAct::IsMember(members.contains(user)), PairAct::IsAway(*away)]
            }
            (Asked::ReadView { .. } | Asked::Find { .. }, Answer::View { user: who, rules, .. }) if who == user => {
                vec![PairAct::Holds(rules.contains(&rule_name(group)))]
            }
            (Asked::ReadView { user: who, .. }, Answer::Nobody) if who == user => vec![PairAct::IsGone],
            _ => Vec::new(),
        };
        steps(call, acts)
    }
}

/// Whether there is a user of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Person {
    /// There is none.
    Nobody,
    /// There is one; the id is not known of one whose making was not answered.
    Somebody { id: Option<String>, active: bool },
}

/// What happens to a person, or is seen of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PersonAct {
    /// Made, with this id.
    Created(String),
    /// Made, and nobody was told the id.
    CreatedUnseen,
    /// The name is taken.
    Taken,
    /// Deleted.
    Deleted(String),
    /// Enabled or disabled.
    SetActive(String, bool),
    /// There is no user of this id.
    NotThere(String),
    /// There is no user of this name.
    IsNobody,
    /// Seen, with this id, active or not.
    Seen(String, bool),
}

impl Model for Person {
    type Act = PersonAct;

    fn after(&self, act: &PersonAct) -> Option<Self> {
        let somebody = |id: &str, active: bool| Some(Self::Somebody { id: Some(id.to_owned()), active });
        // Whether they are active, if it is them: one whose id is not known can be anybody.
        let them = |id: &str| match self {
            Self::Somebody { id: known, active } if known.as_deref().is_none_or(|known| known == id) => Some(*active),
            _ => None,
        };
        let is = |so: bool| so.then(|| self.clone());
        match act {
            PersonAct::Created(id) => is(*self == Self::Nobody).and_then(|_| somebody(id, true)),
            PersonAct::CreatedUnseen => is(*self == Self::Nobody).map(|_| Self::Somebody { id: None, active: true }),
            PersonAct::Taken => is(*self != Self::Nobody),
            PersonAct::Deleted(id) => them(id).map(|_| Self::Nobody),
            PersonAct::SetActive(id, active) => them(id).and_then(|_| somebody(id, *active)),
            PersonAct::NotThere(id) => is(!matches!(self, Self::Somebody { id: Some(known), .. } if known == id)),
            PersonAct::IsNobody => is(*self == Self::Nobody),
            PersonAct::Seen(id, seen) => {
                them(id).filter(|active| active == seen).and_then(|active| somebody(id, active))
            }
        }
    }

    fn only_looks(act: &PersonAct) -> bool {
        matches!(act, PersonAct::Taken | PersonAct::NotThere(_) | PersonAct::IsNobody | PersonAct::Seen(..))
    }
}

impl Person {
    /// What a call says of this person.
    pub fn steps(call: &Call, person: usize) -> Vec<Step<PersonAct>> {
        let acts =
            match (&call.asked, &call.answer) {
                (Asked::Create { person: who }, answer) if *who == person => match answer {
                    Answer::Created(id) => vec![PersonAct::Created(id.clone())],
                    Answer::Refused(_) => vec![PersonAct::Taken],
                    _ => vec![PersonAct::CreatedUnseen],
                },
                (
                    Asked::Delete { person: who, user } | Asked::SetActive { person: who, user, .. },
                    Answer::Refused(_),
                ) if *who == person => vec![PersonAct::NotThere(user.clone())],
                (Asked::Delete { person: who, user }, _) if *who == person => vec![PersonAct::Deleted(user.clone())],
                (Asked::SetActive { person: who, user, active }, _) if *who == person => {
                    vec![PersonAct::SetActive(user.clone(), *active)]
                }
                (
                    Asked::ReadView { person: who, .. } | Asked::Find { person: who },
                    Answer::View { user, active, .. },
                ) if *who == person => vec![PersonAct::Seen(user.clone(), *active)],
                (Asked::ReadView { person: who, user }, Answer::Nobody) if *who == person => {
                    vec![PersonAct::NotThere(user.clone())]
                }
                (Asked::Find { person: who }, Answer::Nobody) if *who == person => vec![PersonAct::IsNobody],
                _ => Vec::new(),
            };
        steps(call, acts)
    }
}

/// The steps of a call; of what only looks and was not answered there are none.
fn steps<A>(call: &Call, acts: Vec<A>) -> Vec<Step<A>> {
    let ended = (!call.in_doubt()).then_some(call.ended);
    acts.into_iter().map(|act| Step { begun: call.begun, ended, act }).collect()
}

/// The ids of all users that calls know of, and who they are or were.
pub fn users(calls: &[Call]) -> BTreeMap<String, usize> {
    let who = |call: &Call| match (&call.asked, &call.answer) {
        (Asked::Create { person }, Answer::Created(id)) => Some((id.clone(), *person)),
        (Asked::Find { person }, Answer::View { user, .. }) => Some((user.clone(), *person)),
        _ => None,
    };
    calls.iter().filter_map(who).collect()
}
