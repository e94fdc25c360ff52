//! When and how long to wait before an attempt is repeated: own delays, the server's wishes, and the pool of retries
//! that all requests with one key share. Which errors are worth repeating is said by `error`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::fmt::{rfc2822, strtime};
use jiff::{Timestamp, civil, tz::TimeZone};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

use super::endpoint::RetryPolicy;
use super::limits;
use crate::chat::{Bucket, Limits};

/// Time gives a retry back after so long: what a burst used up must not fail the prompts of an hour later.
const RETURN_EVERY: Duration = Duration::from_secs(6);
/// Spread added to a wait that the server asked for, so that those who wait do not come back as one.
const SPREAD: Duration = Duration::from_secs(1);

impl RetryPolicy {
    /// The bound of the wait before retry `n`, counted from 0.
    pub(super) fn bound(&self, n: u32) -> Duration {
        let growth = self
            .multiplier
            .max(1.0)
            .powi(i32::try_from(n).unwrap_or(i32::MAX));
        Duration::try_from_secs_f64(self.initial_delay.as_secs_f64() * growth)
            .unwrap_or(Duration::MAX)
            .min(self.max_delay)
    }

    /// The wait before retry `n`: of the bound what is not left to chance and some of the rest, or the server's wish and
    /// a spread.
    pub(super) fn wait(&self, n: u32, wish: Option<Duration>) -> Duration {
        if let Some(wish) = wish {
            return wish.saturating_add(spread());
        }
        let bound = self.bound(n);
        let chance = bound.mul_f64(self.jitter.clamp(0.0, 1.0));
        bound.saturating_sub(chance).saturating_add(uniform(chance))
    }
}

/// Uniform between zero and a second.
fn spread() -> Duration {
    uniform(SPREAD)
}

fn uniform(bound: Duration) -> Duration {
    // Each state has keys of its own, seeded by the system: randomness enough to spread requests.
    let random = RandomState::new().build_hasher().finish();
    let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
    bound.mul_f64(unit)
}

/// How long the server wants us to wait: `retry-after-ms`, `retry-after` as seconds or as a date measured against the
/// reply's own `date`, or the reset of an empty quota. `None` for what is absent, past or unreadable.
pub(super) fn wish(headers: &HeaderMap, limits: &Limits) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let millis = text("retry-after-ms")
        .and_then(|ms| ms.trim().parse::<f64>().ok())
        .and_then(|ms| limits::read_seconds(ms / 1e3));
    let after = || {
        let value = text(RETRY_AFTER.as_str())?;
        limits::parse_span(value).or_else(|| {
            let until = parse_date(value)?;
            let now = parse_date(text(DATE.as_str())?)?;
            let left = Duration::try_from(until.duration_since(now)).ok();
            left.map(|left| left.min(limits::FAR))
        })
    };
    millis
        .or_else(after)
        .or_else(|| reset(limits))
        .filter(|wait| !wait.is_zero())
}

/// The longest reset among empty quotas; where none says that it is empty, the shortest of the minute's.
fn reset(limits: &Limits) -> Option<Duration> {
    let empty = limits.0.iter().filter(|q| q.remaining == Some(0));
    let minute = limits.0.iter().filter(|q| q.bucket == Bucket::Minute);
    empty
        .filter_map(|q| q.reset)
        .max()
        .or_else(|| minute.filter_map(|q| q.reset).min())
}

/// The three forms of an HTTP date (RFC 9110, 5.6.7).
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(date) = rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| {
            let date: civil::DateTime = strtime::parse(form, text).ok()?.to_datetime().ok()?;
            Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
        })
}

/// The retries that all requests with one key share.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    spent: u32,
    successes: u32,
    /// Since when time has given none back.
    since: Option<Instant>,
}

impl Pool {
    /// Takes a retry of so many. False when there is none left.
    pub(super) fn take_retry(&self, most: u32) -> bool {
        let now = Instant::now();
        self.with(|s| {
            let since = *s.since.get_or_insert(now);
            let passed = now.saturating_duration_since(since).as_secs() / RETURN_EVERY.as_secs();
            let back = u32::try_from(passed).unwrap_or(s.spent).min(s.spent);
            if passed > 0 {
                s.spent -= back;
                s.since = Some(now);
            }
            let left = s.spent < most;
            s.spent += u32::from(left);
            left
        })
    }

    /// Counts an answer; each time there are so many, they give a retry back, as does the time.
    pub(super) fn succeeded(&self, per_retry: u32) {
        self.with(|s| {
            s.successes += 1;
            if s.successes >= per_retry {
                s.successes = 0;
                s.spent = s.spent.saturating_sub(1);
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const RETRIES: u32 = 10;

    fn wish_of(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect();
        wish(&headers, &limits::parse(&headers))
    }

    const NOW: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");

    #[test]
    fn wishes_are_seconds_or_dates_by_the_servers_clock() {
        let secs = |s| Some(Duration::from_secs(s));
        assert_eq!(wish_of(&[("retry-after", "60")]), secs(60));
        assert_eq!(
            wish_of(&[("retry-after", " 1.5 ")]),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            wish_of(&[("retry-after-ms", "250"), ("retry-after", "9")]),
            Some(Duration::from_millis(250))
        );
        for date in [
            "Sun, 06 Nov 1994 08:50:07 GMT",
            "Sunday, 06-Nov-94 08:50:07 GMT",
            "Sun Nov  6 08:50:07 1994",
        ] {
            assert_eq!(wish_of(&[NOW, ("retry-after", date)]), secs(30), "{date}");
            assert_eq!(
                wish_of(&[("retry-after", date)]),
                None,
                "no clock to measure {date} by"
            );
        }
        for nothing in [
            "0",
            "-5",
            "soon",
            "",
            "NaN",
            "Sun, 06 Nov 1994 08:49:00 GMT",
        ] {
            assert_eq!(wish_of(&[NOW, ("retry-after", nothing)]), None, "{nothing}");
        }
    }

    #[test]
    fn the_reset_of_the_empty_quota_stands_in() {
        let headers = [
            ("x-ratelimit-reset-requests-day", "33011.4"),
            ("x-ratelimit-remaining-requests-day", "7"),
            ("x-ratelimit-reset-tokens-minute", "6m0s"),
            ("x-ratelimit-remaining-tokens-minute", "0"),
        ];
        assert_eq!(wish_of(&headers), Some(Duration::from_mins(6)));
        assert_eq!(wish_of(&headers[2..3]), Some(Duration::from_mins(6)));
        assert_eq!(wish_of(&headers[0..1]), None);
    }

    #[test]
    fn own_waits_grow_to_their_bound() {
        let policy = RetryPolicy::default();
        let bounds: Vec<_> = (0..8).map(|n| policy.bound(n).as_secs_f64()).collect();
        assert_eq!(bounds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]);
        assert_eq!(policy.bound(u32::MAX), policy.max_delay);
        let waits: Vec<_> = (0..200).map(|_| policy.wait(1, None)).collect();
        assert!(waits.iter().all(|w| *w <= Duration::from_secs(1)));
        let low = waits
            .iter()
            .filter(|w| **w < Duration::from_millis(500))
            .count();
        assert!((50..150).contains(&low), "{low} of 200 in the lower half");
        let of = |jitter| RetryPolicy {
            jitter,
            ..RetryPolicy::default()
        };
        let half = of(0.5);
        let waits: Vec<_> = (0..200).map(|_| half.wait(1, None).as_secs_f64()).collect();
        assert!(waits.iter().all(|w| (0.5..=1.0).contains(w)));
        assert_eq!(of(0.0).wait(3, None), Duration::from_secs(4));
        let wait = policy.wait(0, Some(Duration::from_mins(1)));
        assert!((60.0..61.0).contains(&wait.as_secs_f64()));
    }

    #[test]
    fn the_pool_gives_out_ten_and_takes_one_back_for_ten_answers() {
        let pool = Pool::default();
        assert_eq!((0..20).filter(|_| pool.take_retry(RETRIES)).count(), 10);
        (0..9).for_each(|_| pool.succeeded(10));
        assert!(!pool.take_retry(RETRIES));
        pool.succeeded(10);
        assert!(pool.take_retry(RETRIES) && !pool.take_retry(RETRIES));
    }

    #[tokio::test(start_paused = true)]
    async fn time_gives_retries_back() {
        let pool = Pool::default();
        assert!((0..RETRIES).all(|_| pool.take_retry(RETRIES)));
        assert!(!pool.take_retry(RETRIES));
        tokio::time::advance(RETURN_EVERY * 2).await;
        assert!(pool.take_retry(RETRIES) && pool.take_retry(RETRIES));
        assert!(!pool.take_retry(RETRIES));
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!((0..RETRIES).all(|_| pool.take_retry(RETRIES)));
        assert!(!pool.take_retry(RETRIES), "never more than all of them");
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(value in "[ -~]{0,40}") {
            let _ = wish_of(&[NOW, ("retry-after", &value)]);
            let _ = wish_of(&[("date", &value), ("retry-after", NOW.1)]);
        }
    }
}
