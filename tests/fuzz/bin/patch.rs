//! PATCH messages, applied to users and groups. See `scim_fuzz::properties::patch`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scim_fuzz::properties::patch::hold(input));
