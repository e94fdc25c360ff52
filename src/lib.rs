//! waferdeck: a terminal workbench for very fast language models.
//!
//! The library serves the `waferdeck` binary, its tests and its benches, and promises nothing to others.
//! The modules stand in reading order: each may use only those above it, and of those only the ones named in
//! `ARCHITECTURE.md`. The screen, with the names that the code uses for its parts:
//!
//! ```text
//!  waferdeck  merge sort                                        MOCK         status
//!  A gpt-oss-120b · low ───────────────────────── 2,871 tok/s │ LATENCY      sidebar
//!  ┃ Write a stable merge sort in Rust.                       │ TTFT 168 ms
//!                                                             │
//!    Here is a stable merge sort…                             │ SPEED
//!    fn merge_sort<T: Ord + Clone>(…                          │ 2,871 tok/s
//!                                                    ▼ 38 new │              pane (transcript)
//!  ┃ to A · 41 tokens · reserves 8,233                        │              composer
//!  ┃ Write a stable merge sort in Rust.                       │
//!  Enter send · Ctrl-J newline · Ctrl-P palette · ? help      │              hints
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
