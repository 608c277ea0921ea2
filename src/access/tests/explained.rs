//! Why somebody has a role, or has not (C002): each reason as the one that decides.

use super::super::{
    AccessView, Code, Explanation, Knowledge, Ladder, Made, Question, Rule, RuleKnowledge, Source, TenantAccess,
    explain,
};
use super::{GroupSelector, access, group, rule, strings};
use jiff::Timestamp;

/// What an endpoint knows of one person, and what is asked.
pub struct Scene {
    pub rules: Vec<Rule>,
    pub ladder: Ladder,
    /// Groups that were provisioned, by name.
    pub groups: Vec<&'static str>,
    /// Those of them that the person is in.
    pub member_of: Vec<&'static str>,
    /// Rules whose change is not in force.
    pub waiting: Vec<&'static str>,
    /// Of those that wait, the ones whose content here is the published one.
    pub new: Vec<&'static str>,
    pub pending: bool,
    pub enabled: bool,
    /// What the person holds.
    pub grants: Vec<TenantAccess>,
}

impl Scene {
    /// A person in `member_of`, to whom these rules have been applied; the groups of all rules were provisioned.
    pub fn new(rules: &[Rule], member_of: &[&'static str]) -> Self {
        let ladder = Ladder::default();
        let facts: Vec<_> = member_of.iter().map(|name| group(name)).collect();
        Self {
            grants: access(rules, &ladder, &facts),
            rules: rules.to_vec(),
            ladder,
            groups: vec!["Staff", "Designers", "Developers", "Admins"],
            member_of: member_of.to_vec(),
            waiting: Vec::new(),
            new: Vec::new(),
            pending: false,
            enabled: true,
        }
    }

    pub fn view(&self) -> AccessView {
        AccessView {
            id: "1".to_owned(),
            user_name: "ada@example.com".to_owned(),
            active: self.enabled,
            account_enabled: self.enabled,
            managed: super::super::managed(&self.grants),
            organization_admin: false,
            tenants: if self.enabled { self.grants.clone() } else { Vec::new() },
            stored_grants: self.grants.clone(),
            last_evaluated: None,
            email: None,
        }
    }

    pub fn ask(&self, tenant: &str, role: Option<&str>) -> Explanation {
        let person = self.view();
        let known = Knowledge {
            person: Some(&person),
            status: Some(made("status", 1)),
            pending: self.pending,
            rules: self.rules.iter().map(|rule| self.known(rule)).collect(),
            roles: &self.ladder,
        };
        explain(&Question { tenant: tenant.to_owned(), role: role.map(str::to_owned) }, &known)
    }

    fn known<'a>(&self, rule: &'a Rule) -> RuleKnowledge<'a> {
        let there = self.groups.iter().find(|name| rule.group.selects(&group(name)));
        RuleKnowledge {
            rule,
            waiting: self.waiting.contains(&rule.name.as_str()),
            in_force: !self.new.contains(&rule.name.as_str()),
            group: there.map(|name| group(name)),
            gone: Some(made("gone", 2)),
            is_member: there.is_some_and(|name| self.member_of.contains(name)),
            made: Some(made("membership", 3)),
        }
    }
}

fn made(request: &str, second: i64) -> Made {
    Made { time: Timestamp::new(second, 0).expect("a time"), request: Some(request.to_owned()) }
}

fn codes(explanation: &Explanation) -> Vec<Code> {
    explanation.reasons.iter().map(|reason| reason.code).collect()
}

/// Code, rule, group and request of each reason, with a dash for what it does not name.
fn told(explanation: &Explanation) -> Vec<String> {
    let words = explanation.reasons.iter().map(|reason| {
        let [rule, group, request] =
            [&reason.rule, &reason.group, &reason.request].map(|word| word.as_deref().unwrap_or("-"));
        format!("{:?} {rule} {group} {request}", reason.code)
    });
    words.collect()
}

fn staff() -> Rule {
    rule("Staff", "Participant")
}

fn designers() -> Rule {
    rule("Designers", "Designer")
}

fn developers() -> Rule {
    rule("Developers", "Developer")
}

fn by_hand(role: &str) -> TenantAccess {
    TenantAccess {
        tenant: "home".to_owned(),
        role: role.to_owned(),
        application_groups: Vec::new(),
        rules: Vec::new(),
        source: Source::Manual,
    }
}

#[test]
fn c002_nobody_of_that_name_is_known() {
    let ladder = Ladder::default();
    let known = Knowledge { person: None, status: None, pending: true, rules: Vec::new(), roles: &ladder };
    let answer = explain(&Question { tenant: "home".to_owned(), role: None }, &known);
    assert_eq!((answer.granted, told(&answer)), (false, strings(&["UserNotFound - - -"])));
    assert!(answer.reasons.iter().all(|reason| reason.message.contains("provision")));
}

#[test]
fn c002_a_rule_that_gives_the_role_is_named_with_its_group_and_what_made_the_person_a_member() {
    let scene = Scene::new(&[staff(), designers()], &["Staff", "Designers"]);
    let granted = strings(&["Granted designers Designers membership"]);
    for role in [Some("Designer"), None] {
        let answer = scene.ask("home", role);
        assert_eq!((answer.granted, told(&answer)), (true, granted.clone()), "{role:?}");
        let time = answer.reasons.first().and_then(|reason| reason.time);
        assert_eq!(time, Some(made("", 3).time));
        let words = "the rule \"designers\" gives \"Designer\" in \"home\" to the members of \"Designers\"";
        assert_eq!(answer.reasons[0].message, words);
    }
}

#[test]
fn c002_every_rule_that_gives_the_role_is_named_and_what_no_longer_matches_comes_last() {
    let same = Rule { name: "a-second".to_owned(), ..rule("Admins", "Designer") };
    let mut scene = Scene::new(&[designers(), same, staff()], &["Designers", "Admins", "Staff"]);
    let rules = |scene: &Scene| -> Vec<Option<String>> {
        scene.ask("home", Some("Designer")).reasons.into_iter().map(|reason| reason.rule).collect()
    };
    assert_eq!(rules(&scene), [Some("a-second".to_owned()), Some("designers".to_owned())]);
    scene.member_of = vec!["Designers", "Staff"];
    assert_eq!(rules(&scene), [Some("designers".to_owned()), Some("a-second".to_owned())]);
    let last = scene.ask("home", None).reasons.pop().expect("a reason");
    assert!(last.message.contains("the next rule sync takes it"), "{}", last.message);
}

#[test]
fn c002_what_a_rule_gave_that_is_gone_or_has_another_content_is_granted_until_a_sync() {
    let mut scene = Scene::new(&[designers()], &["Designers"]);
    for rules in [vec![], vec![rule("Designers", "Developer")], vec![designers().tenants(&["hr"])]] {
        scene.rules = rules;
        let answer = scene.ask("home", Some("Designer"));
        assert_eq!((answer.granted, told(&answer)), (true, strings(&["Granted designers - -"])));
        assert!(answer.reasons.iter().all(|reason| reason.message.contains("run a rule sync")));
    }
}

#[test]
fn c002_what_was_given_by_hand_or_at_the_first_sign_in_is_granted_without_a_rule() {
    let mut scene = Scene::new(&[], &[]);
    for (source, words) in [(Source::Manual, "an administrator"), (Source::Onboarding, "the first sign-in")] {
        scene.grants = vec![TenantAccess { source, ..by_hand("Designer") }];
        let answer = scene.ask("home", Some("Designer"));
        assert_eq!((answer.granted, told(&answer)), (true, strings(&["Granted - - -"])));
        assert!(answer.reasons.iter().all(|reason| reason.message.starts_with(words)));
    }
}

#[test]
fn b090_c002_an_inactive_person_has_nothing_and_what_comes_back_is_said_behind() {
    let mut scene = Scene::new(&[designers()], &["Designers"]);
    scene.enabled = false;
    let answer = scene.ask("home", Some("Designer"));
    let inactive = "UserInactive - - status";
    assert_eq!(told(&answer), [inactive, "Granted designers Designers membership"]);
    assert!(!answer.granted);
    let said: Vec<&str> = answer.reasons.iter().map(|reason| reason.message.as_str()).collect();
    assert!(said.iter().any(|message| message.contains("says that ada@example.com is inactive")), "{said:?}");
    assert!(said.iter().any(|message| message.ends_with("it comes back with the account")), "{said:?}");
    let answer = scene.ask("home", Some("Developer"));
    assert_eq!(told(&answer), [inactive, "NoRule - - -"]);
    scene.grants = vec![by_hand("Designer")];
    let said = scene.ask("home", None).reasons.pop().expect("a reason").message;
    assert!(said.ends_with("it comes back with the account"), "{said}");
}

#[test]
fn b090_an_account_that_is_not_enabled_though_the_provider_says_active_is_told_apart() {
    let scene = Scene::new(&[], &[]);
    let person = AccessView { account_enabled: false, ..scene.view() };
    let known =
        Knowledge { person: Some(&person), status: None, pending: false, rules: Vec::new(), roles: &scene.ladder };
    let answer = explain(&Question { tenant: "home".to_owned(), role: None }, &known);
    assert_eq!(codes(&answer), [Code::UserInactive, Code::NoRule]);
    assert!(answer.reasons.iter().all(|reason| !reason.message.contains("is inactive")));
}

#[test]
fn b008_of_somebody_inactive_whom_a_sign_in_let_in_only_what_it_gave_is_granted() {
    let scene = Scene::new(&[designers()], &["Designers"]);
    let given = super::super::onboarded("home", "Participant");
    let person = AccessView { active: false, tenants: vec![given], ..scene.view() };
    let ask = |role: Option<&str>| {
        let known =
            Knowledge { person: Some(&person), status: None, pending: false, rules: Vec::new(), roles: &scene.ladder };
        explain(&Question { tenant: "home".to_owned(), role: role.map(str::to_owned) }, &known)
    };
    assert_eq!((ask(None).granted, codes(&ask(None))), (true, vec![Code::Granted]));
    assert_eq!(codes(&ask(Some("Participant"))), [Code::Granted]);
    let stored = ask(Some("Designer"));
    assert_eq!((stored.granted, codes(&stored)), (false, vec![Code::UserInactive, Code::Granted]));
    assert!(stored.reasons[0].message.contains("a sign-in gave no more"), "{:?}", stored.reasons);
    let neither = ask(Some("Developer"));
    assert_eq!((neither.granted, codes(&neither)), (false, vec![Code::UserInactive, Code::NoRule]));
}

#[test]
fn c002_effective_access_decides_whatever_else_is_stored() {
    let scene = Scene::new(&[], &[]);
    let ask = |person: &AccessView| {
        let known =
            Knowledge { person: Some(person), status: None, pending: false, rules: Vec::new(), roles: &scene.ladder };
        let answer = explain(&Question { tenant: "home".to_owned(), role: None }, &known);
        (answer.granted, codes(&answer))
    };
    let some = vec![by_hand("Designer")];
    let stored_only = AccessView { stored_grants: some.clone(), ..scene.view() };
    assert_eq!(ask(&stored_only), (false, vec![Code::NoRule]));
    let effective_only = AccessView { tenants: some, account_enabled: false, ..scene.view() };
    assert_eq!(ask(&effective_only), (true, vec![Code::Granted]));
}

#[test]
fn c002_a_queued_evaluation_decides_only_while_nothing_is_granted() {
    let mut scene = Scene::new(&[designers()], &["Designers"]);
    scene.pending = true;
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!((answer.granted, codes(&answer)), (true, vec![Code::Granted, Code::SyncPending]));
    assert!(answer.reasons[1].message.contains("not been applied to ada@example.com yet"), "{:?}", answer.reasons);
    scene.grants.clear();
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!((answer.granted, codes(&answer)), (false, vec![Code::SyncPending, Code::RuleNotSynced]));
    scene.enabled = false;
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(codes(&answer), [Code::UserInactive, Code::SyncPending, Code::RuleNotSynced]);
}

#[test]
fn c002_a_lower_role_is_outranked_by_the_rule_that_gives_the_higher_one() {
    let scene = Scene::new(&[staff(), designers(), developers()], &["Staff", "Developers"]);
    let answer = scene.ask("home", Some("Participant"));
    assert_eq!(told(&answer), ["OutrankedBy developers Developers membership"]);
    assert_eq!(
        answer.reasons[0].message,
        "the rule \"developers\" gives \"Developer\" in \"home\" to the members of \"Developers\", and that is higher \
         than \"Participant\": the highest role counts"
    );
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(codes(&answer), [Code::OutrankedBy, Code::NotAMember], "the rule for it would not be enough either");
    assert_eq!(codes(&scene.ask("home", Some("Global Admin"))), [Code::NoRule], "a lower role outranks nothing");
}

#[test]
fn c002_a_role_given_by_hand_outranks_and_names_no_rule() {
    let mut scene = Scene::new(&[staff()], &[]);
    scene.grants = vec![by_hand("Developer")];
    let answer = scene.ask("home", Some("Participant"));
    assert_eq!(told(&answer)[0], "OutrankedBy - - -");
    assert!(answer.reasons[0].message.contains("an administrator gave by hand \"Developer\""));
    scene.grants = Scene::new(&[developers()], &["Developers"]).grants;
    let answer = scene.ask("home", Some("Participant"));
    assert_eq!(told(&answer)[0], "OutrankedBy developers - -", "the rule that gave it is gone");
}

#[test]
fn b093_c002_a_rule_that_matches_and_was_not_applied_wants_a_sync() {
    let mut scene = Scene::new(&[designers()], &["Designers"]);
    scene.grants.clear();
    let not_synced = ["RuleNotSynced designers Designers membership"];
    assert_eq!(told(&scene.ask("home", Some("Designer"))), not_synced);
    scene.grants = Scene::new(&[rule("Designers", "Participant")], &["Designers"]).grants;
    assert_eq!(told(&scene.ask("home", Some("Designer"))), not_synced, "its role was a lower one when it was applied");
    scene.grants = Scene::new(&[staff()], &["Staff"]).grants;
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(told(&answer), not_synced, "another rule was applied, and this one was not");
    assert!(answer.reasons[0].message.ends_with("run a rule sync of it"));
}

#[test]
fn c002_a_change_that_is_not_in_force_is_told_where_it_could_matter() {
    let elsewhere = developers().tenants(&["hr"]);
    let mut scene = Scene::new(&[designers(), elsewhere, staff()], &["Developers"]);
    scene.waiting = vec!["developers"];
    let answer = scene.ask("home", Some("Developer"));
    assert_eq!(told(&answer), ["RuleNotSynced developers Developers -"], "its new tenants are not known");
    assert!(answer.reasons[0].message.contains("allowRevocations"));
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(codes(&answer), [Code::NotAMember, Code::RuleNotSynced], "what is known comes first");
    scene.waiting = vec!["designers", "staff"];
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(
        told(&answer),
        ["NotAMember designers Designers membership", "RuleNotSynced designers Designers -"],
        "the rule of others that gives something else does not matter"
    );
    scene.member_of = vec!["Designers"];
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(codes(&answer), [Code::RuleNotSynced], "told once");
}

#[test]
fn c002_what_was_published_and_waits_is_told_and_gives_nothing_yet() {
    let mut scene = Scene::new(&[designers()], &["Designers"]);
    scene.grants.clear();
    (scene.waiting, scene.new) = (vec!["designers"], vec!["designers"]);
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(told(&answer), ["RuleNotSynced designers Designers membership"]);
    assert!(answer.reasons[0].message.contains("or is new, and that is not in force yet"), "{:?}", answer.reasons);
}

#[test]
fn c002_changes_of_the_persons_groups_come_before_those_of_other_groups() {
    let two = [designers(), Rule { name: "a-rule".to_owned(), ..rule("Admins", "Designer") }];
    let mut scene = Scene::new(&two, &["Designers"]);
    scene.rules.push(rule("Staff", "Developer"));
    scene.waiting = vec!["a-rule", "designers"];
    let of = |answer: Explanation| -> Vec<(Code, Option<String>)> {
        answer.reasons.into_iter().map(|reason| (reason.code, reason.rule)).collect()
    };
    scene.rules[0].role = "Developer".to_owned();
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(
        of(scene.ask("home", Some("Global Admin"))),
        [(Code::RuleNotSynced, some("designers"))],
        "only the person's own groups matter where no rule offers it"
    );
    assert_eq!(of(scene.ask("home", None)).first().map(|(code, _)| *code), Some(Code::Granted), "what is held is held");
    scene.grants.clear();
    assert_eq!(
        of(scene.ask("home", Some("Designer"))),
        [
            (Code::NotAMember, some("a-rule")),
            (Code::RuleNotSynced, some("designers")),
            (Code::RuleNotSynced, some("a-rule")),
        ]
    );
    let waiting: Vec<_> = of(scene.ask("home", None));
    assert_eq!(
        waiting,
        [
            (Code::RuleNotSynced, some("designers")),
            (Code::NotAMember, some("a-rule")),
            (Code::NotAMember, some("staff")),
            (Code::RuleNotSynced, some("a-rule")),
        ]
    );
}

#[test]
fn b093_c002_a_disabled_rule_decides_and_not_being_a_member_follows() {
    let mut scene = Scene::new(&[designers().disabled()], &["Designers"]);
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(told(&answer), ["RuleDisabled designers Designers -"]);
    assert!(answer.reasons[0].message.contains("spec.enabled"));
    scene.member_of.clear();
    assert_eq!(codes(&scene.ask("home", None)), [Code::RuleDisabled, Code::NotAMember]);
    scene.groups.clear();
    assert_eq!(codes(&scene.ask("home", None)), [Code::RuleDisabled, Code::GroupNotProvisioned]);
}

#[test]
fn b093_c002_who_is_not_in_the_group_is_told_since_when() {
    let answer = Scene::new(&[designers()], &["Staff"]).ask("home", Some("Designer"));
    assert_eq!(told(&answer), ["NotAMember designers Designers membership"]);
    assert!(answer.reasons[0].message.contains("ada@example.com is none: add the person"));
}

#[test]
fn b092_c002_a_group_that_was_never_sent_is_named_as_the_rule_names_it() {
    let mut scene = Scene::new(&[rule("Ghosts", "Designer")], &[]);
    let answer = scene.ask("home", Some("Designer"));
    assert_eq!(told(&answer), ["GroupNotProvisioned ghosts Ghosts gone"]);
    let said = &answer.reasons[0].message;
    assert!(said.contains("the group \"Ghosts\"") && said.contains("has not been seen in this directory"), "{said}");
    for (selector, id, words) in [
        (GroupSelector::ExternalId("7".to_owned()), "7", "the group with the externalId \"7\""),
        (GroupSelector::Id("8".to_owned()), "8", "the group with the id \"8\""),
    ] {
        scene.rules = vec![Rule { group: selector, ..rule("Ghosts", "Designer") }];
        let answer = scene.ask("home", None);
        assert_eq!(told(&answer), [format!("GroupNotProvisioned ghosts {id} gone")], "it has no name");
        assert!(answer.reasons[0].message.contains(words), "{:?}", answer.reasons);
    }
}

#[test]
fn c002_no_rule_gives_it() {
    let scene = Scene::new(&[designers()], &["Designers"]);
    let said = |tenant, role| {
        let answer = scene.ask(tenant, role);
        assert_eq!((answer.granted, codes(&answer)), (false, vec![Code::NoRule]));
        answer.reasons[0].message.clone()
    };
    assert!(said("hr", None).starts_with("no rule gives anything in \"hr\""));
    assert!(said("hr", Some("Designer")).starts_with("no rule gives \"Designer\" in \"hr\""));
    assert_eq!(
        said("home", Some("Overlord")),
        "\"Overlord\" is not a role of this directory: ask for one of \"Participant\", \"Designer\", \"Developer\", \
         \"Automation Admin\", \"Global Admin\""
    );
}

#[test]
fn b093_c002_of_several_rules_the_nearest_miss_comes_first() {
    let rules = [
        Rule { name: "z-not-in-force".to_owned(), ..rule("Staff", "Designer") }.disabled(),
        Rule { name: "y-of-a-ghost".to_owned(), ..rule("Ghosts", "Designer") },
        Rule { name: "x-of-others".to_owned(), ..rule("Developers", "Designer") },
        Rule { name: "w-of-others".to_owned(), ..rule("Admins", "Designer") },
        Rule { name: "a-far-away".to_owned(), ..rule("Ghosts", "Designer") }.disabled(),
    ];
    let answer = Scene::new(&rules, &["Staff"]).ask("home", Some("Designer"));
    let order: Vec<(Code, &str)> =
        answer.reasons.iter().map(|reason| (reason.code, reason.rule.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        order,
        [
            (Code::RuleDisabled, "z-not-in-force"),
            (Code::NotAMember, "w-of-others"),
            (Code::NotAMember, "x-of-others"),
            (Code::GroupNotProvisioned, "y-of-a-ghost"),
            (Code::RuleDisabled, "a-far-away"),
            (Code::GroupNotProvisioned, "a-far-away"),
        ]
    );
}

#[test]
fn c002_there_are_at_most_ten_reasons() {
    let rules: Vec<Rule> = (10..30).map(|n| Rule { name: format!("rule-{n}"), ..rule("Staff", "Designer") }).collect();
    assert_eq!(Scene::new(&rules, &[]).ask("home", None).reasons.len(), 10);
    let mut granted = Scene::new(&rules, &["Staff"]);
    granted.pending = true;
    let answer = granted.ask("home", None);
    assert_eq!((answer.reasons.len(), codes(&answer)[1]), (10, Code::SyncPending));
}

#[test]
fn an_answer_is_written_without_what_is_not_known() {
    let text = |scene: Scene| serde_json::to_string(&scene.ask("hr", None)).expect("JSON");
    let said = text(Scene::new(&[], &[]));
    assert!(said.starts_with(r#"{"granted":false,"reasons":[{"code":"NoRule","message":"no rule"#), "{said}");
    assert!(said.ends_with(r#"add a rule"}]}"#), "{said}");
    let said = text(Scene::new(&[designers().tenants(&["hr"])], &["Designers"]));
    assert!(said.ends_with(
        r#","rule":"designers","group":"Designers","request":"membership","time":"1970-01-01T00:00:03Z"}]}"#
    ));
}
