//! Load tests as data: which levels there are, when each request is due, what its events come to, what a level shows.
//! Pure: nothing here sends, waits, reads a clock or prints; `cli::bench` does.

mod estimate;
mod level;
mod pacer;
mod plan;
mod prompt;
mod sample;
mod tally;

pub use estimate::{LevelEstimate, MOCK_COST, Price};
pub use level::{LevelReport, Question, Report};
pub use pacer::{Next, Pacer};
pub use plan::{Arrivals, CacheMode, ErrorLimit, Extent, Goal, Level, Load, Plan};
pub use prompt::Prompts;
pub use sample::{Outcome, Recorder, Sample};
pub use tally::{Figure, Figures, Known, LevelTally, Sampled};

#[cfg(test)]
mod tests;
