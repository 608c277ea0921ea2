//! A history from its beginning to its end, and everything that is wrong with it.

use super::client::Client;
use super::event::Call;
use super::model::users;
use super::plan::Plan;
use super::record::{self, Record};
use super::site::Site;
use super::{check, event};
use futures::future::{join, join_all};

/// What became of a history.
pub struct Told {
    /// What is wrong with it, a line or more for each.
    pub complaints: Vec<String>,
    /// Calls that were answered.
    pub answered: usize,
    /// Calls in doubt.
    pub in_doubt: usize,
}

/// Makes a plan happen and looks what came of it. With `lie` the database is tampered with in between, after everything
/// was read once and before it is read again.
pub async fn play(plan: &Plan, mut site: Site, lie: Option<&str>) -> Told {
    let shape = plan.shape;
    let world = site.world(shape.people, shape.clients).await;
    let mut first = Client::new(&world, shape.clients);
    first.prepare().await;
    let clients = (0..shape.clients).map(|client| Client::new(&world, client).run(plan.wishes(client), shape.least));
    let (written, ()) = join(join_all(clients), site.trouble(&plan.faults, &world)).await;
    let mut calls: Vec<Call> = written.into_iter().flatten().collect();
    site.ready().await;
    let known = users(&[&calls[..], &first.calls].concat());
    first.look_back(&known).await;
    if let Some(sql) = lie {
        site.lie(sql).await;
        first.look_back(&known).await;
    }
    calls.append(&mut first.calls);
    calls.sort_by_key(|call| call.begun);
    let settled = site.settled(&world, shape.people).await;
    let (bodies, verified) = site.close().await;
    let mut complaints = check::history(shape.groups, shape.people, &calls);
    complaints.extend(check::grants(&settled));
    if verified.code != Some(0) {
        complaints.push(format!("the chain of records is not whole: {}{}", verified.out, verified.err));
    }
    let records: Option<Vec<Record>> = bodies.iter().map(|body| Record::read(body)).collect();
    match records {
        Some(records) => complaints.extend(record::complaints(&calls, &records, &settled)),
        None => complaints.push("a record cannot be read".to_owned()),
    }
    let in_doubt = calls.iter().filter(|call| call.answer == event::Answer::Unknown).count();
    Told { complaints, answered: calls.len() - in_doubt, in_doubt }
}
