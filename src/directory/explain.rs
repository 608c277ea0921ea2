//! Why somebody has a role in a tenant, or has not: gathers what is known (C002, B090–B093). The answer itself is
//! [`crate::access::explain`].
//!
//! A directory may have a thousand rules, and one question is about few of them. Looked at closely, their groups and
//! what made the person's part in them what it is, are only the rules that would give what is asked for, those of the
//! grant that is held, and changes that wait and are about the person; never more than [`CLOSE_MAX`], the nearest
//! first: the answer has few reasons, and the first one decides.

use super::group_change::gone_key;
use super::kept::{Heading, SealedHead};
use super::{Directory, Error};
use crate::access::{
    self, AccessView, Explanation, GroupFacts, GroupSelector, Knowledge, Made, Question, Rule, RuleKnowledge, fold,
};
use crate::config::Enforced;
use crate::store::{Causes, GroupId, GroupSelect, InForce, Page, Start, UserId};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Rules that are looked at closely for one answer.
const CLOSE_MAX: usize = 50;
/// Groups asked for at once: each takes a connection, and there are few.
const ASKED_AT_ONCE: usize = 4;

impl Directory {
    /// `GET /access/v1/users/{id or userName}/explain`: also of somebody who is not known.
    pub async fn explain(&self, who: &str, question: &Question) -> Result<Explanation, Error> {
        let config = self.serving()?.in_force;
        let roles = &config.enforced.roles;
        let Some(person) = self.person(who).await? else {
            let known = Knowledge { person: None, status: None, pending: false, rules: Vec::new(), roles };
            return Ok(access::explain(question, &known));
        };
        let groups = match person.user {
            Some(id) => self.inner.store.user(id).await?.map(|(_, groups)| groups).unwrap_or_default(),
            None => Vec::new(),
        };
        let mut close = close(&config, question, &person.view, &groups);
        self.find_groups(&mut close).await?;
        let causes = match person.user {
            Some(id) => self.causes(id, &close).await?,
            None => Causes::default(),
        };
        let status = causes.status.filter(|_| !(person.view.active && person.view.account_enabled));
        let mut records: BTreeSet<Uuid> = status.into_iter().collect();
        records.extend(close.iter().flat_map(|rule| [rule.part(&causes), rule.gone(&causes)]).flatten());
        let made = self.made(records).await?;
        let of = |id: Option<Uuid>| id.and_then(|id| made.get(&id).cloned());
        let rules = close.iter().map(|rule| RuleKnowledge {
            rule: rule.rule,
            waiting: rule.waiting,
            in_force: rule.in_force,
            group: rule.group.clone(),
            gone: of(rule.gone(&causes)),
            is_member: rule.is_member,
            made: of(rule.part(&causes)),
        });
        let (rules, view) = (rules.collect(), Some(&person.view));
        let known = Knowledge { person: view, status: of(status), pending: person.pending, rules, roles };
        Ok(access::explain(question, &known))
    }

    /// The groups of those rules that the person is in no group of.
    async fn find_groups(&self, close: &mut [Close<'_>]) -> Result<(), Error> {
        let wanted: BTreeSet<GroupSelector> =
            close.iter().filter(|rule| !rule.is_member).map(|rule| rule.rule.group.clone()).collect();
        let asked = wanted.into_iter().map(async |selector| {
            let group = self.named(&selector).await?;
            Ok::<_, Error>((selector, group))
        });
        let found: BTreeMap<GroupSelector, Option<GroupFacts>> =
            stream::iter(asked).buffer_unordered(ASKED_AT_ONCE).try_collect().await?;
        for rule in close.iter_mut().filter(|rule| !rule.is_member) {
            rule.group = found.get(&rule.rule.group).cloned().flatten();
        }
        Ok(())
    }

    /// The group a rule names now.
    async fn named(&self, selector: &GroupSelector) -> Result<Option<GroupFacts>, Error> {
        let select = match selector {
            GroupSelector::DisplayName(name) => GroupSelect::Name(fold(name)),
            GroupSelector::ExternalId(id) => GroupSelect::ExternalId(id.clone()),
            GroupSelector::Id(id) => GroupId::parse(id).map_or(GroupSelect::Nothing, GroupSelect::Id),
        };
        let page = Page { start: Start::Offset(0), limit: 1, count_all: false };
        let found = self.inner.store.groups(select, page, false, None).await?;
        // An id that is written otherwise names no group, as the evaluation sees it.
        Ok(found.rows.first().map(|(row, _)| row.facts()).filter(|group| selector.selects(group)))
    }

    async fn causes(&self, user: UserId, close: &[Close<'_>]) -> Result<Causes, Error> {
        let groups: BTreeSet<GroupId> = close.iter().filter_map(Close::group_id).collect();
        let names: BTreeSet<String> = close.iter().filter_map(Close::missing).collect();
        Ok(self.inner.store.causes(user, groups.into_iter().collect(), names.into_iter().collect()).await?)
    }

    /// Which message each of these records is about. Of a record that was cut off its id still tells the time.
    async fn made(&self, ids: BTreeSet<Uuid>) -> Result<HashMap<Uuid, Made>, Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let by_id = ids.iter().filter_map(|id| Some((*id, Made { time: time_of(*id)?, request: None })));
        let mut made: HashMap<Uuid, Made> = by_id.collect();
        for (id, body) in self.inner.store.records_by_id(ids.into_iter().collect()).await? {
            if let Ok(SealedHead::<Heading> { head }) = serde_json::from_str(&body) {
                made.insert(id, Made { time: head.said.time, request: head.said.request() });
            }
        }
        Ok(made)
    }
}

/// A rule that is looked at closely.
struct Close<'a> {
    rule: &'a Rule,
    waiting: bool,
    in_force: bool,
    group: Option<GroupFacts>,
    is_member: bool,
}

impl Close<'_> {
    fn group_id(&self) -> Option<GroupId> {
        self.group.as_ref().and_then(|group| GroupId::parse(&group.id))
    }

    /// As what is kept how the group went, when there is none.
    fn missing(&self) -> Option<String> {
        self.group.is_none().then(|| gone_key(&self.rule.group))
    }

    /// By which the person came into the group, or left it.
    fn part(&self, causes: &Causes) -> Option<Uuid> {
        let parts = if self.is_member { &causes.joined } else { &causes.left };
        parts.get(&self.group_id()?).copied()
    }

    /// By which the group went.
    fn gone(&self, causes: &Causes) -> Option<Uuid> {
        causes.gone.get(&self.missing()?).copied()
    }
}

/// The rules to look at closely, and the groups of those whose group the person is in.
fn close<'a>(config: &'a InForce, question: &Question, view: &AccessView, groups: &[GroupFacts]) -> Vec<Close<'a>> {
    let Enforced { rules, .. } = &config.enforced;
    let waiting: BTreeSet<String> = config.waiting().rules.into_iter().collect();
    let published = config.document.iter().flat_map(|document| &document.rules).map(|entry| &entry.rule);
    let published = published.filter(|rule| waiting.contains(&rule.name));
    let mine = Mine::of(groups);
    let held = view.stored_grants.iter().filter(|grant| grant.tenant == question.tenant);
    let givers: BTreeSet<&String> = held.flat_map(|grant| &grant.rules).collect();
    let mut close: Vec<Close<'a>> = rules
        .iter()
        .map(|rule| (rule, true))
        .chain(published.map(|rule| (rule, false)))
        .filter_map(|(rule, in_force)| {
            let group = mine.group(&rule.group);
            let offers =
                rule.tenants.contains(&question.tenant) && question.role.as_ref().is_none_or(|role| *role == rule.role);
            let waiting = waiting.contains(&rule.name);
            let matters = offers || givers.contains(&rule.name) || (waiting && group.is_some());
            matters.then(|| Close { rule, waiting, in_force, is_member: group.is_some(), group: group.cloned() })
        })
        .collect();
    close.sort_by_key(|rule| (!givers.contains(&rule.rule.name), !rule.is_member, !rule.rule.enabled));
    close.truncate(CLOSE_MAX);
    close
}

/// The groups somebody is in, by what a rule may name them by.
struct Mine<'a> {
    names: HashMap<String, &'a GroupFacts>,
    external_ids: HashMap<&'a str, &'a GroupFacts>,
    ids: HashMap<&'a str, &'a GroupFacts>,
}

impl<'a> Mine<'a> {
    fn of(groups: &'a [GroupFacts]) -> Self {
        Self {
            names: groups.iter().map(|group| (fold(&group.display_name), group)).collect(),
            external_ids: groups.iter().filter_map(|group| Some((group.external_id.as_deref()?, group))).collect(),
            ids: groups.iter().map(|group| (group.id.as_str(), group)).collect(),
        }
    }

    fn group(&self, selector: &GroupSelector) -> Option<&'a GroupFacts> {
        match selector {
            GroupSelector::DisplayName(name) => self.names.get(&fold(name)),
            GroupSelector::ExternalId(id) => self.external_ids.get(id.as_str()),
            GroupSelector::Id(id) => self.ids.get(id.as_str()),
        }
        .copied()
    }
}

/// When a UUIDv7 was made: its first 48 bits are the milliseconds since 1970.
fn time_of(id: Uuid) -> Option<Timestamp> {
    let milliseconds = i64::try_from(id.as_u128() >> 80).ok()?;
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Source, TenantAccess};

    fn rule(name: &str, role: &str, tenant: &str) -> Rule {
        Rule {
            name: name.to_owned(),
            group: GroupSelector::DisplayName(format!("Group {name}")),
            role: role.to_owned(),
            tenants: vec![tenant.to_owned()],
            application_groups: Vec::new(),
            enabled: true,
        }
    }

    fn view(grants: Vec<TenantAccess>) -> AccessView {
        AccessView {
            id: String::new(),
            user_name: "ada".to_owned(),
            active: true,
            account_enabled: true,
            managed: true,
            organization_admin: false,
            tenants: grants.clone(),
            stored_grants: grants,
            last_evaluated: None,
            email: None,
        }
    }

    fn names(question: (&str, Option<&str>), rules: &[Rule], view: &AccessView, groups: &[GroupFacts]) -> Vec<String> {
        let question = Question { tenant: question.0.to_owned(), role: question.1.map(str::to_owned) };
        let config = InForce::new(1, String::new(), 0, crate::directory::tests::document(rules));
        close(&config, &question, view, groups).iter().map(|close| close.rule.name.clone()).collect()
    }

    #[test]
    fn of_a_thousand_rules_the_nearest_fifty_are_looked_at() {
        let mut rules: Vec<Rule> = (0..1_000).map(|n| rule(&format!("r{n:04}"), "Designer", "main")).collect();
        rules[998].enabled = false;
        let group = GroupFacts { id: "g".to_owned(), display_name: "GROUP r0999".to_owned(), external_id: None };
        let found = names(("main", None), &rules, &view(Vec::new()), &[group]);
        assert_eq!((found.len(), found[0].as_str(), found[1].as_str()), (CLOSE_MAX, "r0999", "r0000"));
    }

    #[test]
    fn rules_of_other_tenants_and_roles_are_passed_over_but_for_those_of_the_grant() {
        let rules = [rule("a", "Designer", "main"), rule("b", "Designer", "hr"), rule("c", "Global Admin", "main")];
        let grant = TenantAccess {
            tenant: "main".to_owned(),
            role: "Global Admin".to_owned(),
            application_groups: Vec::new(),
            rules: vec!["c".to_owned()],
            source: Source::Rules,
        };
        assert_eq!(names(("main", Some("Designer")), &rules, &view(Vec::new()), &[]), ["a"]);
        assert_eq!(names(("main", Some("Designer")), &rules, &view(vec![grant]), &[]), ["c", "a"]);
        assert_eq!(names(("hr", None), &rules, &view(Vec::new()), &[]), ["b"]);
    }

    #[test]
    fn the_id_of_a_record_tells_when_it_was_made() {
        let id: Uuid = "0198c6a7-3c00-7abc-8def-0123456789ab".parse().unwrap();
        assert_eq!(time_of(id).unwrap().as_millisecond(), 0x0198_c6a7_3c00);
    }
}
