//! Where the store of a test is kept, and how to open it again.

use crate::store::model::ModelStore;
use crate::store::postgres::{Address, PostgresStore};
use crate::store::sqlite::audit;
use crate::store::{Location, Store, StoreError, erase_from_database};
use jiff::Timestamp;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// The place of one store, of its own for each test.
pub(super) enum Home {
    Folder(TempDir),
    Schema(Schema),
    Memory(ModelStore),
}

/// A schema of the tests' database.
pub(in crate::store) struct Schema {
    pub address: Address,
    url: String,
}

impl Home {
    /// A folder, for SQLite.
    pub fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    /// A schema, for PostgreSQL; nothing when there is none and that is allowed.
    pub fn schema(test: &str) -> Option<Self> {
        Some(Self::Schema(Schema::of_its_own(test)?))
    }

    /// The model.
    pub fn memory() -> Self {
        Self::Memory(ModelStore::new())
    }

    /// Opens the store. One that is open has to be closed first.
    pub async fn open(&self) -> Store {
        match self {
            Self::Folder(data) => Store::open(&Location::Folder(data.path().to_owned())).await.unwrap(),
            Self::Schema(schema) => Store::open(&Location::Database(schema.address.clone())).await.unwrap(),
            Self::Memory(model) => Store::Model(model.opened()),
        }
    }

    /// Closes the store and opens it again.
    pub async fn reopen(&self, store: Store) -> Store {
        store.close().await;
        store.ended().await;
        self.open().await
    }

    /// How many records are kept; of SQLite's also that their chain is whole.
    pub async fn records(&self) -> u64 {
        match self {
            Self::Folder(data) => audit::verify(data.path(), None).unwrap().records,
            Self::Schema(schema) => {
                let sql = format!("SELECT count(*) FROM \"{}\".record", schema.address.schema);
                let count: i64 = schema.client().await.query_one(&sql, &[]).await.unwrap().get(0);
                u64::try_from(count).unwrap()
            }
            Self::Memory(model) => model.count_records(),
        }
    }

    /// Erases a person from the closed store.
    pub async fn erase(&self, who: &str) -> Result<audit::Erased, StoreError> {
        match self {
            Self::Folder(data) => audit::erase(data.path(), who, Timestamp::UNIX_EPOCH),
            Self::Schema(schema) => erase_from_database(&schema.address, who, Timestamp::UNIX_EPOCH).await,
            Self::Memory(_) => panic!("a model is gone with its process"),
        }
    }

    /// Leaves nothing behind.
    pub async fn end(&self) {
        if let Self::Schema(schema) = self {
            schema.end().await;
        }
    }
}

impl Schema {
    /// A new schema in the database of the tests; nothing when there is none and that is allowed.
    pub fn of_its_own(test: &str) -> Option<Self> {
        let folder = std::env::var_os("SCIM_TEST_POSTGRES").filter(|folder| !folder.is_empty());
        let Some(folder) = folder.map(PathBuf::from) else {
            let missing = format!("{test} needs PostgreSQL: run it with `hack/postgres/postgres.sh run`");
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
            // Past the capturing of output, which would hide it.
            let _ = writeln!(std::io::stderr(), "SKIPPED {missing}");
            return None;
        };
        let url = std::fs::read_to_string(folder.join("url")).unwrap();
        let schema = format!("t_{}", uuid::Uuid::new_v4().simple());
        Some(Self { address: Address { url: folder.join("url"), ca: Some(folder.join("ca.crt")), schema }, url })
    }

    /// Opens it as one more process would: with connections, a holder and a sight of its own.
    pub async fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.address).await.unwrap()
    }

    /// A connection beside the store.
    async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(self.url.trim(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Drops the schema. What a store does on its own (it follows and numbers) may be under way still and hold in
    /// another order what is dropped here: of the two the database may then refuse this one, which is tried again.
    pub async fn end(&self) {
        use tokio_postgres::error::SqlState;
        let sql = format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", self.address.schema);
        let client = self.client().await;
        while let Err(error) = client.batch_execute(&sql).await {
            assert_eq!(error.code(), Some(&SqlState::T_R_DEADLOCK_DETECTED), "{error}");
        }
    }
}
