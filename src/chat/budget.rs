//! Latency budgets: how long an answer may take, and the one verdict on whether it did.
//!
//! The figures are `metrics`'; where a verdict is shown, counted or ends a command is left to others.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{EndState, Params};
use crate::metrics::Summary;

/// The figure that a budget limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BudgetOn {
    /// Time to first token.
    #[default]
    Ttft,
    /// End to end.
    E2e,
}

impl BudgetOn {
    /// Every figure.
    pub const ALL: [Self; 2] = [Self::Ttft, Self::E2e];

    /// The word in settings and in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::E2e => "e2e",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ttft => "TTFT",
            Self::E2e => "E2E",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|on| on.as_str() == word)
    }
}

impl fmt::Display for BudgetOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a provider profile says of budgets. A variant may say otherwise of either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetRule {
    /// The limit in milliseconds; without one there is no budget.
    pub limit_ms: Option<u32>,
    /// What it limits.
    pub on: BudgetOn,
}

impl BudgetRule {
    /// The budget of an answer that is asked with these parameters. A limit of 0 in them means none.
    pub fn budget(self, params: &Params) -> Option<Budget> {
        let limit_ms = params.budget_ms.or(self.limit_ms).filter(|&ms| ms > 0)?;
        let on = params.budget_on.unwrap_or(self.on);
        Some(Budget { on, limit_ms })
    }
}

/// How long an answer may take. Times count from the sending of the attempt that gave the answer, as its figures do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// What is limited.
    pub on: BudgetOn,
    /// The limit in milliseconds.
    pub limit_ms: u32,
}

/// Where an answer stands when it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It waits before an attempt: for the disk, a quota or the next try.
    Held,
    /// Its attempt was sent this long ago.
    Running(Duration),
    /// All of it came.
    Whole,
    /// It ended before all of it came.
    Partial,
}

impl Course {
    /// Where an answer stands that ended like this.
    pub fn ended(state: &EndState) -> Self {
        match state {
            EndState::Complete | EndState::AtLimit | EndState::Damaged(_) => Self::Whole,
            EndState::Stopped
            | EndState::CutShort(_)
            | EndState::Failed(_)
            | EndState::Skipped(_) => Self::Partial,
        }
    }
}

/// Whether an answer kept its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The figure is within the limit.
    Inside,
    /// The figure is, or will be, over the limit.
    Breached(Breach),
    /// It cannot be told.
    Unknown(Untold),
}

impl Verdict {
    /// `None` where it cannot be told.
    pub fn is_breach(self) -> Option<bool> {
        match self {
            Self::Inside => Some(false),
            Self::Breached(_) => Some(true),
            Self::Unknown(_) => None,
        }
    }

    /// The breach, if it is one.
    pub fn breach(self) -> Option<Breach> {
        match self {
            Self::Breached(breach) => Some(breach),
            _ => None,
        }
    }
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untold {
    /// No attempt is on its way or was.
    NotSent,
    /// It runs, and its limit has not passed.
    Running,
    /// It ended within the limit, without a first token.
    NoText,
    /// It ended within the limit, before all of it came.
    Partial,
}

impl Untold {
    /// The reason as a sentence for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotSent => "no request was sent",
            Self::Running => "not over yet",
            Self::NoText => "it ended without text",
            Self::Partial => "it ended before all of it came",
        }
    }
}

/// A budget that was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The budget.
    pub budget: Budget,
    /// What the figure is, or how much it is at least.
    pub took: Duration,
    /// The figure is not known: it was over the limit already when it was looked at.
    pub is_open: bool,
}

impl Breach {
    /// By how much the limit was passed.
    pub fn over(&self) -> Duration {
        self.took.saturating_sub(self.budget.limit())
    }

    /// Figure and limit: `TTFT 812 ms > 500 ms`; `time` writes a duration as the place it stands in does.
    pub fn compared(&self, time: impl Fn(Duration) -> String) -> String {
        let limit = time(self.budget.limit());
        let took = match time(self.took) {
            // Rounded alike the two would contradict the sign between them.
            same if same == limit => format!("{:.3} ms", self.took.as_secs_f64() * 1e3),
            took => took,
        };
        let what = match (self.budget.on, self.is_open) {
            (BudgetOn::Ttft, true) => "no token in",
            (on, _) => on.label(),
        };
        format!("{what} {took} > {limit}")
    }
}

impl Budget {
    /// The limit as a duration.
    pub fn limit(self) -> Duration {
        Duration::from_millis(self.limit_ms.into())
    }

    /// The verdict on an answer with these figures. Screen, commands and exports all ask here.
    pub fn judge(self, figures: &Summary, course: Course) -> Verdict {
        let known = match self.on {
            BudgetOn::Ttft => figures.ttft.ok(),
            BudgetOn::E2e => figures.e2e.ok().filter(|_| course == Course::Whole),
        };
        if let Some(took) = known {
            return self.compare(took, false).unwrap_or(Verdict::Inside);
        }
        let (spent, why) = match course {
            Course::Held => (None, Untold::NotSent),
            Course::Running(spent) => (Some(spent), Untold::Running),
            Course::Whole | Course::Partial => match (figures.e2e.ok(), self.on) {
                (None, _) => (None, Untold::NotSent),
                (spent, BudgetOn::Ttft) => (spent, Untold::NoText),
                (spent, BudgetOn::E2e) => (spent, Untold::Partial),
            },
        };
        spent
            .and_then(|spent| self.compare(spent, true))
            .unwrap_or(Verdict::Unknown(why))
    }

    fn compare(self, took: Duration, is_open: bool) -> Option<Verdict> {
        let breach = Breach {
            budget: self,
            took,
            is_open,
        };
        (took > self.limit()).then_some(Verdict::Breached(breach))
    }
}

/// How many answers broke their budget, of those whose verdict is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaches {
    /// Answers over their budget.
    pub over: u64,
    /// Answers with a budget and a verdict.
    pub of: u64,
}

impl Breaches {
    /// Counts one verdict.
    pub fn add(&mut self, verdict: Verdict) {
        if let Some(is_breach) = verdict.is_breach() {
            self.over += u64::from(is_breach);
            self.of += 1;
        }
    }
}

/// How often requests had to be sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    /// Attempts that failed and after which another was to follow.
    pub count: u64,
    /// Answers that were asked for.
    pub answers: u64,
}

impl Retries {
    /// Counts one answer with its failed attempts.
    pub fn add(&mut self, attempts: usize) {
        self.count += u64::try_from(attempts).unwrap_or(u64::MAX);
        self.answers += 1;
    }

    /// Retries for each answer; `None` without answers. With several for one answer it can be over 1.
    pub fn rate(self) -> Option<f64> {
        (self.answers > 0).then(|| self.count as f64 / self.answers as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Arrival, Channel, Deltas, ServerTime, Timeline, Usage};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn figures(first: Option<u64>, end: Option<u64>) -> Summary {
        let arrival = |at| Arrival::new(Channel::Content, 3, ms(at));
        let timeline: Timeline = first.map(arrival).into_iter().collect();
        let (usage, server) = (Usage::default(), ServerTime::default());
        Summary::new(&timeline, &Deltas::default(), &usage, &server, end.map(ms))
    }

    #[test]
    fn the_verdict_on_every_stage_of_an_answer() {
        use BudgetOn::{E2e, Ttft};
        use Course::{Held, Partial, Running, Whole};
        use Verdict::{Inside, Unknown};
        let over = |on, took, is_open| {
            Verdict::Breached(Breach {
                budget: Budget { on, limit_ms: 500 },
                took: ms(took),
                is_open,
            })
        };
        // On, milliseconds of first token and end, course.
        let rows = [
            (Ttft, Some(500), Some(900), Whole, Inside),
            (Ttft, Some(501), Some(900), Whole, over(Ttft, 501, false)),
            (
                Ttft,
                Some(501),
                None,
                Running(ms(800)),
                over(Ttft, 501, false),
            ),
            (Ttft, Some(499), Some(900), Partial, Inside),
            (Ttft, None, None, Held, Unknown(Untold::NotSent)),
            (Ttft, None, None, Running(ms(500)), Unknown(Untold::Running)),
            (Ttft, None, None, Running(ms(501)), over(Ttft, 501, true)),
            (Ttft, None, Some(400), Partial, Unknown(Untold::NoText)),
            (Ttft, None, Some(700), Partial, over(Ttft, 700, true)),
            (Ttft, None, None, Partial, Unknown(Untold::NotSent)),
            (E2e, Some(10), Some(500), Whole, Inside),
            (E2e, Some(10), Some(501), Whole, over(E2e, 501, false)),
            (
                E2e,
                Some(10),
                None,
                Running(ms(20)),
                Unknown(Untold::Running),
            ),
            (E2e, Some(10), None, Running(ms(502)), over(E2e, 502, true)),
            (E2e, Some(10), Some(499), Partial, Unknown(Untold::Partial)),
            (E2e, Some(10), Some(503), Partial, over(E2e, 503, true)),
        ];
        for (on, first, end, course, expected) in rows {
            let budget = Budget { on, limit_ms: 500 };
            let verdict = budget.judge(&figures(first, end), course);
            assert_eq!(verdict, expected, "{on} {first:?} {end:?} {course:?}");
        }
        let late = over(Ttft, 812, false).breach().map(|b| b.over());
        assert_eq!(late, Some(ms(312)));
    }

    #[test]
    fn a_variant_says_otherwise_than_its_profile() {
        let rule = |limit_ms, on| BudgetRule { limit_ms, on };
        let params = |budget_ms, budget_on| Params {
            budget_ms,
            budget_on,
            ..Params::default()
        };
        let (ttft, e2e) = (BudgetOn::Ttft, BudgetOn::E2e);
        for (rule, params, expected) in [
            (rule(None, e2e), params(None, None), None),
            (rule(None, e2e), params(None, Some(ttft)), None),
            (rule(None, e2e), params(Some(9), None), Some((e2e, 9))),
            (rule(Some(5), ttft), params(None, None), Some((ttft, 5))),
            (rule(Some(5), ttft), params(None, Some(e2e)), Some((e2e, 5))),
            (rule(Some(5), ttft), params(Some(9), None), Some((ttft, 9))),
            (rule(Some(5), ttft), params(Some(0), None), None),
        ] {
            let budget = rule.budget(&params);
            assert_eq!(budget.map(|b| (b.on, b.limit_ms)), expected, "{params:?}");
        }
    }

    #[test]
    fn a_breach_says_figure_and_limit_and_never_the_same_number_twice() {
        let time = |t: Duration| format!("{:.0} ms", t.as_secs_f64() * 1e3);
        let sentence = |on, micros, is_open| {
            let breach = Breach {
                budget: Budget { on, limit_ms: 500 },
                took: Duration::from_micros(micros),
                is_open,
            };
            breach.compared(time)
        };
        for (found, expected) in [
            (
                sentence(BudgetOn::Ttft, 812_000, false),
                "TTFT 812 ms > 500 ms",
            ),
            (
                sentence(BudgetOn::Ttft, 500_040, false),
                "TTFT 500.040 ms > 500 ms",
            ),
            (
                sentence(BudgetOn::Ttft, 812_000, true),
                "no token in 812 ms > 500 ms",
            ),
            (
                sentence(BudgetOn::E2e, 900_000, true),
                "E2E 900 ms > 500 ms",
            ),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn only_verdicts_that_are_known_are_counted() {
        let budget = Budget {
            on: BudgetOn::Ttft,
            limit_ms: 500,
        };
        let mut breaches = Breaches::default();
        for (first, course) in [
            (Some(400), Course::Whole),
            (Some(600), Course::Whole),
            (None, Course::Held),
        ] {
            breaches.add(budget.judge(&figures(first, None), course));
        }
        assert_eq!(breaches, Breaches { over: 1, of: 2 });
        let mut retries = Retries::default();
        assert_eq!(retries.rate(), None);
        for attempts in [0, 3, 0, 0] {
            retries.add(attempts);
        }
        assert_eq!((retries.count, retries.rate()), (3, Some(0.75)));
    }
}
