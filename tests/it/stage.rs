//! A workbench of memory: messages in, pictures out. What the program would do in the world is dropped.
//! A picture is what stands in the cells, and below it the styles that differ from the plain one, as text.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    layout::{Position, Rect},
    style::{Color, Modifier},
};
use waferdeck::{
    app::{Effect, Input, Model, Msg, Now, ProfileInfo, Settings, Start, update},
    chat::{
        AnswerId, BudgetRule, Delta, End, EndState, Failure, FailureKind, FinishReason, IdSource,
        Limits, StreamEvent, Tiling, Timestamp, Variant,
        quota::{Account, Allowance, Outcome, View, WhenFull},
    },
    config::{Config, Key, KeyCode, Overrides, Theme, load},
    markdown::Highlighter,
    metrics::{Channel, ServerTime, Usage},
    provider::embedded_models,
    runtime::screen::Screen,
    text,
    ui::{Cache, ColorDepth, LinkSpan, Palette, Workshop, view},
};

/// When every test begins.
pub(crate) const BEGIN: u64 = 1_795_000_000_000;

/// The configuration of a machine on which nothing was configured.
pub(crate) fn config() -> Config {
    let env = |name: &str| {
        let is_place = name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
        is_place.then(|| "/nowhere".to_owned())
    };
    let loaded = load(&Overrides::default(), &env);
    loaded.expect("the defaults are valid").config
}

/// A model with one pane for each variant, on profiles named `mock` and `cerebras`.
pub(crate) fn model(variants: Vec<Variant>) -> Model {
    let profile = |name: &str, host: &str| ProfileInfo {
        name: name.to_owned(),
        host: host.to_owned(),
        streams: true,
        goes_on: false,
        is_mock: name == "mock",
        model: "gpt-oss-120b".to_owned(),
        max_completion_tokens: 8_192,
        allowance: Allowance::default(),
        when_full: WhenFull::default(),
        budget: BudgetRule::default(),
    };
    Model::new(Start {
        profiles: vec![
            profile("cerebras", "api.cerebras.ai"),
            profile("mock", "embedded mock"),
        ],
        catalogues: ["cerebras", "mock"]
            .map(|name| (name.to_owned(), embedded_models().clone()))
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
    })
}

/// A cache that draws with the default theme in the terminal's sixteen colours.
pub(crate) fn plain_cache() -> Cache {
    let palette = Palette::new(&Theme::default(), ColorDepth::Sixteen);
    Cache::new(palette, Workshop::inline(Highlighter::new()))
}

pub(crate) struct Stage {
    pub(crate) model: Model,
    cache: Cache,
    links: Vec<LinkSpan>,
}

impl Stage {
    /// An empty pane on a real profile.
    pub(crate) fn new() -> Self {
        Self::asking(Variant::new("cerebras", "gpt-oss-120b"))
    }

    /// An empty pane on the mock.
    pub(crate) fn on_mock() -> Self {
        Self::asking(Variant::new("mock", "gpt-oss-120b"))
    }

    fn asking(variant: Variant) -> Self {
        Self::comparing(vec![variant])
    }

    /// One empty pane for each variant.
    pub(crate) fn comparing(variants: Vec<Variant>) -> Self {
        Self {
            model: model(variants),
            cache: plain_cache(),
            links: Vec::new(),
        }
    }

    /// Draws with another theme or with other colours from now on.
    pub(crate) fn paint_with(&mut self, theme: &Theme, depth: ColorDepth) {
        self.cache = Cache::new(
            Palette::new(theme, depth),
            Workshop::inline(Highlighter::new()),
        );
    }

    /// Leaves slow work to another workshop from now on.
    pub(crate) fn leave_work_to(&mut self, workshop: Workshop) {
        let palette = Palette::new(&Theme::default(), ColorDepth::Sixteen);
        self.cache = Cache::new(palette, workshop);
    }

    pub(crate) fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    /// Presses keys that stand apart from each other: `ctrl-x m`.
    pub(crate) fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let key = Key::parse(key).expect("a key");
            self.tell(Msg::Terminal(Input::Key(key)));
        }
    }

    /// Types text, a key at a time.
    pub(crate) fn write(&mut self, text: &str) {
        for c in text.chars() {
            let key = match c {
                '\n' => Key::parse("ctrl-j").expect("a key"),
                c => Key::plain(KeyCode::Char(c)),
            };
            self.tell(Msg::Terminal(Input::Key(key)));
        }
    }

    /// Moves the clock to `millis` after the start.
    pub(crate) fn clock(&mut self, millis: u64) {
        self.tell(Msg::Clock(Now {
            wall: Timestamp(BEGIN + millis),
            mono: Duration::from_millis(millis),
        }));
    }

    /// Sends a prompt, which is saved at once; its request is on its way then.
    pub(crate) fn ask(&mut self, prompt: &str) -> AnswerId {
        self.tell(Msg::Terminal(Input::Paste(prompt.to_owned())));
        let answers = self.submit();
        self.tell(Msg::Saved {
            answers: answers.clone(),
        });
        let answer = answers[0];
        self.event(answer, StreamEvent::Sent { number: 1 });
        answer
    }

    /// Sends a prompt to every pane; all requests are on their way then.
    pub(crate) fn broadcast(&mut self, prompt: &str) -> Vec<AnswerId> {
        self.tell(Msg::Terminal(Input::Paste(prompt.to_owned())));
        let answers = self.submit();
        self.tell(Msg::Saved {
            answers: answers.clone(),
        });
        for &answer in &answers {
            self.event(answer, StreamEvent::Sent { number: 1 });
        }
        answers
    }

    /// Presses Enter; the answers wait for the disk then.
    pub(crate) fn submit(&mut self) -> Vec<AnswerId> {
        let enter = Key::plain(KeyCode::Enter);
        let effects = self.tell(Msg::Terminal(Input::Key(enter)));
        effects
            .into_iter()
            .find_map(|effect| match effect {
                Effect::SavePrompt { answers, .. } => Some(answers),
                _ => None,
            })
            .expect("a prompt to save")
    }

    pub(crate) fn event(&mut self, answer: AnswerId, event: StreamEvent) {
        self.tell(Msg::Stream {
            answer,
            events: vec![event],
        });
    }

    /// A response said this of its quotas, a moment ago.
    pub(crate) fn quota(&mut self, answer: AnswerId, limits: &Limits) {
        let mut account = Account::new(&Allowance::default(), "", Duration::ZERO);
        account.send(1, 0, 0, Duration::ZERO);
        account.answered(1, Outcome::Accepted, limits, Duration::ZERO);
        let view = View::new(account, Duration::ZERO, 1);
        self.event(answer, StreamEvent::Quota(Box::new(view)));
    }

    /// Text of a channel arrives in pieces of `bytes` or so, ten milliseconds apart.
    pub(crate) fn stream(&mut self, answer: AnswerId, channel: Channel, text: &str, bytes: usize) {
        let mut rest = text;
        while !rest.is_empty() {
            let cut = (bytes..=rest.len())
                .find(|&i| rest.is_char_boundary(i))
                .unwrap_or(rest.len());
            let (piece, after) = rest.split_at(cut.max(1));
            let now = self.model.now.mono + Duration::from_millis(10);
            let millis = u64::try_from(now.as_millis()).expect("small");
            self.clock(millis);
            let sent = self.model.answer(answer).expect("an answer").sent;
            self.event(
                answer,
                StreamEvent::Delta(Delta {
                    channel,
                    text: piece.to_owned(),
                    at: now.saturating_sub(sent),
                }),
            );
            rest = after;
        }
    }

    pub(crate) fn text(&mut self, answer: AnswerId, text: &str) {
        self.stream(answer, Channel::Content, text, 24);
    }

    pub(crate) fn thought(&mut self, answer: AnswerId, text: &str) {
        self.stream(answer, Channel::Reasoning, text, 24);
    }

    /// Ends an answer in `state`, with figures as a server would report them.
    pub(crate) fn end(&mut self, answer: AnswerId, state: EndState) {
        let sent = self.model.answer(answer).expect("an answer").sent;
        let e2e = self.model.now.mono.saturating_sub(sent) + Duration::from_millis(2);
        let end = End {
            usage: Usage {
                prompt_tokens: Some(1_072),
                completion_tokens: Some(318),
                cached_tokens: Some(1_024),
                reasoning_tokens: Some(41),
                total_tokens: None,
                odd: false,
            },
            server: ServerTime {
                queue: Some(Duration::from_micros(400)),
                prompt: Some(Duration::from_micros(3_210)),
                completion: Some(e2e * 3 / 4),
                total: Some(e2e * 3 / 4 + Duration::from_millis(5)),
                odd: false,
            },
            finish_reason: Some(FinishReason::Stop),
            e2e,
            waited: e2e,
            ..End::bare(state)
        };
        self.event(answer, StreamEvent::End(Box::new(end)));
    }

    /// A failure before any text, when nothing is known but the reason.
    pub(crate) fn fail(&mut self, answer: AnswerId, failure: Failure) {
        let end = End::bare(EndState::Failed(failure));
        self.event(answer, StreamEvent::End(Box::new(end)));
    }

    /// The links of what was drawn last.
    pub(crate) fn links(&self) -> &[LinkSpan] {
        &self.links
    }

    /// Draws what a view draws that has seen nothing before.
    pub(crate) fn draw_anew(&mut self, width: u16, height: u16) -> Picture {
        let kept = std::mem::replace(&mut self.cache, plain_cache());
        let picture = self.draw(width, height);
        self.cache = kept;
        picture
    }

    /// Draws once and tells the program what was drawn, as the loop does.
    pub(crate) fn draw(&mut self, width: u16, height: u16) -> Picture {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
        let mut map = None;
        let drawn = Screen::draw(&mut terminal, |buffer| {
            let (frame, marks) = view(&self.model, &mut self.cache, buffer);
            map = Some(frame);
            self.links.clone_from(&marks.links);
            marks
        });
        drawn.expect("a screen of memory");
        self.tell(Msg::Frame(Box::new(map.expect("drawn"))));
        let backend = terminal.backend();
        Picture {
            buffer: backend.buffer().clone(),
            cursor: backend.cursor_visible().then(|| backend.cursor_position()),
        }
    }
}

pub(crate) fn failure(kind: FailureKind, message: &str, remedy: &str) -> Failure {
    Failure::new(kind, message, remedy)
}

pub(crate) struct Picture {
    pub(crate) buffer: Buffer,
    cursor: Option<Position>,
}

impl Picture {
    /// Where the cursor is seen.
    pub(crate) fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// The rows as a person sees them, wide characters once.
    pub(crate) fn rows(&self) -> Vec<String> {
        rows(&self.buffer)
    }

    /// A part of it, as a picture of its own.
    pub(crate) fn part(&self, area: Rect) -> Self {
        let mut buffer = Buffer::empty(Rect::new(0, 0, area.width, area.height));
        for place in buffer.area.positions() {
            buffer[place] = self.buffer[(area.x + place.x, area.y + place.y)].clone();
        }
        Self {
            buffer,
            cursor: None,
        }
    }

    /// Rows and, below them, runs of style.
    pub(crate) fn with_styles(&self) -> String {
        let area = self.buffer.area;
        let mut out = self.without_styles();
        let plain = self.most_common_style();
        let _ = writeln!(out, "plain: {plain}");
        let mut rows: Vec<(u16, u16, String)> = Vec::new();
        for y in 0..area.height {
            let styles = self.styles_of_row(y, &plain);
            match rows.last_mut() {
                Some((_, to, last)) if *last == styles => *to = y,
                _ => rows.push((y, y, styles)),
            }
        }
        for (from, to, styles) in rows.iter().filter(|(_, _, styles)| !styles.is_empty()) {
            let rows = if from == to {
                from.to_string()
            } else {
                format!("{from}-{to}")
            };
            let _ = writeln!(out, "{rows:>5}: {styles}");
        }
        out
    }

    /// Rows and the cursor alone: for a second size of what was shown with its styles.
    pub(crate) fn without_styles(&self) -> String {
        let area = self.buffer.area;
        let mut out = String::new();
        for row in self.rows() {
            let _ = writeln!(out, "{row}¦");
        }
        let cursor = match self.cursor {
            Some(at) => format!("cursor at {},{}", at.x, at.y),
            None => "no cursor".to_owned(),
        };
        let _ = writeln!(out, "{}x{}, {cursor}", area.width, area.height);
        out
    }

    /// The runs of a row that differ from `plain`, each with its columns.
    fn styles_of_row(&self, y: u16, plain: &str) -> String {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        let mut hidden = 0;
        for x in 0..self.buffer.area.width {
            let cell = &self.buffer[(x, y)];
            // The cells behind a wide character are not drawn, whatever their style.
            if hidden > 0
                && let Some((_, to, _)) = runs.last_mut()
            {
                hidden -= 1;
                *to = x;
                continue;
            }
            hidden = text::width(cell.symbol()).saturating_sub(1);
            let style = style(cell);
            match runs.last_mut() {
                Some((_, to, last)) if *last == style => *to = x,
                _ => runs.push((x, x, style)),
            }
        }
        let runs = runs.iter().filter(|(_, _, style)| *style != plain);
        let runs: Vec<_> = runs
            .map(|(from, to, style)| format!("{from}-{to} {style}"))
            .collect();
        runs.join(" · ")
    }

    fn most_common_style(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for cell in self.buffer.content() {
            *counts.entry(style(cell)).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.expect("a screen has cells").0
    }
}

/// The rows of a buffer as a person sees them, wide characters once.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (0..area.height)
        .map(|y| {
            let mut row = String::new();
            let mut x = 0;
            while x < area.width {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                x += u16::try_from(text::width(symbol)).unwrap_or(1).max(1);
            }
            row
        })
        .collect()
}

/// A cell's style in words: `red on black bold`.
fn style(cell: &Cell) -> String {
    let color = |c: Color| c.to_string().to_lowercase();
    let mut words = match (cell.fg, cell.bg) {
        (Color::Reset, Color::Reset) => String::new(),
        (fg, Color::Reset) => color(fg),
        (Color::Reset, bg) => format!("on {}", color(bg)),
        (fg, bg) => format!("{} on {}", color(fg), color(bg)),
    };
    for (name, _) in Modifier::all().iter_names() {
        let modifier = Modifier::from_name(name).expect("one of all");
        if cell.modifier.contains(modifier) {
            words.push(' ');
            words.push_str(&name.to_lowercase());
        }
    }
    if words.is_empty() {
        words.push_str("none");
    }
    words.trim().to_owned()
}
