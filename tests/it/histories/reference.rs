//! What access is after any history of messages, rule edits, runs, grants, sign-ins and restarts, in the plainest way
//! there is: no store, no index, no batches. The system is held against it.

use scim_operator::access::Source;
use std::collections::{BTreeMap, BTreeSet};

type Names = BTreeSet<String>;

/// How a rule names groups (reading 10); several may have the same `externalId`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    Name(String),
    External(String),
    /// By the id of the group before which so many were made.
    Number(usize),
}

#[derive(Debug, Clone)]
pub struct Group {
    pub number: usize,
    pub external: Option<String>,
    pub members: Names,
}

/// What a reference may get wrong, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    LowestRole,
    GroupDeletions,
}

/// A rule: members of `group` get `role` (0 is the lowest) and `joins` in each of `tenants`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub group: Selector,
    pub role: usize,
    pub tenants: Names,
    pub joins: Names,
    pub enabled: bool,
}

/// What is held in a tenant; from no rule = granted by hand, or by a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub role: usize,
    pub joins: Names,
    pub rules: Names,
    pub source: Source,
}

impl Held {
    /// What a sign-in gives in the home tenant: the lowest role (B007).
    fn onboarded() -> Self {
        Self { role: 0, joins: Names::new(), rules: Names::new(), source: Source::Onboarding }
    }
}

/// What becomes of people who sign in and hold nothing, or whom the provider has disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Onboarding {
    pub enabled: bool,
    pub reenable_disabled: bool,
}

/// What a sign-in comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// In, with what is held already.
    Known,
    Onboarded,
    Reenabled,
    UserNotFound,
    UserInactive,
    /// Whatever the explanation says is missing.
    NoAccess,
}

type Holdings = BTreeMap<String, Held>;
type Rules = BTreeMap<String, Rule>;

#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Whether the provider has sent this person; else it is an account, with grants by hand or by a sign-in
    /// (reading 24).
    pub sent: bool,
    /// What the provider last said.
    pub active: bool,
    /// Whether a sign-in has let the person in in spite of that.
    pub reenabled: bool,
    /// Whether somebody has signed in, and nothing has ended that.
    pub session: bool,
    pub holds: Holdings,
}

impl Person {
    /// Of an account nobody says that it is inactive (reading 24).
    pub fn account() -> Self {
        Self { active: true, ..Self::default() }
    }

    /// The provider's word, also where it is the same as before, ends what a sign-in gave in spite of the last one;
    /// inactive ends every session (readings 7 and 8).
    pub fn said(&mut self, active: bool) {
        self.active = active;
        self.reenabled = false;
        self.session &= active;
    }
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    pub automatic: bool,
    /// How many people a change of rules may take something from, unconfirmed (reading 23).
    pub limit: usize,
    pub top: usize,
    pub home: String,
    pub published: Rules,
    pub onboarding: Onboarding,
    pub in_force: Rules,
    /// Rules whose published content the guard has held.
    pub held: Names,
    /// The groups each rule named since everybody had its content (reading 5).
    pub named: BTreeMap<String, BTreeSet<Selector>>,
    pub groups: BTreeMap<String, Group>,
    /// How many groups were ever made.
    pub made: usize,
    pub people: BTreeMap<String, Person>,
    pub fault: Option<Fault>,
}

impl Reference {
    /// The provider's message is over, and named these people (reading 4).
    pub fn told(&mut self, named: &Names) {
        named.iter().for_each(|who| self.evaluate(who));
    }

    fn evaluate(&mut self, who: &str) {
        let after = self.holdings(who, &self.in_force);
        if let Some(person) = self.people.get_mut(who) {
            person.holds = after;
        }
    }

    /// What somebody may do: all that is stored; while the provider says inactive nothing, or what a sign-in gave
    /// instead (readings 7 and 8).
    pub fn effective(&self, person: &Person) -> Holdings {
        match (person.active, person.reenabled) {
            (true, _) => person.holds.clone(),
            (false, true) => Holdings::from([(self.home.clone(), Held::onboarded())]),
            (false, false) => Holdings::new(),
        }
    }

    /// The provider vouches for somebody (B006–B009, B049, B054, B085). Nothing is evaluated by that (reading 4).
    pub fn sign_in(&mut self, who: &str) -> Entry {
        let Onboarding { enabled, reenable_disabled } = self.onboarding;
        if !enabled && !self.people.contains_key(who) {
            return Entry::UserNotFound;
        }
        let person = self.people.entry(who.to_owned()).or_insert_with(Person::account);
        let entry = match (person.active, person.holds.is_empty()) {
            (false, _) if !(enabled && reenable_disabled) => return Entry::UserInactive,
            (false, _) if !person.reenabled => Entry::Reenabled,
            (true, true) if !enabled => return Entry::NoAccess,
            (true, true) => Entry::Onboarded,
            (false, _) | (true, false) => Entry::Known,
        };
        person.reenabled |= entry == Entry::Reenabled;
        if entry == Entry::Onboarded {
            person.holds.insert(self.home.clone(), Held::onboarded());
        }
        person.session = true;
        entry
    }

    /// Who is in a group that is named so.
    fn members(&self, selector: &Selector) -> Names {
        let is_named = |(name, group): &(&String, &Group)| match selector {
            Selector::Name(wanted) => wanted == *name,
            Selector::External(wanted) => group.external.as_ref() == Some(wanted),
            Selector::Number(wanted) => group.number == *wanted,
        };
        self.groups.iter().filter(is_named).flat_map(|(_, group)| group.members.iter().cloned()).collect()
    }

    /// B014–B017; the first match ends what was granted by hand or by a sign-in (reading 3).
    pub fn holdings(&self, who: &str, rules: &Rules) -> Holdings {
        let mut given = Holdings::new();
        let is_member = |rule: &Rule| self.members(&rule.group).contains(who);
        for (name, rule) in rules.iter().filter(|(_, rule)| rule.enabled && is_member(rule)) {
            for tenant in &rule.tenants {
                let (role, joins, rules) = (rule.role, Names::new(), Names::new());
                let held = given.entry(tenant.clone()).or_insert(Held { role, joins, rules, source: Source::Rules });
                held.role =
                    if self.fault == Some(Fault::LowestRole) { held.role.min(role) } else { held.role.max(role) };
                held.joins.extend(rule.joins.iter().cloned());
                held.rules.insert(name.clone());
            }
        }
        if given.is_empty() {
            given = self.people.get(who).map(|person| person.holds.clone()).unwrap_or_default();
            given.retain(|_, held| held.rules.is_empty());
        }
        given
    }

    /// Whether a rule gives this person something, or would by the next message.
    pub fn is_managed(&self, who: &str) -> bool {
        let is_given = |holds: &Holdings| holds.values().any(|held| !held.rules.is_empty());
        self.people.get(who).is_some_and(|person| is_given(&person.holds))
            || is_given(&self.holdings(who, &self.in_force))
    }

    /// Rules are published, all of them, and what becomes of people who sign in. Where that is all that differs it is
    /// another revision as well: what waits is judged anew (reading 23).
    pub fn publish(&mut self, rules: Rules, onboarding: Onboarding) {
        if rules == self.published && onboarding == self.onboarding {
            return;
        }
        self.onboarding = onboarding;
        let held_before = std::mem::take(&mut self.held);
        self.published = rules;
        if !self.automatic {
            return self.put_in_force(&self.waiting());
        }
        let adds: Names = self.waiting().into_iter().filter(|name| self.only_adds(name)).collect();
        self.put_in_force(&adds);
        let waiting = self.waiting();
        let unjudged: Names = waiting.difference(&held_before).cloned().collect();
        let passes = |names: &Names| !names.is_empty() && self.excess(names, None).is_none();
        let admitted = [waiting.clone(), unjudged].into_iter().find(passes).unwrap_or_default();
        self.put_in_force(&admitted);
        self.held = self.waiting();
    }

    /// Rules whose published content is not in force.
    fn waiting(&self) -> Names {
        let names: Names = self.published.keys().chain(self.in_force.keys()).cloned().collect();
        names.into_iter().filter(|name| self.published.get(name) != self.in_force.get(name)).collect()
    }

    /// Whether a rule's change can take nothing from anybody. One that begins to match ends what no rule gave.
    fn only_adds(&self, name: &str) -> bool {
        let has_by_hand = |person: &Person| person.sent && person.holds.values().any(|held| held.rules.is_empty());
        let by_hand = self.people.values().any(has_by_hand);
        let before = self.in_force.get(name).filter(|rule| rule.enabled);
        match (before, self.published.get(name)) {
            (None, after) => !by_hand || after.is_none_or(|rule| !rule.enabled),
            (Some(_), None) => false,
            (Some(before), Some(after)) => {
                after.enabled
                    && after.group == before.group
                    && after.role >= before.role
                    && after.tenants.is_superset(&before.tenants)
                    && after.joins.is_superset(&before.joins)
            }
        }
    }

    fn with(&self, names: &Names) -> Rules {
        let mut rules = self.in_force.clone();
        for name in names {
            rules.remove(name);
            rules.extend(self.published.get(name).map(|rule| (name.clone(), rule.clone())));
        }
        rules
    }

    fn put_in_force(&mut self, names: &Names) {
        for name in names {
            let (before, after) = (self.in_force.get(name), self.published.get(name));
            let mut named = self.named.remove(name).unwrap_or_default();
            named.extend(before.into_iter().chain(after).map(|rule| rule.group.clone()));
            let holds = |person: &Person| person.holds.values().any(|held| held.rules.contains(name));
            let is_of_somebody = named.iter().any(|group| !self.members(group).is_empty());
            if is_of_somebody || self.people.values().any(holds) {
                self.named.insert(name.clone(), named);
            } else if let Some(rule) = after {
                self.named.insert(name.clone(), BTreeSet::from([rule.group.clone()]));
            }
        }
        self.in_force = self.with(names);
    }

    /// Members of the rules' old and new groups, and whoever holds something from one (reading 5). What is held stays
    /// out of it (reading 23).
    fn affected(&self, names: &Names, after: &Rules) -> Names {
        let mut groups: BTreeSet<_> = names.iter().filter_map(|name| self.named.get(name)).flatten().cloned().collect();
        for rules in [&self.in_force, after] {
            groups.extend(names.iter().filter_map(|name| rules.get(name)).map(|rule| rule.group.clone()));
        }
        let holds = |person: &Person| person.holds.values().any(|held| !held.rules.is_disjoint(names));
        let holders = self.people.iter().filter(|(_, person)| holds(person)).map(|(who, _)| who.clone());
        groups.iter().flat_map(|group| self.members(group)).chain(holders).collect()
    }

    /// What a change of these rules would take beyond the guard's limits, or beyond what was confirmed (reading 23).
    fn excess(&self, names: &Names, confirmed: Option<usize>) -> Option<usize> {
        let after = self.with(names);
        self.excess_of(&self.affected(names, &after), &after, confirmed)
    }

    fn excess_of(&self, people: &Names, rules: &Rules, confirmed: Option<usize>) -> Option<usize> {
        let loses = |who: &&String| {
            let (before, after) = (&self.people[*who].holds, self.holdings(who, rules));
            before.iter().any(|(tenant, held)| {
                after.get(tenant).is_none_or(|now| now.role < held.role || !now.joins.is_superset(&held.joins))
            })
        };
        let losing = people.iter().filter(loses).count();
        if let Some(up_to) = confirmed {
            return (losing > up_to).then_some(losing);
        }
        let is_top = |holds: &Holdings| holds.get(&self.home).is_some_and(|held| held.role == self.top);
        let active = || self.people.iter().filter(|(_, person)| person.active && person.sent);
        let after = |who: &String, person: &Person| {
            if people.contains(who) { is_top(&self.holdings(who, rules)) } else { is_top(&person.holds) }
        };
        let is_last = active().any(|(_, person)| is_top(&person.holds)) && !active().any(|(who, p)| after(who, p));
        (losing > self.limit || is_last).then_some(losing)
    }

    /// Those waiting changes that a run over these rules, or over everybody, lets in when it is confirmed.
    fn covered(&self, scope: Option<&Names>) -> Names {
        self.waiting().into_iter().filter(|name| scope.is_none_or(|names| names.contains(name))).collect()
    }

    /// Whom a run over these rules, or over everybody, evaluates where it puts this in force.
    fn of(&self, scope: Option<&Names>, after: &Rules) -> Names {
        match scope {
            Some(names) => self.affected(names, after),
            None => self.people.iter().filter(|(_, p)| p.sent).map(|(who, _)| who.clone()).collect(),
        }
    }

    /// A dry run: it is never held, and nothing is judged after it. Whether a run of this would be held.
    pub fn dry_run(&mut self, scope: Option<&Names>) -> bool {
        let covered = self.covered(scope);
        let after = self.with(&covered);
        let people = self.of(scope, &after);
        let is_too_much = self.excess_of(&people, &after, None).is_some();
        self.put_in_force(&covered);
        people.iter().for_each(|who| self.evaluate(who));
        is_too_much
    }

    /// A run over these rules, or over everybody; `false` = it was held.
    pub fn run(&mut self, scope: Option<&Names>, confirmed: Option<usize>) -> bool {
        let admitted = if confirmed.is_some() { self.covered(scope) } else { Names::new() };
        let after = self.with(&admitted);
        let mut people = self.of(scope, &after);
        if self.excess_of(&people, &after, confirmed).is_some() {
            return false;
        }
        if !admitted.is_empty() {
            self.put_in_force(&admitted);
            // That is another revision: what still waits is judged anew, and where it is let in, so is the run.
            let rest = self.waiting();
            if !rest.is_empty() && self.excess(&rest, None).is_none() {
                self.put_in_force(&rest);
                people = self.of(scope, &self.in_force);
                if self.excess_of(&people, &self.in_force, confirmed).is_some() {
                    self.held.clear();
                    return false;
                }
            }
            self.held = self.waiting();
        }
        people.iter().for_each(|who| self.evaluate(who));
        let done: Names = scope.cloned().unwrap_or_else(|| self.named.keys().cloned().collect());
        for name in done {
            self.named.remove(&name);
            let now = self.in_force.get(&name).map(|rule| (name, BTreeSet::from([rule.group.clone()])));
            self.named.extend(now);
        }
        true
    }
}
