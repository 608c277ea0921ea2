//! What `scim-operator plan` asks for: the rules of one directory that the files hold, and those that went (C001).
//!
//! A rule is known by its `metadata.name`, never by the name of its file. Nothing is sent from here.

use crate::api::UserManagementRule;
use crate::config::{PlanRequest, PlannedRule};
use crate::manifests::{self, Manifest};
use anyhow::bail;
use std::collections::BTreeSet;
use std::fmt;

/// What some files hold, as far as a plan is about it.
#[derive(Debug, Default)]
pub struct Found {
    files: usize,
    rules: Vec<UserManagementRule>,
    written: BTreeSet<String>,
}

/// What is asked for.
#[derive(Debug)]
pub struct Asked {
    /// The question.
    pub request: PlanRequest,
    /// Those of the rules in `remove` that are there because the base has them and the files have not.
    pub gone: Vec<String>,
}

impl Found {
    /// Reads files, each with its name and its text.
    ///
    /// # Errors
    /// All that is wrong with the first file that cannot be read, a line each.
    pub fn read(files: &[(String, String)]) -> anyhow::Result<Self> {
        let mut out = Self { files: files.len(), ..Self::default() };
        for (name, text) in files {
            let written = manifests::read(text).map_err(|problems| {
                let lines: Vec<String> = problems.iter().map(|problem| format!("{name}: {problem}")).collect();
                anyhow::Error::msg(lines.join("\n"))
            })?;
            for written in written {
                match written.manifest {
                    Manifest::Rule(rule) => out.rules.push(*rule),
                    Manifest::Directory(directory) => out.written.extend(directory.metadata.name),
                    Manifest::Sync(_) | Manifest::Token(_) => {}
                }
            }
        }
        Ok(out)
    }

    /// The directories that the files name: in a ScimDirectory, or in a rule.
    pub fn directories(&self) -> BTreeSet<&str> {
        let written = self.written.iter().map(String::as_str);
        written.chain(self.rules.iter().map(directory_of)).collect()
    }

    /// The directories whose rules can be judged: those that are written in the files; where none is, those of the
    /// rules.
    pub fn judged(&self) -> BTreeSet<&str> {
        match self.written.is_empty() {
            true => self.directories(),
            false => self.written.iter().map(String::as_str).collect(),
        }
    }

    fn rules_of(&self, directory: Option<&str>) -> Vec<&UserManagementRule> {
        self.rules.iter().filter(|rule| directory.is_none_or(|name| directory_of(rule) == name)).collect()
    }
}

/// What was found, for whoever expected something else.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directories: Vec<&str> = self.directories().into_iter().collect();
        let named = if directories.is_empty() { "none".to_owned() } else { directories.join(", ") };
        let (files, rules) = (self.files, self.rules.len());
        write!(f, "files read: {files}, rules in them: {rules}, directories that they name: {named}")
    }
}

/// Puts together what the files hold, what was there before and is gone, and what is removed by name.
///
/// # Errors
/// Rules of several directories, two of one name, or nothing at all to plan.
pub fn asked(files: &Found, base: &Found, directory: Option<&str>, remove: Vec<String>) -> anyhow::Result<Asked> {
    let (now, before) = (files.rules_of(directory), base.rules_of(directory));
    let directories: BTreeSet<&str> = now.iter().chain(&before).map(|rule| directory_of(rule)).collect();
    if directories.len() > 1 {
        let names: Vec<&str> = directories.into_iter().collect();
        bail!("the files have rules of the directories {}: choose one with --directory", names.join(", "));
    }
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for rule in now {
        let name = name_of(rule);
        if !names.insert(name) {
            bail!("two manifests are called {name:?}: rename or remove one");
        }
        let spec = serde_json::from_value(serde_json::to_value(&rule.spec)?)?;
        rules.push(PlannedRule { name: name.to_owned(), spec });
    }
    let before: BTreeSet<&str> = before.into_iter().map(name_of).collect();
    let by_name: BTreeSet<&str> = remove.iter().map(String::as_str).collect();
    let gone = before.into_iter().filter(|name| !names.contains(name) && !by_name.contains(name));
    let gone: Vec<String> = gone.map(str::to_owned).collect();
    let mut remove = remove;
    remove.extend(gone.iter().cloned());
    if rules.is_empty() && remove.is_empty() {
        let of = directory.map(|name| format!(" of the directory {name:?}")).unwrap_or_default();
        bail!("there is no rule{of} to plan and none that goes ({files}): check --filename and --directory");
    }
    Ok(Asked { request: PlanRequest { rules, remove }, gone })
}

fn directory_of(rule: &UserManagementRule) -> &str {
    &rule.spec.directory_ref.name
}

fn name_of(rule: &UserManagementRule) -> &str {
    rule.metadata.name.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, directory: &str) -> String {
        format!(
            "---\napiVersion: scim-operator.dev/v1alpha1\nkind: UserManagementRule\nmetadata: {{ name: {name} }}\n\
             spec:\n  directoryRef: {{ name: {directory} }}\n  idpGroup: {{ displayName: HR }}\n  role: Designer\n"
        )
    }

    fn test() -> String {
        "---\napiVersion: scim-operator.dev/v1alpha1\nkind: RuleTest\nmetadata: { name: claim }\n\
         spec: { given: {}, expect: { tenants: [] } }\n"
            .to_owned()
    }

    fn found(documents: &[String]) -> Found {
        Found::read(&[("rules.yaml".to_owned(), documents.concat())]).unwrap()
    }

    fn planned(files: &[String], base: &[String], directory: Option<&str>, remove: &[&str]) -> Asked {
        let remove = remove.iter().map(|&name| name.to_owned()).collect();
        asked(&found(files), &found(base), directory, remove).unwrap()
    }

    fn refused(files: &Found, base: &Found, directory: Option<&str>) -> String {
        asked(files, base, directory, Vec::new()).unwrap_err().to_string()
    }

    #[test]
    fn rules_of_one_directory_are_planned_each_once() {
        let both = [rule("a", "corp"), rule("b", "lab")];
        assert!(refused(&found(&both), &Found::default(), None).contains("corp, lab"));
        let request = planned(&both, &[], Some("lab"), &[]).request;
        assert_eq!(request.rules.len(), 1);
        assert_eq!((request.rules[0].name.as_str(), request.rules[0].spec.role.as_str()), ("b", "Designer"));
        let twice = found(&[rule("a", "corp"), rule("a", "corp")]);
        assert!(refused(&twice, &Found::default(), None).contains("two manifests"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let wrong = [("rules.yaml".to_owned(), rule("a", "corp").replace("role", "rolle"))];
        let said = Found::read(&wrong).unwrap_err().to_string();
        assert!(said.starts_with("rules.yaml: line ") && said.contains("rolle"), "{said}");
    }

    #[test]
    fn c001_a_rule_of_the_base_that_the_files_have_not_goes_whatever_its_file_was_called() {
        let base = [rule("kept", "corp"), rule("renamed", "corp"), rule("gone", "corp")];
        let files = [rule("kept", "corp"), rule("new-name", "corp")];
        let planned = planned(&files, &base, None, &["by-hand"]);
        assert_eq!(planned.request.remove, ["by-hand", "gone", "renamed"]);
        assert_eq!(planned.gone, ["gone", "renamed"]);
        let names: Vec<&str> = planned.request.rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["kept", "new-name"]);
    }

    #[test]
    fn c001_a_rule_that_is_named_and_gone_from_the_base_goes_once() {
        let planned = planned(&[rule("kept", "corp")], &[rule("gone", "corp")], None, &["gone"]);
        assert_eq!(planned.request.remove, ["gone"]);
        assert_eq!(planned.gone, Vec::<String>::new());
    }

    #[test]
    fn c001_only_rules_of_the_directory_go_and_one_that_moved_to_another_does() {
        let base = [rule("moved", "corp"), rule("other", "lab")];
        let files = [rule("moved", "lab"), rule("kept", "corp")];
        assert_eq!(planned(&files, &base, Some("corp"), &[]).request.remove, ["moved"]);
        assert_eq!(planned(&files, &base, Some("lab"), &[]).request.remove, ["other"]);
        let said = refused(&found(&[rule("kept", "corp")]), &found(&base), None);
        assert!(said.contains("corp, lab: choose one with --directory"), "{said}");
    }

    #[test]
    fn c001_when_every_rule_is_gone_all_of_the_base_go() {
        let planned = planned(&[], &[rule("a", "corp"), rule("b", "corp")], Some("corp"), &[]);
        assert_eq!((planned.request.rules.len(), planned.request.remove.len()), (0, 2));
    }

    #[test]
    fn c001_nothing_to_plan_is_refused_with_what_was_found() {
        let files = found(&[rule("a", "corp"), rule("b", "lab")]);
        assert_eq!(
            refused(&files, &Found::default(), Some("crop")),
            "there is no rule of the directory \"crop\" to plan and none that goes (files read: 1, rules in them: 2, \
             directories that they name: corp, lab): check --filename and --directory"
        );
        for nothing in [Found::default(), found(&[test()])] {
            let said = refused(&nothing, &Found::default(), None);
            assert!(said.starts_with("there is no rule to plan and none that goes (files read: "), "{said}");
            assert!(said.contains("rules in them: 0, directories that they name: none"), "{said}");
        }
    }
}
