//! Who wants a reconcile because of what happened to whom.

use super::context::{Context, Trigger};
use super::directory::named;
use super::link::poll::News;
use super::runtime::{Change, Key, Touched};
use super::token::secret as token_secret;
use crate::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule, label};
use crate::config::State;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;

/// Everything there is, when the controllers begin: directories first, since what names them waits for them.
pub async fn everything(ctx: &Context) {
    let stores = &ctx.stores;
    let mut triggers = Vec::new();
    triggers.extend(stores.directories.state().iter().map(|object| Trigger::Directory(Key::of(object.as_ref()))));
    triggers.extend(stores.tokens.state().iter().map(|object| Trigger::Token(Key::of(object.as_ref()))));
    triggers.extend(stores.rules.state().iter().map(|object| Trigger::Rule(Key::of(object.as_ref()))));
    triggers.extend(stores.syncs.state().iter().map(|object| Trigger::Sync(Key::of(object.as_ref()))));
    send(ctx, triggers).await;
}

/// A directory: itself and everything that names it.
pub async fn directory(ctx: &Context, touched: Touched<ScimDirectory>) {
    let mut triggers = vec![Trigger::Directory(touched.key.clone())];
    triggers.extend(ctx.dependents(&touched.key));
    send(ctx, triggers).await;
}

/// A rule: itself and its directory, which publishes it.
pub async fn rule(ctx: &Context, touched: Touched<UserManagementRule>) {
    let mut triggers = vec![Trigger::Rule(touched.key.clone())];
    match &touched.object {
        Some(rule) => triggers.push(Trigger::Directory(touched.key.sibling(&rule.spec.directory_ref.name))),
        // Never readable so far: whose it is is not known.
        None => triggers.extend(directories_in(ctx, &touched.key.namespace)),
    }
    send(ctx, triggers).await;
}

/// A token: itself, its directory, and when it goes, the tokens it stood in the way of.
pub async fn token(ctx: &Context, touched: Touched<ScimAccessToken>) {
    let mut triggers = vec![Trigger::Token(touched.key.clone())];
    match &touched.object {
        Some(token) => {
            let directory = touched.key.sibling(&token.spec.directory_ref.name);
            if touched.change == Change::Deleted {
                triggers.extend(ctx.dependents(&directory).into_iter().filter(|t| matches!(t, Trigger::Token(_))));
                if ctx.unreadable_directory(&directory).is_some() {
                    tracing::warn!(
                        token = %touched.key,
                        %directory,
                        "a deleted token works on until its ScimDirectory can be read: nothing can be published before"
                    );
                }
            }
            triggers.insert(0, Trigger::Directory(directory));
        }
        None => triggers.extend(directories_in(ctx, &touched.key.namespace)),
    }
    send(ctx, triggers).await;
}

/// A run: itself, and when it goes, the directory, which withdraws it.
pub async fn sync(ctx: &Context, touched: Touched<RuleSync>) {
    let mut triggers = vec![Trigger::Sync(touched.key.clone())];
    if let (Change::Deleted, Some(sync)) = (touched.change, &touched.object) {
        triggers.push(Trigger::Directory(touched.key.sibling(&sync.spec.directory_ref.name)));
    }
    send(ctx, triggers).await;
}

/// A child, by its label; a plaintext Secret concerns its token too.
pub async fn child<K: kube::Resource>(ctx: &Context, touched: Touched<K>) {
    let Some(object) = &touched.object else { return };
    let labels = object.labels();
    let directory = labels.get(label::DIRECTORY).map(|name| Trigger::Directory(touched.key.sibling(name)));
    let token = labels.get(token_secret::TOKEN).map(|name| Trigger::Token(touched.key.sibling(name)));
    send(ctx, directory.into_iter().chain(token).collect()).await;
}

/// A Secret: as a child; and whoever names it in a spec, whatever its label says now.
pub async fn secret(ctx: &Context, touched: Touched<PartialObjectMeta<Secret>>) {
    let key = touched.key.clone();
    child(ctx, touched).await;
    let names_it = |directory: &ScimDirectory| {
        directory.metadata.namespace.as_deref() == Some(&key.namespace)
            && named::names(directory).iter().any(|(_, _, name)| *name == key.name)
    };
    let directories = ctx.stores.directories.state_filter(names_it);
    send(ctx, directories.iter().map(|d| Trigger::Directory(Key::of(d.as_ref()))).collect()).await;
}

/// What a state poll brought.
pub async fn state(ctx: &Context, news: News) {
    send(ctx, told(&news, ctx.dependents(&news.key))).await;
}

fn told(news: &News, dependents: Vec<Trigger>) -> Vec<Trigger> {
    let News { key, before, now, again } = news;
    let Some(before) = before else {
        // The first word of an endpoint: everything may be news.
        return std::iter::once(Trigger::Directory(key.clone())).chain(dependents).collect();
    };
    let mut triggers = Vec::new();
    let heard = before.provisioning.last_request_time.is_none() && now.provisioning.last_request_time.is_some();
    // An endpoint that answers again may have a pod that is new: what was published to the one before did not reach it,
    // or reached it without an answer. That shows in no state.
    if *again || heard || !same_but_figures(before, now) {
        triggers.push(Trigger::Directory(key.clone()));
    }
    let changed = now.rules.iter().filter(|rule| !before.rules.contains(rule));
    triggers.extend(changed.map(|rule| Trigger::Rule(key.sibling(&rule.name))));
    let runs_changed = before.runs != now.runs;
    let uses_changed = before.tokens != now.tokens;
    triggers.extend(dependents.into_iter().filter(|trigger| match trigger {
        Trigger::Sync(_) => runs_changed,
        Trigger::Token(_) => uses_changed,
        Trigger::Rule(_) | Trigger::Directory(_) => false,
    }));
    triggers
}

fn same_but_figures(before: &State, now: &State) -> bool {
    let facts = |state: &State| (state.revision, state.store_id.clone());
    let same = before.rules == now.rules && before.runs == now.runs && before.held == now.held;
    same && facts(before) == facts(now) && before.sign_in == now.sign_in
}

fn directories_in(ctx: &Context, namespace: &str) -> Vec<Trigger> {
    let here = |directory: &ScimDirectory| directory.metadata.namespace.as_deref() == Some(namespace);
    let directories = ctx.stores.directories.state_filter(here);
    directories.iter().map(|directory| Trigger::Directory(Key::of(directory.as_ref()))).collect()
}

async fn send(ctx: &Context, triggers: Vec<Trigger>) {
    for trigger in triggers {
        ctx.queues.send(trigger).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn state(changes: Value) -> Arc<State> {
        let mut state = json!({
            "position": "p", "storeId": "s", "revision": 1, "groups": 0, "runs": [], "tokens": [],
            "rules": [{"name": "a", "inSync": true}, {"name": "b", "inSync": true}],
            "users": {"total": 0, "active": 0, "managed": 0},
            "provisioning": {"created": 0, "updated": 0, "disabled": 0, "deleted": 0, "failed": 0},
        });
        for (key, value) in changes.as_object().unwrap() {
            state[key] = value.clone();
        }
        Arc::new(serde_json::from_value(state).unwrap())
    }

    fn news(changes: Value) -> Vec<Trigger> {
        let key = Key::new("ns", "acme");
        let dependents = vec![
            Trigger::Rule(key.sibling("a")),
            Trigger::Token(key.sibling("okta")),
            Trigger::Sync(key.sibling("by-hand")),
        ];
        told(&News { key, before: Some(state(json!({}))), now: state(changes), again: false }, dependents)
    }

    #[test]
    fn an_endpoint_that_answers_again_wakes_its_directory_though_its_state_is_what_it_was() {
        // A pod over the same volume tells the same revision, whether or not it may enforce it.
        let key = Key::new("ns", "acme");
        let dependents = vec![Trigger::Rule(key.sibling("a"))];
        let news = |again| News { key: key.clone(), before: Some(state(json!({}))), now: state(json!({})), again };
        assert_eq!(told(&news(true), dependents.clone()), [Trigger::Directory(key.clone())]);
        assert!(told(&news(false), dependents).is_empty());
    }

    #[test]
    fn c003_changes_that_are_held_wake_the_directory() {
        let held = json!({"held": {"rules": ["a"], "usersLosing": 9, "reason": "too many", "revision": 1}});
        assert_eq!(news(held), [Trigger::Directory(Key::new("ns", "acme"))]);
    }

    #[test]
    fn b002_a_provider_that_answers_or_no_longer_does_wakes_the_directory() {
        let lost = json!({"signIn": {"ready": false, "message": "https://login.example.com does not answer"}});
        assert_eq!(news(lost), [Trigger::Directory(Key::new("ns", "acme"))]);
    }

    #[test]
    fn traffic_alone_wakes_nobody() {
        let busy = json!({"users": {"total": 9, "active": 9, "managed": 1}, "position": "q", "groups": 3});
        assert!(news(busy).is_empty());
    }

    #[test]
    fn b039_a_group_that_arrives_wakes_its_rule_and_the_directory() {
        let resolved = json!({"rules": [{"name": "a", "inSync": true, "groupId": "g"}, {"name": "b", "inSync": true}]});
        let key = Key::new("ns", "acme");
        assert_eq!(news(resolved), [Trigger::Directory(key.clone()), Trigger::Rule(key.sibling("a"))]);
    }

    #[test]
    fn a_tokens_use_wakes_tokens_only() {
        let used = json!({"tokens": [{"tokenId": "x", "lastUsedAt": "2026-01-01T00:00:00Z"}]});
        assert_eq!(news(used), [Trigger::Token(Key::new("ns", "okta"))]);
    }

    #[test]
    fn the_first_word_of_an_endpoint_wakes_everybody() {
        let key = Key::new("ns", "acme");
        let news = News { key: key.clone(), before: None, now: state(json!({})), again: true };
        let dependents = vec![Trigger::Rule(key.sibling("a"))];
        assert_eq!(told(&news, dependents).len(), 2);
    }
}
