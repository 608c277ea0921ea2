//! What a durable commit costs without anything of ours: one row of 700 bytes each, at one writer and at 32.
//!
//! For SQLite 32 writers are what one thread can gather: 32 rows a commit.

use crate::work::rate;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

const ROW: [u8; 700] = [0x5a; 700];

/// Rows a second at one row and at 32 rows a commit.
pub fn sqlite(folder: &Path, time: Duration) -> Result<[String; 2], Box<dyn Error>> {
    let connection = rusqlite::Connection::open(folder.join("bare.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE row (id BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID")?;
    let measure = |rows: usize| -> Result<String, Box<dyn Error>> {
        let (start, mut count) = (Instant::now(), 0);
        while start.elapsed() < time {
            let transaction = connection.unchecked_transaction()?;
            for _ in 0..rows {
                let id = uuid::Uuid::now_v7();
                let mut insert = transaction.prepare_cached("INSERT INTO row (id, body) VALUES (?1, ?2)")?;
                insert.execute(rusqlite::params![id.as_bytes(), ROW])?;
            }
            transaction.commit()?;
            count += rows;
        }
        Ok(rate(count, start.elapsed()))
    };
    Ok([measure(1)?, measure(32)?])
}

/// Rows a second, each committed by itself, over one connection and over 16, which is what an endpoint has.
pub async fn postgres(url: &str, time: Duration) -> Result<[String; 2], Box<dyn Error>> {
    let mut figures = Vec::new();
    for connections in [1, 16] {
        let mut clients = Vec::new();
        for _ in 0..connections {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            clients.push(client);
        }
        clients[0].batch_execute("CREATE TABLE IF NOT EXISTS bare (id UUID PRIMARY KEY, body BYTEA)").await?;
        let start = Instant::now();
        let inserted = clients.iter().map(async |client| {
            let insert = client.prepare("INSERT INTO bare (id, body) VALUES ($1, $2)").await?;
            let mut count = 0;
            while start.elapsed() < time {
                client.execute(&insert, &[&uuid::Uuid::now_v7(), &ROW.as_slice()]).await?;
                count += 1;
            }
            Ok::<_, tokio_postgres::Error>(count)
        });
        let counts = futures::future::try_join_all(inserted).await?;
        figures.push(rate(counts.into_iter().sum(), start.elapsed()));
        clients[0].batch_execute("DROP TABLE bare").await?;
    }
    figures.try_into().map_err(|_| "two figures".into())
}
