//! "Provision on demand" (B057, B058): one person at once, and one membership when a group is chosen with them. At Okta
//! and the like that is assigning one person, and "Push now" of one group.

use super::{Cycle, Error, Group, People, Push};

impl Cycle<'_, '_> {
    /// Provisions one person, whatever is remembered of them; with a group also that group and whether the person is
    /// in it. Somebody out of scope is disabled when the service has them, and skipped otherwise.
    pub async fn on_demand(&mut self, user_name: &str, group: Option<&str>) -> Result<(), Error> {
        let (person, group) = named(self.people, user_name, group)?;
        if self.people.scope().contains(&person) {
            self.provision(&person).await?;
        } else if self.find_active(&person).await? {
            self.disable(&person).await?;
        } else {
            self.wire.report.skipped(&out_of_scope(user_name))?;
        }
        let Some(group) = group else { return Ok(()) };
        let id = &group.object_id;
        if !group.in_scope() {
            return self.wire.report.skipped(&not_assigned(group));
        }
        self.provision_group(id).await?;
        if self.people.members(group).contains(&person) {
            self.add_member(id, &person).await
        } else {
            self.remove_member(id, &person).await
        }
    }
}

impl Push<'_, '_> {
    /// Assigns one person, whatever is remembered of them; with a group also pushes that group with all its members.
    /// Somebody out of scope is disabled when the service has them, and skipped otherwise.
    pub async fn on_demand(&mut self, user_name: &str, group: Option<&str>) -> Result<(), Error> {
        let (person, group) = named(self.people, user_name, group)?;
        if self.people.scope().contains(&person) {
            self.assign(&person).await?;
        } else if self.find_active(&person).await? {
            self.unassign(&person).await?;
        } else {
            self.wire.report.skipped(&out_of_scope(user_name))?;
        }
        let Some(group) = group else { return Ok(()) };
        if !group.in_scope() {
            return self.wire.report.skipped(&not_assigned(group));
        }
        self.push_group(&group.object_id, true).await
    }
}

/// The objectId of a person and a group, both by name in any case.
fn named<'p>(people: &'p People, user_name: &str, group: Option<&str>) -> Result<(String, Option<&'p Group>), Error> {
    let unknown = |kind, name: &str| Error::Unknown { kind, name: name.to_owned() };
    let person = people.id_of(user_name).ok_or_else(|| unknown("person", user_name))?.to_owned();
    let Some(name) = group else { return Ok((person, None)) };
    let wanted = name.to_lowercase();
    let found = people.groups().find(|group| group.display_name.to_lowercase() == wanted);
    Ok((person, Some(found.ok_or_else(|| unknown("group", name))?)))
}

fn out_of_scope(user_name: &str) -> String {
    format!("{user_name} is not in scope: assign the person or one of their groups")
}

fn not_assigned(group: &Group) -> String {
    format!("{} is not assigned to the application", group.display_name)
}
