//! The people file: who exists at the provider, in which groups, and which groups are assigned to the application.
//!
//! Scope is assignment, of groups (direct members only: B019, B020, B109) or of single people. An assignment with the
//! app role `Default Access` counts for nothing (B108).

use super::Error;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

/// The app role that puts nobody in scope (B108).
const DEFAULT_ACCESS: &str = "Default Access";

/// One person as the provider knows them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// The sign-in name; what the service is asked for first.
    pub user_name: String,
    /// The provider's id, sent as `externalId`. Absent: derived from the name, so that a new name is a new person.
    #[serde(default, alias = "externalId")]
    pub object_id: String,
    /// `name.givenName`.
    #[serde(default)]
    pub given_name: Option<String>,
    /// `name.familyName`.
    #[serde(default)]
    pub family_name: Option<String>,
    /// `displayName`.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The work address.
    #[serde(default)]
    pub mail: Option<String>,
    /// The job title.
    #[serde(default)]
    pub title: Option<String>,
    /// The department.
    #[serde(default)]
    pub department: Option<String>,
    /// The manager's `userName`.
    #[serde(default)]
    pub manager: Option<String>,
    /// False: the account is blocked; sent as `active` false.
    #[serde(default = "yes")]
    pub account_enabled: bool,
    /// Whether the person is assigned to the application without a group.
    #[serde(default)]
    pub assigned: bool,
    /// The app role of that assignment.
    #[serde(default)]
    pub app_role: Option<String>,
}

/// One group as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The name; what the service is asked for first.
    pub display_name: String,
    /// The provider's id, sent as `externalId`. Absent: derived from the name.
    #[serde(default, alias = "externalId")]
    pub object_id: String,
    /// Whether the group is assigned to the application.
    #[serde(default)]
    pub assigned: bool,
    /// The app role of that assignment.
    #[serde(default)]
    pub app_role: Option<String>,
    /// Direct members by `userName`.
    #[serde(default)]
    pub members: Vec<String>,
    /// Groups inside this one, by name: their members are not in scope through this group (B020).
    #[serde(default)]
    pub member_groups: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    people: Vec<Person>,
    #[serde(default)]
    groups: Vec<Group>,
}

/// Everybody, resolved and checked: every name that is used exists, no name or id is used twice.
#[derive(Debug, Clone, Default)]
pub struct People {
    people: BTreeMap<String, Person>,
    groups: BTreeMap<String, Group>,
    names: BTreeMap<String, String>,
    order: (Vec<String>, Vec<String>),
}

fn yes() -> bool {
    true
}

fn assigned(assigned: bool, app_role: Option<&str>) -> bool {
    assigned && app_role != Some(DEFAULT_ACCESS)
}

impl Group {
    /// Whether the group and its direct members are in scope.
    pub fn in_scope(&self) -> bool {
        assigned(self.assigned, self.app_role.as_deref())
    }
}

impl People {
    /// Reads a file, or all `*.yaml` and `*.yml` files of a folder (not of the folders inside it).
    pub fn read(path: &Path) -> Result<Self, Error> {
        let broken = |source| Error::File { path: path.to_owned(), source };
        let mut files = Vec::new();
        if std::fs::metadata(path).map_err(broken)?.is_dir() {
            for entry in std::fs::read_dir(path).map_err(broken)? {
                let file = entry.map_err(broken)?.path();
                let yaml = file.extension().is_some_and(|e| e == "yaml" || e == "yml");
                let hidden = file.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
                if yaml && !hidden && file.is_file() {
                    files.push(file);
                }
            }
            files.sort();
        } else {
            files.push(path.to_owned());
        }
        let mut all = File { people: Vec::new(), groups: Vec::new() };
        for path in files {
            let text = std::fs::read_to_string(&path).map_err(|source| Error::File { path: path.clone(), source })?;
            let file = parse(&text).map_err(|reason| Error::Syntax { path, reason })?;
            all.people.extend(file.people);
            all.groups.extend(file.groups);
        }
        Self::resolve(all)
    }

    /// Reads the text of one people file.
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        Self::resolve(parse(text).map_err(Error::People)?)
    }

    fn resolve(file: File) -> Result<Self, Error> {
        let mut all = Self::default();
        for mut person in file.people {
            if person.object_id.is_empty() {
                person.object_id = derived("person", &person.user_name);
            }
            let id = person.object_id.clone();
            if all.names.insert(person.user_name.to_lowercase(), id.clone()).is_some() {
                return Err(Error::People(format!("two people are called {:?}", person.user_name)));
            }
            if let Some(other) = all.people.insert(id.clone(), person) {
                return Err(Error::People(format!("{:?} shares its objectId {id:?} with another", other.user_name)));
            }
            all.order.0.push(id);
        }
        let mut names = BTreeSet::new();
        for mut group in file.groups {
            if group.object_id.is_empty() {
                group.object_id = derived("group", &group.display_name);
            }
            let id = group.object_id.clone();
            if !names.insert(group.display_name.to_lowercase()) {
                return Err(Error::People(format!("two groups are called {:?}", group.display_name)));
            }
            if let Some(other) = all.groups.insert(id.clone(), group) {
                return Err(Error::People(format!("{:?} shares its objectId {id:?} with another", other.display_name)));
            }
            all.order.1.push(id);
        }
        all.check(&names)?;
        Ok(all)
    }

    fn check(&self, group_names: &BTreeSet<String>) -> Result<(), Error> {
        for person in self.people() {
            if let Some(manager) = person.manager.as_deref().filter(|m| self.id_of(m).is_none()) {
                return Err(Error::People(format!(
                    "{:?} has the manager {manager:?}, who is not there",
                    person.user_name
                )));
            }
        }
        for group in self.groups() {
            if let Some(member) = group.members.iter().find(|m| self.id_of(m).is_none()) {
                return Err(Error::People(format!(
                    "{:?} has the member {member:?}, who is not there",
                    group.display_name
                )));
            }
            if let Some(inner) = group.member_groups.iter().find(|g| !group_names.contains(&g.to_lowercase())) {
                return Err(Error::People(format!(
                    "{:?} has the group {inner:?}, which is not there",
                    group.display_name
                )));
            }
        }
        Ok(())
    }

    /// Everybody, in the order of the file.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.order.0.iter().filter_map(|id| self.people.get(id))
    }

    /// All groups, in the order of the file.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.order.1.iter().filter_map(|id| self.groups.get(id))
    }

    /// A person by objectId.
    pub fn person(&self, object_id: &str) -> Option<&Person> {
        self.people.get(object_id)
    }

    /// A group by objectId.
    pub fn group(&self, object_id: &str) -> Option<&Group> {
        self.groups.get(object_id)
    }

    /// The objectId behind a `userName`, whatever its case.
    pub fn id_of(&self, user_name: &str) -> Option<&str> {
        self.names.get(&user_name.to_lowercase()).map(String::as_str)
    }

    /// The objectId of the manager, when that person is in scope too: a reference leads to something provisioned.
    pub fn manager_of(&self, person: &Person, scope: &BTreeSet<String>) -> Option<String> {
        let id = self.id_of(person.manager.as_deref()?)?;
        scope.contains(id).then(|| id.to_owned())
    }

    /// The objectIds of a group's direct members.
    pub fn members(&self, group: &Group) -> BTreeSet<String> {
        group.members.iter().filter_map(|name| self.id_of(name)).map(str::to_owned).collect()
    }

    /// The objectIds of everybody in scope.
    pub fn scope(&self) -> BTreeSet<String> {
        let single = self.people().filter(|p| assigned(p.assigned, p.app_role.as_deref()));
        let mut scope: BTreeSet<String> = single.map(|p| p.object_id.clone()).collect();
        for group in self.groups().filter(|g| g.in_scope()) {
            scope.extend(self.members(group));
        }
        scope
    }
}

fn parse(text: &str) -> Result<File, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

fn derived(kind: &str, name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{kind}:{}", name.to_lowercase()).as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::People;

    const FOUR: &str = "
people:
  - { userName: ada@example.com, objectId: a }
  - { userName: bea@example.com, objectId: b, manager: ADA@example.com }
  - { userName: cid@example.com, objectId: c, assigned: true }
  - { userName: dan@example.com, objectId: d, assigned: true, appRole: Default Access }
groups:
  - { displayName: Designers, objectId: g, assigned: true, members: [ada@example.com], memberGroups: [Inner] }
  - { displayName: Inner, objectId: i, members: [bea@example.com] }
  - { displayName: Everybody, objectId: e, assigned: true, appRole: Default Access, members: [bea@example.com] }
";

    #[test]
    fn b019_b020_b108_scope_is_direct_assignment_and_nothing_else() {
        let people = People::from_yaml(FOUR).unwrap();
        assert_eq!(people.scope().into_iter().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn ok_a_person_without_an_object_id_gets_one_from_the_name() {
        let one = "people: [{ userName: Ada@example.com }]";
        let ids = |text| People::from_yaml(text).unwrap().people().map(|p| p.object_id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(one), ids("people: [{ userName: ada@example.com }]"));
        assert_ne!(ids(one), ids("people: [{ userName: bea@example.com }]"));
    }

    #[test]
    fn err_what_does_not_hold_together_is_named() {
        for (text, said) in [
            ("people: [{ userName: a }, { userName: A }]", "two people are called"),
            ("people: [{ userName: a, objectId: x }, { userName: b, objectId: x }]", "shares its objectId"),
            ("groups: [{ displayName: a }, { displayName: A }]", "two groups are called"),
            ("people: [{ userName: a, manager: b }]", "has the manager \"b\""),
            ("groups: [{ displayName: g, members: [b] }]", "has the member \"b\""),
            ("groups: [{ displayName: g, memberGroups: [h] }]", "has the group \"h\""),
            ("people: [{ userName: a, salary: 1 }]", "salary"),
        ] {
            let message = People::from_yaml(text).unwrap_err().to_string();
            assert!(message.contains(said), "{text}: {message}");
        }
    }
}
