//! Whether answers are over budget or asked for again too often, judged over the last of them.
//!
//! What a person is told, and when, is the business of `update::alerts`.

use std::time::Duration;

use crate::{chat::Verdict, config::AlertSettings, metrics::Sliding};

/// What there is an alert for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// Answers over their budget.
    Breaches,
    /// Requests that had to be sent again.
    Retries,
}

impl Alert {
    /// Every alert.
    pub const ALL: [Self; 2] = [Self::Breaches, Self::Retries];
}

/// The alerts with what they look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Alerts {
    breaches: Alarm,
    retries: Alarm,
    /// Those of the retries that a rate was the reason for.
    rates: Sliding,
    least: u64,
}

/// One alert. It is on from the moment its rate passes the threshold until it falls below.
#[derive(Clone, Debug, PartialEq)]
struct Alarm {
    threshold: f64,
    window: Sliding,
    is_on: bool,
}

impl Default for Alerts {
    fn default() -> Self {
        Self::new(&AlertSettings::default())
    }
}

impl Alerts {
    /// Alerts that have seen nothing yet.
    pub fn new(settings: &AlertSettings) -> Self {
        let (most, age) = settings.window.bounds();
        let alarm = |threshold| Alarm {
            threshold,
            window: Sliding::new(most, age),
            is_on: false,
        };
        Self {
            breaches: alarm(settings.breach_rate),
            retries: alarm(settings.retry_rate),
            rates: Sliding::new(most, age),
            least: settings.min_answers.into(),
        }
    }

    /// Takes an answer that ended at `now`, with its verdict, where it has a budget, its failed attempts, and how many of
    /// them failed for a rate.
    pub fn take(&mut self, now: Duration, verdict: Option<Verdict>, attempts: usize, rates: usize) {
        if let Some(is_breach) = verdict.and_then(Verdict::is_breach) {
            self.breaches.window.push(now, is_breach.into());
        }
        let count = |n| u32::try_from(n).unwrap_or(u32::MAX);
        self.retries.window.push(now, count(attempts));
        self.rates.push(now, count(rates));
    }

    /// Whether rates were the reason for at least half of the retries within the window.
    pub fn are_rates(&self) -> bool {
        let retries = self.retries.window.hits();
        retries > 0 && self.rates.hits() >= retries.div_ceil(2)
    }

    /// Looks at the rates at `now`: the alerts that went on or off since the last look.
    pub fn look(&mut self, now: Duration) -> Vec<Alert> {
        self.rates.expire(now);
        let alarms = [&mut self.breaches, &mut self.retries];
        let looked = Alert::ALL.into_iter().zip(alarms);
        let turned =
            looked.filter_map(|(alert, alarm)| alarm.look(now, self.least).then_some(alert));
        turned.collect()
    }

    /// Whether an alert is on.
    pub fn is_on(&self, alert: Alert) -> bool {
        self.alarm(alert).is_on
    }

    /// How often it happened within the window, and in how many answers.
    pub fn counts(&self, alert: Alert) -> (u64, u64) {
        let window = &self.alarm(alert).window;
        (window.hits(), window.events())
    }

    fn alarm(&self, alert: Alert) -> &Alarm {
        match alert {
            Alert::Breaches => &self.breaches,
            Alert::Retries => &self.retries,
        }
    }
}

impl Alarm {
    /// True if it went on or off.
    fn look(&mut self, now: Duration, least: u64) -> bool {
        self.window.expire(now);
        let rate = self.window.rate(least);
        let is_on = self.threshold > 0.0 && rate.is_some_and(|rate| rate >= self.threshold);
        std::mem::replace(&mut self.is_on, is_on) != is_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::{Breach, Budget, BudgetOn},
        config::AlertWindow,
    };

    const BREACH: Verdict = Verdict::Breached(Breach {
        budget: Budget {
            on: BudgetOn::Ttft,
            limit_ms: 1,
        },
        took: Duration::from_millis(2),
        is_open: false,
    });

    fn alerts(window: AlertWindow) -> Alerts {
        Alerts::new(&AlertSettings {
            window,
            breach_rate: 0.5,
            retry_rate: 0.0,
            min_answers: 2,
        })
    }

    #[test]
    fn an_alert_turns_once_at_each_crossing() {
        let mut alerts = alerts(AlertWindow::Answers(4));
        let over = [true, true, false, false, false, true, true];
        // One is too few, two of two are too many, and so on until one of four.
        let turns = [false, true, false, false, true, false, true];
        for (second, (over, turns)) in (0..).zip(over.into_iter().zip(turns)) {
            let now = Duration::from_secs(second);
            let verdict = if over { BREACH } else { Verdict::Inside };
            alerts.take(now, Some(verdict), 3, 0);
            assert_eq!(!alerts.look(now).is_empty(), turns, "at {second}");
        }
        assert!(alerts.is_on(Alert::Breaches));
        assert!(!alerts.is_on(Alert::Retries), "0 looks away");
        assert_eq!(alerts.counts(Alert::Retries), (12, 4));
    }

    #[test]
    fn what_is_old_or_not_known_does_not_count() {
        let mut alerts = alerts(AlertWindow::Time(Duration::from_mins(1)));
        let at = Duration::from_secs;
        alerts.take(at(0), Some(BREACH), 0, 0);
        alerts.take(at(1), None, 0, 0);
        assert!(alerts.look(at(1)).is_empty(), "one is too few");
        alerts.take(at(2), Some(BREACH), 0, 0);
        assert_eq!(alerts.look(at(2)), [Alert::Breaches]);
        assert_eq!(alerts.look(at(60)), [Alert::Breaches]);
        assert!(!alerts.is_on(Alert::Breaches));
    }
}
