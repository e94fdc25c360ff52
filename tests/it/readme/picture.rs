//! The picture of the screen: the program's own update and view on an answer that is written here.
//!
//! Its figures are those of an example, made up so that the picture is the same everywhere.

use std::{collections::BTreeMap, time::Duration};

use ratatui::{Terminal, backend::TestBackend};
use waferdeck::{
    app::{Effect, Input, Model, Msg, Now, ProfileInfo, Settings, Start, update},
    chat::{
        AnswerId, Connection, Delta, End, EndState, FinishReason, IdSource, StreamEvent, Tiling,
        Timestamp, Variant,
    },
    config::{Config, Key},
    markdown::Highlighter,
    metrics::{Channel, ServerTime, Usage},
    ui::{Cache, ColorDepth, Palette, view},
};

const WIDTH: u16 = 100;
const HEIGHT: u16 = 28;
const PROMPT: &str = "Write a merge sort in Rust.";
const THOUGHTS: &str = "Stable, clear, with a word on its cost. Splitting by the middle is enough.";
const ANSWER: &str = "\
## Merge sort

Split in halves, sort each, merge. Equal items keep their order.

```rust
fn merge_sort<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    if items.len() < 2 {
        return items.to_vec();
    }
    let (left, right) = items.split_at(items.len() / 2);
    merge(&merge_sort(left), &merge_sort(right))
}
```

- **Time**: `O(n log n)`, always.
- **Memory**: one copy of the input.
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
    play(&mut model, answers[0]);

    let palette = Palette::new(&config.theme, ColorDepth::None);
    let highlighter = Highlighter::new();
    highlighter.warm(&["rust"]);
    let mut cache = Cache::new(palette, highlighter);
    let mut terminal = Terminal::new(TestBackend::new(WIDTH, HEIGHT)).expect("a screen of memory");
    terminal
        .draw(|frame| {
            view(&model, &mut cache, frame);
        })
        .expect("a screen of memory");
    let buffer = terminal.backend().buffer();
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
            is_mock: true,
            model: "gpt-oss-120b".to_owned(),
            max_completion_tokens: 8_192,
        }],
        catalogues: BTreeMap::new(),
        variants: vec![Variant::new("mock", "gpt-oss-120b")],
        tiling: Tiling::default(),
        keys: config.keys.clone(),
        settings: Settings {
            sidebar: true,
            enter_is_newline: false,
            reduced_motion: true,
            temporary: false,
            sidebar_width: None,
            mouse: false,
        },
        prompts: Vec::new(),
        ids: IdSource::new(1),
        now: Now {
            wall: Timestamp(1_800_000_000_000),
            mono: Duration::from_secs(1),
        },
    })
}

/// Lets the answer arrive as the service sends it: about eight tokens every few milliseconds.
fn play(model: &mut Model, answer: AnswerId) {
    let mut at = Duration::from_millis(168);
    let mut events = vec![StreamEvent::Sent { number: 1 }];
    for (channel, text) in [(Channel::Reasoning, THOUGHTS), (Channel::Content, ANSWER)] {
        for piece in text
            .split_inclusive([' ', '\n'])
            .collect::<Vec<_>>()
            .chunks(6)
        {
            events.push(StreamEvent::Delta(Delta {
                channel,
                text: piece.concat(),
                at,
            }));
            at += Duration::from_micros(3_200);
        }
    }
    events.push(StreamEvent::End(Box::new(End {
        finish_reason: Some(FinishReason::Stop),
        usage: Usage {
            prompt_tokens: Some(74),
            completion_tokens: Some(151),
            cached_tokens: Some(0),
            reasoning_tokens: Some(18),
        },
        server: ServerTime {
            queue: Some(Duration::from_millis(4)),
            prompt: Some(Duration::from_millis(3)),
            completion: Some(Duration::from_micros(52_600)),
            total: Some(Duration::from_millis(61)),
        },
        e2e: at,
        waited: at,
        connection: Some(Connection::Reused),
        ..End::bare(EndState::Complete)
    })));
    update(model, Msg::Stream { answer, events });
}
