//! What the process tests share: the program under test, HTTP with a bearer, and waiting for a condition.
//! The only place of the tests that looks at the clock.

#![expect(dead_code, reason = "each test binary uses its part")]

pub mod chunked;
pub mod endpoint;
pub mod http;
pub mod program;
pub mod reply;
pub mod wait;
