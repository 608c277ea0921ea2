//! The rules compiled for many evaluations: looked up by group instead of tried one after the other.
//!
//! Answers exactly what [`super::evaluate`] answers (the tests hold the two together) at a cost that depends on the
//! rules that match, not on the rules there are: a run over a directory and every message go through here.

use super::view::Source;
use super::{GroupFacts, GroupSelector, Ladder, Rule, TenantAccess, fold};
use std::collections::{BTreeSet, HashMap};

/// Positions in a sorted list of distinct names: comparing two positions compares the names.
type Place = u32;

/// Rules and ladder, indexed by what a rule may name a group by. Immutable; made anew when either changes.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: Vec<Compiled>,
    tenants: Vec<String>,
    application_groups: Vec<String>,
    by_display_name: Index,
    by_external_id: Index,
    by_id: Index,
}

/// An enabled rule; the rules of a set are sorted by name.
#[derive(Debug, Clone)]
struct Compiled {
    name: String,
    role: String,
    /// Height of the role: a greater number is a higher role, equal numbers are the same role.
    height: Place,
    tenants: Vec<Place>,
    application_groups: Vec<Place>,
}

/// What names a group → the rules on it. Only looked up, never walked: its order is not defined.
type Index = HashMap<String, Vec<Place>>;

impl RuleSet {
    /// Compiles the enabled rules against the ladder. Disabled rules leave no trace (B088).
    pub fn compile(rules: &[Rule], ladder: &Ladder) -> Self {
        let mut enabled: Vec<&Rule> = rules.iter().filter(|rule| rule.enabled).collect();
        enabled.sort_by(|a, b| a.name.cmp(&b.name));
        let tenants = sorted(enabled.iter().flat_map(|rule| &rule.tenants));
        let application_groups = sorted(enabled.iter().flat_map(|rule| &rule.application_groups));
        let mut roles: Vec<&str> = enabled.iter().map(|rule| rule.role.as_str()).collect();
        roles.sort_by(|a, b| ladder.compare(a, b));
        roles.dedup();
        let mut set = Self { tenants, application_groups, ..Self::default() };
        for rule in enabled {
            let at = place(set.rules.len());
            set.index_of(&rule.group).push(at);
            set.rules.push(Compiled {
                name: rule.name.clone(),
                role: rule.role.clone(),
                height: place(roles.partition_point(|role| ladder.compare(role, &rule.role).is_lt())),
                tenants: places(&set.tenants, &rule.tenants),
                application_groups: places(&set.application_groups, &rule.application_groups),
            });
        }
        set
    }

    /// The grants of a user who is in exactly these groups; see [`super::evaluate`].
    pub fn evaluate(&self, groups: &[GroupFacts]) -> Vec<TenantAccess> {
        let mut pairs: Vec<(Place, Place)> = Vec::with_capacity(32);
        for group in groups {
            self.matching(group, &mut pairs);
        }
        pairs.sort_unstable();
        pairs.chunk_by(|a, b| a.0 == b.0).filter_map(|same_tenant| self.access(same_tenant)).collect()
    }

    /// Adds (tenant, rule) for every rule that names the group.
    fn matching(&self, group: &GroupFacts, pairs: &mut Vec<(Place, Place)>) {
        let by_name = self.by_display_name.get(&fold(&group.display_name));
        let by_external_id = group.external_id.as_ref().and_then(|id| self.by_external_id.get(id));
        let by_id = self.by_id.get(&group.id);
        for &at in [by_name, by_external_id, by_id].into_iter().flatten().flatten() {
            if let Some(rule) = self.rules.get(at as usize) {
                pairs.extend(rule.tenants.iter().map(|&tenant| (tenant, at)));
            }
        }
    }

    /// One tenant's access from its (tenant, rule) pairs, which are sorted; a pair may come more than once.
    fn access(&self, pairs: &[(Place, Place)]) -> Option<TenantAccess> {
        let tenant = self.tenants.get(pairs.first()?.0 as usize)?;
        let mut role: Option<&Compiled> = None;
        let mut groups: Vec<Place> = Vec::with_capacity(2 * pairs.len());
        let mut names: Vec<String> = Vec::with_capacity(pairs.len());
        for rule in pairs.iter().filter_map(|&(_, at)| self.rules.get(at as usize)) {
            role = role.filter(|highest| highest.height >= rule.height).or(Some(rule));
            groups.extend(&rule.application_groups);
            if names.last() != Some(&rule.name) {
                names.push(rule.name.clone());
            }
        }
        groups.sort_unstable();
        groups.dedup();
        let mut application_groups = Vec::with_capacity(groups.len());
        application_groups.extend(groups.iter().filter_map(|&at| self.application_groups.get(at as usize).cloned()));
        let role = role?.role.clone();
        Some(TenantAccess { tenant: tenant.clone(), role, application_groups, rules: names, source: Source::Rules })
    }

    fn index_of(&mut self, group: &GroupSelector) -> &mut Vec<Place> {
        match group {
            GroupSelector::DisplayName(name) => self.by_display_name.entry(fold(name)),
            GroupSelector::ExternalId(id) => self.by_external_id.entry(id.clone()),
            GroupSelector::Id(id) => self.by_id.entry(id.clone()),
        }
        .or_default()
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn places(all: &[String], some: &[String]) -> Vec<Place> {
    some.iter().filter_map(|name| all.binary_search(name).ok()).map(place).collect()
}

/// A set never holds 2³² of anything: the API bounds rules, tenants and groups by the thousand.
fn place(index: usize) -> Place {
    Place::try_from(index).unwrap_or(Place::MAX)
}
