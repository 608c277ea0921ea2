//! Making and migrating the tables: forward only, one process at a time by a lock on the row that holds the version.

use super::super::error::StoreError;
use super::super::row::{email_keys, fresh_secret, json, secret_key};
use super::address::Address;
use super::connection::session;
use super::row::get;
use super::setback::Setback;
use crate::scim::User;
use tokio_postgres::Client;
use uuid::Uuid;

/// The migrations in order; the position plus one is the schema version.
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/postgres/0001.sql"),
    include_str!("../migrations/postgres/0002.sql"),
    include_str!("../migrations/postgres/0003.sql"),
    include_str!("../migrations/postgres/0004.sql"),
    include_str!("../migrations/postgres/0005.sql"),
];
/// The first version that finds users by their e-mail addresses.
const EMAILS_SINCE: usize = 2;

/// Users looked at in one go.
const BLOCK: i64 = 500;

/// Brings the tables to this program's version; the store's id and its secret.
pub(super) async fn migrate(address: &Address) -> Result<(String, [u8; 32]), StoreError> {
    let client = session(address).await?;
    let done = steps(&client, &address.schema).await;
    Ok(done?)
}

async fn steps(client: &Client, schema: &str) -> Result<(String, [u8; 32]), Setback> {
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
    let found: String = get(&row, 0)?;
    let found: usize = found
        .parse()
        .map_err(|_| Setback::Final(StoreError::Postgres(format!("schema version {found:?} is no number"))))?;
    if found > MIGRATIONS.len() {
        let as_number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let newer = StoreError::Newer { found: as_number(found), known: as_number(MIGRATIONS.len()) };
        return Err(Setback::Final(newer));
    }
    for (version, migration) in (1_usize..).zip(MIGRATIONS).skip(found) {
        client.batch_execute(migration).await?;
        if version == EMAILS_SINCE {
            index_emails(client).await?;
        }
    }
    let version = MIGRATIONS.len().to_string();
    client.execute("UPDATE meta SET value = $1 WHERE key = 'schema_version'", &[&version]).await?;
    let store_id = kept(client, "store_id", uuid::Uuid::now_v7().to_string()).await?;
    let secret = kept(client, "secret", fresh_secret()).await?;
    client.batch_execute("COMMIT").await?;
    Ok((store_id, secret_key(&secret)))
}

/// What the store keeps under a key of `meta`; this where it is missing.
async fn kept(client: &Client, key: &str, fresh: String) -> Result<String, Setback> {
    let put = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    client.execute(put, &[&key, &fresh]).await?;
    get(&client.query_one("SELECT value FROM meta WHERE key = $1", &[&key]).await?, 0)
}

/// The e-mail addresses of users who are there already. May be repeated.
async fn index_emails(client: &Client) -> Result<(), Setback> {
    let users = client.prepare("SELECT id, body FROM \"user\" WHERE id > $1 ORDER BY id LIMIT $2").await?;
    let put = "INSERT INTO user_email (email, user_id) SELECT unnest($1::TEXT[]), unnest($2::UUID[]) \
        ON CONFLICT (email, user_id) DO NOTHING";
    let put = client.prepare(put).await?;
    let mut last = Uuid::nil();
    loop {
        let rows = client.query(&users, &[&last, &BLOCK]).await?;
        let (mut emails, mut owners) = (Vec::new(), Vec::new());
        for row in &rows {
            last = get(row, 0)?;
            let body: String = get(row, 1)?;
            let user: User = json("user", &body)?;
            for email in email_keys(&user) {
                emails.push(email);
                owners.push(last);
            }
        }
        client.execute(&put, &[&emails, &owners]).await?;
        if (rows.len() as i64) < BLOCK {
            return Ok(());
        }
    }
}
