//! Pictures of the inspector: a request, a stream with a gap, attempts that failed, text that is looked for, and what
//! hostile servers say.

use std::time::Duration;

use waferdeck::{
    app::Msg,
    chat::{AnswerId, Exchange, RawEvent, RawPart, ReplyHead, SentRequest, Trial},
};

use super::{assert_clean, check};
use crate::stage::Stage;

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn head(status: u16, millis: u64) -> ReplyHead {
    ReplyHead {
        at: Duration::from_millis(millis),
        version: "HTTP/1.1".to_owned(),
        status,
        server_id: Some("chatcmpl-7".to_owned()),
        headers: vec![
            header("content-type", "text/event-stream; charset=utf-8"),
            header("x-request-id", "chatcmpl-7"),
            header("set-cookie", "[hidden]"),
        ],
    }
}

fn event(number: u64, content: &str) -> RawPart {
    let line = format!(
        "data: {{\"id\":\"chatcmpl-7\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}}}}]}}"
    );
    RawPart::Event(RawEvent {
        number,
        at: Duration::from_micros(150_000 + number * 347),
        bytes: line.len() + 2,
        lines: vec![line],
    })
}

/// A request that was refused once and then streams.
fn exchange() -> Exchange {
    let body = [
        "{",
        "  \"model\": \"gpt-oss-120b\",",
        "  \"messages\": [",
        "    {",
        "      \"role\": \"user\",",
        "      \"content\": \"Why does a merge sort stay stable, and what would have to change so that it did not?\"",
        "    }",
        "  ],",
        "  \"stream\": true,",
        "  \"max_completion_tokens\": 8192",
        "}",
    ];
    let refused = Trial {
        number: 1,
        head: Some(ReplyHead {
            headers: vec![header("retry-after", "0")],
            ..head(503, 41)
        }),
        parts: vec![RawPart::Text("{\"message\":\"busy\"}".to_owned())],
        bytes: 18,
        ended: Some((
            Duration::from_millis(42),
            "failed: the server is overloaded (503)".to_owned(),
        )),
    };
    let mut parts: Vec<_> = ["The", " merge", " prefers"]
        .into_iter()
        .zip(1..)
        .map(|(text, number)| event(number, text))
        .collect();
    parts.push(RawPart::LeftOut {
        events: 1_204,
        bytes: 401_332,
    });
    parts.push(event(1_208, " the left ␛[2J half."));
    Exchange {
        id: "0badcafe".to_owned(),
        profile: "cerebras".to_owned(),
        request: SentRequest {
            line: "POST https://api.cerebras.ai/v1/chat/completions".to_owned(),
            headers: vec![
                header("authorization", "Bearer [key hidden]"),
                header("content-type", "application/json"),
                header("accept", "text/event-stream, application/json"),
                header("accept-encoding", "identity"),
            ],
            body: body.map(str::to_owned).to_vec(),
            bytes: 214,
        },
        attempts: vec![
            refused,
            Trial {
                number: 2,
                head: Some(head(200, 144)),
                parts,
                bytes: 402_000,
                ended: None,
            },
        ],
        left_out: 0,
    }
}

fn inspecting() -> (Stage, AnswerId) {
    let mut stage = Stage::new();
    let answer = stage.ask("Why does a merge sort stay stable?");
    stage.keys("tab X");
    (stage, answer)
}

fn tell(stage: &mut Stage, answer: AnswerId, exchange: Option<Exchange>) {
    let exchange = exchange.map(Box::new);
    stage.tell(Msg::Exchange { answer, exchange });
}

#[test]
fn request_response_and_attempts_are_pages() {
    let (mut stage, answer) = inspecting();
    tell(&mut stage, answer, Some(exchange()));
    check(
        "inspector-request@100x30",
        &stage.draw(100, 30).with_styles(),
    );
    check("inspector-request@60x15", &stage.draw(60, 15).with_styles());
    stage.keys("tab");
    check(
        "inspector-response@100x30",
        &stage.draw(100, 30).with_styles(),
    );
    stage.keys("end");
    check(
        "inspector-response-end@60x15",
        &stage.draw(60, 15).with_styles(),
    );
    stage.keys("tab");
    check(
        "inspector-attempts@80x24",
        &stage.draw(80, 24).with_styles(),
    );
}

#[test]
fn what_is_looked_for_is_marked() {
    let (mut stage, answer) = inspecting();
    tell(&mut stage, answer, Some(exchange()));
    stage.keys("tab");
    stage.draw(80, 24);
    stage.keys("/");
    stage.write("merge");
    let picture = stage.draw(80, 24);
    assert!(picture.cursor().is_some());
    check("inspector-find@80x24", &picture.with_styles());
    stage.keys("enter");
    assert!(stage.draw(80, 24).cursor().is_none());
}

#[test]
fn what_is_not_there_is_said_and_every_size_is_drawn() {
    let (mut stage, answer) = inspecting();
    assert_clean(&stage.draw(80, 24));
    tell(&mut stage, answer, None);
    check("inspector-gone@60x15", &stage.draw(60, 15).with_styles());
    tell(&mut stage, answer, Some(Exchange::default()));
    assert_clean(&stage.draw(60, 15));
    tell(&mut stage, answer, Some(exchange()));
    for page in 0..3 {
        for (width, height) in [(200, 50), (60, 15), (40, 12), (20, 5)] {
            assert_clean(&stage.draw(width, height));
            stage.keys("end");
            assert_clean(&stage.draw(width, height));
            stage.keys("home");
        }
        stage.keys("tab");
        assert!(page < 3);
    }
}
