//! One directory's life as use cases: provision a user, patch a group, run a sync, read access.
//!
//! Every write is one [`crate::store`] transaction: resource, memberships, grants and record are durable together
//! before anything is answered. This room knows no HTTP and no SQL.

mod error;
mod query;

pub use error::Error;
pub use query::{AccessPage, AccessQuery, Actor, ListQuery, Page, Token};

use crate::access::AccessView;
use crate::config::{Document, Publication, Published, RunRequest, RunStatus, State};
use crate::scim::{Attributes, Projection};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where a directory lives.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the SQLite store; made when missing, locked while open.
    pub data: PathBuf,
}

/// The configuration in force.
#[derive(Debug)]
pub struct InForce {
    /// Its revision; 0 = nothing published yet.
    pub revision: u64,
    /// Absent at revision 0.
    pub document: Option<Document>,
}

/// An open directory. Cheap to clone; all clones are the same directory.
#[derive(Clone)]
pub struct Directory {}

impl Directory {
    /// Opens the store, reads the configuration in force and starts the task that carries out runs.
    pub async fn open(_settings: Settings) -> Result<Self, Error> {
        todo!()
    }

    /// The configuration in force right now.
    pub fn in_force(&self) -> Arc<InForce> {
        todo!()
    }

    /// Stops taking writes, finishes the batch a run is in, and closes the store.
    pub async fn close(&self) {}

    /// Completes when a background task of the directory has ended, which it never should: the process then ends.
    pub async fn failed(&self) -> Error {
        todo!()
    }

    /// Whose bearer value this is; `None` for an unknown, expired or revoked one. Remembers the use.
    pub fn authenticate(&self, _value: &str) -> Option<Token> {
        todo!()
    }

    /// Counts a SCIM request that was refused (B111).
    pub fn count_refusal(&self) {}

    /// `POST /Users`: the rendered resource.
    pub async fn create_user(&self, _by: &Actor, _body: Value) -> Result<Attributes, Error> {
        todo!()
    }
    /// `PUT /Users/{id}`.
    pub async fn replace_user(&self, _by: &Actor, _id: &str, _body: Value) -> Result<Attributes, Error> {
        todo!()
    }
    /// `PATCH /Users/{id}`.
    pub async fn patch_user(&self, _by: &Actor, _id: &str, _body: Value) -> Result<Attributes, Error> {
        todo!()
    }
    /// `DELETE /Users/{id}`.
    pub async fn delete_user(&self, _by: &Actor, _id: &str) -> Result<(), Error> {
        todo!()
    }
    /// `GET /Users/{id}`.
    pub async fn user(&self, _id: &str) -> Result<Attributes, Error> {
        todo!()
    }
    /// `GET /Users`: not projected yet; the projection only says what need not be loaded.
    pub async fn users(&self, _query: &ListQuery, _projection: &Projection) -> Result<Page, Error> {
        todo!()
    }

    /// `POST /Groups`.
    pub async fn create_group(&self, _by: &Actor, _body: Value) -> Result<Attributes, Error> {
        todo!()
    }
    /// `PUT /Groups/{id}`.
    pub async fn replace_group(&self, _by: &Actor, _id: &str, _body: Value) -> Result<Attributes, Error> {
        todo!()
    }
    /// `PATCH /Groups/{id}`: the group without its members.
    pub async fn patch_group(&self, _by: &Actor, _id: &str, _body: Value) -> Result<Attributes, Error> {
        todo!()
    }
    /// `DELETE /Groups/{id}`.
    pub async fn delete_group(&self, _by: &Actor, _id: &str) -> Result<(), Error> {
        todo!()
    }
    /// `GET /Groups/{id}`; members are loaded only when the projection wants them.
    pub async fn group(&self, _id: &str, _projection: &Projection) -> Result<Attributes, Error> {
        todo!()
    }
    /// `GET /Groups`.
    pub async fn groups(&self, _query: &ListQuery, _projection: &Projection) -> Result<Page, Error> {
        todo!()
    }

    /// `GET /access/v1/users/{id or userName}`; `None` = nobody of that name or id.
    pub async fn access(&self, _id_or_user_name: &str) -> Result<Option<AccessView>, Error> {
        todo!()
    }
    /// `GET /access/v1/users`.
    pub async fn access_page(&self, _query: &AccessQuery) -> Result<AccessPage, Error> {
        todo!()
    }

    /// Puts a run into the queue; `uid` names it, or a new id is made. Asking again with the same uid answers the run as it stands.
    pub async fn request_run(&self, _uid: Option<&str>, _request: RunRequest) -> Result<RunStatus, Error> {
        todo!()
    }
    /// A run by uid.
    pub async fn run(&self, _uid: &str) -> Result<Option<RunStatus>, Error> {
        todo!()
    }
    /// The newest run of this name.
    pub async fn run_by_name(&self, _name: &str) -> Result<Option<RunStatus>, Error> {
        todo!()
    }
    /// All kept runs, newest first.
    pub async fn runs(&self) -> Result<Vec<RunStatus>, Error> {
        todo!()
    }
    /// Takes a run that has not begun out of the queue; a run under way ends after its batch. Unknown uids are fine.
    pub async fn cancel_run(&self, _uid: &str) -> Result<(), Error> {
        todo!()
    }

    /// `PUT /admin/v1/config`. Same hash = same revision. In force when this returns.
    pub async fn publish(&self, _publication: Publication) -> Result<Published, Error> {
        todo!()
    }
    /// `GET /admin/v1/config`.
    pub async fn published(&self) -> Result<Published, Error> {
        todo!()
    }
    /// `GET /admin/v1/state`: at once when `since` is absent or old, else after a change or `wait`.
    pub async fn state(&self, _since: Option<&str>, _wait: Duration) -> Result<State, Error> {
        todo!()
    }
}
