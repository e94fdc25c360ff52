//! The types that settings have: how each is read from TOML and shown as TOML.
//!
//! Messages say what was expected; where it stands is added by `setting`.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::de::DeValue;

/// A type that a setting may have.
pub(super) trait Value: Sized {
    /// Reads it; the error says what was expected.
    fn read(value: &DeValue<'_>) -> Result<Self, String>;
    /// It as TOML.
    fn show(&self) -> String;
}

/// A value within `range`.
pub(super) fn read_within<V: Value + PartialOrd>(
    value: &DeValue<'_>,
    range: RangeInclusive<V>,
) -> Result<V, String> {
    let read = V::read(value)?;
    if range.contains(&read) {
        return Ok(read);
    }
    let (least, most) = (range.start().show(), range.end().show());
    Err(format!("expected {least} to {most}, found {}", read.show()))
}

/// "expected X, found Y".
pub(super) fn expected(what: &str, found: &DeValue<'_>) -> String {
    let found = match found {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    format!("expected {what}, found {found}")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl Value for bool {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value
            .as_bool()
            .ok_or_else(|| expected("true or false", value))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let number = value
            .as_integer()
            .ok_or_else(|| expected("a whole number", value))?;
        Self::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| format!("expected 0 to {}, found {number}", Self::MAX))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for f64 {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let digits = match value {
            DeValue::Float(float) => Some(float.as_str()),
            DeValue::Integer(int) if int.radix() == 10 => Some(int.as_str()),
            _ => None,
        };
        digits
            .and_then(|d| d.parse::<Self>().ok())
            .filter(|n| n.is_finite())
            .ok_or_else(|| match digits {
                Some(digits) => format!("expected a finite number, found {digits}"),
                None => expected("a number", value),
            })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str() {
            Some(text) if text.trim().is_empty() => Err("expected some text, found none".into()),
            Some(text) => Ok(text.to_owned()),
            None => Err(expected("a string", value)),
        }
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Value for PathBuf {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        String::read(value).map(Self::from)
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Value for Vec<String> {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let items = value
            .as_array()
            .ok_or_else(|| expected("an array of strings", value))?;
        items
            .iter()
            .map(|item| String::read(item.get_ref()))
            .collect()
    }

    fn show(&self) -> String {
        toml::Value::from(self.clone()).to_string()
    }
}

/// What `config show` prints for a setting that has no value.
const UNSET: &str = "(not set)";

impl<V: Value> Value for Option<V> {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        V::read(value).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| UNSET.to_owned(), V::show)
    }
}

/// Seconds as a number, or a number with its unit as a string.
impl Value for Duration {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let seconds = match value {
            DeValue::String(text) => parse_seconds(text),
            DeValue::Integer(_) | DeValue::Float(_) => Some(f64::read(value)?),
            other => return Err(expected("a number of seconds", other)),
        };
        let seconds = seconds.and_then(|s| Self::try_from_secs_f64(s).ok());
        seconds.ok_or_else(|| {
            "expected a number of seconds from 0 on, or one such as \"500ms\", \"30s\", \"2m\""
                .to_owned()
        })
    }

    fn show(&self) -> String {
        self.as_secs_f64().to_string()
    }
}

fn parse_seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, factor) = units
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number: f64 = number.trim_end().parse().ok()?;
    Some(number * factor)
}

/// A setting that is one of a few words.
pub trait Word: Copy + PartialEq + 'static {
    /// Every value with its word.
    const ALL: &'static [(Self, &'static str)];

    /// Its word.
    fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(value, _)| *value == self)
            .map_or("", |(_, word)| word)
    }

    /// Reads a word; the error lists the words there are.
    fn from_word(word: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(word.trim()))
            .map(|(value, _)| *value)
            .ok_or_else(|| {
                let words: Vec<_> = Self::ALL.iter().map(|(_, word)| *word).collect();
                format!("expected one of {}", words.join(", "))
            })
    }
}

impl<W: Word> Value for W {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str() {
            Some(word) => W::from_word(word),
            None => Err(expected("a string", value)),
        }
    }

    fn show(&self) -> String {
        quoted(self.word())
    }
}

/// `path` with a leading `~/` replaced and, if relative, taken from `base`: a setting means the same from any
/// working directory.
pub(super) fn resolve_path(path: &Path, base: &Path, home: Option<&str>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => Path::new(home).join(rest),
        _ => base.join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<V: Value>(toml: &str) -> Result<V, String> {
        V::read(DeValue::parse(toml).unwrap().get_ref())
    }

    #[test]
    fn durations_are_seconds_or_carry_a_unit() {
        for (toml, millis) in [
            ("2", 2_000),
            ("0.5", 500),
            ("\"500ms\"", 500),
            ("\"2 s\"", 2_000),
            ("\"1.5m\"", 90_000),
            ("\"1h\"", 3_600_000),
        ] {
            assert_eq!(read(toml), Ok(Duration::from_millis(millis)), "{toml}");
        }
        for toml in [
            "-1", "\"soon\"", "true", "inf", "nan", "1e300", "\"5\"", "[]",
        ] {
            assert!(read::<Duration>(toml).is_err(), "{toml}");
        }
    }

    #[test]
    fn a_wrong_type_names_both() {
        assert_eq!(
            read::<Duration>("inf"),
            Err("expected a finite number, found inf".into())
        );
        assert_eq!(
            read::<bool>("1"),
            Err("expected true or false, found a whole number".into())
        );
        assert_eq!(
            read::<u32>("-1"),
            Err("expected 0 to 4294967295, found -1".into())
        );
        assert_eq!(
            read::<Vec<String>>("\"a\""),
            Err("expected an array of strings, found a string".into())
        );
        assert_eq!(
            read_within(DeValue::parse("7").unwrap().get_ref(), 0..=5_u32),
            Err("expected 0 to 5, found 7".into())
        );
        assert!(read::<String>("\" \"").is_err());
    }

    #[test]
    fn paths_are_relative_to_the_config_file() {
        let base = Path::new("/etc/w");
        for (path, expected) in [
            ("key", "/etc/w/key"),
            ("/run/key", "/run/key"),
            ("~/key", "/home/u/key"),
            ("~other/key", "/etc/w/~other/key"),
        ] {
            let resolved = resolve_path(Path::new(path), base, Some("/home/u"));
            assert_eq!(resolved, Path::new(expected), "{path}");
        }
    }
}
