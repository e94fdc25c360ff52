//! waferdeck: a terminal workbench for very fast language models.
//!
//! The library serves the `waferdeck` binary, its tests and its benches, and promises nothing to others.
//! The modules stand in reading order: each may use only those above it, and of those only the ones named in
//! `ARCHITECTURE.md`. The screen, with the names that the code uses for its parts:
//!
//! ```text
//!  waferdeck  Write a merge sort in Rust.                                 MOCK  4/5 req    status
//!  A gpt-oss-120b · low   2,871 tok/s │ B qwen-3.8-27b    ~1,840 tok/s │ A  gpt-oss-120b    titles │ sidebar
//!  ┃ Write a merge sort in Rust.     ▐│ ┃ Write a merge sort in Rust.  ▐│                    prompt, scroll bar
//!                                    ▐│                               ▐│ ALL PANES
//!    ▸ reasoning  9.60 ms · 18 tokens▐│   Merge sort                  ▐│ A  2,871 tok/s     thinking
//!                                    ▐│   Split in halves, sort each, ▐│
//!    Merge sort                      ▐│   merge. Equal items keep      │ B ~1,840 tok/s     transcript
//!    │ fn merge_sort<T: Ord>(…       ▐│                                │
//!                                    ▐│ / merge   2 of 5               │                    find
//!    gpt-oss-120b · 151 tokens       ▐│                      ▼ 38 new  │                    footer, badge
//!  · B is muted: broadcasts pass it by                                  │                    notice
//!  ┃ to A (B muted) · ~41 tokens · reserves ~8,233                      │                    meta
//!  ┃ Now the same in Go.                                                │                    composer
//!  Enter send   Ctrl-J newline   Tab read   F1 help                     │                    hints
//! ```

pub mod text;

pub mod metrics;

pub mod chat;

pub mod bench;

pub mod markdown;

pub mod files;

pub mod faults;

pub mod config;

pub mod provider;

pub mod store;

pub mod telemetry;

pub mod mock;

pub mod app;

pub mod ui;

pub mod runtime;

pub mod cli;

#[cfg(test)]
#[path = "../tests/fuzz/damage.rs"]
mod damage;
#[cfg(test)]
#[path = "../tests/fuzz/seeds.rs"]
mod seeds;
