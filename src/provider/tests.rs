//! The provider against servers that play canned bytes over loopback: one test for each fault of the table.
//! Faults that need a paced or a faithful server are tested against the mock, in `tests/it`.

mod faults;
mod fuzz;
mod health_of;
mod held;
mod life;
mod odd_numbers;
mod outages;
mod refusals;
mod retries;
mod secrets;
pub(crate) mod server;
mod steps;
mod tls;
mod wire_seen;

use std::time::Duration;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::chat::{End, EndState, Failure, FailureKind, Held, Role, Wait};
use crate::metrics::Channel;

const CANARY: &str = "csk-canary-0123456789";
/// The event that ends an answer.
const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

fn request() -> Request {
    Request {
        model: "gpt-oss-120b".to_owned(),
        messages: vec![Message::new(Role::User, "hello")],
        params: Params::default(),
        max_completion_tokens: 512,
        reasoning: true,
        stream: true,
        when_full: WhenFull::default(),
    }
}

/// An endpoint on loopback with clocks that tests can wait for.
fn endpoint(port: u16) -> Endpoint {
    let base = BaseUrl::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let key = KeySource::Fixed(SecretString::from(CANARY));
    let mut endpoint = Endpoint::new("test", base, Auth::Key(key), Dialect::Cerebras);
    endpoint.retry.initial_delay = Duration::from_millis(1);
    endpoint.retry.max_delay = Duration::from_millis(4);
    endpoint.timeouts.first = Duration::from_secs(5);
    // Tests of the breaker turn it on.
    endpoint.breaker.failures = 0;
    endpoint
}

/// Everything that an answer said.
#[derive(Debug, Default)]
struct Told {
    events: Vec<StreamEvent>,
}

impl Told {
    fn end(&self) -> &End {
        let Some(StreamEvent::End(end)) = self.events.last() else {
            panic!("no end: {:?}", self.events);
        };
        let ends = self
            .events
            .iter()
            .filter(|e| matches!(e, StreamEvent::End(_)));
        assert_eq!(ends.count(), 1);
        end
    }

    fn text(&self, of: Channel) -> String {
        let deltas = self.events.iter().filter_map(|e| match e {
            StreamEvent::Delta(d) if d.channel == of => Some(d.text.as_str()),
            _ => None,
        });
        deltas.collect()
    }

    fn content(&self) -> String {
        self.text(Channel::Content)
    }

    fn retries(&self) -> Vec<(Option<u16>, Duration)> {
        let retries = self.events.iter().filter_map(|e| match e {
            StreamEvent::Retry { attempt, .. } => Some((attempt.status, attempt.wait)),
            _ => None,
        });
        retries.collect()
    }

    fn waits(&self) -> Vec<Wait> {
        let waits = self.events.iter().filter_map(|e| match e {
            StreamEvent::Queued(wait) => Some(*wait),
            _ => None,
        });
        waits.collect()
    }

    fn failed(&self) -> &Failure {
        match &self.end().state {
            EndState::Failed(failure) => failure,
            other => panic!("{other:?} instead of failed"),
        }
    }

    fn cut_short(&self) -> &Failure {
        match &self.end().state {
            EndState::CutShort(failure) => failure,
            other => panic!("{other:?} instead of cut short"),
        }
    }
}

async fn ask(provider: &Provider, request: &Request) -> Told {
    ask_until(provider, request, &CancellationToken::new()).await
}

async fn ask_until(provider: &Provider, request: &Request, cancel: &CancellationToken) -> Told {
    ask_and(provider, request, cancel, |_| ()).await
}

/// Asks, and `see` sees each event as it comes.
async fn ask_and(
    provider: &Provider,
    request: &Request,
    cancel: &CancellationToken,
    mut see: impl FnMut(&StreamEvent) + Send,
) -> Told {
    let mut told = Told::default();
    let mut sink = |event| {
        see(&event);
        // What is left of the quotas says nothing about the answer.
        if !matches!(event, StreamEvent::Quota(_)) {
            told.events.push(event);
        }
    };
    let asking = provider.answer(request, cancel, &mut sink);
    tokio::time::timeout(Duration::from_secs(30), asking)
        .await
        .expect("an answer ends");
    let shown = format!("{:?}", told.events);
    assert!(!shown.contains("canary"), "the key leaked: {shown}");
    told
}

/// Asks and stops as soon as an event is `such`.
async fn stop_at(
    provider: &Provider,
    request: &Request,
    such: impl Fn(&StreamEvent) -> bool + Sync,
) -> Told {
    let cancel = CancellationToken::new();
    let see = |event: &StreamEvent| {
        if such(event) {
            cancel.cancel();
        }
    };
    ask_and(provider, request, &cancel, see).await
}

/// Asks a server that plays `replies`, one for each request, with an endpoint that `adjust` has changed.
async fn play_with(replies: &[server::Reply], adjust: impl FnOnce(&mut Endpoint)) -> Told {
    let server = server::Server::start(replies).await;
    let mut endpoint = endpoint(server.port);
    adjust(&mut endpoint);
    ask(&Provider::new(endpoint).unwrap(), &request()).await
}

async fn play(reply: server::Reply) -> Told {
    play_with(&[reply], |e| e.retry.max_retries = 0).await
}

/// The failure of an answer to one reply, as kind, message and remedy.
#[track_caller]
fn expect(failure: &Failure, kind: FailureKind, parts: &[&str]) {
    let said = format!("{} / {}", failure.message, failure.remedy);
    assert_eq!(failure.kind, kind, "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}
