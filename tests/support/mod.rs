//! What the tests of several binaries share: the program under test, HTTP with a bearer, a cluster, and waiting for a
//! condition.
//! The only place of the tests that looks at the clock.

#![expect(dead_code, reason = "each test binary uses its part")]

pub mod api_proxy;
pub mod browser;
pub mod chunked;
pub mod cluster;
pub mod database;
#[path = "../crash/dice.rs"]
pub mod dice;
pub mod endpoint;
pub mod filtering;
pub mod http;
pub mod identity_provider;
pub mod merging;
pub mod program;
pub mod proxy;
pub mod reply;
pub mod wait;
