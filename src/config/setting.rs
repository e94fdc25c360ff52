//! One setting as data: its name, how its value is read from TOML, and how it is shown.
//!
//! A table of these feeds the reader, the unknown-name check and `config show`; what a setting means is its owner's.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::{Error, Place, Warning},
    file::{Source, unknown},
    profile::KEY_SETTINGS,
    value::expected,
};
use crate::text;

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
                table.$field = $crate::config::value::Value::read(value)?;
                Ok(())
            },
            show: |table| $crate::config::value::Value::show(&table.$field),
        }
    };
    ($field:ident in $range:expr) => {
        $crate::config::setting::Setting {
            name: stringify!($field),
            read: |table, value| {
                table.$field = $crate::config::value::read_within(value, $range)?.into();
                Ok(())
            },
            show: |table| $crate::config::value::Value::show(&table.$field),
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
        /// Counts characters from 1.
        column: usize,
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

impl Origin {
    /// Where in a file it stands.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::File { path, line, column } => Some(Place {
                file: path.clone(),
                line: *line,
                column: *column,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
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
                let read = (setting.read)(into, value.get_ref());
                let read = read.and_then(|()| no_key(name, value.get_ref()));
                read.map_err(|message| {
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
        let Place { file, line, column } = self.source.place(&key.span());
        let origin = Origin::File {
            path: file,
            line,
            column,
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
                 use api_key_env, {KEY_SETTINGS}"
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

/// What looks like a key is refused in every setting but those that hide what they hold.
fn no_key(name: &str, value: &DeValue<'_>) -> Result<(), String> {
    const HIDING: [&str; 3] = ["api_key_command", "headers", "proxy"];
    let is_key = |value: &DeValue<'_>| {
        let text = value.as_str().unwrap_or_default();
        text::find_key(text, &[]).is_some()
    };
    let items = value.as_array().into_iter().flatten();
    let mut items = items.map(Spanned::get_ref);
    if HIDING.contains(&name) || !(is_key(value) || items.any(is_key)) {
        return Ok(());
    }
    Err(format!(
        "found what looks like a key (hidden); no key lies in this file: use api_key_env, {KEY_SETTINGS}"
    ))
}
