//! Measures frames: from the read at the socket to the bytes at the terminal, and what lies between.
//! The counting is `metrics`'; what is done with the figures is `update`'s.

use std::time::Duration;

use tokio::time::Instant;

use super::event_loop::FRAME;
use crate::metrics::{FrameLog, Frames};

/// How often new figures are told: more often nobody could read them, and each is bytes to the terminal.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Watches the frames of one run.
#[derive(Debug, Default)]
pub(super) struct Meter {
    log: FrameLog,
    /// When the text was read that no frame has shown yet, the oldest read first for each answer.
    waiting: Vec<Instant>,
    /// When the last frame began.
    last: Option<Instant>,
    told: Option<Instant>,
    /// Something was counted since.
    has_news: bool,
}

impl Meter {
    /// The next frame shows what was read at these times.
    pub(super) fn took(&mut self, arrivals: Vec<Instant>) {
        if self.waiting.is_empty() {
            self.waiting = arrivals;
        } else {
            self.waiting.extend(arrivals);
        }
    }

    /// The screen is another program's: what waits now will not have waited for a frame.
    pub(super) fn pass_over(&mut self) {
        self.waiting.clear();
    }

    /// A frame that began at `began` is with the terminal now. New figures come with it, but not too often unless no text
    /// is to come.
    pub(super) fn drawn(&mut self, began: Instant, is_last: bool) -> Option<Frames> {
        let now = Instant::now();
        let soonest = self.last.replace(began).map(|last| last + FRAME);
        if let Some(&oldest) = self.waiting.iter().min() {
            let due = soonest.map_or(oldest, |soonest| soonest.max(oldest));
            let lags = self.waiting.drain(..).map(|read| now - read);
            self.log.record(lags, now - began, began - due, FRAME);
            self.has_news = true;
        }
        let is_soon = self.told.is_some_and(|told| now < told + TELL_EVERY);
        if (is_soon && !is_last) || !std::mem::take(&mut self.has_news) {
            return None;
        }
        self.told = Some(now);
        Some(self.log.figures())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn is_near(found: Duration, wanted: Duration) -> bool {
        found.abs_diff(wanted) * 100 <= wanted
    }

    #[tokio::test(start_paused = true)]
    async fn lag_counts_from_the_read_to_the_end_of_the_write() {
        let mut meter = Meter::default();
        let read = Instant::now();
        advance(ms(4)).await;
        meter.took(vec![read, Instant::now()]);
        let began = Instant::now();
        advance(ms(2)).await;
        let figures = meter.drawn(began, false).expect("figures");
        assert_eq!((figures.lag.count, figures.lag.max), (2, ms(6)));
        assert!(is_near(figures.lag.p50, ms(2)));
        assert_eq!((figures.cost.count, figures.cost.max), (1, ms(2)));
        assert_eq!(figures.dropped, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn frames_without_text_are_not_counted_and_figures_come_four_times_a_second() {
        let mut meter = Meter::default();
        assert_eq!(meter.drawn(Instant::now(), false), None);
        meter.took(vec![Instant::now()]);
        assert!(meter.drawn(Instant::now(), false).is_some());
        advance(ms(100)).await;
        meter.took(vec![Instant::now()]);
        assert_eq!(meter.drawn(Instant::now(), false), None);
        advance(ms(200)).await;
        let figures = meter.drawn(Instant::now(), false).expect("figures");
        assert_eq!((figures.cost.count, figures.dropped), (2, 0));
        meter.took(vec![Instant::now()]);
        let last = meter.drawn(Instant::now(), true).expect("figures");
        assert_eq!(last.cost.count, 3);
        advance(ms(900)).await;
        assert_eq!(meter.drawn(Instant::now(), false), None);
    }

    #[tokio::test(start_paused = true)]
    async fn intervals_count_as_dropped_only_while_text_waits() {
        let mut meter = Meter::default();
        meter.drawn(Instant::now(), false);
        advance(ms(900)).await;
        meter.took(vec![Instant::now()]);
        advance(ms(15)).await;
        assert_eq!(
            meter.drawn(Instant::now(), false).map(|f| f.dropped),
            Some(0)
        );
        // Due 16 ms after the last one, here 50 ms later.
        meter.took(vec![Instant::now()]);
        advance(ms(66)).await;
        meter.drawn(Instant::now(), false);
        advance(ms(400)).await;
        meter.took(vec![Instant::now()]);
        assert_eq!(
            meter.drawn(Instant::now(), false).map(|f| f.dropped),
            Some(3)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_waited_while_another_program_had_the_screen_has_no_lag() {
        let mut meter = Meter::default();
        meter.took(vec![Instant::now()]);
        advance(ms(5_000)).await;
        meter.pass_over();
        assert_eq!(meter.drawn(Instant::now(), false), None);
    }
}
