//! Turns a list of arrivals into TTFT, time per output token and tokens per second.
//!
//! Pure: times come in as durations since the request was sent; nothing here reads a clock.

mod curve;
mod definitions;
mod distribution;
mod frames;
mod summary;
mod timeline;
mod window;

pub use curve::Curve;
pub use definitions::{DEFINITIONS, Definition, SYMBOLS, definition};
pub use distribution::{Bin, Distribution, Measure, Quantiles};
pub use frames::{FrameLog, Frames};
pub use summary::{Missing, Reading, ServerTime, Split, Summary, Usage};
pub use timeline::{Arrival, Channel, Timeline};
pub use window::LiveRate;

#[cfg(test)]
mod tests;
