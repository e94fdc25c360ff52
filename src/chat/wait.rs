//! What holds a request back before it goes out, in words that every surface shares.
//!
//! How long it is held is decided by the provider's gate.

use std::fmt;
use std::time::Duration;

use super::{Bucket, Unit};
use crate::text::grouped;

/// What holds a request back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// As many requests of the profile as it allows are in flight.
    InFlight,
    /// A quota has no room for it.
    Quota {
        /// What the quota counts.
        unit: Unit,
        /// The period it refills over.
        bucket: Bucket,
        /// Its size.
        limit: u64,
    },
    /// Another request with the key met a 429, and all of them wait as the server asked.
    Refused,
}

/// As the end of "waits for …".
impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFlight => f.write_str("other requests of this profile"),
            Self::Quota {
                unit,
                bucket,
                limit,
            } => {
                let unit = match (unit, limit) {
                    (Unit::Requests, 1) => "request",
                    (Unit::Requests, _) => "requests",
                    (Unit::Tokens, 1) => "token",
                    (Unit::Tokens, _) => "tokens",
                };
                let period = match bucket {
                    Bucket::Minute => "a minute",
                    Bucket::Hour => "an hour",
                    Bucket::Day => "a day",
                };
                write!(f, "quota: {} {unit} {period}", grouped(*limit))
            }
            Self::Refused => f.write_str("quota: a request with the same key was refused (429)"),
        }
    }
}

/// Seconds of a wait as a countdown says them: never fewer than are left.
pub fn seconds_left(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun)
}

/// A wait in words.
pub fn span(wait: Duration) -> String {
    match seconds_left(wait) {
        s @ 0..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s.div_ceil(60)),
        s => format!("{} h", s.div_ceil(3_600)),
    }
}

/// A request is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// By what.
    pub held: Held,
    /// For how long, as far as that can be known; `None` where it depends on the end of other answers.
    pub left: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_said_with_its_figures() {
        let quota = |unit, bucket, limit| {
            Held::Quota {
                unit,
                bucket,
                limit,
            }
            .to_string()
        };
        for (said, expected) in [
            (
                quota(Unit::Requests, Bucket::Minute, 5),
                "quota: 5 requests a minute",
            ),
            (
                quota(Unit::Requests, Bucket::Hour, 1),
                "quota: 1 request an hour",
            ),
            (
                quota(Unit::Tokens, Bucket::Day, 1_030_005),
                "quota: 1,030,005 tokens a day",
            ),
            (
                quota(Unit::Tokens, Bucket::Minute, 30_000),
                "quota: 30,000 tokens a minute",
            ),
        ] {
            assert_eq!(said, expected);
        }
    }
}
