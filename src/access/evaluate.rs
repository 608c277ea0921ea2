//! The evaluation: rules × groups → grants, written to be read (B014–B017, B045–B047).
//!
//! [`super::RuleSet`] answers the same from an index; this function is what it is held against.

use super::view::Source;
use super::{GroupSelector, Ladder, Rule, TenantAccess, fold};
use std::collections::{BTreeMap, BTreeSet};

/// What the evaluation knows of a group that a user is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFacts {
    /// This endpoint's id of the group.
    pub id: String,
    /// The group's current name.
    pub display_name: String,
    /// The provider's id, where it sent one.
    pub external_id: Option<String>,
}

impl GroupSelector {
    /// Whether the selector names this group (reading 10).
    pub fn selects(&self, group: &GroupFacts) -> bool {
        match self {
            Self::DisplayName(name) => fold(name) == fold(&group.display_name),
            Self::ExternalId(id) => group.external_id.as_deref() == Some(id),
            Self::Id(id) => *id == group.id,
        }
    }
}

/// The grants of a user who is in exactly these groups: one entry per tenant, sorted by tenant.
/// Neither the order of `rules` nor of `groups` matters.
pub fn evaluate(rules: &[Rule], ladder: &Ladder, groups: &[GroupFacts]) -> Vec<TenantAccess> {
    struct Cell<'a> {
        role: &'a str,
        application_groups: BTreeSet<&'a str>,
        rules: BTreeSet<&'a str>,
    }
    let mut cells: BTreeMap<&str, Cell<'_>> = BTreeMap::new();
    for rule in rules.iter().filter(|r| r.enabled && groups.iter().any(|g| r.group.selects(g))) {
        for tenant in &rule.tenants {
            let cell = cells.entry(tenant).or_insert_with(|| Cell {
                role: &rule.role,
                application_groups: BTreeSet::new(),
                rules: BTreeSet::new(),
            });
            cell.role = ladder.higher(cell.role, &rule.role);
            cell.application_groups.extend(rule.application_groups.iter().map(String::as_str));
            cell.rules.insert(&rule.name);
        }
    }
    cells
        .into_iter()
        .map(|(tenant, cell)| TenantAccess {
            tenant: tenant.to_owned(),
            role: cell.role.to_owned(),
            application_groups: cell.application_groups.into_iter().map(str::to_owned).collect(),
            rules: cell.rules.into_iter().map(str::to_owned).collect(),
            source: Source::Rules,
        })
        .collect()
}
