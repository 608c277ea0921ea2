//! How the static binary is linked: a position-independent static binary carries two megabytes of relocations, which
//! the relative form (RELR) packs into some kilobytes. The C library inside it must know that form: glibc since 2.36.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| {
        std::env::var(format!("CARGO_CFG_TARGET_{name}")).is_ok_and(|found| found.split(',').any(|word| word == wanted))
    };
    if is("OS", "linux") && is("ENV", "gnu") && is("FEATURE", "crt-static") && glibc() >= (2, 36) {
        println!("cargo::rustc-link-arg-bin=scim-operator=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library to link with, or nothing that would do.
fn glibc() -> (u32, u32) {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| output.stdout);
    let text = String::from_utf8(output.unwrap_or_default()).unwrap_or_default();
    let mut numbers = text.trim().trim_start_matches("glibc ").split('.').map(|word| word.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
