//! Who may come in once the identity provider has vouched for them, and with what (B006–B009, B049, B054, B085;
//! readings 3, 7, 8, 20, 24).

use super::{Source, TenantAccess};
use serde::{Deserialize, Serialize};

/// What becomes of people who sign in and hold nothing (`spec.autoOnboarding`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Onboarding {
    /// Whether they get a role in the home tenant.
    pub enabled: bool,
    /// Which; `None` = the lowest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether that is so for people whom the provider has disabled, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reenable_disabled: bool,
    /// New accounts a minute, on each replica.
    pub max_per_minute: u32,
}

impl Default for Onboarding {
    fn default() -> Self {
        Self { enabled: false, role: None, reenable_disabled: false, max_per_minute: 60 }
    }
}

/// Somebody who is known here and wants to come in.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// What the provider last said; of an account nobody says that it is inactive.
    pub active: bool,
    /// The role that an earlier sign-in gave in spite of that.
    pub reenabled: Option<&'a str>,
    /// Stored grants.
    pub grants: &'a [TenantAccess],
    /// Whether an evaluation is queued.
    pub pending: bool,
}

/// What a sign-in comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// With what is held already.
    Enter,
    /// With the onboarding role in the home tenant, held from now on; whoever is unknown gets an account.
    Onboard,
    /// With the onboarding role in the home tenant, in place of what is stored, until the provider next says whether
    /// the person is active.
    Reenable,
    /// Not at all.
    Refuse(Refusal),
}

/// Why somebody may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Nobody has provisioned the person, and nobody is onboarded here (B140).
    UserNotFound,
    /// The provider has disabled the person.
    UserInactive,
    /// Stored, but not evaluated yet: to be tried again in a moment.
    SyncPending,
    /// Known and active, but nothing gives access.
    NoAccess,
}

impl Onboarding {
    /// Decides; `None` = the person is unknown here.
    pub fn admit(&self, candidate: Option<Candidate<'_>>) -> Admission {
        let Some(Candidate { active, reenabled, grants, pending }) = candidate else {
            return if self.enabled { Admission::Onboard } else { Admission::Refuse(Refusal::UserNotFound) };
        };
        if !active {
            return match reenabled {
                _ if !(self.enabled && self.reenable_disabled) => Admission::Refuse(Refusal::UserInactive),
                Some(_) => Admission::Enter,
                None => Admission::Reenable,
            };
        }
        if !grants.is_empty() {
            Admission::Enter
        } else if self.enabled {
            Admission::Onboard
        } else if pending {
            Admission::Refuse(Refusal::SyncPending)
        } else {
            Admission::Refuse(Refusal::NoAccess)
        }
    }

    /// What onboarding gives in the home tenant, of these roles, lowest first.
    pub fn access(&self, tenant: &str, roles: &[String]) -> Option<TenantAccess> {
        let role = self.role.as_ref().filter(|role| roles.contains(role)).or_else(|| roles.first())?;
        Some(onboarded(tenant, role))
    }
}

/// The onboarding role in the home tenant.
pub fn onboarded(tenant: &str, role: &str) -> TenantAccess {
    TenantAccess {
        tenant: tenant.to_owned(),
        role: role.to_owned(),
        application_groups: Vec::new(),
        rules: Vec::new(),
        source: Source::Onboarding,
    }
}
