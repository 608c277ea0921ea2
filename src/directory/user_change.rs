//! What a write to a user comes to, decided purely (B003, B011, B012, B044, B050–B053, B094).

use super::IfMatch;
use super::evaluation::evaluate;
use super::record::Heading;
use crate::access::{GroupFacts, fold};
use crate::config::OnUserDelete;
use crate::scim::{Error, Patch, Quirk, Reading, User, check_immutable};
use crate::store::{Change, Counter, Decision, Effects, Facts, Needs, UserFacts, UserId, UserRow, Write};
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
    /// The user; a new id for [`Asked::Create`].
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

/// The user as it stands afterwards and the groups it is in; `None` after a deletion.
pub(super) type Outcome = Result<Option<(UserRow, Vec<GroupFacts>)>, Error>;

impl Change for UserChange {
    type Outcome = Outcome;

    fn needs(&self) -> Needs {
        match &self.asked {
            Asked::Create(user) => named(user),
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
                Some(_) => self.put(facts, self.id, user),
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
        self.put(facts, bearer, user)
    }

    fn put(&self, facts: &Facts, id: UserId, user: User) -> Decision<Outcome> {
        let before = facts.user(id);
        let after = self.row(before.map(|facts| &facts.row), user);
        let mut writes = Vec::with_capacity(6);
        match before {
            None => writes.extend([Write::InsertUser(after.clone()), Write::Count(Counter::Created)]),
            Some(before) => writes.extend(update(&before.row, &after)),
        }
        let new = UserFacts { row: after.clone(), groups: Vec::new(), grants: Vec::new(), pending: false };
        let touched = before.unwrap_or(&new);
        let groups = touched.groups.clone();
        let moved = evaluate(&facts.config, touched, &groups, self.heading.at, &mut writes);
        let record = self.heading.user(before.map(|facts| &facts.row), Some(&after), moved.as_slice());
        let unchanged = moved.is_none() && before.is_some_and(|before| before.row == after);
        let effects = Effects { writes, record: (!unchanged).then_some(record) };
        Decision::Done(effects, Ok(Some((after, groups))))
    }

    /// The row to keep: a no-op leaves version and time alone; `active` false, even repeated, disables the account
    /// (reading 8), becoming active enables it.
    fn row(&self, before: Option<&UserRow>, user: User) -> UserRow {
        let at = self.heading.at;
        let Some(before) = before else {
            let account_enabled = user.active();
            return UserRow { id: self.id, user, account_enabled, created: at, modified: at, version: 1 };
        };
        let account_enabled = user.active() && (before.account_enabled || !before.user.active());
        let mut after = UserRow { account_enabled, ..before.clone() };
        if after.user != user {
            after = UserRow { user, modified: at, version: before.version + 1, ..after };
        }
        after
    }

    fn delete(&self, facts: &Facts) -> Decision<Outcome> {
        let Some(before) = facts.user(self.id) else {
            return refuse(Error::not_found("User", &self.id.to_string()));
        };
        let mut discarded = Vec::new();
        let moved = evaluate(&facts.config, before, &[], self.heading.at, &mut discarded);
        let record = self.heading.user(Some(&before.row), None, moved.as_slice());
        let writes = vec![Write::DeleteUser(self.id), Write::Count(Counter::Deleted)];
        Decision::Done(Effects { writes, record: Some(record) }, Ok(None))
    }
}

fn on_delete(facts: &Facts) -> OnUserDelete {
    facts.config.document.as_ref().map_or(OnUserDelete::Delete, |document| document.profile.on_user_delete)
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
