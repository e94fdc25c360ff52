//! The loop itself on a screen of memory: keys in, pictures out, the mock or a flood behind it.
//! A test waits for what a person would see, never for time to pass; where time matters it stands still.

mod away;
mod colours;
mod held;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::{
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use tempfile::TempDir;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, advance, sleep, timeout},
};
use waferdeck::{
    app::{Effect, Input, Model, Msg, Outcome, Signal, update},
    chat::{AnswerId, Delta, End, EndState, Failure, FailureKind, IdSource, StreamEvent, Variant},
    config::Key,
    metrics::Channel,
    mock::{MockOptions, MockServer, Scenario, serve},
    provider::Provider,
    runtime::{
        answer::Providers,
        clock::{self, Clock},
        effects::Runner,
        event_loop::{Ends, FRAME, Left, TEXT_FRAME, run},
        inbox::Inbox,
        input::InputGate,
        screen::Screen,
        signals::Asked,
    },
    store::Store,
    ui::Marks,
};

use crate::{
    answer::{One, provider},
    stage::{model, plain_cache, rows},
};

/// Nothing here takes longer, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// A screen that tells what it shows and remembers when it was drawn.
struct Watched {
    terminal: Terminal<TestBackend>,
    shows: watch::Sender<String>,
    drawn: Arc<Mutex<Vec<Instant>>>,
    /// It takes nothing of what is written.
    held: watch::Receiver<bool>,
    /// How often the loop waited for it.
    waits: Arc<AtomicUsize>,
}

impl Screen for Watched {
    fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Marks) -> io::Result<()> {
        Screen::draw(&mut self.terminal, draw)?;
        self.drawn.lock().expect("unbroken").push(Instant::now());
        self.shows
            .send_replace(rows(self.terminal.backend().buffer()).join("\n"));
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        Screen::forget(&mut self.terminal)
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn is_held(&self) -> bool {
        *self.held.borrow()
    }

    async fn go_on(&mut self) -> io::Result<()> {
        self.waits.fetch_add(1, Ordering::Relaxed);
        // One that nobody holds any more never is again.
        let _ = self.held.wait_for(|is_held| !is_held).await;
        Ok(())
    }
}

/// Who sits before the screen.
struct Person {
    keyboard: mpsc::Sender<Event>,
    shows: watch::Receiver<String>,
    drawn: Arc<Mutex<Vec<Instant>>>,
    held: watch::Sender<bool>,
    waits: Arc<AtomicUsize>,
}

impl Person {
    /// Waits until the screen shows `text`.
    async fn sees(&mut self, text: &str) {
        let seen = timeout(DEADLINE, self.shows.wait_for(|s| s.contains(text))).await;
        let came = matches!(seen, Ok(Ok(_)));
        drop(seen);
        assert!(came, "{text:?} never came:\n{}", *self.shows.borrow());
    }

    async fn hit(&self, event: Event) {
        self.keyboard.send(event).await.expect("a loop that reads");
    }

    async fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.hit(Event::Key(KeyEvent::new(code, modifiers))).await;
    }

    async fn ctrl(&self, letter: char) {
        self.press(KeyCode::Char(letter), KeyModifiers::CONTROL)
            .await;
    }

    async fn write(&self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c), KeyModifiers::NONE).await;
        }
    }

    async fn enter(&self) {
        self.press(KeyCode::Enter, KeyModifiers::NONE).await;
    }

    /// When each frame was drawn.
    fn frames(&self) -> Vec<Instant> {
        self.drawn.lock().expect("unbroken").clone()
    }
}

type Keyboard = BoxStream<'static, io::Result<Event>>;
type Signals = BoxStream<'static, Asked>;

/// The ends of a loop and the person at them.
fn sit_down(runner: Runner, inbox: Arc<Inbox>) -> (Ends<Watched, Keyboard, Signals>, Person) {
    let (keyboard, keys) = mpsc::channel(64);
    let (shows, seen) = watch::channel(String::new());
    let drawn = Arc::<Mutex<Vec<Instant>>>::default();
    let (held, is_held) = watch::channel(false);
    let waits = Arc::<AtomicUsize>::default();
    let keys = stream::unfold(keys, async |mut keys: mpsc::Receiver<Event>| {
        let event = keys.recv().await?;
        Some((Ok(event), keys))
    });
    let ends = Ends {
        screen: Watched {
            terminal: Terminal::new(TestBackend::new(100, 30)).expect("a screen"),
            shows,
            drawn: Arc::clone(&drawn),
            held: is_held,
            waits: Arc::clone(&waits),
        },
        input: keys.boxed(),
        gate: InputGate::default(),
        signals: stream::empty().boxed(),
        inbox,
        runner,
        clock: Clock::start(),
        deadline: Arc::default(),
    };
    let person = Person {
        keyboard,
        shows: seen,
        drawn,
        held,
        waits,
    };
    (ends, person)
}

/// Runs the loop and the script until both are over.
async fn play(
    ends: Ends<Watched, Keyboard, Signals>,
    model: Model,
    script: impl Future<Output = ()>,
) -> Left {
    // The model alone is kilobytes.
    let looping = Box::pin(run(ends, model, plain_cache()));
    let both = async { tokio::join!(looping, script) };
    let (left, ()) = timeout(4 * DEADLINE, both).await.expect("an end");
    left
}

fn asking(model_id: &str) -> Model {
    model(vec![Variant::new("mock", model_id)])
}

/// A runner for a new session of `model` on the mock.
fn runner(server: &MockServer, store: Option<Store>, model: &Model) -> (Runner, Arc<Inbox>) {
    let inbox = Arc::new(Inbox::default());
    let providers = Arc::new(One(provider(server)));
    let mut runner = Runner::new(Arc::clone(&inbox), providers, store);
    let begin = Effect::NewSession {
        id: model.session,
        created: model.created,
    };
    runner.run(begin, model);
    (runner, inbox)
}

#[tokio::test]
async fn a_question_is_answered_shown_and_kept() {
    let dir = TempDir::new().expect("a directory");
    let store = Store::open(dir.path(), clock::wall).expect("a store");
    let server = serve(MockOptions::default()).await.expect("a server");
    let model = asking("gpt-oss-120b");
    let session = model.session;
    let (runner, inbox) = runner(&server, Some(store.clone()), &model);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        person.sees("Ask something").await;
        person.write("Say hello").await;
        person.sees("┃ Say hello").await;
        person.enter().await;
        person.sees("· TTFT ").await;
        person.sees("MOCK").await;
        person.write("left unsent").await;
        person.sees("left unsent").await;
        person.ctrl('x').await;
        person.write("q").await;
    })
    .await;
    assert_eq!(left, Left::Quit);

    let loaded = store.load(session).expect("a session");
    assert_eq!(loaded.complaints, []);
    assert_eq!(loaded.session.title, "Say hello");
    let conversation = &loaded.session.conversations[0];
    let answer = conversation.last_answer().expect("an answer");
    assert_eq!(
        answer.end().map(|e| &e.state),
        Some(&EndState::Complete),
        "the end is on disk"
    );
    assert!(!answer.content.is_empty());
    assert_eq!(loaded.session.layout.panes.len(), 1);
    assert_eq!(store.drafts().load(session, '*').text, "left unsent");
    assert_eq!(store.drafts().prompts(), ["Say hello"]);
}

#[tokio::test]
async fn keys_that_come_together_with_a_selection_are_carried_out_after_its_frame() {
    let server = serve(MockOptions::default()).await.expect("a server");
    let model = asking("gpt-oss-120b");
    let (runner, inbox) = runner(&server, None, &model);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        person.write("Say hello").await;
        person.enter().await;
        person.sees("· TTFT ").await;
        person.press(KeyCode::Tab, KeyModifiers::NONE).await;
        // The whole prompt is asked for a name; nothing else comes that could bring a frame.
        person.write("vgw").await;
        person.sees("selection.md").await;
        person.press(KeyCode::Esc, KeyModifiers::NONE).await;
        person.write("q").await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

/// A mock whose answers outlast every test.
async fn talkative() -> MockServer {
    let endless = "tokens_per_second = 200\ntokens = 100000\nignore_limit = true";
    let options = MockOptions {
        scenario: Some(Scenario::from_toml(endless).expect("a valid scenario")),
        ..MockOptions::default()
    };
    serve(options).await.expect("a server")
}

#[tokio::test]
async fn stopping_shows_and_keeps_what_came() {
    let server = talkative().await;
    let model = asking("gpt-oss-120b");
    let (runner, inbox) = runner(&server, None, &model);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        person.write("Tell me a story").await;
        person.enter().await;
        person.sees("~").await;
        person.press(KeyCode::Esc, KeyModifiers::NONE).await;
        person.sees("stopped by you").await;
        person.ctrl('d').await;
    })
    .await;
    assert_eq!(left, Left::Quit);
    let closed = async {
        while server.live() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, closed)
        .await
        .expect("a closed connection");
}

#[tokio::test]
async fn leaving_while_an_answer_streams_notes_its_end() {
    let dir = TempDir::new().expect("a directory");
    let store = Store::open(dir.path(), clock::wall).expect("a store");
    let server = talkative().await;
    let model = asking("gpt-oss-120b");
    let session = model.session;
    let (runner, inbox) = runner(&server, Some(store.clone()), &model);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        person.write("Tell me a story").await;
        person.enter().await;
        person.sees("~").await;
        person.ctrl('x').await;
        person.write("q").await;
        person.sees("Leave?").await;
        person.enter().await;
    })
    .await;
    assert_eq!(left, Left::Quit);
    let loaded = store.load(session).expect("a session");
    let answer = loaded.session.conversations[0].last_answer();
    let end = answer.expect("an answer").end().expect("an end");
    assert_eq!(end.state, EndState::Stopped);
}

/// Whom nobody asks.
struct Nobody;

impl Providers for Nobody {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
        Box::pin(async { Err(Failure::new(FailureKind::Network, "nobody is there", "")) })
    }
}

fn alone() -> (Runner, Arc<Inbox>) {
    let inbox = Arc::new(Inbox::default());
    let runner = Runner::new(Arc::clone(&inbox), Arc::new(Nobody), None);
    (runner, inbox)
}

#[tokio::test]
async fn a_signal_ends_the_loop_and_so_does_a_terminal_that_goes() {
    let (runner, inbox) = alone();
    let (mut ends, _person) = sit_down(runner, inbox);
    ends.signals = stream::iter([Asked::End(Signal::Terminate)])
        .chain(stream::pending())
        .boxed();
    let left = play(ends, asking("gpt-oss-120b"), async {}).await;
    assert_eq!(left, Left::Signalled(Signal::Terminate));

    let (runner, inbox) = alone();
    let (ends, person) = sit_down(runner, inbox);
    let left = play(ends, asking("gpt-oss-120b"), async { drop(person) }).await;
    assert_eq!(left, Left::TerminalGone);
}

#[tokio::test]
async fn a_paste_is_one_change_and_a_release_is_none() {
    let (runner, inbox) = alone();
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, asking("gpt-oss-120b"), async {
        person.hit(Event::Paste("two\r\nlines".to_owned())).await;
        person.sees("┃ lines").await;
        let mut release = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE);
        release.kind = crossterm::event::KeyEventKind::Release;
        person.hit(Event::Key(release)).await;
        person.write("!").await;
        person.sees("lines!").await;
        // The first clears, the second warns, the third leaves.
        for _ in 0..3 {
            person.ctrl('c').await;
        }
    })
    .await;
    assert_eq!(left, Left::Quit);
}

/// A model whose one answer is under way, and the answer.
fn streaming() -> (Model, AnswerId) {
    let mut model = asking("gpt-oss-120b");
    let paste = Input::Paste("a flood, please".to_owned());
    update(&mut model, Msg::Terminal(paste));
    let enter = Key::parse("enter").expect("a key");
    update(&mut model, Msg::Terminal(Input::Key(enter)));
    let answer = model.live().next().expect("an answer").id;
    update(
        &mut model,
        Msg::Stream {
            answer,
            events: vec![StreamEvent::Sent { number: 1 }],
        },
    );
    (model, answer)
}

fn word(at: Duration) -> StreamEvent {
    StreamEvent::Delta(Delta {
        channel: Channel::Content,
        text: "word ".to_owned(),
        at,
    })
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_drawn_once_an_interval_and_idleness_never() {
    let (model, answer) = streaming();
    let (runner, inbox) = alone();
    let mailbox = inbox.open(answer);
    let (ends, mut person) = sit_down(runner, inbox);
    let begin = Instant::now();
    let left = play(ends, model, async {
        // Five thousand deltas a second, for a second.
        for millis in 0..1_000 {
            for _ in 0..5 {
                mailbox.push(word(Duration::from_millis(millis)));
            }
            sleep(Duration::from_millis(1)).await;
        }
        let frames = person.frames();
        assert!(
            frames.windows(2).all(|pair| pair[1] - pair[0] >= FRAME),
            "two frames within an interval"
        );
        let most = begin.elapsed().as_millis() / TEXT_FRAME.as_millis() + 2;
        assert!(
            (38..=most).contains(&(frames.len() as u128)),
            "{} frames in {:?}",
            frames.len(),
            begin.elapsed()
        );

        let pressed = Instant::now();
        for _ in 0..5 {
            mailbox.push(word(Duration::from_secs(1)));
        }
        person.write("echo").await;
        person.sees("┃ echo").await;
        assert!(pressed.elapsed() <= 2 * FRAME, "{:?}", pressed.elapsed());

        mailbox.push(StreamEvent::End(Box::new(End::bare(EndState::Complete))));
        drop(mailbox);
        // What still changes by itself runs out.
        sleep(Duration::from_secs(10)).await;
        let before = person.frames().len();
        sleep(Duration::from_mins(1)).await;
        assert_eq!(person.frames().len(), before, "frames without a reason");
        person.ctrl('x').await;
        person.write("q").await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

/// How long after `begun` the first frame came that is not before it.
fn delay(person: &Person, begun: Instant) -> Duration {
    let frames = person.frames();
    let next = frames.into_iter().find(|&frame| frame >= begun);
    next.expect("a frame") - begun
}

#[tokio::test(start_paused = true)]
async fn text_waits_for_its_frame_and_all_else_does_not() {
    let (model, answer) = streaming();
    let (runner, inbox) = alone();
    let mailbox = inbox.open(answer);
    let (ends, mut person) = sit_down(runner, Arc::clone(&inbox));
    let left = play(ends, model, async {
        // Each begins a millisecond after a frame of text, so that the next of those is as far away as can be.
        let mut millis = 0;
        let mut flood = async |person: &Person, until: usize| {
            while person.frames().len() < until {
                mailbox.push(word(Duration::from_millis(millis)));
                millis += 1;
                sleep(Duration::from_millis(1)).await;
            }
        };
        flood(&person, 20).await;
        let frames = person.frames();
        let gaps = frames.windows(2).skip(5).map(|pair| pair[1] - pair[0]);
        let (least, most) = (gaps.clone().min(), gaps.max());
        assert_eq!(least, Some(TEXT_FRAME), "no frame of text before its time");
        assert!(most <= Some(Duration::from_millis(40)), "{most:?}");

        let begun = Instant::now();
        person.write("k").await;
        person.sees("┃ k").await;
        assert!(delay(&person, begun) <= FRAME, "a key waited");

        flood(&person, 30).await;
        let begun = Instant::now();
        mailbox.push(word(Duration::from_millis(1)));
        inbox.post(Msg::Done(Outcome::Done(
            "the answer of an effect".to_owned(),
        )));
        person.sees("the answer of an effect").await;
        assert!(delay(&person, begun) <= FRAME, "a message waited");

        flood(&person, 40).await;
        let begun = Instant::now();
        mailbox.push(word(Duration::from_millis(1)));
        mailbox.push(StreamEvent::End(Box::new(End::bare(EndState::Stopped))));
        person.sees("stopped by you").await;
        assert!(begun.elapsed() <= FRAME, "the end waited");
        person.ctrl('c').await;
        person.ctrl('d').await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn figures_beside_the_text_change_ten_times_a_second() {
    let (model, answer) = streaming();
    let (runner, inbox) = alone();
    let mailbox = inbox.open(answer);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        let mut pictures = Vec::new();
        for millis in 0..2_000 {
            mailbox.push(word(Duration::from_millis(millis)));
            sleep(Duration::from_millis(1)).await;
            if person.shows.has_changed().expect("a loop") {
                pictures.push(person.shows.borrow_and_update().clone());
            }
        }
        let of = |picture: &String, mark: &str| {
            let row = picture.lines().find(|row| row.contains(mark));
            row.map(str::to_owned)
        };
        let mut figures: Vec<_> = pictures.iter().map(|p| of(p, " out ")).collect();
        figures.dedup();
        assert!((15..=24).contains(&figures.len()), "{}", figures.len());
        assert!(pictures.len() > 70, "{}", pictures.len());
        person.press(KeyCode::Esc, KeyModifiers::NONE).await;
        mailbox.push(StreamEvent::End(Box::new(End::bare(EndState::Stopped))));
        person.sees("stopped by you").await;
        person.ctrl('d').await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn keys_in_one_go_are_one_frame() {
    let (runner, inbox) = alone();
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, asking("gpt-oss-120b"), async {
        person.sees("Ask something").await;
        sleep(Duration::from_secs(1)).await;
        let before = person.frames().len();
        person.write(&"x".repeat(60)).await;
        person.sees(&"x".repeat(60)).await;
        assert!(person.frames().len() - before <= 3);
        person.ctrl('c').await;
        person.ctrl('d').await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_counted_on_screen_ten_times_a_second() {
    let (model, answer) = streaming();
    let (runner, inbox) = alone();
    let mailbox = inbox.open(answer);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        person.sees("waiting for the first token").await;
        let before = person.frames().len();
        sleep(Duration::from_secs(5)).await;
        let frames = person.frames().len() - before;
        assert!((45..=55).contains(&frames), "{frames} frames in 5 s");
        person.sees("no response yet").await;
        mailbox.push(StreamEvent::End(Box::new(End::bare(EndState::Stopped))));
        person.sees("stopped by you").await;
        person.ctrl('d').await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn answers_that_nobody_asked_for_change_nothing() {
    let (runner, inbox) = alone();
    let unknown = AnswerId::from_uuid(IdSource::new(5).next(clock::wall()));
    let mailbox = inbox.open(unknown);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, asking("gpt-oss-120b"), async {
        person.sees("Ask something").await;
        mailbox.push(word(Duration::ZERO));
        sleep(Duration::from_secs(1)).await;
        assert!(!person.shows.borrow().contains("word"));
        person.ctrl('d').await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn after_a_late_frame_the_next_comes_sooner() {
    let (model, answer) = streaming();
    let (runner, inbox) = alone();
    let mailbox = inbox.open(answer);
    let (ends, person) = sit_down(runner, Arc::clone(&inbox));
    let left = play(ends, model, async {
        let mut millis = 0;
        let mut flood = async |until: usize| {
            while person.frames().len() < until {
                mailbox.push(word(Duration::from_millis(millis)));
                millis += 1;
                sleep(Duration::from_millis(1)).await;
            }
        };
        flood(20).await;
        // Nobody runs while the next frame is due.
        mailbox.push(word(Duration::from_secs(1)));
        sleep(Duration::from_millis(1)).await;
        advance(3 * TEXT_FRAME).await;
        flood(24).await;
        let frames = person.frames();
        let gaps: Vec<Duration> = frames.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let late = gaps.iter().rposition(|gap| *gap >= 2 * TEXT_FRAME);
        let late = late.expect("a frame that came late");
        let after = gaps.get(late + 1..late + 3);
        assert_eq!(after, Some(&[FRAME, TEXT_FRAME][..]));
        mailbox.push(StreamEvent::End(Box::new(End::bare(EndState::Complete))));
        drop(mailbox);
        sleep(Duration::from_secs(1)).await;
        person.ctrl('x').await;
        person.write("q").await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}
