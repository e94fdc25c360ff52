//! Code is drawn plain while its grammar is loaded; its colours bring a frame of their own, and then nothing happens.

use std::sync::Condvar;

use ratatui::{
    buffer::{Buffer, Cell},
    style::Style,
};
use waferdeck::{
    markdown::Highlighter,
    runtime::workshop,
    ui::{Cache, ColorDepth, Marks, Palette, Worker, Workshop},
};

use super::*;

/// What a frame showed of the line of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    frames: usize,
    /// Whether a frame showed it in one style, and the last one in several.
    was_plain: bool,
    is_coloured: bool,
}

/// A screen that looks at the styles of one line.
struct Looking {
    terminal: Terminal<TestBackend>,
    look: watch::Sender<Look>,
}

impl Looking {
    /// The styles of the letters in the line of code, if it is there.
    fn styles(&self) -> Option<Vec<Style>> {
        let buffer = self.terminal.backend().buffer();
        let row = rows(buffer).iter().position(|r| r.contains(CODE))?;
        let width = usize::from(buffer.area.width);
        let cells = buffer.content().chunks(width).nth(row)?;
        let left = cells.windows(3).position(|w| {
            let text: String = w.iter().map(Cell::symbol).collect();
            text == "let"
        })?;
        let letters = cells.get(left..left + CODE.len())?;
        Some(letters.iter().map(Cell::style).collect())
    }
}

impl Screen for Looking {
    fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Marks) -> io::Result<()> {
        Screen::draw(&mut self.terminal, draw)?;
        let styles = self.styles();
        self.look.send_modify(|look| {
            look.frames += 1;
            if let Some([first, rest @ ..]) = styles.as_deref() {
                look.is_coloured = rest.iter().any(|style| style != first);
                look.was_plain |= !look.is_coloured;
            }
        });
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        Screen::forget(&mut self.terminal)
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// What the workshop's thread stands before until somebody opens it: a grammar is loaded as late as the test likes.
#[derive(Debug, Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().expect("unbroken") = true;
        self.opened.notify_all();
    }

    /// Waits until it is open. A frame that waits for what lies behind it is to fail its test, not to hang it.
    fn pass(&self) {
        let is_open = self.is_open.lock().expect("unbroken");
        let passed = self
            .opened
            .wait_timeout_while(is_open, DEADLINE, |is_open| !*is_open);
        drop(passed.expect("unbroken"));
    }
}

/// The workshop as it is, with a gate before each job.
fn workshop_behind(gate: &Arc<Gate>, inbox: Arc<Inbox>) -> Workshop {
    let gate = Arc::clone(gate);
    let opened = workshop::open_with(inbox, move || {
        let gate = Arc::clone(&gate);
        let mut worker = Worker::new(Highlighter::new(), Duration::default);
        move |job, is_pressed: &dyn Fn() -> bool| {
            gate.pass();
            worker.work(job, is_pressed)
        }
    });
    opened.expect("a thread")
}

const CODE: &str = "let wafer = 1;";

/// A model whose one answer is over and holds code.
fn answered() -> Model {
    let (mut model, answer) = streaming();
    let events = vec![
        StreamEvent::Delta(Delta {
            channel: Channel::Content,
            text: format!("```rust\n{CODE}\n```\n"),
            at: Duration::ZERO,
        }),
        StreamEvent::End(Box::new(End::bare(EndState::Complete))),
    ];
    update(&mut model, Msg::Stream { answer, events });
    model
}

#[tokio::test(start_paused = true)]
async fn colours_bring_one_frame_and_then_nothing_happens() {
    let (runner, inbox) = alone();
    let gate = Arc::<Gate>::default();
    let workshop = workshop_behind(&gate, Arc::clone(&inbox));
    let (ends, person) = sit_down(runner, inbox);
    let (look, mut seen) = watch::channel(Look::default());
    let ends = Ends {
        screen: Looking {
            terminal: Terminal::new(TestBackend::new(100, 30)).expect("a screen"),
            look,
        },
        input: ends.input,
        gate: ends.gate,
        signals: ends.signals,
        inbox: ends.inbox,
        runner: ends.runner,
        clock: ends.clock,
        deadline: ends.deadline,
    };
    let palette = Palette::new(&waferdeck::config::Theme::default(), ColorDepth::Sixteen);
    let looping = Box::pin(run(ends, answered(), Cache::new(palette, workshop)));
    let script = async {
        // The arrangement is saved a second after the first picture.
        sleep(Duration::from_secs(5)).await;
        let plain = seen.borrow().clone();
        assert!(
            plain.was_plain && !plain.is_coloured,
            "no frame waits for a grammar: {plain:?}"
        );

        // A thread works while time goes on.
        tokio::time::resume();
        gate.open();
        let coloured = timeout(DEADLINE, seen.wait_for(|look| look.is_coloured)).await;
        drop(coloured.expect("colours without a key").expect("a screen"));
        tokio::time::pause();
        sleep(Duration::from_mins(10)).await;
        let frames = seen.borrow().frames;
        assert_eq!(frames, plain.frames + 1, "colours are one frame");
        person.ctrl('d').await;
    };
    let (left, ()) = tokio::join!(looping, script);
    assert_eq!(left, Left::Quit);
}
