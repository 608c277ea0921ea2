//! Asking: on a connection of the pool, within a time, again when the connection turns out to be dead.

use super::super::error::StoreError;
use super::setback::Setback;
use std::time::Duration;
use tokio::time::Instant;

/// How long a question is tried.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before it is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Waits before a question is asked again; an error when that would take too long, or would not help.
pub(super) struct Asking {
    /// When there must be an answer.
    pub deadline: Instant,
}

impl Asking {
    /// From now on.
    pub fn begin() -> Self {
        Self { deadline: Instant::now() + PATIENCE }
    }

    /// After an attempt that came to nothing.
    pub async fn again(&self, setback: Option<Setback>) -> Result<(), StoreError> {
        match setback {
            Some(Setback::Again(_)) if Instant::now() + AGAIN_AFTER < self.deadline => {
                tokio::time::sleep(AGAIN_AFTER).await;
                Ok(())
            }
            Some(setback) => Err(setback.into()),
            None => Err(StoreError::Unavailable("no answer in time".to_owned())),
        }
    }
}

/// Asks with a connection. A macro, since the body borrows both the connection and what stands around it.
macro_rules! asked {
    ($store:expr, $connection:ident => $question:expr) => {{
        let asking = super::ask::Asking::begin();
        loop {
            let answer: Result<Result<_, super::setback::Setback>, _> =
                tokio::time::timeout_at(asking.deadline, async {
                    let mut session = $store.inner.connections.take().await?;
                    // Given up on while it waits for an answer, a connection is of no use to the next one.
                    session.begin();
                    let $connection = session.connection()?;
                    let answer: Result<_, super::setback::Setback> = async { $question }.await;
                    let answer = answer?;
                    session.end();
                    Ok(answer)
                })
                .await;
            match answer {
                Ok(Ok(answer)) => break Ok::<_, super::StoreError>(answer),
                Ok(Err(setback)) => asking.again(Some(setback)).await?,
                Err(_) => asking.again(None).await?,
            }
        }
    }};
}

/// Asks several things of one moment.
macro_rules! asked_of_one_moment {
    ($store:expr, $connection:ident => $question:expr) => {
        super::ask::asked!($store, $connection => {
            $connection.run(super::statement::BEGIN_READING, &[]).await?;
            let answer: Result<_, super::setback::Setback> = async { $question }.await;
            let answer = answer?;
            $connection.run(super::statement::COMMIT, &[]).await?;
            Ok(answer)
        })
    };
}

/// Sends several statements one after the other without waiting in between, then waits for all answers: they are
/// carried out in the order written. The first that fails fails all.
macro_rules! together {
    ($($statement:expr),+ $(,)?) => {
        futures::try_join!($(async { $statement.await }),+)
    };
}

pub(super) use {asked, asked_of_one_moment, together};
