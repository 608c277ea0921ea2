//! The records as evidence: whether they are what was written, and taking out what they say of a person. C005.
//!
//! Both work on a data folder and need no endpoint: verifying only reads, erasing takes the folder's lock.

mod erase;
mod verify;

pub use crate::store::erase::Erased;
pub use crate::store::walk::Verified;
pub use erase::erase;
pub use verify::verify;
