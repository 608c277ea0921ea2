//! The operator as a real process against a whole node: pods, volumes, tokens and rules as a user has them.

mod authority;
mod behind;
mod directory;
mod guard;
mod killed;
mod leader;
mod lost;
mod namespace;
mod people;
mod postgres;
mod recreated;
mod restart;
mod restore;
mod retained;
mod rule;
mod sign_in;
mod token;
mod wiped;
pub mod world;
