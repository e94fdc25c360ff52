//! Quota headers of a response, and the presets that stand in for them before the first one.
//! What to do about an empty bucket is decided in `retry` (after a 429) and in `quota` and `queue` (before a request).

use std::sync::LazyLock;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::chat::{Bucket, Limits, Quota, Unit};

/// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}[-{minute,hour,day}]`, each optional; without a period
/// a minute is meant, as elsewhere in the field.
pub(super) fn parse(headers: &HeaderMap) -> Limits {
    let mut quotas: Vec<Quota> = Vec::new();
    let mut named: Vec<(Unit, Bucket)> = Vec::new();
    for (name, value) in headers {
        let Some((what, unit, bucket)) = read_name(name.as_str()) else {
            continue;
        };
        // Of two values nobody can tell which is wrong.
        let is_one = headers.get_all(name).iter().all(|other| other == value);
        let Ok(value) = value.to_str() else { continue };
        let at = quotas
            .iter()
            .position(|q| q.unit == unit && q.bucket == bucket)
            .unwrap_or_else(|| {
                quotas.push(Quota {
                    unit,
                    bucket,
                    limit: None,
                    remaining: None,
                    reset: None,
                });
                quotas.len() - 1
            });
        let Some(quota) = quotas.get_mut(at) else {
            continue;
        };
        if what != "reset" {
            named.push((unit, bucket));
        }
        match what {
            "limit" => quota.limit = value.trim().parse().ok().filter(|_| is_one),
            "remaining" => quota.remaining = value.trim().parse().ok().filter(|_| is_one),
            _ => quota.reset = parse_span(value).filter(|_| is_one),
        }
    }
    // What was named and cannot be read is kept as that.
    quotas.retain(|q| q.reset.is_some() || named.contains(&(q.unit, q.bucket)));
    quotas.sort_by_key(|q| (q.unit as u8, q.bucket as u8));
    Limits(quotas)
}

fn read_name(name: &str) -> Option<(&str, Unit, Bucket)> {
    let mut parts = name.strip_prefix("x-ratelimit-")?.split('-');
    let what = parts
        .next()
        .filter(|w| matches!(*w, "limit" | "remaining" | "reset"))?;
    let unit = match parts.next()? {
        "requests" => Unit::Requests,
        "tokens" => Unit::Tokens,
        _ => return None,
    };
    let bucket = match parts.next() {
        None | Some("minute") => Bucket::Minute,
        Some("hour") => Bucket::Hour,
        Some("day") => Bucket::Day,
        Some(_) => return None,
    };
    parts.next().is_none().then_some((what, unit, bucket))
}

/// The longest time that a server is believed: no quota fills more slowly, and moments that far off can be reckoned with.
pub(super) const FAR: Duration = Duration::from_hours(365 * 24);

/// So many seconds, [`FAR`] at most; `None` for what is no time.
pub(super) fn read_seconds(seconds: f64) -> Option<Duration> {
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(FAR.as_secs_f64())))
}

/// Bare seconds, possibly a fraction (`33011.38`), or units from large to small (`6m0s`, `1.5s`, `120ms`); [`FAR`] at
/// most.
pub(super) fn parse_span(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return read_seconds(seconds);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let seconds = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        total = total.saturating_add(read_seconds(number * seconds)?);
        rest = tail;
    }
    (!text.is_empty()).then_some(total.min(FAR))
}

/// Quotas of a tier as documented: for planning before the first response, whose headers always win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// `free-trial` or `developer`.
    pub tier: String,
    /// Model id, or `*` for every model.
    pub model: String,
    /// The quotas, all of them full.
    pub limits: Limits,
    /// Tokens a minute with cached ones counted.
    pub total_tokens_minute: Option<u64>,
}

/// The documented quotas and what a request reserves of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presets {
    /// Day of the documentation, `YYYY-MM-DD`.
    pub as_of: String,
    /// The presets.
    pub presets: Vec<Preset>,
    /// Tokens of an answer that are reserved at most.
    pub max_output_counted: u64,
    /// The same where a request sets no bound.
    pub when_unset: u64,
}

impl Presets {
    /// The preset of a tier for a model.
    pub fn find(&self, tier: &str, model: &str) -> Option<&Preset> {
        let of_tier = || self.presets.iter().filter(|p| p.tier == tier);
        of_tier()
            .find(|p| p.model == model)
            .or_else(|| of_tier().find(|p| p.model == "*"))
    }
}

/// The presets compiled into the program.
pub fn embedded_limits() -> &'static Presets {
    static PRESETS: LazyLock<Presets> = LazyLock::new(|| {
        let file: File = toml::from_str(include_str!("../../assets/limits.toml"))
            .unwrap_or_else(|e| panic!("assets/limits.toml: {e}"));
        file.into()
    });
    &PRESETS
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: u32,
    as_of: String,
    preset: Vec<Row>,
    reservation: Reservation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reservation {
    max_output_counted: u64,
    when_unset: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    tier: String,
    model: String,
    requests_minute: Option<u64>,
    requests_hour: Option<u64>,
    requests_day: Option<u64>,
    tokens_minute: Option<u64>,
    tokens_hour: Option<u64>,
    tokens_day: Option<u64>,
    total_tokens_minute: Option<u64>,
}

impl From<Row> for Preset {
    fn from(row: Row) -> Self {
        let quotas = [
            (Unit::Requests, Bucket::Minute, row.requests_minute),
            (Unit::Requests, Bucket::Hour, row.requests_hour),
            (Unit::Requests, Bucket::Day, row.requests_day),
            (Unit::Tokens, Bucket::Minute, row.tokens_minute),
            (Unit::Tokens, Bucket::Hour, row.tokens_hour),
            (Unit::Tokens, Bucket::Day, row.tokens_day),
        ];
        Self {
            tier: row.tier,
            model: row.model,
            limits: Limits(
                quotas
                    .into_iter()
                    .filter_map(|(unit, bucket, limit)| {
                        Some(Quota {
                            unit,
                            bucket,
                            limit: Some(limit?),
                            remaining: limit,
                            reset: None,
                        })
                    })
                    .collect(),
            ),
            total_tokens_minute: row.total_tokens_minute,
        }
    }
}

impl From<File> for Presets {
    fn from(file: File) -> Self {
        Self {
            as_of: file.as_of,
            presets: file.preset.into_iter().map(Preset::from).collect(),
            max_output_counted: file.reservation.max_output_counted,
            when_unset: file.reservation.when_unset,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::chat::quota::reserved_for_answer;

    fn limits(headers: &[(&str, &str)]) -> Limits {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        parse(&headers.collect())
    }

    #[test]
    fn the_recorded_headers_are_read() {
        let limits = limits(&[
            ("x-ratelimit-limit-requests-minute", "5"),
            ("x-ratelimit-limit-tokens-minute", "30000"),
            ("x-ratelimit-remaining-requests-minute", "3"),
            ("X-RateLimit-Remaining-Tokens-Minute", "90000"),
            ("x-ratelimit-reset-tokens-day", "33011.382867097855"),
            ("x-ratelimit-limit-requests-year", "1"),
            ("x-ratelimit-limit", "1"),
            ("x-ratelimit-reset-requests-hour", "soon"),
        ]);
        assert_eq!(limits.0.len(), 3);
        let tokens = limits.get(Unit::Tokens, Bucket::Minute).unwrap();
        assert_eq!(
            (tokens.limit, tokens.remaining),
            (Some(30_000), Some(90_000))
        );
        let day = limits.get(Unit::Tokens, Bucket::Day).unwrap();
        assert_eq!(day.reset.unwrap().as_secs(), 33_011);
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_not_known() {
        let limits = limits(&[
            ("x-ratelimit-limit-requests-minute", "-5"),
            (
                "x-ratelimit-remaining-requests-minute",
                "99999999999999999999999999",
            ),
        ]);
        let quota = limits.get(Unit::Requests, Bucket::Minute).unwrap();
        assert_eq!(
            (quota.limit, quota.remaining, quota.reset),
            (None, None, None)
        );
    }

    #[test]
    fn of_a_header_that_comes_twice_two_values_are_not_believed() {
        let name = HeaderName::from_static("x-ratelimit-remaining-requests-minute");
        let remaining = |first, second| {
            let mut headers = HeaderMap::new();
            headers.append(&name, HeaderValue::from_static(first));
            headers.append(&name, HeaderValue::from_static(second));
            let limits = parse(&headers);
            let quota = limits.get(Unit::Requests, Bucket::Minute).unwrap();
            quota.remaining
        };
        assert_eq!(remaining("5", "50"), None);
        assert_eq!(remaining("5", "5"), Some(5));
    }

    #[test]
    fn spans_are_seconds_or_units() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("1", Some(ms(1_000))),
            ("1s", Some(ms(1_000))),
            ("6m0s", Some(ms(360_000))),
            ("1h2m3.5s", Some(ms(3_723_500))),
            ("120ms", Some(ms(120))),
            ("0", Some(Duration::ZERO)),
            ("", None),
            ("-1", None),
            ("NaN", None),
            ("-inf", None),
            ("-1e15", None),
            ("inf", Some(FAR)),
            ("1e15", Some(FAR)),
            ("1e300", Some(FAR)),
            ("1e400", Some(FAR)),
            ("1x", None),
            ("s", None),
            ("1m2", None),
            ("99999999999999999999d", Some(FAR)),
            ("364d48h", Some(FAR)),
        ] {
            assert_eq!(parse_span(text), expected, "{text}");
        }
    }

    #[test]
    fn presets_know_what_a_request_reserves() {
        let presets = embedded_limits();
        let free = presets.find("free-trial", "qwen-3.8-27b").unwrap();
        let minute = free.limits.get(Unit::Requests, Bucket::Minute).unwrap();
        assert_eq!(
            (minute.limit, free.total_tokens_minute),
            (Some(5), Some(90_000))
        );
        assert_eq!(
            presets.find("developer", "gpt-oss-120b").unwrap().model,
            "gpt-oss-120b"
        );
        assert_eq!(presets.find("developer", "other"), None);
        for (bound, reserved) in [(8_192, 8_192), (0, presets.when_unset)] {
            assert_eq!(reserved_for_answer(bound), reserved);
        }
        assert_eq!(reserved_for_answer(40_960), presets.max_output_counted);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,24}") {
            let _ = parse_span(&text);
        }
    }
}
