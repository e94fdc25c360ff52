//! Answers from request to end: the provider against the mock over real connections, with the transcript on disk.
//! What every single fault means to the provider is its own tests' business; here screen, disk and wire must agree.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use waferdeck::{
    app::{Ask, Effect, Msg},
    chat::{
        Answer, AnswerId, Connection, ConversationId, Effort, EndState, Failure, FailureKind,
        FinishReason, IdSource, Message, Params, Role, Session, SessionId, StreamEvent, Timestamp,
        TurnId, Variant, quota::WhenFull,
    },
    metrics::Channel,
    mock::{MockOptions, MockServer, Scenario, serve},
    provider::{
        Auth, BaseUrl, Dialect, Endpoint, KeySource, Mailbox, Provider, Request, RetryPolicy,
        Timeouts,
    },
    runtime::{
        answer::{Job, Providers},
        effects::Runner,
        inbox::Inbox,
    },
    store::{Record, Store},
};

use crate::stage::model;

/// Nothing here takes longer, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(20);
const PROMPT: &str = "Write a merge sort in Rust";

/// One provider for every profile.
pub(crate) struct One(pub(crate) Provider);

impl Providers for One {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// A provider of the mock that waits briefly and tries twice.
pub(crate) fn provider(server: &MockServer) -> Provider {
    let base = BaseUrl::parse(&server.base_url()).expect("an address");
    let key = KeySource::Fixed(SecretString::from("mock"));
    let mut endpoint = Endpoint::new("mock", base, Auth::Key(key), Dialect::Cerebras);
    endpoint.is_mock = true;
    endpoint.timeouts = Timeouts {
        connect: Duration::from_secs(2),
        first: Duration::from_millis(1_500),
        idle: Duration::from_millis(700),
        no_text: Duration::from_millis(900),
        total: None,
    };
    endpoint.retry = RetryPolicy {
        max_retries: 1,
        initial_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
        multiplier: 1.0,
        jitter: 1.0,
    };
    Provider::new(endpoint).expect("a provider")
}

fn request(model: &str) -> Request {
    Request {
        model: model.to_owned(),
        messages: vec![Message::new(Role::User, PROMPT)],
        params: Params::default(),
        max_completion_tokens: 8_192,
        reasoning: true,
        stream: true,
        when_full: WhenFull::Stagger,
    }
}

fn scenario(toml: &str) -> MockOptions {
    MockOptions {
        scenario: Some(Scenario::from_toml(toml).expect("a valid scenario")),
        ..MockOptions::default()
    }
}

/// A scenario of `tests/scenarios`, with further lines before it.
fn nasty(name: &str, more: &str) -> MockOptions {
    let path = format!("{}/tests/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    scenario(&format!("{more}\n{text}"))
}

fn wall() -> Timestamp {
    Timestamp(1_795_000_000_000)
}

/// A session on disk with one answer under way.
struct Desk {
    store: Store,
    session: Session,
    answer: AnswerId,
    _dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        let mut ids = IdSource::new(1);
        Self {
            store: Store::open(dir.path(), wall).expect("a store"),
            session: Session::new(SessionId::from_uuid(ids.next(wall())), wall()),
            answer: AnswerId::from_uuid(ids.next(wall())),
            _dir: dir,
        }
    }

    /// Runs the answer to its end and looks at both of its copies.
    async fn run(
        &self,
        providers: &dyn Providers,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Played {
        let quiet = Box::new(|_| {});
        let writer = self.store.writer(&self.session, false, quiet);
        let writer = writer.expect("a writer");
        for record in self.asked(request) {
            writer.append(record);
        }
        let mailbox = Mailbox::new(|_| {});
        let job = Job {
            answer: self.answer,
            id: &self.answer.request(0),
            profile: "mock",
            request,
            budget: None,
            writer: &writer,
            mailbox: &mailbox,
            cancel,
            recording: None,
        };
        timeout(DEADLINE, job.run(providers))
            .await
            .expect("an end before the deadline");
        let closing = tokio::task::spawn_blocking(move || writer.close(DEADLINE));
        assert!(closing.await.expect("closed"), "all is on disk");
        let loaded = self.store.load(self.session.id).expect("a session");
        assert_eq!(loaded.complaints, []);
        let kept = loaded.session.conversations[0].answer(self.answer).cloned();
        Played::new(self.answer, mailbox.drain(), &kept.expect("the answer"))
    }

    fn asked(&self, request: &Request) -> [Record; 3] {
        let mut ids = IdSource::new(2);
        let conversation = ConversationId::from_uuid(ids.next(wall()));
        let turn = TurnId::from_uuid(ids.next(wall()));
        [
            Record::Conversation {
                id: conversation,
                forked_from: None,
            },
            Record::Turn {
                id: turn,
                conversation,
                parent: None,
                broadcast: None,
                text: PROMPT.to_owned(),
                attachments: Vec::new(),
                at: wall(),
            },
            Record::Answer {
                id: self.answer,
                turn,
                variant: Variant::new("mock", &request.model),
                mock: true,
                sample: 1,
            },
        ]
    }
}

/// What came of an answer.
struct Played {
    answer: Answer,
    events: Vec<StreamEvent>,
}

/// What of it goes to disk.
fn written(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("plain data")
}

impl Played {
    /// Applies the events as the screen does, and checks what holds for every answer.
    fn new(id: AnswerId, events: Vec<StreamEvent>, kept: &Answer) -> Self {
        let is_end = |e: &StreamEvent| matches!(e, StreamEvent::End(_));
        assert_eq!(events.iter().filter(|e| is_end(e)).count(), 1, "one end");
        assert!(events.last().is_some_and(is_end), "nothing after the end");
        let mut answer = Answer::new(id, kept.variant.clone(), true, 1, Duration::ZERO);
        for event in &events {
            assert!(answer.apply(event.clone(), Duration::ZERO));
        }
        let arrivals = answer.timeline.arrivals();
        assert!(
            arrivals.is_sorted_by_key(waferdeck::metrics::Arrival::at),
            "times never go back"
        );
        let end = answer.end().expect("an end");
        assert!(arrivals.last().is_none_or(|a| a.at() <= end.e2e));
        assert_eq!(
            answer.timeline.bytes(),
            (answer.content.len() + answer.reasoning.len()) as u64
        );
        let disk = kept.end().expect("an end on disk");
        assert_eq!(
            (&kept.content, &kept.reasoning),
            (&answer.content, &answer.reasoning),
            "screen and disk agree"
        );
        assert_eq!(written(&disk.state), written(&end.state));
        assert_eq!(disk.usage, end.usage);
        assert_eq!(kept.timeline.arrivals().len(), arrivals.len());
        assert_eq!(written(&kept.attempts), written(&answer.attempts));
        // What is left of the quotas says nothing about the answer.
        let mut events = events;
        events.retain(|e| !matches!(e, StreamEvent::Quota(_)));
        Self { answer, events }
    }

    fn state(&self) -> &EndState {
        &self.answer.end().expect("an end").state
    }

    fn failure(&self) -> &Failure {
        self.state().failure().expect("a failure")
    }

    fn usage(&self) -> waferdeck::metrics::Usage {
        self.answer.end().expect("an end").usage
    }

    fn finish(&self) -> Option<FinishReason> {
        self.answer.end().expect("an end").finish_reason.clone()
    }

    fn deltas(&self, channel: Channel) -> usize {
        let is_of = |e: &&StreamEvent| matches!(e, StreamEvent::Delta(d) if d.channel == channel);
        self.events.iter().filter(is_of).count()
    }
}

async fn play(options: MockOptions, request: &Request) -> Played {
    let server = serve(options).await.expect("a server");
    let providers = One(provider(&server));
    let played = Desk::new()
        .run(&providers, request, &CancellationToken::new())
        .await;
    server.shutdown().await;
    played
}

/// The same answer that every scenario without text of its own gives.
async fn plain() -> Played {
    play(
        scenario("tokens_per_second = \"unpaced\""),
        &request("gpt-oss-120b"),
    )
    .await
}

#[tokio::test]
async fn a_whole_answer_has_text_figures_and_one_end() {
    let played = plain().await;
    assert_eq!(played.state(), &EndState::Complete);
    assert_eq!(played.finish(), Some(FinishReason::Stop));
    assert!(played.answer.content.contains("```rust"));
    assert!(played.deltas(Channel::Reasoning) > 0 && played.deltas(Channel::Content) > 10);
    let (usage, end) = (played.usage(), played.answer.end().expect("an end"));
    assert!(usage.completion_tokens > usage.reasoning_tokens);
    assert!(usage.reasoning_tokens > Some(0) && usage.prompt_tokens > Some(0));
    assert_eq!(end.connection, Some(Connection::New));
    assert!(end.server.total.is_some() && !end.limits.0.is_empty());
    let id = end.request_id.as_deref().expect("an id");
    assert!(id.starts_with("chatcmpl-"), "{id}");
    let is_step = |e: &&StreamEvent| matches!(e, StreamEvent::Step(_));
    let order = played.events.iter().filter(|e| !is_step(e)).take(2);
    assert!(
        matches!(
            order.collect::<Vec<_>>().as_slice(),
            [
                StreamEvent::Sent { number: 1 },
                StreamEvent::Accepted { .. }
            ]
        ),
        "{:?}",
        &played.events[..2]
    );
}

#[tokio::test]
async fn the_shape_of_the_wire_changes_no_text() {
    let plain = plain().await;
    for name in [
        "split-bytes",
        "cr-only",
        "openai-shape",
        "wrong-type",
        "no-usage",
    ] {
        let played = play(nasty(name, ""), &request("gpt-oss-120b")).await;
        assert_eq!(played.state(), &EndState::Complete, "{name}");
        assert_eq!(played.answer.content, plain.answer.content, "{name}");
        assert_eq!(played.answer.reasoning, plain.answer.reasoning, "{name}");
        let has_usage = played.usage().completion_tokens.is_some();
        assert_eq!(has_usage, name != "no-usage", "{name}");
    }
    let slow = "tokens = 60\nreasoning_tokens = 20";
    let played = play(nasty("crlf-comments-bom", slow), &request("gpt-oss-120b")).await;
    assert_eq!(played.state(), &EndState::Complete);
    assert!(played.answer.content.len() > 100);
    assert!(plain.answer.content.starts_with(&played.answer.content));
}

#[tokio::test]
async fn an_end_is_told_by_finish_and_mark() {
    let plain = plain().await;
    for name in ["no-done", "no-finish", "after-done"] {
        let played = play(nasty(name, ""), &request("gpt-oss-120b")).await;
        assert_eq!(played.state(), &EndState::Complete, "{name}");
        assert_eq!(played.answer.content, plain.answer.content, "{name}");
        let note = &played.answer.end().expect("an end").note;
        assert_eq!(note.is_some(), name == "no-finish", "{name}: {note:?}");
    }
    for (name, reason) in [
        ("content-filter", FinishReason::ContentFilter),
        ("unknown-finish", FinishReason::Other("done".to_owned())),
    ] {
        let played = play(nasty(name, ""), &request("gpt-oss-120b")).await;
        assert_eq!(played.state(), &EndState::Complete, "{name}");
        assert_eq!(played.finish(), Some(reason));
    }
}

#[tokio::test]
async fn a_limit_of_tokens_is_no_failure() {
    let request = Request {
        max_completion_tokens: 60,
        ..request("gpt-oss-120b")
    };
    let played = play(scenario("tokens_per_second = \"unpaced\""), &request).await;
    assert_eq!(played.state(), &EndState::AtLimit);
    assert_eq!(played.finish(), Some(FinishReason::Length));
    assert!(played.usage().completion_tokens >= Some(60));
}

#[tokio::test]
async fn text_that_came_is_kept_when_the_rest_does_not() {
    let plain = plain().await;
    for (name, kind) in [
        ("cut-close", FailureKind::Network),
        ("cut-end", FailureKind::Truncated),
        ("stream-error", FailureKind::Server),
        ("stream-error-named", FailureKind::Server),
        ("much-bad-json", FailureKind::Malformed),
    ] {
        let played = play(nasty(name, ""), &request("gpt-oss-120b")).await;
        assert!(
            matches!(played.state(), EndState::CutShort(f) if f.kind == kind),
            "{name}: {:?}",
            played.state()
        );
        assert!(played.answer.has_text(), "{name}");
        let all = &plain.answer;
        assert!(all.reasoning.starts_with(&played.answer.reasoning));
        assert!(all.content.starts_with(&played.answer.content), "{name}");
        assert_eq!(played.answer.attempts, [], "nothing is repeated after text");
        assert!(!played.failure().remedy.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn an_unreadable_event_marks_the_answer() {
    let plain = plain().await;
    let played = play(nasty("bad-json", ""), &request("gpt-oss-120b")).await;
    assert_eq!(played.state(), &EndState::Damaged(1));
    assert_eq!(played.answer.content, plain.answer.content);

    let played = play(nasty("bad-utf8", ""), &request("gpt-oss-120b")).await;
    assert_eq!(played.state(), &EndState::Complete);
    assert!(
        played.answer.content.starts_with("\u{fffd}(\u{fffd}"),
        "invalid bytes are visible where they were, and nothing else changes"
    );
}

#[tokio::test]
async fn odd_reports_of_tokens_are_no_figures() {
    let played = play(nasty("odd-usage", ""), &request("gpt-oss-120b")).await;
    assert_eq!(played.state(), &EndState::Complete);
    assert_eq!(played.usage().completion_tokens, None);
    assert!(played.answer.summary().speed_server.is_err());
    let played = play(nasty("odd-deltas", ""), &request("gpt-oss-120b")).await;
    assert_eq!(played.state(), &EndState::Complete);
}

#[tokio::test]
async fn what_is_no_answer_fails_without_text() {
    for (name, kind) in [
        ("empty-200", FailureKind::Malformed),
        ("login-page", FailureKind::Malformed),
        ("gzip-label", FailureKind::Malformed),
        ("empty-choices", FailureKind::Empty),
        ("redirect", FailureKind::Redirect),
        ("proxy-page", FailureKind::Server),
        ("bad-status-line", FailureKind::Malformed),
        ("no-headers", FailureKind::Network),
        ("wrapped-error", FailureKind::Request),
        ("retry-after-absurd", FailureKind::Quota),
    ] {
        let played = play(nasty(name, ""), &request("gpt-oss-120b")).await;
        assert!(
            matches!(played.state(), EndState::Failed(f) if f.kind == kind),
            "{name}: {:?}",
            played.state()
        );
        assert!(!played.answer.has_text(), "{name}");
        let failure = played.failure();
        assert!(!failure.remedy.is_empty(), "{name}: {failure:?}");
        let words = format!("{}{}", failure.message, failure.remedy);
        assert!(
            !words.contains('<') && !words.chars().any(char::is_control),
            "{name}: {words}"
        );
    }
}

#[tokio::test]
async fn statuses_become_what_a_person_can_do() {
    for (status, kind, attempts) in [
        (400, FailureKind::Request, 0),
        (401, FailureKind::Key, 0),
        (402, FailureKind::Payment, 0),
        (404, FailureKind::Model, 0),
        (413, FailureKind::TooLong, 0),
        (429, FailureKind::Quota, 1),
        (500, FailureKind::Server, 1),
        (503, FailureKind::Server, 1),
    ] {
        let reply = format!("[[reply]]\nstatus = {status}\nmessage = \"about the model\"");
        let played = play(scenario(&reply), &request("gpt-oss-120b")).await;
        let EndState::Failed(failure) = played.state() else {
            panic!("{status}: {:?}", played.state());
        };
        assert_eq!(
            (failure.kind, failure.status),
            (kind, Some(status)),
            "{failure:?}"
        );
        assert_eq!(played.answer.attempts.len(), attempts, "{status}");
    }
}

#[tokio::test]
async fn silence_ends_in_a_timeout() {
    for (name, text) in [("no-reply", false), ("only-comments", false)] {
        let played = play(nasty(name, ""), &request("gpt-oss-120b")).await;
        assert_eq!(played.failure().kind, FailureKind::Timeout, "{name}");
        assert_eq!(played.answer.has_text(), text, "{name}");
    }
    let played = play(MockOptions::default(), &request("mock-stall")).await;
    assert!(matches!(played.state(), EndState::CutShort(f) if f.kind == FailureKind::Timeout));
    assert!(played.answer.has_text());
}

#[tokio::test]
async fn the_named_models_do_what_they_are_named_for() {
    let played = play(MockOptions::default(), &request("mock-break")).await;
    assert!(matches!(played.state(), EndState::CutShort(f) if f.kind == FailureKind::Network));
    assert!(played.answer.content.len() > 100);

    let server = serve(MockOptions::default()).await.expect("a server");
    let mut endpoint = provider(&server).endpoint().clone();
    endpoint.retry.max_retries = 4;
    let providers = One(Provider::new(endpoint).expect("a provider"));
    let played = Desk::new()
        .run(
            &providers,
            &request("mock-flaky"),
            &CancellationToken::new(),
        )
        .await;
    assert_eq!(played.state(), &EndState::Complete);
    let statuses: Vec<_> = played.answer.attempts.iter().map(|a| a.status).collect();
    assert_eq!(statuses, [Some(503), Some(429), Some(500)]);
    let end = played.answer.end().expect("an end");
    assert!(
        end.waited >= end.e2e + Duration::from_secs(1),
        "the server asked for a second: {:?}",
        end.waited
    );
    assert_eq!(server.requests(), 4);

    let mut endpoint = provider(&server).endpoint().clone();
    endpoint.retry.max_retries = 0;
    let providers = One(Provider::new(endpoint).expect("a provider"));
    let played = Desk::new()
        .run(
            &providers,
            &request("mock-limited"),
            &CancellationToken::new(),
        )
        .await;
    assert!(matches!(played.state(), EndState::Failed(f) if f.kind == FailureKind::Quota));

    let slow = Request {
        max_completion_tokens: 12,
        ..request("mock-gpu-50")
    };
    let played = play(MockOptions::default(), &slow).await;
    assert_eq!(played.state(), &EndState::AtLimit);
    let ttft = played.answer.summary().ttft.expect("text came");
    assert!(ttft >= Duration::from_millis(420), "{ttft:?}");

    let silent = Request {
        params: Params {
            effort: Some(Effort::None),
            ..Params::default()
        },
        max_completion_tokens: 200,
        ..request("qwen-3.8-27b")
    };
    let played = play(MockOptions::default(), &silent).await;
    assert!(played.answer.reasoning.is_empty() && !played.answer.content.is_empty());
}

#[tokio::test]
async fn a_flood_loses_nothing() {
    let options = scenario(
        "tokens_per_second = \"unpaced\"\ntokens = 20000\ntokens_per_delta = 1\nignore_limit = true",
    );
    let played = play(options, &request("gpt-oss-120b")).await;
    assert_eq!(played.state(), &EndState::Complete);
    assert!(played.deltas(Channel::Content) >= 19_000);
    assert!(played.usage().completion_tokens >= Some(20_000));
}

#[tokio::test]
async fn stopping_keeps_what_came_and_closes_the_connection() {
    let server = serve(scenario(
        "tokens_per_second = 400\ntokens = 100000\nignore_limit = true",
    ))
    .await
    .expect("a server");
    let providers = One(provider(&server));
    let (desk, asked, cancel) = (
        Desk::new(),
        request("gpt-oss-120b"),
        CancellationToken::new(),
    );
    let stop = async {
        let live = async {
            while server.live() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(DEADLINE, live).await.expect("a stream");
        tokio::time::sleep(Duration::from_millis(150)).await;
        cancel.cancel();
    };
    let (played, ()) = tokio::join!(desk.run(&providers, &asked, &cancel), stop);
    assert_eq!(played.state(), &EndState::Stopped);
    assert!(played.answer.has_text());
    let gone = async {
        while server.live() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, gone).await.expect("a closed connection");
}

#[tokio::test]
async fn stopping_first_asks_for_nothing() {
    let server = serve(MockOptions::default()).await.expect("a server");
    let providers = One(provider(&server));
    let cancel = CancellationToken::new();
    cancel.cancel();
    let played = Desk::new()
        .run(&providers, &request("gpt-oss-120b"), &cancel)
        .await;
    assert_eq!(played.state(), &EndState::Stopped);
    assert_eq!(played.events.len(), 1);
    assert_eq!(server.requests(), 0);
}

/// Has no provider, and says so or breaks.
struct Nobody(Mutex<Option<Failure>>);

impl Providers for Nobody {
    fn get<'a>(&'a self, profile: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
        Box::pin(async move {
            let failure = self.0.lock().expect("unbroken").take();
            Err(failure.unwrap_or_else(|| panic!("no provider for {profile}")))
        })
    }
}

#[tokio::test]
async fn a_profile_that_cannot_be_asked_fails_its_answer_alone() {
    let failure = Failure::new(
        FailureKind::Key,
        "profile mock has no key",
        "set CEREBRAS_API_KEY",
    );
    let providers = Nobody(Mutex::new(Some(failure.clone())));
    let (asked, never) = (request("gpt-oss-120b"), CancellationToken::new());
    let played = Desk::new().run(&providers, &asked, &never).await;
    assert_eq!(played.state(), &EndState::Failed(failure));

    let played = Desk::new().run(&providers, &asked, &never).await;
    assert_eq!(
        played.failure().kind,
        FailureKind::Internal,
        "a defect ends one answer"
    );
}

/// Refuses the first to ask and lets all others wait.
#[derive(Default)]
struct Once(AtomicBool);

impl Providers for Once {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
        let is_first = !self.0.swap(true, Ordering::Relaxed);
        Box::pin(async move {
            if !is_first {
                std::future::pending::<()>().await;
            }
            Err(Failure::new(FailureKind::Network, "nobody is there", ""))
        })
    }
}

/// Waits for the end of an answer.
async fn end(inbox: &Inbox) -> EndState {
    let waiting = async {
        loop {
            inbox.wait().await;
            let messages = inbox.take().into_iter();
            let events = messages.flat_map(|message| match message {
                Msg::Stream { events, .. } => events,
                _ => Vec::new(),
            });
            for event in events {
                if let StreamEvent::End(end) = event {
                    return end.state;
                }
            }
        }
    };
    timeout(DEADLINE, waiting).await.expect("an end")
}

#[tokio::test]
async fn an_answer_that_is_gone_on_with_can_be_stopped_though_its_first_request_ends_only_now() {
    for try_now in [false, true] {
        let inbox = Arc::new(Inbox::default());
        let mut runner = Runner::new(Arc::clone(&inbox), Arc::new(Once::default()), None);
        let variant = Variant::new("mock", "gpt-oss-120b");
        let model = model(vec![variant.clone()]);
        let answer = AnswerId::from_uuid(IdSource::new(1).next(wall()));
        let ask = |try_now| Ask {
            answer,
            variant: variant.clone(),
            messages: vec![Message::new(Role::User, PROMPT)],
            max_completion_tokens: 8,
            stream: true,
            reasoning: false,
            when_full: WhenFull::Stagger,
            budget: None,
            try_now,
            parts: 0,
        };
        runner.run(Effect::Send(ask(false)), &model);
        runner.run(Effect::Send(ask(try_now)), &model);
        assert!(matches!(end(&inbox).await, EndState::Failed(_)));
        // Here the first request is let go of.
        runner.run(Effect::Redraw, &model);
        runner.run(Effect::Cancel(answer), &model);
        assert_eq!(end(&inbox).await, EndState::Stopped);
    }
}
