//! The built program as a person or a script meets it: in a pseudo-terminal read by an emulator, and on pipes.
//! Every test has directories, an environment and a server of its own, and waits for conditions with a deadline.

mod harness;

mod start;

mod talk;

mod composer;
mod copies;

mod quota;
mod reading;

mod overlays;

mod resize;

mod sessions;

mod saving;

mod crash;

mod sidebar;
mod signals;

mod idle;

mod errors;
mod finding;

mod hostile;

mod ask;

mod panes;

mod commands;

mod arrangement;
mod clipboard;
mod keys;
mod surroundings;
mod told;
mod variants;

mod budget;
mod decks;
mod diagnostics;
mod doctor;
mod telemetry;
mod visits;

mod bench;
mod secrets;

mod production;

mod sidebar_scroll;

mod blocked;
mod many;

#[cfg(feature = "faults")]
mod faults;
mod reload;
mod wire;

#[cfg(target_os = "linux")]
mod soak;
