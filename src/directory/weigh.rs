//! Weighing: what rules would give and take, before anything is written (C001, C003).
//!
//! One pass for the guard, for runs, for dry runs and for plans. It does on paper, to many people, what the write path
//! does to one: the same [`settled`], the same [`diff`]. People are read in chunks, somebody else gets a turn in
//! between, and it ends when the directory closes. It never writes.

use super::evaluation::settled;
use super::{Directory, Error, runner};
use crate::access::{Diff, Ladder, Losses, RuleSet, TenantAccess, diff};
use crate::config::{Enforced, RunResult, TenantTally, UserChange, Waiting};
use crate::store::{AccessFacts, Among, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// People read at once.
pub(super) const CHUNK: usize = 1_000;
/// People weighed before somebody else gets a turn: about a millisecond of work.
const TURN: usize = 200;

/// What is weighed.
pub(super) struct Question<'a> {
    /// What would be in force.
    pub candidate: &'a Enforced,
    /// The ladder in force: who falls by it loses something, also when the candidate's puts the new role higher.
    pub roles: &'a Ladder,
    /// The home tenant.
    pub tenant: &'a str,
    /// Whom it is about.
    pub whom: Whom,
    /// How many of the people whose access would change are answered with their grants, the first by id.
    pub keep: usize,
    /// Whether this is done under the lease of the runs, which is then prolonged meanwhile.
    pub leased: bool,
}

/// Whom a weighing is about.
pub(super) enum Whom {
    /// Whoever is found in the store.
    Among(Among),
    /// These, in the order of ids.
    These(Vec<UserId>),
}

/// What it comes to.
#[derive(Debug, Default)]
pub(super) struct Weighed {
    /// Numbers of people, as a run counts them.
    pub result: RunResult,
    /// What the guard looks at.
    pub losses: Losses,
    /// The numbers for each tenant in which access moves.
    pub tenants: BTreeMap<String, TenantTally>,
    /// Everybody whose grants would be written, by id, with the number of people looked at up to there.
    pub differing: Vec<(u64, UserId)>,
    /// The last one looked at.
    pub last: Option<UserId>,
    /// The first people whose access would change.
    pub users: Vec<UserChange>,
}

/// What would happen to one person.
#[derive(Debug)]
pub(super) struct Prospect {
    user: UserId,
    enabled: bool,
    before: Vec<TenantAccess>,
    after: Vec<TenantAccess>,
    /// What it gives and takes.
    pub diff: Diff,
}

/// Rules and roles that would be in force, made ready.
pub(super) struct Scale<'a> {
    candidate: &'a Enforced,
    rules: RuleSet,
}

impl<'a> Scale<'a> {
    /// Compiles the rules.
    pub fn new(candidate: &'a Enforced) -> Self {
        Self { candidate, rules: RuleSet::compile(&candidate.rules, &candidate.roles) }
    }

    /// What would happen to somebody; `None` = nothing would be written.
    pub fn prospect(&self, person: &AccessFacts) -> Option<Prospect> {
        let after = settled(&self.rules, &person.grants, &person.groups)?;
        let before = person.grants.clone();
        let diff = diff(&before, &after, &self.candidate.roles);
        Some(Prospect { user: person.id, enabled: person.account_enabled, before, after, diff })
    }
}

/// Whom changes of these rules affect, between what is in force before and after: the members of the groups they name
/// in either, and who holds something from them (reading 5).
pub(super) fn affected(rules: &[String], before: &Enforced, after: &Enforced) -> Among {
    let named: BTreeSet<&String> = rules.iter().collect();
    let all = before.rules.iter().chain(&after.rules).filter(|rule| named.contains(&rule.name));
    let selectors: BTreeSet<_> = all.map(|rule| rule.group.clone()).collect();
    Among::Affected { rules: rules.to_vec(), selectors: selectors.into_iter().collect() }
}

/// Whom these changes affect; another order of roles may affect anybody.
pub(super) fn affected_by(changes: &Waiting, before: &Enforced, after: &Enforced) -> Among {
    if changes.roles { Among::All } else { affected(&changes.rules, before, after) }
}

impl Directory {
    /// Weighs. An error when the directory closes meanwhile, or when the lease under which it is done is lost.
    pub(super) async fn weigh(&self, question: Question<'_>) -> Result<Weighed, Error> {
        let Question { candidate, roles, tenant, whom, keep, leased } = question;
        let store = &self.inner.store;
        let scale = Scale::new(candidate);
        let top = top_of(&candidate.roles);
        let mut sum = Sum { roles, tenant, top, keep, weighed: Weighed::default(), kept: Vec::new(), won: 0, lost: 0 };
        let people = match whom {
            Whom::These(people) => people,
            Whom::Among(among) => {
                self.may_go_on(leased).await?;
                store.people(among).await?
            }
        };
        for ids in people.chunks(CHUNK) {
            self.may_go_on(leased).await?;
            for some in store.access_facts(ids.to_vec()).await?.chunks(TURN) {
                some.iter().for_each(|person| sum.add(&scale, person));
                tokio::task::yield_now().await;
            }
        }
        let Sum { mut weighed, kept, won, lost, .. } = sum;
        weighed.last = people.last().copied();
        weighed.users = self.with_names(kept).await?;
        self.may_go_on(leased).await?;
        weighed.losses.managed = store.figures().await?.users.managed;
        self.may_go_on(leased).await?;
        let have = async |role: Option<&str>| match role {
            Some(role) => store.active_holders(tenant, role).await,
            None => Ok(0),
        };
        weighed.losses.top_before = have(top_of(roles)).await?;
        let have_new = if top == top_of(roles) { weighed.losses.top_before } else { have(top).await? };
        weighed.losses.top_after = (have_new + won).saturating_sub(lost);
        Ok(weighed)
    }

    /// An error when it is over: the directory closes, or another process carries out runs by now.
    pub(super) async fn may_go_on(&self, leased: bool) -> Result<(), Error> {
        if self.inner.closing.is_cancelled() {
            return Err(Error::Unavailable("the directory closes".to_owned()));
        }
        if leased && runner::lease(self).await?.is_none() {
            return Err(Error::Unavailable("another process carries out runs by now".to_owned()));
        }
        Ok(())
    }

    /// As they are answered, with the userNames, which no pass reads; whoever is gone is left out.
    pub(super) async fn with_names(&self, prospects: Vec<Prospect>) -> Result<Vec<UserChange>, Error> {
        let mut names: BTreeMap<UserId, String> = BTreeMap::new();
        for some in prospects.chunks(CHUNK) {
            let ids = some.iter().map(|prospect| prospect.user).collect();
            let rows = self.inner.store.users_by_ids(ids, false).await?;
            names.extend(rows.into_iter().map(|(row, _)| (row.id, row.user.user_name().to_owned())));
        }
        let named = prospects.into_iter().filter_map(|Prospect { user, before, after, .. }| {
            names.remove(&user).map(|user_name| UserChange { id: user.to_string(), user_name, before, after })
        });
        Ok(named.collect())
    }
}

fn top_of(roles: &Ladder) -> Option<&str> {
    roles.roles().last().map(String::as_str)
}

/// What was added up so far.
struct Sum<'a> {
    roles: &'a Ladder,
    tenant: &'a str,
    /// The candidate's top role; `None` = there are no roles.
    top: Option<&'a str>,
    keep: usize,
    weighed: Weighed,
    kept: Vec<Prospect>,
    /// Active people who get the top role in the home tenant, and who lose it.
    won: u64,
    lost: u64,
}

impl Sum<'_> {
    fn add(&mut self, scale: &Scale<'_>, person: &AccessFacts) {
        self.weighed.result.users_evaluated += 1;
        let Some(prospect) = scale.prospect(person) else { return };
        self.weighed.differing.push((self.weighed.result.users_evaluated, person.id));
        let Prospect { enabled, before, after, diff: moved, .. } = &prospect;
        if *enabled {
            match (self.is_top(before), self.is_top(after)) {
                (false, true) => self.won += 1,
                (true, false) => self.lost += 1,
                _ => {}
            }
        }
        if !moved.changed() {
            return;
        }
        tally(&mut self.weighed.result, *moved);
        let takes = moved.takes_access() || diff(before, after, self.roles).takes_access();
        self.weighed.losses.people += u64::from(takes);
        let tenants: BTreeSet<&str> = before.iter().chain(after).map(|grant| grant.tenant.as_str()).collect();
        for tenant in tenants {
            let moved = diff(within(before, tenant), within(after, tenant), &scale.candidate.roles);
            if moved.changed() {
                let of = self.weighed.tenants.entry(tenant.to_owned()).or_default();
                of.granted += u64::from(moved.granted);
                of.revoked += u64::from(moved.revoked);
                of.promoted += u64::from(moved.promoted);
                of.demoted += u64::from(moved.demoted);
            }
        }
        if self.kept.len() < self.keep {
            self.kept.push(prospect);
        }
    }

    fn is_top(&self, grants: &[TenantAccess]) -> bool {
        grants.iter().any(|grant| grant.tenant == self.tenant && Some(grant.role.as_str()) == self.top)
    }
}

/// The grants in one tenant: none, or the one.
fn within<'a>(grants: &'a [TenantAccess], tenant: &str) -> &'a [TenantAccess] {
    grants.iter().find(|grant| grant.tenant == tenant).map(std::slice::from_ref).unwrap_or_default()
}

/// Counts one person's move, besides that the rules were applied.
pub(super) fn tally(result: &mut RunResult, moved: Diff) {
    result.users_changed += u64::from(moved.changed());
    result.granted += u64::from(moved.granted);
    result.revoked += u64::from(moved.revoked);
    result.promoted += u64::from(moved.promoted);
    result.demoted += u64::from(moved.demoted);
}
