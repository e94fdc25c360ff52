//! Takes a request and yields stream events, whatever that needs; the only HTTP client of the program.
//! What is sent and how answers are kept is decided elsewhere; nothing here knows a screen or a file of ours.

pub mod sse;
