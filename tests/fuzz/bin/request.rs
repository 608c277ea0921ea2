//! Bodies of users and groups: read, rendered, read again. See `scim_fuzz::properties::request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scim_fuzz::properties::request::hold(input));
