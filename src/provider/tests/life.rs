//! How answers come, end, and are cancelled; what is sent; how the recorded streams read.

use super::server::{Reply, Server};
use super::*;
use crate::chat::{Connection, FinishReason, HttpVersion, Step};

const PLAIN: &str = include_str!("../../../tests/data/wire/plain.sse");
const REASONING: &str = include_str!("../../../tests/data/wire/reasoning.sse");
const TOOL_CALL: &str = include_str!("../../../tests/data/wire/tool_call.sse");
const MID_STREAM_ERROR: &str = include_str!("../../../tests/data/wire/mid_stream_error.sse");
const COMPLETION: &str = include_str!("../../../tests/data/wire/completion.json");

pub(super) fn delta(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":{text:?}}},\"index\":0}}]}}\n\n")
}

fn finish(reason: &str) -> String {
    format!(
        "data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":{reason:?},\"index\":0}}]}}\n\n"
    )
}

#[tokio::test]
async fn the_recorded_answer_is_read() {
    let headers = "content-type: text/event-stream\r\ninference-id: chatcmpl-1\r\nx-ratelimit-limit-requests-minute: 5\r\n";
    let told = play(Reply::status("200 OK", headers, PLAIN)).await;
    assert_eq!(
        told.content(),
        "A wafer-scale chip keeps every weight next to its compute, so decoding is quick."
    );
    let end = told.end();
    assert_eq!(end.state, EndState::Complete);
    assert_eq!(end.finish_reason, Some(FinishReason::Stop));
    assert_eq!(
        (end.usage.prompt_tokens, end.usage.completion_tokens),
        (Some(31), Some(18))
    );
    assert_eq!(end.server.total, Some(Duration::from_micros(21_900)));
    assert_eq!(end.request_id.as_deref(), Some("chatcmpl-1"));
    assert_eq!(end.limits.0.len(), 1);
    assert_eq!(
        (end.connection, end.note.as_deref()),
        (Some(Connection::New), None)
    );
    assert_eq!(end.http, Some(HttpVersion::Http11));
    assert!(end.e2e <= end.waited);
    assert!(matches!(told.events[0], StreamEvent::Sent { number: 1 }));
    let is_accepted =
        |e: &StreamEvent| matches!(e, StreamEvent::Accepted { limits, .. } if limits.0.len() == 1);
    assert!(told.events.iter().any(is_accepted), "{:?}", told.events);
}

#[tokio::test]
async fn reasoning_is_apart_also_where_one_event_holds_both() {
    let told = play(Reply::stream(REASONING)).await;
    assert_eq!(
        told.text(Channel::Reasoning),
        "The user asks for the sum of 17 and 25. 17 + 25 = 42. Answer in one line."
    );
    assert!(told.content().starts_with("17 + 25 makes **42**."));
    assert_eq!(told.end().usage.reasoning_tokens, Some(24));
}

#[tokio::test]
async fn a_thought_inside_the_content_is_taken_out() {
    let body = ["<thi", "nk>a", " b</th", "ink>\n\nc <think>d"]
        .map(delta)
        .concat()
        + &finish("stop");
    let told = play(Reply::stream(body)).await;
    assert_eq!(
        (
            told.text(Channel::Reasoning).as_str(),
            told.content().as_str()
        ),
        ("a b", "c <think>d")
    );
}

#[tokio::test]
async fn a_tool_call_is_noted_and_not_run() {
    let told = play(Reply::stream(TOOL_CALL)).await;
    assert_eq!(
        told.text(Channel::Reasoning),
        "Need to read the file first."
    );
    assert_eq!(told.end().finish_reason, Some(FinishReason::ToolCalls));
    assert!(told.end().note.as_deref().unwrap().contains("none was run"));
    // Two pieces of reasoning and three of the call, whose name and arguments have 34 bytes.
    let deltas = told.end().deltas;
    assert_eq!(deltas.count, Some(5));
    assert_eq!(deltas.calls.map(|calls| calls.bytes), Some(34));
}

#[tokio::test]
async fn an_error_inside_the_stream_keeps_the_text() {
    let told = play(Reply::stream(MID_STREAM_ERROR)).await;
    assert_eq!(told.content(), "First, the harbour was");
    expect(
        told.cut_short(),
        FailureKind::Server,
        &["Encountered a server error"],
    );
    assert_eq!(told.cut_short().status, Some(500));
    for error in [
        "event: error\ndata: {\"message\":\"boom\"}\n\n",
        "event: error\ndata: boom\n\n",
        "data: {\"message\":\"boom\",\"type\":\"server_error\",\"code\":\"x\"}\n\n",
        "data: {\"error\":{\"message\":\"boom\"}}\n\n",
        "data: {\"errors\":[{\"message\":\"boom\"}]}\n\n",
        "data: {\"detail\":[{\"msg\":\"boom\"}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\",\"error\":{\"message\":\"boom\"}}]}\n\n",
    ] {
        expect(
            play(Reply::stream(error)).await.failed(),
            FailureKind::Server,
            &["boom"],
        );
        let told = play(Reply::stream(delta("part") + error + &delta("late"))).await;
        expect(told.cut_short(), FailureKind::Server, &["boom"]);
        assert_eq!(told.content(), "part");
    }
    for wordless in ["{\"error\":{}}", "{\"error\":\"\"}"] {
        let told = play(Reply::stream(format!(
            "data: {wordless}\n\ndata: [DONE]\n\n"
        )))
        .await;
        expect(
            told.failed(),
            FailureKind::Server,
            &["the provider ended the stream with an error"],
        );
    }
}

#[tokio::test]
async fn a_whole_answer_in_place_of_a_stream_is_used() {
    let told = play(Reply::json("200 OK", COMPLETION)).await;
    assert_eq!(told.content(), "Forty-two.");
    assert_eq!(
        told.text(Channel::Reasoning),
        "17 + 25 = 42. Short answer wanted."
    );
    assert_eq!(
        (&told.end().state, told.end().usage.completion_tokens),
        (&EndState::Complete, Some(27))
    );
    let plain = r#"{"choices":[{"message":{"content":"x"}}]}"#;
    assert_eq!(
        play(Reply::json("200 OK", plain)).await.end().state,
        EndState::Complete
    );
}

#[tokio::test]
async fn each_way_to_end_has_its_state() {
    let done = "data: [DONE]\n\n";
    let state = async |body: String| play(Reply::stream(body)).await.end().state.clone();
    assert_eq!(
        state(delta("a") + &finish("stop") + done).await,
        EndState::Complete
    );
    assert_eq!(
        state(delta("a") + &finish("stop")).await,
        EndState::Complete
    );
    assert_eq!(
        state(delta("a") + &finish("length") + done).await,
        EndState::AtLimit
    );
    assert_eq!(
        state(delta("a") + &finish("content_filter") + done).await,
        EndState::Complete
    );
    assert_eq!(
        state(delta("a") + "data: {oops\n\n" + &finish("stop")).await,
        EndState::Damaged(1)
    );

    let told = play(Reply::stream(delta("a") + done)).await;
    assert_eq!(told.end().state, EndState::Complete);
    assert!(
        told.end()
            .note
            .as_deref()
            .unwrap()
            .contains("no finish reason")
    );

    let told = play(Reply::stream(delta("a"))).await;
    expect(
        told.cut_short(),
        FailureKind::Truncated,
        &["without a finish chunk"],
    );
    let told = play(Reply::stream(
        delta("a") + &finish("stop") + done + &delta("late") + "data: {\"error\":\"x\"}\n\n",
    ))
    .await;
    assert_eq!(
        (&told.end().state, told.content().as_str()),
        (&EndState::Complete, "a")
    );
    let told = play(Reply::stream(delta("a") + &finish("done") + done)).await;
    assert_eq!(
        told.end().finish_reason,
        Some(FinishReason::Other("done".to_owned()))
    );
}

#[tokio::test]
async fn text_after_the_finish_chunk_is_taken_as_long_as_it_comes() {
    // Each pause is shorter than what is waited for after the finish chunk, and both together are longer.
    let begun = delta("a") + &finish("stop");
    let reply = Reply::stream(begun.clone())
        .pause(1_200)
        .then(delta("b"))
        .pause(1_200)
        .then(delta("c"));
    let told = play(reply).await;
    assert_eq!(told.content(), "abc");
    let end = told.end();
    assert_eq!(end.state, EndState::Complete);
    assert!(end.e2e >= Duration::from_millis(2_400), "{:?}", end.e2e);
    let note = end.note.as_deref().unwrap();
    assert!(note.contains("went on after"), "{note}");

    let body = begun + &delta("b");
    let cut = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n",
        body.len()
    );
    let told = play(Reply::raw(cut)).await;
    assert_eq!(told.content(), "ab");
    assert!(matches!(told.end().state, EndState::CutShort(_)));
}

#[tokio::test]
async fn what_came_while_the_program_was_stopped_is_read_before_a_wait_is_over() {
    // While this thread stands still nothing here runs, timers as little as sockets.
    #[expect(
        clippy::disallowed_methods,
        reason = "to stand still is what is tested"
    )]
    let stand_still = || std::thread::sleep(Duration::from_millis(1_300));
    let server =
        Server::start(&[Reply::stream(delta("part")).pause(50).then(finish("stop"))]).await;
    let mut quick = endpoint(server.port);
    quick.timeouts.first = Duration::from_millis(200);
    quick.timeouts.idle = Duration::from_millis(200);
    quick.retry.max_retries = 0;
    let provider = Provider::new(quick).unwrap();
    let never = CancellationToken::new();
    let told = ask_and(&provider, &request(), &never, |event| {
        if matches!(event, StreamEvent::Delta(_)) {
            stand_still();
        }
    })
    .await;
    assert_eq!(told.end().state, EndState::Complete, "in its midst");
    let told = ask_and(&provider, &request(), &never, |event| {
        if matches!(event, StreamEvent::Step(Step::Sent { .. })) {
            stand_still();
        }
    })
    .await;
    assert_eq!(
        told.end().state,
        EndState::Complete,
        "before its first byte"
    );
}

#[tokio::test]
async fn an_empty_answer_says_why() {
    let told = play(Reply::stream(finish("length"))).await;
    expect(
        told.failed(),
        FailureKind::Empty,
        &["finish reason: length", "raise max_completion_tokens"],
    );
    let told = play(Reply::stream(finish("content_filter"))).await;
    expect(
        told.failed(),
        FailureKind::Empty,
        &["content_filter", "filtered"],
    );
    let told = play(Reply::stream("data: {\"choices\":[]}\n\ndata: [DONE]\n\n")).await;
    expect(told.failed(), FailureKind::Empty, &["no choices"]);
    let told = play(Reply::stream("")).await;
    expect(told.failed(), FailureKind::Truncated, &["without a word"]);
    for body in [
        "\u{1}\u{2}\u{3}",
        ": hello\n\n",
        "data: {\"choices\":[{\"del",
    ] {
        let told = play(Reply::stream(body)).await;
        expect(
            told.failed(),
            FailureKind::Truncated,
            &["before a whole event had come"],
        );
    }
}

#[tokio::test]
async fn what_could_begin_a_tag_stands_before_what_comes_after_it() {
    let reasoning = "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\"}}]}\n\n";
    let told = play(Reply::stream(
        delta("<") + reasoning + &delta("Hi") + &finish("stop"),
    ))
    .await;
    assert_eq!(told.content(), "<Hi");
}

#[tokio::test]
async fn figures_may_come_in_a_chunk_of_their_own() {
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n";
    let told = play(
        Reply::stream(delta("a") + &finish("stop"))
            .pause(50)
            .then(usage),
    )
    .await;
    assert_eq!(told.end().usage.completion_tokens, Some(4));
    assert_eq!(told.end().state, EndState::Complete);
}

#[tokio::test]
async fn a_server_that_never_closes_costs_two_seconds_and_not_the_figures() {
    let told = play(Reply::stream(delta("a") + &finish("stop")).stall()).await;
    assert_eq!(told.end().state, EndState::Complete);
    assert!(
        told.end().e2e < Duration::from_secs(1),
        "{:?}",
        told.end().e2e
    );
}

#[tokio::test]
async fn odd_fields_other_choices_and_keep_alives_do_no_harm() {
    let body = [
        ": ping\n\n",
        "data:\n\n",
        "id: 1\nretry: 5\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}}],\"usage\":{\"completion_tokens\":-4}}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}],\"time_info\":[]}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":7}}]}\n\n",
        "data:{\"choices\":[{\"delta\":{\"reasoning_content\":\"r\",\"content\":\"b\\u0000\"}}]}\n\n",
    ]
    .concat();
    let told = play(Reply::stream(
        "\u{feff}".to_owned() + &body + &finish("stop"),
    ))
    .await;
    assert_eq!(told.content(), "a\u{fffd}b\0");
    assert_eq!(told.text(Channel::Reasoning), "r");
    assert_eq!(told.end().usage.completion_tokens, None);
    assert_eq!(told.end().state, EndState::Complete);
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_for() {
    let server = Server::start(&[Reply::stream(PLAIN)]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.headers = vec![("X-Team".to_owned(), "a".to_owned())];
    ask(&Provider::new(endpoint).unwrap(), &request()).await;
    let sent = server.requests().remove(0);
    assert!(
        sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"),
        "{sent}"
    );
    for header in [
        format!("authorization: Bearer {CANARY}"),
        format!("user-agent: waferdeck/{}", env!("CARGO_PKG_VERSION")),
        "accept-encoding: identity".to_owned(),
        "content-type: application/json".to_owned(),
        "x-team: a".to_owned(),
    ] {
        assert!(
            sent.contains(&format!("\r\n{header}\r\n")),
            "{header} is not in {sent}"
        );
    }
    assert!(sent.ends_with(
        r#"{"model":"gpt-oss-120b","messages":[{"role":"user","content":"hello"}],"stream":true,"max_completion_tokens":512,"reasoning_format":"parsed"}"#
    ));
}

#[tokio::test]
async fn a_kept_connection_is_told_from_a_new_one() {
    let server = Server::start(&[Reply::kept(PLAIN)]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    assert_eq!(
        ask(&provider, &request()).await.end().connection,
        Some(Connection::New)
    );
    assert_eq!(
        ask(&provider, &request()).await.end().connection,
        Some(Connection::Reused)
    );
    assert_eq!(server.connections(), 1);

    let server = Server::start(&[Reply::kept("{}"), Reply::kept(PLAIN)]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    provider.warm().await;
    assert!(server.requests()[0].starts_with("GET /v1/tcp_warming "));
    assert_eq!(
        ask(&provider, &request()).await.end().connection,
        Some(Connection::Reused)
    );
}

#[tokio::test]
async fn a_connection_is_kept_although_its_body_ends_after_the_end_mark() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let late = Reply::raw(format!("{head}{:x}\r\n{PLAIN}\r\n", PLAIN.len()))
        .pause(30)
        .then("0\r\n\r\n")
        .keep();
    let server = Server::start(&[late]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let mut seen = Vec::new();
    while !seen.contains(&Some(Connection::Reused)) {
        assert!(seen.len() < 50, "{seen:?}");
        seen.push(ask(&provider, &request()).await.end().connection);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_asks_again_at_once_opens_no_second_connection() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let whole = format!("{head}{:x}\r\n{PLAIN}\r\n0\r\n\r\n", PLAIN.len());
    let server = Server::start(&[Reply::raw(whole).keep()]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    for _ in 0..8 {
        let told = ask(&provider, &request()).await;
        assert_eq!(told.end().state, EndState::Complete);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_stop_acts_at_once_wherever_the_request_stands() {
    let started = delta("some");
    for reply in [
        Reply::default().stall(),
        Reply::stream("").stall(),
        Reply::stream(&started).stall(),
        Reply::status("500 Oops", "", "").stall(),
    ] {
        let server = Server::start(&[reply]).await;
        let provider = Provider::new(endpoint(server.port)).unwrap();
        let cancel = CancellationToken::new();
        let question = request();
        let asking = ask_until(&provider, &question, &cancel);
        let stopping = async {
            server.asked(1).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            cancel.cancel();
            std::time::Duration::ZERO
        };
        let (told, _) = tokio::join!(asking, stopping);
        assert_eq!(told.end().state, EndState::Stopped);
        server.hung_up().await;
    }
    let server = Server::start(&[Reply::default().stall()]).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let told = ask_until(
        &Provider::new(endpoint(server.port)).unwrap(),
        &request(),
        &cancel,
    )
    .await;
    assert_eq!(
        (told.events.len(), &told.end().state),
        (1, &EndState::Stopped)
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn requests_beyond_the_places_in_flight_wait() {
    let server = Server::start(&[Reply::stream(PLAIN)]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.max_in_flight = 1;
    let provider = Provider::new(endpoint).unwrap();
    let question = request();
    let (a, b) = tokio::join!(ask(&provider, &question), ask(&provider, &question));
    assert!(a.waits().is_empty());
    let for_a_place = Wait {
        held: Held::InFlight,
        left: None,
    };
    assert_eq!(b.waits(), [for_a_place]);
    assert_eq!(
        (&a.end().state, &b.end().state),
        (&EndState::Complete, &EndState::Complete)
    );
}

#[tokio::test]
async fn models_come_from_the_public_list_or_the_plain_one() {
    let rich =
        r#"{"data":[{"id":"gpt-oss-120b","pricing":{"prompt":"0.0000005"}},{"id":"gpt-next"}]}"#;
    let server = Server::start(&[
        Reply::json("200 OK", rich),
        Reply::json(
            "404 Not Found",
            r#"{"code":"model_not_found","param":"model","message":"no"}"#,
        ),
    ])
    .await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let catalogue = provider.models().await.unwrap();
    assert_eq!(catalogue.get("gpt-oss-120b").unwrap().price_in, Some(0.5));
    let listing = server.requests().remove(0);
    assert!(
        listing.starts_with("GET /public/v1/models ") && !listing.contains(CANARY),
        "{listing}"
    );
    let mut wrong = request();
    wrong.model = "gpt-nex".to_owned();
    let told = ask(&provider, &wrong).await;
    expect(
        told.failed(),
        FailureKind::Model,
        &["choose another model: gpt-next, gpt-oss-120b"],
    );

    let server = Server::start(&[
        Reply::status("404 Not Found", "", ""),
        Reply::json(
            "200 OK",
            r#"{"object":"list","data":[{"id":"m","object":"model"}]}"#,
        ),
    ])
    .await;
    let catalogue = Provider::new(endpoint(server.port))
        .unwrap()
        .models()
        .await
        .unwrap();
    assert!(catalogue.get("m").is_some());
    assert!(server.requests()[1].contains(CANARY));

    let server = Server::start(&[Reply::json(
        "401 Unauthorized",
        r#"{"message":"Wrong API Key"}"#,
    )])
    .await;
    let error = Provider::new(endpoint(server.port))
        .unwrap()
        .models()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Key {
                status: Some(401),
                ..
            }
        ),
        "{error}"
    );
    let server = Server::start(&[Reply::json("200 OK", "{}")]).await;
    let error = Provider::new(endpoint(server.port))
        .unwrap()
        .models()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}
