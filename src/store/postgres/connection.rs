//! Connections: a bounded pool, each with every statement prepared, so that statements sent one after the other without
//! waiting are carried out in that order.

use super::super::error::StoreError;
use super::address::Address;
use super::setback::Setback;
use super::statement;
use deadpool::managed::{Manager, Metrics, Object, Pool, RecycleError, RecycleResult, Timeouts};
use futures::future::try_join_all;
use std::collections::HashMap;
use std::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

/// Connections of one process.
const CONNECTIONS_MAX: usize = 16;
/// How long a caller waits for a free connection, or for a new one.
const WAIT_MAX: Duration = Duration::from_secs(3);
/// What every session bounds, so that no statement, lock or forgotten transaction stays for ever. And no full scan
/// where there is an index, which every statement has: a plan made while a table was empty is kept while it grows.
const SESSION: &str = "SET statement_timeout = '30s'; SET lock_timeout = '5s'; SET enable_seqscan = off; \
    SET idle_in_transaction_session_timeout = '15s'; SET client_min_messages = 'warning'";

/// Values for a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection with its statements.
pub(super) struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Connection {
    /// One row a result; statements that are sent in one go answer in that order.
    pub async fn rows(&self, sql: &'static str, values: Values<'_>) -> Result<Vec<Row>, Setback> {
        Ok(self.client.query(self.statement(sql)?, values).await?)
    }

    /// The first row, if any.
    pub async fn row(&self, sql: &'static str, values: Values<'_>) -> Result<Option<Row>, Setback> {
        Ok(self.client.query_opt(self.statement(sql)?, values).await?)
    }

    /// How many rows a statement touched.
    pub async fn run(&self, sql: &'static str, values: Values<'_>) -> Result<u64, Setback> {
        Ok(self.client.execute(self.statement(sql)?, values).await?)
    }

    /// Says a word that takes no values and gives no rows, as it is written.
    pub async fn say(&self, word: &'static str) -> Result<(), Setback> {
        Ok(self.client.batch_execute(word).await?)
    }

    fn statement(&self, sql: &'static str) -> Result<&Statement, Setback> {
        self.statements
            .get(sql)
            .ok_or_else(|| StoreError::Postgres(format!("a statement was not prepared: {sql}")).into())
    }
}

/// Makes connections.
pub(super) struct Connector(pub Address);

impl Manager for Connector {
    type Type = Connection;
    type Error = StoreError;

    async fn create(&self) -> Result<Connection, StoreError> {
        let client = session(&self.0).await?;
        let prepared = statement::ALL.iter().map(|(_, sql)| client.prepare(sql));
        let prepared = try_join_all(prepared).await.map_err(|error| StoreError::from(Setback::from(error)))?;
        let statements = statement::ALL.iter().map(|(_, sql)| *sql).zip(prepared).collect();
        Ok(Connection { client, statements })
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<StoreError> {
        // Asking the server whether it is there would cost as much as the work itself; a dead one fails and is retried.
        if connection.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

/// A connection that works in the schema.
pub(super) async fn session(address: &Address) -> Result<Client, StoreError> {
    let client = address.connect().await?;
    let schema = address.schema.replace('"', "\"\"");
    client
        .batch_execute(&format!("{SESSION}; SET search_path = \"{schema}\""))
        .await
        .map_err(|error| StoreError::from(Setback::from(error)))?;
    Ok(client)
}

/// The connections of one store.
#[derive(Clone)]
pub(super) struct Connections(Pool<Connector>);

impl Connections {
    /// No connection is made before the first is asked for.
    pub fn new(address: Address) -> Result<Self, StoreError> {
        let timeouts = Timeouts { wait: Some(WAIT_MAX), create: Some(WAIT_MAX * 2), recycle: None };
        let pool = Pool::builder(Connector(address))
            .max_size(CONNECTIONS_MAX)
            .timeouts(timeouts)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self(pool))
    }

    /// A connection of one's own, until it is dropped.
    pub async fn take(&self) -> Result<Session, Setback> {
        use deadpool::managed::{PoolError, TimeoutType};
        let object = self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => Setback::from(error),
            PoolError::Closed => Setback::Final(StoreError::Closed),
            PoolError::Timeout(TimeoutType::Wait) => {
                Setback::Again(format!("all {CONNECTIONS_MAX} connections are at work"))
            }
            other => Setback::Again(other.to_string()),
        })?;
        Ok(Session { object: Some(object), clean: true })
    }

    /// Nobody is given a connection any more.
    pub fn close(&self) {
        self.0.close();
    }
}

/// A connection in use. One that is dropped within a transaction is closed, which takes the transaction back.
pub(super) struct Session {
    object: Option<Object<Connector>>,
    clean: bool,
}

impl Session {
    /// The connection.
    pub fn connection(&self) -> Result<&Connection, Setback> {
        self.object.as_deref().ok_or(Setback::Final(StoreError::Closed))
    }

    /// From here on a drop closes the connection.
    pub fn begin(&mut self) {
        self.clean = false;
    }

    /// The transaction has ended: the connection may be used again.
    pub fn end(&mut self) {
        self.clean = true;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.clean
            && let Some(object) = self.object.take()
        {
            drop(Object::take(object));
        }
    }
}
