//! Where frames go: collected first, then written in one piece as a synchronized update.
//!
//! The event loop draws on anything that implements [`Screen`], in tests on a screen of memory.

use std::{
    cell::RefCell,
    io::{self, Write},
    mem,
    rc::Rc,
};

use crossterm::{
    queue,
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use ratatui::{
    Frame, Terminal,
    backend::{Backend, CrosstermBackend, TestBackend},
};

/// Something to draw on.
pub trait Screen {
    /// Draws one frame.
    fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> io::Result<()>;

    /// Forgets what is on the screen, so that the next frame writes every cell.
    fn forget(&mut self) -> io::Result<()>;

    /// Writes bytes that are no picture (a clipboard request) after what was drawn.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Bytes of the frame at hand. Flushing does nothing: the frame is written when it is whole.
#[derive(Clone, Debug, Default)]
struct Pending(Rc<RefCell<Vec<u8>>>);

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal on standard output.
#[derive(Debug)]
pub struct TerminalScreen {
    terminal: Terminal<CrosstermBackend<Pending>>,
    pending: Pending,
}

impl TerminalScreen {
    /// A screen of the terminal's size, taken as empty.
    pub fn new() -> io::Result<Self> {
        let pending = Pending::default();
        let terminal = Terminal::new(CrosstermBackend::new(pending.clone()))?;
        Ok(Self { terminal, pending })
    }

    fn commit(&mut self) -> io::Result<()> {
        let frame = mem::take(&mut *self.pending.0.borrow_mut());
        let mut out = io::stdout().lock();
        out.write_all(&frame)?;
        out.flush()?;
        // The next frame is likely as large as this one.
        let mut spare = frame;
        spare.clear();
        *self.pending.0.borrow_mut() = spare;
        Ok(())
    }
}

impl Screen for TerminalScreen {
    fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> io::Result<()> {
        queue!(self.pending, BeginSynchronizedUpdate)?;
        self.terminal.draw(draw)?;
        queue!(self.pending, EndSynchronizedUpdate)?;
        self.commit()
    }

    fn forget(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask for the cursor's position, whose answer the input stream eats.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.write_all(bytes)?;
        self.commit()
    }
}

impl Screen for Terminal<TestBackend> {
    fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> io::Result<()> {
        match Terminal::draw(self, draw) {
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
