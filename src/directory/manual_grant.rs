//! Grants made by hand, for people whom no rule manages (B083, B084; readings 3 and 24).
//!
//! Somebody who is no SCIM user gets an account, which a POST for the userName adopts later. An account that named
//! itself by signing in gets nothing by that name. The first rule that matches ends what was granted by hand, for good.
//! Everything is decided inside of the transaction that writes it.

use super::held::{Held, reenabled};
use super::record::{Granted, Heading};
use super::{Actor, Directory, Error};
use crate::access::{Source, TenantAccess, fold};
use crate::config::{ManualGrant, ManualGrantRequest, SubjectAttribute};
use crate::store::{
    Account, AccountKey, Change, Decision, Effects, Facts, Hold, IdentityKey, InForce, Needs, UserFacts, UserId, Write,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Bytes of a userName, of whatever kind; it has to fit into an index.
const USER_NAME_BYTES_MAX: usize = 1_024;
/// Characters of a tenant's name, as in a rule.
const TENANT_CHARS_MAX: usize = 63;
/// Application groups of one grant, as of a rule.
const APPLICATION_GROUPS_MAX: usize = 64;
/// Characters of an application group's name.
const APPLICATION_GROUP_CHARS_MAX: usize = 128;
/// Rules named in a refusal.
const RULES_NAMED_MAX: usize = 5;

impl Directory {
    /// `POST /access/v1/manual-grants`: one per person and tenant; a second one replaces the first.
    pub async fn grant(&self, request: ManualGrantRequest, by: &Actor) -> Result<ManualGrant, Error> {
        self.serving()?;
        let request = checked(request)?;
        let heading = Heading::new(self.now(), by);
        self.inner.store.transact(Grant { new_id: UserId(Uuid::now_v7()), heading, request }).await?
    }

    /// `DELETE /access/v1/manual-grants/{id}`, of onboarding too; `false` = there is no such grant, or rules have ended
    /// it.
    pub async fn end_grant(&self, id: &str, by: &Actor) -> Result<bool, Error> {
        self.serving()?;
        let Some((user, tenant)) = id.split_once('.') else { return Ok(false) };
        let Some(user) = UserId::parse(user) else { return Ok(false) };
        let heading = Heading::new(self.now(), by);
        Ok(self.inner.store.transact(EndGrant { user, tenant: tenant.to_owned(), heading }).await?)
    }
}

/// What makes sense whoever it is for; application groups in order, each once.
fn checked(request: ManualGrantRequest) -> Result<ManualGrantRequest, Error> {
    let ManualGrantRequest { user_name, tenant, role, mut application_groups } = request;
    check_user_name(&user_name)?;
    name("tenant", &tenant)?;
    name("role", &role)?;
    if tenant.chars().count() > TENANT_CHARS_MAX {
        return Err(Error::BadGrant(format!("tenant has more than {TENANT_CHARS_MAX} characters")));
    }
    if application_groups.len() > APPLICATION_GROUPS_MAX {
        return Err(Error::BadGrant(format!("applicationGroups has more than {APPLICATION_GROUPS_MAX} names")));
    }
    for group in &application_groups {
        name("a name of applicationGroups", group)?;
        if group.chars().count() > APPLICATION_GROUP_CHARS_MAX {
            let max = APPLICATION_GROUP_CHARS_MAX;
            return Err(Error::BadGrant(format!("a name of applicationGroups has more than {max} characters")));
        }
    }
    application_groups.sort();
    application_groups.dedup();
    Ok(ManualGrantRequest { user_name, tenant, role, application_groups })
}

/// Whether an account can be called so.
pub(super) fn check_user_name(user_name: &str) -> Result<(), Error> {
    name("userName", user_name)?;
    if user_name.len() > USER_NAME_BYTES_MAX {
        return Err(Error::BadGrant(format!("userName has more than {USER_NAME_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn name(what: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() || name.trim() != name {
        return Err(Error::BadGrant(format!("{what} must have at least one character, and no space around it")));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::BadGrant(format!("{what} has a control character")));
    }
    Ok(())
}

/// Names a grant: the person's id and the tenant, written as in a path.
fn id_of(user: UserId, tenant: &str) -> String {
    format!("{user}.{}", encoded(tenant))
}

/// Percent-encoded, all but what RFC 3986 calls unreserved.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

struct Grant {
    /// The id of the account that is made when nobody has the name.
    new_id: UserId,
    heading: Heading,
    request: ManualGrantRequest,
}

/// Who holds manual grants.
enum Holder<'a> {
    User(&'a UserFacts),
    Account(&'a Account),
}

impl<'a> Holder<'a> {
    fn id(&self) -> UserId {
        match self {
            Self::User(user) => user.row.id,
            Self::Account(account) => account.id,
        }
    }

    fn user_name(&self) -> &'a str {
        match self {
            Self::User(user) => user.row.user.user_name(),
            Self::Account(account) => &account.user_name,
        }
    }

    fn grants(&self) -> &'a [TenantAccess] {
        match self {
            Self::User(user) => &user.grants,
            Self::Account(account) => &account.grants,
        }
    }

    /// Of an account nobody says that it is inactive.
    fn is_enabled(&self) -> bool {
        match self {
            Self::User(user) => user.row.account_enabled,
            Self::Account(_) => true,
        }
    }

    /// What may be done instead, while the account may not be used.
    fn instead(&self, config: &InForce) -> Option<TenantAccess> {
        match self {
            Self::User(user) => reenabled(config, &user.row),
            Self::Account(_) => None,
        }
    }

    /// The rules that manage the person: that gave something, or would with the next message.
    fn managing(&self, config: &InForce) -> BTreeSet<String> {
        let by_rules = match self {
            Self::User(user) => config.rules.evaluate(&user.groups),
            Self::Account(_) => Vec::new(),
        };
        self.grants().iter().chain(&by_rules).flat_map(|grant| grant.rules.iter().cloned()).collect()
    }

    /// To hold these from now on. An account that holds nothing is nobody's.
    fn put(&self, after: Vec<TenantAccess>) -> Write {
        match self {
            Self::User(user) => Write::PutGrants { user: user.row.id, before: user.grants.clone(), after },
            Self::Account(account) if after.is_empty() => Write::DeleteAccount(account.id),
            Self::Account(account) => Write::PutAccount(Account { grants: after, ..(*account).clone() }),
        }
    }
}

impl Change for Grant {
    type Outcome = Result<ManualGrant, Error>;

    fn needs(&self) -> Needs {
        let name = fold(&self.request.user_name);
        Needs {
            // The roles stay as they are while one of them is given.
            configuration: Hold::Shared,
            user_names: BTreeSet::from([name.clone()]),
            accounts: BTreeSet::from([AccountKey::Name(name)]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts) -> Decision<Self::Outcome> {
        let config: &InForce = &facts.config;
        let ManualGrantRequest { user_name, tenant, role, application_groups } = &self.request;
        let roles = config.enforced.roles.roles();
        if !roles.contains(role) {
            let known = roles.join(", ");
            return refuse(Error::BadGrant(format!("role {role:?} is none of this directory's roles: {known}")));
        }
        let name = fold(user_name);
        let bearer = facts.user_names.get(&name).copied().flatten();
        if let Some(id) = bearer
            && !facts.users.contains_key(&id)
        {
            return Decision::More(Box::new(Needs { users: BTreeSet::from([id]), ..Needs::default() }));
        }
        let new =
            Account { id: self.new_id, user_name: user_name.clone(), grants: Vec::new(), created: self.heading.at };
        let account = facts.accounts.get(&AccountKey::Name(name)).and_then(Option::as_ref);
        let holder = match (bearer.and_then(|id| facts.user(id)), account) {
            (Some(user), _) => Holder::User(user),
            (None, Some(account)) => match chose_its_name(facts, account) {
                Ok(false) => Holder::Account(account),
                Ok(true) => return refuse(came_by_sign_in(account)),
                Err(needs) => return Decision::More(needs),
            },
            (None, None) => Holder::Account(&new),
        };
        let rules = holder.managing(config);
        if !rules.is_empty() {
            return refuse(managed_by(&rules));
        }
        let granted = TenantAccess {
            tenant: tenant.clone(),
            role: role.clone(),
            application_groups: application_groups.clone(),
            rules: Vec::new(),
            source: Source::Manual,
        };
        let after = with(holder.grants(), granted);
        let effects = effects(config, (&self.heading, "grant.create"), &holder, (tenant, role), after);
        Decision::Done(
            effects,
            Ok(ManualGrant {
                id: id_of(holder.id(), tenant),
                user: holder.id().to_string(),
                user_name: holder.user_name().to_owned(),
                tenant: tenant.clone(),
                role: role.clone(),
                application_groups: application_groups.clone(),
            }),
        )
    }
}

struct EndGrant {
    user: UserId,
    /// As it stands behind the dot of the id.
    tenant: String,
    heading: Heading,
}

impl Change for EndGrant {
    type Outcome = bool;

    fn needs(&self) -> Needs {
        let (users, accounts) = (BTreeSet::from([self.user]), BTreeSet::from([AccountKey::Id(self.user)]));
        Needs { users, accounts, ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<bool> {
        let account = facts.accounts.get(&AccountKey::Id(self.user)).and_then(Option::as_ref);
        let holder = facts.user(self.user).map(Holder::User).or(account.map(Holder::Account));
        let Some(holder) = holder else { return Decision::Done(Effects::default(), false) };
        // What a sign-in gave as well: an account of somebody who was let in by mistake has to be got rid of.
        let mut manual = holder.grants().iter().filter(|grant| grant.source != Source::Rules);
        // Who takes the id out of a path may have decoded it.
        let found = manual
            .clone()
            .find(|grant| encoded(&grant.tenant) == self.tenant)
            .or_else(|| manual.find(|grant| grant.tenant == self.tenant));
        let Some(ended) = found else { return Decision::Done(Effects::default(), false) };
        let after = holder.grants().iter().filter(|grant| *grant != ended).cloned().collect();
        let heading = (&self.heading, "grant.delete");
        let effects = effects(&facts.config, heading, &holder, (&ended.tenant, &ended.role), after);
        Decision::Done(effects, true)
    }
}

/// The grants with this one in its tenant, by tenant.
fn with(before: &[TenantAccess], granted: TenantAccess) -> Vec<TenantAccess> {
    let mut after: Vec<TenantAccess> = before.iter().filter(|grant| grant.tenant != granted.tenant).cloned().collect();
    after.push(granted);
    after.sort_by(|a, b| a.tenant.cmp(&b.tenant));
    after
}

/// What is written so that the holder holds this; nothing when that is so already.
fn effects(
    config: &InForce,
    (heading, operation): (&Heading, &str),
    holder: &Holder<'_>,
    (tenant, role): (&str, &str),
    after: Vec<TenantAccess>,
) -> Effects {
    if holder.grants() == after.as_slice() {
        return Effects::default();
    }
    let instead = holder.instead(config);
    let had = Held { grants: holder.grants(), enabled: holder.is_enabled(), instead: instead.as_ref() };
    let granted = Granted {
        user: holder.id(),
        user_name: holder.user_name(),
        tenant,
        role,
        had,
        has: Held { grants: &after, ..had },
    };
    let record = heading.grant(operation, &granted);
    Effects { writes: vec![holder.put(after)], record: Some(record) }
}

fn refuse(error: Error) -> Decision<Result<ManualGrant, Error>> {
    Decision::Done(Effects::default(), Err(error))
}

/// Whether somebody has signed in as this account, unless people are found by their userName: then the name may be what
/// that person's provider let them write down, and whoever grants something by it may mean another. `Err` = what is to
/// be read first.
fn chose_its_name(facts: &Facts, account: &Account) -> Result<bool, Box<Needs>> {
    let sign_in = facts.config.document.as_ref().and_then(|document| document.sign_in.as_ref());
    if sign_in.is_some_and(|sign_in| sign_in.subject.attribute == SubjectAttribute::UserName) {
        return Ok(false);
    }
    let key = IdentityKey::User(account.id);
    match facts.identities.get(&key) {
        Some(identity) => Ok(identity.is_some()),
        None => Err(Box::new(Needs { identities: BTreeSet::from([key]), ..Needs::default() })),
    }
}

fn came_by_sign_in(account: &Account) -> Error {
    Error::ManagedByRules(format!(
        "the account {} of this userName came by signing in, under a name that it may have chosen itself: it may be \
         somebody else. Have the identity provider provision the person over SCIM instead",
        account.id
    ))
}

fn managed_by(rules: &BTreeSet<String>) -> Error {
    let named: Vec<&str> = rules.iter().take(RULES_NAMED_MAX).map(String::as_str).collect();
    let more = rules.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Error::ManagedByRules(format!(
        "rules manage this person: {}{more}. Change the person's groups at the identity provider, or a rule, instead; \
         a grant by hand is for people whom no rule matches",
        named.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(user_name: &str, tenant: &str) -> ManualGrantRequest {
        let (user_name, tenant, role) = (user_name.to_owned(), tenant.to_owned(), "Developer".to_owned());
        ManualGrantRequest { user_name, tenant, role, application_groups: vec!["b".to_owned(), "a".to_owned()] }
    }

    #[test]
    fn the_id_of_a_grant_can_stand_in_a_path() {
        let user = UserId(Uuid::from_u128(7));
        let id = id_of(user, "hr/süd 1");
        assert_eq!(id, "00000000-0000-0000-0000-000000000007.hr%2Fs%C3%BCd%201");
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anybody_is_looked_for() {
        let groups = checked(request("ada", "main")).unwrap().application_groups;
        assert_eq!(groups, ["a", "b"]);
        let long = "x".repeat(1_025);
        for (user_name, tenant) in [("", "main"), (" ada", "main"), ("ada", ""), ("a\0a", "main"), (&long, "main")] {
            assert!(matches!(checked(request(user_name, tenant)), Err(Error::BadGrant(_))), "{user_name:?} {tenant:?}");
        }
        assert!(checked(request("ada", &"t".repeat(64))).is_err());
        let many = vec!["a".to_owned(); 65];
        assert!(checked(ManualGrantRequest { application_groups: many, ..request("ada", "main") }).is_err());
        let long = vec!["a".repeat(129)];
        assert!(checked(ManualGrantRequest { application_groups: long, ..request("ada", "main") }).is_err());
    }
}
