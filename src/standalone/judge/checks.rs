//! What a folder can get wrong that one manifest alone cannot: several directories, names used twice, things that may
//! not change, tokens beyond the limit, rules that do not compile.

use super::{Entry, Past, Set, Sheet, compiled, own};
use crate::api::ScimDirectory;
use crate::api::directory::Storage;
use crate::manifests::{self, Manifest, Problem, Refusal, Written};
use serde_json::Value;
use std::collections::BTreeMap;

/// File name → problems.
type Found = BTreeMap<String, Vec<Problem>>;

/// Kind and name: what one manifest and no other may be.
pub fn identity(written: &Written) -> String {
    let (kind, name) = match &written.manifest {
        Manifest::Directory(object) => ("ScimDirectory", &object.metadata.name),
        Manifest::Rule(object) => ("UserManagementRule", &object.metadata.name),
        Manifest::Sync(object) => ("RuleSync", &object.metadata.name),
        Manifest::Token(object) => ("ScimAccessToken", &object.metadata.name),
    };
    format!("{kind} {:?}", name.as_deref().unwrap_or_default())
}

/// All problems of the set as it stands. Only files that count as written now can be helped by counting as they were.
pub fn problems(set: &Set<'_>, sheets: &[Sheet], past: &Past<'_>) -> Found {
    let mut found = Found::new();
    for entry in &set.syncs {
        let message = "a run is asked for at the access API here: POST /access/v1/syncs with a token of scope Admin";
        note(&mut found, entry, Problem::new("kind", message));
    }
    twice(set, &mut found);
    unchangeable(set, sheets, &mut found);
    directories(set, past, &mut found);
    databases(set, &mut found);
    // What follows needs to know the directory; with two of them nothing more can be said.
    if let (Some(directory), true) = (set.directory(), found.is_empty()) {
        belonging(set, directory, &mut found);
        limits(set, directory, past, &mut found);
        if found.is_empty() {
            verdicts(set, directory, past, &mut found);
        }
    }
    found
}

fn note(found: &mut Found, entry: &Entry<'_>, problem: Problem) {
    let line = problem.line.or_else(|| entry.written.places.line(&problem.field));
    found.entry(entry.file.to_owned()).or_default().push(Problem { line, ..problem });
}

fn all<'a, 'b>(set: &'b Set<'a>) -> impl Iterator<Item = &'b Entry<'a>> {
    let named = set.directories.iter().map(|(entry, _)| entry);
    named.chain(set.rules.iter().map(|(entry, _)| entry)).chain(set.tokens.iter().map(|(entry, _)| entry))
}

/// The file that has the name already keeps it; among new ones the first.
fn twice(set: &Set<'_>, found: &mut Found) {
    let mut owners: BTreeMap<String, &Entry<'_>> = BTreeMap::new();
    let mut entries: Vec<&Entry<'_>> = all(set).collect();
    entries.sort_by_key(|entry| (entry.fresh && !entry.was_there, entry.file));
    for entry in entries {
        let name = identity(entry.written);
        match owners.get(&name) {
            None => drop(owners.insert(name, entry)),
            Some(owner) => {
                let message = format!("{name} is written in {} already: rename or remove one of the two", owner.file);
                note(found, entry, Problem::new("metadata.name", message));
            }
        }
    }
}

fn unchangeable(set: &Set<'_>, sheets: &[Sheet], found: &mut Found) {
    let accepted = sheets.iter().flat_map(|sheet| sheet.accepted.iter().flatten());
    let before: BTreeMap<String, &Manifest> = accepted.map(|w| (identity(w), &w.manifest)).collect();
    for entry in all(set).filter(|entry| entry.fresh) {
        let outcome = match (&entry.written.manifest, before.get(&identity(entry.written))) {
            (Manifest::Directory(new), Some(Manifest::Directory(old))) => {
                manifests::check_change("ScimDirectory", new.as_ref(), old.as_ref())
            }
            (Manifest::Rule(new), Some(Manifest::Rule(old))) => {
                manifests::check_change("UserManagementRule", new.as_ref(), old.as_ref())
            }
            (Manifest::Token(new), Some(Manifest::Token(old))) => {
                manifests::check_change("ScimAccessToken", new.as_ref(), old.as_ref())
            }
            _ => Ok(()),
        };
        for problem in outcome.err().unwrap_or_default() {
            note(found, entry, problem);
        }
    }
}

/// One directory, and the one whose data this is.
fn directories(set: &Set<'_>, past: &Past<'_>, found: &mut Found) {
    let ours = past.document.map(|document| &document.directory);
    let is_ours =
        |d: &ScimDirectory| ours.is_some_and(|id| id.uid == manifests::directory_uid(own::namespace(d), own::name(d)));
    let several = set.directories.len() > 1;
    for (entry, directory) in &set.directories {
        let message = match ours {
            None if !several => continue,
            Some(_) if is_ours(directory) => continue,
            None => "there is more than one ScimDirectory here: keep exactly one".to_owned(),
            Some(id) if several => {
                format!("{}/{} is in force here: keep exactly one ScimDirectory", id.namespace, id.name)
            }
            Some(id) => format!("the data folder belongs to {}/{}: use another --data", id.namespace, id.name),
        };
        note(found, entry, Problem::new("metadata.name", message).found(&own::name(directory).into()));
    }
}

/// A folder's people are in the data folder: nothing of the manifest says where a Secret's content would come from.
fn databases(set: &Set<'_>, found: &mut Found) {
    let on_database = |d: &ScimDirectory| matches!(d.spec.endpoint().storage(), Storage::Postgres(_));
    for (entry, _) in set.directories.iter().filter(|(_, directory)| on_database(directory)) {
        let message = "standalone keeps its data in the folder that --data names: leave `storage` out; \
                       a database needs the operator";
        note(found, entry, Problem::new("spec.endpoint.storage.postgres", message));
    }
}

/// Rules and tokens are of this directory, in its namespace.
fn belonging(set: &Set<'_>, directory: &ScimDirectory, found: &mut Found) {
    let (namespace, name) = (own::namespace(directory), own::name(directory));
    let rules = set.rules.iter().map(|(e, rule)| (e, &rule.metadata.namespace, &rule.spec.directory_ref.name));
    let tokens = set.tokens.iter().map(|(e, token)| (e, &token.metadata.namespace, &token.spec.directory_ref.name));
    for (entry, own_namespace, reference) in rules.chain(tokens) {
        if let Some(other) = own_namespace.as_ref().filter(|other| *other != namespace) {
            let message = format!("the directory is in the namespace {namespace:?}: write that, or nothing");
            note(found, entry, Problem::new("metadata.namespace", message).found(&other.as_str().into()));
        }
        if reference != name {
            let message = format!("there is no such directory here: write {name:?}");
            note(found, entry, Problem::new("spec.directoryRef.name", message).found(&reference.as_str().into()));
        }
    }
}

/// No token but the directory's own has its name, and every holder has one token.
fn limits(set: &Set<'_>, directory: &ScimDirectory, past: &Past<'_>, found: &mut Found) {
    let tokens: Vec<_> = set.tokens.iter().map(|(_, token)| *token).collect();
    let dated = own::dated(directory, &tokens, past.keys, past.now);
    let mut over = manifests::token_limit(&dated, past.now);
    for (entry, token) in &set.tokens {
        let name = token.metadata.name.as_deref().unwrap_or_default();
        if name == own::name(directory) {
            let message = "the directory's own token has this name: write another";
            note(found, entry, Problem::new("metadata.name", message).found(&name.into()));
        } else if let Some(refusal) = over.remove(name) {
            note(found, entry, problem(refusal, &token.spec));
        }
    }
}

fn verdicts(set: &Set<'_>, directory: &ScimDirectory, past: &Past<'_>, found: &mut Found) {
    let compiled = compiled(set, directory, past);
    if let (Some(refusal), [(entry, directory)]) = (compiled.directory.refusal, set.directories.as_slice()) {
        note(found, entry, problem(refusal, &directory.spec));
    }
    for verdict in compiled.rules {
        let Some(refusal) = verdict.refusal else { continue };
        let named = set.rules.iter().filter(|(_, rule)| rule.metadata.name.as_deref() == Some(&verdict.name));
        for (entry, rule) in named {
            note(found, entry, problem(refusal.clone(), &rule.spec));
        }
    }
}

/// A refusal with the value at its field.
fn problem(refusal: Refusal, spec: &impl serde::Serialize) -> Problem {
    let Refusal { field, message, .. } = refusal;
    let spec = serde_json::json!({ "spec": serde_json::to_value(spec).unwrap_or(Value::Null) });
    let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
    let found = spec.pointer(&pointer).cloned();
    // The message begins with field and value as the operator writes them into a condition; here they stand alone.
    let said = message.strip_prefix(&format!("{field}: ")).unwrap_or(&message).to_owned();
    let problem = Problem::new(field, said);
    match found {
        // A field that should be there and is not has no value.
        None => problem,
        Some(value) => problem.found(&value),
    }
}
