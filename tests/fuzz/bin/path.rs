//! Paths of PATCH operations and of projections. See `scim_fuzz::properties::path`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scim_fuzz::properties::path::hold(input));
