//! The endpoint's metrics, in OpenMetrics text. What each one means is in `docs/reference/metrics.md`.

use super::{AuthFailure, Operation, Outcome, Resource, SignInOutcome, StatusClass};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The media type of [`Metrics::render`].
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the duration buckets in seconds: from a point read to the provider's own time limit.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    op: Operation,
    resource: Resource,
    status: StatusClass,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    op: Operation,
    resource: Resource,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    op: Operation,
    resource: Resource,
    result: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    reason: AuthFailure,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QuirkLabels {
    quirk: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignInLabels {
    outcome: SignInOutcome,
}

/// All metrics of one endpoint process. Shared behind an `Arc`; every method takes `&self`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram>,
    operations: Family<OperationLabels, Counter>,
    access_requests: Family<RequestLabels, Counter>,
    auth_failures: Family<FailureLabels, Counter>,
    tolerated: Family<QuirkLabels, Counter>,
    sign_ins: Family<SignInLabels, Counter>,
    panics: Counter,
    config_revision: Gauge,
    ready: Gauge,
    failed_events: Gauge,
    held_changes: Gauge,
    revoked: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Fresh metrics; the process's start is now.
    pub fn new() -> Self {
        let mut made = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            operations: Family::default(),
            access_requests: Family::default(),
            auth_failures: Family::default(),
            tolerated: Family::default(),
            sign_ins: Family::default(),
            panics: Counter::default(),
            config_revision: Gauge::default(),
            ready: Gauge::default(),
            failed_events: Gauge::default(),
            held_changes: Gauge::default(),
            revoked: Counter::default(),
        };
        made.register();
        made
    }

    fn register(&mut self) {
        let Self {
            registry,
            requests,
            durations,
            operations,
            access_requests,
            auth_failures,
            tolerated,
            sign_ins,
            panics,
            config_revision,
            ready,
            failed_events,
            held_changes,
            revoked,
        } = self;
        registry.register("scim_requests", "Authorised SCIM requests by operation and status", requests.clone());
        registry.register_with_unit(
            "scim_request_duration",
            "Time from the request's head to the answer's",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("scim_operations", "SCIM writes by result", operations.clone());
        registry.register("access_requests", "Authorised access API requests", access_requests.clone());
        registry.register("scim_auth_failures", "Requests that were not let in", auth_failures.clone());
        registry.register(
            "scim_tolerated",
            "SCIM requests that a switch of the dialect let through",
            tolerated.clone(),
        );
        registry.register("scim_sign_ins", "People who came back from the provider", sign_ins.clone());
        registry.register("scim_panics", "Requests that ended in a panic; each is a defect", panics.clone());
        registry.register("scim_config_revision", "The configuration revision in force", config_revision.clone());
        registry.register("scim_ready", "1 while /readyz answers 200", ready.clone());
        registry.register("scim_failed_events", "SCIM messages that could not be applied", failed_events.clone());
        registry.register(
            "access_held_changes",
            "Changes of rules and roles that the guard keeps out of force",
            held_changes.clone(),
        );
        registry.register(
            "scim_revoked_by_provider",
            "People from whom a message of the provider has taken access",
            revoked.clone(),
        );
        let started: Gauge = Gauge::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        started.set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        registry.register_with_unit("process_start_time", "Unix time of the start", Unit::Seconds, started);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("scim_operator_build", "The version that runs", build);
    }

    /// A SCIM request was let in and answered.
    pub fn scim_request(&self, op: Operation, resource: Resource, status: u16, took: Duration) {
        let class = StatusClass::of(status);
        self.requests.get_or_create(&RequestLabels { op, resource, status: class }).inc();
        self.durations.get_or_create(&DurationLabels { op, resource }).observe(took.as_secs_f64());
        let is_write = matches!(op, Operation::Create | Operation::Replace | Operation::Patch | Operation::Delete);
        if is_write && matches!(resource, Resource::User | Resource::Group) {
            self.operations.get_or_create(&OperationLabels { op, resource, result: class.into() }).inc();
        }
    }

    /// An access API request was let in and answered.
    pub fn access_request(&self, op: Operation, resource: Resource, status: u16) {
        self.access_requests.get_or_create(&RequestLabels { op, resource, status: StatusClass::of(status) }).inc();
    }

    /// A request was not let in.
    pub fn auth_failure(&self, reason: AuthFailure) {
        self.auth_failures.get_or_create(&FailureLabels { reason }).inc();
    }

    /// A request was read with the help of this switch of the dialect.
    pub fn tolerated(&self, quirk: &'static str) {
        self.tolerated.get_or_create(&QuirkLabels { quirk }).inc();
    }

    /// Somebody came back from the identity provider.
    pub fn sign_in(&self, outcome: SignInOutcome) {
        self.sign_ins.get_or_create(&SignInLabels { outcome }).inc();
    }

    /// A request ended in a panic.
    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// What holds at the moment of a scrape; `held` counts the changes that the guard holds.
    pub fn standing(&self, revision: u64, ready: bool, held: usize) {
        self.held_changes.set(i64::try_from(held).unwrap_or(i64::MAX));
        self.config_revision.set(i64::try_from(revision).unwrap_or(i64::MAX));
        self.ready.set(i64::from(ready));
    }

    /// How many failed events wait at the moment of a scrape.
    pub fn failed_events(&self, count: u64) {
        self.failed_events.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How often the provider has taken access from somebody since the process began.
    pub fn revoked_by_provider(&self, total: u64) {
        self.revoked.inner().store(total, Ordering::Relaxed);
    }

    /// All metrics as OpenMetrics text; empty if a metric cannot be written, which would be a defect.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(4096);
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b111_a_write_is_counted_by_operation_and_result() {
        let metrics = Metrics::new();
        metrics.scim_request(Operation::Create, Resource::User, 201, Duration::from_millis(3));
        metrics.scim_request(Operation::Create, Resource::User, 409, Duration::from_millis(1));
        metrics.scim_request(Operation::List, Resource::User, 200, Duration::from_millis(1));
        let text = metrics.render();
        let operations: Vec<&str> = text.lines().filter(|l| l.starts_with("scim_operations_total")).collect();
        assert_eq!(operations.len(), 2, "{text}");
        assert!(operations.contains(&r#"scim_operations_total{op="create",resource="user",result="done"} 1"#));
        assert!(operations.contains(&r#"scim_operations_total{op="create",resource="user",result="refused"} 1"#));
        assert!(text.contains(r#"scim_requests_total{op="list",resource="user",status="2xx"} 1"#), "{text}");
        assert!(text.contains(r#"scim_request_duration_seconds_count{op="create",resource="user"} 2"#), "{text}");
    }

    #[test]
    fn the_build_and_the_start_are_there_before_any_request() {
        let text = Metrics::new().render();
        let build = format!("scim_operator_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&build), "{text}");
        assert!(text.contains("process_start_time_seconds "), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn every_status_has_a_class() {
        let classes = [200, 204, 304, 400, 499, 500, 503].map(|status| StatusClass::of(status).as_str());
        assert_eq!(classes, ["2xx", "2xx", "2xx", "4xx", "4xx", "5xx", "5xx"]);
    }
}
