//! The one table of condition types and reasons. What is not here is in no condition.
//!
//! Each reason says what it means for `Ready`: *waiting* heals by itself (`Ready=False` with `Reconciling=True`),
//! *terminal* needs a person (`Ready=False` with `Stalled=True`), *ready* does not stand in the way.
//! `docs/reference/resources.md` prints this table.

/// What a reason means for the object that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Heals by itself; the operator tries again.
    Waiting,
    /// Needs a person; nothing is tried until the spec or its surroundings change.
    Terminal,
    /// All is well, or what is not well is not this object's business.
    Ready,
}

impl Outcome {
    /// For people and metric labels: `waiting`, `terminal` or `ready`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Terminal => "terminal",
            Self::Ready => "ready",
        }
    }
}

/// Why a condition is as it is, in one word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason {
    /// The word in `conditions[].reason`.
    pub name: &'static str,
    /// What it means for `Ready`.
    pub outcome: Outcome,
    /// What it says, and what to do.
    pub meaning: &'static str,
}

/// A condition type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConditionType {
    /// The word in `conditions[].type`.
    pub name: &'static str,
    /// What `True` says.
    pub meaning: &'static str,
}

macro_rules! condition_types {
    ($($constant:ident = $name:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: &str = $name;)*
        /// All condition types.
        pub const CONDITION_TYPES: &[ConditionType] = &[$(ConditionType { name: $name, meaning: $meaning }),*];
    };
}

macro_rules! reasons {
    ($($constant:ident = $name:literal, $outcome:ident, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: Reason =
            Reason { name: $name, outcome: Outcome::$outcome, meaning: $meaning };)*
        /// All reasons.
        pub const REASONS: &[Reason] = &[$($constant),*];
    };
}

condition_types! {
    READY = "Ready", "The object does what its spec says (kstatus).";
    RECONCILING = "Reconciling", "The operator is working on it; absent otherwise (kstatus).";
    STALLED = "Stalled", "A person is needed; absent otherwise (kstatus).";
    ACCEPTED = "Accepted", "The spec makes sense in its surroundings.";
    ENDPOINT_AVAILABLE = "EndpointAvailable", "Directory: the endpoint's pods serve.";
    CONFIG_PUBLISHED = "ConfigPublished", "Directory: every pod of the endpoint that serves reports the newest \
        configuration.";
    IDP_CONNECTED = "IdPConnected", "Directory: the identity provider has called within three hours; Unknown \
        before its first request. Never touches Ready.";
    TOKEN_EXPIRING_SOON = "TokenExpiringSoon", "Directory and token: a token works for less than 30 more days; \
        absent otherwise. Never touches Ready.";
    REVOCATION_HELD = "RevocationHeld", "Directory: a change of rules or roles would take more than `spec.guard` \
        allows, and is not in force; absent otherwise. Never touches Ready.";
    SSO_READY = "SSOReady", "Directory: people can be sent to the provider at which they sign in; Unknown until the \
        endpoint has said so, absent where they do not sign in here. Never touches Ready.";
    IDP_GROUP_RESOLVED = "IdpGroupResolved", "Rule: the provider has sent the group that the rule names.";
    IN_SYNC = "InSync", "Rule: its content in force has reached everybody it affects.";
}

reasons! {
    ACCEPTED_REASON = "Accepted", Ready, "The spec makes sense in its surroundings.";
    AVAILABLE = "Available", Ready, "The endpoint's pods serve.";
    PUBLISHED = "Published", Ready, "The newest configuration is in force.";
    SUSPENDED = "Suspended", Ready, "`spec.suspend` is true: the operator leaves the object alone.";
    DISABLED = "Disabled", Ready, "`spec.enabled` is false: the rule gives nothing.";
    GROUP_RESOLVED = "GroupResolved", Ready, "The provider has sent the group.";
    GROUP_NOT_PROVISIONED = "GroupNotProvisioned", Ready, "The provider has not sent the group yet: assign it to \
        the application there. The rule gives nothing until then and heals by itself.";
    UP_TO_DATE = "UpToDate", Ready, "The rule has reached everybody it affects.";
    RULE_CHANGED = "RuleChanged", Ready, "The rule changed and has not reached people who are already there: a \
        RuleSync brings it to them.";
    ROLES_CHANGED = "RolesChanged", Ready, "The directory's roles changed and have not reached people who are \
        already there: a RuleSync brings them there.";
    CONNECTED = "Connected", Ready, "The provider has called within three hours.";
    NO_REQUEST_YET = "NoRequestYet", Ready, "The provider has not called yet: enter `status.baseUrl` and the API \
        key there.";
    STALE = "Stale", Ready, "The provider has not called for three hours: look whether provisioning is paused there.";
    SSO_CONNECTED = "SSOConnected", Ready, "The provider at which people sign in answers, and its keys are known.";
    SSO_CONNECTION_PENDING = "SSOConnectionPending", Ready, "The endpoint has not said yet whether it reaches the \
        provider at which people sign in.";
    SSO_CONNECTION_MISSING = "SSOConnectionMissing", Ready, "People cannot sign in: the message names what is missing \
        of `spec.sso.oidc`, the provider's answer or a Secret. SCIM goes on.";
    ACTIVE = "Active", Ready, "The token works.";
    NOT_RETRIEVABLE = "NotRetrievable", Ready, "The token works, but its Secret was deleted: the value cannot be \
        read again. Delete the token and make a new one when it is needed.";
    EXPIRES_SOON = "ExpiresSoon", Ready, "A token works for less than 30 more days: make a new one with another \
        `issuedTo`, enter it at the provider, delete the old one.";
    SUCCEEDED = "Succeeded", Ready, "The run ended well.";
    ALREADY_RUN = "AlreadyRun", Ready, "A run of this name and spec ended before: write a new `spec.nonce` to run \
        it again.";

    PROGRESSING = "Progressing", Waiting, "The operator has not finished with this generation.";
    DIRECTORY_NOT_FOUND = "DirectoryNotFound", Waiting, "No ScimDirectory of that name is in this namespace: make \
        it, or correct `spec.directoryRef.name` in a new object.";
    DIRECTORY_NOT_READY = "DirectoryNotReady", Waiting, "The directory's endpoint does not take configurations yet.";
    PREVIOUS_TERMINATING = "PreviousTerminating", Waiting, "Objects of an earlier directory of this name are still \
        being removed.";
    ENDPOINT_NOT_AVAILABLE = "EndpointNotAvailable", Waiting, "No pod of the endpoint is ready: look at its \
        Deployment `<directory>-endpoint`.";
    ENDPOINT_UNREACHABLE = "EndpointUnreachable", Waiting, "The operator cannot call the endpoint: look at the \
        pods and at NetworkPolicies between the two.";
    PUBLISH_PENDING = "PublishPending", Waiting, "The newest configuration is on its way to the endpoint.";
    SECRET_NOT_FOUND = "SecretNotFound", Waiting, "A Secret that the spec names is not in this namespace: make it, \
        with the label `scim-operator.dev/directory: <directory>`.";
    SECRET_PENDING = "SecretPending", Waiting, "The token's Secret is being made.";
    PENDING = "Pending", Waiting, "The run waits for earlier runs of the directory.";
    RUNNING = "Running", Waiting, "The run is evaluating.";

    INVALID_SPEC = "InvalidSpec", Terminal, "The spec does not make sense; the message names field and value.";
    UNDECODABLE = "Undecodable", Terminal, "The stored object does not fit this version's types; the message says \
        where. Its last accepted content stays in force.";
    UNKNOWN_ROLE = "UnknownRole", Terminal, "`spec.role`, or a directory's `spec.autoOnboarding.role`, is not one of \
        the directory's roles: correct it, or add the role there. The last accepted content stays in force.";
    ROLE_IN_USE = "RoleInUse", Terminal, "`spec.roles` lacks a role that an accepted rule uses: put it back, or \
        change the rule first. The previous roles stay in force.";
    NAME_TAKEN = "NameTaken", Terminal, "An object that is not this directory's bears the name of one of its \
        children: rename or delete it.";
    SECRET_NOT_LABELLED = "SecretNotLabelled", Terminal, "A Secret that the spec names does not say that it is for \
        this directory: whoever looks after it adds the label `scim-operator.dev/directory: <directory>`, or the spec \
        names another.";
    TOKEN_LIMIT = "TokenLimit", Terminal, "The directory has an older active token with this `issuedTo`: delete \
        that one, or write another `issuedTo` in a new token.";
    EXPIRED = "Expired", Terminal, "The token's time is over: delete it and make a new one.";
    REVOKED = "Revoked", Terminal, "The token was revoked at the endpoint; there is no way back. Delete it and \
        make a new one.";
    STORE_CHANGED = "StoreChanged", Terminal, "The endpoint found another store than `status.storeId`: bring the \
        volume or the database back, or accept the new store with the annotation \
        `scim-operator.dev/accept-store: <id>`.";
    STORE_OWNED_BY_ANOTHER = "StoreOwnedByAnother", Terminal, "The store belongs to another directory, perhaps of \
        another cluster: point this one elsewhere, or take the store with the annotation \
        `scim-operator.dev/take-store: <id>`.";
    REVOCATION_HELD_REASON = "RevocationHeld", Terminal, "It would take access from more people than the directory's \
        `spec.guard` allows: nobody lost anything, and of a rule the content before stays in force. The directory's \
        condition `RevocationHeld`, or the run's message, prints the RuleSync that confirms it.";
    RUN_FAILED = "RunFailed", Terminal, "The run was given up; the message says why.";
}

/// The reason of this name, if the table has it.
pub fn by_name(name: &str) -> Option<Reason> {
    REASONS.iter().copied().find(|reason| reason.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_pascal_case(word: &str) -> bool {
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(|c| c.is_ascii_alphanumeric())
    }

    #[test]
    fn names_are_pascal_case_and_unique_and_say_something() {
        let names: BTreeSet<_> = REASONS.iter().map(|r| r.name).collect();
        assert_eq!(names.len(), REASONS.len());
        assert!(REASONS.iter().all(|r| is_pascal_case(r.name) && r.meaning.ends_with('.')));
        let types: BTreeSet<_> = CONDITION_TYPES.iter().map(|t| t.name).collect();
        assert_eq!(types.len(), CONDITION_TYPES.len());
        assert!(CONDITION_TYPES.iter().all(|t| is_pascal_case(t.name) && t.meaning.ends_with('.')));
    }

    #[test]
    fn outcomes_that_the_design_fixes_are_so() {
        let outcome = |name| by_name(name).map(|r| r.outcome);
        for name in ["UnknownRole", "RoleInUse", "NameTaken", "TokenLimit", "StoreChanged", "StoreOwnedByAnother"] {
            assert_eq!(outcome(name), Some(Outcome::Terminal), "{name}");
        }
        for name in ["SecretNotLabelled", "RevocationHeld"] {
            assert_eq!(outcome(name), Some(Outcome::Terminal), "{name}");
        }
        for name in ["DirectoryNotFound", "PreviousTerminating", "SecretNotFound"] {
            assert_eq!(outcome(name), Some(Outcome::Waiting), "{name}");
        }
        for name in ["GroupNotProvisioned", "Disabled", "Suspended", "SSOConnectionMissing"] {
            assert_eq!(outcome(name), Some(Outcome::Ready), "{name}");
        }
        assert_eq!(outcome("Nonsense"), None);
    }
}
