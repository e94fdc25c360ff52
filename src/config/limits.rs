//! How much is taken from servers, files and people, whatever they send: the table `[limits]`.
//!
//! What happens beyond a limit is said by whoever keeps to it.

use std::time::Duration;

use toml::de::DeValue;

use super::{
    setting::{Setting, setting},
    value::{Value, expected},
};
use crate::text::bytes;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u32);

impl Size {
    /// So many KiB.
    pub const fn kib(kib: u32) -> Self {
        Self(kib << 10)
    }

    /// So many MiB.
    pub const fn mib(mib: u32) -> Self {
        Self(mib << 20)
    }

    /// As memory is counted.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl From<Size> for u64 {
    fn from(size: Size) -> Self {
        size.0.into()
    }
}

/// Bytes as a number, or a number with its unit as a string.
impl Value for Size {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let what = "a number of bytes, or one such as \"64 KiB\", \"4 MiB\"";
        match value {
            DeValue::String(text) => parse(text).map(Self).ok_or(format!("expected {what}")),
            DeValue::Integer(_) => u32::read(value).map(Self),
            other => Err(expected(what, other)),
        }
    }

    fn show(&self) -> String {
        match self.0 {
            plain if plain % (1 << 10) != 0 => plain.to_string(),
            _ => format!("\"{}\"", bytes(self.bytes())),
        }
    }
}

fn parse(text: &str) -> Option<u32> {
    let text = text.trim();
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0)];
    let (number, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))?;
    let number: u32 = number.trim_end().parse().ok()?;
    number.checked_mul(1 << shift)
}

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// One event of a stream, and one line of it.
    pub event_bytes: Size,
    /// Events of all streams that have not ended.
    pub pending_bytes: Size,
    /// The text of an answer.
    pub answer_bytes: Size,
    /// The text of all answers that have not ended.
    pub texts_bytes: Size,
    /// Unreadable events that end an answer.
    pub unreadable_events: u32,
    /// Headers of a reply.
    pub headers: u32,
    /// All headers of a reply.
    pub header_bytes: Size,
    /// The body of an error.
    pub error_bytes: Size,
    /// How long that may take.
    pub error_timeout: Duration,
    /// A list of models.
    pub model_list_bytes: Size,
    /// How long that may take.
    pub model_list_timeout: Duration,
    /// Longest wait on screen that a server may ask for.
    pub retry_after: Duration,
    /// Retries that all requests with one key share.
    pub retry_pool: u32,
    /// Answers that give one of them back.
    pub retry_return: u32,
    /// How long the keyring has.
    pub keyring_timeout: Duration,
    /// What the composer takes.
    pub paste_bytes: Size,
    /// What a command takes as prompt, of each source.
    pub prompt_bytes: Size,
    /// What went over the wire, of answers that have ended.
    pub recording_bytes: Size,
    /// The file of `--debug-http`.
    pub debug_http_bytes: Size,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            event_bytes: Size::mib(4),
            pending_bytes: Size::mib(64),
            answer_bytes: Size::mib(16),
            texts_bytes: Size::mib(24),
            unreadable_events: 16,
            headers: 100,
            header_bytes: Size::kib(64),
            error_bytes: Size::kib(64),
            error_timeout: Duration::from_secs(5),
            model_list_bytes: Size::mib(8),
            model_list_timeout: Duration::from_secs(15),
            retry_after: Duration::from_mins(1),
            retry_pool: 10,
            retry_return: 10,
            keyring_timeout: Duration::from_secs(2),
            paste_bytes: Size::mib(1),
            prompt_bytes: Size::mib(16),
            recording_bytes: Size::mib(4),
            debug_http_bytes: Size::mib(256),
        }
    }
}

const TENTH: Duration = Duration::from_millis(100);

pub(super) const LIMITS: &[Setting<LimitSettings>] = &[
    setting!(event_bytes in Size::kib(64)..=Size::mib(64)),
    setting!(pending_bytes in Size::mib(1)..=Size::mib(1024)),
    setting!(answer_bytes in Size::kib(64)..=Size::mib(256)),
    setting!(texts_bytes in Size::kib(64)..=Size::mib(1024)),
    setting!(unreadable_events in 1..=1_000),
    setting!(headers in 10..=1_000),
    setting!(header_bytes in Size::kib(8)..=Size::mib(1)),
    setting!(error_bytes in Size::kib(1)..=Size::mib(1)),
    setting!(error_timeout in TENTH..=Duration::from_mins(1)),
    setting!(model_list_bytes in Size::kib(64)..=Size::mib(64)),
    setting!(model_list_timeout in TENTH..=Duration::from_mins(5)),
    setting!(retry_after in Duration::ZERO..=Duration::from_hours(1)),
    setting!(retry_pool in 0..=1_000),
    setting!(retry_return in 1..=1_000),
    setting!(keyring_timeout in TENTH..=Duration::from_mins(1)),
    setting!(paste_bytes in Size::kib(1)..=Size::mib(16)),
    setting!(prompt_bytes in Size::kib(1)..=Size::mib(256)),
    setting!(recording_bytes in Size::kib(256)..=Size::mib(256)),
    setting!(debug_http_bytes in Size::mib(1)..=Size::mib(2048)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Size, String> {
        Size::read(DeValue::parse(toml).unwrap().get_ref())
    }

    #[test]
    fn sizes_are_bytes_or_carry_a_unit() {
        for (toml, size, shown) in [
            ("1000", Size(1_000), "1000"),
            ("\"512 B\"", Size(512), "512"),
            ("\"64KiB\"", Size::kib(64), "\"64 KiB\""),
            (" \"4 MiB\"", Size::mib(4), "\"4 MiB\""),
            ("\"1 GiB\"", Size::mib(1_024), "\"1024 MiB\""),
        ] {
            assert_eq!(read(toml.trim()), Ok(size), "{toml}");
            assert_eq!(size.show(), shown);
            assert_eq!(read(shown), Ok(size), "what is shown can be read");
        }
        for toml in [
            "-1",
            "\"4\"",
            "\"4 MB\"",
            "1.5",
            "\"9 GiB\"",
            "true",
            "\"\"",
        ] {
            assert!(read(toml).is_err(), "{toml}");
        }
    }
}
