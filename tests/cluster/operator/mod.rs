//! The operator as a real process against a whole node: pods, volumes, tokens and rules as a user has them.

mod directory;
mod rule;
mod token;
mod world;
