//! A full run asked for right after a configuration came into force, while another replica still commits what it had
//! decided under the one before. B062, B066, C011.
//!
//! A full run takes no lock on whom it finds unchanged, so it waits until every change that was begun before has ended
//! (src/store/postgres/gate.rs), however long that takes. The message that matters is held in the database by a row
//! that it has to write, after it has decided.

use crate::fleet::Fleet;
use crate::support::database::Database;
use crate::support::endpoint::{Endpoint, LIMIT, document, rule};
use crate::support::wait;
use crate::writers::Writers;
use scim_operator::config::{Phase, RuleEntry, RunStatus};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long the message is held after the run was asked for, unless the run ends before: a run that does not wait has
/// ended by then, one that waits has not begun.
const HELD_FOR: Duration = Duration::from_secs(3);

const DESIGNER: &str = "main: Designer [] from d";
const PARTICIPANT: &str = "main: Participant [] from d";

fn gives(role: &str) -> Vec<RuleEntry> {
    vec![rule("d", "Designers", role, &["main"], &[])]
}

/// A session of its own that keeps what a user holds from being written.
struct Hold {
    client: tokio_postgres::Client,
    pid: i32,
}

impl Hold {
    async fn on_access_of(user: &str, database: &Database) -> Self {
        let url = std::fs::read_to_string(&database.url).unwrap();
        let (client, connection) = tokio_postgres::connect(url.trim(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let pid = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        let schema = &database.schema;
        client
            .batch_execute(&format!("BEGIN; SELECT 1 FROM \"{schema}\".access WHERE user_id = '{user}' FOR UPDATE"))
            .await
            .unwrap();
        Self { client, pid }
    }

    /// Waits until somebody waits for it.
    async fn is_waited_for(&self, database: &Database) {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE {} = ANY(pg_blocking_pids(pid))", self.pid);
        wait::until("the message waits", LIMIT, async || (database.ask(&sql).await != ["0"]).then_some(())).await;
    }

    async fn release(self) {
        self.client.batch_execute("ROLLBACK").await.unwrap();
    }
}

async fn the_run(replica: &Endpoint) -> RunStatus {
    serde_json::from_value(replica.access.get("/access/v1/syncs/run").await.json()).expect("a run")
}

/// Makes people and lets them join by way of this replica until one of them gets what the new rule gives; all of them.
async fn joined_until(replica: &Endpoint, group: &str, gives: &str) -> Vec<String> {
    let mut joined = Vec::new();
    wait::until("messages go by the new rule", LIMIT, async || {
        let user = replica.user(&format!("probe-{}@example.com", joined.len())).await;
        replica.join(group, &user).await;
        let is_new = replica.access_of(&user).await == gives;
        joined.push(user);
        is_new.then_some(())
    })
    .await;
    joined
}

/// Where a run does not wait this fails three times. It ends while the message is held, for it finds Ada with what the
/// new rule gives her; what the message had decided is committed behind it, and nobody takes it back.
#[tokio::test]
async fn b062_b066_c011_a_full_run_leaves_nobody_with_what_another_replica_had_decided_under_the_rules_before() {
    let Some(mut fleet) = Fleet::start("b062_a_full_run_leaves_nobody", 2, gives("Designer")).await else { return };
    let database = fleet.database.clone();
    let writers = Writers::start(&fleet, 4).await;
    writers.more(8).await;
    let found = fleet.replicas[1].ask("/scim/v2/Groups", &[("filter", "displayName eq \"Designers\"")]).await.json();
    let group = found["Resources"][0]["id"].as_str().expect("the group is there").to_owned();
    let ada = fleet.replicas[0].user("ada@example.com").await;
    fleet.replicas[0].join(&group, &ada).await;

    fleet.publish(gives("Participant")).await;
    let mut people = joined_until(&fleet.replicas[1], &group, PARTICIPANT).await;
    assert_eq!(fleet.replicas[1].access_of(&ada).await, DESIGNER, "no run has brought her the other rule");
    let hold = Hold::on_access_of(&ada, &database).await;
    let (caller, path) = (fleet.replicas[1].public.clone(), format!("/scim/v2/Users/{ada}"));
    let renamed = json!([{ "op": "Replace", "path": "displayName", "value": "Ada" }]);
    let message = tokio::spawn(async move { caller.patch(&path, &renamed).await });
    hold.is_waited_for(&database).await;
    people.push(ada.clone());

    let first = &mut fleet.replicas[0];
    first.document = document(gives("Designer"));
    first.publish().await;
    let request = json!({ "name": "run", "scope": { "all": {} } });
    let asked = first.administrator().json("POST", "/access/v1/syncs", &request).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let since = Instant::now();
    wait::until("the run has ended, or was given the time to", LIMIT, async || {
        let over = the_run(&fleet.replicas[0]).await.phase.is_final() || since.elapsed() >= HELD_FOR;
        over.then_some(())
    })
    .await;
    let phase = the_run(&fleet.replicas[0]).await.phase;
    assert_eq!(phase, Phase::Pending, "a message that went by the rules before is not committed yet");
    hold.release().await;
    let answer = message.await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);

    let run = wait::until("the run ends", LIMIT, async || {
        Some(the_run(&fleet.replicas[0]).await).filter(|run| run.phase.is_final())
    })
    .await;
    assert_eq!(run.phase, Phase::Succeeded, "{:?}", run.message);
    writers.more(8).await;
    for replica in &fleet.replicas {
        for user in &people {
            assert_eq!(replica.access_of(user).await, DESIGNER, "{user} was left behind");
        }
    }
    writers.all_kept(&fleet).await;
    // Otherwise all this shows nothing: the message was decided under the rules before, and it is what took from her.
    let decided = format!(
        "SELECT count(*) FROM record WHERE body LIKE '%user.update%' AND body LIKE '%{ada}%' \
         AND body LIKE '%Participant%'"
    );
    assert_eq!(database.ask(&decided).await, ["1"], "the message went by the rules before");
}
