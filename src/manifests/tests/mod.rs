//! The claims of this room. Fixtures are in `tests/data/manifests`.

mod compilation;
mod default_rules;
mod definitions;
mod files;
mod roles;
mod schemas;
mod sign_in;
mod tokens;

use super::{Compiled, Manifest, RuleManifest, compile, read};
use crate::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use crate::config::Document;
use std::path::PathBuf;

const BASE_URL: &str = "https://scim.example.com/scim/v2";

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/manifests")
}

fn fixture(name: &str) -> Vec<Manifest> {
    let text = std::fs::read_to_string(fixtures().join(name)).expect("the fixture can be read");
    read(&text).expect("the fixture is accepted").into_iter().map(|written| written.manifest).collect()
}

/// The one manifest of a text in flow style: kind, name and spec.
fn manifest(kind: &str, name: &str, spec: &str) -> Manifest {
    let meta = format!("metadata: {{name: {name}, namespace: access, uid: uid-{name}}}");
    let text = format!("apiVersion: scim-operator.dev/v1alpha1\nkind: {kind}\n{meta}\nspec: {{{spec}}}\n");
    let written = read(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"));
    written.into_iter().next().expect("one").manifest
}

/// The directory `corp` with these further fields.
fn directory(more: &str) -> ScimDirectory {
    match manifest("ScimDirectory", "corp", &format!("displayName: Corp, tenant: main, sso: {{none: {{}}}}{more}")) {
        Manifest::Directory(directory) => *directory,
        other => panic!("{other:?}"),
    }
}

/// A rule of `corp` on the group of its own name.
fn rule(name: &str, role: &str, more: &str) -> RuleManifest {
    UserManagementRule::into(parsed_rule(name, role, more))
}

fn parsed_rule(name: &str, role: &str, more: &str) -> UserManagementRule {
    let spec = format!("directoryRef: {{name: corp}}, idpGroup: {{displayName: {name}}}, role: {role}{more}");
    match manifest("UserManagementRule", name, &spec) {
        Manifest::Rule(rule) => *rule,
        other => panic!("{other:?}"),
    }
}

fn token(name: &str, directory: &str, issued_to: &str) -> ScimAccessToken {
    let spec = format!("directoryRef: {{name: {directory}}}, description: x, scope: Scim, issuedTo: {issued_to}");
    match manifest("ScimAccessToken", name, &spec) {
        Manifest::Token(token) => *token,
        other => panic!("{other:?}"),
    }
}

fn compiled(directory: &ScimDirectory, rules: &[RuleManifest], previous: Option<&Document>) -> Compiled {
    compile(directory, BASE_URL, rules, &[], previous)
}

/// The names of the rules in the document; held ones with a star.
fn in_force(compiled: &Compiled) -> Vec<String> {
    let name = |entry: &crate::config::RuleEntry| format!("{}{}", entry.rule.name, if entry.held { "*" } else { "" });
    compiled.document.rules.iter().map(name).collect()
}

/// The reason for which the rule is refused; empty when it is accepted.
fn refused(compiled: &Compiled, name: &str) -> &'static str {
    let verdict = compiled.rules.iter().find(|verdict| verdict.name == name).expect("a verdict");
    verdict.refusal.as_ref().map_or("", |refusal| refusal.reason.name)
}
