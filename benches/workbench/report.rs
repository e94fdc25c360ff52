//! The figures, and how they are printed.

use std::error::Error;
use std::fs;
use std::thread;

use serde::Serialize;

use crate::accuracy::Accuracy;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// What kind of machine it was.
    pub(crate) machine: String,
    pub(crate) binary_bytes: u64,
    pub(crate) first_paint: Option<Paint>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) keys: Vec<Keys>,
    pub(crate) accuracy: Vec<Accuracy>,
    pub(crate) idle: Option<Idle>,
    /// Names of scenarios, and why there are no figures.
    pub(crate) not_measured: Vec<(String, String)>,
}

/// From the start of the process to the end of the first frame.
#[derive(Debug, Serialize)]
pub(crate) struct Paint {
    pub(crate) runs: usize,
    pub(crate) median_us: u64,
    pub(crate) max_us: u64,
}

impl Paint {
    pub(crate) fn new(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        Self {
            runs: times.len(),
            median_us: quantile(&times, 50),
            max_us: quantile(&times, 100),
        }
    }
}

/// What the program tells of its own frames.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Told {
    pub(crate) lag_p50_ms: f64,
    /// Under a hundred frames there is none.
    pub(crate) lag_p99_ms: Option<f64>,
    pub(crate) frame_p50_ms: f64,
    /// See above.
    pub(crate) frame_p99_ms: Option<f64>,
    pub(crate) dropped: f64,
}

/// One answer in each of some panes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) name: &'static str,
    pub(crate) panes: usize,
    /// Of each pane.
    pub(crate) tokens: u64,
    pub(crate) is_paced: bool,
    /// Of the workbench alone, from the prompt until it is quiet again.
    pub(crate) cpu_us_per_token: f64,
    /// Processor time of a late quarter by that of an early one.
    pub(crate) late_to_early: Option<f64>,
    pub(crate) told: Told,
    /// From the write of the last token to the end of the frame that shows it.
    pub(crate) last_token_us: Option<u64>,
    /// Longest time without a byte to the terminal while tokens came.
    pub(crate) longest_gap_us: u64,
    pub(crate) frames: usize,
    pub(crate) bytes_per_token: f64,
    pub(crate) peak_memory_kib: u64,
    /// Time in which the tokens came.
    pub(crate) seconds: f64,
}

impl Answer {
    /// The medians of several answers of the same length; the longest gap and the peak are those of all.
    pub(crate) fn middle(answers: &[Self]) -> Self {
        let middle = |figure: &dyn Fn(&Self) -> Option<f64>| {
            let mut all: Vec<f64> = answers.iter().filter_map(figure).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied()
        };
        let sure = |figure: fn(&Self) -> f64| middle(&|a| Some(figure(a))).unwrap_or_default();
        let most = |figure: fn(&Self) -> u64| answers.iter().map(figure).max().unwrap_or(0);
        let mut last: Vec<u64> = answers.iter().filter_map(|a| a.last_token_us).collect();
        last.sort_unstable();
        let mut frames: Vec<usize> = answers.iter().map(|a| a.frames).collect();
        frames.sort_unstable();
        Self {
            cpu_us_per_token: sure(|a| a.cpu_us_per_token),
            late_to_early: middle(&|a| a.late_to_early),
            told: Told {
                lag_p50_ms: sure(|a| a.told.lag_p50_ms),
                lag_p99_ms: middle(&|a| a.told.lag_p99_ms),
                frame_p50_ms: sure(|a| a.told.frame_p50_ms),
                frame_p99_ms: middle(&|a| a.told.frame_p99_ms),
                dropped: sure(|a| a.told.dropped),
            },
            last_token_us: (!last.is_empty()).then(|| quantile(&last, 50)),
            longest_gap_us: most(|a| a.longest_gap_us),
            frames: frames[frames.len() / 2],
            bytes_per_token: sure(|a| a.bytes_per_token),
            peak_memory_kib: most(|a| a.peak_memory_kib),
            seconds: sure(|a| a.seconds),
            ..answers[0].clone()
        }
    }

    fn row(&self) -> String {
        let none = || "-".to_owned();
        let flat = self.late_to_early.map_or_else(none, |f| format!("{f:.2}"));
        let last = self.last_token_us.map_or_else(none, millis);
        let told = &self.told;
        let frame = told.frame_p99_ms.map_or_else(none, |ms| format!("{ms:.2}"));
        let lag = told.lag_p99_ms.map_or_else(none, |ms| format!("{ms:.1}"));
        format!(
            "| {} | {} | {} | {:.1} µs | {flat} | {:.2} · {frame} ms | {:.1} · {lag} ms | {} | {last} | {} | {:.0} | {:.1} MiB |\n",
            self.name,
            self.panes,
            thousands(self.tokens),
            self.cpu_us_per_token,
            told.frame_p50_ms,
            told.lag_p50_ms,
            told.dropped,
            millis(self.longest_gap_us),
            self.bytes_per_token,
            self.peak_memory_kib as f64 / 1024.0,
        )
    }
}

/// From a key to the end of the frame that shows it, while an answer streams.
#[derive(Debug, Serialize)]
pub(crate) struct Keys {
    /// Panes that stream.
    pub(crate) panes: usize,
    pub(crate) pressed: usize,
    pub(crate) median_us: u64,
    pub(crate) p95_us: u64,
    pub(crate) max_us: u64,
}

impl Keys {
    pub(crate) fn new(panes: usize, mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        Self {
            panes,
            pressed: times.len(),
            median_us: quantile(&times, 50),
            p95_us: quantile(&times, 95),
            max_us: quantile(&times, 100),
        }
    }

    fn row(&self) -> String {
        let panes = if self.panes == 1 {
            "pane streams"
        } else {
            "panes stream"
        };
        format!(
            "| key to screen while {} {panes} | {} | {} | {} | {} |\n",
            self.panes,
            millis(self.median_us),
            millis(self.p95_us),
            millis(self.max_us),
            self.pressed,
        )
    }
}

/// What it costs to do nothing.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) cpu_us: f64,
    pub(crate) seconds: f64,
}

impl Figures {
    pub(crate) fn of_this_machine(binary_bytes: u64) -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|l| l.strip_prefix("model name\t: "));
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            machine: format!("{cores} × {}", model.unwrap_or("unknown processor")),
            binary_bytes,
            first_paint: None,
            answers: Vec::new(),
            keys: Vec::new(),
            accuracy: Vec::new(),
            idle: None,
            not_measured: Vec::new(),
        }
    }

    pub(crate) fn not_measured(&mut self, name: &str, why: &dyn Error) {
        self.not_measured.push((name.to_owned(), why.to_string()));
    }

    /// Markdown tables of what there is.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        if !self.answers.is_empty() {
            text += "| scenario | panes | tokens each | CPU per token | late : early | frame p50 · p99 | lag p50 · p99 | dropped | last token | longest gap | bytes per token | peak memory |\n\
             |:-----|------:|-------:|-------:|-----:|------:|------:|------:|------:|------:|------:|------:|\n";
        }
        self.answers.iter().for_each(|a| text += &a.row());
        if self.first_paint.is_some() || !self.keys.is_empty() {
            text +=
                "\n| figure | median | p95 | max | of |\n|:-------|-------:|----:|----:|---:|\n";
        }
        if let Some(paint) = &self.first_paint {
            text += &format!(
                "| start to first paint | {} | - | {} | {} |\n",
                millis(paint.median_us),
                millis(paint.max_us),
                paint.runs,
            );
        }
        self.keys.iter().for_each(|k| text += &k.row());
        if !self.accuracy.is_empty() {
            text += &format!("\n{}", Accuracy::HEAD);
        }
        self.accuracy.iter().for_each(|a| text += &a.row());
        if let Some(idle) = &self.idle {
            text += &format!(
                "\nidle CPU: {:.0} µs in {:.0} s\n",
                idle.cpu_us, idle.seconds
            );
        }
        for (name, why) in &self.not_measured {
            text += &format!("\n{name}: not measured: {why}\n");
        }
        let mebibytes = self.binary_bytes as f64 / f64::from(1 << 20);
        text + &format!("\n{}; program: {mebibytes:.1} MiB\n", self.machine)
    }
}

/// The value below which `percent` of the sorted values lie; the nearest rank.
pub(crate) fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn millis(us: u64) -> String {
    format!("{:.1} ms", us as f64 / 1e3)
}

fn thousands(n: u64) -> String {
    if n < 1_000 {
        n.to_string()
    } else {
        format!("{}k", n / 1_000)
    }
}
