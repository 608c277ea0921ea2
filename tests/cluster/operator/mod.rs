//! The operator as a real process against a whole node: pods, volumes, tokens and rules as a user has them.

mod directory;
mod leader;
mod people;
mod restore;
mod rule;
mod token;
pub mod world;
