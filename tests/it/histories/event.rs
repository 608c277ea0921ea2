//! What can happen to a directory, and chance that makes histories of it. A seed always gives the same history.

use super::reference::{Onboarding, Reference, Rule, Selector};
use crate::support::dice::Dice;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

type Names = BTreeSet<String>;

pub const PEOPLE: [&str; 4] = ["ada", "bob", "cyd", "dan"];
pub const GROUPS: [&str; 4] = ["Ones", "Twos", "Threes", "Fours"];
/// Fewer than groups: some have the same one.
const EXTERNALS: [&str; 2] = ["e1", "e2"];
const RULES: [&str; 4] = ["first", "second", "third", "fourth"];
pub const TENANTS: [&str; 2] = ["hr", "main"];
const JOINS: [&str; 2] = ["x", "y"];
pub const ROLES: usize = 5;

#[derive(Debug, Clone)]
pub enum Event {
    /// POST of a user.
    Post(String, bool),
    /// PUT of a user who is there.
    Put(String, bool),
    /// PATCH of `active`.
    Active(String, bool),
    /// PATCH that says nothing of `active`.
    Title(String),
    Delete(String),
    /// With an `externalId`, or without.
    PostGroup(String, Option<String>, Names),
    /// PATCH: some come, others go.
    Members(String, Names, Names),
    /// PUT, which says the `externalId` as well.
    AllMembers(String, Option<String>, Names),
    /// PATCH of the `externalId`.
    Mark(String, String),
    Rename(String, String),
    DeleteGroup(String),
    /// A configuration with exactly these rules.
    Publish(BTreeMap<String, Rule>),
    /// The same rules, with this for people who sign in.
    Onboarding(Onboarding),
    /// The provider vouches for somebody, who wants to come in.
    SignIn(String),
    /// Over these rules, or everybody; confirmed for so many people.
    Run(Option<Names>, Option<usize>),
    /// The same as a dry run.
    DryRun(Option<Names>),
    Grant(String, String, usize, Names),
    EndGrant(String, String),
    Restart,
    /// A restart while a run is under way.
    RunRestarted(Option<Names>, Option<usize>),
}

/// Chance that makes events.
pub struct Chance {
    dice: Dice,
    /// What is left of how the history begins.
    beginning: VecDeque<Event>,
    /// How many groups there were so far: only their ids are known.
    made: usize,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        let mut chance = Self { dice: Dice::new(seed), beginning: VecDeque::new(), made: 0 };
        chance.beginning = chance.begin();
        chance
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.dice.below(end)
    }

    fn one(&mut self, of: &[&str]) -> String {
        of[self.below(of.len())].to_owned()
    }

    fn some(&mut self, of: &[&str]) -> Names {
        of.iter().filter(|_| self.below(2) == 0).map(|name| (*name).to_owned()).collect()
    }

    fn scope(&mut self) -> Option<Names> {
        let some = self.some(&RULES);
        (self.below(3) > 0 && !some.is_empty()).then_some(some)
    }

    fn confirmed(&mut self) -> Option<usize> {
        (self.below(2) == 0).then(|| self.below(5))
    }

    pub fn onboarding(&mut self) -> Onboarding {
        Onboarding { enabled: self.below(3) > 0, reenable_disabled: self.below(3) > 0 }
    }

    fn external(&mut self) -> Option<String> {
        (self.below(2) == 0).then(|| self.one(&EXTERNALS))
    }

    fn selector(&mut self) -> Selector {
        match self.below(6) {
            0 | 1 => Selector::External(self.one(&EXTERNALS)),
            2 if self.made > 0 => Selector::Number(self.below(self.made)),
            _ => Selector::Name(self.one(&GROUPS)),
        }
    }

    fn rule(&mut self) -> Rule {
        let mut tenants = self.some(&TENANTS);
        if tenants.is_empty() {
            tenants.insert(self.one(&TENANTS));
        }
        let (group, joins) = (self.selector(), self.some(&JOINS));
        Rule { group, role: self.below(ROLES), tenants, joins, enabled: self.below(6) > 0 }
    }

    fn edited(&mut self, rules: &BTreeMap<String, Rule>) -> BTreeMap<String, Rule> {
        let mut rules = rules.clone();
        for _ in 0..=self.below(2) {
            let name = self.one(&RULES);
            match (self.below(4), rules.get_mut(&name)) {
                (0, _) => drop(rules.remove(&name)),
                (1, Some(rule)) => rule.enabled = !rule.enabled,
                (2, Some(rule)) => rule.role = self.below(ROLES),
                _ => drop(rules.insert(name, self.rule())),
            }
        }
        rules
    }

    /// A history begins with all people, rules and groups there, so that there is something to take; or with nothing.
    fn begin(&mut self) -> VecDeque<Event> {
        if self.below(3) == 0 {
            return VecDeque::new();
        }
        let mut events: VecDeque<Event> = PEOPLE.iter().map(|who| Event::Post((*who).to_owned(), true)).collect();
        events.push_back(Event::Publish(RULES.iter().map(|name| ((*name).to_owned(), self.rule())).collect()));
        let made = |group: &&str| Event::PostGroup((*group).to_owned(), self.external(), self.some(&PEOPLE));
        events.extend(GROUPS.iter().map(made));
        events
    }

    /// What happens next, where so much is known.
    pub fn event(&mut self, known: &Reference) -> Event {
        self.made = known.made;
        if let Some(event) = self.beginning.pop_front() {
            return event;
        }
        let (who, group) = (self.one(&PEOPLE), self.one(&GROUPS));
        match self.below(36) {
            0..=2 => Event::Post(who, self.below(5) > 0),
            3 => Event::Active(who, false),
            4 => Event::Active(who, true),
            5 => Event::Delete(who),
            6 | 7 => Event::PostGroup(group, self.external(), self.some(&PEOPLE)),
            8..=11 => {
                let (come, go) = (self.some(&PEOPLE), self.some(&PEOPLE));
                Event::Members(group, come.difference(&go).cloned().collect(), go)
            }
            12 => Event::AllMembers(group, self.external(), self.some(&PEOPLE)),
            13 => Event::Rename(group, self.one(&GROUPS)),
            14 => Event::DeleteGroup(group),
            15..=17 => Event::Publish(self.edited(&known.published)),
            18 => Event::Run(self.scope(), self.confirmed()),
            19 => Event::DryRun(self.scope()),
            20 => Event::Grant(who, self.one(&TENANTS), self.below(ROLES), self.some(&JOINS)),
            21 => Event::EndGrant(who, self.one(&TENANTS)),
            22 => Event::Restart,
            23 => Event::Put(who, self.below(2) == 0),
            24 => Event::Title(who),
            25 | 26 => Event::Onboarding(self.onboarding()),
            27..=31 => Event::SignIn(who),
            32 => Event::Active(who, false),
            33 | 34 => Event::Mark(group, self.one(&EXTERNALS)),
            _ => Event::RunRestarted(self.scope(), self.confirmed()),
        }
    }
}
