//! A planted fault: not found means that the fuzzer sees nothing. See `scim_fuzz::properties::canary`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scim_fuzz::properties::canary::hold(input));
