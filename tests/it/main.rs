//! The parts together, over real connections and real files; one binary for all of it.

mod architecture;
mod mock;
mod readme;
