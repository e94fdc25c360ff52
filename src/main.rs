//! Starts the process: hands the arguments to `cli` and gives its exit code back.
//!
//! Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    waferdeck::cli::main(std::env::args_os())
}
