//! waferdeck: a terminal workbench for very fast language models.
//!
//! The library serves the `waferdeck` binary, its tests and its benches, and promises nothing to others.
//! The modules stand in reading order: each may use only those above it, and of those only the ones named in
//! `ARCHITECTURE.md`. The screen, with the names that the code uses for its parts:
//!
//! ```text
//!  waferdeck  Write a merge sort in Rust.                      MOCK  4/5 req      status
//!  A gpt-oss-120b                           2,871 tok/s │ A  gpt-oss-120b         title │ sidebar
//!  ┃ Write a merge sort in Rust.                        │                         prompt
//!                                                       │ SPEED
//!    ▸ reasoning  9.60 ms · 18 tokens                   │ 2,871 tok/s server      thinking
//!                                                       │
//!    Merge sort                                         │ LATENCY                 transcript
//!      fn merge_sort<T: Ord + Clone>(items: &[T]) …     │ TTFT         168 ms
//!                                                       │
//!    gpt-oss-120b · mock · 151 tokens · TTFT 168 ms     │ TOKENS                  footer
//!  · the answer was sent to the clipboard   ▼ 38 below  │ out             151     notice, badge
//!  ┃ to A · ~41 tokens · reserves ~8,233                │                         meta
//!  ┃ Now the same in Go.                                │                         composer
//!  Enter send   Ctrl-J newline   Tab read   F1 help     │                         hints
//! ```

pub mod text;

pub mod metrics;

pub mod chat;

pub mod markdown;

pub mod config;

pub mod provider;

pub mod store;

pub mod mock;

pub mod app;

pub mod ui;

pub mod runtime;

pub mod cli;
