//! Panes with figures that are given, and the order they come in.

use std::collections::BTreeMap;

use super::*;
use crate::{
    app::{Now, Settings, Start, update},
    chat::{
        AnswerId, Delta, End, Failure, FailureKind, IdSource, StreamEvent, Tiling, Timestamp,
        Variant,
    },
    config::{Key, Overrides, Theme, load},
    metrics::{Channel, ServerTime, Usage},
    ui::ColorDepth,
};

struct Panes {
    model: Model,
    answers: Vec<AnswerId>,
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Panes {
    /// Panes A, B, C … that were asked together, two milliseconds after the start.
    fn asked(count: usize) -> Self {
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let config = load(&Overrides::default(), &env)
            .expect("the defaults")
            .config;
        let mut model = Model::new(Start {
            profiles: Vec::new(),
            catalogues: BTreeMap::new(),
            variants: vec![Variant::new("p", "m"); count],
            tiling: Tiling::default(),
            keys: config.keys,
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
            now: Now::default(),
        });
        model.composer.set_text("hello");
        let enter = Key::parse("enter").expect("a key");
        update(
            &mut model,
            crate::app::Msg::Terminal(crate::app::Input::Key(enter)),
        );
        let answers = model
            .panes
            .iter()
            .filter_map(|p| Some(model.last_answer(p)?.id));
        let answers = answers.collect();
        let mut panes = Self { model, answers };
        panes.clock(2);
        for place in 0..count {
            panes.tell(place, StreamEvent::Sent { number: 1 });
        }
        panes
    }

    fn clock(&mut self, millis: u64) {
        self.model.now = Now {
            wall: Timestamp(millis),
            mono: ms(millis),
        };
    }

    fn tell(&mut self, place: usize, event: StreamEvent) {
        let msg = crate::app::Msg::Stream {
            answer: self.answers[place],
            events: vec![event],
        };
        update(&mut self.model, msg);
    }

    /// Text of `tokens` tokens in every millisecond of a span.
    fn stream(&mut self, place: usize, tokens: usize, span: std::ops::Range<u64>) {
        for at in span {
            let delta = Delta {
                channel: Channel::Content,
                text: "abcd".repeat(tokens),
                at: ms(at),
            };
            self.tell(place, StreamEvent::Delta(delta));
        }
    }

    /// Ends an answer that had its first text after `ttft` and came with this many tokens a second.
    fn finish(&mut self, place: usize, ttft: u64, speed: u64, total: u64) {
        self.stream(place, 1, ttft..ttft + 40);
        let end = End {
            usage: Usage {
                completion_tokens: Some(speed / 5),
                ..Usage::default()
            },
            server: ServerTime {
                completion: Some(ms(200)),
                ..ServerTime::default()
            },
            e2e: ms(total),
            ..End::bare(EndState::Complete)
        };
        self.tell(place, StreamEvent::End(Box::new(end)));
    }

    fn end(&mut self, place: usize, state: EndState) {
        let end = End {
            e2e: ms(1),
            ..End::bare(state)
        };
        self.tell(place, StreamEvent::End(Box::new(end)));
    }

    /// The letters in their order by `rank`; a star before the best.
    fn ranked(&mut self, rank: SidebarRank) -> String {
        self.model.sidebar_rank = rank;
        let palette = Palette::new(&Theme::default(), ColorDepth::None);
        let ranking = Ranking::of(&self.model, &palette);
        let letters = ranking
            .rows
            .iter()
            .map(|r| self.model.panes[r.index].letter);
        let star = if ranking.has_best { "*" } else { "" };
        format!("{star}{}", letters.collect::<String>())
    }
}

#[test]
fn each_figure_has_its_order() {
    let mut panes = Panes::asked(4);
    panes.finish(0, 300, 900, 800);
    panes.finish(1, 100, 1_000, 1_200);
    panes.finish(2, 200, 3_000, 400);
    assert_eq!(panes.ranked(SidebarRank::Speed), "*CBAD");
    assert_eq!(panes.ranked(SidebarRank::Ttft), "*BCAD");
    assert_eq!(panes.ranked(SidebarRank::Total), "*CABD");
}

#[test]
fn panes_without_the_figure_come_last_in_their_order() {
    let mut panes = Panes::asked(5);
    panes.end(
        0,
        EndState::Failed(Failure::new(FailureKind::Key, "no", "")),
    );
    panes.model.panes[1].muted = true;
    panes.finish(2, 100, 1_000, 500);
    panes.stream(3, 1, 5..10);
    panes.end(3, EndState::Stopped);
    panes.finish(4, 90, 1_000, 600);
    assert_eq!(
        panes.ranked(SidebarRank::Speed),
        "*CEABD",
        "equal ones stay"
    );
    assert_eq!(
        panes.ranked(SidebarRank::Ttft),
        "*DECAB",
        "a stopped one has its"
    );
    assert_eq!(
        panes.ranked(SidebarRank::Total),
        "*CEADB",
        "it was not done sooner because it was stopped"
    );
}

#[test]
fn one_figure_alone_is_not_the_best() {
    let mut panes = Panes::asked(2);
    assert_eq!(panes.ranked(SidebarRank::Speed), "AB");
    panes.finish(1, 100, 1_000, 500);
    assert_eq!(panes.ranked(SidebarRank::Speed), "BA");
}

#[test]
fn streams_change_places_at_full_seconds_alone() {
    let mut panes = Panes::asked(3);
    panes.clock(900);
    panes.stream(0, 1, 100..898);
    panes.stream(1, 2, 100..898);
    panes.finish(2, 100, 1_500, 500);
    assert_eq!(
        panes.ranked(SidebarRank::Speed),
        "CAB",
        "no full second yet: nothing to compare"
    );
    panes.clock(1_000);
    assert_eq!(panes.ranked(SidebarRank::Speed), "*BCA");
    // A grows three times as fast from here on, and is faster long before the next full second.
    panes.stream(0, 6, 998..1_900);
    panes.clock(1_900);
    assert_eq!(panes.ranked(SidebarRank::Speed), "*BCA");
    panes.clock(2_000);
    assert_eq!(panes.ranked(SidebarRank::Speed), "*ACB");
}

#[test]
fn a_total_that_grows_ranks_after_those_that_are_settled() {
    let mut panes = Panes::asked(3);
    panes.clock(300);
    panes.stream(0, 1, 100..298);
    panes.finish(1, 100, 1_000, 9_000);
    assert_eq!(panes.ranked(SidebarRank::Total), "BAC");
}

#[test]
fn speeds_of_two_clocks_are_not_mixed() {
    let mut panes = Panes::asked(2);
    panes.finish(0, 100, 4_000, 500);
    panes.stream(1, 1, 100..400);
    let end = End {
        usage: Usage {
            completion_tokens: Some(600),
            ..Usage::default()
        },
        ..End::bare(EndState::Complete)
    };
    panes.tell(1, StreamEvent::End(Box::new(end)));
    let palette = Palette::new(&Theme::default(), ColorDepth::None);
    let ranking = Ranking::of(&panes.model, &palette);
    assert!(ranking.by_wall);
    let speed = ranking.rows[0].figure(SidebarRank::Speed).expect("a speed");
    // 800 tokens in 39 ms of arrivals, without those of the first of 40 deltas.
    assert!((speed.value - 20_000.0).abs() < 1.0, "{speed:?}");
}

#[test]
fn bars_compare_with_the_best_whichever_way_is_better() {
    let mut panes = Panes::asked(3);
    panes.finish(0, 100, 1_000, 500);
    panes.finish(1, 400, 2_000, 250);
    let palette = Palette::new(&Theme::default(), ColorDepth::None);
    let mut shares = |rank| -> Vec<f64> {
        panes.model.sidebar_rank = rank;
        let ranking = Ranking::of(&panes.model, &palette);
        let best = ranking.best(rank).expect("two have it");
        ranking.rows.iter().map(|r| r.share(rank, best)).collect()
    };
    assert_eq!(shares(SidebarRank::Speed), [1.0, 0.5, 0.0]);
    assert_eq!(shares(SidebarRank::Ttft), [1.0, 0.25, 0.0]);
    assert_eq!(shares(SidebarRank::Total), [1.0, 0.5, 0.0]);
}

#[test]
fn what_looks_equal_ranks_equal() {
    for (value, digits, shown) in [
        (3_000.4, 4, 3_000.0),
        (2_871.6, 4, 2_872.0),
        (0.010_94, 3, 0.010_9),
        (0.0, 4, 0.0),
    ] {
        let got = super::as_shown(value, digits);
        assert!((got - shown).abs() < 1e-9, "{value}: {got}");
    }
    assert!(super::as_shown(f64::INFINITY, 4).is_infinite());
}
