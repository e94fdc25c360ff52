//! The flags of `waferdeck bench`, and the amounts that they take.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

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
