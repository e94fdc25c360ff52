//! What is kept of streams of every size, and what a person is shown of it.

use super::*;
use crate::chat::{Exchange, RawPart};

const KEY: &str = "csk-canary-0123456789abcdef";

fn line(attempt: u32, millis: u64) -> Line<'static> {
    Line {
        id: "0badcafe",
        profile: "test",
        attempt,
        at: Duration::from_millis(millis),
    }
}

fn header(name: &str, value: &str) -> Header {
    (name.to_owned(), value.to_owned())
}

fn begin(recording: &Recording, attempt: u32, body: &[u8]) {
    let said = Said::Request {
        method: "POST",
        url: "http://127.0.0.1/v1/chat/completions",
        headers: &[header("accept", "text/event-stream")],
        body,
    };
    recording.hear(&line(attempt, 0), said);
}

fn head(recording: &Recording, attempt: u32, status: u16, kind: &str) {
    let said = Said::Head {
        version: "HTTP/1.1",
        status,
        server_id: Some("srv-1"),
        headers: &[header("content-type", kind)],
    };
    recording.hear(&line(attempt, 5), said);
}

fn streaming() -> Recording {
    let recording = Recording::new("0badcafe", "test");
    begin(&recording, 1, b"{}");
    head(&recording, 1, 200, "text/event-stream");
    recording
}

fn exchange(recording: &Recording) -> Exchange {
    recording.exchange(&Secrets::default())
}

/// Number, milliseconds and lines of each event; of what was left out the events in place of the number.
fn told(parts: &[RawPart]) -> Vec<(u64, u128, String)> {
    let tell = |part: &RawPart| match part {
        RawPart::Event(e) => (e.number, e.at.as_millis(), e.lines.join("|")),
        RawPart::Text(text) => (0, 0, text.clone()),
        RawPart::LeftOut { events, .. } => (*events, 0, "left out".to_owned()),
    };
    parts.iter().map(tell).collect()
}

#[test]
fn an_event_has_the_time_of_the_read_that_ended_it() {
    let recording = streaming();
    for (millis, bytes) in [
        (10, "data: a\n\nda"),
        (20, "ta: b\r\n: c\r\n\r\n\n"),
        (30, "data: \u{1b}[2J\td"),
    ] {
        recording.hear(&line(1, millis), Said::Bytes(bytes.as_bytes()));
    }
    let shown = exchange(&recording);
    assert_eq!((shown.id.as_str(), shown.attempts.len()), ("0badcafe", 1));
    let trial = &shown.attempts[0];
    assert_eq!(
        told(&trial.parts),
        [
            (1, 10, "data: a".to_owned()),
            (2, 20, "data: b|: c".to_owned()),
            (0, 0, "data: ␛[2J␉d".to_owned()),
        ]
    );
    assert_eq!(trial.ended, None);
    recording.hear(&line(1, 40), Said::End("complete"));
    let ended = exchange(&recording).attempts[0].ended.clone();
    assert_eq!(
        ended,
        Some((Duration::from_millis(40), "complete".to_owned()))
    );
}

#[test]
fn of_a_long_stream_both_ends_are_kept_and_the_rest_is_counted() {
    // Reads that begin and end anywhere in events, and those of a whole event.
    for read in [1, 7, 100, 1_000, 70_000, 400_000] {
        let recording = streaming();
        let all = 6_000_u64;
        let events: Vec<_> = (1..=all)
            .map(|n| format!("data: event {n:0>80}\n\n"))
            .collect();
        let text = events.concat();
        for (at, bytes) in (1..).zip(text.as_bytes().chunks(read)) {
            recording.hear(&line(1, at), Said::Bytes(bytes));
        }
        assert!(recording.held() <= MOST_BYTES, "{}", recording.held());
        let trial = exchange(&recording).attempts.remove(0);
        assert_eq!(trial.bytes, text.len() as u64);
        let events: Vec<_> = trial
            .parts
            .iter()
            .filter_map(|p| match p {
                RawPart::Event(e) => Some((e.number, e.lines.concat())),
                _ => None,
            })
            .collect();
        let gone: u64 = trial
            .parts
            .iter()
            .map(|p| match p {
                RawPart::LeftOut { events, .. } => *events,
                _ => 0,
            })
            .sum();
        assert!(gone > 0, "{read}");
        assert_eq!(events.len() as u64 + gone, all, "{read}");
        let bytes = trial.parts.iter().map(|p| match p {
            RawPart::Event(e) => e.bytes as u64,
            RawPart::LeftOut { bytes, .. } => *bytes,
            RawPart::Text(_) => 0,
        });
        assert_eq!(bytes.sum::<u64>(), trial.bytes, "{read}");
        for (number, text) in &events {
            assert_eq!(text, &format!("data: event {number:0>80}"), "{read}");
        }
        assert_eq!((events[0].0, events[events.len() - 1].0), (1, all));
    }
}

#[test]
fn the_reads_that_are_told_apart_are_bounded_as_well() {
    let recording = streaming();
    for at in 0..200_000 {
        recording.hear(&line(1, at), Said::Bytes(b"\n"));
    }
    assert!(recording.held() < 300 << 10, "{}", recording.held());
    assert_eq!(exchange(&recording).attempts[0].bytes, 200_000);
}

#[test]
fn of_earlier_attempts_status_headers_and_the_beginning_of_the_body_stay() {
    let recording = Recording::new("0badcafe", "test");
    for attempt in 1..=10 {
        begin(&recording, attempt, b"{\"model\":\"m\"}");
        head(&recording, attempt, 503, "application/json");
        let body = format!("{{\"message\":\"{}\"}}", "busy ".repeat(20_000));
        recording.hear(&line(attempt, 7), Said::Bytes(body.as_bytes()));
        recording.hear(&line(attempt, 9), Said::End("failed: busy"));
    }
    let shown = exchange(&recording);
    let numbers: Vec<_> = shown.attempts.iter().map(|a| a.number).collect();
    assert_eq!(numbers, [3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(shown.left_out, 2);
    let earlier = &shown.attempts[0];
    let reply = earlier.head.as_ref().unwrap();
    assert_eq!(
        (reply.status, reply.server_id.as_deref()),
        (503, Some("srv-1"))
    );
    assert_eq!(earlier.parts.first(), Some(&RawPart::Text("{".to_owned())));
    assert!(matches!(
        earlier.parts.last(),
        Some(RawPart::LeftOut { .. })
    ));
    assert!(recording.held() <= MOST_BYTES, "{}", recording.held());
}

#[test]
fn a_body_of_any_size_is_bounded_and_a_field_has_a_line() {
    let recording = Recording::new("0badcafe", "test");
    begin(&recording, 1, br#"{"model":"m","stream":true}"#);
    let shown = exchange(&recording).request;
    assert_eq!(shown.line, "POST http://127.0.0.1/v1/chat/completions");
    assert_eq!(
        shown.body,
        ["{", "  \"model\": \"m\",", "  \"stream\": true", "}"]
    );
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(4 << 20));
    begin(&recording, 2, large.as_bytes());
    assert!(recording.held() <= MOST_BYTES, "{}", recording.held());
    let shown = exchange(&recording).request;
    assert_eq!(shown.bytes, large.len());
    assert!(shown.body.iter().any(|l| l.ends_with("bytes not kept …")));
}

#[test]
fn a_key_that_is_said_again_is_not_shown() {
    let secrets = Secrets::default();
    secrets.learn(&KEY.into());
    let recording = streaming();
    let (first, second) = KEY.split_at(9);
    recording.hear(
        &line(1, 1),
        Said::Bytes(format!("data: {first}").as_bytes()),
    );
    recording.hear(&line(1, 2), Said::Bytes(format!("{second}\n\n").as_bytes()));
    let shown = recording.exchange(&secrets);
    assert_eq!(
        told(&shown.attempts[0].parts),
        [(1, 2, "data: [key hidden]".to_owned())]
    );
    let recording = streaming();
    for (at, piece) in [(1, first), (2, second)] {
        let event = format!("data: {{\"content\":\"{piece}\"}}\n\n");
        recording.hear(&line(1, at), Said::Bytes(event.as_bytes()));
    }
    let hidden = "data: {\"content\":\"[key hidden]\"}".to_owned();
    assert_eq!(
        told(&recording.exchange(&secrets).attempts[0].parts),
        [(1, 1, hidden.clone()), (2, 2, hidden)]
    );
    let mut headers = HeaderMap::new();
    headers.insert("x-echo", KEY.parse().unwrap());
    headers.insert(SET_COOKIE, "session=1".parse().unwrap());
    headers.insert("x-odd", "a\tb".parse().unwrap());
    headers.insert(
        "www-authenticate",
        format!("no {first}***").parse().unwrap(),
    );
    let mut bearer: reqwest::header::HeaderValue = "Bearer abc".parse().unwrap();
    bearer.set_sensitive(true);
    headers.insert("authorization", bearer.clone());
    headers.insert("x-own", {
        let mut own: reqwest::header::HeaderValue = "mine".parse().unwrap();
        own.set_sensitive(true);
        own
    });
    assert_eq!(
        shown_headers(&headers, &secrets),
        [
            header("x-echo", "[key hidden]"),
            header("set-cookie", "[hidden]"),
            header("x-odd", "a b"),
            header("www-authenticate", "no [key hidden]"),
            header("authorization", "Bearer [key hidden]"),
            header("x-own", "[hidden]"),
        ]
    );
}
