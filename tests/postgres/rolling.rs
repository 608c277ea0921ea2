//! Replicas are replaced one by one while everybody goes on: no request fails, as in a rolling update.

use crate::fleet::Fleet;
use crate::support::endpoint::{Endpoint, LIMIT, user_body};
use crate::support::reply::{Caller, try_finish};
use crate::support::wait;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Where requests are sent, as a Service does: to the replicas that are ready.
type Targets = Arc<Mutex<Vec<Caller>>>;

/// Creates people, each by way of another target; what went wrong, if anything did.
async fn write(targets: Targets, writer: usize, over: Arc<AtomicBool>, done: Arc<AtomicUsize>) -> Result<(), String> {
    for n in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let caller = {
            let targets = targets.lock().unwrap();
            targets[n % targets.len()].clone()
        };
        let body = user_body(&format!("user-{writer}-{n}@example.com")).to_string();
        let request = caller.request("POST", "/scim/v2/Users").header("content-type", "application/scim+json");
        let reply = try_finish(request.body(body)).await.map_err(|error| format!("{writer}-{n}: {error:?}"))?;
        if reply.status != 201 {
            return Err(format!("{writer}-{n}: {} {}", reply.status, reply.text));
        }
        done.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

#[tokio::test]
async fn c011_no_request_fails_while_replicas_are_replaced_one_by_one() {
    let Some(mut fleet) = Fleet::start("c011_no_request_fails", 2, Vec::new()).await else { return };
    let targets: Targets = Arc::new(Mutex::new(fleet.replicas.iter().map(|r| r.public.clone()).collect()));
    let (over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writers: Vec<_> =
        (0..4).map(|writer| tokio::spawn(write(targets.clone(), writer, over.clone(), done.clone()))).collect();
    let more = async |count: usize| {
        let goal = done.load(Ordering::SeqCst) + count;
        while done.load(Ordering::SeqCst) < goal && writers.iter().all(|writer| !writer.is_finished()) {
            tokio::task::yield_now().await;
        }
    };
    for _ in 0..2 {
        more(40).await;
        let new = Endpoint::replica(&fleet.database).await;
        new.ready().await;
        targets.lock().unwrap().push(new.public.clone());
        let old = fleet.replicas.remove(0);
        fleet.replicas.push(new);
        old.program().signal("TERM").await;
        wait::until("the old one says that it is not ready", LIMIT, async || {
            (old.metrics.get("/readyz").await.status == 503).then_some(())
        })
        .await;
        more(20).await;
        targets.lock().unwrap().remove(0);
        assert!(old.ended().await.success());
    }
    more(40).await;
    over.store(true, Ordering::SeqCst);
    for writer in writers {
        assert_eq!(writer.await.unwrap(), Ok(()));
    }
    let shown = fleet.replicas[0].public.get("/scim/v2/Users?count=0").await.json();
    assert_eq!(shown["totalResults"], done.load(Ordering::SeqCst), "whoever was acknowledged is there");
}
