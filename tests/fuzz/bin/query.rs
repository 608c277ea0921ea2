//! Query strings, and what the protocol reads from them. See `scim_fuzz::properties::query`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scim_fuzz::properties::query::hold(input));
