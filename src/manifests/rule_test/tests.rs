//! What tests of rules claim, and how they fail.

use super::{RuleTestReport, run_rule_tests};
use crate::manifests::read;

const HEAD: &str = "apiVersion: scim-operator.dev/v1alpha1\n";

fn document(kind: &str, name: &str, spec: &str) -> String {
    format!("---\n{HEAD}kind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
}

fn directory(name: &str, more: &str) -> String {
    document("ScimDirectory", name, &format!("displayName: D, tenant: main, sso: {{none: {{}}}}{more}"))
}

fn rule_of(directory: &str, name: &str, spec: &str) -> String {
    document("UserManagementRule", name, &format!("directoryRef: {{name: {directory}}}, {spec}"))
}

fn rule(name: &str, spec: &str) -> String {
    rule_of("corp", name, spec)
}

fn claim(given: &str, tenants: &str) -> String {
    document("RuleTest", "claim", &format!("given: {{{given}}}, expect: {{tenants: [{tenants}]}}"))
}

fn run(documents: &[String]) -> RuleTestReport {
    run_rule_tests(&[("rules.yaml".to_owned(), documents.concat())])
}

/// The failures of the only test there is.
fn failures(documents: &[String]) -> Vec<String> {
    let report = run(documents);
    assert_eq!(report.problems, []);
    let [result] = report.results.as_slice() else { panic!("one test: {report:?}") };
    assert_eq!((result.file.as_str(), result.name.as_str()), ("rules.yaml", "claim"));
    result.failures.clone()
}

fn problems(documents: &[String]) -> Vec<String> {
    let report = run(documents);
    assert_eq!(report.results, [], "nothing is tested");
    report.problems.iter().map(|(file, problem)| format!("{file}: {problem}")).collect()
}

fn hr_designers() -> String {
    rule(
        "hr-designers",
        "idpGroup: {displayName: HR-Designers}, role: Designer, tenants: [hr], applicationGroups: [x, y]",
    )
}

#[test]
fn c001_a_test_holds_without_any_directory_or_endpoint() {
    let expected = "{tenant: hr, role: Designer, applicationGroups: [y, x], rules: [hr-designers]}";
    assert_eq!(failures(&[hr_designers(), claim("groups: [hr-designers]", expected)]), Vec::<String>::new());
    let in_main = rule("staff", "idpGroup: {displayName: Staff}, role: Participant");
    let documents = [in_main, claim("groups: [Staff]", "{tenant: main, role: Participant}")];
    assert_eq!(failures(&documents), Vec::<String>::new(), "a rule without tenants gives access in main");
    assert_eq!(failures(&[claim("", "")]), Vec::<String>::new(), "nobody gets anything from no rules");
}

#[test]
fn c001_a_person_is_in_groups_by_name_externalid_or_id() {
    let rules = [
        rule("a", "idpGroup: {externalId: E}, role: Designer, tenants: [a]"),
        rule("b", "idpGroup: {id: I}, role: Designer, tenants: [b]"),
        rule("c", "idpGroup: {displayName: N}, role: Designer, tenants: [c]"),
    ]
    .concat();
    let all = "{tenant: a, role: Designer}, {tenant: b, role: Designer}, {tenant: c, role: Designer}";
    for groups in ["{externalId: E}, {id: I}, N", "{externalId: E, id: I, displayName: n}"] {
        assert_eq!(failures(&[rules.clone(), claim(&format!("groups: [{groups}]"), all)]), Vec::<String>::new());
    }
    let wrong = claim("groups: [E, I, {externalId: I}, {id: E}, {externalId: N}]", "");
    assert_eq!(failures(&[rules, wrong]), Vec::<String>::new());
}

#[test]
fn c001_an_inactive_person_has_no_access() {
    let inactive = "groups: [HR-Designers], active: false";
    assert_eq!(failures(&[hr_designers(), claim(inactive, "")]), Vec::<String>::new());
    let failed = failures(&[hr_designers(), claim(inactive, "{tenant: hr, role: Designer}")]);
    assert_eq!(failed.len(), 1);
    assert!(failed[0].starts_with("hr: expected \"Designer\", is no access: UserInactive: "), "{failed:?}");
}

#[test]
fn c002_a_failure_says_what_was_expected_what_is_and_why() {
    let higher = rule("hr-developers", "idpGroup: {displayName: HR-Developers}, role: Developer, tenants: [hr]");
    let both = claim("groups: [HR-Designers, HR-Developers]", "{tenant: hr, role: Designer}");
    assert_eq!(
        failures(&[hr_designers(), higher, both]),
        ["hr: expected \"Designer\", is \"Developer\": OutrankedBy: the rule \"hr-developers\" gives \
             \"Developer\" in \"hr\" to the members of \"HR-Developers\", and that is higher than \"Designer\": \
             the highest role counts"]
    );
    let why = |spec: &str, groups: &str| {
        let documents = [rule("r", spec), claim(&format!("groups: [{groups}]"), "{tenant: hr, role: Designer}")];
        failures(&documents).pop().expect("it fails")
    };
    let off = why("idpGroup: {displayName: HR}, role: Designer, tenants: [hr], enabled: false", "HR");
    assert!(off.contains(": RuleDisabled: "), "{off}");
    let outside = why("idpGroup: {externalId: \"7\"}, role: Designer, tenants: [hr]", "HR");
    assert!(outside.contains(": NotAMember: the rule \"r\" is about the members of \"externalId 7\""), "{outside}");
    let by_id = why("idpGroup: {id: \"7\"}, role: Designer, tenants: [hr]", "");
    assert!(by_id.contains("members of \"id 7\", and this person is none"), "{by_id}");
    let unknown = why("idpGroup: {externalId: \"7\"}, role: Developer, tenants: [hr]", "{externalId: \"7\"}");
    assert!(
        unknown.contains("is \"Developer\": OutrankedBy: ") && unknown.contains("of \"externalId 7\""),
        "{unknown}"
    );
    let elsewhere = why("idpGroup: {displayName: HR}, role: Designer, tenants: [lab]", "");
    assert!(
        elsewhere
            .ends_with("NoRule: no rule gives \"Designer\" in \"hr\": ask for another role or tenant, or add a rule")
    );
}

#[test]
fn c001_access_that_is_not_expected_and_lists_that_differ_are_failures() {
    let expected = "{tenant: hr, role: Designer, applicationGroups: [x], rules: []}";
    assert_eq!(
        failures(&[hr_designers(), claim("groups: [HR-Designers]", expected)]),
        [
            "hr: expected the application groups [\"x\"], is [\"x\", \"y\"]",
            "hr: expected the rules [], is [\"hr-designers\"]",
        ]
    );
    assert_eq!(
        failures(&[hr_designers(), claim("groups: [HR-Designers]", "")]),
        ["hr: expected no access, is \"Designer\" by \"hr-designers\""]
    );
}

#[test]
fn b072_with_the_directory_its_roles_its_tenant_and_its_default_rules_count() {
    let named = directory("corp", "").replace("tenant: main", "tenant: home");
    let default = claim("groups: [Nintex Designers]", "{tenant: home, role: Designer, rules: [corp-designers]}");
    assert_eq!(failures(&[named, default]), Vec::<String>::new());
    let own = rule("corp-designers", "idpGroup: {displayName: Mine}, role: Designer");
    let replaced = claim("groups: [Nintex Designers]", "");
    assert_eq!(
        failures(&[directory("corp", ""), own, replaced]),
        Vec::<String>::new(),
        "a file replaces a default rule"
    );
    let roles = directory("corp", ", roles: [Low, High], defaultRules: {enabled: false}");
    let rules =
        [rule("a", "idpGroup: {displayName: A}, role: High"), rule("b", "idpGroup: {displayName: A}, role: Low")];
    let highest = claim("groups: [A]", "{tenant: main, role: High, rules: [a, b]}");
    assert_eq!(failures(&[roles, rules.concat(), highest]), Vec::<String>::new());
}

#[test]
fn a_test_of_one_of_several_directories_names_it() {
    let spec = "idpGroup: {displayName: Staff}, role: Designer";
    let rules = [rule_of("corp", "a", spec), rule_of("lab", "b", spec)].concat();
    let of = |directory: &str| {
        let given = "given: {groups: [Staff]}, expect: {tenants: [{tenant: main, role: Designer, rules: [b]}]}";
        document("RuleTest", "claim", &format!("{directory}{given}"))
    };
    let both = directory("corp", "") + &directory("lab", "");
    for documents in [[rules.clone(), String::new()], [rules, both]] {
        assert_eq!(failures(&[documents.concat(), of("directory: lab, ")]), Vec::<String>::new());
        assert_eq!(failures(&[documents.concat(), of("directory: corp, ")]).len(), 1);
        let said = problems(&[documents.concat(), of("")]);
        assert!(said.len() == 1 && said[0].ends_with("write one of \"corp\", \"lab\""), "{said:?}");
        let said = problems(&[documents.concat(), of("directory: sales, ")]);
        assert!(said.len() == 1 && said[0].contains("spec.directory: \"sales\": there is no such"), "{said:?}");
    }
    let said = problems(&[of("directory: sales, ")]);
    assert!(said.len() == 1 && said[0].contains("leave it out"), "{said:?}");
    let twice = [directory("corp", ""), directory("corp", ""), claim("", "")];
    assert!(problems(&twice)[0].contains("metadata.name: \"corp\": there is such a directory already"));
}

#[test]
fn namespaces_do_not_keep_a_rule_from_its_directory() {
    let rule = hr_designers().replace("{name: hr-designers}", "{name: hr-designers, namespace: access}");
    let documents = [directory("corp", ""), rule, claim("groups: [HR-Designers]", "{tenant: hr, role: Designer}")];
    assert_eq!(failures(&documents), Vec::<String>::new());
}

#[test]
fn c008_what_is_wrong_with_a_test_is_named_by_line_and_field() {
    let text = "\
apiVersion: scim-operator.dev/v1alpha1
kind: RuleTest
metadata:
  name: claim
  owner: me
spec:
  given:
    groups:
    - A
    - {}
    - 7
    - {name: B}
    actve: true
  expect:
    tenants:
    - {tenant: hr, role: Designer, grups: []}
    - tenant: hr
  more: 1
extra: 2
";
    let report = run_rule_tests(&[("t.yaml".to_owned(), text.to_owned())]);
    let mut found: Vec<String> = report.problems.iter().map(|(_, problem)| problem.to_string()).collect();
    found.sort_by_key(|text| text.split(':').next().and_then(|line| line.strip_prefix("line ")?.parse::<u32>().ok()));
    let expected = [
        "line 5: metadata.owner: there is no such field",
        "line 10: spec.given.groups[1]: write at least 1 fields",
        "line 11: spec.given.groups[2]: 7: write text",
        "line 12: spec.given.groups[3].name: there is no such field: the fields here are displayName, externalId, id",
        "line 13: spec.given.actve: there is no such field: the fields here are groups, active",
        "line 16: spec.expect.tenants[0].grups: there is no such field",
        "line 17: spec.expect.tenants[1].role: the field is required",
        "line 17: spec.expect.tenants[1].tenant: \"hr\": write each tenant once",
        "line 18: spec.more: there is no such field: the fields here are directory, given, expect",
        "line 19: extra: there is no such field",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn c008_rules_that_are_not_accepted_are_problems_and_nothing_is_tested() {
    let wizard = rule("a", "idpGroup: {displayName: A}, role: Wizard");
    let said = problems(&[wizard.clone(), claim("", "")]);
    assert!(
        said.len() == 1 && said[0].starts_with("rules.yaml: line 5: spec.role: \"Wizard\" is not a role"),
        "{said:?}"
    );
    let said = problems(&[wizard.clone(), claim("", ""), claim("", "")]);
    assert_eq!(said.len(), 1, "said once");
    let twice = [hr_designers(), hr_designers(), claim("", "")];
    assert_eq!(problems(&twice).len(), 2, "each of two rules of one name");
    let typo = [hr_designers().replace("role:", "rolle:"), claim("", "")];
    assert!(problems(&typo).iter().any(|said| said.contains("spec.rolle: there is no such field")));
    assert!(problems(&["spec: [".to_owned()]).len() == 1, "a text that is no YAML");
    let schema = ", provisioning: {resourceTypes: [{name: Car, endpoint: /Cars, schema: 'urn:x:y'}]}";
    let said = problems(&[directory("corp", schema), claim("", "")]);
    assert!(said.len() == 1 && said[0].contains("line 5: spec.provisioning.resourceTypes[0]"), "{said:?}");
    assert_eq!(run(&[wizard]), RuleTestReport::default(), "no test asks for it");
}

#[test]
fn tests_and_manifests_may_stand_in_different_files_and_results_come_in_their_order() {
    let test = |name: &str| claim("groups: [HR-Designers]", "{tenant: hr, role: Designer}").replace("claim", name);
    let files = [("b.yaml", test("one")), ("a.yaml", test("two") + &test("three")), ("rules.yaml", hr_designers())];
    let report = run_rule_tests(&files.map(|(name, text)| (name.to_owned(), text)));
    let said: Vec<_> = report.results.iter().map(|r| (r.file.as_str(), r.name.as_str(), r.failures.len())).collect();
    assert_eq!(said, [("b.yaml", "one", 0), ("a.yaml", "two", 0), ("a.yaml", "three", 0)]);
}

#[test]
fn who_reads_manifests_passes_over_tests_of_rules() {
    let text = [hr_designers(), claim("nonsense: 1", "")].concat();
    assert_eq!(read(&text).expect("it is accepted").len(), 1);
    let other = claim("", "").replace("v1alpha1", "v9");
    let problems = read(&other).expect_err("that kind is of this version only");
    assert!(problems[0].to_string().contains("apiVersion"), "{problems:?}");
}
