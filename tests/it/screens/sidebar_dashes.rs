//! Dashes of the sidebar: each has its reason beside it, with several reasons it is said whose each is, and what is
//! shown contradicts nothing beside it.

use std::time::Duration;

use waferdeck::{
    chat::{AnswerId, End, EndState, FinishReason, Prices, StreamEvent, Variant},
    metrics::{Calls, Deltas, ServerTime, Usage},
};

use crate::stage::Stage;

fn usage(prompt: u64, cached: u64, completion: u64, reasoning: u64) -> Usage {
    Usage {
        prompt_tokens: Some(prompt),
        cached_tokens: Some(cached),
        completion_tokens: Some(completion),
        reasoning_tokens: Some(reasoning),
        total_tokens: None,
        odd: false,
    }
}

fn server(queue: u64, prompt: u64, completion: u64, total: u64) -> ServerTime {
    let ms = Duration::from_millis;
    ServerTime {
        queue: Some(ms(queue)),
        prompt: Some(ms(prompt)),
        completion: Some(ms(completion)),
        total: Some(ms(total)),
        odd: false,
    }
}

const CHEAP: Option<Prices> = Some(Prices {
    input: 1.0,
    output: 2.0,
});

/// The end of an answer of 599 ms.
fn end(usage: Usage, server: ServerTime, prices: Option<Prices>) -> End {
    End {
        usage,
        server,
        prices,
        e2e: Duration::from_millis(599),
        waited: Duration::from_millis(599),
        ..End::bare(EndState::Complete)
    }
}

/// What the sidebar shows of an answer with reasoning that ended so.
fn shown(end: End) -> String {
    shown_of("gpt-oss-120b", end)
}

fn shown_of(model: &str, end: End) -> String {
    let mut stage = Stage::comparing(vec![Variant::new("cerebras", model)]);
    let answer = stage.ask("Say something");
    stage.thought(
        answer,
        &"The quick brown fox jumps over the dogs ".repeat(8),
    );
    stage.text(
        answer,
        &"The quick brown fox jumps over the dogs ".repeat(32),
    );
    finished(&mut stage, answer, end)
}

fn finished(stage: &mut Stage, answer: AnswerId, end: End) -> String {
    stage.event(answer, StreamEvent::End(Box::new(end)));
    stage.model.settings.sidebar_width = Some(60);
    let rows = stage.draw(200, 60).rows();
    let part = rows.iter().map(|row| row.chars().skip(141).collect());
    let part: Vec<String> = part.collect();
    part.join("\n")
}

#[track_caller]
fn assert_told(text: &str, sentence: &str) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(text).contains(sentence), "{sentence}\n{text}");
}

#[test]
fn two_reasons_say_whose_they_are() {
    let ended = |cached| {
        let usage = usage(1_920, cached, 400, 80);
        end(usage, server(10, 20, 400, 440), None)
    };
    let text = shown_of("unlisted", ended(1_920));
    assert_told(&text, "– prefill: all of the prompt came out of the cache");
    assert_told(&text, "– cost: no price is known");
    assert_told(&shown_of("unlisted", ended(0)), "– no price is known");
    let one = shown(ended(1_920));
    assert_told(&one, "– all of the prompt came out of the cache");
}

#[test]
fn nothing_is_built_from_an_account_that_contradicts_itself() {
    for times in [
        server(300, 300, 400, 440),
        server(10, 20, 5_000, 5_050),
        server(10_000, 20_000, 400_000, 440_000),
    ] {
        let text = shown(end(usage(100, 0, 400, 80), times, CHEAP));
        for word in ["5,000 tok/s", "1,000 tok/s", "generation", "400 ms", "6:40"] {
            assert!(!text.contains(word), "{word}\n{text}");
        }
        assert_told(
            &text,
            "– what the server reported contradicts itself or what came",
        );
    }
    let nothing = shown(end(usage(0, 0, 0, 0), server(0, 0, 0, 0), CHEAP));
    for word in ["0.00 ms", " 0 tok", "generation"] {
        assert!(!nothing.contains(word), "{word}\n{nothing}");
    }
    assert_told(
        &nothing,
        "– TIME, in, cached, prefill, context, cost: the server reported a number that cannot be",
    );
}

#[test]
fn a_part_over_its_whole_takes_the_whole_with_it() {
    let text = shown(end(
        usage(100, 5_000, 400, 80),
        server(10, 20, 400, 440),
        CHEAP,
    ));
    assert_told(
        &text,
        "– what the server reported contradicts itself or what came",
    );
    assert!(!text.contains('$'), "{text}");
}

#[test]
fn reasoning_that_was_not_counted_is_a_share_of_the_output() {
    let text = shown(end(usage(100, 0, 31, 0), server(10, 20, 400, 440), CHEAP));
    assert_told(&text, "reasoning ~6 tok");
    assert_told(&text, "out 31 tok");
}

#[test]
fn a_tool_call_is_paid_for_and_has_no_steps() {
    let mut stage = Stage::new();
    let answer = stage.ask("Call it");
    let calls = Calls {
        first: Duration::from_millis(202),
        last: Duration::from_millis(300),
        first_bytes: 6,
        bytes: 13,
    };
    let ended = End {
        finish_reason: Some(FinishReason::ToolCalls),
        deltas: Deltas {
            count: Some(2),
            is_whole: false,
            calls: Some(calls),
        },
        ..end(usage(100, 0, 400, 80), server(10, 20, 250, 290), CHEAP)
    };
    let text = finished(&mut stage, answer, ended);
    assert_told(&text, "TTFT 202 ms");
    assert!(text.contains("$0.00090"), "{text}");
    assert_told(&text, "a delta – ");
    assert_told(&text, "it did not come step by step");
}

#[test]
fn what_our_side_did_not_keep_is_not_blamed_on_the_server() {
    let mut stage = Stage::new();
    let answer = stage.ask("Say something");
    stage.text(answer, "something");
    let ended = end(usage(100, 0, 400, 0), server(10, 20, 400, 440), CHEAP);
    stage.event(answer, StreamEvent::End(Box::new(ended)));
    stage.keys("f3");
    stage.draw(100, 30);
    stage.write("connection");
    let text = stage.draw(100, 30).rows().join("\n");
    assert!(
        text.contains("not kept by the version that wrote it"),
        "{text}"
    );
}
