//! Filters: read, printed, matched. See `scim_fuzz::properties::filter`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scim_fuzz::properties::filter::hold(input));
