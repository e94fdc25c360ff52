//! Turns a list of arrivals into TTFT, time per output token and tokens per second.
//!
//! Pure: times come in as durations since the request was sent; nothing here reads a clock.

mod curve;
mod definitions;
mod deltas;
mod density;
mod distribution;
mod frames;
mod missing;
mod peak;
mod reported;
mod sliding;
mod stalls;
mod summary;
mod tally;
mod timeline;
mod window;

use curve::Curve;
pub use definitions::{DEFINITIONS, Definition, SYMBOLS, definition};
pub use deltas::{Calls, Deltas};
pub use density::Density;
pub use distribution::{Bin, Distribution, Measure, P90_FROM, P95_FROM, P99_FROM, Quantiles};
pub use frames::{FrameLog, Frames};
pub use missing::{Missing, Reading};
use peak::Peak;
pub use reported::{ServerTime, Times, Tokens, Usage};
pub use sliding::Sliding;
pub use stalls::Stall;
pub use summary::{Split, Summary};
pub use tally::{Asked, Entry, Tallies, Tally};
pub use timeline::{Arrival, Channel, Timeline};
pub use window::LiveRate;

#[cfg(test)]
mod tests;
