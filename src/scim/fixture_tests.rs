//! The exchanges of `tests/data`, run against the protocol alone: a world of users, groups and members in maps.
//!
//! The same files are sent over HTTP elsewhere; here they show that the answers follow from this room.

use super::*;
use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};
use std::path::Path;

const BASE: &str = "https://scim.example.org/scim/v2";

/// Answered with this status and body.
type Answer = (u16, Value);

struct GroupRow {
    group: Group,
    members: IndexSet<String>,
    version: u64,
}

#[derive(Default)]
struct World {
    dialect: Dialect,
    users: IndexMap<String, (User, u64)>,
    groups: IndexMap<String, GroupRow>,
}

impl World {
    fn how(&self) -> Reading {
        Reading::new(self.dialect)
    }

    fn answer(&mut self, step: &Value) -> Result<Answer, Error> {
        let path = step["path"].as_str().unwrap().trim_start_matches('/');
        let (kind, id) = path.split_once('/').map_or((path, None), |(kind, id)| (kind, Some(id)));
        let body = step["request"].clone();
        match (step["method"].as_str().unwrap(), kind, id) {
            ("GET", "Schemas", None) => {
                let schemas = discovery::schemas(&Types::default().schemas().collect::<Vec<_>>(), BASE);
                let total = schemas.len() as u64;
                Ok((200, list_response(schemas, total, 1)))
            }
            ("POST", "Users", None) => self.put_user(None, User::read(body, ResourceKind::USER, &self.how())?),
            ("POST", "Groups", None) => {
                let (group, members) = Group::read(body, ResourceKind::GROUP, &self.how())?;
                self.put_group(None, group, members.iter().map(ToString::to_string).collect())
            }
            ("GET", _, None) => self.list(kind, &step["query"]),
            (method, "Users", Some(id)) => self.on_user(method, id, body, &step["query"]),
            (method, "Groups", Some(id)) => self.on_group(method, id, body, &step["query"]),
            (method, kind, _) => panic!("{method} /{kind} is not part of this world"),
        }
    }

    fn on_user(&mut self, method: &str, id: &str, body: Value, query: &Value) -> Result<Answer, Error> {
        let (user, _) = self.users.get(id).ok_or_else(|| Error::not_found("User", id))?;
        match method {
            "GET" => Ok((200, projected(self.user(id), query, ResourceKind::USER)?)),
            "PUT" => self.put_user(Some(id), User::read(body, ResourceKind::USER, &self.how())?),
            "PATCH" => {
                self.put_user(Some(id), Patch::read(body, ResourceKind::USER, &self.how())?.apply_to_user(user)?)
            }
            _ => {
                self.users.shift_remove(id);
                Ok((204, Value::Null))
            }
        }
    }

    fn on_group(&mut self, method: &str, id: &str, body: Value, query: &Value) -> Result<Answer, Error> {
        let row = self.groups.get(id).ok_or_else(|| Error::not_found("Group", id))?;
        match method {
            "GET" => Ok((200, projected(self.group(id), query, ResourceKind::GROUP)?)),
            "PATCH" => {
                let (group, change) =
                    Patch::read(body, ResourceKind::GROUP, &self.how())?.apply_to_group(&row.group)?;
                let mut members = if change.clear { IndexSet::new() } else { row.members.clone() };
                members.retain(|member| !change.remove.contains(&MemberId::from(member.as_str())));
                members.extend(change.add.iter().map(ToString::to_string));
                self.put_group(Some(id), group, members)
            }
            _ => {
                self.groups.shift_remove(id);
                Ok((204, Value::Null))
            }
        }
    }

    fn put_user(&mut self, id: Option<&str>, user: User) -> Result<Answer, Error> {
        user.check_required(&["givenName", "familyName", "emails"].map(str::to_owned))?;
        let name = folded(user.user_name());
        if self.users.iter().any(|(other, (row, _))| Some(other.as_str()) != id && folded(row.user_name()) == name) {
            return Err(Error::uniqueness("`userName` is in use"));
        }
        let (status, id) = id.map_or_else(|| (201, format!("u{}", self.users.len())), |id| (200, id.to_owned()));
        let version = match self.users.get(&id) {
            None => 1,
            Some((old, version)) => version + u64::from(*old != user),
        };
        self.users.insert(id.clone(), (user, version));
        Ok((status, Value::Object(self.user(&id))))
    }

    fn put_group(&mut self, id: Option<&str>, group: Group, members: IndexSet<String>) -> Result<Answer, Error> {
        let name = folded(group.display_name());
        if self.groups.iter().any(|(other, row)| Some(other.as_str()) != id && folded(row.group.display_name()) == name)
        {
            return Err(Error::uniqueness("`displayName` is in use"));
        }
        let (status, id) = id.map_or_else(|| (201, format!("g{}", self.groups.len())), |id| (200, id.to_owned()));
        let version = self.groups.get(&id).map_or(1, |row| row.version + 1);
        self.groups.insert(id.clone(), GroupRow { group, members, version });
        Ok((status, Value::Object(self.group(&id))))
    }

    fn list(&self, kind: &str, query: &Value) -> Result<Answer, Error> {
        let (all, kind): (Vec<Attributes>, _) = match kind {
            "Users" => (self.users.keys().map(|id| self.user(id)).collect(), ResourceKind::USER),
            _ => (self.groups.keys().map(|id| self.group(id)).collect(), ResourceKind::GROUP),
        };
        let filter = query["filter"].as_str().map(|text| Filter::parse(text, kind, &self.how())).transpose()?;
        let found = all.into_iter().filter(|resource| filter.as_ref().is_none_or(|filter| filter.matches(resource)));
        let found = found.map(|resource| projected(resource, query, kind)).collect::<Result<Vec<_>, _>>()?;
        let total = found.len() as u64;
        Ok((200, list_response(found, total, 1)))
    }

    fn user(&self, id: &str) -> Attributes {
        let (user, version) = &self.users[id];
        let of = |(id, row): (&String, &GroupRow)| Reference {
            value: id.clone(),
            display: Some(row.group.display_name().to_owned()),
        };
        let groups: Vec<_> = self.groups.iter().filter(|(_, row)| row.members.contains(id)).map(of).collect();
        render_user(user, &meta(id, *version), &groups, BASE)
    }

    fn group(&self, id: &str) -> Attributes {
        let row = &self.groups[id];
        let members: Vec<_> =
            row.members.iter().map(|member| Reference { value: member.clone(), display: None }).collect();
        render_group(&row.group, &meta(id, row.version), Some(&members), BASE)
    }
}

fn meta(id: &str, version: u64) -> Meta {
    let at = "2026-05-13T04:42:34Z".parse().unwrap();
    Meta { id: id.to_owned(), created: at, last_modified: at, version, shows: None }
}

fn projected(mut resource: Attributes, query: &Value, kind: ResourceKind) -> Result<Value, Error> {
    Projection::parse(query["attributes"].as_str(), query["excludedAttributes"].as_str(), kind, &Reading::default())?
        .apply(&mut resource);
    Ok(Value::Object(resource))
}

/// Whether a value holds what is expected: parts of objects, and for every element of a list one of its own.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| found.get(name).is_some_and(|found| holds(found, expected)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            let mut left: Vec<&Value> = found.iter().collect();
            let each = expected.iter().all(|expected| {
                let position = left.iter().position(|found| holds(found, expected));
                position.map(|position| left.remove(position)).is_some()
            });
            each && left.is_empty()
        }
        (found, expected) => found == expected,
    }
}

/// The step with the ids that earlier steps saved.
fn filled_in(step: &Value, saved: &[(String, String)]) -> Value {
    let text = saved.iter().fold(step.to_string(), |text, (name, id)| text.replace(&format!("{{{{{name}}}}}"), id));
    serde_json::from_str(&text).unwrap()
}

/// What is wrong with the answers to an exchange; nothing when they are as expected.
fn complaints(exchange: &Value) -> Vec<String> {
    let mut world = World::default();
    let mut saved: Vec<(String, String)> = Vec::new();
    let mut complaints = Vec::new();
    let steps = |name: &str| exchange[name].as_array().cloned().unwrap_or_default();
    for step in steps("setup").iter().chain([exchange]).chain(&steps("then")) {
        let step = filled_in(step, &saved);
        let (status, body) = world.answer(&step).unwrap_or_else(|error| (error.status, error.to_json()));
        if let Some(name) = step["save"].as_str() {
            saved.push((name.to_owned(), body["id"].as_str().unwrap_or_default().to_owned()));
        }
        let allowed = match &step["status"] {
            Value::Array(allowed) => allowed.contains(&json!(status)),
            one => one == status,
        };
        let expected = step.get("response").is_none_or(|expected| holds(&body, expected));
        let absent = step["absent"].as_array().into_iter().flatten();
        let there: Vec<_> = absent.filter(|pointer| body.pointer(pointer.as_str().unwrap()).is_some()).collect();
        if !allowed || !expected || !there.is_empty() {
            complaints.push(format!("{} {} answered {status} {body} ({there:?})", step["method"], step["path"]));
        }
    }
    complaints
}

/// The files of a folder of `tests/data`, in order, with what they hold.
fn exchanges(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    };
    files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")).map(read).collect()
}

fn run(folder: &str) -> usize {
    let all = exchanges(folder);
    // A refused token is no matter of this room.
    let here: Vec<_> = all.iter().filter(|(_, exchange)| exchange["status"] != json!(401)).collect();
    let wrong: Vec<String> = here
        .iter()
        .flat_map(|(name, exchange)| complaints(exchange).into_iter().map(move |text| format!("{name}: {text}")))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    here.len()
}

#[test]
fn what_entra_id_sends_is_answered_as_it_expects() {
    assert!(run("idp/entra") >= 50);
}

#[test]
fn the_samples_of_rfc_7644_are_answered_as_it_says() {
    assert!(run("rfc7644") >= 20);
}

#[test]
fn a_wrong_answer_is_a_complaint() {
    let (_, exchange) = exchanges("idp/entra").remove(0);
    let with = |change: fn(&mut Value)| {
        let mut changed = exchange.clone();
        change(&mut changed);
        complaints(&changed).len()
    };
    assert_eq!(with(|_| ()), 0);
    assert_eq!(with(|exchange| exchange["status"] = json!(200)), 1);
    assert_eq!(with(|exchange| exchange["response"]["emails"] = json!([])), 1);
    assert_eq!(with(|exchange| exchange["absent"] = json!(["/id"])), 1);
}

#[test]
fn every_exchange_says_what_it_is_and_where_it_is_from() {
    let mut ids = IndexSet::new();
    for (name, exchange) in exchanges("idp/entra").into_iter().chain(exchanges("rfc7644")) {
        for text in ["id", "what", "source", "method", "path"] {
            assert!(exchange[text].as_str().is_some_and(|text| !text.is_empty()), "{name}: `{text}`");
        }
        assert!(ids.insert(exchange["id"].to_string()), "{name}: its id is used twice");
    }
}
