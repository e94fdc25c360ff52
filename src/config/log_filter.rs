//! What goes into the log, by part of the program: `warn`, or `warn,provider=debug,store=trace`.
//!
//! A part is a module of ours. How it is written down is the commands'.

use std::fmt;

use toml::de::DeValue;

use super::{
    general::LogLevel,
    nearest::nearest,
    value::{Value, Word, expected},
};
use crate::text::SafeText;

/// What every name of a part may begin with, and what stands for all of them.
const PROGRAM: &str = "waferdeck";

/// How much of what is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Of every part that is not named.
    pub level: LogLevel,
    /// Of parts, by the name of the module.
    pub parts: Vec<(&'static str, LogLevel)>,
}

impl LogFilter {
    /// The parts that can be named: those that say something.
    pub const PARTS: [&'static str; 5] = ["provider", "store", "telemetry", "runtime", "cli"];

    /// Reads levels with commas between them, a part and `=` before those that are a part's alone.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        let directives = text.split(',').map(str::trim).filter(|d| !d.is_empty());
        let mut any = false;
        for directive in directives {
            any = true;
            let Some((name, word)) = directive.split_once('=') else {
                filter.level = level(directive)?;
                continue;
            };
            let level = level(word)?;
            match part(name.trim())? {
                None => filter.level = level,
                Some(part) => {
                    filter.parts.retain(|(known, _)| *known != part);
                    filter.parts.push((part, level));
                }
            }
        }
        if any {
            Ok(filter)
        } else {
            level("").map(|_| filter)
        }
    }

    /// True if nothing is logged.
    pub fn is_off(&self) -> bool {
        let parts = self.parts.iter().map(|(_, level)| *level);
        parts
            .chain([self.level])
            .all(|level| level == LogLevel::Off)
    }
}

fn level(word: &str) -> Result<LogLevel, String> {
    LogLevel::from_word(word).map_err(|message| {
        let word = word.trim();
        let near = nearest(word, LogLevel::ALL.iter().map(|(_, word)| *word));
        match near {
            Some(near) => format!("{message}; did you mean {near}?"),
            None if LogFilter::PARTS.contains(&word) => {
                format!("{message}; for this part alone it is {word}=debug")
            }
            None => message,
        }
    })
}

/// The part of this name; none for the whole program.
fn part(name: &str) -> Result<Option<&'static str>, String> {
    if name == PROGRAM {
        return Ok(None);
    }
    let short = name
        .strip_prefix(PROGRAM)
        .and_then(|n| n.strip_prefix("::"));
    let short = short.unwrap_or(name);
    let mut parts = LogFilter::PARTS.into_iter();
    parts
        .find(|known| *known == short)
        .map(Some)
        .ok_or_else(|| {
            let shown = SafeText::line(name);
            match nearest(short, LogFilter::PARTS) {
                Some(near) => format!("there is no part {shown} to log; did you mean {near}?"),
                None => format!(
                    "there is no part {shown} to log; the parts are {}",
                    LogFilter::PARTS.join(", ")
                ),
            }
        })
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.word())?;
        for (part, level) in &self.parts {
            write!(f, ",{part}={}", level.word())?;
        }
        Ok(())
    }
}

impl Value for LogFilter {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| expected("a string", value))?;
        Self::parse(text)
    }

    fn show(&self) -> String {
        format!("\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_for_all_or_for_a_part() {
        for (text, expected) in [
            ("warn", "warn"),
            (" DEBUG ", "debug"),
            ("provider=debug", "warn,provider=debug"),
            (
                "error, waferdeck::provider=debug ,store=TRACE,",
                "error,provider=debug,store=trace",
            ),
            ("waferdeck=info", "info"),
            ("store=info,store=off", "warn,store=off"),
        ] {
            let filter = LogFilter::parse(text).unwrap();
            assert_eq!(filter.to_string(), expected, "{text}");
            assert_eq!(LogFilter::parse(expected).unwrap(), filter);
        }
        assert!(LogFilter::parse("off").unwrap().is_off());
        assert!(!LogFilter::parse("off,store=warn").unwrap().is_off());
    }

    #[test]
    fn what_is_no_directive_is_said_with_the_nearest() {
        let words = "expected one of off, error, warn, info, debug, trace";
        for (text, expected) in [
            ("chatty", words.to_owned()),
            ("", words.to_owned()),
            (",", words.to_owned()),
            ("debgu", format!("{words}; did you mean debug?")),
            (
                "warn,provider",
                format!("{words}; for this part alone it is provider=debug"),
            ),
            ("provider=", words.to_owned()),
            (
                "provdier=debug",
                "there is no part provdier to log; did you mean provider?".to_owned(),
            ),
            (
                "waferdeck::sotre=debug",
                "there is no part waferdeck::sotre to log; did you mean store?".to_owned(),
            ),
        ] {
            assert_eq!(LogFilter::parse(text), Err(expected), "{text}");
        }
        let listed = LogFilter::parse("hyper_util=trace").unwrap_err();
        assert!(
            listed.contains("the parts are provider, store, telemetry, runtime, cli"),
            "{listed}"
        );
    }
}
