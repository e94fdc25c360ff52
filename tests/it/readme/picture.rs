//! The picture of the screen: the program's own update and view on an answer that is written here.
//!
//! Its figures are those of an example, made up so that the picture is the same everywhere.

use std::{collections::BTreeMap, time::Duration};

use ratatui::{buffer::Buffer, layout::Rect};
use waferdeck::{
    app::{Effect, Input, Model, Msg, Now, ProfileInfo, Settings, Start, update},
    chat::{
        AnswerId, BudgetRule, Connection, Delta, End, EndState, FinishReason, IdSource,
        StreamEvent, Tiling, Timestamp, Variant,
        quota::{Allowance, WhenFull},
    },
    config::{Config, Key},
    markdown::Highlighter,
    metrics::{Channel, ServerTime, Usage},
    ui::{Cache, ColorDepth, Palette, Workshop, view},
};

const WIDTH: u16 = 116;
const HEIGHT: u16 = 28;
const PROMPT: &str = "Merge two sorted lists in Python.";
const THOUGHTS: &str = "Stable, clear, with a word on its cost.";
const ANSWER: &str = "\
## Merge

Take the smaller head until one list is empty. Equal items keep their order.

```python
def merge(a, b):
    out = []
    while a and b:
        lo = min(a, b, key=first)
        out.append(lo.pop(0))
    return out + a + b
```

- **Time**: `O(n)` comparisons
- **Memory**: one copy of both
";

/// The screen as text, a line a row.
pub(super) fn screen(config: &Config) -> String {
    let mut model = model(config);
    update(&mut model, Msg::Terminal(Input::Paste(PROMPT.to_owned())));
    let enter = Key::parse("enter").expect("a key");
    let effects = update(&mut model, Msg::Terminal(Input::Key(enter)));
    let answers = effects
        .into_iter()
        .find_map(|effect| match effect {
            Effect::SavePrompt { answers, .. } => Some(answers),
            _ => None,
        })
        .expect("Enter saves the prompt");
    update(
        &mut model,
        Msg::Saved {
            answers: answers.clone(),
        },
    );
    let &[first, second] = answers.as_slice() else {
        panic!("one answer for each pane");
    };
    for answer in [first, second] {
        let events = vec![StreamEvent::Sent { number: 1 }];
        update(&mut model, Msg::Stream { answer, events });
    }
    play(&mut model, second, 3_000, 19);
    play(&mut model, first, 3_200, usize::MAX);

    let palette = Palette::new(&config.theme, ColorDepth::None);
    let highlighter = Highlighter::new();
    highlighter.warm(&["python"]);
    let mut cache = Cache::new(palette, Workshop::inline(highlighter));
    let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
    view(&model, &mut cache, &mut buffer);
    let row = |y| {
        let cells = (0..WIDTH).map(|x| buffer[(x, y)].symbol());
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    (0..HEIGHT).map(row).collect()
}

fn model(config: &Config) -> Model {
    Model::new(Start {
        profiles: vec![ProfileInfo {
            name: "mock".to_owned(),
            host: "embedded mock".to_owned(),
            streams: true,
            goes_on: false,
            is_mock: true,
            model: "gpt-oss-120b".to_owned(),
            max_completion_tokens: 8_192,
            allowance: Allowance::default(),
            when_full: WhenFull::default(),
            budget: BudgetRule::default(),
        }],
        catalogues: BTreeMap::new(),
        variants: ["gpt-oss-120b", "qwen-3.8-27b"]
            .map(|model| Variant::new("mock", model))
            .to_vec(),
        tiling: Tiling::default(),
        keys: config.keys.clone(),
        settings: Settings {
            sidebar: true,
            enter_is_newline: false,
            reduced_motion: true,
            temporary: false,
            requires_store: false,
            sidebar_width: None,
            reading_speed: None,
            scroll_bar: true,
            stall: Some(Duration::from_secs(1)),
            mouse: false,
            scroll_lines: false,
            line_numbers: false,
            osc8: false,
        },
        prompts: Vec::new(),
        ids: IdSource::new(1),
        now: Now {
            wall: Timestamp(1_800_000_000_000),
            mono: Duration::from_secs(1),
        },
    })
}

/// Lets the first `pieces` of an answer arrive as the service sends it: a few words every few milliseconds, and with the
/// last one its end.
fn play(model: &mut Model, answer: AnswerId, pause_us: u64, pieces: usize) {
    let mut at = Duration::from_millis(168);
    let mut events = Vec::new();
    let words = |text: &'static str| text.split_inclusive([' ', '\n']).collect::<Vec<_>>();
    let thoughts = words(THOUGHTS);
    let content = words(ANSWER);
    let reasoning = thoughts.chunks(6).map(|piece| (Channel::Reasoning, piece));
    let all: Vec<_> = reasoning
        .chain(content.chunks(4).map(|piece| (Channel::Content, piece)))
        .collect();
    for &(channel, piece) in all.iter().take(pieces) {
        events.push(StreamEvent::Delta(Delta {
            channel,
            text: piece.concat(),
            at,
        }));
        at += Duration::from_micros(pause_us);
    }
    let now = Now {
        mono: model.now.mono.max(Duration::from_secs(1) + at),
        ..model.now
    };
    update(model, Msg::Clock(now));
    if pieces < all.len() {
        update(model, Msg::Stream { answer, events });
        return;
    }
    events.push(StreamEvent::End(Box::new(End {
        finish_reason: Some(FinishReason::Stop),
        usage: Usage {
            prompt_tokens: Some(74),
            completion_tokens: Some(151),
            cached_tokens: Some(0),
            reasoning_tokens: Some(18),
            total_tokens: None,
            odd: false,
        },
        server: ServerTime {
            queue: Some(Duration::from_millis(4)),
            prompt: Some(Duration::from_millis(3)),
            completion: Some(Duration::from_micros(52_600)),
            total: Some(Duration::from_millis(61)),
            odd: false,
        },
        e2e: at,
        waited: at,
        connection: Some(Connection::Reused),
        ..End::bare(EndState::Complete)
    })));
    update(model, Msg::Stream { answer, events });
}
