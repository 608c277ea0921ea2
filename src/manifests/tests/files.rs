//! Reading files: what is accepted, and what is said of what is not.

use super::super::{Manifest, check_change, read};
use super::{directory, fixture, fixtures, token};

#[test]
fn c008_every_refused_file_names_line_field_and_value() {
    let mut files = 0;
    for entry in std::fs::read_dir(fixtures().join("refused")).expect("the fixtures are there") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# expect: ")).collect();
        let problems: Vec<String> = read(&text).expect_err("it is refused").iter().map(ToString::to_string).collect();
        assert!(!expected.is_empty() && problems.len() == expected.len(), "{}: {problems:#?}", path.display());
        for (problem, expected) in problems.iter().zip(&expected) {
            assert!(problem.starts_with(expected), "{}:\n{problem}\n{expected}", path.display());
        }
        files += 1;
    }
    assert_eq!(files, 25, "every fixture was read");
}

#[test]
fn a_file_may_hold_several_manifests_and_empty_documents() {
    let kinds: Vec<&str> = fixture("corp.yaml")
        .iter()
        .map(|manifest| match manifest {
            Manifest::Directory(_) => "directory",
            Manifest::Rule(_) => "rule",
            Manifest::Sync(_) => "sync",
            Manifest::Token(_) => "token",
        })
        .collect();
    assert_eq!(kinds, ["directory", "rule", "rule", "token"]);
    assert_eq!(read("# nothing\n"), Ok(Vec::new()));
}

#[test]
fn every_field_can_be_written_and_status_is_left_aside() {
    let manifests = fixture("explicit.yaml");
    let Some(Manifest::Directory(directory)) = manifests.first() else { panic!("{manifests:?}") };
    assert_eq!(directory.status, None);
    assert_eq!(directory.spec.provisioning().required_attributes(), ["emails"]);
}

#[test]
fn c008_a_field_can_be_found_in_its_file_after_reading() {
    let text = std::fs::read_to_string(fixtures().join("corp.yaml")).expect("it can be read");
    let written = read(&text).expect("it is accepted");
    let rule = written.get(1).expect("a rule");
    let line = |field| rule.places.line(field);
    let at = |text_of_line: &str| text.lines().position(|line| line.trim() == text_of_line).map(|i| i as u64 + 1);
    assert_eq!(line("spec.role"), at("role: Designer"));
    assert_eq!(line("spec.tenants[1]"), at("tenants: [hr, finance]"));
    assert_eq!(line("spec.enabled"), line("spec"), "a missing field is where it should be");
}

#[test]
fn b078_b116_what_is_immutable_cannot_be_changed_in_a_file() {
    let (old, mut new) = (directory(""), directory(""));
    assert_eq!(check_change("ScimDirectory", &new, &old), Ok(()));
    "other".clone_into(&mut new.spec.tenant);
    let problems = check_change("ScimDirectory", &new, &old).expect_err("the tenant is immutable");
    assert!(problems.iter().any(|problem| problem.field == "spec.tenant"), "{problems:?}");

    let database = ", endpoint: {storage: {postgres: {urlSecretRef: {name: db}}}}";
    for (new, old) in [(directory(database), directory("")), (directory(""), directory(database))] {
        let problems = check_change("ScimDirectory", &new, &old).expect_err("people do not move");
        let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["spec.endpoint.storage"]);
    }

    let problems = check_change("ScimAccessToken", &token("a", "lab", "x"), &token("a", "corp", "x"));
    assert!(problems.is_err(), "a token stays with its directory");
}
