//! Pushes groups as the providers of the table do: whole groups, not one member after another (B137).
//!
//! A group is created without looking first; where the service answers 409, the group of that name is taken and its
//! members are replaced. Members are only who is in scope and at the service.

use super::dialect::{FirstMembers, Groups};
use super::import::read_all;
use super::requests::{Member, Wanted, patch, patch_group_name};
use super::wire::{Reached, id_of};
use super::{Error, Group, Intent, KnownGroup, Push, plan};
use crate::client::{Method, Request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a group is changed to.
struct Target {
    /// The objectIds of the members.
    people: BTreeSet<String>,
    /// The same as the service knows them.
    members: Vec<Member>,
}

impl Push<'_, '_> {
    /// Pushes each group in which something differs, once.
    pub(super) async fn push_groups(&mut self) -> Result<(), Error> {
        let mut pushed = BTreeSet::new();
        for intent in plan(self.state, self.people) {
            match intent {
                Intent::ReleaseGroup { group } => self.release_group(&group).await?,
                Intent::ProvisionGroup { group }
                | Intent::RenameGroup { group }
                | Intent::AddMember { group, .. }
                | Intent::RemoveMember { group, .. }
                    if pushed.insert(group.clone()) =>
                {
                    self.push_group(&group, false).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes a group what it should be; `full` sends everything again, as "Push now" does.
    pub(super) async fn push_group(&mut self, object_id: &str, full: bool) -> Result<(), Error> {
        let Some(group) = self.people.group(object_id).cloned() else { return Ok(()) };
        let target = self.target(&group, full).await?;
        let Some(known) = self.state.groups.get(object_id).cloned() else {
            return self.create_group(&group, target).await;
        };
        let same = known.display_name == group.display_name && known.members == target.people;
        if same && !full {
            return Ok(());
        }
        let had = if full { None } else { Some(&known.members) };
        match self.send_group(&group, &known.id, &target, had).await? {
            Reached::Done(_) => self.remember_group(&group, known.id, target.people),
            Reached::Refused => {}
            // Deleted behind the provider's back: the next cycle creates it again.
            Reached::Gone => drop(self.state.groups.remove(object_id)),
        }
        Ok(())
    }

    /// The members there should be. A full push looks for those whom it does not know yet: it must not take anybody
    /// out of the group only because nothing is remembered of them.
    async fn target(&mut self, group: &Group, full: bool) -> Result<Target, Error> {
        let scope = self.people.scope();
        let mut target = Target { people: BTreeSet::new(), members: Vec::new() };
        for id in self.people.members(group).into_iter().filter(|id| scope.contains(id)) {
            if full && !self.state.users.contains_key(&id) {
                self.find_active(&id).await?;
            }
            let Some(person) = self.people.person(&id) else { continue };
            let user_name = person.user_name.clone();
            match self.state.users.get(&id) {
                Some(known) => target.members.push(Member { id: known.id.clone(), user_name }),
                None => {
                    let name = &group.display_name;
                    let why = format!("{user_name} in {name}: the person is not at the service");
                    self.wire.report.skipped(&why)?;
                    continue;
                }
            }
            target.people.insert(id);
        }
        Ok(target)
    }

    async fn create_group(&mut self, group: &Group, target: Target) -> Result<(), Error> {
        let name = &group.display_name;
        let answer = self.wire.send(&self.dialect.create_group(&wanted(group, &target))).await?;
        let (id, had) = if answer.is_success() {
            let had = match self.dialect.first_members {
                FirstMembers::Empty => BTreeSet::new(),
                FirstMembers::All => target.people.clone(),
            };
            (id_of(&answer.body), Some(had))
        } else if answer.status == 409 {
            self.wire.report.note(&format!("{name} is there already: it is taken over"))?;
            let found = self.find_group(name).await?;
            (found.as_ref().and_then(id_of), None)
        } else {
            return self.wire.report.refused(name, &answer);
        };
        let Some(id) = id else { return self.wire.report.skipped(&format!("{name}: answered without an id")) };
        if had.as_ref() == Some(&target.people) {
            self.remember_group(group, id, target.people);
            return Ok(());
        }
        if let Reached::Done(_) = self.send_group(group, &id, &target, had.as_ref()).await? {
            self.remember_group(group, id, target.people);
        } else if had.is_some() {
            // It is there, and empty: the next cycle sends the members.
            self.remember_group(group, id, BTreeSet::new());
        }
        Ok(())
    }

    /// The group of a name that the service has: by the pages of an import, or by a filter where there are none.
    async fn find_group(&mut self, name: &str) -> Result<Option<Value>, Error> {
        let all = match self.dialect.page {
            Some(count) => read_all(&mut self.wire, "Groups", count).await?,
            None => self.wire.ask(name, self.dialect.look_up_group(name)).await?.map(|found| found.resources),
        };
        let named = |group: &Value| {
            let found = group.get("displayName").and_then(Value::as_str).unwrap_or_default();
            found.to_lowercase() == name.to_lowercase()
        };
        Ok(all.and_then(|groups| groups.into_iter().find(named)))
    }

    /// Sends name and members. `had`: the objectIds of the members there are; `None`: nobody knows.
    async fn send_group(
        &mut self,
        group: &Group,
        id: &str,
        target: &Target,
        had: Option<&BTreeSet<String>>,
    ) -> Result<Reached, Error> {
        let name = &group.display_name;
        match self.dialect.groups {
            Groups::Put => self.wire.reach(name, self.dialect.put_group(id, &wanted(group, target))).await,
            Groups::Patch => {
                let mut operations = self.member_operations(target, had);
                if self.state.groups.get(&group.object_id).is_some_and(|known| known.display_name != *name) {
                    operations.insert(0, json!({ "op": "replace", "path": "displayName", "value": name }));
                }
                if operations.is_empty() {
                    return Ok(Reached::Done(Value::Null));
                }
                self.wire.reach(name, patch("Groups", id, operations)).await
            }
            Groups::PatchNameThenMembers => {
                let named = self.wire.reach(name, patch_group_name(id, name)).await?;
                let operations = self.member_operations(target, had);
                if operations.is_empty() || !matches!(named, Reached::Done(_)) {
                    return Ok(named);
                }
                self.wire.reach(name, patch("Groups", id, operations)).await
            }
        }
    }

    fn member_operations(&self, target: &Target, had: Option<&BTreeSet<String>>) -> Vec<Value> {
        let Some(had) = had else { return vec![self.dialect.replace_members(&target.members)] };
        let left = had.difference(&target.people);
        let removed: Vec<String> = left.filter_map(|id| Some(self.state.users.get(id)?.id.clone())).collect();
        let joined = target.people.iter().zip(&target.members).filter(|(id, _)| !had.contains(*id));
        let added: Vec<Member> = joined.map(|(_, member)| member.clone()).collect();
        self.dialect.change_members(&removed, &added)
    }

    fn remember_group(&mut self, group: &Group, id: String, members: BTreeSet<String>) {
        let known = KnownGroup { id, display_name: group.display_name.clone(), members };
        let before = self.state.groups.insert(group.object_id.clone(), known.clone());
        let tally = &mut self.wire.report.tally;
        if before.as_ref().is_none_or(|before| before.display_name != known.display_name) {
            tally.groups += 1;
        }
        let had = before.map(|before| before.members).unwrap_or_default();
        tally.added += known.members.difference(&had).count() as u64;
        tally.removed += had.difference(&known.members).count() as u64;
    }

    /// A group that left the scope: deleted, or left as it is.
    async fn release_group(&mut self, object_id: &str) -> Result<(), Error> {
        let Some(known) = self.state.groups.get(object_id).cloned() else { return Ok(()) };
        let name = &known.display_name;
        if self.delete_groups {
            match self.wire.reach(name, Request::new(Method::DELETE, &["Groups", &known.id])).await? {
                Reached::Done(_) => self.wire.report.tally.groups += 1,
                Reached::Gone => {}
                Reached::Refused => return Ok(()),
            }
        } else {
            self.wire.report.note(&format!("{name} left the scope; it stays at the service as it is"))?;
        }
        self.state.groups.remove(object_id);
        Ok(())
    }
}

fn wanted<'a>(group: &'a Group, target: &'a Target) -> Wanted<'a> {
    Wanted { display_name: &group.display_name, external_id: &group.object_id, members: &target.members }
}
