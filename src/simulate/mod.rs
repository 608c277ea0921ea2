//! An identity provider for trying things: does to any SCIM 2.0 service what a provider's provisioning would do.
//!
//! The providers' rules live here, and only here: who is in scope (B019, B020, B108, B109), match before create, what a
//! cycle sends (only differences, B056), what leaving the scope sends (`active` false, never a DELETE: B021), what is
//! sent on demand (B057, B058). [`plan`] is pure; `cycle` sends it as Entra ID does, in the shapes of [`entra`], and
//! `push` as Okta and others do (B134–B137), by the table of [`dialect`] (C014).
//! It never reads the service's rules or access: a provider cannot either.

mod check;
mod cycle;
mod dialect;
mod entra;
mod error;
mod import;
mod on_demand;
mod password;
mod people;
mod plan;
mod profile;
mod push;
mod push_groups;
mod report;
mod requests;
mod state;
mod wire;

pub use check::{try_connection, try_connection_as};
pub use cycle::Cycle;
pub use dialect::{
    Check, Dialect, FirstMembers, Groups, JUMPCLOUD, KEYCLOAK, Lookup, OKTA_AIW, OKTA_OIN, ONELOGIN, PINGONE, Update,
    UserShape,
};
pub use entra::Shapes;
pub use error::Error;
pub use import::import;
pub use password::Password;
pub use people::{Group, People, Person};
pub use plan::{Intent, plan};
pub use profile::{Change, Profile};
pub use push::Push;
pub use report::{Report, Tally};
pub use state::{KnownGroup, KnownUser, State};
pub use wire::Wire;
