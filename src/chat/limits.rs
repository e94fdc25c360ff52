//! What a server says of its quotas, and how much of that can be true.
//!
//! What is left between two replies is `quota`'s to reckon.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// HTTP requests.
    Requests,
    /// Tokens, reserved before a request runs.
    Tokens,
}

/// The period a quota refills over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Bucket {
    /// How long it is.
    pub fn period(self) -> Duration {
        match self {
            Self::Minute => Duration::from_mins(1),
            Self::Hour => Duration::from_hours(1),
            Self::Day => Duration::from_hours(24),
        }
    }
}

/// One quota as the last response described it. `remaining` may exceed `limit`: they count different buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// What it counts.
    pub unit: Unit,
    /// Its period.
    pub bucket: Bucket,
    /// Size.
    pub limit: Option<u64>,
    /// What is left.
    pub remaining: Option<u64>,
    /// Time until it is full again, when the server says so.
    pub reset: Option<Duration>,
}

/// A quota of more is none: a million million tokens a day would be ten million a second.
const MOST_GRANTED: u64 = 1_000_000_000_000;

impl Quota {
    /// No more requests are left than there are. Of tokens some services count more as left than they grant.
    pub fn is_torn(&self) -> bool {
        let over = |(limit, left): (u64, u64)| left > limit;
        self.unit == Unit::Requests && self.limit.zip(self.remaining).is_some_and(over)
    }

    /// What of it can be true: a quota of nothing or of more than anybody grants is none, no more requests are left than
    /// there are, and it is full again within its period.
    pub fn believed(self) -> Self {
        let is_none = self.is_torn() || self.limit == Some(0);
        let count = |n: Option<u64>| n.filter(|&n| !is_none && n <= MOST_GRANTED);
        let period = self.bucket.period();
        Self {
            remaining: count(self.remaining),
            limit: count(self.limit),
            reset: self.reset.filter(|&reset| reset <= period),
            ..self
        }
    }
}

/// The quota headers of a response, each optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limits(pub Vec<Quota>);

impl Limits {
    /// The quota of `unit` over `bucket`.
    pub fn get(&self, unit: Unit, bucket: Bucket) -> Option<&Quota> {
        self.0.iter().find(|q| q.unit == unit && q.bucket == bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_found_by_what_they_count() {
        let quota = |unit, bucket| Quota {
            unit,
            bucket,
            limit: Some(1),
            remaining: None,
            reset: None,
        };
        let limits = Limits(vec![
            quota(Unit::Requests, Bucket::Minute),
            quota(Unit::Tokens, Bucket::Day),
        ]);
        assert!(limits.get(Unit::Tokens, Bucket::Day).is_some());
        assert!(limits.get(Unit::Tokens, Bucket::Minute).is_none());
    }

    #[test]
    fn of_a_quota_what_cannot_be_is_not_believed() {
        let said = |unit, limit, remaining| {
            let quota = Quota {
                unit,
                bucket: Bucket::Minute,
                limit,
                remaining,
                reset: None,
            };
            let Quota {
                limit, remaining, ..
            } = quota.believed();
            (limit, remaining)
        };
        let nothing = (None, None);
        assert_eq!(said(Unit::Requests, Some(5), Some(4)), (Some(5), Some(4)));
        assert_eq!(said(Unit::Requests, Some(5), Some(50)), nothing);
        let more = (Some(30_000), Some(90_000));
        assert_eq!(said(Unit::Tokens, more.0, more.1), more, "seen in the wild");
        assert_eq!(said(Unit::Tokens, Some(0), Some(0)), nothing);
        assert_eq!(said(Unit::Tokens, None, Some(1 << 63)), nothing);
    }
}
