//! What the operator wants to know: how far rules have come, which groups exist, runs, figures. A long poll.

use super::{Directory, Error};
use crate::access::GroupSelector;
use crate::config::{Document, Progress, RuleState, State};
use crate::store::{GroupId, StoredRuleState};
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
            rules: self.rule_states(config.document.as_ref()).await?,
            runs,
            users: figures.users,
            groups: figures.groups,
            provisioning: figures.provisioning,
            tokens: figures.tokens,
            pending: Progress { processed: 0, total: figures.pending },
        })
    }

    fn position(&self, count: u64) -> String {
        format!("{}-{count}", self.inner.boot)
    }

    async fn rule_states(&self, document: Option<&Document>) -> Result<Vec<RuleState>, Error> {
        let Some(document) = document else { return Ok(Vec::new()) };
        let selectors: Vec<GroupSelector> = document.rules.iter().map(|entry| entry.rule.group.clone()).collect();
        let (stored, groups) = self.inner.store.rules(selectors).await?;
        Ok(states(document, stored, groups))
    }
}

/// The live rules and the deleted ones that somebody still holds something from, by name.
fn states(document: &Document, stored: Vec<StoredRuleState>, groups: Vec<Option<GroupId>>) -> Vec<RuleState> {
    let roles = document.roles_hash();
    let mut stored: BTreeMap<String, StoredRuleState> =
        stored.into_iter().map(|state| (state.name.clone(), state)).collect();
    let mut states = Vec::with_capacity(document.rules.len());
    for (entry, group) in document.rules.iter().zip(groups) {
        let hash = entry.hash();
        let known = stored.remove(&entry.rule.name);
        let same_content = known.as_ref().is_some_and(|known| known.synced_hash.as_ref() == Some(&hash));
        let same_roles = known.as_ref().is_some_and(|known| known.synced_roles.as_ref() == Some(&roles));
        let reason = match (same_content, same_roles) {
            (true, true) => None,
            (true, false) => Some("RolesChanged".to_owned()),
            (false, _) => Some("RuleChanged".to_owned()),
        };
        states.push(RuleState {
            name: entry.rule.name.clone(),
            hash: Some(hash),
            in_sync: reason.is_none(),
            reason,
            group_id: group.map(|group| group.to_string()),
            last_sync: known.and_then(|known| known.last_sync),
        });
    }
    let deleted = stored.into_values().filter(|state| state.held_by_someone).map(|state| RuleState {
        name: state.name,
        hash: None,
        in_sync: false,
        reason: Some("RuleChanged".to_owned()),
        group_id: None,
        last_sync: state.last_sync,
    });
    states.extend(deleted);
    states.sort_by(|a, b| a.name.cmp(&b.name));
    states
}
