//! Starts the process: hands the arguments to `cli` and gives its exit code back.
fn main() {}
