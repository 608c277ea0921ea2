//! The answer: which reasons there are, and which of them decides.
//!
//! Of several rules the one that misses the fewest things comes first, and of those that miss as many the one whose
//! first reason comes first in [`Code`].

use super::message;
use super::{Code, Explanation, Knowledge, Made, Question, Reason, RuleKnowledge};
use crate::access::{AccessView, GroupSelector, TenantAccess};
use std::collections::BTreeSet;

/// How many reasons an answer has at most.
const REASONS_MAX: usize = 10;

/// Answers the question from what is known. Never without a reason; the first is [`Code::Granted`] exactly when it is.
pub fn explain(question: &Question, known: &Knowledge<'_>) -> Explanation {
    let Some(person) = known.person else {
        return Explanation { granted: false, reasons: vec![Reason::new(Code::UserNotFound, message::NOBODY)] };
    };
    let case = Case { question, known, person };
    let granted = case.grant_among(&person.tenants).is_some_and(|grant| case.is_asked_for(grant));
    // Somebody inactive whom a sign-in let in may do no more than that sign-in gave: for the rest it decides still.
    let waits = !(granted || person.active && person.account_enabled);
    let mut reasons = Vec::new();
    if waits {
        let reason = Reason::new(Code::UserInactive, message::inactive(person));
        reasons.push(reason.made(known.status.as_ref()));
    }
    // What comes back with the account is explained as if it were back.
    let held = if waits { &person.stored_grants } else { &person.tenants };
    let pending = known.pending.then(|| Reason::new(Code::SyncPending, message::pending(person)));
    match case.grant_among(held).filter(|grant| case.is_asked_for(grant)) {
        Some(grant) => {
            let mut given = case.given(grant, waits).into_iter();
            reasons.extend(given.next());
            reasons.extend(pending);
            reasons.extend(given);
        }
        None => {
            reasons.extend(pending);
            reasons.extend(case.missed(case.grant_among(held)));
        }
    }
    reasons.truncate(REASONS_MAX);
    Explanation { granted, reasons }
}

/// A question about somebody who is there.
struct Case<'a> {
    question: &'a Question,
    known: &'a Knowledge<'a>,
    person: &'a AccessView,
}

impl<'a> Case<'a> {
    fn grant_among(&self, grants: &'a [TenantAccess]) -> Option<&'a TenantAccess> {
        grants.iter().find(|grant| grant.tenant == self.question.tenant)
    }

    fn is_asked_for(&self, grant: &TenantAccess) -> bool {
        self.question.role.as_ref().is_none_or(|role| *role == grant.role)
    }

    /// Whether the rule would give what is asked for.
    fn offers(&self, rule: &RuleKnowledge<'_>) -> bool {
        let content = rule.rule;
        content.tenants.contains(&self.question.tenant)
            && self.question.role.as_ref().is_none_or(|role| *role == content.role)
    }

    /// What gave this grant: each rule that gives its role; `back` = it only comes back with the account. Never empty.
    fn given(&self, grant: &TenantAccess, back: bool) -> Vec<Reason> {
        self.sources(grant, Code::Granted, |rule| match rule {
            Some(rule) => message::granted(rule, grant, back),
            None => message::granted_otherwise(grant, back),
        })
    }

    /// One reason for each rule that gives the grant its role; the rules that would still give it first. One reason
    /// without a rule when it was no rule that gave it; when none of the rules is as it was then, one for each.
    fn sources(
        &self,
        grant: &TenantAccess,
        code: Code,
        say: impl Fn(Option<&RuleKnowledge<'_>>) -> String,
    ) -> Vec<Reason> {
        if grant.rules.is_empty() {
            return vec![Reason::new(code, say(None))];
        }
        let gives = |rule: &&RuleKnowledge<'_>| {
            let content = rule.rule;
            rule.in_force
                && content.role == grant.role
                && content.tenants.contains(&grant.tenant)
                && grant.rules.contains(&content.name)
        };
        let mut rules: Vec<&RuleKnowledge<'_>> = self.known.rules.iter().filter(gives).collect();
        rules.sort_by_key(|rule| (!rule.matches(), &rule.rule.name));
        if rules.is_empty() {
            let past =
                |name: &String| Reason { rule: Some(name.clone()), ..Reason::new(code, message::past(name, grant)) };
            return grant.rules.iter().map(past).collect();
        }
        rules.iter().map(|rule| Reason::new(code, say(Some(rule))).of(rule).made(rule.made.as_ref())).collect()
    }

    /// Why what is asked for is not held, though this may be. Never empty.
    fn missed(&self, held: Option<&TenantAccess>) -> Vec<Reason> {
        let mut out = Vec::new();
        let role = self.question.role.as_deref();
        if let (Some(held), Some(role)) = (held, role)
            && self.known.roles.rank(role).is_some()
            && self.known.roles.compare(&held.role, role).is_gt()
        {
            out.extend(self.sources(held, Code::OutrankedBy, |rule| match rule {
                Some(rule) => message::outranked(rule, held, role),
                None => message::outranked_otherwise(held, role),
            }));
        }
        let offering = self.known.rules.iter().filter(|rule| self.offers(rule));
        let mut misses: Vec<(&RuleKnowledge<'_>, Vec<Reason>)> =
            offering.map(|rule| (rule, self.misses(rule, held))).filter(|(_, reasons)| !reasons.is_empty()).collect();
        misses
            .sort_by_key(|(rule, reasons)| (reasons.len(), reasons.first().map(|reason| reason.code), &rule.rule.name));
        let told: Vec<&str> = misses
            .iter()
            .filter(|(_, reasons)| reasons.iter().any(|reason| reason.code == Code::RuleNotSynced))
            .map(|(rule, _)| rule.rule.name.as_str())
            .collect();
        let waiting = self.waiting(&told);
        out.extend(misses.into_iter().flat_map(|(_, reasons)| reasons));
        out.extend(waiting);
        if out.is_empty() {
            out.push(Reason::new(Code::NoRule, message::no_rule(self.question, self.known.roles)));
        }
        out
    }

    /// What this rule misses to give what is asked for, in the order of [`Code`]; empty when it gives it already.
    fn misses(&self, rule: &RuleKnowledge<'_>, held: Option<&TenantAccess>) -> Vec<Reason> {
        let mut out = Vec::new();
        let mut miss = |code, message: String, made: Option<&Made>| {
            out.push(Reason::new(code, message).of(rule).made(made));
        };
        if rule.matches() && !self.is_applied(rule, held) {
            let message = if rule.in_force { message::not_synced(rule, self.person) } else { message::waiting(rule) };
            miss(Code::RuleNotSynced, message, rule.made.as_ref());
        }
        if !rule.rule.enabled {
            miss(Code::RuleDisabled, message::disabled(rule), None);
        }
        match &rule.group {
            None => miss(Code::GroupNotProvisioned, message::not_provisioned(rule), rule.gone.as_ref()),
            Some(group) if !rule.is_member => {
                miss(Code::NotAMember, message::not_a_member(rule, group, self.person), rule.made.as_ref());
            }
            Some(_) => {}
        }
        out
    }

    /// Whether the rule, as it is, went into what is held.
    fn is_applied(&self, rule: &RuleKnowledge<'_>, held: Option<&TenantAccess>) -> bool {
        held.is_some_and(|held| {
            held.rules.contains(&rule.rule.name) && self.known.roles.compare(&held.role, &rule.rule.role).is_ge()
        })
    }

    /// The changes of rules that are not in force and could matter here: those of the person's groups first.
    fn waiting(&self, told: &[&str]) -> Vec<Reason> {
        let matters = |rule: &&RuleKnowledge<'_>| {
            rule.waiting && (rule.matches() || self.offers(rule)) && !told.contains(&rule.rule.name.as_str())
        };
        let mut rules: Vec<&RuleKnowledge<'_>> = self.known.rules.iter().filter(matters).collect();
        rules.sort_by_key(|rule| (!rule.matches(), &rule.rule.name));
        let mut named = BTreeSet::new();
        rules.retain(|rule| named.insert(rule.rule.name.as_str()));
        rules.iter().map(|rule| Reason::new(Code::RuleNotSynced, message::waiting(rule)).of(rule)).collect()
    }
}

impl RuleKnowledge<'_> {
    /// Whether the rule matches the person.
    fn matches(&self) -> bool {
        self.rule.enabled && self.group.is_some() && self.is_member
    }
}

impl Reason {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), rule: None, group: None, request: None, time: None }
    }

    /// About this rule and its group; one that is not there is named as the rule names it.
    fn of(self, rule: &RuleKnowledge<'_>) -> Self {
        let group = match (&rule.group, &rule.rule.group) {
            (Some(group), _) => &group.display_name,
            (None, GroupSelector::DisplayName(text) | GroupSelector::ExternalId(text) | GroupSelector::Id(text)) => {
                text
            }
        };
        Self { rule: Some(rule.rule.name.clone()), group: Some(group.clone()), ..self }
    }

    /// Made so by this, where it is known.
    fn made(self, made: Option<&Made>) -> Self {
        match made {
            Some(Made { time, request }) => Self { time: Some(*time), request: request.clone(), ..self },
            None => self,
        }
    }
}
