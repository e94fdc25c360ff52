//! Where frames go. What differs from the frame before is written in one piece, as a synchronized update.
//!
//! The event loop draws on anything that implements [`Screen`], in tests on a screen of memory.

mod cell;
mod painter;
mod pen;
#[cfg(test)]
mod tests;

use std::io;

use ratatui::{
    Terminal,
    backend::{Backend, TestBackend},
    buffer::Buffer,
    layout::Rect,
};

pub use painter::Painter;

use super::{job, output::Output};
use crate::ui::Marks;

/// Something to draw on.
pub trait Screen {
    /// Draws one frame: fills an empty buffer and says what the frame is besides its cells.
    fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Marks) -> io::Result<()>;

    /// Forgets what is on the screen, so that the next frame writes every cell.
    fn forget(&mut self) -> io::Result<()>;

    /// Another program has had the terminal: nobody knows what is on it, and what was still to be written is not any
    /// more.
    fn let_go(&mut self) -> io::Result<()> {
        self.forget()
    }

    /// Writes bytes that are no picture (a clipboard request) after what was drawn.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// True while the terminal has not taken all that was written. Nothing is to be drawn then: a later frame, of what
    /// there is to see by then, is as good.
    fn is_held(&self) -> bool {
        false
    }

    /// Waits until the terminal takes more, and gives it that. May be dropped and called again at any point.
    fn go_on(&mut self) -> impl Future<Output = io::Result<()>> {
        async { Ok(()) }
    }
}

/// The terminal on standard output.
#[derive(Debug)]
pub struct TerminalScreen {
    out: Output,
    /// Empty between frames.
    buffer: Buffer,
    painter: Painter,
    /// What is to be written; its room is kept, since the next frame is likely as large.
    bytes: Vec<u8>,
    /// How much of that the terminal has taken.
    taken: usize,
}

impl TerminalScreen {
    /// A screen of the terminal's size, on which nobody knows what there is.
    pub fn new() -> io::Result<Self> {
        let out = Output::open()?;
        let buffer = Buffer::empty(area(&out)?);
        Ok(Self {
            out,
            buffer,
            painter: Painter::default(),
            bytes: Vec::new(),
            taken: 0,
        })
    }

    /// Gives the terminal what it takes now. One that is another job's gets nothing; when it is ours again, all is drawn.
    fn put(&mut self) -> io::Result<()> {
        if job::is_in_background() {
            return self.let_go();
        }
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        self.taken += self.out.write(rest)?;
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.taken = 0;
        }
        Ok(())
    }
}

/// The size of the terminal.
fn area(out: &Output) -> io::Result<Rect> {
    let (width, height) = match rustix::termios::tcgetwinsize(out) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => crossterm::terminal::size()?,
    };
    Ok(Rect::new(0, 0, width, height))
}

impl Screen for TerminalScreen {
    fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Marks) -> io::Result<()> {
        let area = area(&self.out)?;
        if area != self.buffer.area {
            self.buffer = Buffer::empty(area);
        }
        let marks = draw(&mut self.buffer);
        self.painter.paint(&mut self.buffer, marks, &mut self.bytes);
        self.put()
    }

    fn forget(&mut self) -> io::Result<()> {
        self.painter.forget();
        Ok(())
    }

    fn let_go(&mut self) -> io::Result<()> {
        self.bytes.clear();
        self.taken = 0;
        self.forget()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        self.put()
    }

    fn is_held(&self) -> bool {
        !self.bytes.is_empty()
    }

    async fn go_on(&mut self) -> io::Result<()> {
        self.out.takes_more().await?;
        self.put()
    }
}

impl Screen for Terminal<TestBackend> {
    fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Marks) -> io::Result<()> {
        let drawn = Terminal::draw(self, |frame| {
            let marks = draw(frame.buffer_mut());
            if let Some(place) = marks.cursor {
                frame.set_cursor_position(place);
            }
        });
        match drawn {
            Ok(_) => Ok(()),
            Err(never) => match never {},
        }
    }

    fn forget(&mut self) -> io::Result<()> {
        match self.backend_mut().clear() {
            Ok(()) => Ok(()),
            Err(never) => match never {},
        }
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}
