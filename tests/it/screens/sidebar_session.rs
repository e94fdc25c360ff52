//! Pictures of what the sidebar says of the session, of what the figures mean, and of the marks where text stalled.

use std::time::Duration;

use ratatui::layout::Rect;
use waferdeck::{
    app::{Msg, SidebarView},
    chat::{Bucket, Delta, End, EndState, Limits, Quota, StreamEvent, Unit, Variant},
    metrics::{Channel, ServerTime, Usage},
};

use super::{assert_clean, check};
use crate::stage::Stage;

const WIDTHS: [u16; 3] = [24, 36, 60];

fn us(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// Answers of 60 deltas, each a little slower than the one before.
pub(super) fn answered(count: u64) -> Stage {
    let mut stage = Stage::new();
    for place in 0..count {
        let answer = stage.ask("Explain merge sort");
        let ttft = 120_000 + place * place % 97 * 2_400;
        let gap = 2_000 + place % 13 * 180;
        let deltas = (0..60).map(|i| {
            let pause = if i % 20 == 19 { gap * 4 } else { 0 };
            StreamEvent::Delta(Delta {
                channel: Channel::Content,
                text: "abcd ".repeat(6),
                at: us(ttft + i * gap + pause),
            })
        });
        let events = deltas.collect();
        stage.tell(Msg::Stream { answer, events });
        let end = End {
            usage: Usage {
                prompt_tokens: Some(1_072),
                completion_tokens: Some(420),
                cached_tokens: Some(0),
                reasoning_tokens: Some(0),
                total_tokens: None,
                odd: false,
            },
            server: ServerTime {
                completion: Some(us(gap * 60)),
                ..ServerTime::default()
            },
            e2e: us(ttft + gap * 64),
            waited: us(ttft + gap * 64),
            ..End::bare(EndState::Complete)
        };
        stage.event(answer, StreamEvent::End(Box::new(end)));
    }
    stage
}

#[test]
fn a_session_has_percentiles_where_there_are_samples_for_them() {
    for (count, name) in [(3, "few"), (40, "some"), (120, "many")] {
        let mut stage = answered(count);
        stage.model.sidebar_view = Some(SidebarView::Session);
        for width in WIDTHS {
            stage.model.settings.sidebar_width = Some(width);
            let screen = stage.draw(160, 30);
            let picture = screen.part(Rect::new(160 - width, 1, width, 29));
            assert_clean(&picture);
            if name == "many" || width == 24 {
                let name = format!("sidebar-session-{name}@{width}");
                check(&name, &picture.without_styles());
            }
        }
    }
}

#[test]
fn a_session_without_answers_says_so() {
    let mut stage = Stage::new();
    stage.model.sidebar_view = Some(SidebarView::Session);
    let text = stage.draw(160, 30).rows().join("\n");
    assert!(text.contains("no answer has ended yet"), "{text}");
}

#[test]
fn one_pane_in_all_its_depth() {
    let mut stage = answered(120);
    let quota = |unit, limit, remaining| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    };
    let limits = Limits(vec![
        quota(Unit::Requests, 30, 9),
        quota(Unit::Tokens, 64_000, 55_120),
    ]);
    let answer = stage.ask("Explain merge sort");
    stage.quota(answer, &limits);
    stage.text(answer, "It splits, sorts and merges.");
    stage.end(answer, EndState::Complete);
    let picture = stage.draw(200, 50);
    check(
        "sidebar-depth@200x50",
        &picture.part(Rect::new(150, 1, 50, 49)).with_styles(),
    );
    for (width, height) in [(200, 50), (100, 30), (60, 15), (96, 12)] {
        assert_clean(&stage.draw(width, height));
    }
    stage.draw(60, 15);
    stage.keys("ctrl-x b");
    check("sidebar-over@60x15", &stage.draw(60, 15).without_styles());
}

#[test]
fn every_figure_is_defined_one_key_away() {
    let mut stage = answered(1);
    stage.keys("f3");
    check("definitions@100x30", &stage.draw(100, 30).with_styles());
    check("definitions@40x12", &stage.draw(40, 12).without_styles());
    stage.draw(100, 30);
    stage.write("tpot");
    check(
        "definitions-found@100x30",
        &stage.draw(100, 30).without_styles(),
    );
    stage.write(" of another kind");
    let text = stage.draw(100, 30).rows().join("\n");
    assert!(
        text.contains("no figure matches tpot of another kind"),
        "{text}"
    );
    stage.keys("ctrl-u end");
    let text = stage.draw(100, 30).rows().join("\n");
    assert!(
        text.contains("time between two deltas that follow"),
        "{text}"
    );
    for (width, height) in [(20, 5), (30, 8), (60, 15), (200, 50)] {
        assert_clean(&stage.draw(width, height));
    }
}

#[test]
fn a_dash_has_its_reason_beside_its_definition() {
    let mut stage = answered(1);
    stage.keys("f3");
    stage.write("prefill");
    let text = stage.draw(100, 30).rows().join("\n");
    assert!(text.contains("– the server did not report it"), "{text}");
}

/// An answer whose text stalls twice, in the second paragraph and in a row of its own.
fn stalled() -> Stage {
    let mut stage = Stage::on_mock();
    let answer = stage.ask("Explain merge sort");
    let pieces = [
        ("It splits the list in two, ", 100),
        ("sorts both halves and merges them.\n\n", 140),
        ("Each merge is linear, ", 1_940),
        ("and there are log n of them.\n\n", 1_960),
        ("```rust\nfn merge() {}\n", 2_000),
        ("fn sort() {}\n```\n", 3_600),
        ("Done", 3_610),
    ];
    for (text, at) in pieces {
        let delta = Delta {
            channel: Channel::Content,
            text: text.to_owned(),
            at: Duration::from_millis(at),
        };
        stage.event(answer, StreamEvent::Delta(delta));
    }
    stage.clock(3_700);
    stage.end(answer, EndState::Complete);
    stage
}

#[test]
fn a_stall_is_marked_where_text_went_on() {
    let mut stage = stalled();
    check("stalls@80x24", &stage.draw(80, 24).with_styles());
    let marked = stage.draw(80, 24).rows();
    let narrow = stage.draw(30, 24).rows().join("\n");
    assert!(narrow.contains('⋯'), "{narrow}");
    stage.keys("tab u");
    let raw = stage.draw(80, 24).rows().join("\n");
    assert!(raw.contains(" 1.80 s") && raw.contains(" 1.60 s"), "{raw}");
    stage.keys("u");
    stage.model.settings.stall = None;
    let plain = stage.draw(80, 24).rows();
    assert!(!plain.join("\n").contains('⋯'));
    let unmarked = ["1.80 s", "1.60 s", "⋯"];
    let text = |row: &String| {
        unmarked.iter().fold(row.clone(), |row, mark| {
            row.replace(mark, &" ".repeat(mark.chars().count()))
        })
    };
    let same = marked.iter().zip(&plain).filter(|(a, b)| text(a) == **b);
    assert!(same.count() >= 22, "marks take no room");
}

#[test]
fn a_mark_stands_where_something_is_seen_and_says_how_long() {
    let mut stage = Stage::on_mock();
    let answer = stage.ask("Tell me of foxes");
    let words = "The quick brown fox jumps over the dogs ";
    let pieces = [
        (words.repeat(3), 100),
        ("\n\nSecond paragraph here. ".to_owned(), 1_600),
        (words.repeat(5), 1_610),
        ("third. ".to_owned(), 4_810),
        (words.repeat(3), 4_820),
    ];
    for (text, at) in pieces {
        let delta = Delta {
            channel: Channel::Content,
            text,
            at: Duration::from_millis(at),
        };
        stage.event(answer, StreamEvent::Delta(delta));
    }
    stage.end(answer, EndState::Complete);
    let rows = stage.draw(80, 30).rows();
    let place = |what: &str| {
        rows.iter()
            .position(|row| row.contains(what))
            .unwrap_or_else(|| panic!("{rows:#?}"))
    };
    let marked: Vec<_> = (0..rows.len())
        .filter(|&row| rows[row].starts_with(" ⋯"))
        .collect();
    assert_eq!(
        marked,
        [place("Second paragraph"), place("third.")],
        "{rows:#?}"
    );
    // Their own rows are full, and so are those between them.
    assert_eq!(place("⋯ 1.50 s ⋯ 3.20 s"), marked[1] + 1, "{rows:#?}");
    stage.model.settings.stall = Some(Duration::from_secs(2));
    let rows = stage.draw(80, 30).rows().join("\n");
    assert!(
        rows.contains("⋯ 3.20 s") && !rows.contains("1.50 s"),
        "{rows}"
    );
}

#[test]
fn a_threshold_above_all_gaps_marks_nothing() {
    let mut stage = stalled();
    stage.model.settings.stall = Some(Duration::from_secs(2));
    let text = stage.draw(80, 24).rows().join("\n");
    assert!(!text.contains('⋯'), "{text}");
}

#[test]
fn equal_streams_keep_their_places() {
    let variants = vec![Variant::new("cerebras", "gpt-oss-120b"); 3];
    let mut stage = Stage::comparing(variants);
    stage.model.tiling = waferdeck::chat::Tiling::Tabs;
    let answers = stage.broadcast("Explain merge sort");
    let order = |stage: &mut Stage| -> String {
        let rows = stage.draw(160, 40).rows();
        let letter = |row: &String| {
            row.rsplit('│')
                .next()?
                .trim_start_matches([' ', '★'])
                .chars()
                .next()
        };
        let rows = rows
            .iter()
            .filter(|row| row.contains("gpt-oss-120b") && row.contains('~'));
        rows.filter_map(letter)
            .filter(|l| "ABC".contains(*l))
            .collect()
    };
    let mut orders = Vec::new();
    for second in 0..6_u64 {
        for tenth in 0..10 {
            let millis = 100 + second * 1_000 + tenth * 100;
            for (place, answer) in (0_u64..).zip(&answers) {
                // Each in turn is two in a hundred faster.
                let more = usize::from(second % 3 == place) * 4;
                let delta = Delta {
                    channel: Channel::Content,
                    text: "a".repeat(200 + more),
                    at: Duration::from_millis(millis),
                };
                stage.event(*answer, StreamEvent::Delta(delta));
            }
            stage.clock(millis);
            orders.push(order(&mut stage));
        }
    }
    assert!(
        orders.iter().skip(5).all(|order| order == "ABC"),
        "{orders:?}"
    );
}
