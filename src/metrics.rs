//! Turns a list of arrivals into TTFT, time per output token and tokens per second.
//!
//! Pure: times come in as durations since the request was sent; nothing here reads a clock.

mod curve;
mod frames;
mod summary;
mod timeline;
mod window;

pub use curve::Curve;
pub use frames::{FrameLog, Frames, Histogram, Quantiles};
pub use summary::{Missing, Reading, ServerTime, Split, Summary, Usage};
pub use timeline::{Arrival, Channel, Timeline};
pub use window::LiveRate;

#[cfg(test)]
mod tests;
