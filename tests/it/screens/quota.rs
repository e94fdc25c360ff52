//! The quota on screen: what a draft would meet in each of the four settings, and the pane that waits, was shrunk or refused.
//! What the figures are is tested with the model.

use std::time::Duration;

use waferdeck::{
    chat::{
        Bucket, End, EndState, Failure, FailureKind, Held, Limits, Quota, StreamEvent, Unit,
        Variant, Wait, quota::WhenFull,
    },
    provider::embedded_limits,
};

use super::{PROMPT, check};
use crate::stage::Stage;

const WHEN_FULL: [(&str, WhenFull); 4] = [
    ("shrink", WhenFull::Shrink),
    ("stagger", WhenFull::Stagger),
    ("warn", WhenFull::Warn),
    ("send", WhenFull::Send),
];

/// Four panes that ask one model, on the documented quotas of the free trial.
fn on_the_free_trial(when_full: WhenFull) -> Stage {
    let mut stage = Stage::comparing(vec![Variant::new("cerebras", "gpt-oss-120b"); 4]);
    let preset = embedded_limits().find("free-trial", "gpt-oss-120b");
    let preset = preset.expect("the free trial").clone();
    for profile in &mut stage.model.profiles {
        profile.allowance.presets = vec![(preset.model.clone(), preset.limits.clone())];
        profile.when_full = when_full;
    }
    stage
}

fn check_sizes(name: &str, stage: &mut Stage) {
    for (width, height) in [(160, 24), (100, 24), (60, 15)] {
        let picture = stage.draw(width, height);
        check(
            &format!("{name}@{width}x{height}"),
            &picture.without_styles(),
        );
    }
}

#[test]
fn what_a_draft_would_meet() {
    for (word, when_full) in WHEN_FULL {
        let mut stage = on_the_free_trial(when_full);
        stage.write(PROMPT);
        check_sizes(&format!("quota-draft-{word}"), &mut stage);
    }
}

#[test]
fn what_was_sent_and_did_not_fit() {
    for (word, when_full) in WHEN_FULL {
        let mut stage = on_the_free_trial(when_full);
        if when_full == WhenFull::Warn {
            // Asked for once, it is told and not sent.
            stage.write(PROMPT);
            stage.keys("enter");
            check_sizes("quota-sent-warn", &mut stage);
            continue;
        }
        let answers = stage.broadcast(PROMPT);
        stage.clock(200);
        let last = *answers.last().expect("four answers");
        match when_full {
            WhenFull::Shrink => {
                stage.text(last, "Yes.");
                let end = End {
                    note: Some("at most 5,150 tokens: the quota had no room for more".to_owned()),
                    ..End::bare(EndState::Complete)
                };
                stage.event(last, StreamEvent::End(Box::new(end)));
            }
            WhenFull::Stagger | WhenFull::Warn => {
                let held = Held::Quota {
                    unit: Unit::Tokens,
                    bucket: Bucket::Minute,
                    limit: 30_000,
                };
                let left = Some(Duration::from_millis(6_600));
                stage.event(last, StreamEvent::Queued(Wait { held, left }));
                stage.clock(2_200);
            }
            WhenFull::Send => {
                let failure = Failure {
                    again: Some(Duration::from_mins(1)),
                    status: Some(429),
                    ..Failure::new(
                        FailureKind::Quota,
                        "429: Tokens per minute limit exceeded",
                        "works again in 60 s; lower max_completion_tokens",
                    )
                };
                stage.fail(last, failure);
                stage.clock(58_100);
            }
        }
        check_sizes(&format!("quota-sent-{word}"), &mut stage);
    }
}

#[test]
fn a_refusal_counts_down_until_it_works_again_and_then_rests() {
    let mut stage = on_the_free_trial(WhenFull::Send);
    stage.model.panes.truncate(1);
    let answer = stage.ask("Hello");
    let remedy = "works again in 2 s";
    let failure = Failure {
        again: Some(Duration::from_secs(2)),
        ..Failure::new(FailureKind::Quota, "429: too many requests", remedy)
    };
    stage.fail(answer, failure);
    stage.model.notices.clear();
    let begun = stage.model.now.mono;
    let says = |stage: &mut Stage, text: &str| {
        let rows = stage.draw(80, 24).rows();
        assert!(
            rows.iter().any(|r| r.contains(text)),
            "{text}\n{}",
            rows.join("\n")
        );
    };
    says(&mut stage, "works again in 2 s");
    assert_eq!(
        stage.model.next_tick(),
        Some(begun + Duration::from_secs(1))
    );
    let millis = u64::try_from(begun.as_millis()).expect("small");
    stage.clock(millis + 1_000);
    says(&mut stage, "works again in 1 s");
    stage.clock(millis + 2_000);
    says(&mut stage, "works again now");
    stage.clock(millis + 10_000);
    assert_eq!(stage.model.next_tick(), None);
}

#[test]
fn figures_say_where_they_come_from() {
    let mut stage = on_the_free_trial(WhenFull::Stagger);
    let top = |stage: &mut Stage| stage.draw(120, 24).rows().remove(0);
    assert!(top(&mut stage).contains("30k/30k tok preset  5/5 req preset"));
    for profile in &mut stage.model.profiles {
        profile.allowance.presets = vec![(
            "*".to_owned(),
            Limits(vec![Quota {
                unit: Unit::Tokens,
                bucket: Bucket::Minute,
                limit: Some(0),
                remaining: Some(7),
                reset: None,
            }]),
        )];
    }
    let odd = top(&mut stage);
    assert!(!odd.contains("tok") && !odd.contains("req"), "{odd}");
}
