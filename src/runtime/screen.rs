//! Where frames go. What differs from the frame before is written in one piece, as a synchronized update.
//!
//! The event loop draws on anything that implements [`Screen`], in tests on a screen of memory.

mod cell;
mod painter;
mod pen;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Write},
    mem,
    os::fd::AsFd,
};

use ratatui::{
    Terminal,
    backend::{Backend, TestBackend},
    buffer::Buffer,
    layout::Rect,
};

pub use painter::Painter;

use crate::ui::Marks;

/// Something to draw on.
pub trait Screen {
    /// Draws one frame: fills an empty buffer and says what the frame is besides its cells.
    fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Marks) -> io::Result<()>;

    /// Forgets what is on the screen, so that the next frame writes every cell.
    fn forget(&mut self) -> io::Result<()>;

    /// Writes bytes that are no picture (a clipboard request) after what was drawn.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// The terminal on standard output.
#[derive(Debug)]
pub struct TerminalScreen {
    /// Standard output without its buffer, which would cut a frame at its last line break.
    out: File,
    /// Empty between frames.
    buffer: Buffer,
    painter: Painter,
    /// Bytes of the frame at hand; kept, since the next one is likely as large.
    bytes: Vec<u8>,
}

impl TerminalScreen {
    /// A screen of the terminal's size, on which nobody knows what there is.
    pub fn new() -> io::Result<Self> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let buffer = Buffer::empty(area(&out)?);
        Ok(Self {
            out,
            buffer,
            painter: Painter::default(),
            bytes: Vec::new(),
        })
    }
}

/// The size of the terminal.
fn area(out: &File) -> io::Result<Rect> {
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
        let mut bytes = mem::take(&mut self.bytes);
        self.write(&bytes)?;
        bytes.clear();
        self.bytes = bytes;
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        self.painter.forget();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.out.write_all(bytes)
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
