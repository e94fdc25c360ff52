//! The documents that a session becomes.
//!
//! The worlds they play in are those of the tests of the store as a whole.

use super::*;
use crate::{
    chat::{
        Bucket, Budget, BudgetOn, Delta, End, Failure, FailureKind, FinishReason, Limits, Progress,
        Quota, StreamEvent, Unit,
    },
    metrics::{Channel, ServerTime, Usage},
    store::tests::world::{Dice, blank, session},
};

fn sample() -> Session {
    let mut session = blank(1);
    session.title = "Sorting\n# not a heading".to_owned();
    let mut turn = Dice::new(2).turn(None);
    turn.text = "Write a sort.\n```rust\nfn open(".to_owned();
    let id = turn.id;
    let mut answer = Answer::new(
        Dice::new(3).answer().id,
        Variant::new("mock", "gpt-oss-120b"),
        true,
        1,
        Duration::ZERO,
    );
    for (channel, text, millis) in [
        (Channel::Reasoning, "hmm", 168),
        (Channel::Content, "Here:\n\n~~~\ncode", 250),
    ] {
        let at = Duration::from_millis(millis);
        let text = text.to_owned();
        answer.apply(
            StreamEvent::Delta(Delta { channel, text, at }),
            Duration::ZERO,
        );
    }
    let failure = Failure::new(FailureKind::Network, "connection reset", "try again");
    let mut end = End::bare(EndState::CutShort(failure));
    end.e2e = Duration::from_millis(1520);
    end.finish_reason = Some(FinishReason::Stop);
    end.usage.completion_tokens = Some(40);
    answer.apply(StreamEvent::End(Box::new(end)), Duration::ZERO);
    if let Some(conversation) = session.conversations.first_mut() {
        conversation.add_turn(turn);
        conversation.add_answer(id, answer);
    }
    session
}

#[test]
fn markdown_is_a_transcript_to_read() {
    let text = markdown(&sample());
    let (head, rest) = text.split_once("\n\n").unwrap();
    assert_eq!(head, "# Sorting # not a heading");
    let (_, rest) = rest.split_once('\n').unwrap();
    let expected = "\n## You\n\nWrite a sort.\n```rust\nfn open(\n```\n\n## gpt-oss-120b (mock)\n\nHere:\n\n~~~\ncode\n~~~\n\n\
        **Partial: cut short, connection reset.**\n\n_TTFT 168 ms · 488 tok/s · 40 tokens · 1.52 s in all · mock_\n";
    assert_eq!(rest, expected.replace("488", &wall(&sample())));
    assert!(!text.contains("hmm"));
    assert!(markdown_with_reasoning(&sample()).contains("<summary>Reasoning</summary>\n\nhmm\n\n"));
}

#[test]
fn an_answer_that_was_asked_to_go_on_in_vain_is_still_cut() {
    let mut session = sample();
    let id = session.conversations[0].last_answer().unwrap().id;
    let answer = session.conversations[0].answer_mut(id).unwrap();
    answer.resume(false, Duration::ZERO);
    let end = Box::new(End::bare(EndState::Complete));
    answer.apply(StreamEvent::End(end), Duration::ZERO);
    let text = markdown(&session);
    let expected = "~~~\n\n**Asked to go on by a further turn after 15 bytes: nothing new came.**\n\n\
        **The text had been cut short, connection reset.**\n\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn where_several_profiles_answer_each_is_named() {
    let mut session = sample();
    let mut turn = Dice::new(5).turn(None);
    turn.text = "again".to_owned();
    let (id, answer) = (turn.id, Dice::new(6).answer().id);
    let variant = Variant::new("team", "gpt-oss-120b");
    turn.parent = session.conversations[0].last_answer().map(|a| a.id);
    session.conversations[0].add_turn(turn);
    let answer = Answer::new(answer, variant, false, 1, Duration::ZERO);
    session.conversations[0].add_answer(id, answer);
    let text = markdown(&session);
    assert!(text.contains("\n## gpt-oss-120b · mock (mock)\n"), "{text}");
    assert!(text.contains("\n## gpt-oss-120b · team\n"), "{text}");
}

#[test]
fn both_documents_tell_of_a_broken_budget() {
    let mut session = sample();
    let id = session.conversations[0].last_answer().unwrap().id;
    let answer = session.conversations[0].answer_mut(id).unwrap();
    assert_eq!(answer_json(answer)["budget"], Value::Null);
    let limit = |limit_ms| {
        Some(Budget {
            on: BudgetOn::Ttft,
            limit_ms,
        })
    };
    answer.budget = limit(168);
    let kept = value!({"on": "ttft", "limit_ms": 168, "breached": false});
    assert_eq!(answer_json(answer)["budget"], kept);
    answer.budget = limit(100);
    let broken = value!({"on": "ttft", "limit_ms": 100, "breached": true});
    assert_eq!(answer_json(answer)["budget"], broken);
    let text = markdown(&session);
    assert!(
        text.contains("**Over budget: TTFT 168 ms > 100 ms.**\n\n_TTFT"),
        "{text}"
    );
}

/// An answer of 599 ms that a server said this of.
fn told(usage: Usage, server: ServerTime, limits: Limits) -> Value {
    let mut session = sample();
    let id = session.conversations[0].last_answer().unwrap().id;
    let answer = session.conversations[0].answer_mut(id).unwrap();
    let end = End {
        usage,
        server,
        limits,
        e2e: Duration::from_millis(599),
        ..End::bare(EndState::Complete)
    };
    answer.progress = Progress::Ended(Box::new(end));
    answer_json(answer)
}

#[test]
fn what_cannot_be_true_is_null_and_says_why() {
    let ms = Duration::from_millis;
    let usage = Usage {
        prompt_tokens: Some(100),
        cached_tokens: Some(5_000),
        completion_tokens: Some(0),
        reasoning_tokens: Some(0),
        total_tokens: None,
        odd: false,
    };
    let server = ServerTime {
        queue: Some(ms(10)),
        prompt: Some(ms(20)),
        completion: Some(ms(5_000)),
        total: Some(ms(440)),
        odd: false,
    };
    let value = told(usage, server, Limits::default());
    for (part, keys) in [
        (
            "usage",
            &[
                "prompt_tokens",
                "cached_tokens",
                "completion_tokens",
                "reasoning_tokens",
            ][..],
        ),
        (
            "timing",
            &[
                "queue_ms",
                "prompt_ms",
                "completion_ms",
                "server_total_ms",
                "tokens_per_s_server",
                "network_ms",
            ][..],
        ),
    ] {
        for &key in keys {
            assert_eq!(value[part].get(key), Some(&Value::Null), "{key}");
            assert_eq!(value["missing"][key], "contradictory", "{key}");
        }
    }
    assert_eq!(value["missing"].get("e2e_ms"), None);
    assert_eq!(value["timing"]["e2e_ms"], 599.0);
}

#[test]
fn limits_are_seconds_and_numbers_that_can_be() {
    let minute = |unit, limit, remaining, reset| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: Some(Duration::from_millis(reset)),
    };
    let limits = Limits(vec![
        minute(Unit::Requests, 5, 4, 12_500),
        minute(Unit::Requests, 5, 500, u64::MAX),
        // Seen at the real service: what is left is that of another bucket.
        minute(Unit::Tokens, 30_000, 90_000, 60_001),
    ]);
    let value = told(Usage::default(), ServerTime::default(), limits);
    let quota = |unit, limit, remaining, reset: Option<f64>| {
        value!({
            "unit": unit, "bucket": "minute", "limit": limit, "remaining": remaining, "reset_s": reset
        })
    };
    let expected = [
        quota("requests", Some(5), Some(4), Some(12.5)),
        quota("requests", None, None, None),
        quota("tokens", Some(30_000), Some(90_000), None),
    ];
    assert_eq!(value["limits"], Value::from(expected.to_vec()));
}

fn wall(session: &Session) -> String {
    let answer = session.conversations[0].last_answer().unwrap();
    format!("{:.0}", answer.summary().speed_wall.unwrap())
}

#[test]
fn json_holds_every_turn_and_the_names_of_ask() {
    let session = session(4, 8);
    let value = json(&session);
    assert_eq!(value["format"], "waferdeck-session");
    assert_eq!(value["id"], session.id.to_string());
    for (conversation, value) in session
        .conversations
        .iter()
        .zip(value["conversations"].as_array().unwrap())
    {
        assert_eq!(
            value["path"].as_array().unwrap().len(),
            conversation.path().len()
        );
        let turns = value["turns"].as_array().unwrap();
        assert_eq!(turns.len(), conversation.turns().len());
        for (turn, value) in conversation.turns().iter().zip(turns) {
            assert_eq!(value["text"], turn.text);
            let answers = value["answers"].as_array().unwrap();
            for (answer, value) in turn.answers.iter().zip(answers) {
                assert_eq!(value["content"], answer.content);
                assert_eq!(value["reasoning"], answer.reasoning);
                assert_eq!(value["state"], answer.end().unwrap().state.as_str());
                let arrivals = value["arrivals"].as_array().unwrap();
                assert_eq!(arrivals.len(), answer.timeline.arrivals().len());
                for key in [
                    "ttft_ms",
                    "e2e_ms",
                    "tokens_per_s_server",
                    "network_ms",
                    "connection",
                ] {
                    assert!(value["timing"].get(key).is_some(), "{key}");
                }
            }
        }
    }
}

#[test]
fn times_have_three_figures() {
    for (micros, shown) in [
        (0, "0.00 ms"),
        (910, "0.91 ms"),
        (9_996, "10.0 ms"),
        (19_900, "19.9 ms"),
        (168_000, "168 ms"),
        (999_600, "1.00 s"),
        (62_504_000, "62.50 s"),
    ] {
        assert_eq!(duration(Duration::from_micros(micros)), shown);
    }
}
