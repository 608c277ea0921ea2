//! Kubernetes Events on an object: written on a transition only, and never a reason for a reconcile to fail.
//!
//! Not kube's `Recorder`: that one repeats the first note for six minutes whatever the new one says.

use super::conditions::{Truth, transitions};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const NOTE_BYTES_MAX: usize = 1000;

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

/// `Reconciling` comes and goes with every change; the conditions it stands for speak for themselves.
fn worth_an_event(condition: &Condition) -> bool {
    condition.type_ != "Reconciling" && condition.status != Truth::Unknown.as_str()
}

fn is_bad(condition: &Condition) -> bool {
    let bad_when_true = matches!(condition.type_.as_str(), "Stalled" | "TokenExpiringSoon" | "RevocationHeld");
    bad_when_true == (condition.status == Truth::True.as_str())
}
