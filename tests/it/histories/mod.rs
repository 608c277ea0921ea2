//! Random histories: after every event the system says of everybody exactly what the reference says.
//!
//! A few hundred in `make test`, ten thousand in `make soak`: `HISTORIES=10000`. `SEED=…` replays one.

mod event;
mod reference;
mod system;

use event::{Chance, Event};
use reference::{Held, Person, Reference};
use std::collections::{BTreeMap, BTreeSet};
use system::{Outcome, System};

const HISTORIES: u64 = 300;
const EVENTS: usize = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

impl Reference {
    fn begin(dice: &mut Chance) -> Self {
        let (automatic, limit) = (dice.below(3) > 0, dice.below(3));
        let limit = if limit == 0 { usize::MAX } else { limit };
        Self { automatic, limit, top: event::ROLES - 1, home: "main".to_owned(), ..Self::default() }
    }

    /// Applies an event; what the system has to answer.
    fn take(&mut self, event: &Event) -> Outcome {
        let mut named = BTreeSet::new();
        match event {
            Event::Post(who, active) => {
                if self.people.get(who).is_some_and(|person| person.sent) {
                    return Outcome::Refused;
                }
                let holds = self.people.remove(who).map(|account| account.holds).unwrap_or_default();
                self.people.insert(who.clone(), Person { sent: true, active: *active, holds });
                named.insert(who.clone());
            }
            Event::Active(who, active) => match self.people.get_mut(who).filter(|person| person.sent) {
                None => return Outcome::Refused,
                Some(person) => {
                    person.active = *active;
                    named.insert(who.clone());
                }
            },
            Event::Delete(who) => {
                if self.people.get(who).is_none_or(|person| !person.sent) {
                    return Outcome::Refused;
                }
                self.people.remove(who);
                for members in self.groups.values_mut() {
                    members.remove(who);
                }
            }
            Event::PostGroup(..)
            | Event::Members(..)
            | Event::AllMembers(..)
            | Event::Rename(..)
            | Event::DeleteGroup(_) => match self.take_group(event) {
                None => return Outcome::Refused,
                Some(members) => named = members,
            },
            Event::Publish(rules) => self.publish(rules.clone()),
            Event::Run(scope, confirmed) | Event::RunRestarted(scope, confirmed) => {
                if !self.run(scope.as_ref(), *confirmed) {
                    return Outcome::Held;
                }
            }
            Event::DryRun(scope) => return Outcome::Would(self.would_change(scope.as_ref())),
            Event::Grant(who, tenant, role, joins) => {
                if self.is_managed(who) {
                    return Outcome::Refused;
                }
                let person = self.people.entry(who.clone()).or_insert(Person { active: true, ..Person::default() });
                let held = Held { role: *role, joins: joins.clone(), rules: BTreeSet::new() };
                person.holds.insert(tenant.clone(), held);
            }
            Event::EndGrant(who, tenant) => {
                let Some(person) = self.people.get_mut(who) else { return Outcome::Refused };
                if person.holds.get(tenant).is_none_or(|held| !held.rules.is_empty()) {
                    return Outcome::Refused;
                }
                person.holds.remove(tenant);
                if !person.sent && person.holds.is_empty() {
                    self.people.remove(who);
                }
            }
            Event::Restart => {}
        }
        self.told(&named);
        Outcome::Done
    }

    /// Whose access a run would change; another rule that gives the same is no change of access.
    fn would_change(&self, scope: Option<&BTreeSet<String>>) -> BTreeSet<String> {
        let mut after = self.clone();
        after.dry_run(scope);
        let access = |person: &Person| -> BTreeMap<_, _> {
            let of = |(tenant, held): (&String, &Held)| (tenant.clone(), (held.role, held.joins.clone()));
            person.holds.iter().map(of).collect()
        };
        let differs = |who: &&String| access(&self.people[*who]) != access(&after.people[*who]);
        self.people.keys().filter(differs).cloned().collect()
    }

    /// Whom a message about a group names; `None` = it is refused.
    fn take_group(&mut self, event: &Event) -> Option<BTreeSet<String>> {
        match event {
            Event::PostGroup(group, members) => {
                if self.groups.contains_key(group) || !self.are_sent(members) {
                    return None;
                }
                self.groups.insert(group.clone(), members.clone());
                Some(members.clone())
            }
            Event::Members(group, come, go) => {
                if !self.groups.contains_key(group) || !self.are_sent(come) {
                    return None;
                }
                let members = self.groups.get_mut(group)?;
                members.extend(come.iter().cloned());
                members.retain(|who| !go.contains(who));
                let is_sent = |who: &&String| self.people.get(*who).is_some_and(|person| person.sent);
                Some(come.union(go).filter(is_sent).cloned().collect())
            }
            Event::AllMembers(group, all) => {
                if !self.groups.contains_key(group) || !self.are_sent(all) {
                    return None;
                }
                let before = self.groups.insert(group.clone(), all.clone())?;
                Some(all.union(&before).cloned().collect())
            }
            Event::Rename(group, to) => {
                if !self.groups.contains_key(group) || (group != to && self.groups.contains_key(to)) {
                    return None;
                }
                let members = self.groups.remove(group)?;
                self.groups.insert(to.clone(), members.clone());
                Some(if group == to { BTreeSet::new() } else { members })
            }
            Event::DeleteGroup(group) => self.groups.remove(group),
            _ => None,
        }
    }

    fn are_sent(&self, members: &BTreeSet<String>) -> bool {
        members.iter().all(|who| self.people.get(who).is_some_and(|person| person.sent))
    }
}

async fn history(seed: u64) -> Result<(), String> {
    let mut dice = Chance::new(seed);
    let mut reference = Reference::begin(&mut dice);
    let mut system = System::begin(reference.automatic, reference.limit).await;
    let mut told: Vec<String> = vec![format!("Manual: {}, limit {}", !reference.automatic, reference.limit)];
    for _ in 0..EVENTS {
        let event = dice.event(&reference.published);
        told.push(format!("{event:?}"));
        let expected = reference.take(&event);
        let answered = system.take(&event).await;
        let wrong = |what: String| Err(format!("SEED={seed}: {what}\nafter\n{}", told.join("\n")));
        if answered != expected {
            return wrong(format!("answered {answered:?}, and it is {expected:?}"));
        }
        let (said, known) = (system.everybody().await, everybody(&reference));
        if said != known {
            return wrong(format!("said {said:#?}\nand it is {known:#?}"));
        }
        if system.held() != reference.held {
            return wrong(format!("held {:?}, and it is {:?}", system.held(), reference.held));
        }
    }
    system.end().await;
    Ok(())
}

/// What everybody holds, and whether the account may be used.
fn everybody(reference: &Reference) -> BTreeMap<String, (bool, BTreeMap<String, Held>)> {
    let shown = |person: &Person| (person.active, person.holds.clone());
    reference.people.iter().map(|(who, person)| (who.clone(), shown(person))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b018_b071_b084_b086_c001_after_any_history_everybody_has_what_the_reference_says() {
    let seeds: Vec<u64> = match number("SEED") {
        Some(seed) => vec![seed],
        None => (0..number("HISTORIES").unwrap_or(HISTORIES)).map(|seed| seed + 1).collect(),
    };
    for several in seeds.chunks(8) {
        let outcomes = futures::future::join_all(several.iter().map(|seed| history(*seed))).await;
        for outcome in outcomes {
            outcome.unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

#[test]
fn a_reference_that_forgets_the_highest_role_is_noticed() {
    let rule = |role| reference::Rule {
        group: "Ones".to_owned(),
        role,
        tenants: BTreeSet::from(["main".to_owned()]),
        joins: BTreeSet::new(),
        enabled: true,
    };
    let mut reference = Reference { limit: usize::MAX, home: "main".to_owned(), ..Reference::default() };
    reference.take(&Event::Post("ada".to_owned(), true));
    reference.take(&Event::PostGroup("Ones".to_owned(), BTreeSet::from(["ada".to_owned()])));
    reference.take(&Event::Publish(BTreeMap::from([("a".to_owned(), rule(3)), ("b".to_owned(), rule(1))])));
    assert!(reference.people["ada"].holds.is_empty(), "B065: nothing has touched ada yet");
    reference.take(&Event::Run(None, None));
    assert_eq!(reference.people["ada"].holds["main"].role, 3, "B015");
}
