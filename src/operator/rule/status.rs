//! A rule's status, from what its directory compiled, what is in force, and what the endpoint says. Pure.

use crate::api::rule::LastSync;
use crate::api::{UserManagementRule, UserManagementRuleStatus, label, reason};
use crate::config::{Published, RuleEntry, RuleState};
use crate::manifests::RuleVerdict;
use crate::operator::link::Link;
use crate::operator::runtime::conditions::{Standing, Truth, Wanted, find, merge, seconds};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

/// What a rule's status is made from.
pub struct Facts<'a> {
    /// The rule.
    pub rule: &'a UserManagementRule,
    /// Whether its directory is there.
    pub directory_exists: bool,
    /// What is known of its directory's endpoint.
    pub link: Option<&'a Link>,
    /// Now.
    pub now: Timestamp,
}

/// The whole status.
pub fn report(f: &Facts<'_>) -> UserManagementRuleStatus {
    let previous = f.rule.status.clone().unwrap_or_default();
    let generation = f.rule.metadata.generation.unwrap_or_default();
    let name = f.rule.name_any();
    let entry = in_force(f, &name);
    let current = current(f, &name, entry.as_ref());
    let (accepted, standing) = standing(f, &name, entry.as_ref(), current.as_ref());
    let mut wanted = standing.conditions();
    wanted.push(accepted);
    let is_kept = current.is_none() && f.directory_exists && is_as_reported(&previous, f, &name);
    let rule_hash = match &current {
        // While a change waits or is held, the content before it is in force.
        Some(state) => state.hash.clone().or(previous.rule_hash.clone()),
        None if is_kept && was_held(&previous) => previous.rule_hash.clone(),
        None => entry.as_ref().map(RuleEntry::hash).or(previous.rule_hash.clone()),
    };
    if is_kept {
        // The endpoint has not spoken since the operator's start: what it said last is not forgotten.
        wanted.extend(["IdpGroupResolved", "InSync"].iter().filter_map(|kind| kept(&previous, kind)));
    } else {
        wanted.push(group_resolved(current.as_ref()));
        wanted.push(in_sync(current.as_ref(), f.directory_exists));
    }
    UserManagementRuleStatus {
        observed_generation: Some(generation),
        conditions: merge(&previous.conditions, wanted, generation, f.now),
        rule_hash: rule_hash.filter(|_| f.directory_exists),
        idp_group_id: match &current {
            Some(state) => state.group_id.clone(),
            None => previous.idp_group_id.filter(|_| f.directory_exists),
        },
        last_sync: current.and_then(|state| state.last_sync).map_or(previous.last_sync, |last| {
            Some(LastSync {
                name: last.name,
                time: Time(seconds(last.time)),
                users_changed: i64::try_from(last.users_changed).unwrap_or(i64::MAX),
            })
        }),
        last_handled_reconcile_at: f.rule.annotations().get(label::RECONCILE_REQUESTED_AT).cloned(),
    }
}

/// What the endpoint says of the content that was published last; what it says of another content says nothing of this
/// one. A change that waits, or is held, has another content in force than was published: what tells then is the
/// revision. One that is newer than the published one has the same content: the guard has judged it since.
fn current(f: &Facts<'_>, name: &str, entry: Option<&RuleEntry>) -> Option<RuleState> {
    let link = f.link?;
    let state = link.state.as_ref()?;
    let told = state.rules.iter().find(|rule| rule.name == name)?;
    let has_it = |now: &Published| now.store_id == state.store_id && state.revision >= now.revision;
    let knows = link.in_force.as_ref().is_some_and(|now| has_it(now));
    let speaks = entry.is_none_or(|entry| knows || told.hash.as_ref() == Some(&entry.hash()));
    speaks.then(|| told.clone())
}

/// Whether the status speaks of the content that the rule comes to now.
fn is_as_reported(previous: &UserManagementRuleStatus, f: &Facts<'_>, name: &str) -> bool {
    let wanted = f.link.and_then(|link| link.compiled.as_ref()?.entry(name)).map(RuleEntry::hash);
    // Of a rule that was held the content in force is the one before.
    let same_generation = previous.observed_generation == f.rule.metadata.generation;
    wanted.is_some() && (wanted == previous.rule_hash || (same_generation && was_held(previous)))
}

/// Whether the guard held the rule's change when its status was written.
fn was_held(previous: &UserManagementRuleStatus) -> bool {
    find(&previous.conditions, "InSync").is_some_and(|c| c.reason == reason::REVOCATION_HELD_REASON.name)
}

/// A condition as it was.
fn kept(previous: &UserManagementRuleStatus, kind: &'static str) -> Option<Wanted> {
    let condition = find(&previous.conditions, kind)?;
    let truth = match condition.status.as_str() {
        "True" => Truth::True,
        "False" => Truth::False,
        _ => Truth::Unknown,
    };
    Some(Wanted { kind, truth, reason: reason::by_name(&condition.reason)?, message: condition.message.clone() })
}

fn in_force(f: &Facts<'_>, name: &str) -> Option<RuleEntry> {
    let document = f.link?.in_force.as_ref()?.document.as_ref()?;
    let ours = Some(&document.directory.uid) == f.link.map(|link| &link.uid);
    document.rules.iter().find(|entry| ours && entry.rule.name == name).cloned()
}

/// Whether the rule was compiled as it is now, and how.
fn verdict<'a>(f: &Facts<'a>, name: &str) -> Option<&'a RuleVerdict> {
    let compiled = f.link?.compiled.as_ref()?;
    let meta = &f.rule.metadata;
    let source = (meta.uid.clone().unwrap_or_default(), meta.generation.unwrap_or_default());
    compiled.rules.get(name).filter(|_| compiled.sources.get(name) == Some(&source))
}

fn standing(f: &Facts<'_>, name: &str, entry: Option<&RuleEntry>, current: Option<&RuleState>) -> (Wanted, Standing) {
    if !f.directory_exists {
        let directory = &f.rule.spec.directory_ref.name;
        let message = format!("no ScimDirectory {directory} is in this namespace: make it");
        let reason = reason::DIRECTORY_NOT_FOUND;
        return (Wanted::no("Accepted", reason, message.clone()), Standing::new(reason, message));
    }
    let Some(verdict) = verdict(f, name) else {
        let accepted = Wanted::unknown("Accepted", reason::PROGRESSING, reason::PROGRESSING.meaning);
        return (accepted, Standing::plain(reason::PROGRESSING));
    };
    if let Some(refusal) = &verdict.refusal {
        let tail = if verdict.held { "; its last accepted content stays in force" } else { "; nothing is in force" };
        let message = format!("{}{tail}", refusal.message);
        return (Wanted::no("Accepted", refusal.reason, message.clone()), Standing::new(refusal.reason, message));
    }
    let accepted = Wanted::yes("Accepted", reason::ACCEPTED_REASON, "the spec makes sense");
    let wanted = f.link.and_then(|link| link.compiled.as_ref()?.entry(name));
    // An endpoint that cannot be asked keeps what it was given.
    let unasked = f.link.is_none_or(|link| link.in_force.is_none());
    let previous = f.rule.status.clone().unwrap_or_default();
    let was_published = find(&previous.conditions, "Ready").is_some_and(|ready| ready.status == "True");
    let published = match wanted {
        Some(wanted) if !unasked => Some(wanted) == entry,
        Some(_) => was_published && is_as_reported(&previous, f, name),
        None => false,
    };
    let is_held = current.map_or_else(|| was_held(&previous) && is_as_reported(&previous, f, name), is_held);
    let standing = match (published, f.rule.spec.enabled()) {
        // Whether the directory is well is another question than whether its guard says no.
        (true, _) if is_held => Standing::new(reason::PUBLISHED, "the rule is published; its change is held (InSync)"),
        (true, true) => Standing::new(reason::PUBLISHED, "the rule is in force for messages of the provider"),
        (true, false) => Standing::plain(reason::DISABLED),
        (false, _) => Standing::plain(reason::PUBLISH_PENDING),
    };
    (accepted, standing)
}

fn group_resolved(state: Option<&RuleState>) -> Wanted {
    match state {
        Some(RuleState { group_id: Some(_), .. }) => {
            Wanted::yes("IdpGroupResolved", reason::GROUP_RESOLVED, reason::GROUP_RESOLVED.meaning)
        }
        Some(_) => Wanted::no("IdpGroupResolved", reason::GROUP_NOT_PROVISIONED, reason::GROUP_NOT_PROVISIONED.meaning),
        None => {
            Wanted::unknown("IdpGroupResolved", reason::PROGRESSING, "the endpoint has not spoken of this content yet")
        }
    }
}

fn is_held(state: &RuleState) -> bool {
    state.reason.as_deref() == Some(reason::REVOCATION_HELD_REASON.name)
}

fn in_sync(state: Option<&RuleState>, directory_exists: bool) -> Wanted {
    match state {
        Some(state) if state.in_sync => Wanted::yes("InSync", reason::UP_TO_DATE, reason::UP_TO_DATE.meaning),
        Some(state) if is_held(state) => {
            Wanted::no("InSync", reason::REVOCATION_HELD_REASON, reason::REVOCATION_HELD_REASON.meaning)
        }
        Some(state) if state.reason.as_deref() == Some(reason::ROLES_CHANGED.name) => {
            Wanted::no("InSync", reason::ROLES_CHANGED, reason::ROLES_CHANGED.meaning)
        }
        Some(_) => Wanted::no("InSync", reason::RULE_CHANGED, reason::RULE_CHANGED.meaning),
        None if directory_exists => {
            Wanted::unknown("InSync", reason::PROGRESSING, "the endpoint has not spoken of this content yet")
        }
        None => Wanted::unknown("InSync", reason::DIRECTORY_NOT_FOUND, "the rule has no directory"),
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
