//! One setting as data: its name, how its value is read from TOML, and how it is shown.
//!
//! A table of these feeds the reader, the unknown-name check and `config show`; what a setting means is its owner's.

use std::{
    collections::BTreeMap,
    fmt,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::{Error, Warning},
    file::{Source, unknown},
};

/// A setting of `T`.
pub(super) struct Setting<T> {
    /// Its key in the table.
    pub(super) name: &'static str,
    /// Reads a value into its field; the error says what was expected.
    pub(super) read: fn(&mut T, &DeValue<'_>) -> Result<(), String>,
    /// The value as TOML, with secrets hidden.
    pub(super) show: fn(&T) -> String,
}

/// The setting whose key is the name of its field, optionally held within a range.
macro_rules! setting {
    ($field:ident) => {
        $crate::config::setting::Setting {
            name: stringify!($field),
            read: |table, value| {
                table.$field = $crate::config::setting::Value::read(value)?;
                Ok(())
            },
            show: |table| $crate::config::setting::Value::show(&table.$field),
        }
    };
    ($field:ident in $range:expr) => {
        $crate::config::setting::Setting {
            name: stringify!($field),
            read: |table, value| {
                table.$field = $crate::config::setting::read_within(value, $range)?.into();
                Ok(())
            },
            show: |table| $crate::config::setting::Value::show(&table.$field),
        }
    };
}
pub(super) use setting;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A variable in the file that `--env-file` names.
    EnvFile {
        /// The file.
        path: PathBuf,
        /// The variable.
        name: String,
    },
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::EnvFile { path, name } => write!(f, "{name} in {}", path.display()),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Where each value that somebody set came from, by the setting's path.
pub(super) type Origins = BTreeMap<String, Origin>;

/// One pass over one file.
pub(super) struct Reading<'a> {
    pub(super) source: &'a Source,
    pub(super) warnings: &'a mut Vec<Warning>,
    pub(super) origins: &'a mut Origins,
}

impl Reading<'_> {
    /// Reads the settings of a table whose path is `prefix` (empty, or ending in a dot). Names in `tables` are left
    /// to others; a name that nobody knows is a warning.
    pub(super) fn table<T>(
        &mut self,
        prefix: &str,
        table: &DeTable<'_>,
        settings: &[Setting<T>],
        tables: &[&str],
        into: &mut T,
    ) -> Result<(), Error> {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(setting) = settings.iter().find(|s| s.name == name) {
                (setting.read)(into, value.get_ref()).map_err(|message| {
                    self.source
                        .fault(value.span(), format!("{prefix}{name}: {message}"))
                })?;
                self.note(format!("{prefix}{name}"), key);
            } else if !tables.contains(&name) {
                let known = settings
                    .iter()
                    .map(|s| s.name)
                    .chain(tables.iter().copied());
                self.unknown(key, prefix, known);
            }
        }
        Ok(())
    }

    /// The table under `name`, if there is one.
    pub(super) fn sub<'t, 'i>(
        &self,
        table: &'t DeTable<'i>,
        name: &str,
    ) -> Result<Option<&'t DeTable<'i>>, Error> {
        match table.get(name) {
            Some(value) => self.as_table(name, value).map(Some),
            None => Ok(None),
        }
    }

    /// `value` as the table it should be.
    pub(super) fn as_table<'t, 'i>(
        &self,
        name: &str,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Result<&'t DeTable<'i>, Error> {
        value.get_ref().as_table().ok_or_else(|| {
            let message = format!("{name}: {}", expected("a table", value.get_ref()));
            self.source.fault(value.span(), message)
        })
    }

    /// Remembers that `path` was set by this file at `key`.
    pub(super) fn note(&mut self, path: String, key: &Spanned<toml::de::DeString<'_>>) {
        let origin = Origin::File {
            path: self.source.path.clone(),
            line: self.source.place(&key.span()).line,
        };
        self.origins.insert(path, origin);
    }

    /// Warns of a key that nobody knows. The value is left out: it may be a key in the wrong place.
    pub(super) fn unknown<'k>(
        &mut self,
        key: &Spanned<toml::de::DeString<'_>>,
        prefix: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let name = key.get_ref().as_ref();
        let message = if name == "api_key" {
            format!(
                "{prefix}api_key is not read, so that no key lies in this file; \
                 use api_key_env, api_key_file or api_key_command"
            )
        } else {
            let what = match prefix.strip_suffix('.') {
                Some(table) => format!("setting in [{table}]:"),
                None => "setting".to_owned(),
            };
            unknown(&what, name, known)
        };
        let place = self.source.place(&key.span());
        self.warnings.push(Warning::at(place, message));
    }
}

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
            .ok_or_else(|| expected("a number", value))
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
            other => f64::read(other).ok(),
        };
        seconds
            .and_then(|s| Self::try_from_secs_f64(s).ok())
            .ok_or_else(|| match value {
                DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) => {
                    "expected a number of seconds from 0 on, or one such as \"500ms\", \"30s\", \"2m\"".to_owned()
                }
                other => expected("a number of seconds", other),
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
