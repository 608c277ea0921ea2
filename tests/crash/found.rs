//! What a store has when it is opened after a power cut, looked at through the front door.

use crate::disk::{self, Image};
use crate::history::SHARED;
use crate::ledger::Fact;
use power_cut::{Event, Recording};
use scim_operator::directory::{AccessQuery, Directory, ListQuery, Settings};
use scim_operator::scim::{Projection, ResourceKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// More than any history makes.
const ALL: u64 = 1_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What is so.
    pub facts: BTreeSet<Fact>,
    /// What does not fit together, a line for each.
    pub unfit: Vec<String>,
}

/// Opens a store on the files of an image and closes it; also answers what that did to the disk.
///
/// A store that cannot be opened or read is what does not fit.
pub async fn open(image: &Image) -> (Found, Vec<Event>) {
    let folder = tempfile::tempdir().expect("a folder");
    disk::lay_out(image, folder.path()).expect("the files of an image");
    let recording = Recording::start(folder.path()).expect("a recording");
    let found = look(folder.path()).await.unwrap_or_else(|error| Found { unfit: vec![error], ..Found::default() });
    (found, recording.events())
}

async fn look(data: &Path) -> Result<Found, String> {
    let directory = Directory::open(Settings::new(data)).await.map_err(|error| format!("does not open: {error}"))?;
    let found = read(&directory).await.map_err(|error| format!("cannot be read: {error}"));
    directory.close().await;
    let mut found = found?;
    let said = integrity(data).map_err(|error| format!("cannot be checked: {error}"))?;
    found.unfit.extend(said.into_iter().filter(|line| line != "ok"));
    Ok(found)
}

fn integrity(data: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = rusqlite::Connection::open(data.join("scim.db"))?;
    connection.prepare("PRAGMA integrity_check")?.query_map([], |row| row.get(0))?.collect()
}

async fn read(directory: &Directory) -> Result<Found, scim_operator::directory::Error> {
    let mut found = Found::default();
    if directory.in_force().document.is_none() {
        return Ok(found);
    }
    found.facts.insert(Fact::Published);
    let (query, projection) = (ListQuery { count: ALL, ..ListQuery::default() }, Projection::all(ResourceKind::GROUP));
    let mut names = BTreeMap::new();
    for user in directory.users(&query, &projection).await?.resources {
        let (id, name) = (text(&user["id"]), text(&user["userName"]));
        found.facts.insert(Fact::User(name.clone()));
        names.insert(id, name);
    }
    let mut entitled: BTreeSet<(String, String)> = BTreeSet::new();
    for group in directory.groups(&query, &projection).await?.resources {
        let name = text(&group["displayName"]);
        found.facts.insert(Fact::Group(name.clone()));
        for member in group.get("members").and_then(|members| members.as_array()).into_iter().flatten() {
            let Some(user) = names.get(&text(&member["value"])) else {
                found.unfit.push(format!("{name} has a member who is nobody: {member}"));
                continue;
            };
            found.facts.insert(Fact::Member(name.clone(), user.clone()));
            if SHARED.contains(&name.as_str()) {
                entitled.insert((user.clone(), name.clone()));
            }
        }
    }
    let page = directory.access_page(&AccessQuery { count: ALL, ..AccessQuery::default() }).await?;
    let mut granted = BTreeSet::new();
    for user in page.users {
        granted.extend(user.stored_grants.into_iter().map(|grant| (user.user_name.clone(), grant.tenant)));
    }
    for (user, tenant) in granted.symmetric_difference(&entitled) {
        found.unfit.push(format!("{user} has a membership without its access, or access without it: {tenant}"));
    }
    Ok(found)
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("a text").to_owned()
}
