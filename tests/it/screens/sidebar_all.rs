//! Pictures of all panes compared: every figure where there is room, the first of them where there is less, and the
//! quotas of the models that they ask.

use std::time::Duration;

use ratatui::layout::Rect;
use waferdeck::{
    app::{Msg, SidebarView},
    chat::{
        Bucket, Delta, End, EndState, Limits, Prices, Quota, StreamEvent, Tiling, Unit, Variant,
    },
    metrics::{Channel, ServerTime, Usage},
};

use super::{PROMPT, assert_clean, check};
use crate::stage::Stage;

const WIDTHS: [u16; 4] = [24, 36, 44, 60];

/// Three panes of two models with quotas of their own: one that thought, one that did not, one that still streams.
fn three() -> Stage {
    let mut stage = Stage::comparing(vec![
        Variant::new("cerebras", "gpt-oss-120b"),
        Variant::new("cerebras", "zai-glm-4.7"),
        Variant::new("cerebras", "zai-glm-4.7"),
    ]);
    stage.model.sidebar_view = Some(SidebarView::All);
    stage.model.tiling = Tiling::Tabs;
    let answers = stage.broadcast(PROMPT);
    stage.clock(900);
    let quota = |unit, limit, remaining| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    };
    for (&answer, requests) in answers.iter().zip([28, 9]) {
        let limits = Limits(vec![
            quota(Unit::Requests, 30, requests),
            quota(Unit::Tokens, 64_000, requests * 2_000),
        ]);
        stage.quota(answer, &limits);
    }
    for (place, &answer) in (0..).zip(&answers) {
        let deltas = (0..100_u64).map(|i| {
            let channel = if place == 0 && i < 40 {
                Channel::Reasoning
            } else {
                Channel::Content
            };
            StreamEvent::Delta(Delta {
                channel,
                text: "abcd ".repeat(6),
                at: Duration::from_micros(140_000 + place * 31_000 + i * (3_000 + place * 700)),
            })
        });
        let events = deltas.collect();
        stage.tell(Msg::Stream { answer, events });
    }
    for (&answer, completion) in answers.iter().zip([290, 420]) {
        let end = End {
            usage: Usage {
                prompt_tokens: Some(1_072),
                completion_tokens: Some(720),
                cached_tokens: Some(0),
                reasoning_tokens: Some(0),
                total_tokens: None,
                odd: false,
            },
            server: ServerTime {
                completion: Some(Duration::from_millis(completion)),
                ..ServerTime::default()
            },
            e2e: Duration::from_millis(completion + 260),
            prices: Some(Prices {
                input: 0.35,
                output: 0.75,
            }),
            ..End::bare(EndState::Complete)
        };
        stage.event(answer, StreamEvent::End(Box::new(end)));
    }
    stage
}

#[test]
fn every_figure_stands_where_there_is_room_and_the_quotas_below() {
    let mut stage = three();
    for width in WIDTHS {
        stage.model.settings.sidebar_width = Some(width);
        let screen = stage.draw(160, 30);
        let picture = screen.part(Rect::new(160 - width, 1, width, 29));
        assert_clean(&picture);
        let name = format!("sidebar-all@{width}");
        check(&name, &picture.without_styles());
    }
}

#[test]
fn fewer_rows_take_the_air_and_then_the_quotas() {
    let mut stage = three();
    stage.model.settings.sidebar_width = Some(60);
    let mut text = |height| {
        let screen = stage.draw(160, height);
        screen.part(Rect::new(100, 1, 60, height - 1)).rows()
    };
    let has = |rows: &[String], word: &str| rows.iter().any(|row| row.contains(word));
    let gauges = |rows: &[String]| rows.iter().filter(|r| r.contains("LEFT")).count();
    let tall = text(26);
    assert_eq!(gauges(&tall), 2, "{tall:#?}");
    assert!(has(&tall, "out tok"), "{tall:#?}");
    let low = text(15);
    assert!(gauges(&low) < 2, "{low:#?}");
    assert!(has(&low, "out tok"), "{low:#?}");
}

#[test]
fn many_panes_have_one_row_each_with_the_figures_that_rank() {
    let mut stage = Stage::comparing(vec![Variant::new("cerebras", "gpt-oss-120b"); 8]);
    stage.model.tiling = Tiling::Tabs;
    stage.model.settings.sidebar_width = Some(60);
    let rows = stage.draw(160, 16).rows();
    let has = |word: &str| rows.iter().any(|row| row.contains(word));
    assert!(has("TTFT ms total s") && !has("out tok"), "{rows:#?}");
}

#[test]
fn panes_of_one_model_share_a_quota_without_a_name() {
    let mut stage = Stage::comparing(vec![Variant::new("cerebras", "gpt-oss-120b"); 2]);
    stage.model.sidebar_view = Some(SidebarView::All);
    let answers = stage.broadcast(PROMPT);
    let limits = Limits(vec![Quota {
        unit: Unit::Requests,
        bucket: Bucket::Minute,
        limit: Some(30),
        remaining: Some(12),
        reset: None,
    }]);
    stage.quota(answers[0], &limits);
    stage.model.settings.sidebar_width = Some(44);
    let rows = stage.draw(160, 30).rows();
    let headings = rows.iter().filter(|row| row.contains("LEFT THIS MINUTE"));
    let headings: Vec<_> = headings.collect();
    assert_eq!(headings.len(), 1, "{rows:#?}");
    assert!(!headings[0].contains("gpt-oss"), "{headings:?}");
    assert!(rows.iter().any(|row| row.contains("12 of 30")), "{rows:#?}");
}
