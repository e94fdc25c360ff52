//! What a frame costs while answers stream: the new text, the picture, the bytes for the terminal, and allocations.
//!
//! `cargo bench --bench frame`. The cost of a frame must depend on neither the answer's length nor the session's.

use std::{collections::BTreeMap, time::Duration};

use divan::{AllocProfiler, Bencher};
use ratatui::{buffer::Buffer, layout::Rect};
use waferdeck::{
    app::{Effect, Input, Model, Msg, Now, ProfileInfo, Scroll, Settings, Start, update},
    chat::{
        AnswerId, BudgetRule, Delta, End, EndState, IdSource, ReadingPosition, StreamEvent, Tiling,
        Timestamp, Variant,
        quota::{Allowance, WhenFull},
    },
    config::{Key, Overrides, Theme, load},
    markdown::Highlighter,
    metrics::Channel,
    provider::embedded_models,
    runtime::screen::Painter,
    ui::{Cache, ColorDepth, Palette, Workshop, view},
};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// Between two frames of text at 3,000 tokens a second.
const PAUSE: Duration = Duration::from_millis(24);
const TOKENS: usize = 72;
/// Tokens of a paragraph.
const PARAGRAPH: usize = 18;

fn main() {
    divan::main();
}

/// A workbench of memory.
struct Desk {
    model: Model,
    cache: Cache,
    painter: Painter,
    buffer: Buffer,
    bytes: Vec<u8>,
    answers: Vec<AnswerId>,
    now: Duration,
}

impl Desk {
    fn new(panes: usize) -> Self {
        let env = |name: &str| {
            let is_place = name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
            is_place.then(|| "/nowhere".to_owned())
        };
        let config = load(&Overrides::default(), &env);
        let config = config.expect("the defaults are valid").config;
        let model = Model::new(Start {
            profiles: vec![ProfileInfo {
                name: "cerebras".to_owned(),
                host: "api.cerebras.ai".to_owned(),
                streams: true,
                goes_on: false,
                is_mock: false,
                model: "gpt-oss-120b".to_owned(),
                max_completion_tokens: 8_192,
                allowance: Allowance::default(),
                when_full: WhenFull::default(),
                budget: BudgetRule::default(),
            }],
            catalogues: BTreeMap::from([("cerebras".to_owned(), embedded_models().clone())]),
            variants: vec![Variant::new("cerebras", "gpt-oss-120b"); panes],
            tiling: Tiling::default(),
            keys: config.keys,
            settings: Settings {
                reading_speed: None,
                scroll_lines: false,
                line_numbers: false,
                scroll_bar: true,
                stall: Some(Duration::from_secs(1)),
                osc8: false,
                sidebar: true,
                enter_is_newline: false,
                reduced_motion: false,
                temporary: false,
                requires_store: false,
                sidebar_width: None,
                mouse: false,
            },
            prompts: Vec::new(),
            ids: IdSource::new(7),
            now: Now::default(),
        });
        let palette = Palette::new(&Theme::default(), ColorDepth::True);
        Self {
            model,
            cache: Cache::new(palette, Workshop::inline(Highlighter::new())),
            painter: Painter::default(),
            buffer: Buffer::empty(Rect::new(0, 0, 200, 50)),
            bytes: Vec::new(),
            answers: Vec::new(),
            now: Duration::ZERO,
        }
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    /// Asks in all panes; the answers are those that stream from now on.
    fn ask(&mut self) {
        self.ask_for("a question".to_owned());
    }

    fn ask_for(&mut self, prompt: String) {
        self.tell(Msg::Terminal(Input::Paste(prompt)));
        let enter = Key::parse("enter").expect("a key");
        self.tell(Msg::Terminal(Input::Key(enter)));
        self.answers = self.model.live().map(|answer| answer.id).collect();
        for answer in self.answers.clone() {
            let events = vec![StreamEvent::Sent { number: 1 }];
            self.tell(Msg::Stream { answer, events });
        }
    }

    /// Small turns that were asked and answered.
    fn converse(&mut self, turns: usize) {
        for _ in 0..turns {
            self.ask();
            self.say("A word or two.");
            for answer in self.answers.clone() {
                let end = StreamEvent::End(Box::new(End::bare(EndState::Complete)));
                let events = vec![end];
                self.tell(Msg::Stream { answer, events });
            }
        }
    }

    /// One answer that begins with so many small blocks.
    fn begin(&mut self, blocks: usize) {
        self.ask();
        self.say(&"word\n\n".repeat(blocks));
    }

    /// Frames of an answer that begins now.
    fn stream(&mut self, bencher: Bencher<'_, '_>) {
        self.ask();
        self.stream_on(bencher);
    }

    /// Frames of an answer that goes on.
    fn stream_on(&mut self, bencher: Bencher<'_, '_>) {
        self.text();
        self.frame();
        bencher.bench_local(|| {
            self.text();
            self.frame()
        });
    }

    /// The same piece of text for all panes.
    fn say(&mut self, text: &str) {
        for answer in self.answers.clone() {
            let delta = StreamEvent::Delta(Delta {
                channel: Channel::Content,
                text: text.to_owned(),
                at: self.now,
            });
            let events = vec![delta];
            self.tell(Msg::Stream { answer, events });
        }
    }

    /// Text for all panes, as much as comes between two frames.
    fn text(&mut self) {
        self.now += PAUSE;
        self.tell(Msg::Clock(Now {
            wall: Timestamp(1),
            mono: self.now,
        }));
        let at = self.now;
        let delta = |place: usize| {
            let ends = place % PARAGRAPH == PARAGRAPH - 1;
            StreamEvent::Delta(Delta {
                channel: Channel::Content,
                text: if ends { "end.\n\n" } else { "word " }.to_owned(),
                at,
            })
        };
        for answer in self.answers.clone() {
            let events = (0..TOKENS).map(delta).collect();
            self.tell(Msg::Stream { answer, events });
        }
    }

    fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            let key = Key::parse(key).expect("a key");
            self.tell(Msg::Terminal(Input::Key(key)));
        }
    }

    /// A frame to which nothing but text has come.
    fn frame(&mut self) -> usize {
        self.cache.only_text_came();
        self.frame_of_all()
    }

    fn frame_of_all(&mut self) -> usize {
        let (map, marks) = view(&self.model, &mut self.cache, &mut self.buffer);
        self.bytes.clear();
        self.painter.paint(&mut self.buffer, marks, &mut self.bytes);
        self.tell(Msg::Frame(Box::new(map)));
        self.bytes.len()
    }
}

/// Frames of prose that has just begun, and that goes on for long.
#[divan::bench(args = [1, 4, 8], sample_count = 200, sample_size = 1)]
fn streaming(bencher: Bencher<'_, '_>, panes: usize) {
    let mut desk = Desk::new(panes);
    desk.ask();
    for _ in 0..50 {
        desk.text();
        desk.frame();
    }
    bencher.bench_local(|| {
        desk.text();
        desk.frame()
    });
}

/// The same after many turns.
#[divan::bench(args = [10, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn streaming_after_turns(bencher: Bencher<'_, '_>, turns: usize) {
    let mut desk = Desk::new(1);
    desk.converse(turns);
    desk.stream(bencher);
}

/// The same while its reader stands in the middle of them.
#[divan::bench(args = [10, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn reading_among_turns(bencher: Bencher<'_, '_>, turns: usize) {
    let mut desk = Desk::new(1);
    desk.converse(turns);
    let conversation = desk.model.focused_conversation().expect("one pane");
    let middle = conversation.path().nth(turns / 2).expect("a turn").id;
    desk.model.pane_mut().scroll = Scroll::At {
        at: ReadingPosition::start_of(middle),
        rows: 0,
    };
    desk.stream(bencher);
}

/// A frame with all figures anew after many turns.
#[divan::bench(args = [10, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn figures_after_turns(bencher: Bencher<'_, '_>, turns: usize) {
    let mut desk = Desk::new(1);
    desk.converse(turns);
    desk.frame();
    bencher.bench_local(|| desk.frame_of_all());
}

/// The same with a word looked for that is in all of them.
#[divan::bench(args = [10, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn finding_among_turns(bencher: Bencher<'_, '_>, turns: usize) {
    let mut desk = Desk::new(1);
    desk.converse(turns);
    desk.keys(&["tab", "/", "w", "o", "r", "d", "enter", "tab"]);
    desk.stream(bencher);
}

/// The same with two panes of different widths that show one conversation.
#[divan::bench(args = [10, 1_000], sample_count = 200, sample_size = 1)]
fn two_views_of_one(bencher: Bencher<'_, '_>, turns: usize) {
    let mut desk = Desk::new(2);
    desk.converse(turns);
    let conversation = desk.model.panes[0].conversation;
    desk.model.panes[1].conversation = conversation;
    desk.model.panes[1].weight *= 2;
    desk.model.broadcast = false;
    desk.stream(bencher);
}

/// Short paragraphs that come after many others of one answer.
#[divan::bench(args = [10, 1_000, 10_000], sample_count = 200, sample_size = 1)]
fn streaming_after_blocks(bencher: Bencher<'_, '_>, blocks: usize) {
    let mut desk = Desk::new(1);
    desk.begin(blocks);
    desk.stream_on(bencher);
}

/// The same while its reader is still at the first ones.
#[divan::bench(args = [10, 1_000, 10_000], sample_count = 200, sample_size = 1)]
fn reading_before_blocks(bencher: Bencher<'_, '_>, blocks: usize) {
    let mut desk = Desk::new(1);
    desk.begin(1);
    desk.frame();
    desk.model.pane_mut().scroll = Scroll::Top { rows: 0 };
    desk.say(&"word\n\n".repeat(blocks));
    desk.stream_on(bencher);
}

/// A picture that is the one before, drawn and compared.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn nothing_new(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::new(1);
    desk.ask();
    for _ in 0..50 {
        desk.text();
    }
    desk.frame();
    bencher.bench_local(|| desk.frame());
}

/// Bytes of a prompt, in short lines or in one: as many as one paste may have.
const PROMPT: usize = 1 << 20;

fn pasted(ends: &str) -> Desk {
    let mut desk = Desk::new(1);
    let prompt = "a word of a prompt ".repeat(4) + ends;
    desk.ask_for(prompt.repeat(PROMPT / prompt.len()));
    desk
}

/// The first frame with a large prompt.
#[divan::bench(args = ["\n", ""], sample_count = 5, sample_size = 1)]
fn large_prompt_first(bencher: Bencher<'_, '_>, ends: &str) {
    bencher
        .with_inputs(|| pasted(ends))
        .bench_local_refs(Desk::frame_of_all);
}

/// Frames while a line of it is selected.
#[divan::bench(args = ["\n", ""], sample_count = 20, sample_size = 1)]
fn large_prompt_selecting(bencher: Bencher<'_, '_>, ends: &str) {
    let mut desk = pasted(ends);
    desk.keys(&["tab", "g", "v"]);
    desk.frame_of_all();
    bencher.bench_local(|| desk.frame_of_all());
}
