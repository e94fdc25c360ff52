//! Several requests of one profile against a mock that keeps real token buckets: none is lost, and none goes too early.
//! Who goes when, to the millisecond, is tested with `provider::queue`; here requests, waits and the screen are real.

use std::{sync::Mutex, time::Duration};

use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use waferdeck::{
    chat::{
        Bucket, End, EndState, FailureKind, Held, Message, Params, Role, StreamEvent, Unit, Wait,
        quota::{Source, WhenFull},
    },
    mock::{MockOptions, MockServer, Scenario, Tier, serve},
    provider::{Auth, BaseUrl, Dialect, Endpoint, KeySource, Provider, Request, embedded_limits},
};

use crate::stage::Stage;

/// Nothing here takes longer, unless it hangs or meets the minute that a 429 asks for.
const DEADLINE: Duration = Duration::from_secs(20);

async fn mock(tier: Tier, scenario: &str) -> MockServer {
    let text = format!("tokens_per_second = \"unpaced\"\ntokens = 40\n{scenario}");
    let options = MockOptions {
        tier,
        scenario: Some(Scenario::from_toml(&text).expect("a valid scenario")),
        ..MockOptions::default()
    };
    serve(options).await.expect("a mock")
}

fn provider(server: &MockServer, adjust: impl FnOnce(&mut Endpoint)) -> Provider {
    let base = BaseUrl::parse(&server.base_url()).expect("an address");
    let key = KeySource::Fixed(SecretString::from("mock"));
    let mut endpoint = Endpoint::new("mock", base, Auth::Key(key), Dialect::Cerebras);
    adjust(&mut endpoint);
    Provider::new(endpoint).expect("a provider")
}

fn request(max_completion_tokens: u32) -> Request {
    Request {
        model: "gpt-oss-120b".to_owned(),
        messages: vec![Message::new(Role::User, "Which is the largest planet?")],
        params: Params::default(),
        max_completion_tokens,
        reasoning: true,
        stream: true,
        when_full: WhenFull::Stagger,
    }
}

/// What came of one request.
#[derive(Debug, Default)]
struct Told {
    events: Vec<StreamEvent>,
}

impl Told {
    fn end(&self) -> &End {
        match self.events.last() {
            Some(StreamEvent::End(end)) => end,
            other => panic!("{other:?} instead of an end"),
        }
    }

    fn waits(&self) -> Vec<Wait> {
        let waits = self.events.iter().filter_map(|e| match e {
            StreamEvent::Queued(wait) => Some(*wait),
            _ => None,
        });
        waits.collect()
    }

    fn retries(&self) -> usize {
        let retries = |e: &&StreamEvent| matches!(e, StreamEvent::Retry { .. });
        self.events.iter().filter(retries).count()
    }
}

async fn ask(provider: &Provider, request: &Request) -> Told {
    ask_and(provider, request, &CancellationToken::new(), |_| ()).await
}

async fn ask_and(
    provider: &Provider,
    request: &Request,
    cancel: &CancellationToken,
    mut see: impl FnMut(&StreamEvent) + Send,
) -> Told {
    let mut told = Told::default();
    let mut sink = |event: StreamEvent| {
        see(&event);
        told.events.push(event);
    };
    timeout(DEADLINE, provider.answer(request, cancel, &mut sink))
        .await
        .expect("an end in time");
    told
}

#[track_caller]
fn all_complete(answers: &[Told]) {
    for told in answers {
        assert_eq!(told.end().state, EndState::Complete, "{:?}", told.events);
    }
}

fn retries(answers: &[Told]) -> usize {
    answers.iter().map(Told::retries).sum()
}

#[tokio::test]
async fn four_at_once_on_the_free_trial_within_its_caps_meet_no_429() {
    let server = mock(Tier::FreeTrial, "").await;
    let provider = provider(&server, |e| (e.rpm, e.tpm) = (Some(5), Some(30_000)));
    // Three reservations of 8,192 fit into 30,000; the fourth goes when one of them has given back what it did not use.
    let question = request(8_192);
    let answers = join_all((0..4).map(|_| ask(&provider, &question))).await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (0, 4));
    let waits: Vec<_> = answers.iter().flat_map(Told::waits).collect();
    let quota = Held::Quota {
        unit: Unit::Tokens,
        bucket: Bucket::Minute,
        limit: 30_000,
    };
    assert!(
        waits.iter().any(|w| w.held == quota && w.left.is_some()),
        "{waits:?}"
    );
}

/// The documented quotas of the free trial.
fn free_trial(endpoint: &mut Endpoint) {
    let presets = embedded_limits().presets.iter();
    let of_tier = presets.filter(|p| p.tier == "free-trial");
    endpoint.presets = of_tier
        .map(|p| (p.model.clone(), p.limits.clone()))
        .collect();
}

#[tokio::test]
async fn four_at_once_on_the_free_trial_meet_no_429_with_its_preset_alone() {
    let server = mock(Tier::FreeTrial, "").await;
    let provider = provider(&server, free_trial);
    let question = request(8_192);
    let answers = join_all((0..4).map(|_| ask(&provider, &question))).await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (0, 4));
    assert!(answers.iter().flat_map(Told::waits).count() > 0);
}

#[tokio::test]
async fn what_may_be_shrunk_goes_at_once_with_less_and_says_so() {
    // None has ended when the last one goes.
    let server = mock(Tier::FreeTrial, "ttft_ms = 500").await;
    let provider = provider(&server, free_trial);
    let question = Request {
        when_full: WhenFull::Shrink,
        ..request(8_192)
    };
    let answers = join_all((0..4).map(|_| ask(&provider, &question))).await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (0, 4));
    assert_eq!(answers.iter().flat_map(Told::waits).count(), 0);
    let notes: Vec<_> = answers
        .iter()
        .filter_map(|a| a.end().note.clone())
        .collect();
    let [note] = notes.as_slice() else {
        panic!("one of them was shrunk: {notes:?}");
    };
    assert!(
        note.starts_with("at most 5,1") && note.contains("tokens: the quota had no room for more"),
        "{note}"
    );
}

#[tokio::test]
async fn what_is_sent_in_any_case_is_refused_by_the_server() {
    let server = mock(
        Tier::default(),
        "ttft_ms = 500\n[limits]\nrequests_minute = 5\ntokens_minute = 30000\nretry_after = 1",
    )
    .await;
    let provider = provider(&server, free_trial);
    let question = Request {
        when_full: WhenFull::Send,
        ..request(8_192)
    };
    let answers = join_all((0..4).map(|_| ask(&provider, &question))).await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (1, 5));
}

#[tokio::test]
async fn what_is_left_is_told_with_every_step() {
    let server = mock(Tier::FreeTrial, "").await;
    let provider = provider(&server, free_trial);
    let told = ask(&provider, &request(8_192)).await;
    let tokens = told.events.iter().filter_map(|event| match event {
        StreamEvent::Quota(view) => view.gauges(view.at).find(|g| g.unit == Unit::Tokens),
        _ => None,
    });
    let tokens: Vec<_> = tokens.map(|g| (g.source, g.left)).collect();
    let [before, answered, ended] = tokens.as_slice() else {
        panic!("out, answered, ended: {tokens:?}");
    };
    // 30,000 less the bound and the prompt's 72.
    assert_eq!(*before, (Source::Preset, 21_736));
    assert_eq!((answered.0, ended.0), (Source::Server, Source::Server));
    assert!(answered.1 < 22_000 && ended.1 > 29_000, "{tokens:?}");
}

#[tokio::test]
async fn what_the_last_response_said_is_enough() {
    let server = mock(Tier::FreeTrial, "").await;
    let provider = provider(&server, |_| ());
    let question = request(8_192);
    all_complete(&[ask(&provider, &question).await]);
    let answers = join_all((0..4).map(|_| ask(&provider, &question))).await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (0, 5));
}

#[tokio::test]
async fn with_nothing_known_the_fourth_meets_a_429_and_none_is_lost() {
    let server = mock(
        Tier::default(),
        // None has ended when the last one arrives.
        "ttft_ms = 500\n[limits]\nrequests_minute = 5\ntokens_minute = 30000\nretry_after = 1",
    )
    .await;
    let provider = provider(&server, |_| ());
    let question = request(8_192);
    let began = Instant::now();
    let answers = join_all((0..4).map(|_| ask(&provider, &question))).await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (1, 5));
    // The tokens of the others were back long before; what the server asked for counts.
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn requests_beyond_the_cap_follow_in_order_as_it_refills() {
    let server = mock(Tier::default(), "[limits]\nrequests_minute = 60").await;
    let provider = provider(&server, |e| {
        (e.rpm, e.max_in_flight) = (Some(60), 64);
    });
    let question = request(512);
    let sent = Mutex::new(Vec::new());
    let (cancel, order) = (CancellationToken::new(), &sent);
    let answers = join_all((0..62).map(|i| {
        ask_and(&provider, &question, &cancel, move |event| {
            if matches!(event, StreamEvent::Sent { .. }) {
                order.lock().expect("a lock").push(i);
            }
        })
    }))
    .await;
    all_complete(&answers);
    assert_eq!((retries(&answers), server.requests()), (0, 62));
    assert!(sent.into_inner().expect("a lock").is_sorted());
    let last = answers.last().expect("an answer").waits();
    let left = last.last().and_then(|w| w.left).expect("a countdown");
    assert!(left > Duration::from_millis(1_500), "{last:?}");
    let end = answers.last().expect("an answer").end();
    assert!(
        end.waited >= left + end.e2e,
        "waiting for a quota is waiting"
    );
}

#[tokio::test]
async fn a_wait_that_is_cancelled_ends_at_once_and_leaves_its_place() {
    let server = mock(Tier::default(), "").await;
    let provider = provider(&server, |e| e.rpm = Some(1));
    let question = request(512);
    all_complete(&[ask(&provider, &question).await]);
    let (cancel, waits) = (CancellationToken::new(), Notify::new());
    let see = |event: &StreamEvent| {
        if matches!(event, StreamEvent::Queued(_)) {
            waits.notify_one();
        }
    };
    let stopping = async {
        waits.notified().await;
        cancel.cancel();
        Instant::now()
    };
    let (told, at) = tokio::join!(ask_and(&provider, &question, &cancel, see), stopping);
    assert!(at.elapsed() < Duration::from_secs(5));
    assert_eq!(told.end().state, EndState::Stopped);
    let [wait] = told.waits()[..] else {
        panic!("{:?}", told.events);
    };
    assert_eq!(wait.held.to_string(), "quota: 1 request a minute");
    assert!(wait.left.is_some_and(|left| left > Duration::from_secs(50)));
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn without_a_person_a_wait_is_bounded_and_says_when_it_would_work() {
    let server = mock(Tier::default(), "").await;
    let provider = provider(&server, |e| {
        (e.rpm, e.max_wait) = (Some(1), Some(Duration::from_secs(3)));
    });
    let question = request(512);
    all_complete(&[ask(&provider, &question).await]);
    let told = ask(&provider, &question).await;
    let EndState::Failed(failure) = &told.end().state else {
        panic!("{:?}", told.events);
    };
    assert_eq!(failure.kind, FailureKind::Quota);
    assert_eq!(
        failure.message,
        "not sent, it waits for quota: 1 request a minute (not waiting longer than 3 s)"
    );
    assert!(
        failure.remedy.starts_with("works again in 6"),
        "{failure:?}"
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn the_pane_counts_down() {
    let mut stage = Stage::new();
    let answer = stage.ask("Hello");
    let wait = Wait {
        held: Held::Quota {
            unit: Unit::Requests,
            bucket: Bucket::Minute,
            limit: 5,
        },
        left: Some(Duration::from_secs(12)),
    };
    stage.event(answer, StreamEvent::Queued(wait));
    let row = |stage: &mut Stage| {
        let rows = stage.draw(80, 24).rows();
        // The title says it in short.
        let row = rows
            .iter()
            .find(|r| r.contains("waits") && r.contains("stops"));
        let row = row.expect("a row");
        row.trim_end_matches(['¦', ' ']).trim_start().to_owned()
    };
    assert_eq!(
        row(&mut stage),
        "waits 12.0 s for quota: 5 requests a minute · Esc stops"
    );
    assert!(stage.model.next_tick().is_some());
    stage.clock(2_500);
    assert_eq!(
        row(&mut stage),
        "waits 9.5 s for quota: 5 requests a minute · Esc stops"
    );
    let long = Wait {
        left: Some(Duration::from_secs(75)),
        ..wait
    };
    stage.event(answer, StreamEvent::Queued(long));
    assert_eq!(
        row(&mut stage),
        "waits 1:15 min for quota: 5 requests a minute · Esc stops"
    );
    let unknown = Wait {
        held: Held::InFlight,
        left: None,
    };
    stage.event(answer, StreamEvent::Queued(unknown));
    assert_eq!(
        row(&mut stage),
        "waits for other requests of this profile · Esc stops"
    );
}
