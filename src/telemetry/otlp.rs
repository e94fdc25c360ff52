//! Figures and spans for a receiver that speaks OTLP: HTTP with JSON, told where by the standard `OTEL_*` variables.
//!
//! Nothing leaves the program unless one of them names a receiver.

mod body;
mod export;
mod settings;

pub use export::Exporter;
pub use settings::{Settings, Target};
