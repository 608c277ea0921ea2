//! Judgements over small folders: what counts, what is refused and where, and that nobody loses anything by a mistake.

use super::{Judgement, Past, Sheet, judge};
use crate::config::{Document, Scope, SyncPolicy};
use crate::manifests;
use crate::standalone::keys::{Keys, Wanted};
use jiff::{SignedDuration, Timestamp};

const DIRECTORY: &str = "
apiVersion: scim-operator.dev/v1alpha1
kind: ScimDirectory
metadata: { name: corp }
spec:
  displayName: Staff
  tenant: main
  sso: { none: {} }
";

fn rule(name: &str, role: &str) -> String {
    format!(
        "
apiVersion: scim-operator.dev/v1alpha1
kind: UserManagementRule
metadata: {{ name: {name} }}
spec:
  directoryRef: {{ name: corp }}
  idpGroup: {{ displayName: HR-Designers }}
  role: {role}
"
    )
}

fn token(name: &str, holder: &str) -> String {
    format!(
        "
apiVersion: scim-operator.dev/v1alpha1
kind: ScimAccessToken
metadata: {{ name: {name} }}
spec: {{ directoryRef: {{ name: corp }}, description: a token, scope: Access, issuedTo: {holder} }}
"
    )
}

/// A folder over time: what its files say, what was accepted, what is in force.
struct World {
    files: Vec<(&'static str, String, bool)>,
    accepted: Vec<(&'static str, String)>,
    document: Option<Document>,
    data: tempfile::TempDir,
    now: Timestamp,
}

impl World {
    fn new(files: &[(&'static str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut world =
            Self { files: Vec::new(), accepted: Vec::new(), document: None, data, now: Timestamp::UNIX_EPOCH };
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    fn write(&mut self, name: &'static str, text: &str) {
        self.files.retain(|(known, ..)| *known != name);
        self.files.push((name, text.to_owned(), false));
    }

    fn leaves(&mut self, name: &str) {
        self.files.iter_mut().filter(|(known, ..)| *known == name).for_each(|file| file.2 = true);
    }

    fn remove(&mut self, name: &str) {
        self.files.retain(|(known, ..)| *known != name);
    }

    fn judge(&self) -> Judgement {
        let accepted = |name: &str| self.accepted.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
        let sheet = |(name, text, missing): &(&'static str, String, bool)| Sheet {
            name: (*name).to_owned(),
            current: manifests::read(text),
            accepted: accepted(name).map(|text| manifests::read(text).unwrap()),
            missing: *missing,
        };
        let sheets: Vec<Sheet> = self.files.iter().map(sheet).collect();
        let keys = Keys::open(self.data.path()).unwrap();
        let document = self.document.as_ref();
        judge(&sheets, &Past { document, keys: &keys, now: self.now, origin: "http://127.0.0.1:1" })
    }

    /// Judges and puts in force; what was refused, as logged.
    fn settle(&mut self) -> Vec<String> {
        self.now += SignedDuration::from_secs(1);
        let Judgement { refused, outcome } = self.judge();
        if let Some(outcome) = outcome {
            self.document = Some(outcome.document);
            Keys::open(self.data.path()).unwrap().keep(outcome.tokens, self.now).unwrap();
            let kept = |(name, text, _): &(&'static str, String, bool)| match refused.contains_key(*name) {
                false => Some((*name, text.clone())),
                true => self.accepted.iter().find(|(known, _)| known == name).cloned(),
            };
            self.accepted = self.files.iter().filter_map(kept).collect();
        }
        let lines = |(file, problems): (&String, &Vec<manifests::Problem>)| {
            problems.iter().map(|problem| format!("{file}: {problem}")).collect::<Vec<_>>()
        };
        refused.iter().flat_map(lines).collect()
    }

    /// The rules in force: name and role.
    fn rules(&self) -> Vec<(&str, &str)> {
        let rules = self.document.iter().flat_map(|d| &d.rules);
        rules.map(|e| (e.rule.name.as_str(), e.rule.role.as_str())).filter(|(n, _)| !n.starts_with("corp-")).collect()
    }

    fn tokens(&self) -> Vec<String> {
        let Some(outcome) = self.judge().outcome else { return Vec::new() };
        outcome.tokens.into_iter().map(|token| token.name).collect()
    }
}

#[test]
fn c008_a_directory_whose_definitions_make_no_sense_counts_as_it_was_and_the_line_is_named() {
    let at = |endpoint: &str| {
        let attributes = "schemas: [{id: 'urn:x:badge', attributes: [{name: number}]}]";
        let badge = format!("- name: Badge\n        endpoint: {endpoint}\n        schema: urn:x:badge");
        format!("{DIRECTORY}  provisioning:\n    {attributes}\n    resourceTypes:\n      {badge}\n")
    };
    let mut world = World::new(&[("corp.yaml", at("/Badges").as_str())]);
    assert_eq!(world.settle(), Vec::<String>::new());
    world.write("corp.yaml", &at("/Users"));
    let place = "corp.yaml: line 13: spec.provisioning.resourceTypes[0].endpoint";
    let message = "\"/Users\" is taken by the protocol: write another path";
    assert_eq!(world.settle(), [format!("{place}: \"/Users\": {message}")]);
    let types = &world.document.as_ref().unwrap().profile.resource_types;
    assert_eq!(types[0].endpoint.as_deref(), Some("/Badges"));
}

#[test]
fn b072_a_directory_alone_has_its_default_rules_and_its_token() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY)]);
    assert_eq!(world.settle(), Vec::<String>::new());
    let document = world.document.as_ref().unwrap();
    let names: Vec<&str> = document.rules.iter().map(|entry| entry.rule.name.as_str()).collect();
    let expected =
        ["corp-administrators", "corp-automation-admins", "corp-designers", "corp-developers", "corp-participants"];
    assert_eq!(names, expected);
    assert_eq!(
        (document.sync_policy, document.profile.base_url.as_str()),
        (SyncPolicy::Automatic, "http://127.0.0.1:1/scim/v2")
    );
    assert_eq!((document.directory.namespace.as_str(), world.tokens()), ("default", vec!["corp".to_owned()]));
}

#[test]
fn b079_an_excluded_default_rule_goes_and_a_file_of_its_name_replaces_it() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY)]);
    world.settle();
    world.write("corp.yaml", &format!("{DIRECTORY}  defaultRules: {{ exclude: [participants] }}\n"));
    world.write("designers.yaml", &rule("corp-designers", "Developer"));
    assert_eq!(world.settle(), Vec::<String>::new());
    let rules = &world.document.as_ref().unwrap().rules;
    let role = |name: &str| rules.iter().find(|e| e.rule.name == name).map(|e| e.rule.role.as_str());
    assert_eq!((role("corp-participants"), role("corp-designers")), (None, Some("Developer")));
    world.remove("designers.yaml");
    world.settle();
    assert_eq!(world.document.as_ref().unwrap().rules.len(), 4);
}

#[test]
fn c008_a_typo_in_a_live_rule_changes_nothing_and_is_named() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("hr.yaml", &rule("hr", "Designer"))]);
    world.settle();
    let before = world.document.clone();
    for (text, said) in [
        (rule("hr", "Desinger"), "hr.yaml: line 8: spec.role: \"Desinger\": "),
        (rule("hr", "Designer").replace("role:", "rolle:"), "hr.yaml: line 8: spec.rolle: "),
        (rule("hr", "Designer").replace("spec:", "spec: ["), "hr.yaml: line "),
        (rule("hr", "Designer").replace("name: corp", "name: other"), "hr.yaml: line 6: spec.directoryRef"),
    ] {
        world.write("hr.yaml", &text);
        let refused = world.settle();
        assert!(refused.iter().any(|line| line.starts_with(said)), "{refused:?}");
        assert_eq!(world.document, before, "{text}");
    }
    world.write("hr.yaml", &rule("hr", "Developer"));
    assert_eq!((world.settle(), world.rules()), (vec![], vec![("hr", "Developer")]));
}

#[test]
fn c008_a_new_rule_that_is_wrong_is_not_there_and_the_others_are() {
    let mut world =
        World::new(&[("corp.yaml", DIRECTORY), ("a.yaml", &rule("a", "King")), ("b.yaml", &rule("b", "Designer"))]);
    let refused = world.settle();
    assert!(refused.len() == 1 && refused[0].starts_with("a.yaml: line 8: spec.role: \"King\": "), "{refused:?}");
    assert_eq!(world.rules(), [("b", "Designer")]);
}

#[test]
fn c008_a_wrong_rule_holds_what_is_in_force_even_when_the_accepted_text_is_lost() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("hr.yaml", &rule("hr", "Designer"))]);
    world.settle();
    world.accepted.clear();
    world.write("hr.yaml", &rule("hr", "King"));
    world.settle();
    assert_eq!(world.rules(), [("hr", "Designer")]);
    assert!(world.document.as_ref().unwrap().rules.iter().any(|entry| entry.rule.name == "hr" && entry.held));
}

#[test]
fn reading_25_a_role_in_use_stays_with_everything_else_of_that_file() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("hr.yaml", &rule("hr", "Designer"))]);
    world.settle();
    let before = world.document.clone();
    world.write("corp.yaml", &format!("{DIRECTORY}  roles: [Participant]\n  syncPolicy: Manual\n"));
    let refused = world.settle();
    assert!(refused.len() == 1 && refused[0].contains("spec.roles"), "{refused:?}");
    assert_eq!(world.document, before);
}

#[test]
fn a_rule_that_needs_a_refused_directory_is_refused_with_it() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY)]);
    world.settle();
    // The tenant may not change, so the new role does not come either.
    let other = DIRECTORY.replace(
        "tenant: main",
        "tenant: other\n  roles: [Participant, Designer, Developer, Automation Admin, Global Admin, King]",
    );
    world.write("corp.yaml", &other);
    world.write("a.yaml", &rule("a", "King"));
    let refused = world.settle();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert_eq!(world.rules(), []);
}

#[test]
fn no_directory_and_two_directories_decide_nothing() {
    assert!(World::new(&[("hr.yaml", &rule("hr", "Designer"))]).judge().outcome.is_none());
    let second = DIRECTORY.replace("name: corp", "name: other");
    let world = World::new(&[("a.yaml", DIRECTORY), ("b.yaml", &second)]);
    let Judgement { refused, outcome } = world.judge();
    assert_eq!((refused.len(), outcome.is_none()), (2, true));
}

#[test]
fn a_second_directory_leaves_the_first_alone_and_another_one_does_not_take_its_place() {
    let mut world = World::new(&[("a.yaml", DIRECTORY)]);
    world.settle();
    let before = world.document.clone();
    let second = DIRECTORY.replace("name: corp", "name: other");
    world.write("b.yaml", &second);
    assert!(world.settle()[0].contains("keep exactly one"));
    world.remove("a.yaml");
    assert!(world.settle()[0].contains("the data folder belongs to default/corp"));
    assert_eq!(world.document, before);
}

#[test]
fn a_directory_that_asks_for_a_database_is_refused_and_says_where_the_data_is() {
    let storage = "  endpoint:\n    storage: { postgres: { urlSecretRef: { name: db } } }\n";
    let mut world = World::new(&[("corp.yaml", &format!("{DIRECTORY}{storage}"))]);
    let refused = world.settle();
    let said = "corp.yaml: line 10: spec.endpoint.storage.postgres: standalone keeps its data in the folder";
    assert!(refused.len() == 1 && refused[0].starts_with(said), "{refused:?}");
    assert!(world.judge().outcome.is_none());
}

#[test]
fn b117_one_token_a_holder_and_the_older_one_wins() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("b.yaml", &token("b", "entra"))]);
    world.settle();
    world.write("a.yaml", &token("a", "entra"));
    world.write("own.yaml", &token("c", "directory"));
    world.write("same.yaml", &token("corp", "somebody"));
    let refused = world.settle();
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(refused[0].starts_with("a.yaml: line 5: spec.issuedTo: \"entra\": "), "{refused:?}");
    assert_eq!(world.tokens(), ["corp", "b"]);
    world.remove("b.yaml");
    world.settle();
    assert_eq!(world.tokens(), ["corp", "a"]);
}

#[test]
fn b125_an_expired_token_stands_in_nobodys_way() {
    let mut world =
        World::new(&[("corp.yaml", DIRECTORY), ("a.yaml", &token("a", "entra")), ("b.yaml", &token("b", "entra"))]);
    let own = Wanted { name: "a".to_owned(), scope: Scope::Access, validity: SignedDuration::ZERO, given: None };
    Keys::open(world.data.path()).unwrap().keep(vec![own], Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(world.settle(), Vec::<String>::new());
    assert_eq!(world.tokens(), ["corp", "a", "b"]);
}

#[test]
fn what_is_immutable_of_a_token_does_not_change() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("a.yaml", &token("a", "entra"))]);
    world.settle();
    world.write("a.yaml", &token("a", "entra").replace("scope: Access", "scope: Admin"));
    let refused = world.settle();
    assert!(refused[0].contains("spec.scope"), "{refused:?}");
}

#[test]
fn a_renamed_file_is_no_removal_and_no_second_object() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("hr.yaml", &rule("hr", "Designer"))]);
    world.settle();
    world.leaves("hr.yaml");
    world.write("people.yaml", &rule("hr", "Developer"));
    assert_eq!((world.settle(), world.rules()), (vec![], vec![("hr", "Developer")]));
}

#[test]
fn one_name_in_two_files_is_refused_where_it_is_new() {
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("z.yaml", &rule("hr", "Designer"))]);
    world.settle();
    world.write("a.yaml", &rule("hr", "Global Admin"));
    let refused = world.settle();
    assert!(refused.len() == 1 && refused[0].starts_with("a.yaml: ") && refused[0].contains("z.yaml"), "{refused:?}");
    assert_eq!(world.rules(), [("hr", "Designer")]);
}

#[test]
fn a_run_is_not_asked_for_by_a_file() {
    let text = "
apiVersion: scim-operator.dev/v1alpha1
kind: RuleSync
metadata: { name: all }
spec: { directoryRef: { name: corp }, scope: { all: {} } }
";
    let mut world = World::new(&[("corp.yaml", DIRECTORY), ("sync.yaml", text)]);
    let refused = world.settle();
    assert!(refused[0].starts_with("sync.yaml: line 3: kind: "), "{refused:?}");
}

#[test]
fn the_order_of_files_makes_no_difference() {
    let files =
        [("a.yaml", DIRECTORY.to_owned()), ("b.yaml", rule("x", "Designer")), ("c.yaml", rule("y", "Developer"))];
    let documents = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map(|order| {
        let mut world = World::new(&[]);
        order.into_iter().for_each(|i| world.write(files[i].0, &files[i].1));
        world.settle();
        world.document
    });
    assert!(documents.windows(2).all(|pair| pair[0] == pair[1]));
}
