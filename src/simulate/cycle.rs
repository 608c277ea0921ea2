//! Carries out intents: one at a time, each as the requests the provider would send, and remembers what was accepted.
//!
//! A refusal stops that person or group only. 401, 403, 429 and 503 stop the cycle, as they quarantine the job at the
//! provider; what was done until then is remembered, and the next cycle sends the rest.

use super::wire::{Reached, Wire, id_of};
use super::{Change, Error, Intent, KnownGroup, KnownUser, People, Profile, Shapes, State, entra, plan};
use serde_json::Value;

/// A provisioning job: the service, the shapes, the people and what is remembered.
pub struct Cycle<'a, 'r> {
    /// The service, and where lines go.
    pub wire: Wire<'a, 'r>,
    /// How requests look.
    pub shapes: Shapes,
    /// Whether a group that leaves the scope is deleted (the mapping's action `Delete`).
    pub delete_groups: bool,
    /// The people now.
    pub people: &'a People,
    /// What is remembered; changed along the way.
    pub state: &'a mut State,
}

impl Cycle<'_, '_> {
    /// One incremental cycle; the first one sends everything.
    pub async fn run(&mut self) -> Result<(), Error> {
        for intent in plan(self.state, self.people) {
            self.carry_out(&intent).await?;
        }
        self.state.cycles += 1;
        Ok(())
    }

    async fn carry_out(&mut self, intent: &Intent) -> Result<(), Error> {
        match intent {
            Intent::Provision { person } => self.provision(person).await,
            Intent::Update { person, changes, reactivate } => self.update(person, changes, *reactivate).await,
            Intent::Disable { person } => self.disable(person).await,
            Intent::SetManager { person, manager } => self.set_manager(person, manager.as_deref()).await,
            Intent::ProvisionGroup { group } => self.provision_group(group).await,
            Intent::RenameGroup { group } => self.rename_group(group).await,
            Intent::ReleaseGroup { group } => self.release_group(group).await,
            Intent::AddMember { group, person } => self.add_member(group, person).await,
            Intent::RemoveMember { group, person } => self.remove_member(group, person).await,
        }
    }

    /// Matches by name, then creates or updates.
    pub(super) async fn provision(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(person) = self.people.person(object_id) else { return Ok(()) };
        let name = &person.user_name;
        let profile = Profile::of(person);
        let Some(found) = self.wire.ask(name, entra::match_user(name)).await? else { return Ok(()) };
        let active = person.account_enabled;
        if let Some(user) = found.resources.first() {
            let Some(id) = id_of(user) else {
                return self.wire.report.skipped(&format!("{name}: answered without an id"));
            };
            let has = user.get("active").and_then(Value::as_bool).unwrap_or(true);
            let changes = Profile::of_resource(user).changes_to(&profile);
            let request = self.shapes.update_user(&id, &changes, (has != active).then_some(active));
            if !changes.is_empty() || has != active {
                if self.wire.tell(name, request).await?.is_none() {
                    return Ok(());
                }
                self.wire.report.tally.updated += 1;
            }
            self.remember(object_id, id, profile, active);
            return Ok(());
        }
        if !active {
            return self.wire.report.skipped(&format!("{name}: the account is blocked and not there yet"));
        }
        let Some(answer) = self.wire.tell(name, entra::create_user(&profile)).await? else { return Ok(()) };
        let Some(id) = id_of(&answer.body) else {
            return self.wire.report.skipped(&format!("{name}: created without an id"));
        };
        self.wire.report.tally.created += 1;
        self.remember(object_id, id, profile, true);
        Ok(())
    }

    /// Looks somebody up by name without changing them; true when the service has them, active.
    pub(super) async fn find_active(&mut self, object_id: &str) -> Result<bool, Error> {
        let Some(person) = self.people.person(object_id) else { return Ok(false) };
        let name = &person.user_name;
        let Some(found) = self.wire.ask(name, entra::match_user(name)).await? else { return Ok(false) };
        let Some((user, id)) = found.resources.first().and_then(|user| Some((user, id_of(user)?))) else {
            return Ok(false);
        };
        let active = user.get("active").and_then(Value::as_bool).unwrap_or(true);
        self.remember(object_id, id, Profile::of_resource(user), active);
        Ok(active)
    }

    fn remember(&mut self, object_id: &str, id: String, profile: Profile, active: bool) {
        let manager = self.state.users.get(object_id).and_then(|known| known.manager.clone());
        self.state.users.insert(object_id.to_owned(), KnownUser { id, profile, active, manager });
    }

    async fn update(&mut self, object_id: &str, changes: &[Change], reactivate: bool) -> Result<(), Error> {
        let (Some(person), Some(known)) = (self.people.person(object_id), self.state.users.get(object_id).cloned())
        else {
            return Ok(());
        };
        match self.wire.reach(&person.user_name, entra::get_user(&known.id)).await? {
            Reached::Done(_) => {}
            Reached::Refused => return Ok(()),
            Reached::Gone => {
                // Deleted behind the provider's back: it starts over by matching.
                self.state.users.remove(object_id);
                return self.provision(object_id).await;
            }
        }
        let request = self.shapes.update_user(&known.id, changes, reactivate.then_some(true));
        if self.wire.tell(&person.user_name, request).await?.is_some() {
            self.wire.report.tally.updated += 1;
            self.remember(object_id, known.id, Profile::of(person), known.active || reactivate);
        }
        Ok(())
    }

    pub(super) async fn disable(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(known) = self.state.users.get(object_id).cloned() else { return Ok(()) };
        let name = known.profile.get("userName").unwrap_or(object_id).to_owned();
        match self.wire.reach(&name, entra::get_user(&known.id)).await? {
            Reached::Done(_) => {}
            Reached::Refused => return Ok(()),
            Reached::Gone => {
                self.state.users.remove(object_id);
                return Ok(());
            }
        }
        if self.wire.tell(&name, self.shapes.update_user(&known.id, &[], Some(false))).await?.is_some() {
            self.wire.report.tally.disabled += 1;
            if let Some(known) = self.state.users.get_mut(object_id) {
                known.active = false;
            }
        }
        Ok(())
    }

    async fn set_manager(&mut self, object_id: &str, manager_object: Option<&str>) -> Result<(), Error> {
        let Some(known) = self.state.users.get(object_id).cloned() else { return Ok(()) };
        let name = known.profile.get("userName").unwrap_or(object_id).to_owned();
        let manager_id = match manager_object {
            None => None,
            Some(manager) => match self.state.users.get(manager) {
                Some(known) => Some(known.id.clone()),
                None => return self.wire.report.skipped(&format!("{name}: the manager is not at the service")),
            },
        };
        if let Some(manager) = &manager_id {
            let Some(found) = self.wire.ask(&name, entra::has_manager(&known.id, manager)).await? else {
                return Ok(());
            };
            if found.total > 0 {
                self.remember_manager(object_id, manager_object);
                return Ok(());
            }
        }
        let base = self.wire.service.base_url();
        let request = self.shapes.set_manager(&known.id, manager_id.as_deref(), &base);
        if self.wire.tell(&name, request).await?.is_some() {
            self.wire.report.tally.updated += 1;
            self.remember_manager(object_id, manager_object);
        }
        Ok(())
    }

    fn remember_manager(&mut self, object_id: &str, manager: Option<&str>) {
        if let Some(known) = self.state.users.get_mut(object_id) {
            known.manager = manager.map(str::to_owned);
        }
    }

    /// Matches by name, then creates or updates.
    pub(super) async fn provision_group(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(group) = self.people.group(object_id) else { return Ok(()) };
        let name = &group.display_name;
        let Some(found) = self.wire.ask(name, entra::match_group(name)).await? else { return Ok(()) };
        let id = match found.resources.first() {
            None => {
                let request = entra::create_group(name, object_id);
                let Some(answer) = self.wire.tell(name, request).await? else { return Ok(()) };
                self.wire.report.tally.groups += 1;
                id_of(&answer.body)
            }
            Some(there) => {
                let differs =
                    |attribute: &str, wanted: &str| there.get(attribute).and_then(Value::as_str) != Some(wanted);
                let display_name = differs("displayName", name).then_some(name.as_str());
                let external_id = differs("externalId", object_id).then_some(object_id);
                let id = id_of(there);
                if let Some(id) = id.as_deref().filter(|_| display_name.is_some() || external_id.is_some()) {
                    if self.wire.tell(name, self.shapes.update_group(id, display_name, external_id)).await?.is_none() {
                        return Ok(());
                    }
                    self.wire.report.tally.groups += 1;
                }
                id
            }
        };
        let Some(id) = id else { return self.wire.report.skipped(&format!("{name}: answered without an id")) };
        let members = self.state.groups.get(object_id).map(|known| known.members.clone()).unwrap_or_default();
        self.state.groups.insert(object_id.to_owned(), KnownGroup { id, display_name: name.clone(), members });
        Ok(())
    }

    async fn rename_group(&mut self, object_id: &str) -> Result<(), Error> {
        let (Some(group), Some(known)) = (self.people.group(object_id), self.state.groups.get(object_id).cloned())
        else {
            return Ok(());
        };
        let name = &group.display_name;
        match self.wire.reach(name, entra::get_group(&known.id)).await? {
            Reached::Done(_) => {}
            Reached::Refused => return Ok(()),
            Reached::Gone => {
                self.state.groups.remove(object_id);
                return self.provision_group(object_id).await;
            }
        }
        if self.wire.tell(name, self.shapes.update_group(&known.id, Some(name), None)).await?.is_some() {
            self.wire.report.tally.groups += 1;
            if let Some(known) = self.state.groups.get_mut(object_id) {
                known.display_name.clone_from(name);
            }
        }
        Ok(())
    }

    async fn release_group(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(known) = self.state.groups.get(object_id).cloned() else { return Ok(()) };
        let name = &known.display_name;
        if self.delete_groups {
            if self.wire.tell(name, entra::delete_group(&known.id)).await?.is_none() {
                return Ok(());
            }
            self.wire.report.tally.groups += 1;
        } else {
            self.wire.report.note(&format!("{name} left the scope; it stays at the service as it is"))?;
        }
        self.state.groups.remove(object_id);
        Ok(())
    }

    pub(super) async fn add_member(&mut self, group: &str, person: &str) -> Result<(), Error> {
        let Some((group_id, person_id, name)) = self.membership(group, person)? else { return Ok(()) };
        let Some(found) = self.wire.ask(&name, entra::is_member(&group_id, &person_id)).await? else { return Ok(()) };
        if found.total == 0 {
            if self.wire.tell(&name, self.shapes.add_member(&group_id, &person_id)).await?.is_none() {
                return Ok(());
            }
            self.wire.report.tally.added += 1;
        }
        if let Some(known) = self.state.groups.get_mut(group) {
            known.members.insert(person.to_owned());
        }
        Ok(())
    }

    pub(super) async fn remove_member(&mut self, group: &str, person: &str) -> Result<(), Error> {
        let Some((group_id, person_id, name)) = self.membership(group, person)? else { return Ok(()) };
        let Some(found) = self.wire.ask(&name, entra::is_member(&group_id, &person_id)).await? else { return Ok(()) };
        if found.total > 0 {
            if self.wire.tell(&name, self.shapes.remove_member(&group_id, &person_id)).await?.is_none() {
                return Ok(());
            }
            self.wire.report.tally.removed += 1;
        }
        if let Some(known) = self.state.groups.get_mut(group) {
            known.members.remove(person);
        }
        Ok(())
    }

    /// Both ids and a name for the report; `None` (and a line) when one of the two is not at the service.
    fn membership(&mut self, group: &str, person: &str) -> Result<Option<(String, String, String)>, Error> {
        match (self.state.groups.get(group), self.state.users.get(person)) {
            (Some(group), Some(user)) => {
                let name = format!("{} in {}", user.profile.get("userName").unwrap_or(person), group.display_name);
                Ok(Some((group.id.clone(), user.id.clone(), name)))
            }
            (group_known, _) => {
                let missing = if group_known.is_none() { "group" } else { "person" };
                let name = self.people.group(group).map_or(group, |g| &g.display_name);
                let who = self.people.person(person).map_or(person, |p| &p.user_name);
                self.wire.report.skipped(&format!("{who} in {name}: the {missing} is not at the service"))?;
                Ok(None)
            }
        }
    }
}
