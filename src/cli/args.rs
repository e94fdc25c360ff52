//! The command line: every command and flag, with an example in each help text.
//!
//! What a flag means together with file and environment is `config`'s.

mod bench;
mod history;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bench::{Arrivals, Bench, BenchFormat, BudgetPart, Cache};
pub use history::{ExportAs, History, StatsBy};

use crate::{chat::Tiling, config::Overrides};

/// A terminal workbench for very fast language models.
#[derive(Debug, Parser)]
#[command(
    name = "waferdeck",
    // Whatever the file of the program is called.
    bin_name = "waferdeck",
    version,
    about,
    after_help = "Without a command the workbench opens. With no key and no profile it runs on the embedded mock.\n\n\
                  Examples:\n  waferdeck\n  waferdeck -m gpt-oss-120b -m 'qwen-3.8-27b?temperature=0.2'\n  \
                  waferdeck --deck duel\n  waferdeck -r\n  \
                  waferdeck ask \"What is a wafer?\""
)]
pub struct Cli {
    /// Flags of the workbench.
    #[command(flatten)]
    pub open: Open,
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the workbench without one.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of the workbench.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Ask with this variant, [PROFILE/]MODEL[?key=value&…]; a pane for each
    #[arg(short, long = "model", value_name = "VARIANT")]
    pub models: Vec<String>,
    /// Open an earlier session: the newest, or the one whose id begins or ends like this
    #[arg(short, long, value_name = "ID", num_args = 0..=1, default_missing_value = "", conflicts_with = "models")]
    pub resume: Option<String>,
    /// Begin with this saved arrangement of panes
    #[arg(long, value_name = "NAME", conflicts_with_all = ["models", "resume"])]
    pub deck: Option<String>,
    /// How the panes tile: columns, rows, grid, tabs
    #[arg(long, value_name = "LAYOUT", value_parser = tiling)]
    pub layout: Option<Tiling>,
    /// Ask the embedded mock, whatever is configured
    #[arg(long)]
    pub mock: bool,
}

fn tiling(word: &str) -> Result<Tiling, String> {
    Tiling::parse(word).ok_or_else(|| {
        let words = Tiling::ALL.map(Tiling::word);
        format!("expected one of {}", words.join(", "))
    })
}

/// Flags that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Read settings from this file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep sessions below this directory
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Ask this provider profile
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Read environment variables from this file, too
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Colours: auto, always, never
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<String>,
    /// What goes into the log: off, error, warn, info, debug, trace; of a part alone as in warn,provider=debug
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// Write nothing to disk
    #[arg(long, global = true)]
    pub temporary: bool,
    /// Stop with exit code 6 when nothing can be saved
    #[arg(long, global = true)]
    pub require_store: bool,
    /// Longest wait for a quota without a screen, in seconds
    #[arg(long, global = true, value_name = "S")]
    pub max_wait: Option<u64>,
    /// Serve figures for Prometheus at this address of this machine, such as 127.0.0.1:9464
    #[arg(long, global = true, value_name = "ADDR")]
    pub metrics_listen: Option<String>,
    /// Write all that is sent and received to this file, prompts and answers included, keys hidden
    #[arg(long, global = true, value_name = "FILE")]
    pub debug_http: Option<PathBuf>,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Ask once and print the answer
    #[command(
        after_help = "Examples:\n  waferdeck ask \"What is a wafer?\"\n  git diff | waferdeck ask -s \"Review this.\" -\n  \
                      waferdeck ask -m gpt-oss-120b -m qwen-3.8-27b --format json \"Name three primes\""
    )]
    Ask(Ask),
    /// List models with context, prices, speed and state
    #[command(after_help = "Example:\n  waferdeck models --json")]
    Models(Models),
    /// List, show, export, rename and delete saved sessions
    #[command(subcommand)]
    History(History),
    /// Serve the embedded mock for other clients
    #[command(after_help = "Examples:\n  waferdeck mock --listen 127.0.0.1:8399\n  \
                      CEREBRAS_BASE_URL=http://127.0.0.1:8399 waferdeck ask hello")]
    Mock(Mock),
    /// Show where settings come from, and check them
    #[command(subcommand)]
    Config(Config),
    /// Load a model with many requests and print percentiles
    #[command(
        after_help = "Each level of load begins with requests that do not count. Times and speeds are of requests that were answered,\n\
                      as `waferdeck ask` measures them; with --rate latency is also counted from the moment a request was due,\n\
                      which is what people feel when a server is late.\n\n\
                      Examples:\n  waferdeck bench --dry-run -m gpt-oss-120b\n  \
                      waferdeck bench -m 'gpt-oss-120b?max_tokens=512' --concurrency 1,2,4,8 --requests 64\n  \
                      waferdeck bench --rate 5,10 --duration 30 --cache bust,reuse --budget-ms ttft=500 --json -o load.json"
    )]
    Bench(Bench),
    /// Check everything between here and an answer: settings, keys, network, service, store, terminal
    #[command(
        after_help = "Each line is well (a tick), works but should change (!), does not work (a cross), or could not be checked (a dash);\n\
                      what to do is below it. A cross ends with exit code 7. All profiles that are set up are looked at, or the one\n\
                      that --profile names. Each gets one small request that costs tokens, unless --no-probe says otherwise.\n\n\
                      Examples:\n  waferdeck doctor\n  waferdeck doctor --profile cerebras --no-probe\n  \
                      waferdeck doctor --offline --json"
    )]
    Doctor(Doctor),
}

/// `waferdeck doctor`.
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// Contact nothing outside this machine, and run no command that prints a key
    #[arg(long)]
    pub offline: bool,
    /// Send no request that costs tokens; without this each profile gets one, of 64 tokens and a short prompt at most
    #[arg(long)]
    pub no_probe: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `waferdeck ask`.
#[derive(Args, Clone, Debug)]
pub struct Ask {
    /// The prompt; `-` reads standard input, which also joins a prompt when it is piped
    #[arg(value_name = "PROMPT")]
    pub prompt: Option<String>,
    /// Ask with this variant, [PROFILE/]MODEL[?key=value&…]; several compare
    #[arg(short, long = "model", value_name = "VARIANT")]
    pub models: Vec<String>,
    /// System prompt
    #[arg(short, long, value_name = "TEXT")]
    pub system: Option<String>,
    /// Add the text of this file to the prompt
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How the answers are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Ask the embedded mock, whatever is configured
    #[arg(long)]
    pub mock: bool,
    /// End with exit code 7 when an answer is over its latency budget
    #[arg(long)]
    pub fail_on_breach: bool,
}

/// How `ask` prints answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The text as it streams
    Text,
    /// One object with answers, usage, timing and attempts
    Json,
    /// One event a line: start, delta, attempt, end
    Jsonl,
}

/// `waferdeck models`.
#[derive(Args, Clone, Debug)]
pub struct Models {
    /// Fail if the provider does not answer, rather than print the built-in table
    #[arg(long)]
    pub refresh: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// List the models of the embedded mock
    #[arg(long)]
    pub mock: bool,
}

/// `waferdeck mock`.
#[derive(Args, Clone, Debug)]
pub struct Mock {
    /// Where to listen; loopback only, port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Play this scenario: a file, or the name of a built-in one
    #[arg(long, value_name = "FILE|NAME")]
    pub scenario: Option<String>,
    /// Rate limits: unlimited, free-trial, developer
    #[arg(long, value_name = "TIER", default_value = "unlimited")]
    pub tier: String,
    /// Another seed, other answers
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Note when each answer's bytes were written: GET /mock/stamps/{inference-id}
    #[arg(long)]
    pub stamps: bool,
    /// List the models and built-in scenarios, and stop
    #[arg(long)]
    pub list: bool,
}

/// `waferdeck config`.
#[derive(Clone, Debug, Subcommand)]
pub enum Config {
    /// Print where settings, sessions and logs are
    Path {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print every setting with its value and where that came from
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the settings; exit code 7 on a warning
    Check,
    /// Write the settings file with every setting, its default and its explanation
    Init,
    /// List the themes and where each comes from
    #[command(after_help = "Example:\n  waferdeck config themes --json")]
    Themes {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List every key with what it does, where it holds and where that comes from
    #[command(after_help = "Examples:\n  waferdeck config keys\n  waferdeck config keys --probe")]
    Keys {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Show what the terminal really sends for the keys that are pressed, and what that means here
        #[arg(long, conflicts_with = "json")]
        probe: bool,
    },
}

impl Global {
    /// What the flags say, for `config`.
    pub fn overrides(&self, models: &[String], mock: bool) -> Overrides {
        Overrides {
            config_file: self.config.clone(),
            data_dir: self.data_dir.clone(),
            profile: self.profile.clone(),
            models: models.to_vec(),
            env_file: self.env_file.clone(),
            color: self.color.clone(),
            log_level: self.log_level.clone(),
            max_wait: self.max_wait.map(Duration::from_secs),
            temporary: self.temporary,
            require_store: self.require_store,
            mock,
            metrics_listen: self.metrics_listen.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_the_program_and_not_its_file() {
        for line in [
            "/opt/builds/wd5 --help",
            "/opt/builds/wd5 bench --help",
            "wd5 ask --bad",
        ] {
            let told = Cli::try_parse_from(line.split(' '))
                .unwrap_err()
                .to_string();
            assert!(told.contains("Usage: waferdeck"), "{told}");
            assert!(!told.contains("wd5"), "{told}");
        }
    }

    #[test]
    fn flags_of_every_command_stand_on_either_side_of_it() {
        for line in [
            "waferdeck --max-wait 3 ask hi",
            "waferdeck ask --max-wait 3 hi",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.global.max_wait, Some(3), "{line}");
        }
    }

    #[test]
    fn a_deck_stands_alone_and_a_layout_is_one_of_four() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        let open = parse("waferdeck --deck duel --layout rows").unwrap().open;
        assert_eq!(open.deck.as_deref(), Some("duel"));
        assert_eq!(open.layout, Some(Tiling::Rows));
        for line in [
            "waferdeck --deck duel -m x",
            "waferdeck --deck duel -r",
            "waferdeck --layout spiral",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn resume_takes_an_id_or_nothing() {
        let resume = |args: &[&str]| Cli::try_parse_from(args).unwrap().open.resume;
        assert_eq!(resume(&["waferdeck"]), None);
        assert_eq!(resume(&["waferdeck", "-r"]), Some(String::new()));
        assert_eq!(
            resume(&["waferdeck", "-r", "1a2b"]),
            Some("1a2b".to_owned())
        );
    }
}
