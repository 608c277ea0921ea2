//! Sixteen clients, twenty groups, three replicas that are killed one after the other: the serial result. C011.

use crate::fleet::Fleet;
use crate::support::merging::found::rules;
use crate::support::merging::{hold, plan};

/// Endpoints over one schema.
const REPLICAS: usize = 3;
/// PATCHes of each client, unless `PATCHES_PER_CLIENT` in the environment says otherwise.
const PATCHES: usize = 1_000;

#[tokio::test]
async fn c011_sixteen_clients_of_three_replicas_that_are_killed_come_to_what_each_comes_to_alone() {
    let Some(fleet) = Fleet::start("c011_sixteen_clients", REPLICAS, rules()).await else { return };
    hold(&plan(PATCHES, REPLICAS), fleet.replicas).await;
}
