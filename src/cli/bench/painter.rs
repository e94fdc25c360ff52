//! Paints progress at the bottom of a terminal: a few rows that are written over and over, and at the end erased.
//!
//! It asks the terminal nothing, since the answer would come on an input that may not be ours, and uses no colour.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::{Modifier, Style},
    text::{Line, Span},
    widgets::{LineGauge, Sparkline, Widget},
};
use rustix::termios::{
    LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

use super::progress::{Live, View};
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
}

impl Painter {
    /// What to write so that `view` is seen; when it is not `open` any more, only what stays.
    fn frame(&mut self, view: &View, columns: u16, ascii: bool, open: bool) -> String {
        // Held back until it is whole, where the terminal can do that.
        let mut out = String::from("\x1b[?2026h\r");
        if self.painted > 0 {
            let _ = write!(out, "\x1b[{}A", self.painted);
        }
        out.push_str("\x1b[J");
        self.painted = 0;
        for line in view.lines.iter().skip(self.said) {
            let _ = write!(out, "{}\r\n", SafeText::line(line));
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
        .unfilled_style(Style::new().add_modifier(Modifier::DIM))
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
        out.push_str("\x1b[0m\r\n");
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
    stdin.is_terminal() && tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}
