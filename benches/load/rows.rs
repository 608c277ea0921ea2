//! The row set of a request without HTTP: the same use cases, called in this process.

use crate::work::{rate, user};
use scim_operator::config::Publication;
use scim_operator::directory::{Actor, Directory, Settings};
use scim_operator::store::Location;
use serde_json::{Value, json};
use std::cell::Cell;
use std::error::Error;
use std::time::{Duration, Instant};

/// Figures at one caller and at 32.
pub struct Rows {
    /// People made a second.
    pub create: [String; 2],
    /// Members put in and taken out of a group of 10, a second.
    pub patch: [String; 2],
}

/// Measures over a store of its own.
pub async fn measure(store: Location, time: Duration) -> Result<Rows, Box<dyn Error>> {
    let directory = Directory::open(Settings::over(store)).await?;
    publish(&directory).await?;
    let (next, ids) = (Cell::new(0), std::cell::RefCell::new(Vec::new()));
    let by = Actor::default();
    let create = async |_caller: usize, _turn: usize| {
        let n = next.replace(next.get() + 1);
        let made = directory.create_user(&by, user(n)).await?;
        ids.borrow_mut().push(made["id"].as_str().unwrap_or_default().to_owned());
        Ok::<_, Box<dyn Error>>(())
    };
    let create = [repeat(1, time, &create).await?, repeat(32, time, &create).await?];
    let ids = ids.into_inner();
    let members: Vec<Value> = ids[..10].iter().map(|id| json!({ "value": id })).collect();
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    let group = json!({ "schemas": schemas, "displayName": "Group of 10", "members": members });
    let group = directory.create_group(&by, group).await?["id"].as_str().unwrap_or_default().to_owned();
    let patch = async |caller: usize, turn: usize| {
        let op = if turn.is_multiple_of(2) { "Remove" } else { "Add" };
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": op, "path": "members", "value": [{ "value": ids[caller] }] }],
        });
        directory.patch_group(&by, &group, body).await?;
        Ok::<_, Box<dyn Error>>(())
    };
    let patch = [repeat(1, time, &patch).await?, repeat(32, time, &patch).await?];
    directory.close().await;
    Ok(Rows { create, patch })
}

async fn repeat(
    callers: usize,
    time: Duration,
    work: &impl AsyncFn(usize, usize) -> Result<(), Box<dyn Error>>,
) -> Result<String, Box<dyn Error>> {
    let start = Instant::now();
    let calls = (0..callers).map(async |caller| {
        let mut count = 0;
        while start.elapsed() < time {
            work(caller, count).await?;
            count += 1;
        }
        Ok::<_, Box<dyn Error>>(count)
    });
    let counts = futures::future::try_join_all(calls).await?;
    Ok(rate(counts.into_iter().sum(), start.elapsed()))
}

async fn publish(directory: &Directory) -> Result<(), Box<dyn Error>> {
    let document = crate::support::endpoint::document(Vec::new());
    let publication = Publication {
        revocation_floor: 0,
        take: None,
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        if_revision: 0,
        content_hash: document.content_hash(),
        document,
    };
    directory.publish(publication).await?;
    Ok(())
}
