//! Pictures of answers over their budget: below the text, in the title while they run, and counted in the sidebar.

use std::time::Duration;

use waferdeck::{
    app::SidebarView,
    chat::{AnswerId, Attempt, BudgetOn, EndState, FailureKind, StreamEvent, Variant},
};

use super::{assert_clean, check};
use crate::stage::{Stage, failure};

/// Two panes; the second allows 300 ms to the first token, the first one all of 2 s.
fn two() -> (Stage, Vec<AnswerId>) {
    let variant = |model: &str, limit, on| {
        let mut variant = Variant::new("cerebras", model);
        variant.params.budget_ms = Some(limit);
        variant.params.budget_on = Some(on);
        variant
    };
    let mut stage = Stage::comparing(vec![
        variant("gpt-oss-120b", 2_000, BudgetOn::E2e),
        variant("qwen-3.8-27b", 300, BudgetOn::Ttft),
    ]);
    let answers = stage.broadcast("Explain merge sort");
    (stage, answers)
}

fn refused() -> StreamEvent {
    StreamEvent::Retry {
        attempt: Attempt {
            status: Some(429),
            error: failure(FailureKind::Quota, "429: too many requests", "wait"),
            wait: Duration::from_millis(2_500),
        },
        next: 2,
        most: 5,
    }
}

#[test]
fn a_breach_is_seen_while_no_token_has_come() {
    let (mut stage, answers) = two();
    stage.clock(300);
    assert!(!stage.draw(120, 30).with_styles().contains("budget:"));
    stage.text(answers[0], "It splits, sorts and merges.");
    stage.clock(640);
    check("budget-live@120x30", &stage.draw(120, 30).with_styles());
    for (width, height) in [(40, 12), (80, 24), (20, 5)] {
        assert_clean(&stage.draw(width, height));
    }
}

#[test]
fn a_breach_stays_below_its_answer_and_is_counted() {
    let (mut stage, answers) = two();
    stage.event(answers[0], refused());
    stage.event(answers[0], StreamEvent::Sent { number: 2 });
    stage.clock(802);
    stage.text(answers[1], "It splits, sorts and merges.");
    stage.end(answers[1], EndState::Complete);
    stage.text(answers[0], "It splits, sorts and merges.");
    stage.end(answers[0], EndState::Complete);
    check("budget-over@140x40", &stage.draw(140, 40).with_styles());
    stage.model.focused = 1;
    stage.model.sidebar_view = Some(SidebarView::Pane);
    check("budget-pane@140x50", &stage.draw(140, 50).with_styles());
    stage.model.settings.sidebar_width = Some(24);
    check("budget-narrow@140x50", &stage.draw(140, 50).with_styles());
    for (width, height) in [(40, 12), (80, 24), (20, 5)] {
        assert_clean(&stage.draw(width, height));
    }
}
