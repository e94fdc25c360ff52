//! A configuration of one profile, `t`, and answers that are run as the commands run them.

use std::{fs, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::{Profiles, Watched};
use crate::{
    chat::{
        Answer, AnswerId, EndState, Failure, IdSource, Message, Role, StreamEvent, Timestamp,
        Variant,
    },
    config::{Config, Overrides, load},
    provider::{Mailbox, Request},
    runtime::answer::Job,
    store::Writer,
};

/// A stream with a little text.
pub(super) const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
/// The same as one piece.
pub(super) const WHOLE: &str =
    "{\"choices\":[{\"message\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}";
/// The beginning of a stream.
pub(super) const PART: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"part\"}}]}\n\n";

/// A file of settings in a directory of its own.
pub(super) struct World {
    pub(super) dir: TempDir,
    pub(super) profiles: Arc<Profiles>,
    pub(super) config: Arc<Config>,
}

impl World {
    /// The profile `t` at this address, with these lines of settings besides.
    pub(super) fn new(address: &str, lines: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = format!("[providers.t]\nbase_url = \"{address}\"\n{lines}\n");
        fs::write(dir.path().join("config.toml"), file).unwrap();
        let path = dir.path().to_string_lossy().into_owned();
        let env = |name: &str| {
            let is_place = name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
            is_place.then(|| path.clone())
        };
        let config = load(&Overrides::default(), &env).unwrap().config;
        let config = Arc::new(config);
        Self {
            profiles: Arc::new(Profiles::new(Arc::clone(&config), Watched::No)),
            dir,
            config,
        }
    }

    /// The same with a change to what was loaded.
    pub(super) fn adjusted(self, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = (*self.config).clone();
        adjust(&mut config);
        let config = Arc::new(config);
        Self {
            profiles: Arc::new(Profiles::new(Arc::clone(&config), Watched::No)),
            config,
            ..self
        }
    }

    pub(super) fn request(&self, profile: &str) -> Request {
        let messages = vec![Message::new(Role::User, "hello")];
        self.profiles.request(&variant(profile), messages)
    }

    /// Asks and waits for the end.
    pub(super) async fn ask(&self) -> Told {
        self.ask_profile("t").await
    }

    /// The same with another profile.
    pub(super) async fn ask_profile(&self, profile: &str) -> Told {
        let mailbox = Mailbox::new(|_| {});
        let request = self.request(profile);
        let (writer, cancel) = (Writer::disabled(), CancellationToken::new());
        let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let rule = self.config.profiles[profile].budget_rule();
        let job = Job {
            answer: id,
            id: &id.request(0),
            profile,
            request: &request,
            budget: rule.budget(&request.params),
            writer: &writer,
            mailbox: &mailbox,
            cancel: &cancel,
            recording: None,
        };
        let run = timeout(Duration::from_secs(30), job.run(self.profiles.as_ref()));
        run.await.expect("an answer ends");
        let events = mailbox.drain();
        let mut answer = Answer::new(id, variant(profile), false, 1, Duration::ZERO);
        for event in &events {
            answer.apply(event.clone(), Duration::ZERO);
        }
        Told { events, answer }
    }
}

fn variant(profile: &str) -> Variant {
    Variant::new(profile, "gpt-oss-120b")
}

/// What became of a question.
pub(super) struct Told {
    pub(super) events: Vec<StreamEvent>,
    pub(super) answer: Answer,
}

impl Told {
    pub(super) fn state(&self) -> &EndState {
        &self.answer.end().expect("an end").state
    }

    pub(super) fn failure(&self) -> &Failure {
        let state = self.state();
        state.failure().unwrap_or_else(|| panic!("{state:?}"))
    }

    /// The waits before further attempts, in milliseconds.
    pub(super) fn waits(&self) -> Vec<u128> {
        let attempts = self.answer.attempts.iter();
        attempts.map(|a| a.wait.as_millis()).collect()
    }
}
