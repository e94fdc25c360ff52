//! What a frame costs while answers stream: the new text, the picture, the bytes for the terminal, and allocations.
//!
//! `cargo bench --bench frame`. The cost of a frame must depend on neither the answer's length nor the session's.

use std::{collections::BTreeMap, time::Duration};

use divan::{AllocProfiler, Bencher};
use ratatui::{buffer::Buffer, layout::Rect};
use waferdeck::{
    app::{Effect, Input, Model, Msg, Now, ProfileInfo, Settings, Start, update},
    chat::{AnswerId, Delta, End, EndState, IdSource, StreamEvent, Tiling, Timestamp, Variant},
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
                is_mock: false,
                model: "gpt-oss-120b".to_owned(),
                max_completion_tokens: 8_192,
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
                osc8: false,
                sidebar: true,
                enter_is_newline: false,
                reduced_motion: false,
                temporary: false,
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
        self.tell(Msg::Terminal(Input::Paste("a question".to_owned())));
        let enter = Key::parse("enter").expect("a key");
        self.tell(Msg::Terminal(Input::Key(enter)));
        self.answers = self.model.live().map(|answer| answer.id).collect();
        for answer in self.answers.clone() {
            let events = vec![StreamEvent::Sent { number: 1 }];
            self.tell(Msg::Stream { answer, events });
        }
    }

    /// Turns that were asked and answered.
    fn converse(&mut self, turns: usize) {
        for _ in 0..turns {
            self.ask();
            self.text();
            for answer in self.answers.clone() {
                let end = StreamEvent::End(Box::new(End::bare(EndState::Complete)));
                let events = vec![end];
                self.tell(Msg::Stream { answer, events });
            }
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

    fn frame(&mut self) -> usize {
        self.cache.only_text_came();
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
#[divan::bench(args = [10, 2_000], sample_count = 200, sample_size = 1)]
fn streaming_after_turns(bencher: Bencher<'_, '_>, turns: usize) {
    let mut desk = Desk::new(1);
    desk.converse(turns);
    desk.ask();
    desk.text();
    desk.frame();
    bencher.bench_local(|| {
        desk.text();
        desk.frame()
    });
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
