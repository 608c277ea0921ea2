//! The one binary: `scim-operator <command>`.

fn main() {}
