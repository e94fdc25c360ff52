//! What is measured: how many panes, which text, how much of it and how fast. `--quick` does less of the same.

use std::time::Duration;

/// Tokens a second of a paced answer.
pub(crate) const RATE: f64 = 3_000.0;

/// Answers that stream at once, one in each pane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What `--only` looks for.
    pub(crate) name: &'static str,
    pub(crate) panes: usize,
    /// The mock's name for the kind of text.
    pub(crate) text: &'static str,
    /// Of each answer.
    pub(crate) tokens: u64,
    /// All of it is reasoning, but for the end.
    pub(crate) is_reasoning: bool,
    /// Tokens a second; as fast as the connection takes it without one.
    pub(crate) rate: Option<f64>,
    /// How often; the figures are the medians.
    pub(crate) runs: usize,
}

impl Scenario {
    const fn new(name: &'static str, text: &'static str, tokens: u64, runs: usize) -> Self {
        Self {
            name,
            panes: 1,
            text,
            tokens,
            is_reasoning: false,
            rate: Some(RATE),
            runs,
        }
    }

    /// The text that models mostly write: headings, prose, lists, tables and code.
    pub(crate) const fn mixed(name: &'static str, tokens: u64, runs: usize) -> Self {
        Self::new(name, "mixed", tokens, runs)
    }

    const fn kind(text: &'static str, tokens: u64) -> Self {
        Self::new(text, text, tokens, 1)
    }

    pub(crate) const fn in_panes(self, panes: usize) -> Self {
        Self { panes, ..self }
    }

    const fn reasoning(self) -> Self {
        Self {
            is_reasoning: true,
            ..self
        }
    }

    const fn unpaced(self) -> Self {
        Self { rate: None, ..self }
    }

    /// How long the text comes at its pace.
    pub(crate) fn streaming(&self) -> Duration {
        self.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(self.tokens as f64 / rate)
        })
    }
}

/// As fast as it gets, and at the pace of one decode step every 5 ms.
fn compared(tokens: u64, runs: usize) -> Vec<Scenario> {
    let fast = Scenario::mixed("figures", tokens, runs).in_panes(8);
    vec![
        fast,
        Scenario {
            name: "figures-slow",
            tokens: tokens / 15,
            rate: Some(200.0),
            ..fast
        },
    ]
}

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Starts of the program.
    pub(crate) starts: usize,
    pub(crate) scenarios: Vec<Scenario>,
    /// Answers during which keys are typed.
    pub(crate) typed: Vec<Scenario>,
    /// Answers whose recorded times are compared with those of the mock's writes; each run asks once more.
    pub(crate) compared: Vec<Scenario>,
    /// How long nothing happens.
    pub(crate) idle: Option<Duration>,
}

/// Kinds of text that are hard in one way each.
const KINDS: [&str; 11] = [
    "prose",
    "one-paragraph",
    "one-line",
    "code",
    "table",
    "list",
    "nested",
    "blocks",
    "emoji",
    "cjk",
    "hostile",
];

impl Plan {
    pub(crate) fn full() -> Self {
        let mut scenarios = vec![
            Scenario::mixed("mixed-2k", 2_000, 5),
            Scenario::mixed("mixed-10k", 10_000, 3),
            Scenario::mixed("mixed-50k", 50_000, 1),
            Scenario::mixed("4-panes", 30_000, 1).in_panes(4),
            Scenario::mixed("8-panes", 30_000, 1).in_panes(8),
            Scenario::mixed("16-panes", 30_000, 1).in_panes(16),
        ];
        scenarios.extend(KINDS.map(|kind| Scenario::kind(kind, 30_000)));
        scenarios.extend([
            Scenario::mixed("reasoning", 200_000, 1).reasoning(),
            Scenario::mixed("unpaced-1000k", 1_000_000, 1).unpaced(),
        ]);
        Self {
            starts: 15,
            scenarios,
            typed: vec![
                Scenario::mixed("keys", 30_000, 1),
                Scenario::mixed("keys-16-panes", 15_000, 1).in_panes(16),
            ],
            compared: compared(6_000, 10),
            idle: Some(Duration::from_secs(5)),
        }
    }

    pub(crate) fn quick() -> Self {
        let mut scenarios = vec![
            Scenario::mixed("mixed-2k", 2_000, 2),
            Scenario::mixed("mixed-10k", 10_000, 1),
            Scenario::mixed("4-panes", 2_000, 1).in_panes(4),
            Scenario::mixed("8-panes", 2_000, 1).in_panes(8),
            Scenario::mixed("16-panes", 2_000, 1).in_panes(16),
        ];
        scenarios.extend(KINDS.map(|kind| Scenario::kind(kind, 6_000)));
        scenarios.extend([
            Scenario::mixed("reasoning", 10_000, 1).reasoning(),
            Scenario::mixed("unpaced-100k", 100_000, 1).unpaced(),
        ]);
        Self {
            starts: 7,
            scenarios,
            typed: vec![Scenario::mixed("keys", 10_000, 1)],
            compared: compared(1_500, 3),
            idle: Some(Duration::from_secs(3)),
        }
    }

    /// What has `name` in its name; `start` and `idle` are the names of what is no scenario.
    pub(crate) fn only(mut self, name: &str) -> Self {
        self.scenarios.retain(|s| s.name.contains(name));
        self.typed.retain(|s| s.name.contains(name));
        self.compared.retain(|s| s.name.contains(name));
        if !"start".contains(name) {
            self.starts = 0;
        }
        self.idle = self.idle.filter(|_| "idle".contains(name));
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        let scenarios = self.scenarios.len() + self.typed.len() + self.compared.len() + self.starts;
        scenarios == 0 && self.idle.is_none()
    }
}
