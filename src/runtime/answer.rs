//! One answer, from request to end: every event is counted, goes to the transcript and then to whoever reads it.
//!
//! The workbench and `waferdeck ask` run answers through here. The transcript is fed by the task that reads the
//! socket, so it goes on being written while a terminal or a pipe blocks its reader.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::joint::Joint;
use crate::{
    app::{Connected, Keep, KeyPlaces},
    chat::{AnswerId, Attempt, Budget, End, EndState, Failure, FailureKind, FellBack, StreamEvent},
    config::Config,
    faults::{self, Point},
    provider::{Mailbox, Provider, Recording, Request},
    store::{Record, Writer},
    telemetry::Watch,
};

/// Makes the providers of profiles, each when it is first asked for.
pub trait Providers: Send + Sync {
    /// The provider of a profile.
    fn get<'a>(&'a self, profile: &'a str) -> BoxFuture<'a, Result<Provider, Failure>>;

    /// Where the key of a profile can come from, and what is found there now.
    fn key_places<'a>(&'a self, _profile: &'a str) -> BoxFuture<'a, KeyPlaces> {
        Box::pin(async { KeyPlaces::default() })
    }

    /// Tries a key for a profile. One that is accepted is its key from then on, and kept where the person wants it.
    fn connect<'a>(
        &'a self,
        profile: &'a str,
        _key: SecretString,
        _keep: Keep,
    ) -> BoxFuture<'a, Result<Connected, Failure>> {
        let message = format!("profile {profile} takes no key here");
        let failure = Failure::new(FailureKind::Key, message, "set one in the settings file");
        Box::pin(async { Err(failure) })
    }

    /// Goes by other settings from now on; what is under way ends with those it began with.
    fn adopt(&self, _config: Arc<Config>) {}

    /// Reads the keys that lie in files, so that they are known wherever they turn up.
    fn learn_keys(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    /// Who takes note of an answer for telemetry; nobody, unless somebody asked for it.
    fn watch(&self, _profile: &str, _request: &Request, _budget: Option<Budget>) -> Watch {
        Watch::default()
    }

    /// Who answers in the place of a profile whose retries are used up. Asked only then, so that it can be counted here.
    fn stand_in(&self, _profile: &str, _request: &Request) -> StandIn {
        StandIn::Nobody
    }
}

/// What happens after the last retry.
#[derive(Debug)]
pub enum StandIn {
    /// The answer fails.
    Nobody,
    /// The answer is passed over.
    Skip,
    /// The mock answers.
    Mock {
        /// Its profile.
        profile: String,
        /// What it is asked.
        request: Box<Request>,
    },
}

/// What an answer needs.
#[derive(Debug)]
pub struct Job<'a> {
    /// The answer.
    pub answer: AnswerId,
    /// By which its requests are known in logs.
    pub id: &'a str,
    /// Its profile.
    pub profile: &'a str,
    /// What to send.
    pub request: &'a Request,
    /// How long it may take; its end says so in the transcript.
    pub budget: Option<Budget>,
    /// Where it is kept.
    pub writer: &'a Writer,
    /// Where it is read.
    pub mailbox: &'a Mailbox,
    /// Stops it.
    pub cancel: &'a CancellationToken,
    /// Keeps what goes over the wire.
    pub recording: Option<Recording>,
}

impl Job<'_> {
    /// Runs the answer to its one end.
    pub async fn run(self, providers: &dyn Providers) {
        let own = (self.profile, self.request, self.budget);
        let mut sent = 0;
        let (mut end, mut watch) = self.asked(providers, own, None, &mut sent).await;
        let outage = match &end.state {
            EndState::Failed(failure) if failure.kind.is_outage() => Some(failure.clone()),
            _ => None,
        };
        if let Some(failure) = outage {
            match providers.stand_in(self.profile, self.request) {
                StandIn::Nobody => {}
                StandIn::Skip => end.state = EndState::Skipped(failure),
                StandIn::Mock { profile, request } => {
                    // For telemetry the provider has failed; what the mock does is counted as the mock's.
                    let before = end.waited;
                    watch.event(&StreamEvent::End(end));
                    if sent > 0 && failure.kind != FailureKind::Down {
                        self.take(last_attempt(&failure, sent));
                    }
                    self.take(StreamEvent::FellBack(Box::new(FellBack {
                        from: self.profile.to_owned(),
                        error: failure,
                        profile: profile.clone(),
                        model: request.model.clone(),
                    })));
                    let mock = (profile.as_str(), request.as_ref(), None);
                    (end, watch) = self.asked(providers, mock, None, &mut sent).await;
                    end.waited = end.waited.saturating_add(before);
                }
            }
        }
        let end = StreamEvent::End(end);
        watch.event(&end);
        self.take(end);
    }

    /// Goes on with an answer of which there is a part. Nobody else takes the place of who gave it.
    pub async fn go_on(self, providers: &dyn Providers, mut joint: Joint) {
        let own = (self.profile, self.request, self.budget);
        let (mut end, mut watch) = self.asked(providers, own, Some(&mut joint), &mut 0).await;
        joint
            .finish()
            .into_iter()
            .for_each(|delta| self.take(StreamEvent::Delta(delta)));
        end.state = joint.ended(end.state);
        if end.state == EndState::Complete && !joint.has_new() {
            end.note = Some("there was nothing to add".to_owned());
        }
        let end = StreamEvent::End(end);
        watch.event(&end);
        self.take(end);
    }

    /// Asks one profile and hands on everything but the end; `sent` counts requests.
    async fn asked(
        &self,
        providers: &dyn Providers,
        (profile, request, budget): (&str, &Request, Option<Budget>),
        mut joint: Option<&mut Joint>,
        sent: &mut u32,
    ) -> (Box<End>, Watch) {
        let mut watch = providers.watch(profile, request, budget);
        let mut held = None;
        let mut take = |event| match event {
            StreamEvent::End(mut end) => {
                end.budget = budget;
                held = Some(end);
            }
            event => {
                watch.event(&event);
                if let StreamEvent::Sent { number } = event {
                    *sent = number;
                }
                match (event, &mut joint) {
                    (StreamEvent::Delta(delta), Some(joint)) => {
                        let new = joint.push(delta).into_iter();
                        new.for_each(|delta| self.take(StreamEvent::Delta(delta)));
                    }
                    (event, _) => self.take(event),
                }
            }
        };
        let asked = AssertUnwindSafe(self.ask(providers, profile, request, &mut take));
        let defect = asked.catch_unwind().await.is_err();
        if defect {
            tracing::error!(request = self.id, profile, "a defect");
        }
        let end = held.filter(|_| !defect).unwrap_or_else(|| {
            let mut end = End::bare(EndState::Failed(Failure::new(
                FailureKind::Internal,
                "a defect of waferdeck stopped this answer",
                "the report is in the state directory; the other panes go on",
            )));
            end.budget = budget;
            Box::new(end)
        });
        (end, watch)
    }

    async fn ask(
        &self,
        providers: &dyn Providers,
        profile: &str,
        request: &Request,
        take: &mut (dyn FnMut(StreamEvent) + Send),
    ) {
        let provider = tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                return take(ended(EndState::Stopped));
            }
            provider = providers.get(profile) => provider,
        };
        match provider {
            Ok(provider) => {
                let provider = provider.traced(self.id, self.recording.clone());
                provider.answer(request, self.cancel, take).await;
            }
            Err(failure) => take(ended(EndState::Failed(failure))),
        }
    }

    fn take(&self, event: StreamEvent) {
        faults::panic_point(Point::Task);
        match &event {
            StreamEvent::Delta(delta) => self.writer.delta(self.answer, delta),
            StreamEvent::Retry { attempt, .. } => self.writer.append(Record::Attempt {
                answer: self.answer,
                attempt: attempt.clone(),
            }),
            StreamEvent::FellBack(fell) => self.writer.append(Record::Fallback {
                answer: self.answer,
                mock: true,
                fell: FellBack::clone(fell),
            }),
            StreamEvent::End(end) => self.writer.append(Record::End {
                answer: self.answer,
                end: end.clone(),
            }),
            StreamEvent::Queued(_)
            | StreamEvent::Sent { .. }
            | StreamEvent::Step(_)
            | StreamEvent::Accepted { .. }
            | StreamEvent::Alive { .. }
            | StreamEvent::Quota(_) => {}
        }
        self.mailbox.push(event);
    }
}

/// The last request to a provider, after which another takes its place at once.
fn last_attempt(failure: &Failure, sent: u32) -> StreamEvent {
    let next = sent.saturating_add(1);
    StreamEvent::Retry {
        attempt: Attempt {
            status: failure.status,
            error: failure.clone(),
            wait: Duration::ZERO,
        },
        next,
        most: next,
    }
}

fn ended(state: EndState) -> StreamEvent {
    StreamEvent::End(Box::new(End::bare(state)))
}
