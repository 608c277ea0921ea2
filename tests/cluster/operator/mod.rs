//! The operator as a real process against a whole node: pods, volumes, tokens and rules as a user has them.

mod directory;
mod people;
mod rule;
mod token;
pub mod world;
