//! Every instrument: name, unit, kind and one sentence, in the order in which they are served.
//!
//! Names are OpenTelemetry's; how Prometheus spells them follows from name, unit and kind by OpenTelemetry's rules.

/// What is measured, and how.
#[derive(Debug, PartialEq)]
pub struct Instrument {
    /// Its name, with dots.
    pub name: &'static str,
    /// Its unit in the spelling of UCUM.
    pub unit: &'static str,
    /// What becomes of its values.
    pub kind: Kind,
    /// What it is, in one sentence.
    pub help: &'static str,
}

/// What becomes of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// They are added up and never fall.
    Counter,
    /// It is what is now.
    Gauge,
    /// They are counted in buckets with these upper bounds.
    Histogram(&'static [f64]),
}

/// The conventions' bounds for times, in seconds.
const TIMES: &[f64] = &[
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
/// The conventions' bounds for numbers of tokens.
const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
/// First tokens of fast models: the conventions' 160 and 320 ms alone would tell a good day from a bad one.
const FIRST_TOKEN: &[f64] = &[
    0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 4.0,
    8.0, 16.0, 32.0, 64.0,
];
/// Chunks of fast models come milliseconds apart, where the conventions' bounds begin.
const GAPS: &[f64] = &[
    0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0,
    2.0, 5.0, 10.0,
];
/// Tokens a second, from graphics cards to wafers.
const SPEEDS: &[f64] = &[
    10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 250.0, 500.0, 750.0, 1_000.0, 1_250.0, 1_500.0, 1_750.0,
    2_000.0, 2_250.0, 2_500.0, 2_750.0, 3_000.0, 3_500.0, 4_000.0, 5_000.0, 10_000.0,
];
/// Waits for a quota, up to the longest that is waited.
const WAITS: &[f64] = &[
    0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0,
];

pub(super) const DURATION: Instrument = Instrument {
    name: "gen_ai.client.operation.duration",
    unit: "s",
    kind: Kind::Histogram(TIMES),
    help: "End to end: from sending the last attempt to the end of its answer.",
};
pub(super) const TOKEN_USAGE: Instrument = Instrument {
    name: "gen_ai.client.token.usage",
    unit: "{token}",
    kind: Kind::Histogram(TOKENS),
    help: "Tokens of prompts (input) and of answers (output), as the server counted them.",
};
pub(super) const FIRST_CHUNK: Instrument = Instrument {
    name: "gen_ai.client.operation.time_to_first_chunk",
    unit: "s",
    kind: Kind::Histogram(TIMES),
    help: "From sending to the first chunk that holds text; streamed answers only.",
};
pub(super) const OUTPUT_CHUNK: Instrument = Instrument {
    name: "gen_ai.client.operation.time_per_output_chunk",
    unit: "s",
    kind: Kind::Histogram(TIMES),
    help: "Between a chunk that holds text and the one before it; streamed answers only.",
};
pub(super) const ANSWERS: Instrument = Instrument {
    name: "waferdeck.answers",
    unit: "{answer}",
    kind: Kind::Counter,
    help: "Answers that ended, by how they ended.",
};
pub(super) const TTFT: Instrument = Instrument {
    name: "waferdeck.time_to_first_token",
    unit: "s",
    kind: Kind::Histogram(FIRST_TOKEN),
    help: "Time to first token, as the first chunk's time with finer buckets.",
};
pub(super) const GAP: Instrument = Instrument {
    name: "waferdeck.inter_chunk_gap",
    unit: "s",
    kind: Kind::Histogram(GAPS),
    help: "Time between chunks of text, with buckets finer than the conventions'.",
};
pub(super) const SPEED: Instrument = Instrument {
    name: "waferdeck.output_speed",
    unit: "{token}/s",
    kind: Kind::Histogram(SPEEDS),
    help: "Output tokens a second of an answer, by the server's clock and by ours.",
};
pub(super) const WAITED: Instrument = Instrument {
    name: "waferdeck.time_waited",
    unit: "s",
    kind: Kind::Histogram(TIMES),
    help: "From asking to the end of the answer: waits for a place or a quota, retries and their waits included.",
};
pub(super) const IN_FLIGHT: Instrument = Instrument {
    name: "waferdeck.requests_in_flight",
    unit: "{request}",
    kind: Kind::Gauge,
    help: "Requests that are under way now.",
};
pub(super) const RETRIES: Instrument = Instrument {
    name: "waferdeck.retries",
    unit: "{retry}",
    kind: Kind::Counter,
    help: "Attempts that failed and were followed by another, by what failed.",
};
pub(super) const REFUSALS: Instrument = Instrument {
    name: "waferdeck.quota.refusals",
    unit: "{refusal}",
    kind: Kind::Counter,
    help: "Attempts that the server refused for a quota (429).",
};
pub(super) const QUOTA_WAIT: Instrument = Instrument {
    name: "waferdeck.quota.wait",
    unit: "s",
    kind: Kind::Histogram(WAITS),
    help: "How long a quota held requests back before they went out, its forecast (quota) or a 429 (refused).",
};
pub(super) const BREACHES: Instrument = Instrument {
    name: "waferdeck.budget.breaches",
    unit: "{answer}",
    kind: Kind::Counter,
    help: "Answers over their latency budget.",
};
pub(super) const JUDGED: Instrument = Instrument {
    name: "waferdeck.budget.judged",
    unit: "{answer}",
    kind: Kind::Counter,
    help: "Answers that have a latency budget and could be held against it.",
};
pub(super) const FALLBACKS: Instrument = Instrument {
    name: "waferdeck.fallbacks",
    unit: "{fallback}",
    kind: Kind::Counter,
    help: "Answers that another profile, or nobody, gave after the last retry.",
};

/// Every instrument, in the order in which they are served.
pub const INSTRUMENTS: [&Instrument; 16] = [
    &DURATION,
    &TOKEN_USAGE,
    &FIRST_CHUNK,
    &OUTPUT_CHUNK,
    &ANSWERS,
    &TTFT,
    &GAP,
    &SPEED,
    &WAITED,
    &IN_FLIGHT,
    &RETRIES,
    &REFUSALS,
    &QUOTA_WAIT,
    &BREACHES,
    &JUDGED,
    &FALLBACKS,
];

impl Instrument {
    /// The metric's name in Prometheus, without what a sample adds (`_bucket`, `_sum`, `_count`); of a counter with
    /// its `_total`.
    pub fn prometheus(&self) -> String {
        let total = if self.kind == Kind::Counter {
            "_total"
        } else {
            ""
        };
        format!("{}{total}", self.family())
    }

    /// The name without `_total`: of the family, in the words of OpenMetrics.
    pub(super) fn family(&self) -> String {
        let name = underscored(self.name);
        match self.unit {
            "s" => format!("{name}_seconds"),
            // What stands in braces is a remark and no unit.
            "{token}/s" => format!("{name}_per_second"),
            _ => name,
        }
    }
}

/// A name as Prometheus takes it: letters, digits and `_`, no digit first.
pub(super) fn underscored(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() { c } else { '_' }
    };
    let mut text: String = name.chars().map(plain).collect();
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        text.insert(0, '_');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_translated_by_the_rules() {
        for (instrument, expected) in [
            (&DURATION, "gen_ai_client_operation_duration_seconds"),
            (&TOKEN_USAGE, "gen_ai_client_token_usage"),
            (&SPEED, "waferdeck_output_speed_per_second"),
            (&RETRIES, "waferdeck_retries_total"),
            (&IN_FLIGHT, "waferdeck_requests_in_flight"),
        ] {
            assert_eq!(instrument.prometheus(), expected);
        }
        assert_eq!(underscored("1st.name-ü"), "_1st_name__");
    }

    #[test]
    fn bounds_rise_and_sentences_are_whole() {
        for instrument in INSTRUMENTS {
            assert!(instrument.help.ends_with('.'), "{}", instrument.name);
            if let Kind::Histogram(bounds) = instrument.kind {
                assert!(bounds.is_sorted_by(|a, b| a < b), "{}", instrument.name);
            }
        }
    }
}
