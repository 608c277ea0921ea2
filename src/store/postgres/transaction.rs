//! One change, one transaction: lock, load, decide, write, commit; again where another attempt may go well.

use super::super::contract::{Change, Decision, Facts, InForce, Needs, Write};
use super::super::error::StoreError;
use super::ask::together;
use super::connection::{Connection, Session};
use super::facts::{Held, load};
use super::setback::Setback;
use super::{Inner, PostgresStore, effects, statement as sql};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

/// How long a change is tried.
const PATIENCE: Duration = Duration::from_secs(8);
/// The first pause between attempts; each is twice as long as the one before, up to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(5);
/// The longest pause between attempts.
const PAUSE_MAX: Duration = Duration::from_millis(400);
/// Rounds of loading more facts, and starts for the order of locks, before a change is called broken.
const ROUNDS_MAX: usize = 16;

/// An attempt whose commit was sent without an answer.
struct Doubt<O> {
    /// The transaction's record; it is there when the transaction was committed.
    record: Uuid,
    outcome: O,
    config: Option<Arc<InForce>>,
}

/// A change that is being carried out.
struct Work<'a, C: Change> {
    store: &'a PostgresStore,
    change: &'a C,
    /// Everything it has asked for so far: asked for at once by the next attempt.
    needs: Needs,
    doubt: Option<Doubt<C::Outcome>>,
}

/// Tries until it is committed, refused for good, or out of patience.
pub(super) async fn carry_out<C: Change>(store: &PostgresStore, change: C) -> Result<C::Outcome, StoreError> {
    let deadline = Instant::now() + PATIENCE;
    let mut work = Work { store, change: &change, needs: change.needs(), doubt: None };
    let (mut pause, mut starts) = (PAUSE_FIRST, 0_usize);
    loop {
        let attempt = timeout_at(deadline, work.attempt()).await;
        let cause = match attempt.unwrap_or_else(|_| Err(Setback::Again("no answer in time".to_owned()))) {
            Ok(outcome) => return Ok(outcome),
            Err(Setback::Reorder) if starts < ROUNDS_MAX => {
                starts += 1;
                continue;
            }
            Err(Setback::Again(cause) | Setback::Doubt(cause)) => cause,
            Err(other) => return Err(other.into()),
        };
        if Instant::now() + pause >= deadline {
            let doubt = work.doubt.is_some();
            return Err(if doubt { Setback::Doubt(cause) } else { Setback::Again(cause) }.into());
        }
        tracing::debug!(cause, "a transaction is tried again");
        tokio::time::sleep(pause.mul_f64(spread())).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Between a half and one and a half, so that those who met once do not meet again.
fn spread() -> f64 {
    let random = Uuid::new_v4().as_u128() as u32;
    0.5 + f64::from(random) / f64::from(u32::MAX)
}

impl<C: Change> Work<'_, C> {
    async fn attempt(&mut self) -> Result<C::Outcome, Setback> {
        let mut session = self.store.inner.connections.take().await?;
        if let Some(doubt) = self.doubt.take() {
            match was_committed(&mut session, doubt.record).await {
                Ok(true) => return Ok(self.settle(doubt)),
                Ok(false) => {}
                Err(setback) => {
                    self.doubt = Some(doubt);
                    return Err(setback);
                }
            }
        }
        session.begin();
        let result = self.within(&session).await;
        match result {
            Ok((outcome, config)) => {
                session.end();
                self.store.inner.adopt_some(config);
                Ok(outcome)
            }
            Err(Setback::Doubt(cause)) => Err(Setback::Doubt(cause)),
            Err(setback) => {
                let rolled_back = timeout_at(Instant::now() + Duration::from_secs(1), async {
                    session.connection()?.run(sql::ROLLBACK, &[]).await
                });
                // Where that fails the connection is closed, which takes the transaction back as well.
                if let Ok(Ok(_)) = rolled_back.await {
                    session.end();
                }
                Err(setback)
            }
        }
    }

    /// From begin to commit; the configuration that was in force for it or was put in force by it, where it is news.
    async fn within(&mut self, session: &Session) -> Result<(C::Outcome, Option<Arc<InForce>>), Setback> {
        let connection = session.connection()?;
        let mut facts = Facts::new(self.store.in_force());
        let mut held = Held::default();
        #[cfg(test)]
        {
            held.users_left_free = self.store.inner.users_left_free.load(std::sync::atomic::Ordering::Relaxed);
        }
        let mut asked = self.needs.clone();
        for round in 0..ROUNDS_MAX {
            let fence = (round == 0).then(|| self.change.fence()).flatten();
            load(connection, &asked, fence, round == 0, &mut held, &mut facts).await?;
            match self.change.decide(&facts) {
                Decision::More(more) => {
                    self.needs.join((*more).clone());
                    asked = *more;
                }
                Decision::Done(effects, outcome) => {
                    let news = effects.writes.iter().rev().find_map(|write| match write {
                        Write::PutConfig { config, .. } => Some(config.clone()),
                        _ => None,
                    });
                    let news = news.or_else(|| Some(facts.config.clone()));
                    effects::write(connection, &facts, &held.stamps, &effects).await?;
                    let record = effects.record.as_ref().map(|record| record.id);
                    return self.commit(connection, record, outcome, news).await;
                }
            }
        }
        Err(Setback::Final(StoreError::Undecided { rounds: ROUNDS_MAX }))
    }

    async fn commit(
        &mut self,
        connection: &Connection,
        record: Option<Uuid>,
        outcome: C::Outcome,
        config: Option<Arc<InForce>>,
    ) -> Result<(C::Outcome, Option<Arc<InForce>>), Setback> {
        // Kept before the first byte is sent: an attempt that is given up while it waits here is in doubt as well.
        if let Some(record) = record {
            self.doubt = Some(Doubt { record, outcome, config });
            match connection.say(sql::COMMIT).await {
                Ok(()) => {}
                Err(Setback::Again(cause)) => return Err(Setback::Doubt(cause)),
                Err(other) => {
                    self.doubt = None;
                    return Err(other);
                }
            }
            let done = self.doubt.take().ok_or(Setback::Final(StoreError::Closed))?;
            return Ok((done.outcome, done.config));
        }
        // Without a record a second attempt comes to the same.
        connection.say(sql::COMMIT).await?;
        Ok((outcome, config))
    }

    fn settle(&self, doubt: Doubt<C::Outcome>) -> C::Outcome {
        self.store.inner.adopt_some(doubt.config);
        doubt.outcome
    }
}

/// Whether the transaction of this record was committed. Waits for one that is still at it, and when it answers `false`
/// that one can never be committed any more.
async fn was_committed(session: &mut Session, record: Uuid) -> Result<bool, Setback> {
    session.begin();
    let connection = session.connection()?;
    let (_, added, _) = together!(
        connection.run(sql::BEGIN, &[]),
        connection.run(sql::PROBE_RECORD, &[&record]),
        connection.run(sql::ROLLBACK, &[]),
    )?;
    session.end();
    Ok(added == 0)
}

impl Inner {
    /// Takes a configuration that was seen in the database, unless a newer one is known already.
    pub(super) fn adopt(&self, seen: Arc<InForce>) {
        self.in_force.rcu(|known| {
            let newer = (seen.revision, seen.epoch) > (known.revision, known.epoch);
            if newer { seen.clone() } else { known.clone() }
        });
    }

    fn adopt_some(&self, seen: Option<Arc<InForce>>) {
        if let Some(seen) = seen {
            self.adopt(seen);
        }
    }
}
