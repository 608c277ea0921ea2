//! Small typed HTTP clients: any SCIM 2.0 service ([`scim`]), this project's access API ([`access`]) and, for the
//! operator only, the admin API of an endpoint ([`admin`]). [`raw`] sends what a typed client never would.
//!
//! Every call has a timeout, every answer a size limit. A credential comes from a file or from the environment, never
//! from an argument, and is never printed. Redirects are not followed: the credential would go with them.

pub mod access;
pub mod admin;
mod connection;
mod error;
pub mod raw;
pub mod scim;
mod token;

pub use connection::{Answer, Connection, Habits, Request, Settings};
pub use error::Error;
pub use reqwest::Method;
pub use token::Token;
