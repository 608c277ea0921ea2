//! How long the rules take over many people: full runs, a plan, an explanation, the change feed. One process, over
//! SQLite or, where there is one, over the database of the tests.
//!
//! `PEOPLE=100000 RULES=1000` are the defaults; everybody is in five groups. Beside every figure its target, and how
//! much the process grew meanwhile. `make bench` prints it; the folder is a temporary one on this machine's disk.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark prints, and ends when it cannot be run")]

use scim_operator::access::{GroupSelector, Guard, Ladder, Question, Rule};
use scim_operator::config::{
    DirectoryId, Document, Phase, PlanRequest, PlannedRule, PlannedSpec, Profile, Publication, RuleEntry, RunRequest,
    RunScope, SyncPolicy,
};
use scim_operator::directory::{Actor, Directory, Settings};
use scim_operator::store::{Address, Location};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Groups a person is in.
const GROUPS_EACH: usize = 5;
/// After so long without a message a run is as fast as it can be.
const QUIET: Duration = Duration::from_secs(11);
/// Requests under way while people and groups are made.
const AT_ONCE: usize = 64;

fn main() {
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let number = |name: &str, or: usize| std::env::var(name).map_or(or, |text| text.parse().expect("a number"));
    let (people, rules) = (number("PEOPLE", 100_000), number("RULES", 1_000));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure(people, rules));
}

/// A folder, or a schema of its own in the database of the tests (`hack/postgres/with.sh postgres -- …`).
fn place(folder: &Path) -> Location {
    let Some(database) = std::env::var_os("SCIM_TEST_POSTGRES").filter(|set| !set.is_empty()).map(PathBuf::from) else {
        return Location::Folder(folder.to_owned());
    };
    let schema = format!("sync_{}", std::process::id());
    Location::Database(Address { url: database.join("url"), ca: Some(database.join("ca.crt")), schema })
}

async fn measure(people: usize, rules: usize) {
    let data = tempfile::tempdir().unwrap();
    let directory = Directory::open(Settings::over(place(data.path()))).await.unwrap();
    publish(&directory, Vec::new()).await;
    let groups = (rules / 2).max(GROUPS_EACH);
    let began = Instant::now();
    let ids = make_people(&directory, people).await;
    make_groups(&directory, &ids, groups).await;
    until_settled(&directory).await;
    println!(
        "{people} people in {GROUPS_EACH} of {groups} groups each, {rules} rules: made in {:.1?}",
        began.elapsed()
    );
    println!("{:<46} {:>12} {:>10} {:>10}", "work", "time", "target", "grew by");

    publish(&directory, entries(rules, "Designer")).await;
    // A run takes its time while messages have come in.
    tokio::time::sleep(QUIET).await;
    row("full run, everything changes", Some(20.0), run(&directory, "all-1", false)).await;
    publish(&directory, entries(rules, "Developer")).await;
    let [_, calm] = times_of_patches(&directory, &ids, tokio::time::sleep(Duration::from_secs(3))).await;
    let busy = row("the same while 100 PATCHes a second come in", None, run(&directory, "all-2", false));
    let [half, most] = times_of_patches(&directory, &ids, busy).await;
    println!("  each of them: p50 {half:.1?}, p99 {most:.1?}; {calm:.1?} without a run");
    row("full run, nothing changes", Some(3.0), run(&directory, "none", false)).await;
    row("dry run over everybody, nothing changes", Some(5.0), run(&directory, "dry", true)).await;
    let all: Vec<PlannedRule> = entries(rules, "Automation Admin").into_iter().map(planned).collect();
    let plan = || async {
        let plan = directory.plan(PlanRequest { rules: all.clone(), remove: Vec::new() }, 100).await.unwrap();
        assert_eq!(plan.result.users_changed, people as u64);
    };
    row("plan of all rules, everybody is promoted", Some(5.0), plan()).await;
    let one = PlanRequest { rules: all[..1].to_vec(), remove: Vec::new() };
    row("plan of one rule", None, async { drop(directory.plan(one, 100).await.unwrap()) }).await;
    let question = Question { tenant: "main".to_owned(), role: Some("Global Admin".to_owned()) };
    let asked = async {
        for id in ids.iter().step_by((people / 100).max(1)) {
            directory.explain(id, &question).await.unwrap();
        }
    };
    row("explain, 100 times (target 5 ms each)", Some(0.5), asked).await;
    let began = Instant::now();
    let (mut since, mut seen): (Option<String>, usize) = (None, 0);
    loop {
        let page = directory.changes(since.as_deref(), Duration::ZERO, 1_000).await.unwrap();
        seen += page.changes.len();
        // A page looks at so many records only, also when they changed nobody's access.
        let ended = since.as_ref() == Some(&page.next);
        since = Some(page.next);
        if ended {
            break;
        }
    }
    let rate = seen as f64 / began.elapsed().as_secs_f64();
    println!("{:<46} {rate:>10.0}/s {:>10}", format!("feed, {seen} changes to one reader"), "≥ 20000/s");
    directory.close().await;
}

/// How long PATCHes of users take while something else goes on, one after the other, 100 a second: half of them, and 99
/// of 100.
async fn times_of_patches(directory: &Directory, ids: &[String], meanwhile: impl Future<Output = ()>) -> [Duration; 2] {
    let mut times = Vec::new();
    let patches = async {
        for (number, id) in ids.iter().cycle().enumerate() {
            let value = json!([{ "op": "replace", "path": "title", "value": format!("Title {number}") }]);
            let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
            let began = Instant::now();
            let body = json!({ "schemas": schemas, "Operations": value });
            directory.patch_user(&Actor::default(), id, body).await.unwrap();
            times.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = patches => {}
        () = meanwhile => {}
    }
    times.sort_unstable();
    [50, 99].map(|percent| times[times.len() * percent / 100])
}

async fn row(what: &str, target_s: Option<f64>, work: impl Future<Output = ()>) {
    let (before, began) = (resident_kib(), Instant::now());
    work.await;
    let took = began.elapsed().as_secs_f64();
    let target = target_s.map_or_else(|| "–".to_owned(), |target| format!("≤ {target} s"));
    println!("{what:<46} {took:>10.2} s {target:>10} {:>6} MiB", (peak_kib().saturating_sub(before)) / 1024);
}

/// `VmRSS`, and the peak is begun anew.
fn resident_kib() -> u64 {
    // "5" sets the peak back to what is resident now; where that may not be done, the row shows the larger figure.
    let _refused = std::fs::write("/proc/self/clear_refs", "5");
    status_kib("VmRSS:")
}

fn peak_kib() -> u64 {
    status_kib("VmHWM:")
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

async fn run(directory: &Directory, name: &str, dry_run: bool) {
    let request = RunRequest {
        name: name.to_owned(),
        scope: RunScope::All {},
        nonce: String::new(),
        dry_run,
        allow_revocations: None,
        created_at: None,
    };
    let uid = directory.request_run(None, request, &Actor::default()).await.unwrap().uid;
    let mut position = None;
    loop {
        let state = directory.state(position.as_deref(), Duration::from_secs(1)).await.unwrap();
        position = Some(state.position);
        let run = directory.run(&uid).await.unwrap().unwrap();
        if run.phase.is_final() {
            assert_eq!(run.phase, Phase::Succeeded, "{run:?}");
            return;
        }
    }
}

async fn until_settled(directory: &Directory) {
    let mut position = None;
    loop {
        let state = directory.state(position.as_deref(), Duration::from_secs(1)).await.unwrap();
        if state.pending.total == 0 {
            return;
        }
        position = Some(state.position);
    }
}

async fn make_people(directory: &Directory, people: usize) -> Vec<String> {
    use futures::StreamExt;
    let made = futures::stream::iter(0..people).map(|number| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("person-{number}@example.com"),
            "externalId": format!("external-{number}"),
            "name": { "givenName": "Person", "familyName": number.to_string() },
            "emails": [{ "value": format!("person-{number}@example.com"), "type": "work", "primary": true }],
        });
        async move { directory.create_user(&Actor::default(), body).await.unwrap()["id"].as_str().unwrap().to_owned() }
    });
    made.buffered(AT_ONCE).collect().await
}

async fn make_groups(directory: &Directory, ids: &[String], groups: usize) {
    for number in 0..groups {
        let is_in = |person: &usize| (0..GROUPS_EACH).any(|at| (person * GROUPS_EACH + at) % groups == number);
        let members: Vec<Value> =
            (0..ids.len()).filter(is_in).filter_map(|at| ids.get(at)).map(|id| json!({ "value": id })).collect();
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let body = json!({ "schemas": schemas, "displayName": format!("Group {number}"), "members": members });
        directory.create_group(&Actor::default(), body).await.unwrap();
    }
}

fn entries(rules: usize, role: &str) -> Vec<RuleEntry> {
    let groups = (rules / 2).max(GROUPS_EACH);
    let entry = |number: usize| RuleEntry {
        rule: Rule {
            name: format!("rule-{number:05}"),
            group: GroupSelector::DisplayName(format!("Group {}", number % groups)),
            role: if number < groups { "Participant".to_owned() } else { role.to_owned() },
            tenants: vec!["main".to_owned()],
            application_groups: vec![format!("Application {}", number % 20)],
            enabled: true,
        },
        held: false,
    };
    (0..rules).map(entry).collect()
}

fn planned(entry: RuleEntry) -> PlannedRule {
    let Rule { name, group, role, tenants, application_groups, enabled } = entry.rule;
    let spec = PlannedSpec {
        directory_ref: None,
        idp_group: group,
        role,
        tenants: Some(tenants),
        application_groups,
        enabled: Some(enabled),
    };
    PlannedRule { name, spec }
}

async fn publish(directory: &Directory, rules: Vec<RuleEntry>) {
    let text = |text: &str| text.to_owned();
    let document = Document {
        directory: DirectoryId { uid: text("u"), namespace: text("n"), name: text("d"), cluster: String::new() },
        tenant: text("main"),
        roles: Ladder::default(),
        sync_policy: SyncPolicy::Manual,
        profile: Profile::new("http://localhost/scim/v2"),
        rules,
        verifiers: Vec::new(),
        guard: Guard { max_revoked_users: u64::MAX, max_revoked_percent: 100 },
        audit: scim_operator::config::AuditRetention::default(),
        sign_in: None,
        onboarding: scim_operator::access::Onboarding::default(),
    };
    let publication = Publication {
        revocation_floor: 0,
        take: None,
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        if_revision: directory.in_force().revision,
        content_hash: document.content_hash(),
        document,
    };
    directory.publish(publication).await.unwrap();
}
