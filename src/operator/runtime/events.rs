//! Kubernetes Events on an object: written on a transition only, and never a reason for a reconcile to fail.
//!
//! Not kube's `Recorder`: that one repeats the first note for six minutes whatever the new one says.

use super::conditions::{Truth, transitions};
use crate::api::reason::{self, Outcome};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Kubernetes refuses a note of 1024.
const NOTE_BYTES_MAX: usize = crate::manifests::NOTE_BYTES_MAX;

/// Writes Events as `scim-operator`.
#[derive(Clone)]
pub struct Events {
    client: Client,
    instance: String,
}

impl Events {
    /// A writer that names itself `instance` (the pod).
    pub fn new(client: Client, instance: String) -> Self {
        Self { client, instance }
    }

    /// One Event for each condition of `now` whose status or reason is not that of `before`.
    pub async fn conditions(&self, about: &ObjectReference, before: &[Condition], now: &[Condition]) {
        for condition in transitions(before, now).into_iter().filter(|c| worth_an_event(c)) {
            let warning = is_bad(condition);
            self.publish(about, warning, &condition.reason, &condition.type_, &condition.message).await;
        }
    }

    /// One Event. A failure is logged and forgotten.
    pub async fn publish(&self, about: &ObjectReference, warning: bool, reason: &str, action: &str, note: &str) {
        let Some(namespace) = about.namespace.clone() else { return };
        let event = self.event(about, warning, reason, action, note, Timestamp::now());
        let api: Api<Event> = Api::namespaced(self.client.clone(), &namespace);
        match tokio::time::timeout(TIMEOUT, api.create(&PostParams::default(), &event)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, reason, "an Event could not be written"),
            Err(_) => tracing::debug!(reason, "an Event could not be written in time"),
        }
    }

    fn event(
        &self,
        about: &ObjectReference,
        warning: bool,
        reason: &str,
        action: &str,
        note: &str,
        now: Timestamp,
    ) -> Event {
        let name = about.name.as_deref().unwrap_or("object");
        let end = note.floor_char_boundary(NOTE_BYTES_MAX.min(note.len()));
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{name}.{:x}", uuid::Uuid::now_v7().as_u128())),
                namespace: about.namespace.clone(),
                ..ObjectMeta::default()
            },
            action: Some(action.to_owned()),
            event_time: Some(MicroTime(now)),
            note: note.get(..end).map(str::to_owned),
            reason: Some(reason.to_owned()),
            regarding: Some(about.clone()),
            reporting_controller: Some(super::FIELD_MANAGER.to_owned()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(if warning { "Warning" } else { "Normal" }.to_owned()),
            ..Event::default()
        }
    }
}

/// Told of: what ended well or needs a person. What is on its way, and what only repeats Ready, is in the status; what
/// is held is told for each revision, where the directory's status is written.
fn worth_an_event(condition: &Condition) -> bool {
    let settled = reason::by_name(&condition.reason).is_some_and(|reason| reason.outcome != Outcome::Waiting);
    let repeats = matches!(
        condition.type_.as_str(),
        "Reconciling" | "Stalled" | "Accepted" | "EndpointAvailable" | "ConfigPublished" | reason::REVOCATION_HELD
    );
    // A rule before its group is the normal order of things; so is a provider that has not called yet.
    let expected = condition.type_ == "IdpGroupResolved" && condition.status != Truth::True.as_str();
    settled && !repeats && !expected && condition.status != Truth::Unknown.as_str()
}

fn is_bad(condition: &Condition) -> bool {
    let terminal = reason::by_name(&condition.reason).is_some_and(|reason| reason.outcome == Outcome::Terminal);
    let told = [reason::STALE, reason::EXPIRES_SOON, reason::NOT_RETRIEVABLE, reason::SSO_CONNECTION_MISSING];
    terminal || told.iter().any(|reason| reason.name == condition.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::runtime::conditions::{Wanted, merge};

    fn told(wanted: Wanted) -> Option<bool> {
        let condition = merge(&[], vec![wanted], 1, Timestamp::UNIX_EPOCH).remove(0);
        worth_an_event(&condition).then(|| is_bad(&condition))
    }

    #[test]
    fn what_needs_a_person_is_a_warning_and_what_is_on_its_way_is_no_event() {
        assert_eq!(told(Wanted::no("Ready", reason::NAME_TAKEN, "")), Some(true));
        assert_eq!(told(Wanted::yes("Ready", reason::PUBLISHED, "")), Some(false));
        assert_eq!(told(Wanted::no("Ready", reason::PUBLISH_PENDING, "")), None);
        assert_eq!(told(Wanted::yes("Stalled", reason::NAME_TAKEN, "")), None, "Ready has said it");
    }

    #[test]
    fn b039_a_group_that_has_not_come_yet_is_no_event_and_its_coming_is() {
        assert_eq!(told(Wanted::no("IdpGroupResolved", reason::GROUP_NOT_PROVISIONED, "")), None);
        assert_eq!(told(Wanted::yes("IdpGroupResolved", reason::GROUP_RESOLVED, "")), Some(false));
    }

    #[test]
    fn c003_a_rule_or_a_run_that_is_held_is_a_warning_and_a_directory_tells_by_itself() {
        assert_eq!(told(Wanted::no("InSync", reason::REVOCATION_HELD_REASON, "")), Some(true));
        assert_eq!(told(Wanted::no("Ready", reason::REVOCATION_HELD_REASON, "")), Some(true));
        assert_eq!(told(Wanted::yes(reason::REVOCATION_HELD, reason::REVOCATION_HELD_REASON, "")), None);
    }

    #[test]
    fn an_ending_token_and_a_silent_provider_are_warnings() {
        assert_eq!(told(Wanted::yes("TokenExpiringSoon", reason::EXPIRES_SOON, "")), Some(true));
        assert_eq!(told(Wanted::no("IdPConnected", reason::STALE, "")), Some(true));
        assert_eq!(told(Wanted::unknown("IdPConnected", reason::NO_REQUEST_YET, "")), None);
    }

    #[test]
    fn b002_a_provider_at_which_nobody_can_sign_in_is_a_warning_and_its_return_is_told() {
        assert_eq!(told(Wanted::no(reason::SSO_READY, reason::SSO_CONNECTION_MISSING, "")), Some(true));
        assert_eq!(told(Wanted::yes(reason::SSO_READY, reason::SSO_CONNECTED, "")), Some(false));
        assert_eq!(told(Wanted::unknown(reason::SSO_READY, reason::SSO_CONNECTION_PENDING, "")), None);
    }
}
