//! Which content of which file counts, and what it comes to. Pure: the same files and the same past, the same answer.
//!
//! A file counts as written, or, when anything in it is not accepted, as it last was; there is no half. Refusing a file
//! can make another one refused (a rule whose role was added by a refused directory), so it is looked at until no more
//! files fall. Content that was accepted once is never taken out of force by this: `compile` holds it (C008).

use super::keys::{Keys, Wanted};
use super::sign_in::Files;
use crate::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use crate::config::Document;
use crate::manifests::{self, Compiled, Manifest, Problem, RuleManifest, Written};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

mod checks;
mod own;

/// One file as it stands.
#[derive(Debug)]
pub struct Sheet {
    /// The file's name.
    pub name: String,
    /// What it says now.
    pub current: Result<Vec<Written>, Vec<Problem>>,
    /// What it said when it was last accepted.
    pub accepted: Option<Vec<Written>>,
    /// Whether the last listing lacked it: what another file says too is that file's then.
    pub missing: bool,
}

/// What a judgement rests on besides the files.
pub struct Past<'a> {
    /// What is in force.
    pub document: Option<&'a Document>,
    /// The tokens made so far.
    pub keys: &'a Keys,
    /// The time.
    pub now: Timestamp,
    /// Where the public listener is, as scheme, host and port: the base URL of a directory that names none.
    pub origin: &'a str,
}

/// What the files come to.
#[derive(Debug)]
pub struct Judgement {
    /// File name → why it counts as it was.
    pub refused: BTreeMap<String, Vec<Problem>>,
    /// What to put in force; `None` when the files say nothing that could be (no directory).
    pub outcome: Option<Outcome>,
}

/// What to put in force.
#[derive(Debug)]
pub struct Outcome {
    /// The document, without verifiers.
    pub document: Document,
    /// The tokens, the directory's own among them.
    pub tokens: Vec<Wanted>,
    /// `spec.suspend`: nothing is to change.
    pub suspended: bool,
    /// What sign-in asks for besides the manifest.
    pub sign_in_files: Files,
}

/// One manifest and the file it counts for.
struct Entry<'a> {
    file: &'a str,
    written: &'a Written,
    /// Whether it is what the file says now, and not what it said.
    fresh: bool,
    /// Whether this file said something of this kind and name when it was last accepted.
    was_there: bool,
    missing: bool,
}

/// The manifests that count, by kind.
struct Set<'a> {
    directories: Vec<(Entry<'a>, &'a ScimDirectory)>,
    rules: Vec<(Entry<'a>, &'a UserManagementRule)>,
    tokens: Vec<(Entry<'a>, &'a ScimAccessToken)>,
    syncs: Vec<Entry<'a>>,
}

/// Judges all files.
pub fn judge(sheets: &[Sheet], past: &Past<'_>) -> Judgement {
    let mut refused: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    for sheet in sheets {
        if let Err(problems) = &sheet.current {
            refused.insert(sheet.name.clone(), problems.clone());
        }
    }
    loop {
        let set = Set::of(sheets, &refused, past.document);
        let found = checks::problems(&set, sheets, past);
        let fresh: BTreeMap<String, Vec<Problem>> =
            found.into_iter().filter(|(file, _)| !refused.contains_key(file)).collect();
        if fresh.is_empty() {
            let outcome = set.directory().map(|directory| outcome(&set, directory, past));
            return Judgement { refused, outcome };
        }
        // Each round refuses a file that was not refused before, so there are at most as many rounds as files.
        refused.extend(fresh);
    }
}

impl<'a> Set<'a> {
    /// What counts when these files are refused.
    fn of(sheets: &'a [Sheet], refused: &BTreeMap<String, Vec<Problem>>, document: Option<&Document>) -> Self {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        let mut unheard: Vec<Entry<'a>> = Vec::new();
        for sheet in sheets {
            let known: BTreeSet<String> = sheet.accepted.iter().flatten().map(checks::identity).collect();
            let entry = |fresh| {
                let known = &known;
                move |written| {
                    let was_there = known.contains(&checks::identity(written));
                    Entry { file: sheet.name.as_str(), written, fresh, was_there, missing: sheet.missing }
                }
            };
            match (&sheet.current, &sheet.accepted, refused.contains_key(&sheet.name)) {
                (Ok(current), _, false) => entries.extend(current.iter().map(entry(true))),
                (_, Some(accepted), _) => entries.extend(accepted.iter().map(entry(false))),
                (Ok(current), None, true) => unheard.extend(current.iter().map(entry(false))),
                (Err(_), None, _) => {}
            }
        }
        // A file that is going yields to one that says the same thing: it was renamed.
        let staying: BTreeSet<String> =
            entries.iter().filter(|e| !e.missing).map(|e| checks::identity(e.written)).collect();
        entries.retain(|entry| !entry.missing || !staying.contains(&checks::identity(entry.written)));
        // A refused rule that was never accepted here, but is in force, is handed on: `compile` holds what is in force.
        let held = |entry: &Entry<'_>| {
            let Manifest::Rule(rule) = &entry.written.manifest else { return false };
            let name = rule.metadata.name.as_deref();
            let there = document.is_some_and(|d| d.rules.iter().any(|known| Some(known.rule.name.as_str()) == name));
            there && !staying.contains(&checks::identity(entry.written))
        };
        entries.extend(unheard.into_iter().filter(held));
        Self::sorted(entries)
    }

    fn sorted(entries: Vec<Entry<'a>>) -> Self {
        let mut set = Self { directories: Vec::new(), rules: Vec::new(), tokens: Vec::new(), syncs: Vec::new() };
        for entry in entries {
            match &entry.written.manifest {
                Manifest::Directory(directory) => set.directories.push((entry, directory)),
                Manifest::Rule(rule) => set.rules.push((entry, rule)),
                Manifest::Token(token) => set.tokens.push((entry, token)),
                Manifest::Sync(_) => set.syncs.push(entry),
            }
        }
        set
    }

    /// The one directory.
    fn directory(&self) -> Option<&'a ScimDirectory> {
        match self.directories.as_slice() {
            [(_, only)] => Some(only),
            _ => None,
        }
    }

    /// The rules of the folder and the default rules that no file replaces.
    fn rules(&self, directory: &ScimDirectory) -> Vec<RuleManifest> {
        let mut rules: Vec<UserManagementRule> = self.rules.iter().map(|(_, rule)| (*rule).clone()).collect();
        let named: BTreeSet<String> = rules.iter().filter_map(|rule| rule.metadata.name.clone()).collect();
        let missing = |rule: &UserManagementRule| !rule.metadata.name.as_ref().is_some_and(|name| named.contains(name));
        rules.extend(manifests::default_rules(directory).into_iter().filter(missing));
        rules.into_iter().map(RuleManifest::from).collect()
    }
}

/// Compiles the set as it stands, without verifiers.
fn compiled(set: &Set<'_>, directory: &ScimDirectory, past: &Past<'_>) -> Compiled {
    let identified = own::identified(directory);
    let rules = set.rules(&identified);
    manifests::compile(&identified, &own::base_url(directory, past.origin), &rules, &[], past.document)
}

fn outcome(set: &Set<'_>, directory: &ScimDirectory, past: &Past<'_>) -> Outcome {
    let mut tokens = vec![own::token(directory)];
    tokens.extend(set.tokens.iter().map(|(_, token)| own::wanted(token)));
    let document = compiled(set, directory, past).document;
    Outcome { document, tokens, suspended: directory.spec.suspended(), sign_in_files: Files::asked_for(directory) }
}

#[cfg(test)]
mod tests;
