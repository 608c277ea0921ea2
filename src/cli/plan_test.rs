//! `scim-operator plan --test`: the tests that stand beside rules, without any server (C001).

use super::output::put;
use super::plan_rules::Found;
use crate::api::{GROUP, VERSION};
use crate::manifests::{RuleTestReport, run_rule_tests};
use anyhow::bail;
use serde_json::json;
use std::process::ExitCode;

/// The file of tests that are there to have rules judged. No file that was read is called so.
const JUDGED: &str = "";

/// Runs the tests and shows what became of them. Exit code 1: one does not hold, or something is wrong with a file.
///
/// # Errors
/// When there is no test, or no file names the directory that was asked for.
pub fn run(files: &[(String, String)], directory: Option<&str>) -> anyhow::Result<ExitCode> {
    let report = report(files);
    if report.problems.is_empty() {
        expected(files, &report, directory)?;
    }
    put(&text(&report))?;
    let good = report.problems.is_empty() && report.results.iter().all(|result| result.failures.is_empty());
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the tests come to; also rules that no test is about are judged.
fn report(files: &[(String, String)]) -> RuleTestReport {
    let mut all = files.to_vec();
    // A file that cannot be read is a problem of the report.
    if let Ok(found) = Found::read(files) {
        all.extend(found.judged().into_iter().map(|directory| (JUDGED.to_owned(), nobody(directory))));
    }
    let mut report = run_rule_tests(&all);
    report.results.retain(|result| result.file != JUDGED);
    report
}

/// A test about somebody in no group: for it the rules of the directory are compiled.
fn nobody(directory: &str) -> String {
    let spec = json!({ "directory": directory, "given": {}, "expect": { "tenants": [] } });
    let version = format!("{GROUP}/{VERSION}");
    let test = json!({ "apiVersion": version, "kind": "RuleTest", "metadata": { "name": "nobody" }, "spec": spec });
    format!("{test:#}\n")
}

/// That what was asked for is there: tests, and the directory.
fn expected(files: &[(String, String)], report: &RuleTestReport, directory: Option<&str>) -> anyhow::Result<()> {
    let found = Found::read(files)?;
    if let Some(name) = directory.filter(|name| !found.directories().contains(name)) {
        bail!("no file names the directory {name:?} ({found}): check --directory and --filename");
    }
    if report.results.is_empty() {
        bail!("there is no RuleTest in the files ({found}): give those with the tests too, each with --filename");
    }
    Ok(())
}

/// One line for each test, what did not hold below it, and the sum.
fn text(report: &RuleTestReport) -> String {
    let mut out = String::new();
    for result in &report.results {
        let word = if result.failures.is_empty() { "ok  " } else { "FAIL" };
        out += &format!("{word}  {}: {}\n", result.file, result.name);
        for failure in &result.failures {
            out += &format!("      {failure}\n");
        }
    }
    for (file, problem) in &report.problems {
        out += &format!("FAIL  {file}: {problem}\n");
    }
    let failed = report.results.iter().filter(|result| !result.failures.is_empty()).count();
    let (tests, problems) = (report.results.len(), report.problems.len());
    out += &format!("{tests} tests, {failed} failed, {problems} problems in the files\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(directory: &str, role: &str) -> String {
        format!(
            "---\napiVersion: scim-operator.dev/v1alpha1\nkind: UserManagementRule\nmetadata: {{ name: {directory} }}\n\
             spec:\n  directoryRef: {{ name: {directory} }}\n  idpGroup: {{ displayName: HR }}\n  role: {role}\n"
        )
    }

    fn test(directory: &str) -> String {
        format!(
            "---\napiVersion: scim-operator.dev/v1alpha1\nkind: RuleTest\nmetadata: {{ name: claim }}\n\
             spec: {{ directory: {directory}, given: {{}}, expect: {{ tenants: [] }} }}\n"
        )
    }

    fn files(documents: &[String]) -> Vec<(String, String)> {
        vec![("rules.yaml".to_owned(), documents.concat())]
    }

    #[test]
    fn c001_without_a_test_the_rules_are_judged_and_it_is_said_that_there_is_none() {
        let report = report(&files(&[rule("corp", "Desinger")]));
        let [(file, problem)] = report.problems.as_slice() else { panic!("one problem: {report:?}") };
        let said = problem.to_string();
        assert_eq!(file, "rules.yaml");
        assert!(said.contains("spec.role: \"Desinger\" is not a role"), "{said}");
        let said = run(&files(&[rule("corp", "Designer")]), None).unwrap_err().to_string();
        assert!(said.starts_with("there is no RuleTest in the files (files read: 1, rules in them: 1, "), "{said}");
        assert!(said.contains("directories that they name: corp)"), "{said}");
        let said = run(&[], None).unwrap_err().to_string();
        assert!(said.contains("no RuleTest") && said.contains("directories that they name: none)"), "{said}");
    }

    #[test]
    fn c001_rules_of_a_directory_that_no_test_is_about_are_judged_too() {
        let documents = [rule("corp", "Designer"), test("corp"), rule("lab", "Desinger")];
        let wrong = report(&files(&documents));
        assert_eq!((wrong.results.len(), wrong.problems.len()), (0, 1), "{wrong:?}");
        let right = report(&files(&[documents[0].clone(), documents[1].clone(), rule("lab", "Designer")]));
        assert_eq!((right.results.len(), right.problems.len()), (1, 0), "only what was written counts: {right:?}");
    }

    #[test]
    fn c001_a_directory_that_no_file_names_is_refused_with_those_that_are_named() {
        let both = files(&[rule("corp", "Designer"), rule("lab", "Designer"), test("corp")]);
        let report = report(&both);
        for named in [None, Some("corp"), Some("lab")] {
            expected(&both, &report, named).unwrap();
        }
        let said = run(&both, Some("crop")).unwrap_err().to_string();
        assert!(said.starts_with("no file names the directory \"crop\" ("), "{said}");
        assert!(said.contains("directories that they name: corp, lab)"), "{said}");
    }
}
