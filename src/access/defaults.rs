//! The five default rules as data (B072–B078, reading 9). Making them into resources is the `manifests` room's part.

use super::{GroupSelector, Rule};

/// One default rule: members of a group of a fixed name get one role in the directory's home tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultRule {
    /// What follows the directory's name and a dash in the rule's name.
    pub suffix: &'static str,
    /// The identity provider group, exactly as the product documents spell it (B034).
    pub group: &'static str,
    /// One of the five default roles.
    pub role: &'static str,
}

/// The default rules, lowest role first.
pub const DEFAULT_RULES: [DefaultRule; 5] = [
    DefaultRule { suffix: "participants", group: "Nintex Participants", role: "Participant" },
    DefaultRule { suffix: "designers", group: "Nintex Designers", role: "Designer" },
    DefaultRule { suffix: "developers", group: "Nintex Developers", role: "Developer" },
    DefaultRule { suffix: "automation-admins", group: "Nintex Automation Admins", role: "Automation Admin" },
    DefaultRule { suffix: "administrators", group: "Nintex Administrators", role: "Global Admin" },
];

impl DefaultRule {
    /// The rule's name in the directory called `directory`: `corp-participants`.
    pub fn name(&self, directory: &str) -> String {
        format!("{directory}-{}", self.suffix)
    }

    /// The rule as the evaluation sees it, in the directory's home tenant (B078).
    pub fn rule(&self, directory: &str, tenant: &str) -> Rule {
        Rule {
            name: self.name(directory),
            group: GroupSelector::DisplayName(self.group.to_owned()),
            role: self.role.to_owned(),
            tenants: vec![tenant.to_owned()],
            application_groups: Vec::new(),
            enabled: true,
        }
    }
}
