//! The operator's metrics. Labels come out of bounded sets only: controller names and error categories.

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::time::Duration;

/// Label sets of one or two words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Labels<const N: usize>([(&'static str, &'static str); N]);

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        for pair in self.0 {
            prometheus_client::encoding::EncodeLabel::encode(&pair, encoder.encode_label())?;
        }
        Ok(())
    }
}

/// Everything the operator counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: Family<Labels<2>, Counter>,
    errors: Family<Labels<2>, Counter>,
    duration: Family<Labels<1>, Histogram>,
    crd_missing: Gauge,
    undecodable: Family<Labels<1>, Gauge>,
    writes: Family<Labels<1>, Counter>,
    leader: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("scim_operator");
        let metrics = Self {
            reconciles: Family::default(),
            errors: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.002, 2.0, 14))),
            crd_missing: Gauge::default(),
            undecodable: Family::default(),
            writes: Family::default(),
            leader: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("reconcile", "Reconciles by controller and result", metrics.reconciles.clone());
        registry.register("reconcile_errors", "Failed reconciles by controller and reason", metrics.errors.clone());
        registry.register_with_unit(
            "reconcile_duration",
            "How long reconciles take",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register("crd_missing", "CustomResourceDefinitions waited for", metrics.crd_missing.clone());
        registry.register(
            "undecodable",
            "Objects that do not fit this version's types, by kind",
            metrics.undecodable.clone(),
        );
        registry.register("writes", "Objects written to the API server, by kind", metrics.writes.clone());
        registry.register("leader", "1 while this process leads, 0 while it stands by", metrics.leader.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// A reconcile ended. `result` is `success` or `error`.
    pub fn reconciled(&self, controller: &'static str, result: &'static str, took: Duration) {
        self.reconciles.get_or_create(&Labels([("controller", controller), ("result", result)])).inc();
        self.duration.get_or_create(&Labels([("controller", controller)])).observe(took.as_secs_f64());
    }

    /// A reconcile failed with this error category.
    pub fn failed(&self, controller: &'static str, reason: &'static str) {
        self.errors.get_or_create(&Labels([("controller", controller), ("reason", reason)])).inc();
    }

    /// How many CRDs are waited for.
    pub fn crds_missing(&self, count: usize) {
        self.crd_missing.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How many objects of this kind, one of the four, cannot be read.
    pub fn undecodable(&self, kind: &'static str, count: usize) {
        self.undecodable.get_or_create(&Labels([("kind", kind)])).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// An object of this kind was written: a converged operator counts none.
    pub fn wrote(&self, kind: &'static str) {
        self.writes.get_or_create(&Labels([("kind", kind)])).inc();
    }

    /// Whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.leader.set(leads.into());
    }

    /// OpenMetrics text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
