//! The figures, and how they are printed.

use serde::Serialize;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) binary_bytes: u64,
    pub(crate) first_paint: Paint,
    pub(crate) answers: Vec<Answer>,
    pub(crate) unpaced: Option<Answer>,
    pub(crate) keys: Vec<Keys>,
    pub(crate) idle_cpu_us: f64,
    pub(crate) idle_seconds: f64,
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

/// One answer in each of some panes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) panes: usize,
    /// Of each pane.
    pub(crate) tokens: u64,
    /// Of the workbench alone, from the prompt until it is quiet again.
    pub(crate) cpu_us_per_token: f64,
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
        let middle = |figure: fn(&Self) -> f64| {
            let mut all: Vec<f64> = answers.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let most = |figure: fn(&Self) -> u64| answers.iter().map(figure).max().unwrap_or(0);
        let mut last: Vec<u64> = answers.iter().filter_map(|a| a.last_token_us).collect();
        last.sort_unstable();
        let mut frames: Vec<usize> = answers.iter().map(|a| a.frames).collect();
        frames.sort_unstable();
        Self {
            panes: answers[0].panes,
            tokens: answers[0].tokens,
            cpu_us_per_token: middle(|a| a.cpu_us_per_token),
            last_token_us: (!last.is_empty()).then(|| quantile(&last, 50)),
            longest_gap_us: most(|a| a.longest_gap_us),
            frames: frames[frames.len() / 2],
            bytes_per_token: middle(|a| a.bytes_per_token),
            peak_memory_kib: most(|a| a.peak_memory_kib),
            seconds: middle(|a| a.seconds),
        }
    }

    fn row(&self, pace: &str) -> String {
        let last = self.last_token_us.map_or_else(|| "-".to_owned(), millis);
        format!(
            "| {} | {} | {pace} | {:.1} µs | {last} | {} | {:.0} | {:.0} | {:.1} MiB | {:.2} s |\n",
            self.panes,
            self.tokens,
            self.cpu_us_per_token,
            millis(self.longest_gap_us),
            self.frames as f64 / self.seconds,
            self.bytes_per_token,
            self.peak_memory_kib as f64 / 1024.0,
            self.seconds,
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
}

impl Figures {
    /// Two Markdown tables.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "| panes | tokens each | pace | CPU per token | last token on screen | longest gap | frames/s | bytes per token | peak memory | time |\n\
             |------:|-------:|:-----|--------------:|---------------------:|------------:|---------:|----------------:|------------:|-----:|\n",
        );
        for answer in &self.answers {
            text += &answer.row("3,000/s");
        }
        if let Some(unpaced) = &self.unpaced {
            text += &unpaced.row("unpaced");
        }
        let paint = &self.first_paint;
        text += &format!(
            "\n| figure | median | p95 | max | of |\n|:-------|-------:|----:|----:|---:|\n\
             | start to first paint | {} | - | {} | {} |\n",
            millis(paint.median_us),
            millis(paint.max_us),
            paint.runs,
        );
        for keys in &self.keys {
            let panes = if keys.panes == 1 {
                "pane streams"
            } else {
                "panes stream"
            };
            text += &format!(
                "| key to screen while {} {panes} | {} | {} | {} | {} |\n",
                keys.panes,
                millis(keys.median_us),
                millis(keys.p95_us),
                millis(keys.max_us),
                keys.pressed,
            );
        }
        text += &format!(
            "\nidle CPU: {:.0} µs in {:.0} s; program: {:.1} MiB\n",
            self.idle_cpu_us,
            self.idle_seconds,
            self.binary_bytes as f64 / f64::from(1 << 20),
        );
        text
    }
}

/// The value below which `percent` of the sorted values lie; the nearest rank.
fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn millis(us: u64) -> String {
    format!("{:.1} ms", us as f64 / 1e3)
}
