//! Prints the checklist for people: a heading for each part, a mark and a word for each check, the remedy below.
//!
//! Marks differ without colour, too, and are words where only ASCII can be shown. Words wrap on a terminal alone.

use std::{
    io::{self, Write},
    time::Duration,
};

use crossterm::style::ContentStyle;
use ratatui::{backend::IntoCrossterm, style::Style};

use super::check::{Check, Counts, Status};
use crate::{
    cli::Out,
    config::Theme,
    text::{self, SafeText},
    ui::{ColorDepth, ascii, format, role_style},
};

/// Columns of what is looked at.
const NAME: usize = 11;

/// Columns that sentences have at least, below which a long name gets a row of its own.
const ROOM: usize = 24;

/// What took less is not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(5);

/// How marks and headings look.
pub(super) struct Look {
    ascii: bool,
    /// Those of a terminal; `None` where lines are as long as they are.
    columns: Option<usize>,
    good: Style,
    warning: Style,
    failed: Style,
    dim: Style,
    strong: Style,
}

impl Look {
    /// By the theme, with as many colours as there are, and on a terminal its columns.
    pub(super) fn new(
        theme: &Theme,
        depth: ColorDepth,
        ascii: bool,
        columns: Option<usize>,
    ) -> Self {
        let style = |role| {
            if depth == ColorDepth::None {
                Style::default()
            } else {
                role_style(theme, role, depth)
            }
        };
        Self {
            ascii,
            columns,
            good: style("notice.success"),
            warning: style("notice.warning"),
            failed: style("notice.error"),
            dim: style("text.dim"),
            strong: style("text.strong"),
        }
    }

    fn mark(&self, status: Status) -> (&'static str, Style) {
        let (sign, word, style) = match status {
            Status::Good => ("✓", "ok  ", self.good),
            Status::Warning => ("!", "warn", self.warning),
            Status::Failed => ("✗", "FAIL", self.failed),
            Status::Unchecked => ("–", "-   ", self.dim),
        };
        (if self.ascii { word } else { sign }, style)
    }

    /// The width of a mark with the blanks around it.
    fn indent(&self) -> usize {
        if self.ascii { 7 } else { 4 }
    }

    fn plain(&self, text: &str) -> String {
        let text = SafeText::line(text).into_string();
        if self.ascii {
            ascii::of_text(&text)
        } else {
            text
        }
    }

    /// Columns right of `at`; `None` where there is no end to them.
    fn room(&self, at: usize) -> Option<usize> {
        Some(self.columns?.saturating_sub(at))
    }

    /// A sentence that begins in the column `at`, as rows.
    fn wrapped(&self, sentence: &str, at: usize) -> Vec<String> {
        let sentence = self.plain(sentence);
        match self.room(at) {
            Some(room) => format::wrap(&sentence, room.max(ROOM)),
            None => vec![sentence],
        }
    }

    /// The rows of a check, each sentence in its column.
    fn rows(&self, check: &Check) -> String {
        let (mark, style) = self.mark(check.status);
        let name = match &check.profile {
            Some(profile) if is_among_others(check) => profile,
            _ => check.name(),
        };
        let name = self.plain(name);
        let end = self.indent() + text::width(&name);
        let usual = self.indent() + NAME + 1;
        let at = usual.max(end + 1);
        let at = if self.room(at).is_some_and(|room| room < ROOM) {
            usual
        } else {
            at
        };
        let below = |at: usize| format!("\n{}", " ".repeat(at));
        let gap = match at.checked_sub(end) {
            None | Some(0) => below(at),
            Some(columns) => " ".repeat(columns),
        };
        let summary = self.wrapped(&check.summary, at);
        let last = summary.last().map_or(0, |row| text::width(row));
        let mut out = format!("  {} {name}{gap}", painted(mark, style));
        out.push_str(&summary.join(&below(at)));
        if let Some(took) = check.took.filter(|took| *took >= WORTH_A_WORD) {
            let took = format::time_text(took);
            let fits = |room| last + 2 + text::width(&took) <= room;
            let gap = if self.room(at).is_none_or(fits) {
                "  "
            } else {
                &below(at)
            };
            out.push_str(gap);
            out.push_str(&painted(&took, self.dim));
        }
        for row in check.detail.iter().flat_map(|d| self.wrapped(d, usual)) {
            out.push_str(&below(usual));
            out.push_str(&painted(&row, self.dim));
        }
        if let Some(remedy) = &check.remedy {
            let arrow = self.plain("→");
            let at = usual + text::width(&arrow) + 1;
            let remedy = self.wrapped(remedy, at).join(&below(at));
            out.push_str(&format!("{}{arrow} {remedy}", below(usual)));
        }
        out.push('\n');
        out
    }
}

/// Keys stand together, so that they can be compared.
fn is_among_others(check: &Check) -> bool {
    check.group() == "secrets"
}

/// What is printed, a line at a time.
pub(super) struct Printer<'a> {
    out: &'a mut Out,
    look: Look,
    heading: String,
}

impl<'a> Printer<'a> {
    pub(super) fn new(out: &'a mut Out, look: Look) -> Self {
        Self {
            out,
            look,
            heading: String::new(),
        }
    }

    /// A check that is done, below its heading.
    pub(super) fn check(&mut self, check: &Check) -> io::Result<()> {
        let mut heading = check.group().to_uppercase();
        let profile = check.profile.as_ref();
        if let Some(profile) = profile.filter(|_| !is_among_others(check)) {
            heading = format!("{heading} {profile}");
        }
        if heading != self.heading {
            let gap = if self.heading.is_empty() { "" } else { "\n" };
            let line = painted(&self.look.plain(&heading), self.look.strong);
            self.write(&format!("{gap}{line}\n"))?;
            self.heading = heading;
        }
        self.write(&self.look.rows(check))
    }

    /// What it comes to.
    pub(super) fn end(&mut self, counts: Counts) -> io::Result<()> {
        let some = |n: usize, word: &str, style| {
            let text = format!("{n} {word}");
            if n == 0 { text } else { painted(&text, style) }
        };
        let warnings = if counts.warnings == 1 {
            "warning"
        } else {
            "warnings"
        };
        let line = format!(
            "\n{} · {} · {} · {} not checked\n",
            some(counts.good, "good", self.look.good),
            some(counts.warnings, warnings, self.look.warning),
            some(counts.failed, "failed", self.look.failed),
            counts.unchecked,
        );
        let line = if self.look.ascii {
            line.replace('·', ",").replace(" ,", ",")
        } else {
            line
        };
        self.write(&line)
    }

    /// Writes what is safe already.
    fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.stdout.write_all(text.as_bytes())?;
        self.out.stdout.flush()
    }
}

/// `text` in a style; as it is where there is none.
fn painted(text: &str, style: Style) -> String {
    if style == Style::default() {
        return text.to_owned();
    }
    let style: ContentStyle = style.into_crossterm();
    style.apply(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load};

    fn look(depth: ColorDepth, ascii: bool) -> Look {
        look_on(None, depth, ascii)
    }

    fn look_on(columns: Option<usize>, depth: ColorDepth, ascii: bool) -> Look {
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let theme = load(&Overrides::default(), &env).unwrap().config.theme;
        Look::new(&theme, depth, ascii, columns)
    }

    /// The rows of a check about `profile` with more to say than fits in 60 columns.
    fn rows(columns: Option<usize>, profile: &str) -> String {
        let word = "x".repeat(50);
        let check = Check::warning(
            "secrets.key",
            "in the file /run/secrets/cerebras, which all who are here can read",
            "chmod 600 the file, or name another one in api_key_file of the profile",
        )
        .detail(format!("it is {word} there"))
        .took(Duration::from_millis(12))
        .of(profile);
        look_on(columns, ColorDepth::None, false).rows(&check)
    }

    #[test]
    fn sentences_wrap_between_words_below_their_beginning() {
        let expected = "  ! cerebras    in the file /run/secrets/cerebras, which all
                who are here can read  12.0 ms
                it is
                xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                xxxxxx there
                → chmod 600 the file, or name another one in
                  api_key_file of the profile
";
        assert_eq!(rows(Some(60), "cerebras"), expected);
        // No room is left for the time in the last row.
        let narrow = rows(Some(54), "cerebras");
        assert!(narrow.contains("who are here can read"), "{narrow}");
        for columns in [40, 54, 60, 61, 62, 100] {
            for profile in ["a", "cerebras-eu-w", "my-own-server-with-a-long-name"] {
                let rows = rows(Some(columns), profile);
                let widest = rows.lines().map(text::width).max();
                assert!(widest <= Some(columns), "{columns}: {rows}");
            }
        }
    }

    #[test]
    fn lines_are_whole_where_no_terminal_shows_them() {
        let rows = rows(None, "my-own-server-with-a-long-name");
        let lines: Vec<_> = rows.lines().collect();
        assert_eq!(lines.len(), 3, "{rows}");
        let first = "  ! my-own-server-with-a-long-name in the file /run/secrets";
        assert!(lines[0].starts_with(first), "{rows}");
        assert!(lines[2].ends_with("of the profile"), "{rows}");
    }

    #[test]
    fn marks_differ_in_every_look() {
        let all = [
            Status::Good,
            Status::Warning,
            Status::Failed,
            Status::Unchecked,
        ];
        for ascii in [false, true] {
            let look = look(ColorDepth::None, ascii);
            let marks: std::collections::BTreeSet<_> =
                all.iter().map(|s| look.mark(*s).0).collect();
            assert_eq!(marks.len(), all.len());
            assert!(!ascii || marks.iter().all(|m| m.is_ascii()));
            let widths = marks.iter().map(|m| text::width(m));
            assert!(widths.min() == marks.iter().map(|m| text::width(m)).max());
        }
        let plain = look(ColorDepth::None, false);
        assert_eq!(painted("x", plain.failed), "x");
    }

    #[test]
    fn nothing_but_ascii_is_left_where_nothing_else_can_be_shown() {
        let look = look(ColorDepth::None, true);
        let text = look.plain("a → b · 5 µs – “x”… 名");
        assert!(text.is_ascii(), "{text}");
    }
}
