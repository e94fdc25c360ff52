//! The settings that belong to no profile: the screen, saving, logging, and what holds for all requests.
//!
//! Reading and layering are `load`'s.

use std::{net::SocketAddr, time::Duration};

use toml::de::DeValue;

use super::{
    limits::Size,
    log_filter::LogFilter,
    setting::{Setting, setting},
    value::{Value, Word, expected},
};
use crate::chat::quota::WhenFull;

/// Whether output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// As the terminal can.
    #[default]
    Auto,
    /// Even where it seems unable.
    Always,
    /// Not at all.
    Never,
}

impl Word for ColorChoice {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Auto, "auto"),
        (Self::Always, "always"),
        (Self::Never, "never"),
    ];
}

/// Which way a copy takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClipboardChoice {
    /// The best one here.
    #[default]
    Auto,
    /// A program of the desktop (`wl-copy`, `xclip`, `xsel`, `pbcopy`).
    Native,
    /// The terminal, by its escape sequence.
    Osc52,
    /// A private file.
    File,
}

impl Word for ClipboardChoice {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Auto, "auto"),
        (Self::Native, "native"),
        (Self::Osc52, "osc52"),
        (Self::File, "file"),
    ];
}

/// What happens to lines of code and tables that are wider than their pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongLines {
    /// They wrap.
    #[default]
    Wrap,
    /// They are scrolled sideways.
    Scroll,
}

impl Word for LongLines {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Wrap, "wrap"), (Self::Scroll, "scroll")];
}

impl Word for WhenFull {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Shrink, "shrink"),
        (Self::Stagger, "stagger"),
        (Self::Warn, "warn"),
        (Self::Send, "send"),
    ];
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the levels are everybody's")]
pub enum LogLevel {
    Off,
    Error,
    #[default]
    Warn,
    Info,
    Debug,
    Trace,
}

impl Word for LogLevel {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Off, "off"),
        (Self::Error, "error"),
        (Self::Warn, "warn"),
        (Self::Info, "info"),
        (Self::Debug, "debug"),
        (Self::Trace, "trace"),
    ];
}

/// What holds for every profile.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct General {
    /// Profile when no flag names one.
    pub default_profile: Option<String>,
    /// Everything is asked of the mock.
    pub mock_mode: bool,
    /// Longest wait for a quota without a screen.
    pub max_wait: Duration,
    /// What happens to a request that the quota has no room for, unless its profile says otherwise.
    pub quota: WhenFull,
}

impl Default for General {
    fn default() -> Self {
        Self {
            default_profile: None,
            mock_mode: false,
            max_wait: Duration::from_mins(5),
            quota: WhenFull::default(),
        }
    }
}

/// A week: nothing waits longer for a quota.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(168);

pub(super) const GENERAL: &[Setting<General>] = &[
    setting!(default_profile),
    setting!(mock_mode),
    setting!(max_wait in Duration::ZERO..=LONGEST_WAIT),
    setting!(quota),
];

/// The screen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
pub struct Ui {
    /// Name of the theme, or `auto`.
    pub theme: String,
    /// The sidebar is open at the start.
    pub sidebar: bool,
    /// Nothing moves for decoration.
    pub reduced_motion: bool,
    /// The mouse is ours rather than the terminal's.
    pub mouse: bool,
    /// Lines and bars are drawn with ASCII alone.
    pub ascii: bool,
    /// Links are given to the terminal (OSC 8).
    pub osc8: bool,
    /// Whether there is colour.
    pub color: ColorChoice,
    /// Columns of the sidebar; without it as many as suit the screen.
    pub sidebar_width: Option<u32>,
    /// Which way copies take.
    pub clipboard: ClipboardChoice,
    /// Tokens a second at which the focused pane shows what came; without it all at once.
    pub reading_speed: Option<u32>,
    /// What happens to lines of code and tables that are wider than their pane.
    pub long_lines: LongLines,
    /// Lines of code are numbered.
    pub line_numbers: bool,
    /// Transcripts that are longer than their pane have a scroll bar.
    pub scroll_bar: bool,
    /// Milliseconds without text from which on the place is marked; zero marks none.
    pub stall_ms: u32,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: super::theme::AUTO.to_owned(),
            sidebar: true,
            reduced_motion: false,
            mouse: false,
            ascii: false,
            osc8: false,
            color: ColorChoice::Auto,
            sidebar_width: None,
            clipboard: ClipboardChoice::Auto,
            reading_speed: None,
            long_lines: LongLines::Wrap,
            line_numbers: false,
            scroll_bar: true,
            stall_ms: 1_000,
        }
    }
}

pub(super) const UI: &[Setting<Ui>] = &[
    setting!(theme),
    setting!(sidebar),
    setting!(reduced_motion),
    setting!(mouse),
    setting!(ascii),
    setting!(osc8),
    setting!(color),
    setting!(sidebar_width in 24..=60),
    setting!(clipboard),
    setting!(reading_speed in 1..=1_000),
    setting!(long_lines),
    setting!(line_numbers),
    setting!(scroll_bar),
    setting!(stall_ms in 0..=3_600_000),
];

/// Saving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Nothing is written.
    pub temporary: bool,
    /// A command ends when nothing can be saved.
    pub require: bool,
    /// Text is written at latest after this time.
    pub append_every: Duration,
    /// Text is written as soon as an answer has so much of it.
    pub append_bytes: Size,
    /// What was written is synced at latest after this time.
    pub sync_every: Duration,
    /// A disk that failed is tried again after this time.
    pub retry_every: Duration,
    /// Text that is kept for a disk that takes nothing.
    pub backlog_bytes: Size,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            temporary: false,
            require: false,
            append_every: Duration::from_millis(100),
            append_bytes: Size::kib(4),
            sync_every: Duration::from_secs(1),
            retry_every: Duration::from_secs(5),
            backlog_bytes: Size::mib(16),
        }
    }
}

/// Killed, the program loses at most a quarter of a second of text.
const LATEST_APPEND: Duration = Duration::from_millis(200);
/// A power cut costs two seconds of text at most.
const LATEST_SYNC: Duration = Duration::from_millis(1_500);

pub(super) const STORE: &[Setting<StoreSettings>] = &[
    setting!(temporary),
    setting!(require),
    setting!(append_every in Duration::from_millis(10)..=LATEST_APPEND),
    setting!(append_bytes in Size::kib(1)..=Size::kib(64)),
    setting!(sync_every in Duration::from_millis(100)..=LATEST_SYNC),
    setting!(retry_every in Duration::from_millis(100)..=Duration::from_mins(1)),
    setting!(backlog_bytes in Size::mib(1)..=Size::mib(256)),
];

/// Logging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How much of what.
    pub level: LogFilter,
    /// A file is put aside before it grows past this.
    pub file_bytes: Size,
    /// Files, the newest included.
    pub files: u32,
    /// A line is cut here.
    pub line_bytes: Size,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: LogFilter::default(),
            file_bytes: Size::mib(10),
            files: 3,
            line_bytes: Size::kib(4),
        }
    }
}

pub(super) const LOG: &[Setting<Log>] = &[
    setting!(level),
    setting!(file_bytes in Size::kib(64)..=Size::mib(1024)),
    setting!(files in 1..=100),
    setting!(line_bytes in Size::kib(1)..=Size::kib(64)),
];

/// Figures for machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TelemetrySettings {
    /// Where Prometheus may read them.
    pub metrics_listen: Option<Loopback>,
}

pub(super) const TELEMETRY: &[Setting<TelemetrySettings>] = &[setting!(metrics_listen)];

/// An address and port of this machine that nobody else reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

impl Loopback {
    /// Reads `127.0.0.1:9464` and its like; port 0 takes a free one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let address: SocketAddr = text
            .trim()
            .parse()
            .map_err(|_| "expected an address with a port, such as 127.0.0.1:9464".to_owned())?;
        if address.ip().is_loopback() {
            Ok(Self(address))
        } else {
            Err(format!(
                "expected an address of this machine alone, such as 127.0.0.1:9464, found {address}"
            ))
        }
    }

    /// The address.
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl Value for Loopback {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| expected("a string", value))?;
        Self::parse(text)
    }

    fn show(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_served_to_this_machine_alone() {
        for text in ["127.0.0.1:9464", "[::1]:0", " 127.8.8.8:1 "] {
            let address = Loopback::parse(text).unwrap().address();
            assert_eq!(address.to_string(), text.trim());
        }
        for text in [
            "0.0.0.0:9464",
            "10.0.0.1:80",
            "localhost:9464",
            "127.0.0.1",
            "",
        ] {
            assert!(Loopback::parse(text).is_err(), "{text}");
        }
    }
}
