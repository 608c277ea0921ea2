//! "Provision on demand" (B057, B058): one person at once, and one membership when a group is chosen with them.

use super::{Cycle, Error};

impl Cycle<'_, '_> {
    /// Provisions one person, whatever is remembered of them; with a group also that group and whether the person is
    /// in it. Somebody out of scope is disabled when the service has them, and skipped otherwise.
    pub async fn on_demand(&mut self, user_name: &str, group: Option<&str>) -> Result<(), Error> {
        let unknown = |kind, name: &str| Error::Unknown { kind, name: name.to_owned() };
        let person = self.people.id_of(user_name).ok_or_else(|| unknown("person", user_name))?.to_owned();
        let group = match group {
            None => None,
            Some(name) => {
                let wanted = name.to_lowercase();
                let found = self.people.groups().find(|g| g.display_name.to_lowercase() == wanted);
                Some(found.ok_or_else(|| unknown("group", name))?.clone())
            }
        };
        if self.people.scope().contains(&person) {
            self.provision(&person).await?;
        } else if self.find_active(&person).await? {
            self.disable(&person).await?;
        } else {
            self.report.skipped(&format!("{user_name} is not in scope: assign the person or one of their groups"))?;
        }
        let Some(group) = group else { return Ok(()) };
        let id = &group.object_id;
        if !group.in_scope() {
            return self.report.skipped(&format!("{} is not assigned to the application", group.display_name));
        }
        self.provision_group(id).await?;
        if self.people.members(&group).contains(&person) {
            self.add_member(id, &person).await
        } else {
            self.remove_member(id, &person).await
        }
    }
}
