//! The words of each reason: what is so, and what to do about it.

use super::{Question, RuleKnowledge};
use crate::access::{AccessView, GroupFacts, GroupSelector, Ladder, Source, TenantAccess};

/// Nobody was provisioned.
pub const NOBODY: &str = "nobody with this userName or id has been provisioned: assign the person to the application \
                          at the identity provider, and provision them";

/// The account may not be used.
pub fn inactive(person: &AccessView) -> String {
    let who = &person.user_name;
    if person.active {
        return format!("the account of {who} may not be used here: let the identity provider send the person again");
    }
    let gave = if person.account_enabled { ", and a sign-in gave no more than it gives to everybody" } else { "" };
    format!(
        "the identity provider says that {who} is inactive{gave}: activate the person there, or assign them to the \
         application again"
    )
}

/// An evaluation is queued.
pub fn pending(person: &AccessView) -> String {
    format!("the rules have not been applied to {} yet: ask again in a moment", person.user_name)
}

/// A rule gives it; `back` = it only comes back with the account.
pub fn granted(rule: &RuleKnowledge<'_>, grant: &TenantAccess, back: bool) -> String {
    let tail = match (rule.rule.enabled && rule.is_member, back) {
        (false, _) => "; the rule would not give it any more: the next rule sync takes it",
        (true, true) => ": it comes back with the account",
        (true, false) => "",
    };
    format!("the rule {:?} gives {:?} in {:?} to {}{tail}", rule.rule.name, grant.role, grant.tenant, members(rule))
}

/// No rule gave it.
pub fn granted_otherwise(grant: &TenantAccess, back: bool) -> String {
    let tail = if back { ": it comes back with the account" } else { "" };
    format!("{} {:?} in {:?}, and no rule has ended that{tail}", giver(grant), grant.role, grant.tenant)
}

/// A rule gave it whose content, now, would not.
pub fn past(name: &str, grant: &TenantAccess) -> String {
    format!(
        "{:?} in {:?} was given with the rule {name:?} as it was then: run a rule sync to apply the rules as they are",
        grant.role, grant.tenant
    )
}

/// A rule gives a higher role.
pub fn outranked(rule: &RuleKnowledge<'_>, held: &TenantAccess, role: &str) -> String {
    format!(
        "the rule {:?} gives {:?} in {:?} to {}, and that is higher than {role:?}: the highest role counts",
        rule.rule.name,
        held.role,
        held.tenant,
        members(rule)
    )
}

/// Something else gives a higher role.
pub fn outranked_otherwise(held: &TenantAccess, role: &str) -> String {
    format!(
        "{} {:?} in {:?}, and that is higher than {role:?}: end that grant first",
        giver(held),
        held.role,
        held.tenant
    )
}

/// The rule matches, and what is held does not show it.
pub fn not_synced(rule: &RuleKnowledge<'_>, person: &AccessView) -> String {
    let name = &rule.rule.name;
    format!(
        "the rule {name:?} matches {} and has not been applied to the person as it is: run a rule sync of it",
        person.user_name
    )
}

/// The rule's change is not in force.
pub fn waiting(rule: &RuleKnowledge<'_>) -> String {
    format!(
        "the rule {:?} was changed, or is new, and that is not in force yet: if it is held, confirm it with a RuleSync \
         that has allowRevocations",
        rule.rule.name
    )
}

/// The rule is disabled.
pub fn disabled(rule: &RuleKnowledge<'_>) -> String {
    format!("the rule {:?} is disabled: set spec.enabled to true", rule.rule.name)
}

/// The person is not in the group.
pub fn not_a_member(rule: &RuleKnowledge<'_>, group: &GroupFacts, person: &AccessView) -> String {
    format!(
        "the rule {:?} is about the members of {:?}, and {} is none: add the person to the group at the identity \
         provider, and provision the group again",
        rule.rule.name, group.display_name, person.user_name
    )
}

/// There is no such group.
pub fn not_provisioned(rule: &RuleKnowledge<'_>) -> String {
    format!(
        "the rule {:?} is about {}, and that group has not been seen in this directory: assign it to the application \
         at the identity provider, and provision it with its members",
        rule.rule.name,
        group(rule)
    )
}

/// No rule would give it.
pub fn no_rule(question: &Question, roles: &Ladder) -> String {
    let Question { tenant, role } = question;
    match role {
        None => format!("no rule gives anything in {tenant:?}: ask for another tenant, or add a rule"),
        Some(role) if roles.rank(role).is_none() => {
            let roles: Vec<String> = roles.roles().iter().map(|role| format!("{role:?}")).collect();
            format!("{role:?} is not a role of this directory: ask for one of {}", roles.join(", "))
        }
        Some(role) => format!("no rule gives {role:?} in {tenant:?}: ask for another role or tenant, or add a rule"),
    }
}

/// The group of a rule with its members.
fn members(rule: &RuleKnowledge<'_>) -> String {
    match &rule.group {
        Some(group) => format!("the members of {:?}", group.display_name),
        None => format!("the members of {}", group(rule)),
    }
}

/// How the rule names its group.
fn group(rule: &RuleKnowledge<'_>) -> String {
    match &rule.rule.group {
        GroupSelector::DisplayName(name) => format!("the group {name:?}"),
        GroupSelector::ExternalId(id) => format!("the group with the externalId {id:?}"),
        GroupSelector::Id(id) => format!("the group with the id {id:?}"),
    }
}

/// Who gave it, where it was no rule.
fn giver(grant: &TenantAccess) -> &'static str {
    match grant.source {
        Source::Onboarding => "the first sign-in gave",
        Source::Manual | Source::Rules => "an administrator gave by hand",
    }
}
