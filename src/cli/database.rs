//! The arguments that say where a store is: a folder, or a database that several endpoints share.

use crate::store::{Address, Location};
use std::path::PathBuf;

/// Where the store is.
#[derive(Debug, clap::Args)]
pub struct StoreArgs {
    /// The folder of the store; made when missing.
    #[arg(long, value_name = "DIR", default_value = "/data", conflicts_with = "database_url_file")]
    data: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Where a database is.
#[derive(Debug, clap::Args)]
pub struct DatabaseArgs {
    /// A file with the address of a PostgreSQL database, postgres://USER:PASSWORD@HOST:5432/DATABASE; read again for
    /// every connection.
    #[arg(long, value_name = "FILE")]
    database_url_file: Option<PathBuf>,
    /// A PEM file with the authority of the database's certificate; with it the connection is encrypted and verified.
    #[arg(long, value_name = "FILE", requires = "database_url_file")]
    database_ca_file: Option<PathBuf>,
    /// The schema that holds this directory's tables; made when missing.
    #[arg(long, value_name = "NAME", default_value = "scim", requires = "database_url_file")]
    database_schema: String,
}

impl StoreArgs {
    /// The location, and how to speak of it.
    pub fn location(self) -> (Location, String) {
        match self.database.address() {
            None => (Location::Folder(self.data.clone()), format!("the store in {}", self.data.display())),
            Some(address) => {
                let Address { url, ca: _, schema } = &address;
                let shown = format!("the store in the schema {schema} of the database in {}", url.display());
                (Location::Database(address), shown)
            }
        }
    }
}

impl DatabaseArgs {
    /// The database, when one was named.
    pub fn address(&self) -> Option<Address> {
        let Self { database_url_file, database_ca_file, database_schema } = self;
        let url = database_url_file.clone()?;
        Some(Address { url, ca: database_ca_file.clone(), schema: database_schema.clone() })
    }
}
