//! Paints progress at the bottom of a terminal: a few rows that are written over and over, and at the end erased.
//!
//! It asks the terminal nothing, since the answer would come on an input that may not be ours, and uses no colour.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use nix::unistd::{getpgrp, tcgetpgrp};
use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::Modifier,
    text::{Line, Span},
    widgets::{LineGauge, Sparkline, Widget},
};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

use super::{
    phrases,
    progress::{Live, View},
};
use crate::{
    text::{self, SafeText},
    ui::ascii,
};

/// Rows that are painted over.
const ROWS: u16 = 5;
/// A wider row is not read more quickly.
const WIDEST: u16 = 100;
/// Narrower ones say nothing.
const NARROWEST: u16 = 20;

/// True if the terminal of standard error can be painted.
pub(super) fn can_paint() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    !is_dumb && columns().is_some_and(|columns| columns >= NARROWEST)
}

fn columns() -> Option<u16> {
    let size = tcgetwinsize(io::stderr()).ok()?;
    Some(size.ws_col).filter(|&columns| columns > 0)
}

/// Paints what is seen until nobody shows anything any more.
pub(super) fn start(mut seen: watch::Receiver<View>, ascii: bool) -> JoinHandle<()> {
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut painter = Painter::default();
        loop {
            let is_open = handle.block_on(seen.changed()).is_ok();
            let view = seen.borrow_and_update().clone();
            let columns = columns().unwrap_or(NARROWEST);
            let frame = painter.frame(&view, columns, ascii, is_open);
            // A terminal that is gone is noticed by those who write data.
            let _ = io::stderr().lock().write_all(frame.as_bytes());
            if !is_open {
                return;
            }
        }
    })
}

/// What has been written so far.
#[derive(Debug, Default)]
struct Painter {
    /// Lines that stay.
    said: usize,
    /// Rows above the cursor that are painted over.
    painted: u16,
    /// Columns of the terminal at that time.
    columns: u16,
}

impl Painter {
    /// What to write so that `view` is seen; when it is not `open` any more, only what stays.
    fn frame(&mut self, view: &View, columns: u16, ascii: bool, open: bool) -> String {
        // Held back until it is whole, where the terminal can do that.
        let mut out = String::from("\x1b[?2026h\r");
        if self.painted > 0 {
            let _ = write!(out, "\x1b[{}A", self.painted);
        }
        // Rows that come again are written over, which does not flicker where it is not held back.
        let is_again = open && view.lines.len() == self.said && columns == self.columns;
        if !is_again {
            out.push_str("\x1b[J");
        }
        (self.painted, self.columns) = (0, columns);
        for line in view.lines.iter().skip(self.said) {
            for row in phrases::rows(SafeText::line(line).as_str(), usize::from(columns)) {
                let _ = write!(out, "{row}\r\n");
            }
        }
        self.said = view.lines.len();
        if let Some(live) = view.live.as_ref().filter(|_| open) {
            // The last column stays free: some terminals wrap when it is written.
            let area = Rect::new(0, 0, columns.saturating_sub(1).min(WIDEST), ROWS);
            let mut buffer = Buffer::empty(area);
            draw(live, area, &mut buffer);
            if ascii {
                ascii::replace(&mut buffer);
            }
            rows(&buffer, &mut out);
            self.painted = ROWS;
        }
        out.push_str("\x1b[?2026l");
        out
    }
}

/// Draws a level that runs.
fn draw(live: &Live, area: Rect, buffer: &mut Buffer) {
    let [title, gauge, speed, figures, hint] =
        Layout::vertical([Constraint::Length(1); ROWS as usize]).areas(area);
    let (index, all) = live.place;
    let phase = if live.is_warmup { "warm-up · " } else { "" };
    Line::from(vec![
        Span::styled(
            format!("level {index} of {all} · {phase}{} · ", live.load),
            Modifier::BOLD,
        ),
        Span::raw(SafeText::line(&live.title).into_string()),
    ])
    .render(title, buffer);
    LineGauge::default()
        .ratio(live.ratio())
        .label(live.counts())
        .filled_symbol("█")
        .unfilled_symbol("░")
        .render(gauge, buffer);
    let label = live.speed();
    let width = u16::try_from(text::width(&label) + 1).unwrap_or(u16::MAX);
    let [label_area, course] =
        Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(speed);
    Line::raw(label).render(label_area, buffer);
    let newest = live.course.len().saturating_sub(usize::from(course.width));
    Sparkline::default()
        .data(live.course.iter().skip(newest))
        .render(course, buffer);
    Line::raw(live.figures()).render(figures, buffer);
    let words = if live.is_ending {
        "Ctrl-C ends at once"
    } else {
        "Ctrl-C finishes what is under way, again ends at once"
    };
    Line::styled(words, Modifier::DIM).render(hint, buffer);
}

/// Writes the rows of a buffer with what can be said without colour.
fn rows(buffer: &Buffer, out: &mut String) {
    let width = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks(width) {
        let mut on = Modifier::empty();
        let mut covered = 0;
        for cell in row {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = text::width(cell.symbol()).saturating_sub(1);
            let wanted = cell.modifier & (Modifier::BOLD | Modifier::DIM);
            if wanted != on {
                out.push_str("\x1b[0m");
                if wanted.contains(Modifier::BOLD) {
                    out.push_str("\x1b[1m");
                }
                if wanted.contains(Modifier::DIM) {
                    out.push_str("\x1b[2m");
                }
                on = wanted;
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\x1b[0m\x1b[K\r\n");
    }
}

/// Keeps typed characters off the painted rows while it lives; signals still come.
#[derive(Debug)]
pub(super) struct Quiet(Termios);

impl Quiet {
    /// Turns the echo off, if the terminal is ours: to change it from the background would stop the process.
    pub(super) fn enter() -> Option<Self> {
        if !is_foreground() {
            return None;
        }
        let found = tcgetattr(io::stdin()).ok()?;
        let mut quiet = found.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet).ok()?;
        Some(Self(found))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if is_foreground() {
            // There is nobody left to tell.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        }
    }
}

fn is_foreground() -> bool {
    let stdin = io::stdin();
    stdin.is_terminal() && tcgetpgrp(&stdin).is_ok_and(|group| group == getpgrp())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::{Extent, LevelTally};

    fn running() -> Live {
        let title = "p/model · cache bust".to_owned();
        let mut live = Live::new(title, "4 at a time".to_owned(), (2, 8), 0);
        live.begin(Extent::Requests(40));
        live.update(&LevelTally::default(), 4, Duration::from_millis(500), 4_000);
        live
    }

    fn view(lines: &[&str]) -> View {
        View {
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            live: Some(running()),
        }
    }

    #[test]
    fn rows_are_painted_over_and_at_the_end_erased() {
        let mut screen = vt100::Parser::new(12.try_into().unwrap(), 60.try_into().unwrap(), 0);
        let mut painter = Painter::default();
        screen.process(b"$ waferdeck bench\r\n");
        for _ in 0..3 {
            screen.process(painter.frame(&view(&[]), 60, false, true).as_bytes());
        }
        let text = screen.screen().contents();
        assert_eq!(text.matches("level 2 of 8").count(), 1, "{text}");
        assert!(text.contains("warm-up · 4 at a time"), "{text}");
        assert!(text.contains("0 of 40 · 4 under way"), "{text}");
        assert!(text.contains("~2,000 tok/s all users"), "{text}");
        let told = view(&["first level", "\x1b[2Jsecond"]);
        screen.process(painter.frame(&told, 60, false, true).as_bytes());
        screen.process(painter.frame(&told, 60, false, true).as_bytes());
        let text = screen.screen().contents();
        assert!(
            text.starts_with("$ waferdeck bench\nfirst level\n␛[2Jsecond\nlevel"),
            "{text}"
        );
        screen.process(painter.frame(&told, 60, false, false).as_bytes());
        let text = screen.screen().contents();
        assert_eq!(
            text.trim_end(),
            "$ waferdeck bench\nfirst level\n␛[2Jsecond"
        );
    }

    #[test]
    fn it_stays_within_its_columns_and_can_do_without_other_signs() {
        for columns in [20, 40, 200] {
            let frame = Painter::default().frame(&view(&[]), columns, true, true);
            let plain: Vec<&str> = frame.split("\r\n").collect();
            assert!(frame.is_ascii(), "{frame}");
            assert_eq!(plain.len(), usize::from(ROWS) + 1);
            let mut screen =
                vt100::Parser::new(8.try_into().unwrap(), columns.try_into().unwrap(), 0);
            screen.process(frame.as_bytes());
            let rows = screen.screen().contents().lines().count();
            assert!(rows <= usize::from(ROWS), "nothing wraps at {columns}");
        }
    }
}
