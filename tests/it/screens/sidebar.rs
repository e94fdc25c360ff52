//! Pictures of the sidebar at its narrowest, a usual and its largest width: one pane in depth, and all panes ranked.
//! They show the sidebar alone; what stands beside it is shown in the other pictures.

use std::time::Duration;

use ratatui::layout::Rect;
use waferdeck::{
    app::Msg,
    chat::{
        AnswerId, Attempt, Bucket, Connection, Delta, Effort, End, EndState, FailureKind, FellBack,
        Limits, Quota, StreamEvent, Tiling, Unit, Variant,
    },
    metrics::{Channel, ServerTime, Usage},
};

use super::check;
use crate::stage::{Picture, Stage, failure};

/// The widths that every view is looked at.
const WIDTHS: [u16; 3] = [24, 36, 60];
const SCREEN: (u16, u16) = (160, 40);

/// The sidebar of a screen, without the line at the top.
fn sidebar(stage: &mut Stage, width: u16, height: u16) -> Picture {
    stage.model.settings.sidebar_width = Some(width);
    let screen = stage.draw(SCREEN.0, height);
    screen.part(Rect::new(SCREEN.0 - width, 1, width, height - 1))
}

fn check_widths(name: &str, stage: &mut Stage) {
    for width in WIDTHS {
        let picture = sidebar(stage, width, SCREEN.1);
        let name = format!("sidebar-{name}@{width}");
        match width {
            36 => check(&name, &picture.with_styles()),
            _ => check(&name, &picture.without_styles()),
        }
    }
}

/// How an answer comes: its first text after `ttft` milliseconds, half of it reasoning, then `speed` tokens a second.
#[derive(Clone, Copy)]
struct Pace {
    ttft: u64,
    speed: u64,
    tokens: u64,
}

const BYTES_PER_TOKEN: u64 = 4;
const TOKENS_PER_DELTA: u64 = 8;

/// Sends a prompt to all panes that broadcasts reach.
fn broadcast(stage: &mut Stage, prompt: &str) -> Vec<AnswerId> {
    stage.write(prompt);
    let answers = stage.submit();
    stage.tell(Msg::Saved {
        answers: answers.clone(),
    });
    for &answer in &answers {
        stage.event(answer, StreamEvent::Sent { number: 1 });
    }
    answers
}

impl Pace {
    const fn new(ttft: u64, speed: u64, tokens: u64) -> Self {
        Self {
            ttft,
            speed,
            tokens,
        }
    }

    fn micros_to(self, tokens: u64) -> u64 {
        self.ttft * 1_000 + tokens * 1_000_000 / self.speed
    }

    /// What has come `millis` after sending, a little faster and slower by turns.
    fn play(self, stage: &mut Stage, answer: AnswerId, millis: u64) {
        let deltas = self.tokens / TOKENS_PER_DELTA;
        let events = (0..deltas).filter_map(|i| {
            let wobble = (i % 40).abs_diff(20) * 6_000_000 / self.speed / 20;
            let at = self.micros_to(i * TOKENS_PER_DELTA) + wobble;
            let channel = if i < deltas / 4 {
                Channel::Reasoning
            } else {
                Channel::Content
            };
            let text = "abc ".repeat(usize::try_from(TOKENS_PER_DELTA).expect("small"));
            assert_eq!(text.len() as u64, TOKENS_PER_DELTA * BYTES_PER_TOKEN);
            (at <= millis * 1_000).then(|| {
                StreamEvent::Delta(Delta {
                    channel,
                    text,
                    at: Duration::from_micros(at),
                })
            })
        });
        let events = events.collect();
        stage.tell(Msg::Stream { answer, events });
    }

    fn finish(self, stage: &mut Stage, answer: AnswerId) {
        self.end(stage, answer, true);
    }

    /// The whole answer; `server` tells whether the server reports its times.
    fn end(self, stage: &mut Stage, answer: AnswerId, server: bool) {
        self.play(stage, answer, u64::MAX / 1_000);
        let us = Duration::from_micros;
        let completion = self.tokens * 1_000_000 / self.speed;
        let server_time = ServerTime {
            queue: Some(us(412)),
            prompt: Some(us(3_210)),
            completion: Some(us(completion)),
            total: Some(us(completion + 5_000)),
            odd: false,
        };
        let e2e = us(self.micros_to(self.tokens) + 12_000);
        let end = End {
            usage: Usage {
                prompt_tokens: Some(1_072),
                completion_tokens: Some(self.tokens),
                cached_tokens: Some(1_024),
                reasoning_tokens: Some(self.tokens / 4),
                total_tokens: None,
                odd: false,
            },
            server: if server {
                server_time
            } else {
                ServerTime::default()
            },
            e2e,
            waited: e2e + us(740_000),
            connection: Some(Connection::Reused),
            ..End::bare(EndState::Complete)
        };
        stage.event(answer, StreamEvent::End(Box::new(end)));
    }
}

/// An attempt that was refused; another follows.
fn refused(next: u32) -> StreamEvent {
    StreamEvent::Retry {
        attempt: Attempt {
            status: Some(429),
            error: failure(FailureKind::Quota, "429: too many requests", "wait"),
            wait: Duration::from_millis(2_500),
        },
        next,
        most: 5,
    }
}

fn one() -> (Stage, AnswerId) {
    let mut stage = Stage::new();
    let answer = broadcast(&mut stage, "Explain merge sort")[0];
    (stage, answer)
}

const FAST: Pace = Pace::new(168, 2_871, 2_400);

#[test]
fn one_pane_before_anything_was_asked() {
    check_widths("empty", &mut Stage::new());
}

#[test]
fn one_pane_while_it_streams() {
    let (mut stage, answer) = one();
    stage.clock(700);
    FAST.play(&mut stage, answer, 700);
    check_widths("streaming", &mut stage);
}

#[test]
fn one_pane_that_finished() {
    let (mut stage, answer) = one();
    stage.event(answer, refused(2));
    let quota = |unit, limit, remaining| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    };
    let limits = Limits(vec![
        quota(Unit::Requests, 30, 28),
        quota(Unit::Tokens, 64_000, 55_120),
    ]);
    stage.quota(answer, &limits);
    stage.event(
        answer,
        StreamEvent::Accepted {
            request_id: None,
            limits,
            connection: None,
        },
    );
    stage.clock(1_100);
    FAST.finish(&mut stage, answer);
    check_widths("finished", &mut stage);
    // What does not fit goes in the order of importance: quota and request first.
    for height in [30, 24, 12] {
        let picture = sidebar(&mut stage, 30, height);
        check(
            &format!("sidebar-finished@30x{height}"),
            &picture.without_styles(),
        );
    }
}

#[test]
fn one_pane_that_failed() {
    let (mut stage, answer) = one();
    let reason = failure(FailureKind::Key, "key rejected (401)", "set another");
    stage.fail(answer, reason);
    check_widths("failed", &mut stage);
}

#[test]
fn no_time_of_the_server_is_no_zero() {
    let (mut stage, answer) = one();
    FAST.end(&mut stage, answer, false);
    check_widths("wall", &mut stage);
}

fn variant(model: &str, effort: Option<Effort>) -> Variant {
    let mut variant = Variant::new("cerebras", model);
    variant.params.effort = effort;
    variant
}

/// Four panes with one prompt: two fast ones of the same model, a slow one, and one that waits after a refusal.
fn four() -> (Stage, Vec<AnswerId>) {
    let mut stage = Stage::comparing(vec![
        variant("zai-glm-4.7", None),
        variant("gpt-oss-120b", Some(Effort::Low)),
        variant("gpt-oss-120b", Some(Effort::High)),
        variant("qwen-3-235b-a22b-instruct-2507", None),
    ]);
    stage.model.tiling = Tiling::Tabs;
    stage.model.focused = 1;
    let answers = broadcast(&mut stage, "Explain merge sort");
    (stage, answers)
}

#[test]
fn four_panes_ranked_by_each_figure() {
    let (mut stage, answers) = four();
    Pace::new(240, 1_040, 900).finish(&mut stage, answers[0]);
    Pace::new(168, 2_871, 2_400).finish(&mut stage, answers[1]);
    Pace::new(171, 2_790, 1_200).finish(&mut stage, answers[2]);
    Pace::new(96, 1_402, 1_100).finish(&mut stage, answers[3]);
    check_widths("four-speed", &mut stage);
    stage.keys("ctrl-x k");
    check_widths("four-ttft", &mut stage);
    stage.keys("ctrl-x k");
    check_widths("four-total", &mut stage);
    stage.keys("ctrl-x tab");
    let picture = sidebar(&mut stage, 36, SCREEN.1);
    assert!(picture.rows()[0].contains("B  gpt-oss-120b"));
}

#[test]
fn four_panes_in_the_midst_of_it() {
    let (mut stage, answers) = four();
    stage.clock(1_500);
    Pace::new(168, 1_871, 6_000).play(&mut stage, answers[0], 1_500);
    Pace::new(168, 2_871, 2_400).finish(&mut stage, answers[1]);
    stage.event(answers[2], refused(2));
    let reason = failure(FailureKind::Key, "key rejected (401)", "set another");
    stage.fail(answers[3], reason);
    check_widths("four-midst", &mut stage);
}

#[test]
fn what_the_mock_gives_in_the_place_of_another_has_no_rank() {
    let (mut stage, answers) = four();
    stage.event(
        answers[0],
        StreamEvent::FellBack(Box::new(FellBack {
            from: "cerebras".to_owned(),
            error: failure(FailureKind::Server, "the server is overloaded (503)", ""),
            profile: "mock".to_owned(),
            model: "gpt-oss-120b".to_owned(),
        })),
    );
    Pace::new(10, 300, 9_000).finish(&mut stage, answers[0]);
    for (answer, pace) in answers
        .iter()
        .skip(1)
        .zip([FAST, Pace::new(90, 900, 4_000)])
    {
        pace.finish(&mut stage, *answer);
    }
    check_widths("four-fallback", &mut stage);
    stage.model.focused = 0;
    stage.model.tiling = Tiling::Columns;
    let screen = stage.draw(200, 30).rows().join("\n");
    assert!(screen.contains("MOCK in A"), "{screen}");
    assert!(screen.contains("mock · 9,"), "{screen}");
}

#[test]
fn mock_mode_takes_no_figure_from_answers_of_before_and_names_the_mock_from_the_next_on() {
    let (mut stage, answers) = four();
    for answer in answers.iter().skip(1) {
        FAST.finish(&mut stage, *answer);
    }
    stage.model.mock_mode = true;
    for (width, height) in [(60, 15), (100, 30), (200, 50)] {
        let screen = stage.draw(width, height).rows().join("\n");
        assert!(screen.contains("MOCK NEXT"), "{screen}");
        assert!(!screen.contains("not asked"), "{screen}");
    }
    let figures = |stage: &mut Stage| {
        stage
            .draw(200, 50)
            .rows()
            .join("\n")
            .matches("2,871")
            .count()
    };
    FAST.finish(&mut stage, answers[0]);
    let with = figures(&mut stage);
    let screen = stage.draw(60, 15).rows().join("\n");
    assert!(
        screen.contains(" MOCK ") && !screen.contains("NEXT"),
        "{screen}"
    );
    stage.model.mock_mode = false;
    assert!(with >= 4, "one of each pane");
    assert_eq!(with, figures(&mut stage));
}

#[test]
fn stopped_and_muted_panes_say_so() {
    let (mut stage, answers) = four();
    stage.clock(800);
    for (answer, pace) in answers.iter().zip([FAST, Pace::new(90, 900, 4_000)]) {
        pace.play(&mut stage, *answer, 800);
    }
    stage.event(
        answers[0],
        StreamEvent::End(Box::new(End::bare(EndState::Stopped))),
    );
    stage.model.panes[3].muted = true;
    stage.keys("ctrl-x k");
    check_widths("four-stopped", &mut stage);
}

#[test]
fn one_clock_for_all_speeds() {
    let (mut stage, answers) = four();
    for (answer, server) in answers.iter().zip([true, false, true, true]) {
        FAST.end(&mut stage, *answer, server);
    }
    check_widths("four-wall", &mut stage);
}

fn many(count: u64) -> Stage {
    let variants = (0..count).map(|i| variant(&format!("model-of-a-long-name-{i}"), None));
    let mut stage = Stage::comparing(variants.collect());
    stage.model.tiling = Tiling::Tabs;
    let answers = broadcast(&mut stage, "Explain merge sort");
    for (i, answer) in (0..).zip(answers) {
        Pace::new(100 + i * 7 % 31, 3_000 - i * 37, 800).finish(&mut stage, answer);
    }
    stage
}

#[test]
fn sixteen_panes() {
    check_widths("sixteen", &mut many(16));
}

#[test]
fn sixty_four_panes_are_cut_and_the_focused_one_stays() {
    let mut stage = many(64);
    stage.model.focused = 63;
    for width in WIDTHS {
        let rows = sidebar(&mut stage, width, 24).rows();
        let text = rows.join("\n");
        assert!(text.contains("★A"), "{text}");
        assert!(text.contains("# "), "{text}");
        assert!(text.contains("more"), "{text}");
    }
    let picture = sidebar(&mut stage, 24, 24);
    check("sidebar-sixty-four@24x24", &picture.without_styles());
}

#[test]
fn no_number_is_cut_at_any_width() {
    let (mut stage, answer) = one();
    Pace::new(12_345, 12_345, 123_456).finish(&mut stage, answer);
    for width in 24..=60 {
        let text = sidebar(&mut stage, width, 60).rows().join("\n");
        for number in ["12,345", "123,456", "30,864", "1,072", "22.36", "10.00"] {
            assert!(text.contains(number), "{number} at {width}:\n{text}");
        }
    }
}

#[test]
fn without_room_beside_the_panes_the_sidebar_lies_over_them() {
    let (mut stage, answer) = one();
    Pace::new(2_000, 2_000, 4_000).finish(&mut stage, answer);
    stage.draw(60, 15);
    stage.keys("ctrl-x tab tab tab");
    let picture = stage.draw(60, 15);
    super::assert_clean(&picture);
    check("sidebar-over-diagnostics@60x15", &picture.without_styles());
    stage.keys("esc");
    stage.draw(95, 30);
    for (keys, shown) in [
        ("ctrl-x b", "DIAGNOSTICS"),
        ("esc ctrl-x k", "PANES BY SPEED"),
        ("r", "PANES BY TTFT"),
        ("tab", "SPEED"),
    ] {
        stage.keys(keys);
        let text = stage.draw(95, 30).rows().join("\n");
        assert!(text.contains(shown), "{shown} after {keys}:\n{text}");
        assert!(text.contains("from 96 columns on"), "{text}");
    }
    stage.keys("esc");
    stage.draw(96, 11);
    stage.keys("ctrl-x b");
    let text = stage.draw(96, 11).rows().join("\n");
    assert!(text.contains("from 12 rows on"), "{text}");
    stage.keys("esc");
    stage.draw(96, 12);
    stage.keys("ctrl-x b");
    assert!(!stage.model.settings.sidebar);
}

#[test]
fn panes_come_before_the_sidebar() {
    let (mut stage, _) = four();
    stage.model.tiling = Tiling::Columns;
    // Four columns of 36 and their rules are 147 wide: a sidebar of 24 fits from 171 on.
    stage.draw(170, 30);
    stage.keys("ctrl-x b");
    let text = stage.draw(170, 30).rows().join("\n");
    assert!(text.contains("makes room beside one pane"), "{text}");
    stage.keys("esc");
    let text = stage.draw(170, 30).rows().join("\n");
    assert!(!text.contains("PANES BY"));
    let text = stage.draw(171, 30).rows().join("\n");
    assert!(text.contains("PANES BY SPEED"), "{text}");
    stage.keys("ctrl-x z");
    let text = stage.draw(170, 30).rows().join("\n");
    assert!(text.contains("PANES BY SPEED"), "{text}");
}

#[test]
fn every_size_keeps_its_margin_and_the_focused_pane() {
    for count in [1, 4, 16, 64] {
        let mut stage = many(count);
        stage.model.panes[0].variant.model =
            "a \u{1b}[2J\u{202e} 日本語の長い名前 model".to_owned();
        stage.model.focused = stage.model.panes.len() - 1;
        for keys in ["ctrl-x k", "ctrl-x k", "ctrl-x k", "ctrl-x tab"] {
            stage.keys(keys);
            for (width, height) in [(24, 12), (29, 40), (36, 13), (48, 20), (49, 12), (60, 30)] {
                let picture = sidebar(&mut stage, width, height);
                let rows = picture.rows();
                let text = rows.join("\n");
                assert!(
                    rows.iter().all(|r| r.starts_with("│ ") && r.ends_with(' ')),
                    "{text}"
                );
                let letter = stage.model.pane().letter;
                assert!(text.contains(&format!("{letter} ")), "{letter}:\n{text}");
                super::assert_clean(&picture);
            }
        }
    }
}
