//! Small typed HTTP clients: any SCIM 2.0 service ([`scim`]) and this project's access API ([`access`]).
//!
//! Every call has a timeout, every answer a size limit. A credential comes from a file or from the environment, never
//! from an argument, and is never printed. Redirects are not followed: the credential would go with them.

pub mod access;
mod connection;
mod error;
pub mod scim;
mod token;

pub use connection::{Answer, Connection, Request, Settings};
pub use error::Error;
pub use token::Token;
