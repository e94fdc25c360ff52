//! The commands of `waferdeck history`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// `waferdeck history`.
#[derive(Clone, Debug, Subcommand)]
pub enum History {
    /// List sessions, newest first
    #[command(after_help = "Example:\n  waferdeck history list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// List what is in the trash
        #[arg(long)]
        deleted: bool,
    },
    /// Print a session
    #[command(after_help = "Example:\n  waferdeck history show 1a2b3c4d")]
    Show {
        /// Beginning or end of its id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a session to a file or to standard output
    #[command(after_help = "Example:\n  waferdeck history export 1a2b3c4d -o talk.md")]
    Export {
        /// Beginning or end of its id
        id: String,
        /// What to write
        #[arg(long, value_enum, default_value_t = ExportAs::Markdown)]
        format: ExportAs,
        /// JSON, as `--format json`
        #[arg(long)]
        json: bool,
        /// Where to write it; an existing file is not overwritten
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// What the models thought comes along
        #[arg(long)]
        reasoning: bool,
    },
    /// Sum up what was used and what it cost, by day, month, session or model
    ///
    /// Days are those of your time zone. Each answer is counted once, at the prices of its time; what the trash holds
    /// is counted as well, what was removed for good is not. The mock costs nothing, and is
    /// no part of the total.
    #[command(after_help = "Examples:\n  waferdeck history stats --by month\n  \
                      waferdeck history stats --since 2026-11-01 --json")]
    Stats {
        /// What makes a row
        #[arg(long, value_enum, default_value_t = StatsBy::Day)]
        by: StatsBy,
        /// The first day that counts
        #[arg(long, value_name = "YYYY-MM-DD")]
        since: Option<jiff::civil::Date>,
        /// The last day that counts
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Option<jiff::civil::Date>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a session that is not open another title
    #[command(after_help = "Example:\n  waferdeck history rename 1a2b3c4d 'sorting, second try'")]
    Rename {
        /// Beginning or end of its id
        id: String,
        /// The title
        title: String,
    },
    /// Move a session that is not open into the trash, for 30 days
    #[command(after_help = "Example:\n  waferdeck history delete 1a2b3c4d")]
    Delete {
        /// Beginning or end of its id
        id: String,
    },
    /// Take a session out of the trash
    #[command(after_help = "Example:\n  waferdeck history restore 1a2b3c4d")]
    Restore {
        /// Beginning or end of its id
        id: String,
    },
}

/// What makes a row of `history stats`; rows are apart by model as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatsBy {
    /// A day
    Day,
    /// A month
    Month,
    /// A session
    Session,
    /// A model over all of the time
    Model,
}

impl StatsBy {
    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Session => "session",
            Self::Model => "model",
        }
    }
}

/// What `history export` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportAs {
    /// A transcript that a person reads
    Markdown,
    /// Everything, for programs
    Json,
}
