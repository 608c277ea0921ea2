//! Random histories: after every event the system says of everybody exactly what the reference says.
//!
//! A few hundred in `make test`, ten thousand in `make soak`: `HISTORIES=10000`. `SEED=…` replays one.

mod event;
mod reference;
mod system;

use event::{Chance, Event};
use reference::{Entry, Fault, Group, Held, Onboarding, Person, Reference};
use scim_operator::access::Source;
use std::collections::{BTreeMap, BTreeSet};
use system::{Outcome, Shown, System};

const HISTORIES: u64 = 300;
/// In so many a fault is noticed.
const FEW: u64 = 36;
/// Fewer than there may be new accounts in a minute.
const EVENTS: usize = 48;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

impl Reference {
    fn begin(dice: &mut Chance) -> Self {
        let (automatic, limit) = (dice.below(3) > 0, dice.below(3));
        let limit = if limit == 0 { usize::MAX } else { limit };
        let (home, onboarding) = ("main".to_owned(), dice.onboarding());
        Self { automatic, limit, top: event::ROLES - 1, home, onboarding, ..Self::default() }
    }

    /// Applies an event; what the system has to answer.
    fn take(&mut self, event: &Event) -> Outcome {
        let named = match event {
            Event::Post(..) | Event::Put(..) | Event::Active(..) | Event::Title(_) | Event::Delete(_) => {
                self.take_person(event)
            }
            Event::PostGroup(..)
            | Event::Members(..)
            | Event::AllMembers(..)
            | Event::Mark(..)
            | Event::Rename(..)
            | Event::DeleteGroup(_) => self.take_group(event),
            Event::Grant(..) | Event::EndGrant(..) => self.take_grant(event),
            Event::Publish(rules) => {
                self.publish(rules.clone(), self.onboarding);
                Some(BTreeSet::new())
            }
            Event::Onboarding(onboarding) => {
                self.publish(self.published.clone(), *onboarding);
                Some(BTreeSet::new())
            }
            Event::SignIn(who) => return Outcome::SignIn(self.sign_in(who)),
            Event::Run(scope, confirmed) | Event::RunRestarted(scope, confirmed) => {
                if !self.run(scope.as_ref(), *confirmed) {
                    return Outcome::Held;
                }
                Some(BTreeSet::new())
            }
            Event::DryRun(scope) => return self.would(scope.as_ref()),
            Event::Restart => Some(BTreeSet::new()),
        };
        let Some(named) = named else { return Outcome::Refused };
        self.told(&named);
        Outcome::Done
    }

    /// Whom a message about a person names; `None` = it is refused.
    fn take_person(&mut self, event: &Event) -> Option<BTreeSet<String>> {
        let who = match event {
            Event::Post(who, active) if !self.is_sent(who) => {
                // An account is adopted, with what it holds; whoever signed in with it has to do so again.
                let holds = self.people.remove(who).map(|account| account.holds).unwrap_or_default();
                self.people.insert(who.clone(), Person { sent: true, active: *active, holds, ..Person::default() });
                who
            }
            Event::Put(who, active) | Event::Active(who, active) if self.is_sent(who) => {
                self.people.get_mut(who)?.said(*active);
                who
            }
            Event::Title(who) if self.is_sent(who) => who,
            Event::Delete(who) if self.is_sent(who) => {
                self.people.remove(who);
                for group in self.groups.values_mut() {
                    group.members.remove(who);
                }
                who
            }
            _ => return None,
        };
        Some(BTreeSet::from([who.clone()]))
    }

    /// A grant by hand, which names nobody to be evaluated; `None` = it is refused.
    fn take_grant(&mut self, event: &Event) -> Option<BTreeSet<String>> {
        match event {
            Event::Grant(who, tenant, role, joins) => {
                if self.is_managed(who) {
                    return None;
                }
                let person = self.people.entry(who.clone()).or_insert_with(Person::account);
                let (role, joins, rules) = (*role, joins.clone(), BTreeSet::new());
                person.holds.insert(tenant.clone(), Held { role, joins, rules, source: Source::Manual });
            }
            Event::EndGrant(who, tenant) => {
                let person = self.people.get_mut(who)?;
                person.holds.get(tenant).filter(|held| held.source != Source::Rules)?;
                person.holds.remove(tenant);
                // An account that holds nothing is nobody's.
                if !person.sent && person.holds.is_empty() {
                    self.people.remove(who);
                }
            }
            _ => return None,
        }
        Some(BTreeSet::new())
    }

    /// Whose access a run would change, and whether it would be held; another rule that gives the same is no change of
    /// access.
    fn would(&self, scope: Option<&BTreeSet<String>>) -> Outcome {
        let mut after = self.clone();
        let is_held = after.dry_run(scope);
        let access = |person: &Person| -> BTreeMap<_, _> {
            let of = |(tenant, held): (&String, &Held)| (tenant.clone(), (held.role, held.joins.clone()));
            person.holds.iter().map(of).collect()
        };
        let differs = |who: &&String| access(&self.people[*who]) != access(&after.people[*who]);
        Outcome::Would(self.people.keys().filter(differs).cloned().collect(), is_held)
    }

    /// Whom a message about a group names; `None` = it is refused.
    fn take_group(&mut self, event: &Event) -> Option<BTreeSet<String>> {
        match event {
            Event::PostGroup(group, external, members) => {
                if self.groups.contains_key(group) || !self.are_sent(members) {
                    return None;
                }
                let (number, external, members) = (self.made, external.clone(), members.clone());
                self.made += 1;
                self.groups.insert(group.clone(), Group { number, external, members: members.clone() });
                Some(members)
            }
            Event::Members(group, come, go) => {
                if !self.groups.contains_key(group) || !self.are_sent(come) {
                    return None;
                }
                let members = &mut self.groups.get_mut(group)?.members;
                members.extend(come.iter().cloned());
                members.retain(|who| !go.contains(who));
                Some(come.union(go).filter(|who| self.is_sent(who)).cloned().collect())
            }
            Event::AllMembers(group, external, all) => {
                if !self.are_sent(all) {
                    return None;
                }
                let group = self.groups.get_mut(group)?;
                group.external.clone_from(external);
                let before = std::mem::replace(&mut group.members, all.clone());
                Some(all.union(&before).cloned().collect())
            }
            Event::Mark(group, external) => {
                let group = self.groups.get_mut(group)?;
                let before = group.external.replace(external.clone());
                Some(if before.as_ref() == Some(external) { BTreeSet::new() } else { group.members.clone() })
            }
            Event::Rename(group, to) => {
                if !self.groups.contains_key(group) || (group != to && self.groups.contains_key(to)) {
                    return None;
                }
                let renamed = self.groups.remove(group)?;
                let members = renamed.members.clone();
                self.groups.insert(to.clone(), renamed);
                Some(if group == to { BTreeSet::new() } else { members })
            }
            Event::DeleteGroup(group) if self.fault == Some(Fault::GroupDeletions) => {
                self.groups.get(group).map(|group| group.members.clone())
            }
            Event::DeleteGroup(group) => self.groups.remove(group).map(|group| group.members),
            _ => None,
        }
    }

    fn are_sent(&self, members: &BTreeSet<String>) -> bool {
        members.iter().all(|who| self.is_sent(who))
    }

    fn is_sent(&self, who: &str) -> bool {
        self.people.get(who).is_some_and(|person| person.sent)
    }
}

/// How often somebody whom rules give something was compared with them, while every rule was said to be in sync.
async fn history(seed: u64, fault: Option<Fault>) -> Result<usize, String> {
    let mut dice = Chance::new(seed);
    let reference = Reference { fault, ..Reference::begin(&mut dice) };
    let mut system = System::begin(reference.automatic, reference.limit, reference.onboarding).await;
    let outcome = live(seed, dice, reference, &mut system).await;
    system.end().await;
    outcome
}

async fn live(seed: u64, mut dice: Chance, mut reference: Reference, system: &mut System) -> Result<usize, String> {
    let Reference { automatic, limit, onboarding, .. } = &reference;
    let mut told: Vec<String> = vec![format!("Manual: {}, limit {limit}, {onboarding:?}", !automatic)];
    let mut compared = 0;
    for _ in 0..EVENTS {
        let event = dice.event(&reference);
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
        if system.is_in_sync().await {
            match settled(&reference, &said) {
                Ok(managed) => compared += managed,
                Err(what) => return wrong(format!("every rule is in sync, and {what}")),
            }
        }
    }
    Ok(compared)
}

/// How many people the published rules give something; an error names somebody who has not what they say, and which
/// rules make the difference.
fn settled(reference: &Reference, said: &BTreeMap<String, Shown>) -> Result<usize, String> {
    let mut managed = 0;
    for (who, Shown { stored, .. }) in said {
        let due = reference.holdings(who, &reference.published);
        if *stored != due {
            let apart = stored.keys().chain(due.keys()).filter(|tenant| stored.get(*tenant) != due.get(*tenant));
            let both = apart.flat_map(|tenant| [stored.get(tenant), due.get(tenant)]).flatten();
            let rules: BTreeSet<&String> = both.flat_map(|held| &held.rules).collect();
            return Err(format!("{who} has not what {rules:?} say: {stored:?}, and it is {due:?}"));
        }
        managed += usize::from(due.values().any(|held| !held.rules.is_empty()));
    }
    Ok(managed)
}

/// What everybody holds and may do, and whether they are still signed in.
fn everybody(reference: &Reference) -> BTreeMap<String, Shown> {
    let shown = |person: &Person| {
        let effective = reference.effective(person);
        // A session is nothing without access; it manages people by the top role in the home tenant (B101).
        let manages = effective.get(&reference.home).is_some_and(|held| held.role == reference.top);
        let session = (person.session && !effective.is_empty()).then_some(manages);
        let Person { active, reenabled, holds, .. } = person;
        Shown { active: *active, enabled: *active || *reenabled, stored: holds.clone(), effective, session }
    };
    reference.people.iter().map(|(who, person)| (who.clone(), shown(person))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b018_b049_b054_b071_b084_b086_c001_after_any_history_everybody_has_what_the_reference_says() {
    let seeds: Vec<u64> = match number("SEED") {
        Some(seed) => vec![seed],
        None => (0..number("HISTORIES").unwrap_or(HISTORIES)).map(|seed| seed + 1).collect(),
    };
    let mut compared = 0;
    for several in seeds.chunks(8) {
        let outcomes = futures::future::join_all(several.iter().map(|seed| history(*seed, None))).await;
        for outcome in outcomes {
            compared += outcome.unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
    assert!(compared > 0 || number("SEED").is_some(), "while every rule was in sync nobody had anything from one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_that_forgets_the_highest_role_or_deletions_of_groups_is_noticed() {
    for fault in [Fault::LowestRole, Fault::GroupDeletions] {
        let mut noticed = false;
        for seed in 1..=FEW {
            noticed = history(seed, Some(fault)).await.is_err();
            if noticed {
                break;
            }
        }
        assert!(noticed, "{fault:?}: no difference in {FEW} histories");
    }
}

#[test]
fn somebody_who_has_not_what_the_rules_say_is_noticed_with_the_rule() {
    let ones = reference::Selector::Name("Ones".to_owned());
    let rule = |group| reference::Rule {
        group,
        role: 3,
        tenants: BTreeSet::from(["main".to_owned()]),
        joins: BTreeSet::new(),
        enabled: true,
    };
    let ada = BTreeSet::from(["ada".to_owned()]);
    let mut reference = Reference { limit: usize::MAX, home: "main".to_owned(), ..Reference::default() };
    reference.take(&Event::Post("ada".to_owned(), true));
    reference.take(&Event::PostGroup("Ones".to_owned(), Some("e1".to_owned()), ada));
    for group in [ones, reference::Selector::External("e1".to_owned()), reference::Selector::Number(0)] {
        reference.take(&Event::Publish(BTreeMap::from([("a".to_owned(), rule(group))])));
        reference.take(&Event::Run(None, None));
        assert_eq!(settled(&reference, &everybody(&reference)), Ok(1));
        reference.take(&Event::Publish(BTreeMap::new()));
        let wrong = settled(&reference, &everybody(&reference)).unwrap_err();
        assert!(wrong.starts_with("ada has not what {\"a\"} say"), "{wrong}");
    }
}

/// What the provider has sent: Ada, a designer.
fn designer(onboarding: Onboarding) -> Reference {
    let rule = reference::Rule {
        group: reference::Selector::Name("Ones".to_owned()),
        role: 1,
        tenants: BTreeSet::from(["hr".to_owned(), "main".to_owned()]),
        joins: BTreeSet::new(),
        enabled: true,
    };
    let home = "main".to_owned();
    let mut reference = Reference { limit: usize::MAX, home, onboarding, ..Reference::default() };
    reference.take(&Event::Publish(BTreeMap::from([("a".to_owned(), rule)])));
    reference.take(&Event::Post("ada".to_owned(), true));
    reference.take(&Event::PostGroup("Ones".to_owned(), None, BTreeSet::from(["ada".to_owned()])));
    reference
}

/// The roles in each tenant that she may use.
fn roles(reference: &Reference) -> Vec<(String, usize)> {
    let effective = reference.effective(&reference.people["ada"]);
    effective.into_iter().map(|(tenant, held)| (tenant, held.role)).collect()
}

#[test]
fn b008_b054_the_reference_lets_a_disabled_designer_in_with_the_lowest_role_until_the_provider_speaks() {
    let (ada, both) = ("ada".to_owned(), [("hr".to_owned(), 1), ("main".to_owned(), 1)]);
    let sign_in = |reference: &mut Reference| reference.take(&Event::SignIn("ada".to_owned()));
    let mut reference = designer(Onboarding { enabled: true, reenable_disabled: true });
    assert_eq!((sign_in(&mut reference), roles(&reference)), (Outcome::SignIn(Entry::Known), both.to_vec()));
    reference.take(&Event::Active(ada.clone(), false));
    assert!(roles(&reference).is_empty());
    for word in [Event::Put(ada.clone(), false), Event::Active(ada.clone(), true)] {
        assert_eq!(sign_in(&mut reference), Outcome::SignIn(Entry::Reenabled));
        reference.take(&Event::Title(ada.clone()));
        assert_eq!(roles(&reference), [("main".to_owned(), 0)], "only that");
        assert_eq!(sign_in(&mut reference), Outcome::SignIn(Entry::Known));
        reference.take(&word);
        assert!(reference.people["ada"].active || roles(&reference).is_empty());
    }
    assert_eq!(roles(&reference), both, "what is stored has come back");
    let mut reference = designer(Onboarding { enabled: true, reenable_disabled: false });
    reference.take(&Event::Active(ada, false));
    assert_eq!(sign_in(&mut reference), Outcome::SignIn(Entry::UserInactive));
}

#[test]
fn b049_b054_b085_the_reference_gives_whoever_has_left_all_groups_the_lowest_role_or_nothing() {
    let leaves = Event::AllMembers("Ones".to_owned(), None, BTreeSet::new());
    for (enabled, comes, left) in [(true, Entry::Onboarded, 1), (false, Entry::NoAccess, 0)] {
        let mut reference = designer(Onboarding { enabled, reenable_disabled: true });
        reference.take(&leaves);
        assert_eq!(reference.take(&Event::SignIn("ada".to_owned())), Outcome::SignIn(comes));
        assert_eq!(roles(&reference).len(), left);
        reference.take(&Event::PostGroup("Twos".to_owned(), None, BTreeSet::from(["ada".to_owned()])));
        assert_eq!(roles(&reference).len(), left, "no rule matches");
        reference.take(&Event::Members("Ones".to_owned(), BTreeSet::from(["ada".to_owned()]), BTreeSet::new()));
        assert_eq!(roles(&reference), [("hr".to_owned(), 1), ("main".to_owned(), 1)], "the first match ends it");
    }
}

#[test]
fn b006_in_the_histories_people_come_in_and_are_refused_in_every_way() {
    let mut seen = BTreeSet::new();
    for seed in 1..=HISTORIES {
        let mut dice = Chance::new(seed);
        let mut reference = Reference::begin(&mut dice);
        for _ in 0..EVENTS {
            let event = dice.event(&reference);
            let is_disabled_holder = |person: &Person| person.reenabled && person.holds.len() > 1;
            if let Outcome::SignIn(entry) = reference.take(&event) {
                seen.insert((entry, reference.people.values().any(is_disabled_holder)));
            }
        }
    }
    let all = [
        (Entry::Known, false),
        (Entry::Onboarded, false),
        (Entry::Reenabled, false),
        (Entry::Reenabled, true),
        (Entry::UserNotFound, false),
        (Entry::UserInactive, false),
        (Entry::NoAccess, false),
    ];
    assert!(all.iter().all(|way| seen.contains(way)), "{seen:?}");
}
