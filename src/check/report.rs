//! What a run found: for machines as JSON (`docs/reference/check.md` describes every field), for people in `text`.

use super::features::Features;
use super::selection::numbers;
use super::verdict::Verdict;
use super::{Check, Provider};
use crate::client::raw::{RawAnswer, RawRequest};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// The longest body that a report repeats, in characters.
const BODY_CHARS_MAX: usize = 4000;

/// One request and its answer. Headers are left out: one of them is the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// Method, path and query, not percent-encoded.
    pub request: String,
    /// The body that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of the answer; absent when it is empty, or shows what is not of this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl Exchange {
    /// What was sent and what came; `prefix` is what the names of this run begin with.
    pub(super) fn new(request: &RawRequest, answer: Option<&RawAnswer>, prefix: &str) -> Self {
        let shown = answer.filter(|answer| !answer.text.trim().is_empty() && is_ours(&answer.text, prefix));
        Self {
            request: clean(&request.line()),
            body: request.body.as_ref().map(|(_, text)| clean(text)),
            status: answer.map(|answer| answer.status),
            answer: shown.map(|answer| clean(&answer.text)),
        }
    }
}

/// Whether a body shows nobody else: people of this run, or no people at all.
fn is_ours(text: &str, prefix: &str) -> bool {
    let Ok(body) = serde_json::from_str::<Value>(text) else { return true };
    let ours = |resource: &Value| {
        let person = resource.get("userName").is_some() || resource.get("displayName").is_some();
        !person || resource.to_string().contains(prefix)
    };
    match body.get("Resources").and_then(Value::as_array) {
        Some(resources) => resources.iter().all(ours),
        None => ours(&body),
    }
}

/// One line, and not more than a report should hold.
fn clean(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(BODY_CHARS_MAX).collect();
    if text.chars().count() > BODY_CHARS_MAX { format!("{clean}…") } else { clean }
}

/// One check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The check's id.
    pub id: &'static str,
    /// Where the sentence stands; `interop` for what only a provider needs.
    pub section: &'static str,
    /// The sentence.
    pub title: &'static str,
    /// The provider that needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// `verdict`, and with it `expected` and `found`, or `why`.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was sent and what came, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
}

impl Row {
    pub(super) fn new(check: &Check, verdict: Verdict, exchanges: Vec<Exchange>) -> Self {
        let Check { id, section, title, provider, .. } = *check;
        Self { id, section, title, provider, verdict, exchanges }
    }

    /// Whether nobody needs to look at it.
    pub fn is_quiet(&self) -> bool {
        matches!(self.verdict, Verdict::Passed | Verdict::Skipped { .. })
    }
}

/// How many checks came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The server does it.
    pub passed: usize,
    /// It does something else.
    pub failed: usize,
    /// It need not, or does not claim to.
    pub skipped: usize,
    /// Nothing can be said.
    pub error: usize,
}

impl Tally {
    /// Counts rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut tally = Self::default();
        for row in rows {
            match row.verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::Failed { .. } => tally.failed += 1,
                Verdict::Skipped { .. } => tally.skipped += 1,
                Verdict::Error { .. } => tally.error += 1,
            }
        }
        tally
    }
}

/// The sum of one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionSum {
    /// `RFC 7644 §3.5.2`.
    pub section: &'static str,
    /// Its checks.
    #[serde(flatten)]
    pub tally: Tally,
}

/// The verdict on one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderSum {
    /// The provider.
    pub provider: Provider,
    /// `true` = everything it needs is there, `false` = something is not, `null` = nothing failed, but not all is
    /// known.
    pub works: Option<bool>,
    /// Its checks.
    #[serde(flatten)]
    pub tally: Tally,
}

/// What a server says it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// What it has.
    pub supported: Vec<&'static str>,
    /// What it has not.
    pub unsupported: Vec<&'static str>,
}

/// Everything that a run found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The version of this program.
    pub version: &'static str,
    /// The base URL.
    pub target: String,
    /// Whether every chosen check ran; `false` = the run was ended early.
    pub complete: bool,
    /// What the server says it has.
    pub claims: Claims,
    /// All checks.
    pub total: Tally,
    /// The sections of the standards, in their order.
    pub sections: Vec<SectionSum>,
    /// The providers that were chosen.
    pub providers: Vec<ProviderSum>,
    /// How many requests were sent, cleaning up not counted.
    pub requests: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What could not be taken away again, and why: for a person to delete.
    pub left: Vec<String>,
    /// Each check, sorted by section, those of providers last.
    pub checks: Vec<Row>,
}

impl Report {
    /// Sorts and sums up.
    pub(super) fn new(
        target: String,
        features: &Features,
        mut checks: Vec<Row>,
        left: Vec<String>,
        requests: usize,
        took: Duration,
        complete: bool,
    ) -> Self {
        let provider = |row: &Row| Provider::ALL.iter().position(|one| Some(*one) == row.provider);
        checks.sort_by_key(|row| (row.provider.is_some(), provider(row), numbers(row.section)));
        let (supported, unsupported) = features.names();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            target,
            complete,
            claims: Claims { supported, unsupported },
            total: Tally::of(&checks),
            sections: sections(&checks),
            providers: providers(&checks),
            requests,
            seconds: took.as_secs_f64(),
            left,
            checks,
        }
    }

    /// Whether the server does everything that was asked, as far as it claims to.
    pub fn is_good(&self) -> bool {
        self.complete && self.total.failed == 0 && self.total.error == 0
    }

    /// The report with the exchanges of what failed only: for all but those who ask for everything.
    #[must_use]
    pub fn without_quiet_exchanges(mut self) -> Self {
        self.checks.iter_mut().filter(|row| row.is_quiet()).for_each(|row| row.exchanges.clear());
        self
    }
}

fn sections(checks: &[Row]) -> Vec<SectionSum> {
    let mut names: Vec<&'static str> =
        checks.iter().filter(|row| row.provider.is_none()).map(|row| row.section).collect();
    names.dedup();
    let of = |section: &str| Tally::of(checks.iter().filter(|row| row.provider.is_none() && row.section == section));
    names.into_iter().map(|section| SectionSum { section, tally: of(section) }).collect()
}

fn providers(checks: &[Row]) -> Vec<ProviderSum> {
    let sum = |provider: Provider| {
        let tally = Tally::of(checks.iter().filter(|row| row.provider == Some(provider)));
        let works = match tally {
            Tally { failed: 1.., .. } => Some(false),
            Tally { failed: 0, skipped: 0, error: 0, .. } => Some(true),
            Tally { .. } => None,
        };
        (tally != Tally::default()).then_some(ProviderSum { provider, works, tally })
    };
    Provider::ALL.into_iter().filter_map(sum).collect()
}
