//! Recorded times against the times at which the mock wrote: on a clock that stands still while anybody works, they are
//! the same to the microsecond. What the machine adds to that is for `benches/workbench`.

use std::{sync::Mutex, time::Duration};

use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;
use waferdeck::{
    chat::{
        Answer, AnswerId, EndState, IdSource, Message, Params, Role, Timestamp, Variant,
        quota::WhenFull,
    },
    metrics::Arrival,
    mock::{MockOptions, MockServer, Scenario, serve},
    provider::{Auth, BaseUrl, Dialect, Endpoint, KeySource, Provider, Request},
};

const PANES: usize = 8;
/// Uneven in every way that may go wrong: jitter, a stall, reasoning, several tokens a delta, events of one write.
const UNEVEN: &str = r"
tokens_per_second = 700.0
tokens_per_delta = 3
tokens = 400
reasoning_tokens = 60
ttft_ms = 137
jitter_ms = 4
stalls = [{ after_tokens = 200, ms = 333 }]
";

async fn mock() -> MockServer {
    let options = MockOptions {
        stamps: true,
        scenario: Some(Scenario::from_toml(UNEVEN).expect("a valid scenario")),
        ..MockOptions::default()
    };
    serve(options).await.expect("a mock")
}

fn provider(server: &MockServer) -> Provider {
    let base = BaseUrl::parse(&server.base_url()).expect("an address");
    let key = KeySource::Fixed(SecretString::from("mock"));
    let endpoint = Endpoint::new("mock", base, Auth::Key(key), Dialect::Cerebras);
    Provider::new(endpoint).expect("a provider")
}

async fn answer(provider: &Provider, pane: usize) -> Answer {
    let request = Request {
        model: "gpt-oss-120b".to_owned(),
        messages: vec![Message::new(Role::User, format!("Question {pane}"))],
        params: Params::default(),
        max_completion_tokens: 8_192,
        reasoning: true,
        stream: true,
        when_full: WhenFull::Send,
    };
    let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
    let variant = Variant::new("mock", &request.model);
    let told = Mutex::new(Answer::new(id, variant, true, 1, Duration::ZERO));
    provider
        .answer(&request, &CancellationToken::new(), &mut |event| {
            let mut answer = told.lock().expect("no panic elsewhere");
            answer.apply(event, Duration::ZERO);
        })
        .await;
    told.into_inner().expect("no panic elsewhere")
}

/// When each event that bore text was written, in microseconds since the request was read: the first event has a role
/// alone, and the last one figures.
async fn written(server: &MockServer, answer: &Answer) -> Vec<u64> {
    let id = answer.request_id.as_deref().expect("an id");
    let mut stream = TcpStream::connect(server.addr()).await.expect("the mock");
    let get =
        format!("GET /mock/stamps/{id} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(get.as_bytes()).await.expect("asked");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("told");
    let (_, body) = reply.split_once("\r\n\r\n").expect("a body");
    let stamps: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let writes: Vec<(u64, usize, usize)> =
        serde_json::from_value(stamps["writes"].clone()).expect("writes");
    let mut events: Vec<u64> = writes
        .iter()
        .flat_map(|&(at, _, events)| std::iter::repeat_n(at, events))
        .collect();
    events.pop();
    events.remove(0);
    events
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_what_was_written() {
    let server = mock().await;
    let provider = provider(&server);
    let answers = join_all((0..PANES).map(|pane| answer(&provider, pane))).await;
    for answer in &answers {
        let end = answer.end().expect("an end");
        assert_eq!(end.state, EndState::Complete);
        let recorded: Vec<u64> = answer
            .timeline
            .arrivals()
            .iter()
            .map(Arrival::micros)
            .collect();
        let written = written(&server, answer).await;
        assert!(written.len() > 100, "{} events", written.len());
        assert_eq!(end.deltas.count, Some(written.len() as u64));
        assert_eq!(recorded, written);
        let figures = answer.summary();
        let (first, last) = (written[0], written[written.len() - 1]);
        assert_eq!(figures.ttft, Ok(Duration::from_micros(first)));
        let tokens = figures.tokens.completion.expect("counted");
        let tpot = Duration::from_micros(last - first).div_f64((tokens - 1) as f64);
        assert_eq!(figures.tpot, Ok(tpot));
        let stalls: Vec<_> = answer.timeline.stalls(Duration::from_millis(300)).collect();
        assert_eq!(stalls.len(), 1, "{stalls:?}");
    }
}
