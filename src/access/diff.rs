//! What a new evaluation gives and takes against the one before; what runs, records and the guard count per user.

use super::{Ladder, TenantAccess};

/// How one user's access moved. Several can be true at once: another tenant gained, a role lost in one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Diff {
    /// Gained a tenant, or an application group in one.
    pub granted: bool,
    /// Lost a tenant, or an application group in one.
    pub revoked: bool,
    /// The role rose in a tenant that is kept.
    pub promoted: bool,
    /// The role fell in a tenant that is kept (B047).
    pub demoted: bool,
}

impl Diff {
    /// Whether the access moved at all. Another rule that gives the same access is no change of access.
    pub fn changed(self) -> bool {
        let Self { granted, revoked, promoted, demoted } = self;
        granted || revoked || promoted || demoted
    }

    /// Whether something was taken: what the guard counts (reading 23).
    pub fn takes_access(self) -> bool {
        self.revoked || self.demoted
    }
}

/// Compares two sets of grants of one user, each with at most one entry per tenant, in any order.
/// Roles are compared on `ladder`, the one now in force: a role that left it ranks below every role on it.
pub fn diff(before: &[TenantAccess], after: &[TenantAccess], ladder: &Ladder) -> Diff {
    let mut out = Diff { granted: gains(before, after), revoked: gains(after, before), ..Diff::default() };
    for old in before {
        let Some(new) = in_tenant(after, &old.tenant) else { continue };
        if new.role == old.role {
            continue;
        }
        if ladder.higher(&old.role, &new.role) == new.role {
            out.promoted = true;
        } else {
            out.demoted = true;
        }
    }
    out
}

/// Whether `to` has a tenant or an application group that `from` has not.
fn gains(from: &[TenantAccess], to: &[TenantAccess]) -> bool {
    to.iter().any(|new| match in_tenant(from, &new.tenant) {
        None => true,
        Some(old) => new.application_groups.iter().any(|group| !old.application_groups.contains(group)),
    })
}

fn in_tenant<'a>(grants: &'a [TenantAccess], tenant: &str) -> Option<&'a TenantAccess> {
    grants.iter().find(|grant| grant.tenant == tenant)
}
