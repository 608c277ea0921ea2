//! The guard at work: changes of rules and roles that wait are weighed, and let in or held (reading 23, C003).
//!
//! It judges what was published, never what the provider asks for. What is held stays as it was, for messages and for
//! runs, until a run confirms it or another revision is published.

use super::batch::found;
use super::publication::changed;
use super::record::Heading;
use super::weigh::{Question, Whom, affected_by};
use super::{Actor, Directory, Error};
use crate::access::Losses;
use crate::config::{Document, Enforced, HeldChanges, Phase, Waiting};
use crate::store::{Change, Decision, Effects, Facts, Fence, Hold, InForce, Needs, Write};
use std::sync::Arc;

/// Whether something waits that was not weighed at this revision.
pub(super) fn is_due(config: &InForce) -> bool {
    let is_judged = config.enforced.held.as_ref().is_some_and(|held| held.revision == config.revision);
    !is_judged && !config.waiting().is_empty()
}

/// Weighs all that waits, and lets it in or holds it. Together with changes that were held before, a new one may exceed
/// a limit that it does not exceed alone: it is not kept waiting by them.
pub(super) async fn judge(directory: &Directory, fence: &Fence, config: &InForce) -> Result<(), Error> {
    let Some(document) = &config.document else { return Ok(()) };
    let (enforced, guard) = (&config.enforced, &document.guard);
    let waiting = config.waiting();
    let losses = weigh(directory, document, enforced, &waiting).await?;
    let Some(excess) = guard.exceeded(&losses) else {
        return settle(directory, fence, config, waiting, None).await;
    };
    let (new, old) = parted(&waiting, enforced.held.as_ref());
    let mut held = verdict(&waiting, losses.people, excess.to_string());
    let mut admitted = Waiting::default();
    if !new.is_empty() && !old.is_empty() {
        let alone = weigh(directory, document, enforced, &new).await?;
        if guard.exceeded(&alone).is_none() {
            let losses = weigh(directory, document, &enforced.admitting(document, &new), &old).await?;
            let reason = match guard.exceeded(&losses) {
                Some(excess) => excess.to_string(),
                None => format!("together with what has just come into force: {excess}"),
            };
            held = verdict(&old, losses.people, reason);
            admitted = new;
        }
    }
    settle(directory, fence, config, admitted, Some(held)).await
}

async fn weigh(
    directory: &Directory,
    document: &Document,
    from: &Enforced,
    changes: &Waiting,
) -> Result<Losses, Error> {
    let candidate = from.admitting(document, changes);
    let whom = Whom::Among(affected_by(changes, from, &candidate));
    let question =
        Question { candidate: &candidate, roles: &from.roles, tenant: &document.tenant, whom, keep: 0, leased: true };
    Ok(directory.weigh(question).await?.losses)
}

/// Those of the changes that no earlier verdict held, and those that one did.
fn parted(waiting: &Waiting, held: Option<&HeldChanges>) -> (Waiting, Waiting) {
    let (rules, roles) = held.map_or((&[][..], false), |held| (held.rules.as_slice(), held.roles));
    let (old, new): (Vec<String>, Vec<String>) = waiting.rules.iter().cloned().partition(|rule| rules.contains(rule));
    let new = Waiting { rules: new, roles: waiting.roles && !roles };
    (new, Waiting { rules: old, roles: waiting.roles && roles })
}

/// The revision is filled in when it is known.
fn verdict(held: &Waiting, users_losing: u64, reason: String) -> HeldChanges {
    HeldChanges { rules: held.rules.clone(), roles: held.roles, users_losing, reason, revision: 0 }
}

async fn settle(
    directory: &Directory,
    fence: &Fence,
    config: &InForce,
    admitted: Waiting,
    held: Option<HeldChanges>,
) -> Result<(), Error> {
    if let Some(HeldChanges { rules, roles, reason, .. }) = &held {
        tracing::warn!(?rules, roles, %reason, "changes of rules or roles are held");
    }
    let heading = Heading::new(directory.now(), &Actor::default());
    let admit = Admit { fence: fence.clone(), heading, revision: config.revision, admitted, held, by: None };
    // Where another revision came in between, it is judged in its turn.
    directory.inner.store.transact(admit).await?;
    Ok(())
}

/// Puts waiting changes in force, holds others, or both: the same content, one revision on. Answers whether it did: not
/// when the revision that was weighed is in force no more, or the run that confirms it waits no more.
pub(super) struct Admit {
    /// The lease of the runs.
    pub fence: Fence,
    /// Who, when.
    pub heading: Heading,
    /// The revision that was weighed.
    pub revision: u64,
    /// What comes into force.
    pub admitted: Waiting,
    /// What is held; `None` leaves an earlier verdict, to be judged again.
    pub held: Option<HeldChanges>,
    /// The run that confirms it; `None` = it was let in by the guard.
    pub by: Option<Confirming>,
}

/// A run by which changes come into force. Killed before it has begun, it is not held for what it did itself: in the
/// same transaction it is noted that it was weighed by what is in force from then on.
pub(super) struct Confirming {
    /// The run.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// How many people lose something by it.
    pub losing: u64,
}

impl Change for Admit {
    type Outcome = bool;

    fn fence(&self) -> Option<&Fence> {
        Some(&self.fence)
    }

    fn needs(&self) -> Needs {
        let run = self.by.as_ref().map(|by| (by.uid.clone(), by.name.clone()));
        Needs { configuration: Hold::Alone, run, ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<bool> {
        let current = &facts.config;
        let confirming = self.by.as_ref().map(|by| (by, found(facts, &by.uid, Phase::Pending)));
        let is_over = matches!(confirming, Some((_, None)));
        let in_force = current.document.as_ref().filter(|_| current.revision == self.revision && !is_over);
        let Some(document) = in_force else {
            return Decision::Done(Effects::default(), false);
        };
        let revision = current.revision + 1;
        let mut enforced = current.enforced.admitting(document, &self.admitted);
        enforced.held = match &self.held {
            Some(held) => Some(HeldChanges { revision, ..held.clone() }),
            None => current.enforced.held.as_ref().and_then(|held| held.left_of(&enforced.waiting(document))),
        };
        let hash = current.content_hash.clone();
        let by = self.by.as_ref().map(|by| by.uid.as_str());
        let record = Some(self.heading.admission(revision, &hash, by));
        let weighed = enforced.content_hash();
        let config = Arc::new(InForce::enforcing(revision, hash, current.epoch, document.clone(), enforced));
        let changed = changed(current, &config);
        let mut writes = vec![Write::PutConfig { config, changed, at: self.heading.at }];
        if let Some((by, Some(mut run))) = confirming {
            run.weighed = Some(weighed);
            run.status.users_losing = Some(by.losing);
            writes.push(Write::UpdateRun(run));
        }
        Decision::Done(Effects { writes, record }, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(rules: &[&str], roles: bool) -> Waiting {
        Waiting { rules: rules.iter().map(|&rule| rule.to_owned()).collect(), roles }
    }

    #[test]
    fn an_earlier_verdict_is_carried_on_for_what_still_waits_and_is_recognisable_as_earlier() {
        let held = HeldChanges { revision: 7, ..verdict(&waiting(&["a", "b"], true), 60, "why".to_owned()) };
        assert_eq!(held.left_of(&waiting(&["c"], false)), None);
        let left = held.left_of(&waiting(&["b", "c"], false)).unwrap();
        assert_eq!((left.rules, left.roles, left.revision), (vec!["b".to_owned()], false, 7));
    }

    #[test]
    fn changes_are_parted_into_new_ones_and_those_that_were_held_before() {
        let held = verdict(&waiting(&["a"], true), 60, String::new());
        let (new, old) = parted(&waiting(&["a", "b"], true), Some(&held));
        assert_eq!((new, old), (waiting(&["b"], false), waiting(&["a"], true)));
        let (new, old) = parted(&waiting(&["a"], true), None);
        assert_eq!((new, old), (waiting(&["a"], true), Waiting::default()));
    }
}
