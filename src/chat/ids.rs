//! Identities: UUID v7 newtypes, made from a seed so that the update function stays free of randomness.
//!
//! People see and type the last eight digits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A moment of wall time in milliseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// How long ago it was, as people say it.
    pub fn ago(self, now: Self) -> String {
        match now.0.saturating_sub(self.0) / 60_000 {
            0 => "just now".to_owned(),
            minutes @ 1..60 => format!("{minutes} min ago"),
            minutes @ 60..1440 => format!("{} h ago", minutes / 60),
            minutes => format!("{} d ago", minutes / 1440),
        }
    }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that was made elsewhere.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The last eight digits, as people see and type them.
            pub fn short(self) -> String {
                let digits = self.0.simple().to_string();
                digits.get(24..).unwrap_or_default().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

id! {
    /// One sitting of the workbench.
    SessionId,
    /// A tree of turns.
    ConversationId,
    /// One user message and its answers.
    TurnId,
    /// One assistant message.
    AnswerId,
    /// Links the turns that one broadcast made.
    BroadcastId,
}

/// Makes ids from a seed and the time of the moment: the same seed and times give the same ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdSource {
    state: u64,
}

impl IdSource {
    /// A source whose ids depend on `seed` (random at start, fixed in tests).
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next UUID v7 at `now`.
    pub fn next(&mut self, now: Timestamp) -> Uuid {
        let mut random = [0_u8; 10];
        let (low, high) = (self.step().to_le_bytes(), self.step().to_le_bytes());
        for (place, byte) in random.iter_mut().zip(low.into_iter().chain(high)) {
            *place = byte;
        }
        uuid::Builder::from_unix_timestamp_millis(now.0, &random).into_uuid()
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014): every seed gives a full-period sequence.
    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl AnswerId {
    /// By which the requests for an answer are known that has so many parts already: those of each part apart.
    pub fn request(self, parts: usize) -> String {
        match parts {
            0 => self.short(),
            parts => format!("{}.{}", self.short(), parts.saturating_add(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_distinct_and_repeatable() {
        let make = || {
            let mut ids = IdSource::new(7);
            (0..3)
                .map(|_| SessionId::from_uuid(ids.next(Timestamp(1_795_000_000_000))))
                .collect::<Vec<_>>()
        };
        let ids = make();
        assert_eq!(ids, make());
        assert_ne!(ids.first(), ids.last());
        for id in ids {
            assert_eq!(id.0.get_version_num(), 7);
            assert_eq!(id.short().len(), 8);
            assert!(id.to_string().ends_with(&id.short()));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
