//! The key that a person types: held here alone, tried, and handed to whoever keeps it.
//!
//! What came of it is a message, in which there is no key.

use std::sync::Arc;

use secrecy::{SecretString, zeroize::Zeroizing};

use super::Runner;
use crate::app::{Keep, KeyEdit, Msg};

/// A key has room for so many bytes from the first, so that none of it stays behind where it grew.
const ROOM: usize = 4_096;

/// What was typed so far. It is wiped when it goes.
#[derive(Default)]
pub(super) struct TypedKey(Zeroizing<String>);

impl TypedKey {
    pub(super) fn edit(&mut self, edit: &KeyEdit) {
        match edit {
            KeyEdit::Add(part) => {
                if self.0.capacity() < ROOM {
                    let mut room = Zeroizing::new(String::with_capacity(ROOM));
                    room.push_str(&self.0);
                    self.0 = room;
                }
                if self.0.len().saturating_add(part.expose().len()) <= ROOM {
                    self.0.push_str(part.expose());
                }
            }
            KeyEdit::Backspace => {
                self.0.pop();
            }
            KeyEdit::Clear => self.0 = Zeroizing::default(),
        }
    }

    fn key(&self) -> SecretString {
        SecretString::from(self.0.as_str())
    }
}

impl Runner {
    /// Looks where a key can come from.
    pub(super) fn key_places(&mut self, profile: String) {
        let inbox = Arc::clone(&self.inbox);
        let providers = Arc::clone(&self.providers);
        let stop = self.root.child_token();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                places = providers.key_places(&profile) => {
                    inbox.post(Msg::KeyPlaces { profile: profile.clone(), places });
                }
            }
            None
        });
    }

    /// Changes what was typed. Where nothing of it is to be left, it is not tried any more either.
    pub(super) fn type_key(&mut self, edit: &KeyEdit) {
        if matches!(edit, KeyEdit::Clear) {
            self.end_trial();
        }
        self.typed_key.edit(edit);
    }

    fn end_trial(&mut self) {
        if let Some(trial) = self.trial.take() {
            trial.cancel();
        }
    }

    /// Tries the key that was typed. One that was typed before it is let go: it must not come in its place.
    pub(super) fn try_key(&mut self, number: u64, profile: String, keep: Keep) {
        let inbox = Arc::clone(&self.inbox);
        let providers = Arc::clone(&self.providers);
        let stop = self.root.child_token();
        self.end_trial();
        self.trial = Some(stop.clone());
        let key = self.typed_key.key();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                result = providers.connect(&profile, key, keep) => {
                    let profile = profile.clone();
                    inbox.post(Msg::KeyTried { number, profile, result });
                }
            }
            None
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{future, time::Duration};

    use futures_util::future::BoxFuture;
    use secrecy::ExposeSecret;
    use tokio::{sync::mpsc, time::timeout};

    use super::*;
    use crate::{
        app::Connected,
        chat::{Failure, FailureKind},
        provider::Provider,
        runtime::{answer::Providers, inbox::Inbox},
    };

    #[test]
    fn a_key_is_typed_and_forgotten() {
        let mut typed = TypedKey::default();
        let add = |text: &str| KeyEdit::Add(text.into());
        for edit in [add("csk-"), add("1x"), KeyEdit::Backspace, add("2")] {
            typed.edit(&edit);
        }
        assert_eq!(typed.key().expose_secret(), "csk-12");
        typed.edit(&KeyEdit::Clear);
        assert_eq!(typed.key().expose_secret(), "");
        typed.edit(&KeyEdit::Backspace);
        typed.edit(&add(&"x".repeat(ROOM + 1)));
        assert_eq!(typed.key().expose_secret(), "", "that is no key");
    }

    /// Never says what came of a key that begins with `slow`, and rejects all others.
    struct Slow {
        /// Tells that a key is tried, and that nobody waits for it any more.
        told: mpsc::Sender<&'static str>,
    }

    struct Drops(mpsc::Sender<&'static str>);

    impl Drop for Drops {
        fn drop(&mut self) {
            let _ = self.0.try_send("let go");
        }
    }

    impl Providers for Slow {
        fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
            Box::pin(async { Err(Failure::new(FailureKind::Network, "nobody is there", "")) })
        }

        fn connect<'a>(
            &'a self,
            _: &'a str,
            key: SecretString,
            _: Keep,
        ) -> BoxFuture<'a, Result<Connected, Failure>> {
            Box::pin(async move {
                if key.expose_secret().starts_with("slow") {
                    let _drops = Drops(self.told.clone());
                    let _ = self.told.try_send("tried");
                    future::pending::<()>().await;
                }
                Err(Failure::new(FailureKind::Key, "key rejected", ""))
            })
        }
    }

    #[tokio::test]
    async fn a_key_that_is_tried_is_let_go_when_it_is_left_or_another_one_is_tried() {
        let within = Duration::from_secs(20);
        let inbox = Arc::new(Inbox::default());
        let (told, mut tells) = mpsc::channel(8);
        let mut runner = Runner::new(Arc::clone(&inbox), Arc::new(Slow { told }), None);
        let begin = |runner: &mut Runner, number, key: &str| {
            runner.typed_key = TypedKey::default();
            runner.type_key(&KeyEdit::Add(key.into()));
            runner.try_key(number, "team".to_owned(), Keep::Memory);
        };
        begin(&mut runner, 1, "slow-1");
        assert_eq!(timeout(within, tells.recv()).await, Ok(Some("tried")));
        runner.type_key(&KeyEdit::Clear);
        assert_eq!(timeout(within, tells.recv()).await, Ok(Some("let go")));
        begin(&mut runner, 2, "slow-2");
        assert_eq!(timeout(within, tells.recv()).await, Ok(Some("tried")));
        begin(&mut runner, 3, "quick");
        assert_eq!(timeout(within, tells.recv()).await, Ok(Some("let go")));
        timeout(within, inbox.wait()).await.unwrap();
        let messages = inbox.take();
        assert!(
            matches!(&messages[..], [Msg::KeyTried { number: 3, .. }]),
            "{messages:?}"
        );
    }
}
