//! An identity provider for trying things: does to any SCIM 2.0 service what Entra ID's provisioning service would do.
//!
//! The provider's rules live here, and only here: who is in scope (B019, B020, B108, B109), match before create, what a
//! cycle sends (only differences, B056), what leaving the scope sends (`active` false, never a DELETE: B021), what is
//! sent on demand (B057, B058). [`plan`] is pure; `cycle` sends. The shapes are those of [`entra`] (C014).
//! It never reads the service's rules or access: a provider cannot either.

mod cycle;
mod entra;
mod error;
mod on_demand;
mod people;
mod plan;
mod profile;
mod report;
mod state;

pub use cycle::{Cycle, try_connection};
pub use entra::Shapes;
pub use error::Error;
pub use people::{Group, People, Person};
pub use plan::{Intent, plan};
pub use profile::{Change, Profile};
pub use report::{Report, Tally};
pub use state::{KnownGroup, KnownUser, State};
