//! placeholder
use crate::source::Source;
pub fn hold(_: &[Source]) {}
