//! Pushes people as the providers of the table do: whole, at once, without asking what differs (B134–B136).
//!
//! Nobody is ever deleted: who leaves the scope or is blocked gets `active` false. Groups are pushed by `push_groups`,
//! after the people. A refusal stops that person only, as in `cycle`; managers are not sent.

use super::dialect::{Dialect, Lookup, Update};
use super::requests::patch_user;
use super::wire::{Reached, Wire, id_of};
use super::{Error, Intent, KnownUser, Password, People, Person, Profile, State, plan};
use crate::client::{Method, Request};
use serde_json::Value;
use std::collections::BTreeSet;

/// A provisioning job of one of the providers in the table.
pub struct Push<'a, 'r> {
    /// The service, and where lines go.
    pub wire: Wire<'a, 'r>,
    /// How the provider speaks.
    pub dialect: &'static Dialect,
    /// What people are created with, where the provider sends a password.
    pub password: &'a Password,
    /// Whether everybody in scope gets the password again.
    pub sync_passwords: bool,
    /// Whether a group that leaves the scope is deleted.
    pub delete_groups: bool,
    /// The people now.
    pub people: &'a People,
    /// What is remembered; changed along the way.
    pub state: &'a mut State,
}

impl Push<'_, '_> {
    /// One incremental cycle; the first one sends everything.
    pub async fn run(&mut self) -> Result<(), Error> {
        for intent in plan(self.state, self.people) {
            match intent {
                Intent::Provision { person } => self.assign(&person).await?,
                Intent::Update { person, reactivate: true, .. } => self.assign_again(&person).await?,
                Intent::Update { person, .. } => self.update(&person).await?,
                Intent::Disable { person } => self.unassign(&person).await?,
                _ => {}
            }
        }
        if self.sync_passwords {
            self.push_passwords().await?;
        }
        // Planned anew: who has got another id at the service is another member.
        self.push_groups().await?;
        self.state.cycles += 1;
        Ok(())
    }

    /// Looks for somebody, then creates them, or sends everything to whom it found.
    pub(super) async fn assign(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(person) = self.people.person(object_id) else { return Ok(()) };
        if self.dialect.lookup != Lookup::Never {
            let Some(found) = self.find(person).await? else { return Ok(()) };
            if let Some(user) = found.first() {
                return self.link(person, user).await;
            }
        }
        let name = &person.user_name;
        if !person.account_enabled {
            return self.wire.report.skipped(&format!("{name}: the account is blocked and not there yet"));
        }
        let Some(answer) = self.wire.tell(name, self.creation(person)).await? else { return Ok(()) };
        let Some(id) = id_of(&answer.body) else {
            return self.wire.report.skipped(&format!("{name}: created without an id"));
        };
        self.wire.report.tally.created += 1;
        self.remember(person, id, true);
        Ok(())
    }

    /// Whom the service has by this name; `None` when the question was refused.
    async fn find(&mut self, person: &Person) -> Result<Option<Vec<Value>>, Error> {
        let profile = Profile::of(person);
        let request = self.dialect.look_up(self.dialect.user_name(&profile));
        Ok(self.wire.ask(&person.user_name, request).await?.map(|found| found.resources))
    }

    /// Remembers whom the service has by this name, and changes nothing; true when they are active.
    pub(super) async fn find_active(&mut self, object_id: &str) -> Result<bool, Error> {
        let Some(person) = self.people.person(object_id) else { return Ok(false) };
        if self.dialect.lookup == Lookup::Never {
            return Ok(self.state.users.get(object_id).is_some_and(|known| known.active));
        }
        let found = self.find(person).await?.unwrap_or_default();
        let Some((user, id)) = found.first().and_then(|user| Some((user, id_of(user)?))) else { return Ok(false) };
        let active = is_active(user);
        self.remember(person, id, active);
        Ok(active)
    }

    /// Somebody whom the service has already: `active` first, where that goes alone, then everything else.
    async fn link(&mut self, person: &Person, user: &Value) -> Result<(), Error> {
        let name = &person.user_name;
        let Some(id) = id_of(user) else {
            return self.wire.report.skipped(&format!("{name}: answered without an id"));
        };
        let active = person.account_enabled;
        if is_active(user) != active && !self.flip(name, &id, active).await? {
            return Ok(());
        }
        if let Reached::Done(_) = self.put(name, &id, &Profile::of(person), active).await? {
            self.wire.report.tally.updated += 1;
            self.remember(person, id, active);
        }
        Ok(())
    }

    /// `active` alone, where the provider sends it alone; false when that was refused.
    async fn flip(&mut self, name: &str, id: &str, active: bool) -> Result<bool, Error> {
        if !self.dialect.patches_active {
            return Ok(true);
        }
        let reached = self.wire.reach(name, patch_user(id, "active", active)).await?;
        Ok(matches!(reached, Reached::Done(_)))
    }

    async fn put(&mut self, name: &str, id: &str, profile: &Profile, active: bool) -> Result<Reached, Error> {
        let read = match self.dialect.update {
            Update::Put => None,
            Update::ReadAndPut => match self.wire.reach(name, Request::new(Method::GET, &["Users", id])).await? {
                Reached::Done(user) => Some(user),
                other => return Ok(other),
            },
        };
        self.wire.reach(name, self.dialect.put_user(id, read.as_ref(), profile, active)).await
    }

    /// Somebody who came back. Where the provider has forgotten that the service has them, it creates them again: the
    /// service may take that for a return, or answer 409; then they are looked for.
    async fn assign_again(&mut self, object_id: &str) -> Result<(), Error> {
        if !self.dialect.posts_again {
            return self.update(object_id).await;
        }
        let Some(person) = self.people.person(object_id) else { return Ok(()) };
        let name = &person.user_name;
        let answer = self.wire.send(&self.creation(person)).await?;
        if answer.status == 409 {
            self.wire.report.note(&format!("{name} is there already: they are looked for"))?;
            return self.assign(object_id).await;
        }
        if !answer.is_success() {
            return self.wire.report.refused(name, &answer);
        }
        let Some(id) = id_of(&answer.body) else {
            return self.wire.report.skipped(&format!("{name}: created without an id"));
        };
        self.wire.report.tally.updated += 1;
        self.remember(person, id, true);
        Ok(())
    }

    async fn update(&mut self, object_id: &str) -> Result<(), Error> {
        let (Some(person), Some(known)) = (self.people.person(object_id), self.state.users.get(object_id).cloned())
        else {
            return Ok(());
        };
        // Who was blocked meanwhile gets `active` false in the step that follows.
        let active = known.active || person.account_enabled;
        match self.put(&person.user_name, &known.id, &Profile::of(person), active).await? {
            Reached::Done(_) => {
                self.wire.report.tally.updated += 1;
                self.remember(person, known.id, active);
            }
            Reached::Refused => {}
            Reached::Gone => {
                // Deleted behind the provider's back: it starts over by looking.
                self.state.users.remove(object_id);
                return self.assign(object_id).await;
            }
        }
        Ok(())
    }

    /// `active` becomes false; nobody is deleted.
    pub(super) async fn unassign(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(known) = self.state.users.get(object_id).cloned() else { return Ok(()) };
        let name = known.profile.get("userName").unwrap_or(object_id).to_owned();
        let reached = if self.dialect.patches_active {
            self.wire.reach(&name, patch_user(&known.id, "active", false)).await?
        } else {
            self.put(&name, &known.id, &known.profile, false).await?
        };
        match reached {
            Reached::Done(_) => {
                self.wire.report.tally.disabled += 1;
                if let Some(known) = self.state.users.get_mut(object_id) {
                    known.active = false;
                }
            }
            Reached::Gone => drop(self.state.users.remove(object_id)),
            Reached::Refused => {}
        }
        Ok(())
    }

    /// The password for everybody in scope: alone, where the provider sends it alone, and otherwise with the rest.
    async fn push_passwords(&mut self) -> Result<(), Error> {
        let scope: BTreeSet<String> = self.people.scope();
        let active = self.state.users.iter().filter(|(id, known)| known.active && scope.contains(*id));
        let everybody: Vec<KnownUser> = active.map(|(_, known)| known.clone()).collect();
        for known in everybody {
            let name = known.profile.get("userName").unwrap_or(&known.id).to_owned();
            let request = if self.dialect.patches_active {
                patch_user(&known.id, "password", self.password.expose())
            } else {
                let read = match self.wire.reach(&name, Request::new(Method::GET, &["Users", &known.id])).await? {
                    Reached::Done(user) => user,
                    _ => continue,
                };
                let mut request = self.dialect.put_user(&known.id, Some(&read), &known.profile, true);
                if let Some(Value::Object(user)) = &mut request.body {
                    user.insert("password".to_owned(), Value::from(self.password.expose()));
                }
                request
            };
            if let Reached::Done(_) = self.wire.reach(&name, request).await? {
                self.wire.report.tally.updated += 1;
            }
        }
        Ok(())
    }

    fn creation(&self, person: &Person) -> Request {
        self.dialect.create_user(&Profile::of(person), self.password.expose())
    }

    fn remember(&mut self, person: &Person, id: String, active: bool) {
        let object_id = &person.object_id;
        let known = KnownUser { id: id.clone(), profile: Profile::of(person), active, manager: None };
        let before = self.state.users.insert(object_id.clone(), known);
        if before.is_none_or(|before| before.id != id) {
            // Groups have somebody of another id, or nobody.
            for group in self.state.groups.values_mut() {
                group.members.remove(object_id);
            }
        }
    }
}

fn is_active(user: &Value) -> bool {
    user.get("active").and_then(Value::as_bool).unwrap_or(true)
}
