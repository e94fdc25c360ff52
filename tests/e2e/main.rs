//! The built program as a person or a script meets it: in a pseudo-terminal read by an emulator, and on pipes.
//! Every test has directories, an environment and a mock of its own, and waits for conditions with a deadline.

mod harness;

mod start;
mod talk;
