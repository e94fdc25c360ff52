//! The program without a world: keys and messages in, the model and its effects looked at.
//! A [`World`] is one instance with a fixed seed, the default keys and a clock that stands still until it is moved.

mod attaching;
mod budgets;
mod continuing;
mod decks;
mod finding;
mod inspecting;
mod jumping;
mod life;
mod lines;
mod mocking;
mod outages;
mod overlays;
mod pace;
mod panes;
mod queue;
mod quota;
mod reading;
mod reload;
mod secrets;
mod selecting;
mod sessions;
mod shelf;
mod sidebar;
mod taking_out;
mod tallies;
mod themes;
mod totals;
mod turns;
mod typing;
mod variants;

use std::{collections::BTreeMap, time::Duration};

use super::update;
use crate::{
    app::{
        Ask, Effect, Entry, FrameMap, Input, Model, Msg, Notice, Now, PaneFrame, ProfileInfo,
        Settings, Start,
    },
    chat::{
        Answer, AnswerId, BudgetRule, Catalogue, Delta, Effort, End, EndState, Failure,
        FailureKind, IdSource, ModelInfo, ReadingPart, ReadingPosition, StreamEvent, Tiling,
        Timestamp, Turn, Variant,
        quota::{Allowance, WhenFull},
    },
    config::{Config, Key, KeyCode, Overrides, load},
    metrics::Channel,
};

/// When every test begins.
const BEGIN: u64 = 1_795_000_000_000;

struct World {
    model: Model,
}

/// The configuration of a machine on which nothing was configured.
fn config() -> Config {
    let env = |name: &str| {
        let is_place = name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
        is_place.then(|| "/nowhere".to_owned())
    };
    load(&Overrides::default(), &env)
        .expect("the defaults are valid")
        .config
}

fn profile(name: &str, is_mock: bool) -> ProfileInfo {
    ProfileInfo {
        name: name.to_owned(),
        host: format!("{name}.example"),
        is_mock,
        streams: true,
        goes_on: false,
        model: "thinker".to_owned(),
        max_completion_tokens: 8_192,
        allowance: Allowance::default(),
        when_full: WhenFull::default(),
        budget: BudgetRule::default(),
    }
}

/// One model that reasons and can be told how hard, one that does not.
fn catalogue() -> Catalogue {
    let thinker = ModelInfo {
        reasoning: Some(true),
        efforts: vec![Effort::Low, Effort::High],
        context_window: Some(131_072),
        ..ModelInfo::unknown("thinker")
    };
    let talker = ModelInfo {
        reasoning: Some(false),
        ..ModelInfo::unknown("talker")
    };
    Catalogue {
        models: vec![thinker, talker],
        ..Catalogue::default()
    }
}

impl World {
    /// One empty pane that asks the model `thinker` of a real provider.
    fn new() -> Self {
        Self::asking(Variant::new("fast", "thinker"))
    }

    fn asking(variant: Variant) -> Self {
        Self::comparing(vec![variant])
    }

    /// One empty pane for each variant.
    fn comparing(variants: Vec<Variant>) -> Self {
        let names = ["fast", "mock"];
        Self {
            model: Model::new(Start {
                profiles: vec![profile("fast", false), profile("mock", true)],
                catalogues: names
                    .map(|name| (name.to_owned(), catalogue()))
                    .into_iter()
                    .collect::<BTreeMap<_, _>>(),
                variants,
                tiling: Tiling::default(),
                keys: config().keys,
                settings: Settings {
                    sidebar: true,
                    enter_is_newline: false,
                    reduced_motion: false,
                    temporary: false,
                    requires_store: false,
                    sidebar_width: None,
                    reading_speed: None,
                    mouse: false,
                    scroll_lines: false,
                    line_numbers: false,
                    osc8: false,
                    scroll_bar: true,
                    stall: Some(Duration::from_secs(1)),
                },
                prompts: Vec::new(),
                ids: IdSource::new(7),
                now: Now {
                    wall: Timestamp(BEGIN),
                    mono: Duration::ZERO,
                },
            }),
        }
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    /// Presses keys that stand apart from each other: `ctrl-x m`. The effects are those of all of them.
    fn keys(&mut self, keys: &str) -> Vec<Effect> {
        keys.split(' ')
            .flat_map(|key| {
                let key = Key::parse(key).expect("a key");
                self.tell(Msg::Terminal(Input::Key(key)))
            })
            .collect()
    }

    /// Types text, a key at a time.
    fn write(&mut self, text: &str) {
        for c in text.chars() {
            let key = match c {
                '\n' => Key::parse("ctrl-j").expect("a key"),
                c => Key::plain(KeyCode::Char(c)),
            };
            self.tell(Msg::Terminal(Input::Key(key)));
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.tell(Msg::Terminal(Input::Paste(text.to_owned())))
    }

    /// Moves the clock to `millis` after the start.
    fn clock(&mut self, millis: u64) -> Vec<Effect> {
        self.tell(Msg::Clock(Now {
            wall: Timestamp(BEGIN + millis),
            mono: Duration::from_millis(millis),
        }))
    }

    /// Writes a prompt and presses Enter; its answer then waits for the disk.
    fn submit(&mut self, prompt: &str) -> AnswerId {
        self.write(prompt);
        let effects = self.keys("enter");
        let [Effect::SavePrompt { answers, .. }, ..] = effects.as_slice() else {
            panic!("sending {prompt:?} gave {effects:?}");
        };
        answers[0]
    }

    /// The prompt is on disk.
    fn saved(&mut self, answer: AnswerId) -> Vec<Effect> {
        self.tell(Msg::Saved {
            answers: vec![answer],
        })
    }

    /// A prompt that was sent, and waits for its first token.
    fn ask(&mut self, prompt: &str) -> AnswerId {
        let answer = self.submit(prompt);
        self.saved(answer);
        self.event(answer, StreamEvent::Sent { number: 1 });
        answer
    }

    /// A prompt with its whole answer.
    fn turn(&mut self, prompt: &str, answer: &str) -> AnswerId {
        let id = self.ask(prompt);
        self.text(id, answer);
        self.end(id, EndState::Complete);
        id
    }

    fn event(&mut self, answer: AnswerId, event: StreamEvent) -> Vec<Effect> {
        self.tell(Msg::Stream {
            answer,
            events: vec![event],
        })
    }

    fn text(&mut self, answer: AnswerId, text: &str) {
        self.event(answer, delta(Channel::Content, text));
    }

    fn thought(&mut self, answer: AnswerId, text: &str) {
        self.event(answer, delta(Channel::Reasoning, text));
    }

    fn end(&mut self, answer: AnswerId, state: EndState) -> Vec<Effect> {
        self.event(answer, StreamEvent::End(Box::new(End::bare(state))))
    }

    fn answer(&self, id: AnswerId) -> &Answer {
        self.model.answer(id).expect("an answer")
    }

    /// The turns that are visible, oldest first.
    fn path(&self) -> Vec<&Turn> {
        let conversation = self.model.focused_conversation();
        conversation.expect("a conversation").path().collect()
    }

    fn draft(&self) -> String {
        self.model.composer.text()
    }

    fn notice(&self) -> &str {
        self.model
            .notices
            .last()
            .map_or("", |n: &Notice| n.text.as_str())
    }

    /// What the view would say after drawing with `turn` at the top, its answer from `byte` on, or its prompt.
    fn drawn(&mut self, at_tail: bool, turn: usize, byte: usize) -> Vec<Effect> {
        let top = ReadingPosition {
            turn: self.path()[turn].id,
            part: if byte == 0 {
                ReadingPart::Prompt
            } else {
                ReadingPart::Answer
            },
            byte,
            down: 0,
        };
        let area = ratatui::layout::Rect::new(0, 1, 80, 20);
        self.tell(Msg::Frame(Box::new(FrameMap {
            panes: vec![PaneFrame {
                area,
                transcript: area,
                top: Some(top),
                at_tail,
                ..PaneFrame::default()
            }],
            ..FrameMap::default()
        })))
    }
}

fn delta(channel: Channel, text: &str) -> StreamEvent {
    StreamEvent::Delta(Delta {
        channel,
        text: text.to_owned(),
        at: Duration::from_millis(1),
    })
}

fn failed(kind: FailureKind) -> EndState {
    EndState::Failed(Failure::new(kind, "it did not work", "try something else"))
}

/// The entries of the one effect that writes to the transcript.
fn entries(effects: &[Effect]) -> &[Entry] {
    let mut found = effects.iter().filter_map(|e| match e {
        Effect::Keep(entries) | Effect::SavePrompt { entries, .. } => Some(entries.as_slice()),
        _ => None,
    });
    let entries = found.next().unwrap_or_default();
    assert_eq!(found.next(), None, "one effect writes");
    entries
}

/// The one request among `effects`.
fn sent(effects: &[Effect]) -> Ask {
    match effects {
        [Effect::Send(ask)] => ask.clone(),
        other => panic!("no request alone: {other:?}"),
    }
}
