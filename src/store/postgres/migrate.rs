//! Making and migrating the tables: forward only, one process at a time by a lock on the row that holds the version.

use super::super::error::StoreError;
use super::address::Address;
use super::connection::session;
use super::setback::Setback;
use tokio_postgres::Client;

/// The migrations in order; the position plus one is the schema version.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/postgres/0001.sql")];

/// Brings the tables to this program's version; the store's id.
pub(super) async fn migrate(address: &Address) -> Result<String, StoreError> {
    let client = session(address).await?;
    let done = steps(&client, &address.schema).await;
    Ok(done?)
}

async fn steps(client: &Client, schema: &str) -> Result<String, Setback> {
    let quoted = schema.replace('"', "\"\"");
    let there =
        client.query_opt("SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", &[&schema]).await?;
    if there.is_none() {
        // Asked for only where it is missing: who may use a schema may not always make one.
        client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{quoted}\"")).await?;
    }
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL); \
             INSERT INTO meta (key, value) VALUES ('schema_version', '0') ON CONFLICT (key) DO NOTHING",
        )
        .await?;
    client.batch_execute("BEGIN").await?;
    let row = client.query_one("SELECT value FROM meta WHERE key = 'schema_version' FOR UPDATE", &[]).await?;
    let found: String = super::row::get(&row, 0)?;
    let found: usize = found
        .parse()
        .map_err(|_| Setback::Final(StoreError::Postgres(format!("schema version {found:?} is no number"))))?;
    if found > MIGRATIONS.len() {
        let as_number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let newer = StoreError::Newer { found: as_number(found), known: as_number(MIGRATIONS.len()) };
        return Err(Setback::Final(newer));
    }
    for migration in MIGRATIONS.iter().skip(found) {
        client.batch_execute(migration).await?;
    }
    let version = MIGRATIONS.len().to_string();
    client.execute("UPDATE meta SET value = $1 WHERE key = 'schema_version'", &[&version]).await?;
    let fresh = uuid::Uuid::now_v7().to_string();
    client
        .execute("INSERT INTO meta (key, value) VALUES ('store_id', $1) ON CONFLICT (key) DO NOTHING", &[&fresh])
        .await?;
    let row = client.query_one("SELECT value FROM meta WHERE key = 'store_id'", &[]).await?;
    client.batch_execute("COMMIT").await?;
    super::row::get(&row, 0)
}
