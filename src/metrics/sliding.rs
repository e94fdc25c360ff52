//! How often something happened lately: a share over the last events, or over those of the last while.
//!
//! The times come from outside, and never backwards; what the share is of is the caller's.

use std::{collections::VecDeque, time::Duration};

/// The events that are still looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sliding {
    most: usize,
    age: Duration,
    events: VecDeque<(Duration, u32)>,
    hits: u64,
}

impl Sliding {
    /// A window of the last `most` events, and of those none that is as old as `age`.
    pub fn new(most: usize, age: Duration) -> Self {
        Self {
            most,
            age,
            events: VecDeque::new(),
            hits: 0,
        }
    }

    /// Takes an event at `now`, with how often it happened then.
    pub fn push(&mut self, now: Duration, hits: u32) {
        self.events.push_back((now, hits));
        self.hits += u64::from(hits);
        while self.events.len() > self.most {
            self.pop();
        }
        self.expire(now);
    }

    /// Drops what is too old at `now`.
    pub fn expire(&mut self, now: Duration) {
        while let Some(&(at, _)) = self.events.front()
            && now.saturating_sub(at) >= self.age
        {
            self.pop();
        }
    }

    /// How often it happened within the window.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Events within the window.
    pub fn events(&self) -> u64 {
        u64::try_from(self.events.len()).unwrap_or(u64::MAX)
    }

    /// Hits for each event; `None` with fewer events than `least`, or with none.
    pub fn rate(&self, least: u64) -> Option<f64> {
        let events = self.events();
        (events > 0 && events >= least).then(|| self.hits as f64 / events as f64)
    }

    fn pop(&mut self) {
        if let Some((_, hits)) = self.events.pop_front() {
            self.hits -= u64::from(hits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREVER: Duration = Duration::MAX;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_rate_is_that_of_the_window_alone() {
        // Most, age in seconds, events (second, hits), looked at, least: hits, events, rate.
        type Row<'a> = (
            usize,
            Duration,
            &'a [(u64, u32)],
            u64,
            u64,
            (u64, u64, Option<f64>),
        );
        let rows: [Row<'_>; 9] = [
            (3, FOREVER, &[], 0, 0, (0, 0, None)),
            (3, FOREVER, &[(1, 1)], 1, 1, (1, 1, Some(1.0))),
            (3, FOREVER, &[(1, 1)], 1, 2, (1, 1, None)),
            (
                3,
                FOREVER,
                &[(1, 1), (2, 0), (3, 0), (4, 0)],
                4,
                1,
                (0, 3, Some(0.0)),
            ),
            (4, FOREVER, &[(1, 3), (2, 0)], 2, 1, (3, 2, Some(1.5))),
            (9, seconds(10), &[(0, 1), (9, 0)], 9, 1, (1, 2, Some(0.5))),
            (9, seconds(10), &[(0, 1), (9, 0)], 10, 1, (0, 1, Some(0.0))),
            (9, seconds(10), &[(0, 1), (10, 0)], 10, 1, (0, 1, Some(0.0))),
            (9, seconds(10), &[(0, 1), (9, 1)], 60, 1, (0, 0, None)),
        ];
        for (most, age, events, now, least, expected) in rows {
            let mut window = Sliding::new(most, age);
            for &(at, hits) in events {
                window.push(seconds(at), hits);
            }
            window.expire(seconds(now));
            let found = (window.hits(), window.events(), window.rate(least));
            assert_eq!(found, expected, "{most} {age:?} {events:?} at {now}");
        }
    }
}
