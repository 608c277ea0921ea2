//! Tests that stand beside rules: somebody in these groups may do that (C001, C002). No endpoint is asked.
//!
//! ```yaml
//! apiVersion: scim-operator.dev/v1alpha1
//! kind: RuleTest
//! metadata: {name: hr-designers-design-in-hr}
//! spec:
//!   directory: corp                # where the files are about several
//!   given:
//!     groups: [HR-Designers, {externalId: 0f3c}]
//!     active: true                 # the default
//!   expect:
//!     tenants:                     # all access; [] = none
//!       - {tenant: hr, role: Designer, applicationGroups: [HR Reviewers], rules: [hr-designers]}
//! ```
//!
//! With the ScimDirectory in the files its roles, its tenant and its default rules count. Without it the default roles
//! do, rules that name no tenant give access in the tenant `main`, and there are no default rules.

mod verdict;
mod written;

#[cfg(test)]
mod tests;

pub use written::is_test;

use super::manifest::{self, Manifest, Written};
use super::problem::Problem;
use super::rule::{RuleManifest, quoted};
use super::yaml::{self, Places};
use super::{Compiled, Refusal, compile, default_rules};
use crate::api::{ScimDirectory, UserManagementRule};
use crate::config::Document;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The tenant of rules that name none, where no directory is in the files.
const TENANT: &str = "main";
/// Stands in the document and is looked at by nobody.
const BASE_URL: &str = "http://localhost/scim/v2";

/// What the tests of some files come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleTestReport {
    /// One for each test, in the order of the files. Empty while there are problems.
    pub results: Vec<RuleTestResult>,
    /// What is wrong with the files, by file name; nothing is tested until that is mended.
    pub problems: Vec<(String, Problem)>,
}

/// What one test comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTestResult {
    /// The file it stands in.
    pub file: String,
    /// Its `metadata.name`.
    pub name: String,
    /// What was expected and what is, for people; empty = passed.
    pub failures: Vec<String>,
}

/// Holds the rules in these files, each with its name and its text, to the tests in them.
pub fn run_rule_tests(files: &[(String, String)]) -> RuleTestReport {
    let mut problems = Vec::new();
    let mut sheets = Sheets::default();
    for (file, text) in files {
        if let Err(found) = sheets.add(file, text) {
            problems.extend(found.into_iter().map(|problem| (file.clone(), problem)));
        }
    }
    problems.extend(sheets.twice());
    if !problems.is_empty() {
        return RuleTestReport { results: Vec::new(), problems };
    }
    let mut compiled: BTreeMap<String, Document> = BTreeMap::new();
    let mut results = Vec::new();
    for (file, test) in &sheets.tests {
        let directory = match sheets.directory_of(test) {
            Ok(directory) => directory,
            Err(problem) => {
                let line = test.places.line(&problem.field);
                problems.push((file.clone(), Problem { line, ..problem }));
                continue;
            }
        };
        let name = directory.metadata.name.clone().unwrap_or_default();
        let document = compiled.entry(name).or_insert_with(|| sheets.compiled(&directory, &mut problems));
        let failures = verdict::failures(&test.spec, document);
        results.push(RuleTestResult { file: file.clone(), name: test.name.clone(), failures });
    }
    if !problems.is_empty() {
        results.clear();
    }
    RuleTestReport { results, problems }
}

/// What the files say, each with the name of its file.
#[derive(Default)]
struct Sheets {
    directories: Vec<(String, ScimDirectory, Places)>,
    rules: Vec<(String, UserManagementRule, Places)>,
    tests: Vec<(String, written::Written)>,
}

impl Sheets {
    fn add(&mut self, file: &str, text: &str) -> Result<(), Vec<Problem>> {
        let documents = yaml::documents(text).map_err(|problem| vec![problem])?;
        let (tests, others): (Vec<_>, Vec<_>) =
            documents.into_iter().partition(|document| written::is_test(&document.value));
        let (mut problems, mut found) = (Vec::new(), Vec::new());
        match manifest::decoded(others) {
            Ok(written) => found = written,
            Err(wrong) => problems.extend(wrong),
        }
        for test in tests {
            match written::read(test) {
                Ok(test) => self.tests.push((file.to_owned(), test)),
                Err(wrong) => problems.extend(wrong),
            }
        }
        // Where a cluster would find them is not looked at: files belong together because they were given together.
        for Written { manifest, places } in found {
            match manifest {
                Manifest::Directory(mut directory) => {
                    directory.metadata.namespace = None;
                    self.directories.push((file.to_owned(), *directory, places));
                }
                Manifest::Rule(mut rule) => {
                    rule.metadata.namespace = None;
                    self.rules.push((file.to_owned(), *rule, places));
                }
                Manifest::Sync(_) | Manifest::Token(_) => {}
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Directories that are written more than once. Rules are judged with their directory.
    fn twice(&self) -> Vec<(String, Problem)> {
        let mut seen = BTreeSet::new();
        let again = self.directories.iter().filter(|(_, directory, _)| !seen.insert(directory.metadata.name.clone()));
        let problem = |(file, directory, places): &(String, ScimDirectory, Places)| {
            let name = directory.metadata.name.as_deref().unwrap_or_default();
            let problem = Problem::new("metadata.name", "there is such a directory already: keep one of the two");
            (file.clone(), Problem { line: places.line("metadata.name"), ..problem.found(&name.into()) })
        };
        again.map(problem).collect()
    }

    /// The directory whose rules are tested; one of our own making where no directory is in the files.
    fn directory_of(&self, test: &written::Written) -> Result<ScimDirectory, Problem> {
        let known: BTreeSet<&str> = match self.directories.is_empty() {
            true => self.rules.iter().map(|(_, rule, _)| rule.spec.directory_ref.name.as_str()).collect(),
            false => self.directories.iter().filter_map(|(_, there, _)| there.metadata.name.as_deref()).collect(),
        };
        let name = match (&test.spec.directory, known.len()) {
            (Some(name), _) if known.contains(name.as_str()) => name.as_str(),
            (Some(name), _) => {
                let message = match known.is_empty() {
                    true => "there are no directories and no rules in the files: leave it out".to_owned(),
                    false => format!("there is no such directory in the files: write one of {}", quoted(&known)),
                };
                return Err(Problem::new("spec.directory", message).found(&name.as_str().into()));
            }
            (None, 0 | 1) => known.first().copied().unwrap_or(TENANT),
            (None, _) => {
                let message = format!("the files are about several directories: write one of {}", quoted(&known));
                return Err(Problem::new("spec.directory", message));
            }
        };
        let written = self.directories.iter().find(|(_, there, _)| there.metadata.name.as_deref() == Some(name));
        written.map_or_else(|| unwritten(name), |(_, directory, _)| Ok(directory.clone()))
    }

    /// The directory's document; what is not accepted of it is noted.
    fn compiled(&self, directory: &ScimDirectory, problems: &mut Vec<(String, Problem)>) -> Document {
        let mut rules: Vec<RuleManifest> = self.rules.iter().map(|(_, rule, _)| rule.clone().into()).collect();
        if self.directories.iter().any(|(_, there, _)| there.metadata.name == directory.metadata.name) {
            let missing = |rule: &UserManagementRule| {
                !self.rules.iter().any(|(_, there, _)| there.metadata.name == rule.metadata.name)
            };
            rules.extend(default_rules(directory).into_iter().filter(missing).map(RuleManifest::from));
        }
        let Compiled { document, directory: verdict, rules: verdicts } =
            compile(directory, BASE_URL, &rules, &[], None);
        let ours = self.directories.iter().filter(|(_, there, _)| there.metadata.name == directory.metadata.name);
        for ((file, _, places), refusal) in ours.zip(&verdict.refusal) {
            problems.push((file.clone(), problem(refusal, places)));
        }
        for verdict in &verdicts {
            let Some(refusal) = &verdict.refusal else { continue };
            let named = self.rules.iter().filter(|(_, rule, _)| rule.metadata.name.as_deref() == Some(&verdict.name));
            problems.extend(named.map(|(file, _, places)| (file.clone(), problem(refusal, places))));
        }
        document
    }
}

/// A refusal at its line; its message opens with the field, and the problem says it once.
fn problem(refusal: &Refusal, places: &Places) -> Problem {
    Problem { line: places.line(&refusal.field), ..Problem::new(refusal.field.as_str(), refusal.message.as_str()) }
}

/// What stands in for a directory that is not in the files: the default roles, and a tenant.
fn unwritten(name: &str) -> Result<ScimDirectory, Problem> {
    let spec = json!({"displayName": name, "tenant": TENANT, "sso": {"none": {}}});
    let object = json!({"metadata": {"name": name}, "spec": spec});
    serde_json::from_value(object).map_err(|error| Problem::new("spec.directory", error.to_string()))
}
