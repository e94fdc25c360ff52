//! What chunks give, also broken ones; the recorded shapes are in `tests/data/wire`.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn read(json: &str) -> Chunk<'_> {
    Chunk::read(json).unwrap_or_else(|| panic!("unreadable: {json}"))
}

#[test]
fn a_chunk_gives_its_text_and_figures() {
    let chunk = read(
        r#"{"id":"c1","choices":[{"delta":{"content":"17 +","reasoning":" line."},"finish_reason":"stop","index":0}],
            "usage":{"total_tokens":5,"completion_tokens":54,"completion_tokens_details":{"reasoning_tokens":24},
            "prompt_tokens":74,"prompt_tokens_details":{"cached_tokens":0}},
            "time_info":{"created":1795000060.1,"queue_time":0.0041,"prompt_time":1,"completion_time":0.0329}}"#,
    );
    assert_eq!(chunk.id.as_deref(), Some("c1"));
    assert_eq!(chunk.reasoning.as_deref(), Some(" line."));
    assert_eq!(chunk.content.as_deref(), Some("17 +"));
    assert_eq!(chunk.finish_reason.as_deref(), Some("stop"));
    let usage = chunk.usage.unwrap();
    assert_eq!(
        (usage.prompt_tokens, usage.completion_tokens),
        (Some(74), Some(54))
    );
    assert_eq!(
        (usage.cached_tokens, usage.reasoning_tokens),
        (Some(0), Some(24))
    );
    assert_eq!(usage.total_tokens, Some(5));
    let server = chunk.server.unwrap();
    assert_eq!(server.queue, Some(Duration::from_micros(4_100)));
    assert_eq!(
        (server.prompt, server.total),
        (Some(Duration::from_secs(1)), None)
    );
    assert!(matches!(
        read(r#"{"choices":[{"delta":{"content":"plain"}}]}"#).content,
        Some(Cow::Borrowed("plain"))
    ));
}

#[test]
fn reasoning_is_found_by_either_name_though_the_other_is_empty() {
    for (reasoning, content) in [("\"hm\"", "\"\""), ("\"\"", "\"hm\""), ("null", "\"hm\"")] {
        let json = format!(
            r#"{{"choices":[{{"delta":{{"reasoning":{reasoning},"reasoning_content":{content}}}}}]}}"#
        );
        assert_eq!(read(&json).reasoning.as_deref(), Some("hm"), "{json}");
    }
}

#[test]
fn null_absent_and_mistyped_fields_cost_nothing_else() {
    let odd = [
        "null",
        "7",
        "-1",
        "true",
        "\"x\"",
        "[]",
        "[1,{}]",
        "{}",
        r#"{"a":[{}]}"#,
        "1e400",
        "18446744073709551616",
    ];
    for value in odd {
        for json in [
            format!(
                r#"{{"id":{value},"choices":[{{"index":0,"delta":{{"content":"t"}}}}],"usage":{value},"time_info":{value},"created":{value}}}"#
            ),
            format!(
                r#"{{"choices":[{value},{{"delta":{{"reasoning":{value},"content":"t","role":{value},"tool_calls":{value}}},"finish_reason":{value}}}]}}"#
            ),
            format!(
                r#"{{"choices":[{{"delta":{{"content":"t"}}}}],"usage":{{"prompt_tokens":{value},"completion_tokens_details":{value}}}}}"#
            ),
        ] {
            if value == "1e400" {
                // Not a number that JSON parsers take: the event is unreadable, and counted as that.
                assert_eq!(Chunk::read(&json), None);
                continue;
            }
            // An odd first choice without an index may shadow the second only if it is an object.
            let chunk = read(&json);
            if !json.starts_with(r#"{"choices":[{"#) || json.contains("usage") {
                assert_eq!(chunk.content.as_deref(), Some("t"), "{json}");
            }
        }
    }
}

#[test]
fn other_choices_are_left_out() {
    let json = r#"{"choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes"}}]}"#;
    assert_eq!(read(json).content.as_deref(), Some("yes"));
    let json = r#"{"choices":[{"index":2,"delta":{"content":"no"}}]}"#;
    assert_eq!(read(json).content, None);
}

/// Text, and these counts and times beside it.
fn with_numbers(count: &str, time: &str) -> String {
    format!(
        r#"{{"choices":[{{"delta":{{"content":"t"}}}}],"usage":{{"completion_tokens":{count},"prompt_tokens":3,"prompt_tokens_details":{{"cached_tokens":{count}}}}},"time_info":{{"queue_time":{time},"total_time":2}}}}"#
    )
}

fn read_somehow(json: &str) -> Chunk<'static> {
    let chunk = Chunk::read(json).map(Chunk::into_owned);
    let chunk = chunk.or_else(|| Chunk::read_mended(json));
    chunk.unwrap_or_else(|| panic!("unreadable: {json}"))
}

#[test]
fn odd_numbers_are_left_out_and_marked_and_cost_no_text() {
    for odd in [
        "-1",
        "-1.5",
        "1e300",
        "-1e300",
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "99999999999999999999",
        "18446744073709551615",
        "\"7\"",
        "\"NaN\"",
        "\"\"",
    ] {
        let chunk = read_somehow(&with_numbers(odd, odd));
        assert_eq!(chunk.content.as_deref(), Some("t"), "{odd}");
        let (usage, server) = (chunk.usage.unwrap(), chunk.server.unwrap());
        assert_eq!(
            (usage.completion_tokens, usage.cached_tokens),
            (None, None),
            "{odd}"
        );
        assert_eq!((usage.prompt_tokens, usage.odd), (Some(3), true), "{odd}");
        assert_eq!((server.queue, server.odd), (None, true), "{odd}");
        assert_eq!(server.total, Some(Duration::from_secs(2)), "{odd}");
    }
}

#[test]
fn what_was_not_said_is_not_odd() {
    for nothing in ["null", "true", "[]", "{}"] {
        let chunk = read_somehow(&with_numbers(nothing, nothing));
        let (usage, server) = (chunk.usage.unwrap(), chunk.server.unwrap());
        assert_eq!(
            (usage.completion_tokens, usage.odd),
            (None, false),
            "{nothing}"
        );
        assert_eq!((server.queue, server.odd), (None, false), "{nothing}");
    }
}

#[test]
fn counts_may_be_written_with_a_point_and_times_without() {
    let chunk = read_somehow(&with_numbers("120.0", "0"));
    let (usage, server) = (chunk.usage.unwrap(), chunk.server.unwrap());
    assert_eq!((usage.completion_tokens, usage.odd), (Some(120), false));
    assert_eq!((server.queue, server.odd), (Some(Duration::ZERO), false));
    // Half a token is none, and half a second is a time. So is a day, and not a second more.
    let chunk = read_somehow(&with_numbers("1.5", "0.5"));
    assert!(chunk.usage.unwrap().odd && !chunk.server.unwrap().odd);
    assert!(
        !read_somehow(&with_numbers("1", "86400"))
            .server
            .unwrap()
            .odd
    );
    assert!(
        read_somehow(&with_numbers("1", "86401"))
            .server
            .unwrap()
            .odd
    );
    assert!(
        !read_somehow(&with_numbers("1000000000", "1"))
            .usage
            .unwrap()
            .odd
    );
    assert!(
        read_somehow(&with_numbers("1000000001", "1"))
            .usage
            .unwrap()
            .odd
    );
}

#[test]
fn tool_calls_are_weighed_and_forgiven() {
    let of = |calls: &str| {
        let json = format!(r#"{{"choices":[{{"delta":{{"content":"t","tool_calls":{calls}}}}}]}}"#);
        let chunk = read_somehow(&json);
        assert_eq!(chunk.content.as_deref(), Some("t"), "{calls}");
        chunk.tool_call
    };
    let two = r#"[{"function":{"name":"run","arguments":"{\"a"}},{"function":{"arguments":"12"}}]"#;
    assert_eq!(of(two), Some(8));
    assert_eq!(of(r#"[{"function":{"name":7,"arguments":[]}}]"#), Some(0));
    assert_eq!(of(r#"[7,"x",{"function":null}]"#), Some(0));
    for none in ["[]", "null", "{}", "7", "\"x\""] {
        assert_eq!(of(none), None, "{none}");
    }
}

#[test]
fn errors_are_found_wrapped_and_flat_and_nowhere_else() {
    let wrapped = r#"{"status_code":500,"error":{"message":"Encountered a server error","type":"server_error","code":""}}"#;
    let problem = read(wrapped).problem.unwrap();
    assert_eq!(problem.message, "Encountered a server error");
    assert_eq!(problem.status, Some(500));
    let flat = r#"{"message":"Too many","type":"too_many_requests_error","param":"quota","code":"request_quota_exceeded"}"#;
    assert_eq!(read(flat).problem.unwrap().code, "request_quota_exceeded");
    assert_eq!(read(r#"{"error":"boom"}"#).problem.unwrap().message, "boom");
    let inside = |json: &str| read(json).problem.unwrap();
    let choice = r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"message":"boom","code":502}}]}"#;
    assert_eq!(
        (inside(choice).message, inside(choice).status),
        ("boom".to_owned(), Some(502))
    );
    assert_eq!(inside(r#"{"errors":[{"message":"a"}]}"#).message, "a");
    assert_eq!(inside(r#"{"detail":[{"msg":"b"}]}"#).message, "b");
    for wordless in [r#"{"error":{}}"#, r#"{"error":""}"#] {
        assert_eq!(inside(wordless), Problem::default(), "{wordless}");
    }
    for fine in [
        r#"{"error":null,"choices":[]}"#,
        r#"{"error":"","choices":[],"usage":{"prompt_tokens":1}}"#,
        r#"{"errors":[],"choices":[]}"#,
        r#"{"error":{},"choices":[]}"#,
        r#"{"error":false}"#,
        r#"{"id":"c","choices":[{"delta":{"content":"x"}}],"message":"hello","code":1}"#,
        "{}",
    ] {
        assert_eq!(read(fine).problem, None, "{fine}");
    }
}

#[test]
fn a_whole_answer_reads_like_a_chunk() {
    let json = include_str!("../../../../tests/data/wire/completion.json");
    let chunk = read(json);
    assert_eq!(chunk.content.as_deref(), Some("Forty-two."));
    assert_eq!(chunk.finish_reason.as_deref(), Some("stop"));
    assert_eq!(chunk.usage.unwrap().completion_tokens, Some(27));
}

#[test]
fn half_a_surrogate_pair_becomes_one_mark() {
    let lone = r#"{"choices":[{"delta":{"content":"a\ud83d b\ude00 \ud83d\ude00 \\ud83d é \n"}}]}"#;
    assert_eq!(Chunk::read(lone), None);
    let chunk = Chunk::read_mended(lone).unwrap();
    assert_eq!(
        chunk.content.as_deref(),
        Some("a\u{fffd} b\u{fffd} 😀 \\ud83d é \n")
    );
    assert_eq!(Chunk::read_mended("{not json"), None);
    assert_eq!(Chunk::read_mended(r#"{"a":"\"#), None);
}

#[test]
fn of_a_field_that_stands_there_twice_the_last_one_counts() {
    let twice = r#"{"id":"a","id":"b","choices":[{"delta":{"content":"x","content":"y"}}],"usage":{"prompt_tokens":NaN}}"#;
    assert_eq!(Chunk::read(twice), None);
    let chunk = Chunk::read_mended(twice).unwrap();
    assert_eq!(
        (chunk.id.as_deref(), chunk.content.as_deref()),
        (Some("b"), Some("y"))
    );
}

#[test]
fn what_is_no_object_is_unreadable() {
    for json in ["", "x", "[]", "7", "null", "\"a\"", "{", "{}{}"] {
        assert_eq!(Chunk::read(json), None, "{json}");
    }
    assert_eq!(Chunk::read(&"[".repeat(10_000)), None);
    assert_eq!(
        Chunk::read(&format!("{{\"x\":{}", "[".repeat(10_000))),
        None
    );
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in r#"[\{\}\[\]:,"\\uda-f0-9idcontechrus ]{0,60}"#) {
        let _ = Chunk::read(&text);
        let _ = Chunk::read_mended(&text);
    }
}
