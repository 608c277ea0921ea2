//! The one binary: `scim-operator <command>`.

use std::process::ExitCode;

fn main() -> ExitCode {
    scim_operator::cli::run()
}
