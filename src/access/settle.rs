//! What a person holds once the rules were applied: reading 3 (B083, B084).

use super::{Source, TenantAccess};

/// What is held after an evaluation that gave `by_rules`: as soon as a rule matches, only what rules give; the first
/// match ends manual and onboarding grants for good. While none matches, grants that no rule gave stay as they are.
pub fn settle(before: &[TenantAccess], by_rules: Vec<TenantAccess>) -> Vec<TenantAccess> {
    if by_rules.is_empty() {
        return before.iter().filter(|grant| grant.source != Source::Rules).cloned().collect();
    }
    by_rules
}
