//! The settings of the alerts: over how many answers, or how long, and from which rate on a notice comes.
//!
//! Counting and telling is the workbench's.

use std::time::Duration;

use toml::de::DeValue;

use super::{
    error::Warning,
    setting::{Setting, setting},
    value::{Value, expected},
};

/// More answers tell nothing more of what is the matter now.
const MOST: u32 = 10_000;

/// What an alert looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertWindow {
    /// The last answers, so many.
    Answers(u32),
    /// The answers that ended within this time.
    Time(Duration),
}

impl AlertWindow {
    /// Answers at most, and how old they may be.
    pub fn bounds(self) -> (usize, Duration) {
        let (most, age) = match self {
            Self::Answers(most) => (most, Duration::MAX),
            Self::Time(age) => (MOST, age),
        };
        (usize::try_from(most).unwrap_or(usize::MAX), age)
    }
}

/// A whole number counts answers, text with a unit is a time.
impl Value for AlertWindow {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        const WHAT: &str = "1 to 10000 answers, or a time from \"1s\" to \"24h\"";
        let read = match value {
            DeValue::Integer(_) => Self::Answers(u32::read(value).map_err(|_| wrong(WHAT))?),
            DeValue::String(_) => Self::Time(Duration::read(value).map_err(|_| wrong(WHAT))?),
            other => return Err(expected(WHAT, other)),
        };
        let is_right = match read {
            Self::Answers(most) => (1..=MOST).contains(&most),
            Self::Time(age) => (Duration::from_secs(1)..=Duration::from_hours(24)).contains(&age),
        };
        is_right.then_some(read).ok_or_else(|| wrong(WHAT))
    }

    fn show(&self) -> String {
        match self {
            Self::Answers(most) => most.show(),
            Self::Time(age) => format!("{}s", age.as_secs_f64()).show(),
        }
    }
}

fn wrong(what: &str) -> String {
    format!("expected {what}")
}

/// When a notice says that answers are slow or have to be asked for again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlertSettings {
    /// What is looked at.
    pub window: AlertWindow,
    /// Share of answers over their budget that is too much; 0 looks away.
    pub breach_rate: f64,
    /// Retries for each answer that are too many; 0 looks away.
    pub retry_rate: f64,
    /// With fewer answers a rate says nothing.
    pub min_answers: u32,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            window: AlertWindow::Answers(50),
            breach_rate: 0.2,
            retry_rate: 0.2,
            min_answers: 10,
        }
    }
}

pub(super) const ALERTS: &[Setting<AlertSettings>] = &[
    setting!(window),
    setting!(breach_rate in 0.0..=1.0),
    setting!(retry_rate in 0.0..=10.0),
    setting!(min_answers in 1..=MOST),
];

/// An alert that can never come is a mistake.
pub(super) fn warning(settings: &AlertSettings) -> Option<Warning> {
    let (most, _) = settings.window.bounds();
    let least = settings.min_answers;
    let is_on = settings.breach_rate > 0.0 || settings.retry_rate > 0.0;
    let never = is_on && usize::try_from(least).is_ok_and(|least| least > most);
    never.then(|| {
        Warning::new(format!(
            "alerts.min_answers is {least} and alerts.window holds {most}, so no alert can come; \
             raise window or lower min_answers"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_count_or_a_time() {
        let read = |toml: &str| AlertWindow::read(DeValue::parse(toml).unwrap().get_ref());
        let minutes = AlertWindow::Time(Duration::from_mins(10));
        assert_eq!(read("20"), Ok(AlertWindow::Answers(20)));
        assert_eq!(read("\"10m\""), Ok(minutes));
        for window in [AlertWindow::Answers(20), minutes] {
            assert_eq!(read(&window.show()), Ok(window));
        }
        for toml in ["0", "10001", "-1", "\"25h\"", "\"0s\"", "\"ten\"", "true"] {
            assert!(read(toml).is_err(), "{toml}");
        }
    }

    #[test]
    fn an_alert_that_can_never_come_is_warned_of() {
        let settings = AlertSettings {
            window: AlertWindow::Answers(5),
            ..AlertSettings::default()
        };
        assert!(warning(&settings).is_some());
        let off = AlertSettings {
            breach_rate: 0.0,
            retry_rate: 0.0,
            ..settings
        };
        assert!(warning(&off).is_none());
        assert!(warning(&AlertSettings::default()).is_none());
    }
}
