//! What changed rules would do to people who are there, told before anything is written (C001).
//!
//! A plan is what publishing exactly these rules would come to once a confirmed run of those of them that differ from
//! what is in force has ended. Changes that wait or are held count as far as the request names their rules: a small
//! change is not judged by an older, large one.

use super::weigh::{Question, Whom, affected};
use super::{Directory, Error};
use crate::access::{GroupSelector, Ladder, Rule};
use crate::config::{Document, Enforced, Plan, PlanRequest, PlannedRule, RuleEntry};
use std::collections::{BTreeMap, BTreeSet};

/// People listed by one plan.
const USERS_MAX: usize = 10_000;
/// The bounds of a rule, as its manifest has them.
const NAME_MAX: usize = 63;
const LIST_MAX: usize = 64;
const ROLE_MAX: usize = 64;
const TENANT_MAX: usize = 63;
const APPLICATION_GROUP_MAX: usize = 128;
const GROUP_MAX: usize = 256;
const GROUP_ID_MAX: usize = 64;

impl Directory {
    /// `POST /access/v1/plan`: these rules put over the live ones by name. Lists the first `count` of the people whose
    /// access would change, by id, at most 10,000. Writes nothing.
    pub async fn plan(&self, request: PlanRequest, count: u64) -> Result<Plan, Error> {
        let config = self.serving()?.in_force;
        let document = config.document.as_ref().ok_or(Error::NotConfigured)?;
        let named: BTreeSet<String> =
            request.rules.iter().map(|rule| &rule.name).chain(&request.remove).cloned().collect();
        let planned = planned(document, &config.enforced, request)?;
        let (candidate, changed) = outcome(&config.enforced, &planned, &named);
        let whom = Whom::Among(affected(&changed, &config.enforced, &candidate));
        let keep = usize::try_from(count).unwrap_or(USERS_MAX).min(USERS_MAX);
        let question = Question {
            candidate: &candidate,
            roles: &config.enforced.roles,
            tenant: &document.tenant,
            whom,
            keep,
            leased: false,
        };
        let weighed = self.weigh(question).await?;
        let reason = document.guard.exceeded(&weighed.losses).map(|excess| excess.to_string());
        Ok(Plan {
            result: weighed.result,
            users_losing: weighed.losses.people,
            would_be_held: reason.is_some(),
            reason,
            tenants: weighed.tenants,
            more: weighed.result.users_changed.saturating_sub(weighed.users.len() as u64),
            users: weighed.users,
        })
    }
}

/// What would be in force once the document was published and a confirmed run of these rules, as far as they differ,
/// had ended; and what differs, by name.
fn outcome(enforced: &Enforced, planned: &Document, named: &BTreeSet<String>) -> (Enforced, Vec<String>) {
    let differing = enforced.waiting(planned).rules.into_iter();
    let changed: Vec<String> = differing.filter(|rule| named.contains(rule)).collect();
    // Whether anybody holds something by hand makes no difference to the rules named, which are confirmed; another one
    // that waits for it goes on waiting.
    let published = enforced.after(planned, true);
    let confirmed = published.waiting(planned).covered_by(Some(&changed));
    (published.admitting(planned, &confirmed), changed)
}

/// The document with the rules of the request.
fn planned(document: &Document, enforced: &Enforced, request: PlanRequest) -> Result<Document, Error> {
    let PlanRequest { rules: asked, remove } = request;
    let mut named = BTreeSet::new();
    let mut rules: BTreeMap<String, RuleEntry> =
        document.rules.iter().map(|entry| (entry.rule.name.clone(), entry.clone())).collect();
    for planned in asked {
        if !named.insert(planned.name.clone()) {
            return Err(Error::BadPlan(format!("rule {:?} is there twice: write it once", planned.name)));
        }
        let rule = rule(planned, &document.roles, &document.tenant)?;
        rules.insert(rule.name.clone(), RuleEntry { rule, held: false });
    }
    for name in remove {
        if named.contains(&name) {
            return Err(Error::BadPlan(format!(
                "rule {name:?} is in `rules` and in `remove`: write it in one of them"
            )));
        }
        if rules.remove(&name).is_none() && !enforced.rules.iter().any(|rule| rule.name == name) {
            return Err(Error::BadPlan(format!(
                "`remove` names {name:?}, and the directory has no such rule: write its metadata.name as it is there"
            )));
        }
    }
    Ok(Document { rules: rules.into_values().collect(), ..document.clone() })
}

/// The content of a rule, judged as its manifest would be.
fn rule(planned: PlannedRule, roles: &Ladder, tenant: &str) -> Result<Rule, Error> {
    let PlannedRule { name, spec } = planned;
    let bad = |field: &str, message: String| Err(Error::BadPlan(format!("rule {name:?}: {field}: {message}")));
    if !is_name(&name) {
        let message = format!(
            "write at most {NAME_MAX} lower-case letters, digits and '-', starting and ending with a letter or digit"
        );
        return bad("name", message);
    }
    let (selector, text, max) = match &spec.idp_group {
        GroupSelector::DisplayName(text) => ("displayName", text, GROUP_MAX),
        GroupSelector::ExternalId(text) => ("externalId", text, GROUP_MAX),
        GroupSelector::Id(text) => ("id", text, GROUP_ID_MAX),
    };
    if text.is_empty() || text.chars().count() > max {
        return bad(&format!("spec.idpGroup.{selector}"), format!("write 1 to {max} characters"));
    }
    if roles.rank(&spec.role).is_none() || spec.role.chars().count() > ROLE_MAX {
        let known: Vec<String> = roles.roles().iter().map(|role| format!("{role:?}")).collect();
        let message = format!("{:?} is not a role of the directory: write one of {}", spec.role, known.join(", "));
        return bad("spec.role", message);
    }
    let tenants = spec.tenants.unwrap_or_default();
    if tenants.len() > LIST_MAX {
        return bad("spec.tenants", format!("write at most {LIST_MAX}"));
    }
    if let Some(at) = tenants.iter().position(|tenant| !is_tenant(tenant)) {
        let message = format!(
            "write 1 to {TENANT_MAX} letters, digits, '-', '.' and '_', starting and ending with a letter or digit"
        );
        return bad(&format!("spec.tenants[{at}]"), message);
    }
    if spec.application_groups.len() > LIST_MAX {
        return bad("spec.applicationGroups", format!("write at most {LIST_MAX}"));
    }
    if let Some(at) = spec.application_groups.iter().position(|group| !is_trimmed(group, APPLICATION_GROUP_MAX)) {
        let message = format!("write 1 to {APPLICATION_GROUP_MAX} characters without a blank at either end");
        return bad(&format!("spec.applicationGroups[{at}]"), message);
    }
    Ok(Rule {
        name,
        group: spec.idp_group,
        role: spec.role,
        tenants: if tenants.is_empty() { vec![tenant.to_owned()] } else { sorted(tenants) },
        application_groups: sorted(spec.application_groups),
        enabled: spec.enabled.unwrap_or(true),
    })
}

/// `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, of a bounded length.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= NAME_MAX && is_made_of(name, inner, "-")
}

/// `^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$`, of a bounded length.
fn is_tenant(tenant: &str) -> bool {
    tenant.len() <= TENANT_MAX && is_made_of(tenant, |c| c.is_ascii_alphanumeric(), "-._")
}

/// Whether a text is not empty, begins and ends with one of `ends`, and has nothing but those and `between`.
fn is_made_of(text: &str, ends: impl Fn(char) -> bool, between: &str) -> bool {
    text.starts_with(&ends) && text.ends_with(&ends) && text.chars().all(|c| ends(c) || between.contains(c))
}

/// `^\S(.*\S)?$`, of a bounded length.
fn is_trimmed(text: &str, max: usize) -> bool {
    !text.is_empty() && text.trim().len() == text.len() && text.chars().count() <= max && !text.contains('\n')
}

/// The lists of a rule are sets, as in its manifest.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}
