//! What the operator wants to know: how far rules have come, which groups exist, runs, figures. A long poll.

use super::{Directory, Error};
use crate::access::{GroupSelector, Rule};
use crate::config::{Document, Enforced, HeldChanges, Progress, RuleState, State, ladder_hash, rule_hash};
use crate::store::{GroupId, InForce, StoredRuleState};
use std::collections::BTreeMap;
use std::time::Duration;

impl Directory {
    /// `GET /admin/v1/state`: at once when `since` is absent or old, else after a change or `wait`.
    pub async fn state(&self, since: Option<&str>, wait: Duration) -> Result<State, Error> {
        let mut moved = self.inner.moved.subscribe();
        if since == Some(self.position(*moved.borrow_and_update()).as_str()) {
            tokio::select! {
                _ = tokio::time::timeout(wait, moved.changed()) => {}
                () = self.inner.closing.cancelled() => {}
            }
        }
        let position = self.position(*moved.borrow_and_update());
        self.write_uses().await?;
        let store = &self.inner.store;
        let config = self.in_force();
        let figures = store.figures().await?;
        let mut runs: Vec<_> = store.runs(true).await?.into_iter().map(|run| run.status).collect();
        runs.reverse();
        Ok(State {
            position,
            store_id: self.store_id().to_owned(),
            revision: config.revision,
            rules: self.rule_states(&config).await?,
            runs,
            users: figures.users,
            groups: figures.groups,
            provisioning: figures.provisioning,
            tokens: figures.tokens,
            held: config.enforced.held.clone(),
            failed_events: figures.failed,
            pending: Progress { processed: 0, total: figures.pending },
            // Whoever sends people to the provider knows; this room knows no provider.
            sign_in: None,
        })
    }

    fn position(&self, count: u64) -> String {
        format!("{}-{count}", self.inner.boot)
    }

    async fn rule_states(&self, config: &InForce) -> Result<Vec<RuleState>, Error> {
        let Some(document) = &config.document else { return Ok(Vec::new()) };
        let rules = listed(document, &config.enforced);
        let selectors: Vec<GroupSelector> = rules.iter().map(|listed| listed.group().clone()).collect();
        let (stored, groups) = self.inner.store.rules(selectors).await?;
        Ok(states(document, &config.enforced, rules, stored, groups))
    }
}

/// A rule as it was published and as it is in force.
enum Listed<'a> {
    /// It is published; what is in force under its name, if anything is.
    Live(&'a Rule, Option<&'a Rule>),
    /// It was deleted, and its end waits.
    Ending(&'a Rule),
}

impl Listed<'_> {
    /// The group that its manifest names, or named last.
    fn group(&self) -> &GroupSelector {
        match self {
            Self::Live(rule, _) | Self::Ending(rule) => &rule.group,
        }
    }

    fn name(&self) -> &String {
        match self {
            Self::Live(rule, _) | Self::Ending(rule) => &rule.name,
        }
    }

    fn in_force(&self) -> Option<&Rule> {
        match self {
            Self::Live(_, in_force) => *in_force,
            Self::Ending(rule) => Some(*rule),
        }
    }

    fn waits(&self) -> bool {
        match self {
            Self::Live(rule, in_force) => *in_force != Some(*rule),
            Self::Ending(_) => true,
        }
    }
}

fn listed<'a>(document: &'a Document, enforced: &'a Enforced) -> Vec<Listed<'a>> {
    let mut in_force: BTreeMap<&str, &Rule> = enforced.rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
    let mut listed = Vec::with_capacity(document.rules.len());
    for entry in &document.rules {
        listed.push(Listed::Live(&entry.rule, in_force.remove(entry.rule.name.as_str())));
    }
    listed.extend(in_force.into_values().map(Listed::Ending));
    listed
}

/// The live rules, the deleted ones whose end waits, and those that somebody still holds something from, by name.
fn states(
    document: &Document,
    enforced: &Enforced,
    rules: Vec<Listed<'_>>,
    stored: Vec<StoredRuleState>,
    groups: Vec<Option<GroupId>>,
) -> Vec<RuleState> {
    let roles = ladder_hash(&document.roles);
    let held = enforced.held.as_ref();
    let roles_held = held.is_some_and(|held| held.roles) && enforced.roles != document.roles;
    let mut stored: BTreeMap<String, StoredRuleState> =
        stored.into_iter().map(|state| (state.name.clone(), state)).collect();
    let mut states = Vec::with_capacity(rules.len());
    for (rule, group) in rules.iter().zip(groups) {
        let known = stored.remove(rule.name());
        let hash = rule.in_force().map(rule_hash);
        let reason = if rule.waits() {
            Some(if is_held(held, rule.name()) { HELD } else { CHANGED })
        } else {
            let same_content = known.as_ref().is_some_and(|known| known.synced_hash == hash);
            let same_roles = known.as_ref().is_some_and(|known| known.synced_roles.as_ref() == Some(&roles));
            match (same_content, same_roles) {
                (true, true) => None,
                (true, false) if roles_held => Some(HELD),
                (true, false) => Some("RolesChanged"),
                (false, _) => Some(CHANGED),
            }
        };
        states.push(RuleState {
            name: rule.name().clone(),
            hash,
            in_sync: reason.is_none(),
            reason: reason.map(str::to_owned),
            group_id: group.map(|group| group.to_string()),
            last_sync: known.and_then(|known| known.last_sync),
        });
    }
    let deleted = stored.into_values().filter(|state| state.held_by_someone).map(|state| RuleState {
        name: state.name,
        hash: None,
        in_sync: false,
        reason: Some(CHANGED.to_owned()),
        group_id: None,
        last_sync: state.last_sync,
    });
    states.extend(deleted);
    states.sort_by(|a, b| a.name.cmp(&b.name));
    states
}

/// The content did not reach everybody yet, or is not in force yet.
const CHANGED: &str = "RuleChanged";
/// The guard holds it (reading 23).
const HELD: &str = "RevocationHeld";

fn is_held(held: Option<&HeldChanges>, rule: &String) -> bool {
    held.is_some_and(|held| held.rules.contains(rule))
}
