//! The embedded engine: SQLite in WAL mode, `synchronous=FULL`, one writer thread with group commit, a few readers.
//!
//! A write is acknowledged after the commit that holds it has reached the disk. The data folder is locked while open:
//! two processes never share it.

mod access;
mod account;
pub mod audit;
mod backup;
mod cause;
mod chain;
mod checkpoint;
mod config;
mod effects;
mod facts;
mod failed;
mod group;
mod identity;
mod inventory;
mod list;
mod migrate;
mod open;
mod page;
mod readers;
mod record;
mod resource;
mod restore;
mod row;
mod rule;
mod run;
mod state;
#[cfg(test)]
mod tests;
mod user;
mod writer;

pub use backup::backup;
pub use inventory::{Inventory, check};
pub use restore::{Restored, restore};

use super::contract::{Change, InForce};
use super::error::StoreError;
use arc_swap::ArcSwap;
use std::path::Path;
use std::sync::Arc;

/// An open SQLite store. Cheap to clone; closes when the last clone is closed or dropped.
#[derive(Clone)]
pub struct SqliteStore {
    store_id: Arc<str>,
    secret: Arc<[u8; 32]>,
    in_force: Arc<ArcSwap<InForce>>,
    writer: writer::Writer,
    readers: readers::Readers,
}

impl SqliteStore {
    /// Opens the store in `data`, making the folder and the file where they are missing.
    ///
    /// Fails when another process has it open, when a newer program wrote it, or when it is damaged.
    pub async fn open(data: &Path) -> Result<Self, StoreError> {
        let data = data.to_owned();
        tokio::task::spawn_blocking(move || {
            let opened = open::open(&data)?;
            let in_force = Arc::new(ArcSwap::from_pointee(config::in_force(&opened.connection)?));
            Ok(Self {
                store_id: opened.store_id.as_str().into(),
                secret: Arc::new(opened.secret),
                in_force: in_force.clone(),
                readers: readers::Readers::new(&opened.file),
                writer: writer::Writer::start(opened, in_force)?,
            })
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }

    /// Identifies this store; made with it, kept in it.
    pub fn store_id(&self) -> &str {
        &self.store_id
    }

    /// See [`super::Store::secret`].
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The configuration in force. Reading it takes no lock.
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }

    /// Carries out a change in one durable transaction and answers its outcome.
    pub async fn transact<C: Change>(&self, change: C) -> Result<C::Outcome, StoreError> {
        self.writer.transact(change).await
    }

    /// Finishes what was accepted, checkpoints, releases the lock. Later writes answer [`StoreError::Closed`].
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// Completes when the writer has ended.
    pub async fn ended(&self) {
        self.writer.ended().await;
    }
}
