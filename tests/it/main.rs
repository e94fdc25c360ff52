//! The parts together, over real connections and real files; one binary for all of it.
//!
//! What drives the built program in a terminal is in `tests/e2e`.

mod answer;
mod architecture;
mod event_loop;
mod fault_table;
mod faults;
mod figures;
mod glimpses;
mod kept;
mod leaving;
mod meant;
mod mock;
mod pointing;
mod properties;
mod quota;
mod reading;
mod readme;
mod screens;
mod stage;
mod supply;
mod telemetry;
