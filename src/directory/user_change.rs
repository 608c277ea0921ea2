//! What a write to a user comes to, decided purely (B003, B011, B012, B044, B050–B053, B094).
//!
//! A POST for somebody who has an account adopts it: the same id, and what was granted goes along (reading 24). Who
//! signed in with the account does not: the provider has vouched for a name there, and says now whose it is.
//!
//! What the provider says of `active` is its word: inactive, even repeated, ends every session and what a sign-in gave
//! in spite of it; active brings back what is stored (readings 7 and 8).

use super::IfMatch;
use super::evaluation::evaluate;
use super::held::{Held, reenabled};
use super::record::{Heading, Written};
use crate::access::{GroupFacts, fold};
use crate::config::OnUserDelete;
use crate::scim::{Error, Patch, Quirk, Reading, User, check_immutable};
use crate::store::{
    Account, AccountKey, Change, Counter, Decision, Effects, Facts, Needs, UserFacts, UserId, UserRow, Write,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is asked of one user.
#[derive(Debug)]
pub(super) enum Asked {
    /// To exist, with these attributes.
    Create(User),
    /// To have exactly these attributes.
    Replace(User),
    /// To be changed so.
    Patch(Patch),
    /// Not to exist.
    Delete,
}

/// A write to one user.
#[derive(Debug)]
pub(super) struct UserChange {
    /// The user; a new id for [`Asked::Create`], which one who has an account does not get.
    pub id: UserId,
    /// Who, when.
    pub heading: Heading,
    /// What.
    pub asked: Asked,
    /// How the message was read.
    pub how: Reading,
    /// Which version of the user it is meant for.
    pub if_match: IfMatch,
}

/// A write to a user that was carried out.
#[derive(Debug)]
pub(super) struct Settled {
    /// The user as it stands afterwards and the groups it is in; `None` after a deletion.
    pub user: Option<(UserRow, Vec<GroupFacts>)>,
    /// Whether effective access was taken.
    pub taken: bool,
}

/// What a write to a user comes to.
pub(super) type Outcome = Result<Settled, Error>;

impl Change for UserChange {
    type Outcome = Outcome;

    fn needs(&self) -> Needs {
        match &self.asked {
            Asked::Create(user) => Needs { accounts: account_named(user), ..named(user) },
            Asked::Replace(user) => Needs { users: BTreeSet::from([self.id]), ..named(user) },
            Asked::Patch(_) | Asked::Delete => Needs { users: BTreeSet::from([self.id]), ..Needs::default() },
        }
    }

    fn decide(&self, facts: &Facts) -> Decision<Outcome> {
        match self.attributes(facts) {
            Err(error) => refuse(error),
            Ok(None) => self.delete(facts),
            Ok(Some(user)) => match facts.user_names.get(&fold(user.user_name())) {
                None => Decision::More(Box::new(named(&user))),
                Some(Some(bearer)) if *bearer != self.id => self.put_again(facts, *bearer, user),
                Some(Some(_)) => self.put(facts, self.id, user, None),
                Some(None) => self.put_new_name(facts, user),
            },
        }
    }
}

impl UserChange {
    /// The attributes asked for; `None` = none, delete it.
    fn attributes(&self, facts: &Facts) -> Result<Option<User>, Error> {
        let existing = || {
            let user = facts.user(self.id).ok_or_else(|| Error::not_found("User", &self.id.to_string()))?;
            self.if_match.check(user.row.version).map(|()| user)
        };
        let user = match &self.asked {
            Asked::Create(user) => user.clone(),
            Asked::Replace(user) => {
                let mut user = user.clone();
                let before = &existing()?.row.user.attributes;
                check_immutable(facts.config.types.user(), before, &mut user.attributes, true)?;
                user
            }
            Asked::Patch(patch) => patch.apply_to_user(&existing()?.row.user)?,
            Asked::Delete if on_delete(facts) == OnUserDelete::Disable => {
                let mut user = existing()?.row.user.clone();
                user.attributes.insert("active".to_owned(), Value::Bool(false));
                user
            }
            Asked::Delete => {
                existing()?;
                return Ok(None);
            }
        };
        let required = facts.config.document.as_ref().map(|document| &document.profile.required_attributes);
        user.check_required(required.map_or(&[], Vec::as_slice))?;
        Ok(Some(user))
    }

    /// No user has the name; an account may.
    fn put_new_name(&self, facts: &Facts, user: User) -> Decision<Outcome> {
        match facts.accounts.get(&AccountKey::Name(fold(user.user_name()))) {
            None => Decision::More(Box::new(Needs { accounts: account_named(&user), ..Needs::default() })),
            Some(None) => self.put(facts, self.id, user, None),
            Some(Some(account)) if matches!(self.asked, Asked::Create(_)) => {
                self.put(facts, account.id, user, Some(account))
            }
            // Two people would become one, and one of the ids would have to go.
            Some(Some(_)) => refuse(taken_by_account(&user)),
        }
    }

    /// A POST for somebody who is there already. It is refused, but for one who was disabled and is meant for certain:
    /// a recycled name must not inherit access (reading 17).
    fn put_again(&self, facts: &Facts, bearer: UserId, user: User) -> Decision<Outcome> {
        let may = matches!(self.asked, Asked::Create(_))
            && (on_delete(facts) == OnUserDelete::Disable || self.how.would_tolerate(Quirk::PostReactivates));
        if !may {
            return refuse(taken(&user));
        }
        if !facts.users.contains_key(&bearer) {
            return Decision::More(Box::new(Needs { users: BTreeSet::from([bearer]), ..Needs::default() }));
        }
        let is_meant = facts.user(bearer).is_some_and(|there| {
            let id = user.external_id().filter(|id| !id.is_empty());
            !there.row.user.active() && id.is_some() && id == there.row.user.external_id()
        });
        if !is_meant {
            return refuse(taken(&user));
        }
        let mut user = user;
        if let Some(there) = facts.user(bearer) {
            let (users, before) = (facts.config.types.user(), &there.row.user.attributes);
            if let Err(error) = check_immutable(users, before, &mut user.attributes, true) {
                return refuse(error);
            }
        }
        if on_delete(facts) == OnUserDelete::Delete {
            self.how.tolerates(Quirk::PostReactivates);
        }
        self.put(facts, bearer, user, None)
    }

    fn put(&self, facts: &Facts, id: UserId, user: User, adopted: Option<&Account>) -> Decision<Outcome> {
        let before = facts.user(id);
        let after = self.row(before.map(|facts| &facts.row), id, user);
        let mut writes = Vec::with_capacity(8);
        match before {
            None => writes.extend(insert(&after, adopted)),
            Some(before) => writes.extend(update(&before.row, &after)),
        }
        writes.extend(self.status(before.map(|facts| &facts.row), &after));
        let grants = adopted.map(|account| account.grants.clone()).unwrap_or_default();
        let new = UserFacts { row: after.clone(), groups: Vec::new(), grants, pending: false };
        let touched = before.unwrap_or(&new);
        let groups = touched.groups.clone();
        let moved = evaluate(&facts.config, touched, &groups, self.heading.at, &mut writes);
        let was = before.and_then(|before| reenabled(&facts.config, &before.row));
        let is = reenabled(&facts.config, &after);
        let written = Written {
            before: before.map(|facts| &facts.row),
            after: Some(&after),
            // An account may be used always.
            had: Held {
                grants: &touched.grants,
                enabled: before.is_none_or(|before| before.row.account_enabled),
                instead: was.as_ref(),
            },
            has: Held {
                grants: moved.as_ref().map_or(&touched.grants, |moved| &moved.after),
                enabled: after.account_enabled,
                instead: is.as_ref(),
            },
        };
        let (record, taken) = (self.heading.user(&written), written.takes_access(&facts.config));
        let unchanged = moved.is_none() && before.is_some_and(|before| before.row == after);
        let effects = Effects { writes, record: (!unchanged).then_some(record) };
        Decision::Done(effects, Ok(Settled { user: Some((after, groups)), taken }))
    }

    /// The row to keep: a no-op leaves version and time alone; `active` false, even repeated, disables the account
    /// (reading 8), becoming active enables it.
    fn row(&self, before: Option<&UserRow>, id: UserId, user: User) -> UserRow {
        let at = self.heading.at;
        let Some(before) = before else {
            let account_enabled = user.active();
            return UserRow { id, user, account_enabled, reenabled: None, created: at, modified: at, version: 1 };
        };
        let account_enabled = user.active() && (before.account_enabled || !before.user.active());
        let reenabled = before.reenabled.clone().filter(|_| !user.active() && !self.says_inactive(before));
        let mut after = UserRow { account_enabled, reenabled, ..before.clone() };
        if after.user != user {
            after = UserRow { user, modified: at, version: before.version + 1, ..after };
        }
        after
    }

    /// Whether the message itself says that this user is inactive, as the result shows it. What a PATCH says of
    /// `active` is seen by what it makes of the same user if active.
    fn says_inactive(&self, before: &UserRow) -> bool {
        let Asked::Patch(patch) = &self.asked else { return true };
        let mut user = before.user.clone();
        user.attributes.insert("active".to_owned(), Value::Bool(true));
        // Of one that cannot be applied so nothing is known: what ends access is the safe reading.
        patch.apply_to_user(&user).map_or(true, |after| !after.active())
    }

    /// What becoming active or inactive, or the end of what a sign-in gave, comes to beside the row.
    fn status(&self, before: Option<&UserRow>, after: &UserRow) -> Vec<Write> {
        let active = after.user.active();
        let (turned, ended) = match before {
            None => (true, false),
            Some(before) => (before.user.active() != active, before.reenabled != after.reenabled),
        };
        let mut writes = Vec::new();
        if turned || ended {
            writes.push(Write::PutStatus(after.id, self.heading.id));
            // Whoever is new has none. Whoever was inactive before has one only by what ends here.
            writes.extend((!active && before.is_some()).then_some(Write::EndSessions(after.id)));
        }
        writes
    }

    fn delete(&self, facts: &Facts) -> Decision<Outcome> {
        let Some(before) = facts.user(self.id) else {
            return refuse(Error::not_found("User", &self.id.to_string()));
        };
        let was = reenabled(&facts.config, &before.row);
        let written = Written {
            before: Some(&before.row),
            after: None,
            had: Held { grants: &before.grants, enabled: before.row.account_enabled, instead: was.as_ref() },
            has: Held { grants: &[], enabled: false, instead: None },
        };
        let (record, taken) = (self.heading.user(&written), written.takes_access(&facts.config));
        let writes = vec![Write::DeleteUser(self.id), Write::Count(Counter::Deleted)];
        Decision::Done(Effects { writes, record: Some(record) }, Ok(Settled { user: None, taken }))
    }
}

fn on_delete(facts: &Facts) -> OnUserDelete {
    facts.config.document.as_ref().map_or(OnUserDelete::Delete, |document| document.profile.on_user_delete)
}

fn insert(after: &UserRow, adopted: Option<&Account>) -> Vec<Write> {
    let mut writes = vec![Write::InsertUser(after.clone()), Write::Count(Counter::Created)];
    if let Some(Account { id, grants, .. }) = adopted {
        // With the account goes what bound it to somebody who signed in: the next sign-in binds the user anew, by the
        // attribute that the provider writes.
        writes.insert(0, Write::DeleteAccount(*id));
        writes.push(Write::PutGrants { user: *id, before: Vec::new(), after: grants.clone() });
    }
    writes
}

fn update(before: &UserRow, after: &UserRow) -> Vec<Write> {
    if before == after {
        return Vec::new();
    }
    let disabled = before.user.active() && !after.user.active();
    let counter = if disabled { Counter::Disabled } else { Counter::Updated };
    vec![Write::UpdateUser(after.clone()), Write::Count(counter)]
}

fn named(user: &User) -> Needs {
    Needs { user_names: BTreeSet::from([fold(user.user_name())]), ..Needs::default() }
}

fn account_named(user: &User) -> BTreeSet<AccountKey> {
    BTreeSet::from([AccountKey::Name(fold(user.user_name()))])
}

fn refuse(error: Error) -> Decision<Outcome> {
    Decision::Done(Effects::default(), Err(error))
}

fn taken(user: &User) -> Error {
    Error::uniqueness(format!(
        "userName: {:?} is taken by another user; names are compared without regard to case. \
         Look the user up by filter and update it instead",
        user.user_name()
    ))
}

fn taken_by_account(user: &User) -> Error {
    Error::uniqueness(format!(
        "userName: {:?} is the name of an account with grants made by hand. Only a POST takes it over; end its grants, \
         or provision the person anew under this name",
        user.user_name()
    ))
}
