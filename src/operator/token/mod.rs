//! Bearer tokens (B113–B128).

pub mod value;
