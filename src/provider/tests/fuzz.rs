//! Any body and any headers, tried with seeds: what can be read of them is read, whatever stands around it.
//!
//! Bytes become events in `tests/it/properties/sse.rs`; here they become answers, quotas and waits.

use std::sync::LazyLock;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select, subsequence},
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::super::{
    assembly::Assembly,
    endpoint::Caps,
    exchange::Source,
    limits,
    refusal::About,
    retry, stream,
    wire::{Chunk, Problem, Reply},
};
use super::*;
use crate::{
    chat::{
        Delta,
        quota::{Account, Allowance, Demand, Outcome, Use, View, When},
    },
    damage::{damaged, pieces},
    seeds::{a_few, by_hand, try_with},
};

#[test]
fn chunks() {
    a_few(chunk_target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn chunks_by_hand() {
    println!("{}", by_hand("chunks", chunk_target));
}

#[test]
fn headers() {
    a_few(header_target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn headers_by_hand() {
    println!("{}", by_hand("headers", header_target));
}

/// Whole bodies: recorded streams, an answer as one object, refusals.
static BODIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let names = [
        "plain.sse",
        "reasoning.sse",
        "tool_call.sse",
        "mid_stream_error.sse",
        "completion.json",
    ];
    let read = |name| std::fs::read(format!("tests/data/wire/{name}")).expect("recorded bytes");
    names.into_iter().map(read).collect()
});

/// The objects in them, and some that other servers send.
static OBJECTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let bodies = BODIES.iter().map(|body| String::from_utf8_lossy(body));
    let lines: Vec<String> = bodies
        .flat_map(|body| body.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let objects = lines
        .iter()
        .map(|line| line.strip_prefix("data: ").unwrap_or(line))
        .filter(|line| line.starts_with('{'));
    let written = [
        r#"{"choices":[{"delta":{"content":"a <think>b</think> c"},"index":0}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"x"}},{"index":0,"delta":{"content":"\ud83e\udd80"}}]}"#,
        r#"{"choices":[{"message":{"content":"a","reasoning_content":"b"}}],"usage":null}"#,
        r#"{"error":{"message":"m","type":"t","param":null,"code":7},"status_code":500}"#,
        r#"{"message":"m","type":"t","param":"p","code":"c","id":""}"#,
        r#"{"type":"https://example.org/p","title":"t","detail":"d","status":503}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#,
    ];
    let all = objects.chain(written);
    all.map(|text| text.as_bytes().to_vec()).collect()
});

#[rustfmt::skip]
const WORDS: &[&[u8]] = &[
    b"{", b"}", b"[", b"]", b",", b":", b"\"", b"\\", b"\\u", b"\\ud83d", b"\\udd80", b"\\ud83e\\udd80", b"\\u0000", b"\\\\",
    b"null", b"true", b"0", b"-0", b"-1", b"1.5", b"1e400", b"-1e400", b"NaN", b"-Infinity", b"18446744073709551615",
    b"99999999999999999999", b"1E2", b"01", b"\"\"", b"{}", b"[]", b"\"index\":0,", b"\"index\":1,", b"\"index\":null,",
    b"\"content\":\"x\",", b"\"content\":null,", b"\"reasoning\":\"y\",", b"\"reasoning_content\":\"z\",", b"\"delta\":{},",
    b"\"delta\":{\"content\":\"w\"},", b"\"message\":{\"content\":\"v\"},", b"\"choices\":[],", b"\"choices\":null,",
    b"\"finish_reason\":\"stop\",", b"\"usage\":{\"prompt_tokens\":-1},", b"\"error\":\"e\",", b"\"error\":{},",
    b"\"id\":7,", b"<think>", b"</think>", b"<thi", b"[DONE]", b"\ndata: [DONE]\n\n", b"\ndata: ", b"\n\n", b"\r\n", b"\r",
    b"event: error\n", b": x\n", b" ", b"\t", b"\xef\xbb\xbf", b"\xff", b"\xf0\x9f\xa6\x80", b"\x1b[2J", b"<html>", b"<!doctype html>",
];

/// Any object, and any body in any pieces.
fn chunk_target(seed: u64) {
    try_with(seed, 48, &damaged(&OBJECTS, WORDS, 6), |bytes| {
        check_object(&String::from_utf8_lossy(&bytes));
        check_refusal(&bytes);
    });
    let content_type = select(&["text/event-stream", "application/json", "text/html", ""][..]);
    let cuts = vec(any::<Index>(), 0..8);
    let body = (damaged(&BODIES, WORDS, 8), content_type, cuts);
    try_with(seed, 32, &body, |(bytes, content_type, cuts)| {
        check_body(&bytes, content_type, &cuts);
    });
}

/// What is JSON is read, and its text with it.
fn check_object(data: &str) {
    let chunk = Chunk::read(data).or_else(|| Chunk::read_mended(data));
    let Ok(Value::Object(object)) = serde_json::from_str(data) else {
        return;
    };
    let chunk = chunk.expect("an object is read whatever it holds");
    let choices = object.get("choices").and_then(Value::as_array);
    let is_first = |choice: &&Value| match choice.get("index") {
        Some(Value::Number(index)) => index.as_u64() == Some(0),
        Some(Value::String(_)) => false,
        _ => choice.is_object(),
    };
    let first = choices.and_then(|choices| choices.iter().find(is_first));
    let text = first.and_then(|choice| {
        let named = ["delta", "message"].map(|name| choice.get(name));
        named.into_iter().flatten().find(|text| text.is_object())
    });
    let word = |name: &str| text.and_then(|text| text.get(name)?.as_str());
    assert_eq!(chunk.content.as_deref(), word("content"));
    let thought = word("reasoning").or_else(|| word("reasoning_content"));
    assert_eq!(chunk.reasoning.as_deref(), thought);
    if let Some(usage) = chunk.usage {
        let said = |name: &str| object.get("usage")?.get(name)?.as_u64();
        for (count, name) in [
            (usage.prompt_tokens, "prompt_tokens"),
            (usage.completion_tokens, "completion_tokens"),
        ] {
            assert!(count.is_none() || said(name).is_none() || count == said(name));
        }
    }
}

/// A refusal says at least what kind of thing it is.
fn check_refusal(bytes: &[u8]) {
    let reply = Reply::read("", bytes);
    match (&reply, Problem::read(bytes)) {
        (Reply::Problem(read), Some(problem)) => assert_eq!(*read, problem),
        (Reply::Problem(_), None) | (_, Some(_)) => panic!("{reply:?}"),
        (Reply::Empty, None) => assert!(bytes.trim_ascii().is_empty()),
        (Reply::Html | Reply::Text(_) | Reply::Binary, None) => {}
    }
}

/// All that an answer said, and what it came to.
#[derive(Debug, PartialEq)]
struct Read {
    events: Vec<StreamEvent>,
    broken: Option<String>,
    state: Result<EndState, String>,
    note: Option<String>,
    finish_reason: Option<String>,
    request_id: Option<String>,
}

fn check_body(bytes: &[u8], content_type: &str, cuts: &[Index]) {
    let whole = read_body(&[bytes], content_type);
    assert_eq!(read_body(&pieces(bytes, cuts), content_type), whole);
    let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read_body(&bytewise, content_type), whole);
}

fn read_body(pieces: &[&[u8]], content_type: &str) -> Read {
    let mut assembly = Assembly::default();
    let mut events = Vec::new();
    let mut text = 0;
    let broken = stream::read_pieces(pieces, content_type, &mut assembly, &mut |event| {
        if let StreamEvent::Delta(Delta { text: more, .. }) = &event {
            assert!(!more.is_empty(), "a delta without text");
            text += more.len();
        }
        events.push(event);
    });
    assert_eq!(text, assembly.text_bytes());
    assert!(text <= Caps::default().answer);
    let endpoint = endpoint(1);
    let source = Source {
        profile: "local".into(),
        always: [].into(),
        secrets: endpoint.secrets.clone(),
        file: None,
    };
    let tap = source.tap("1".into(), None);
    let about = About {
        endpoint: &endpoint,
        request: None,
        key: None,
        catalogue: &Catalogue::default(),
        limits: &Limits::default(),
        ear: tap.ear(),
    };
    let state = assembly.verdict(None, &about);
    Read {
        broken: broken.err().map(|e| e.to_string()),
        state: state.map_err(|e| e.to_string()),
        note: assembly.note(),
        finish_reason: assembly.finish_reason.map(|f| f.as_str().to_owned()),
        request_id: assembly.request_id,
        events,
    }
}

/// Values of headers as servers send them.
static VALUES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    #[rustfmt::skip]
    let values = [
        "0", "1", "5", "30000", "33011.382867097855", "6m0s", "1h2m3.5s", "120ms", "1s", "365d", "1e300",
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Mon, 23 Nov 2026 06:00:00 GMT", "Mon, 23 Nov 2026 06:01:30 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    ];
    values.iter().map(|v| v.as_bytes().to_vec()).collect()
});

#[rustfmt::skip]
const MARKS: &[&[u8]] = &[
    b"-", b"+", b".", b" ", b",", b"e", b"E9", b"9", b"99999999999999999999", b"18446744073709551615", b"d", b"h", b"m",
    b"s", b"ms", b"us", b"\xc2\xb5s", b"NaN", b"inf", b"-inf", b"infinity", b"0x", b"GMT", b"+0000", b"-9999", b"\xff", b"\t",
    b":", b"60", b"00", b"Feb", b"30 Feb", b"-0001", b"9999",
];

const NAMES: &[&str] = &[
    "retry-after",
    "retry-after-ms",
    "date",
    "x-ratelimit-limit-requests-minute",
    "x-ratelimit-remaining-requests-minute",
    "x-ratelimit-reset-requests-minute",
    "x-ratelimit-limit-requests-day",
    "x-ratelimit-remaining-requests-day",
    "x-ratelimit-reset-requests-day",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-limit-tokens-hour",
    "x-ratelimit-remaining-tokens-hour",
    "x-ratelimit-reset-tokens-hour",
    "x-ratelimit-limit-tokens-year",
    "x-ratelimit",
];

/// Any values of the headers that waits and quotas are made of.
fn header_target(seed: u64) {
    let names = subsequence(NAMES, 1..=NAMES.len()).prop_shuffle();
    let headers = names.prop_flat_map(|names| {
        let value = prop_oneof![
            1 => select(&VALUES[..]),
            2 => damaged(&VALUES, MARKS, 3),
        ];
        let values = vec(value, names.len());
        values.prop_map(move |values| {
            names
                .iter()
                .copied()
                .zip(values)
                .collect::<Vec<(&str, Vec<u8>)>>()
        })
    });
    let time = prop_oneof![Just(0), 0..600_u64, any::<u64>()].prop_map(Duration::from_secs);
    try_with(seed, 64, &(headers, time), |(headers, time)| {
        check_headers(&headers, time);
    });
    let moments = (0..253_402_300_799_i64, 0..40_000_000_i64);
    try_with(seed, 16, &moments, |(now, wait)| check_date(now, wait));
}

fn check_headers(said: &[(&'static str, Vec<u8>)], time: Duration) {
    let map = |said: &[(&'static str, Vec<u8>)]| -> HeaderMap {
        let headers = said.iter().filter_map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).ok()?;
            Some((HeaderName::from_static(name), value))
        });
        headers.collect()
    };
    let headers = map(said);
    let limits = limits::parse(&headers);
    let mut backwards = said.to_vec();
    backwards.reverse();
    assert_eq!(
        limits::parse(&map(&backwards)),
        limits,
        "the order is nobody's"
    );
    let mut known: Vec<_> = limits.0.iter().map(|q| (q.unit, q.bucket)).collect();
    known.dedup();
    assert_eq!(known.len(), limits.0.len(), "each quota once");
    for quota in &limits.0 {
        assert!(quota.reset.is_none_or(|reset| reset <= limits::FAR));
    }
    let wish = retry::wish(&headers, &limits);
    assert!(wish.is_none_or(|w| !w.is_zero() && w <= limits::FAR));
    let whole = headers
        .get("retry-after")
        .and_then(|v| v.to_str().ok()?.trim().parse::<u32>().ok());
    if let (Some(seconds), None) = (whole, headers.get("retry-after-ms")) {
        let seconds = Duration::from_secs(seconds.into()).min(limits::FAR);
        if !seconds.is_zero() {
            assert_eq!(wish, Some(seconds));
        }
    }
    let wait = RetryPolicy::default().wait(0, wish);
    assert!(wait <= limits::FAR + Duration::from_secs(1));
    check_plans(&limits, time);
}

/// Whatever the quotas are said to be, the plans made of them name moments that can be waited for.
fn check_plans(limits: &Limits, now: Duration) {
    let now = now.min(limits::FAR);
    for outcome in [Outcome::Accepted, Outcome::Rejected, Outcome::Refused] {
        let mut account = Account::new(&Allowance::default(), "m", Duration::ZERO);
        for ticket in 1..4 {
            account.send(ticket, 100, 8_000, Duration::ZERO);
        }
        account.answered(2, outcome, limits, now);
        account.end(1, Use::Nothing, now);
        account.answered(3, Outcome::Accepted, limits, now);
        for gauge in account.gauges(now) {
            assert!(gauge.limit > 0 && gauge.left <= gauge.limit, "{gauge:?}");
        }
        let view = View::new(account, now, 1);
        for when_full in [WhenFull::Stagger, WhenFull::Shrink, WhenFull::Send] {
            let demand = Demand::new(1_000, 8_192, when_full);
            for place in view.plan(&[demand; 3], now) {
                assert!(place.granted <= place.wanted);
                if let When::In(wait) = place.when {
                    assert!(wait <= 10 * limits::FAR, "{wait:?}");
                }
            }
        }
    }
}

/// A date is measured against the reply's own, in each of its forms.
fn check_date(now: i64, wait: i64) {
    let date = |seconds: i64, form: &str| {
        let time = jiff::Timestamp::from_second(seconds).ok()?;
        let text = time.to_zoned(jiff::tz::TimeZone::UTC).strftime(form);
        HeaderValue::from_str(&text.to_string()).ok()
    };
    for form in ["%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"] {
        let (Some(at), Some(until)) = (date(now, form), date(now + wait, form)) else {
            continue;
        };
        let headers = [("date", at), ("retry-after", until)];
        let headers = headers.map(|(name, value)| (HeaderName::from_static(name), value));
        let wish = retry::wish(&headers.into_iter().collect(), &Limits::default());
        let left = Duration::from_secs(wait.unsigned_abs()).min(limits::FAR);
        assert_eq!(wish, Some(left).filter(|left| !left.is_zero()), "{form}");
    }
}
