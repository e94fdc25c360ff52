//! Rate limits: token buckets for each key and model, filled continuously, charged before a request runs.
//! The rules are those of the real service: a reservation first, the real count afterwards.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::reject::Refusal;
use super::scenario::Limits;

/// Completion tokens that are reserved at most, and when the request sets no limit.
const RESERVED: u64 = 16_384;
/// Stands for no limit in the headers, which are always there.
const ENDLESS: u64 = 1_000_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// Whose limits the mock plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// So generous that nobody meets them.
    #[default]
    Unlimited,
    /// The free trial's: 5 requests and 30,000 tokens a minute.
    FreeTrial,
    /// Pay as you go.
    Developer,
}

impl Tier {
    /// The tier of that name on the command line.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "unlimited" => Self::Unlimited,
            "free-trial" => Self::FreeTrial,
            "developer" => Self::Developer,
            _ => return None,
        })
    }

    /// As of 2026-09.
    fn limits(self, model: &str) -> Limits {
        match (self, model) {
            (Self::Unlimited, _) => Limits::default(),
            (Self::FreeTrial, _) => Limits {
                requests_minute: Some(5),
                requests_hour: Some(150),
                requests_day: Some(2_400),
                tokens_minute: Some(30_000),
                tokens_hour: Some(1_000_000),
                tokens_day: Some(1_000_000),
                total_tokens_minute: Some(90_000),
                retry_after: None,
            },
            (Self::Developer, "qwen-3.8-27b") => Limits {
                requests_minute: Some(450),
                requests_hour: Some(27_000),
                requests_day: Some(648_000),
                tokens_minute: Some(150_000),
                tokens_hour: Some(9_000_000),
                tokens_day: Some(216_000_000),
                total_tokens_minute: Some(750_000),
                retry_after: None,
            },
            (Self::Developer, _) => Limits {
                requests_minute: Some(1_000),
                tokens_minute: Some(1_000_000),
                total_tokens_minute: Some(3_000_000),
                ..Limits::default()
            },
        }
    }
}

/// All buckets of a running mock.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    accounts: HashMap<(String, String), Account>,
}

/// What a request asks of the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
    pub(crate) max_completion: Option<u64>,
}

impl Demand {
    fn completion(self) -> u64 {
        self.max_completion.unwrap_or(RESERVED).min(RESERVED)
    }
}

/// What was taken, to be corrected when the answer has ended.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    account: (String, String),
    completion: u64,
}

impl Buckets {
    /// Takes what the request needs, or says which bucket is empty and takes nothing.
    pub(crate) fn reserve(
        &mut self,
        key: &str,
        model: &str,
        limits: Limits,
        demand: Demand,
        now: Instant,
    ) -> Result<Reservation, Refusal> {
        let name = (key.to_owned(), model.to_owned());
        let account = self
            .accounts
            .entry(name.clone())
            .or_insert_with(|| Account::new(limits, now));
        account.refill(now);
        account.take(demand, limits.retry_after.unwrap_or(60))?;
        Ok(Reservation {
            account: name,
            completion: demand.completion(),
        })
    }

    /// Gives back what was reserved and not used, or takes what was used on top.
    pub(crate) fn settle(&mut self, reservation: &Reservation, completion: u64, now: Instant) {
        if let Some(account) = self.accounts.get_mut(&reservation.account) {
            account.refill(now);
            account.correct(reservation.completion as f64 - completion as f64);
        }
    }

    /// The 12 headers of a success. With `total`, remaining tokens are those of the larger bucket, which may exceed
    /// the limit beside them, as seen on the real service.
    pub(crate) fn headers(&self, reservation: &Reservation, total: bool, headers: &mut HeaderMap) {
        let Some(account) = self.accounts.get(&reservation.account) else {
            return;
        };
        for (kind, buckets) in [("requests", &account.requests), ("tokens", &account.tokens)] {
            for bucket in buckets {
                let left = if total && kind == "tokens" {
                    bucket.left.max(account.total.left)
                } else {
                    bucket.left
                };
                put(
                    headers,
                    &format!("x-ratelimit-limit-{kind}-{}", bucket.window),
                    bucket.size,
                );
                put(
                    headers,
                    &format!("x-ratelimit-remaining-{kind}-{}", bucket.window),
                    whole(left),
                );
            }
        }
    }
}

/// The limits in force: the scenario's, else the tier's.
pub(crate) fn in_force(tier: Tier, scenario: Option<Limits>, model: &str) -> Limits {
    scenario.unwrap_or_else(|| tier.limits(model))
}

fn put(headers: &mut HeaderMap, name: &str, value: u64) {
    if let Ok(name) = HeaderName::try_from(name) {
        headers.insert(name, HeaderValue::from(value));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast to u64 saturates, which is meant"
)]
fn whole(left: f64) -> u64 {
    left.max(0.0) as u64
}

#[derive(Debug)]
struct Account {
    requests: [Bucket; 3],
    tokens: [Bucket; 3],
    total: Bucket,
    filled: Instant,
}

#[derive(Debug)]
struct Bucket {
    window: &'static str,
    seconds: u64,
    size: u64,
    left: f64,
}

impl Bucket {
    fn new(window: &'static str, seconds: u64, size: Option<u64>) -> Self {
        let size = size.unwrap_or(ENDLESS);
        Self {
            window,
            seconds,
            size,
            left: size as f64,
        }
    }

    fn add(&mut self, amount: f64) {
        self.left = (self.left + amount).min(self.size as f64);
    }
}

impl Account {
    fn new(limits: Limits, now: Instant) -> Self {
        Self {
            requests: [
                Bucket::new("minute", MINUTE, limits.requests_minute),
                Bucket::new("hour", HOUR, limits.requests_hour),
                Bucket::new("day", DAY, limits.requests_day),
            ],
            tokens: [
                Bucket::new("minute", MINUTE, limits.tokens_minute),
                Bucket::new("hour", HOUR, limits.tokens_hour),
                Bucket::new("day", DAY, limits.tokens_day),
            ],
            total: Bucket::new("minute", MINUTE, limits.total_tokens_minute),
            filled: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        for bucket in self
            .requests
            .iter_mut()
            .chain(&mut self.tokens)
            .chain([&mut self.total])
        {
            bucket.add(passed * bucket.size as f64 / bucket.seconds as f64);
        }
    }

    fn take(&mut self, demand: Demand, retry_after: u64) -> Result<(), Refusal> {
        let uncached = demand.prompt.saturating_sub(demand.cached) + demand.completion();
        let total = demand.prompt + demand.completion();
        if let Some(empty) = self.requests.iter().find(|b| b.left < 1.0) {
            return Err(Refusal::too_many_requests(empty.window, retry_after));
        }
        if let Some(empty) = self.tokens.iter().find(|b| b.left < uncached as f64) {
            return Err(Refusal::too_many_tokens(empty.window, retry_after));
        }
        if self.total.left < total as f64 {
            return Err(Refusal::too_many_tokens(self.total.window, retry_after));
        }
        self.requests.iter_mut().for_each(|b| b.left -= 1.0);
        self.tokens
            .iter_mut()
            .for_each(|b| b.left -= uncached as f64);
        self.total.left -= total as f64;
        Ok(())
    }

    fn correct(&mut self, amount: f64) {
        for bucket in self.tokens.iter_mut().chain([&mut self.total]) {
            bucket.add(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MODEL: &str = "gpt-oss-120b";

    fn ask(buckets: &mut Buckets, demand: Demand, now: Instant) -> Result<Reservation, Refusal> {
        buckets.reserve("key", MODEL, Tier::FreeTrial.limits(MODEL), demand, now)
    }

    fn demand(prompt: u64, max: Option<u64>) -> Demand {
        Demand {
            prompt,
            cached: 0,
            max_completion: max,
        }
    }

    #[tokio::test]
    async fn five_requests_and_then_one_every_twelve_seconds() {
        let (mut buckets, start) = (Buckets::default(), Instant::now());
        for _ in 0..5 {
            ask(&mut buckets, demand(10, Some(10)), start).expect("five fit");
        }
        let refusal =
            ask(&mut buckets, demand(10, Some(10)), start).expect_err("the sixth does not");
        assert_eq!(refusal.body.code, "request_quota_exceeded");
        assert_eq!(refusal.retry_after, Some(60));
        assert!(
            ask(
                &mut buckets,
                demand(10, Some(10)),
                start + Duration::from_secs(11)
            )
            .is_err()
        );
        assert!(
            ask(
                &mut buckets,
                demand(10, Some(10)),
                start + Duration::from_secs(13)
            )
            .is_ok()
        );
    }

    #[tokio::test]
    async fn the_completion_is_reserved_up_to_a_cap_and_corrected() {
        let (mut buckets, start) = (Buckets::default(), Instant::now());
        let first = ask(&mut buckets, demand(100, None), start).expect("fits");
        let refusal = ask(&mut buckets, demand(100, Some(40_960)), start)
            .expect_err("16,484 twice is over 30,000");
        assert_eq!(refusal.body.code, "token_quota_exceeded");
        buckets.settle(&first, 200, start);
        let mut headers = HeaderMap::new();
        buckets.headers(&first, false, &mut headers);
        assert_eq!(headers.len(), 12);
        assert_eq!(headers["x-ratelimit-limit-tokens-minute"], "30000");
        assert_eq!(headers["x-ratelimit-remaining-tokens-minute"], "29700");
        assert_eq!(headers["x-ratelimit-remaining-requests-minute"], "4");
        buckets.headers(&first, true, &mut headers);
        assert_eq!(headers["x-ratelimit-remaining-tokens-minute"], "89700");
    }

    #[tokio::test]
    async fn keys_do_not_share_and_the_default_tier_is_generous() {
        let (mut buckets, start) = (Buckets::default(), Instant::now());
        for _ in 0..1_000 {
            let limits = in_force(Tier::default(), None, MODEL);
            buckets
                .reserve("a", MODEL, limits, demand(1_000, None), start)
                .expect("generous");
        }
        assert!(ask(&mut buckets, demand(10, Some(10)), start).is_ok());
    }
}
