//! The command line: every command and flag, with an example in each help text.
//!
//! What a flag means together with file and environment is `config`'s.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

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

/// `waferdeck bench`.
#[derive(Args, Clone, Debug)]
pub struct Bench {
    /// Load this variant, [PROFILE/]MODEL[?key=value&…]; several run one after the other
    #[arg(short, long = "model", value_name = "VARIANT")]
    pub models: Vec<String>,
    /// What every request asks; `-` reads standard input. A question of our own without it
    #[arg(long, value_name = "TEXT", conflicts_with = "prompt_file")]
    pub prompt: Option<String>,
    /// Read what every request asks from this file
    #[arg(long, value_name = "FILE")]
    pub prompt_file: Option<PathBuf>,
    /// Closed loop: a level for each number of streams at a time
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "1,2,4,8",
        value_parser = clap::value_parser!(u32).range(1..=1_024)
    )]
    pub concurrency: Vec<u32>,
    /// Open loop in its place: a level for each number of requests a second, whether or not answers keep up
    #[arg(long, value_name = "R,…", value_delimiter = ',', value_parser = rate, conflicts_with = "concurrency")]
    pub rate: Vec<f64>,
    /// How the requests of --rate are spread over time
    #[arg(long, value_enum, default_value_t = Arrivals::Poisson, requires = "rate")]
    pub arrivals: Arrivals,
    /// Requests of each level that count [default: 32, or four for each stream, or ten seconds of --rate]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub requests: Option<u64>,
    /// Begin requests for so many seconds a level, rather than count them
    #[arg(long, value_name = "S", value_parser = seconds, conflicts_with = "requests")]
    pub duration: Option<Duration>,
    /// Requests before each level that do not count [default: one for each stream, or a second of --rate]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=100_000))]
    pub warmup: Option<u64>,
    /// How requests meet the prompt cache; both run apart from each other
    #[arg(
        long,
        value_enum,
        value_name = "HOW,…",
        value_delimiter = ',',
        default_value = "bust"
    )]
    pub cache: Vec<Cache>,
    /// A good request's TTFT at most, or `ttft=MS` and `e2e=MS` [default: the profile's latency budget]
    #[arg(long, value_name = "MS", value_delimiter = ',', value_parser = budget)]
    pub budget_ms: Vec<BudgetPart>,
    /// Exit code 7 when more than this share of a level's requests is not good
    #[arg(
        long,
        value_name = "PERCENT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0",
        value_parser = percent
    )]
    pub fail_on_breach: Option<f64>,
    /// Stop when more than this share of requests fails, of at least 20
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent)]
    pub max_errors: f64,
    /// Another seed, other arrivals of --rate
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print what would be asked for, tokens and cost, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = BenchFormat::Table)]
    pub format: BenchFormat,
    /// JSON, as `--format json`
    #[arg(long)]
    pub json: bool,
    /// Write the result to this file; an existing one is not overwritten
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Load the embedded mock, whatever is configured
    #[arg(long)]
    pub mock: bool,
}

/// How requests of `bench` meet the prompt cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cache {
    /// Every prompt begins with text of its own: nothing is found in the cache
    Bust,
    /// All prompts are the same: all but the first may be found
    Reuse,
}

/// How the requests of an open loop are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arrivals {
    /// Independent of each other, as those of many people are
    Poisson,
    /// One like the other
    Even,
}

/// How `bench` prints its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchFormat {
    /// For a terminal
    Table,
    /// One object, for programs
    Json,
    /// One row a level, for spreadsheets
    Csv,
    /// For a document
    Markdown,
}

/// One bound of `--budget-ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetPart {
    /// Time to first token.
    Ttft(Duration),
    /// End to end.
    E2e(Duration),
}

fn rate(text: &str) -> Result<f64, String> {
    let most = 10_000.0;
    let rate: f64 = text.trim().parse().map_err(|_| "expected a number")?;
    if rate > 0.0 && rate <= most {
        Ok(rate)
    } else {
        Err(format!("expected more than 0 and at most {most}"))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let most = 86_400.0;
    let seconds: f64 = text.trim().parse().map_err(|_| "expected a number")?;
    if seconds > 0.0 && seconds <= most {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("expected more than 0 and at most {most}"))
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let number = text.strip_suffix('%').unwrap_or(text);
    match number.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a number from 0 to 100".to_owned()),
    }
}

fn budget(text: &str) -> Result<BudgetPart, String> {
    let (name, number) = text.split_once('=').unwrap_or(("ttft", text));
    let expected = "expected milliseconds, ttft=MILLISECONDS or e2e=MILLISECONDS";
    let millis: u64 = number.trim().parse().map_err(|_| expected)?;
    if millis == 0 {
        return Err("expected at least 1".to_owned());
    }
    let time = Duration::from_millis(millis);
    match name.trim() {
        "ttft" => Ok(BudgetPart::Ttft(time)),
        "e2e" => Ok(BudgetPart::E2e(time)),
        _ => Err(expected.to_owned()),
    }
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
