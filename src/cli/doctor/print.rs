//! Prints the checklist for people: a heading for each part, a mark and a word for each check, the remedy below.
//!
//! Marks differ without colour, too, and are words where only ASCII can be shown.

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

/// What took less is not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(5);

/// How marks and headings look.
pub(super) struct Look {
    ascii: bool,
    good: Style,
    warning: Style,
    failed: Style,
    dim: Style,
    strong: Style,
}

impl Look {
    /// By the theme, with as many colours as there are.
    pub(super) fn new(theme: &Theme, depth: ColorDepth, ascii: bool) -> Self {
        let style = |role| {
            if depth == ColorDepth::None {
                Style::default()
            } else {
                role_style(theme, role, depth)
            }
        };
        Self {
            ascii,
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
        // Keys stand together, so that they can be compared.
        let is_among_others = check.group() == "secrets";
        if let Some(profile) = check.profile.as_ref().filter(|_| !is_among_others) {
            heading = format!("{heading} {profile}");
        }
        if heading != self.heading {
            let gap = if self.heading.is_empty() { "" } else { "\n" };
            let line = painted(&self.look.plain(&heading), self.look.strong);
            self.write(&format!("{gap}{line}\n"))?;
            self.heading = heading;
        }
        let (mark, style) = self.look.mark(check.status);
        let name = match &check.profile {
            Some(profile) if is_among_others => profile,
            _ => check.name(),
        };
        let name = self.look.plain(name);
        let gap = " ".repeat(NAME.saturating_sub(text::width(&name)));
        let summary = self.look.plain(&check.summary);
        let took = check.took.filter(|took| *took >= WORTH_A_WORD);
        let took = took.map_or_else(String::new, |took| {
            let took = format!("  {}", format::time_text(took));
            painted(&took, self.look.dim)
        });
        let mark = painted(mark, style);
        self.write(&format!("  {mark} {name}{gap} {summary}{took}\n"))?;
        let indent = " ".repeat(self.look.indent() + NAME + 1);
        for line in &check.detail {
            let line = painted(&self.look.plain(line), self.look.dim);
            self.write(&format!("{indent}{line}\n"))?;
        }
        if let Some(remedy) = &check.remedy {
            let arrow = self.look.plain("→");
            let remedy = self.look.plain(remedy);
            self.write(&format!("{indent}{arrow} {remedy}\n"))?;
        }
        Ok(())
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
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let theme = load(&Overrides::default(), &env).unwrap().config.theme;
        Look::new(&theme, depth, ascii)
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
