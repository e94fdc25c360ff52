//! Telemetry as its readers meet it: the text word for word, the HTTP side with its refusals, the receiver of OTLP,
//! and the dashboard and rules that name what is served.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use proptest::{prelude::*, test_runner::Config as Cases};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use waferdeck::{
    chat::{
        Attempt, Bucket, Budget, BudgetOn, Delta, End, EndState, Failure, FailureKind,
        FinishReason, Held, StreamEvent, Timestamp, Unit, Wait,
    },
    metrics::{Channel, ServerTime, Usage},
    provider,
    telemetry::{
        Asked, Format, INSTRUMENTS, Kind, ListenError, Listener, Resource, Subject, Telemetry,
        listen,
        otlp::{Exporter, Settings, Target},
    },
};

mod served;

use served::{Sample, parse};

const DEADLINE: Duration = Duration::from_secs(20);

fn wall() -> Timestamp {
    Timestamp(1_795_000_000_000)
}

fn subject(model: &str) -> Subject {
    Subject {
        provider: "cerebras",
        profile: "cerebras".to_owned(),
        model: model.to_owned(),
        server: Some(("api.cerebras.ai".to_owned(), 443)),
    }
}

fn asked() -> Asked {
    Asked {
        stream: true,
        budget: Some(Budget {
            on: BudgetOn::Ttft,
            limit_ms: 150,
        }),
        max_tokens: 4_096,
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn delta(at: u64) -> StreamEvent {
    StreamEvent::Delta(Delta {
        channel: Channel::Content,
        text: "a secret answer ".to_owned(),
        at: ms(at),
    })
}

fn sent(number: u32) -> StreamEvent {
    StreamEvent::Sent { number }
}

fn end(end: End) -> StreamEvent {
    StreamEvent::End(Box::new(end))
}

fn failure(status: Option<u16>, kind: FailureKind) -> Failure {
    Failure {
        status,
        ..Failure::new(kind, "the secret prompt was refused", "")
    }
}

fn refused(next: u32) -> StreamEvent {
    let error = failure(Some(429), FailureKind::Quota);
    StreamEvent::Retry {
        attempt: Attempt {
            status: error.status,
            error,
            wait: ms(800),
        },
        next,
        most: 5,
    }
}

fn held() -> StreamEvent {
    StreamEvent::Queued(Wait {
        held: Held::Quota {
            unit: Unit::Tokens,
            bucket: Bucket::Minute,
            limit: 30_000,
        },
        left: Some(ms(40)),
    })
}

/// All of an answer came: the second attempt, 60 tokens in 20 ms.
fn complete() -> StreamEvent {
    end(End {
        finish_reason: Some(FinishReason::Stop),
        usage: Usage {
            prompt_tokens: Some(41),
            completion_tokens: Some(60),
            ..Usage::default()
        },
        server: ServerTime {
            completion: Some(ms(20)),
            ..ServerTime::default()
        },
        e2e: ms(190),
        waited: ms(1_200),
        request_id: Some("req-1".to_owned()),
        ..End::bare(EndState::Complete)
    })
}

/// One answer after a wait and a retry, one over its budget, one that failed, one that was stopped, one under way.
fn feed(telemetry: &Telemetry) -> waferdeck::telemetry::Watch {
    let tell = |model, asked, events: &[StreamEvent]| {
        let mut watch = telemetry.watch(subject(model), asked);
        for event in events {
            watch.event(event);
        }
    };
    let gpt = "gpt-oss-120b";
    let retried = [
        held(),
        held(),
        sent(1),
        refused(2),
        sent(2),
        delta(140),
        delta(145),
        delta(152),
        delta(160),
        complete(),
    ];
    tell(gpt, asked(), &retried);
    tell(gpt, asked(), &[sent(1), delta(900), delta(901), complete()]);
    let broken = End {
        e2e: ms(5_000),
        waited: ms(5_000),
        ..End::bare(EndState::Failed(failure(None, FailureKind::Timeout)))
    };
    tell("qwen-3.8-27b", asked(), &[sent(1), end(broken)]);
    let stopped = End::bare(EndState::Stopped);
    tell("a \"b\"\\c\n", Asked::default(), &[end(stopped)]);
    telemetry.fallback(subject("qwen-3.8-27b"), "mock");

    let mut watch = telemetry.watch(subject(gpt), asked());
    watch.event(&sent(1));
    watch
}

fn text_of(feed: impl Fn(&Telemetry) -> waferdeck::telemetry::Watch, format: Format) -> String {
    let telemetry = Telemetry::new(Resource::default(), wall);
    let _watch = feed(&telemetry);
    telemetry.text(format)
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_fixed_feed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = text_of(feed, Format::Text);
    settings.bind(|| insta::assert_snapshot!("telemetry-text", text));
}

#[tokio::test(start_paused = true)]
async fn both_formats_have_the_same_samples_and_no_word_of_anybody() {
    let text = text_of(feed, Format::Text);
    let open = text_of(feed, Format::OpenMetrics);
    assert_eq!(parse(&text), parse(&open));
    assert!(open.ends_with("\n# EOF\n"));
    assert!(open.contains("# TYPE waferdeck_retries counter\n"));
    assert!(text.contains("# TYPE waferdeck_retries_total counter\n"));
    assert!(!text.contains("secret") && !open.contains("secret"));
    let odd = parse(&text)
        .into_iter()
        .find(|s| s.label("gen_ai_request_model").starts_with("a \""));
    assert!(
        odd.is_some(),
        "a quote and a backslash come back as they were"
    );
}

#[tokio::test(start_paused = true)]
async fn figures_are_those_of_the_answers() {
    let samples = parse(&text_of(feed, Format::Text));
    let value = |name: &str, labels: &[(&str, &str)]| -> f64 {
        let mut of = samples.iter().filter(|s| s.name == name && s.has(labels));
        let found = of.next().unwrap_or_else(|| panic!("{name} {labels:?}"));
        assert!(of.next().is_none(), "{name} {labels:?} is not one series");
        found.value
    };
    let gpt = ("gen_ai_request_model", "gpt-oss-120b");
    let qwen = ("gen_ai_request_model", "qwen-3.8-27b");
    for (name, labels, expected) in [
        (
            "waferdeck_retries_total",
            &[gpt, ("error_type", "429")][..],
            1.0,
        ),
        ("waferdeck_quota_refusals_total", &[gpt], 1.0),
        ("waferdeck_quota_refusals_total", &[qwen], 0.0),
        ("waferdeck_quota_wait_seconds_count", &[gpt], 1.0),
        // The same labels on both: the one divided by the other matches.
        (
            "waferdeck_budget_judged_total",
            &[gpt, ("waferdeck_budget_on", "ttft")],
            2.0,
        ),
        (
            "waferdeck_budget_breaches_total",
            &[gpt, ("waferdeck_budget_on", "ttft")],
            1.0,
        ),
        // It ran into its timeout, which was long after its budget.
        ("waferdeck_budget_breaches_total", &[qwen], 1.0),
        ("waferdeck_requests_in_flight", &[gpt], 1.0),
        ("waferdeck_requests_in_flight", &[qwen], 0.0),
        ("waferdeck_fallbacks_total", &[qwen], 1.0),
        (
            "gen_ai_client_token_usage_sum",
            &[gpt, ("gen_ai_token_type", "output")],
            120.0,
        ),
        (
            "gen_ai_client_token_usage_count",
            &[gpt, ("gen_ai_token_type", "input")],
            2.0,
        ),
        ("waferdeck_inter_chunk_gap_seconds_count", &[gpt], 4.0),
        (
            "waferdeck_output_speed_per_second_sum",
            &[gpt, ("waferdeck_clock", "server")],
            6_000.0,
        ),
        (
            "waferdeck_output_speed_per_second_sum",
            &[gpt, ("waferdeck_clock", "wall")],
            2_250.0,
        ),
        (
            "gen_ai_client_operation_duration_seconds_sum",
            &[qwen, ("error_type", "timeout")],
            5.0,
        ),
        ("waferdeck_time_waited_seconds_sum", &[gpt], 2.4),
        (
            "waferdeck_answers_total",
            &[qwen, ("waferdeck_answer_state", "failed")],
            1.0,
        ),
    ] {
        assert!(
            (value(name, labels) - expected).abs() < 1e-9,
            "{name} {labels:?}"
        );
    }
    // Nothing was sent of the answer that was stopped in the queue, so nothing was measured.
    let stopped = |s: &&Sample| s.label("gen_ai_request_model").starts_with('a');
    let measured = samples
        .iter()
        .filter(stopped)
        .filter(|s| s.name.contains("seconds"));
    assert_eq!(measured.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_quota_lasts_from_its_first_word_to_the_sending() {
    let telemetry = Telemetry::new(Resource::default(), wall);
    let mut watch = telemetry.watch(subject("m"), asked());
    let other = |held| StreamEvent::Queued(Wait { held, left: None });
    for (event, seconds) in [
        (other(Held::InFlight), 5),
        (held(), 1),
        (held(), 2),
        (other(Held::Refused), 4),
        (sent(1), 8),
        (complete(), 0),
    ] {
        watch.event(&event);
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }
    let samples = parse(&telemetry.text(Format::Text));
    let sums = samples
        .iter()
        .filter(|s| s.name == "waferdeck_quota_wait_seconds_sum");
    let sums: Vec<_> = sums
        .map(|s| (s.label("waferdeck_wait_reason"), s.value))
        .collect();
    assert_eq!(sums, [("quota", 3.0), ("refused", 4.0)]);
}

#[test]
fn a_request_that_is_dropped_is_not_in_flight() {
    let telemetry = Telemetry::new(Resource::default(), wall);
    let mut watch = telemetry.watch(subject("m"), asked());
    watch.event(&sent(1));
    let level = || {
        let samples = parse(&telemetry.text(Format::Text));
        let gauge = samples
            .into_iter()
            .find(|s| s.name == "waferdeck_requests_in_flight");
        gauge.map(|s| s.value)
    };
    assert_eq!(level(), Some(1.0));
    drop(watch);
    assert_eq!(level(), Some(0.0));
}

proptest! {
    #![proptest_config(Cases { cases: 24, ..Cases::default() })]

    #[test]
    fn whatever_models_are_called_their_names_are_few_and_harmless(
        models in prop::collection::vec("\\PC{0,12}|[\\x00-\\x7f]{0,12}|.{100,300}", 0..260),
        statuses in prop::collection::vec(any::<u16>(), 40),
    ) {
        let telemetry = Telemetry::new(Resource::default(), wall);
        for (n, model) in models.iter().enumerate() {
            let mut watch = telemetry.watch(subject(&format!("{model}{n}")), asked());
            let status = statuses.get(n % statuses.len()).copied();
            let failed = EndState::Failed(failure(status, FailureKind::Server));
            watch.event(&sent(1));
            watch.event(&end(End { e2e: ms(1), ..End::bare(failed) }));
        }
        let samples = parse(&telemetry.text(Format::Text));
        for label in ["gen_ai_request_model", "error_type", "waferdeck_profile"] {
            let values: BTreeSet<_> = samples.iter().map(|s| s.label(label)).collect();
            prop_assert!(values.len() <= 202, "{label}: {}", values.len());
            for value in values {
                prop_assert!(!value.chars().any(char::is_control), "{value:?}");
                prop_assert!(value.chars().count() <= 121, "{value:?}");
            }
        }
        let answers = samples.iter().filter(|s| s.name == "waferdeck_answers_total");
        let total: f64 = answers.map(|s| s.value).sum();
        prop_assert!((total - models.len() as f64).abs() < 0.5, "nobody is lost");
    }
}

async fn served() -> Listener {
    let telemetry = Telemetry::new(Resource::default(), wall);
    drop(feed(&telemetry));
    let address = "127.0.0.1:0".parse().expect("an address");
    listen(address, telemetry).await.expect("a port")
}

/// Sends a request's head and reads the whole answer.
async fn fetch(listener: &Listener, head: &str) -> String {
    let mut stream = TcpStream::connect(listener.addr())
        .await
        .expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut answer = String::new();
    let reading = timeout(DEADLINE, stream.read_to_string(&mut answer));
    reading.await.expect("in time").expect("an answer");
    answer
}

#[tokio::test]
async fn metrics_are_for_programs_of_this_machine() {
    let listener = served().await;
    let get = |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
    let port = listener.addr().port();
    for (head, status) in [
        (get("/metrics", "Host: 127.0.0.1\r\n"), 200),
        (get("/metrics", &format!("Host: localhost:{port}\r\n")), 200),
        (get("/metrics?x=1", "Host: [::1]:80\r\n"), 200),
        (get("/", "Host: 127.0.0.1\r\n"), 404),
        (get("/metrics", "Host: evil.example\r\n"), 403),
        (get("/metrics", "Host: 127.0.0.1.evil.example\r\n"), 403),
        (
            get("/metrics", "Host: 127.0.0.1\r\nHost: evil.example\r\n"),
            403,
        ),
        (get("/metrics", ""), 403),
        (
            get("http://evil.example/metrics", "Host: 127.0.0.1\r\n"),
            403,
        ),
        (
            get(
                "/metrics",
                "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n",
            ),
            403,
        ),
        (get("/metrics", "Host: 127.0.0.1\r\nOrigin: null\r\n"), 403),
        (
            "POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_owned(),
            405,
        ),
        ("\u{1}\u{2} nonsense\r\n\r\n".to_owned(), 400),
    ] {
        let answer = fetch(&listener, &head).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{head}\n{answer}"
        );
        assert_eq!(
            answer.contains("gen_ai_"),
            status == 200,
            "{head}\n{answer}"
        );
    }
    let open = "Host: 127.0.0.1\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n";
    let answer = fetch(&listener, &get("/metrics", open)).await;
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"));
    assert!(answer.ends_with("# EOF\n"));
}

#[tokio::test]
async fn no_other_address_is_served_and_a_taken_port_is_said() {
    let anywhere = listen("0.0.0.0:0".parse().expect("an address"), Telemetry::off()).await;
    assert!(matches!(anywhere, Err(ListenError::NotLoopback(_))));
    let listener = served().await;
    let again = listen(listener.addr(), Telemetry::off()).await;
    assert!(matches!(again, Err(ListenError::Taken { .. })));
}

/// On a clock that runs ahead while everything waits.
#[tokio::test(start_paused = true)]
async fn ten_connections_live_five_seconds_and_the_eleventh_waits_for_one_of_them() {
    let listener = served().await;
    let start = Instant::now();
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(
            TcpStream::connect(listener.addr())
                .await
                .expect("a connection"),
        );
    }
    let answer = fetch(
        &listener,
        "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        start.elapsed() >= Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    let ended = timeout(DEADLINE, idle[0].read(&mut [0]))
        .await
        .expect("in time");
    assert_eq!(ended.unwrap_or(0), 0, "a silent connection is closed");
}

/// What a receiver got: path, key header, body.
type Got = Arc<Mutex<Vec<(&'static str, Option<String>, Value)>>>;

async fn receiver() -> (String, Got) {
    let got = Got::default();
    let take = |path: &'static str| {
        post(
            async move |State(got): State<Got>, headers: HeaderMap, Json(body): Json<Value>| {
                let key = headers.get("x-key").and_then(|k| k.to_str().ok());
                let entry = (path, key.map(str::to_owned), body);
                got.lock().expect("unbroken").push(entry);
                Json(serde_json::json!({}))
            },
        )
    };
    let router = Router::new()
        .route("/v1/metrics", take("metrics"))
        .route("/v1/traces", take("traces"))
        .with_state(Arc::clone(&got));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, got)
}

fn settings(url: &str) -> Settings {
    Settings::read(&|name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(url.to_owned()),
        "OTEL_EXPORTER_OTLP_HEADERS" => Some("x-key=secret".to_owned()),
        "OTEL_SERVICE_NAME" => Some("deck".to_owned()),
        _ => None,
    })
}

fn export(telemetry: &Telemetry, settings: Settings) -> (Exporter, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    let client = |target: &Target| {
        let client = provider::plain_client(&target.url, target.holds_secret());
        client.map_err(|e| e.to_string())
    };
    let complain = move |text| hears.lock().expect("unbroken").push(text);
    let exporter = Exporter::start(telemetry, settings, client, complain);
    (exporter.expect("telemetry is on"), told)
}

#[tokio::test]
async fn leaving_exports_figures_and_spans() {
    let (url, got) = receiver().await;
    let settings = settings(&url);
    let telemetry = Telemetry::with_spans(settings.resource.clone(), wall, 7);
    let (exporter, told) = export(&telemetry, settings);
    drop(feed(&telemetry));
    exporter.close().await;
    assert_eq!(*told.lock().expect("unbroken"), Vec::<String>::new());
    let mut got = std::mem::take(&mut *got.lock().expect("unbroken"));
    got.sort_by_key(|(path, ..)| *path);
    let [("metrics", key, metrics), ("traces", _, traces)] = &got[..] else {
        panic!("{got:?}");
    };
    assert_eq!(key.as_deref(), Some("secret"));
    let resource = &metrics["resourceMetrics"][0];
    assert_eq!(
        resource["resource"]["attributes"][0]["value"]["stringValue"],
        "deck"
    );
    let sent = resource["scopeMetrics"][0]["metrics"]
        .as_array()
        .expect("metrics");
    let names: Vec<_> = sent.iter().filter_map(|m| m["name"].as_str()).collect();
    let all: Vec<_> = INSTRUMENTS.iter().map(|i| i.name).collect();
    assert_eq!(names, all, "the feed touches every instrument");
    for metric in sent.iter().filter(|m| m["histogram"].is_object()) {
        for point in metric["histogram"]["dataPoints"]
            .as_array()
            .expect("points")
        {
            let len = |key: &str| point[key].as_array().expect(key).len();
            assert_eq!(len("bucketCounts"), len("explicitBounds") + 1);
        }
    }
    let spans = traces["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array();
    let spans = spans.expect("spans");
    assert_eq!(spans.len(), 4, "the one under way has none yet");
    assert_eq!(spans[0]["name"], "chat gpt-oss-120b");
    assert_eq!(spans[0]["traceId"].as_str().map(str::len), Some(32));
    assert_eq!(spans[0]["spanId"].as_str().map(str::len), Some(16));
    assert_eq!(spans[2]["status"]["code"], 2);
    let attributes = spans[0]["attributes"].as_array().expect("attributes");
    let of = |key: &str| {
        attributes
            .iter()
            .find(|a| a["key"] == key)
            .map(|a| &a["value"])
    };
    assert_eq!(
        of("gen_ai.usage.output_tokens").expect("tokens")["intValue"],
        "60"
    );
    assert_eq!(of("server.port").expect("a port")["intValue"], "443");
    assert!(!traces.to_string().contains("secret"));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_told_of_once_and_without_its_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let settings = settings(&format!("http://u:secret@{address}/secret"));
    let telemetry = Telemetry::with_spans(Resource::default(), wall, 7);
    let (exporter, told) = export(&telemetry, settings);
    drop(feed(&telemetry));
    exporter.close().await;
    let told = told.lock().expect("unbroken");
    let [sentence] = &told[..] else {
        panic!("{told:?}");
    };
    let expected = format!(
        "metrics did not reach {address}: no connection; OTEL_EXPORTER_OTLP_ENDPOINT says where they go"
    );
    assert_eq!(*sentence, expected);
}

/// On a clock that runs ahead while everything waits.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_silent_holds_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let telemetry = Telemetry::new(Resource::default(), wall);
    let (exporter, _told) = export(&telemetry, settings(&url));
    drop(feed(&telemetry));
    let start = Instant::now();
    exporter.close().await;
    assert!(
        start.elapsed() <= Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

/// What a sample of a metric may be called.
fn sample_names() -> BTreeSet<String> {
    let names = INSTRUMENTS.iter().flat_map(|instrument| {
        let name = instrument.prometheus();
        let suffixes: &[&str] = match instrument.kind {
            Kind::Histogram(_) => &["_bucket", "_sum", "_count"],
            Kind::Counter | Kind::Gauge => &[""],
        };
        suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
    });
    names.collect()
}

/// Dashboard and rules name metrics that are served, labels that they have, and no others.
#[tokio::test(start_paused = true)]
async fn dashboard_and_rules_name_what_is_served() {
    let names = sample_names();
    let samples = parse(&text_of(feed, Format::Text));
    let labels: BTreeSet<_> = samples
        .iter()
        .flat_map(|s| s.labels.keys().cloned())
        .collect();
    let mut looked_at = BTreeSet::new();
    for file in ["grafana-dashboard.json", "alerts.yml"] {
        let path = format!("assets/telemetry/{file}");
        let text = fs::read_to_string(&path).expect(&path);
        let ours = |word: &&str| word.starts_with("gen_ai_") || word.starts_with("waferdeck_");
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(ours).chain(["error_type"]) {
            assert!(
                names.contains(word) || labels.contains(word),
                "{path} names {word}"
            );
            looked_at.insert(word.to_owned());
        }
    }
    for instrument in INSTRUMENTS {
        let name = instrument.prometheus();
        // The conventions' own buckets are coarser copies of ours.
        let has_finer = ["first_chunk", "output_chunk"]
            .iter()
            .any(|n| name.contains(n));
        let is_named = looked_at.iter().any(|word| word.starts_with(&name));
        assert!(is_named || has_finer, "nobody looks at {name}");
    }
    let dashboard = fs::read("assets/telemetry/grafana-dashboard.json").expect("the dashboard");
    let dashboard: Value = serde_json::from_slice(&dashboard).expect("JSON");
    assert_eq!(dashboard["uid"], "waferdeck");
}
