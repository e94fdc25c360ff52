//! What the program recorded of its answers against the times at which the mock wrote them to its sockets.
//! The transcript is read as anybody would read it, after all has ended; nothing is asked of the program meanwhile.

use std::path::Path;

use serde::Serialize;
use waferdeck::chat::{Answer, Conversation, Timestamp};
use waferdeck::metrics::{Arrival, Missing};
use waferdeck::store::Store;

use crate::Outcome;
use crate::mock::Mock;
use crate::plan::Scenario;
use crate::report::quantile;

/// How far figures are off.
#[derive(Debug, Serialize)]
pub(crate) struct Accuracy {
    pub(crate) name: &'static str,
    pub(crate) panes: usize,
    pub(crate) answers: usize,
    /// TTFT less the time from the reading of the request to the write of its first text, in microseconds.
    pub(crate) ttft: Error,
    /// The speed at the wall by that of the writes, in millionths.
    pub(crate) speed: Error,
    /// The time between two deltas, in microseconds.
    pub(crate) gap: Error,
    /// The stamp of a delta less that of its write, both since the first one, in microseconds.
    pub(crate) stamp: Error,
}

/// Absolute differences.
#[derive(Debug, Serialize)]
pub(crate) struct Error {
    pub(crate) count: usize,
    pub(crate) median: u64,
    pub(crate) p95: u64,
    pub(crate) max: u64,
}

impl Error {
    fn of(mut differences: Vec<u64>) -> Self {
        differences.sort_unstable();
        Self {
            count: differences.len(),
            median: quantile(&differences, 50),
            p95: quantile(&differences, 95),
            max: quantile(&differences, 100),
        }
    }
}

/// Compares all answers of a folder of transcripts.
pub(crate) fn compare(scenario: &Scenario, data: &Path, mock: &Mock) -> Outcome<Accuracy> {
    let answers = answers(data)?;
    let (mut ttft, mut speed, mut gap, mut stamp) = (vec![], vec![], vec![], vec![]);
    for answer in &answers {
        let id = answer.request_id.as_deref().ok_or("an answer without id")?;
        let written = mock.stamps(id)?.texts();
        let read: Vec<u64> = answer
            .timeline
            .arrivals()
            .iter()
            .map(Arrival::micros)
            .collect();
        if read.len() != written.len() {
            let (read, written) = (read.len(), written.len());
            return Err(format!("{read} deltas were recorded and {written} were written").into());
        }
        let (first, last) = (written[0], written[written.len() - 1]);
        ttft.push(read[0].abs_diff(first));
        let figures = answer.summary();
        let wall = figures.speed_wall.map_err(Missing::reason)?;
        // One token a delta, and one for the marker: what came with the first write does not count.
        let early = written.iter().filter(|at| **at == first).count();
        let tokens = figures.tokens.completion.map_err(Missing::reason)?;
        let share = 1.0 - early as f64 / written.len() as f64;
        let truth = tokens as f64 * share * 1e6 / (last - first) as f64;
        speed.push(millionths(wall / truth));
        let pairs = read.windows(2).zip(written.windows(2));
        gap.extend(pairs.map(|(r, w)| (r[1] - r[0]).abs_diff(w[1] - w[0])));
        let stamps = read.iter().zip(&written);
        stamp.extend(stamps.map(|(r, w)| (r - read[0]).abs_diff(w - first)));
    }
    Ok(Accuracy {
        name: scenario.name,
        panes: scenario.panes,
        answers: answers.len(),
        ttft: Error::of(ttft),
        speed: Error::of(speed),
        gap: Error::of(gap),
        stamp: Error::of(stamp),
    })
}

fn answers(data: &Path) -> Outcome<Vec<Answer>> {
    let store = Store::open(data, || Timestamp(0))?;
    let mut answers = Vec::new();
    for head in store.list()? {
        let session = store.load(head.id)?.session;
        let turns = session.conversations.iter().flat_map(Conversation::turns);
        answers.extend(turns.flat_map(|turn| &turn.answers).cloned());
    }
    Ok(answers)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small positive number"
)]
fn millionths(ratio: f64) -> u64 {
    ((ratio - 1.0).abs() * 1e6) as u64
}

impl Accuracy {
    /// The head of the table.
    pub(crate) const HEAD: &str = "| figures against writes | panes | answers | TTFT median · p95 · max | speed median · max | gap median · p95 · max | stamp median · p95 · max |\n\
         |:-----|------:|------:|------:|------:|------:|------:|\n";

    pub(crate) fn row(&self) -> String {
        let times = |error: &Error| {
            let ms = |us: u64| us as f64 / 1e3;
            let (median, p95, max) = (ms(error.median), ms(error.p95), ms(error.max));
            format!("{median:.2} · {p95:.2} · {max:.2} ms")
        };
        let percent = |millionths: u64| millionths as f64 / 1e4;
        format!(
            "| {} | {} | {} | {} | {:.2} · {:.2} % | {} | {} |\n",
            self.name,
            self.panes,
            self.answers,
            times(&self.ttft),
            percent(self.speed.median),
            percent(self.speed.max),
            times(&self.gap),
            times(&self.stamp),
        )
    }
}
