//! Everything that touches the world while the workbench is open: terminal, clock, signals, tasks, files.
//!
//! The loop takes its ends as parameters, so that tests run the loop itself.

pub mod abilities;
pub mod answer;
pub mod clipboard;
pub mod clock;
pub mod editor;
pub mod effects;
pub mod event_loop;
mod exchanges;
pub mod inbox;
pub mod input;
pub mod job;
pub mod joint;
mod meter;
mod output;
pub mod panic;
pub mod privacy;
pub mod programs;
mod replies;
pub mod screen;
pub mod signals;
pub mod surroundings;
pub mod terminal;
mod visit;
pub mod workshop;
