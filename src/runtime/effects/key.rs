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

    /// Tries the key that was typed. One of the profile that was typed before it is let go: it must not come in its place.
    pub(super) fn try_key(&mut self, number: u64, profile: String, keep: Keep) {
        let inbox = Arc::clone(&self.inbox);
        let providers = Arc::clone(&self.providers);
        let stop = self.root.child_token();
        if let Some(before) = self.tries.insert(profile.clone(), stop.clone()) {
            before.cancel();
        }
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
    use std::{collections::HashMap, future, time::Duration};

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
    async fn a_key_that_is_tried_gives_way_to_the_next_one_of_its_profile() {
        let within = Duration::from_secs(20);
        let inbox = Arc::new(Inbox::default());
        let (told, mut tells) = mpsc::channel(8);
        let mut runner = Runner::new(Arc::clone(&inbox), Arc::new(Slow { told }), None);
        for (number, key, profile) in [(1, "slow-1", "one"), (2, "slow-2", "two")] {
            runner.typed_key.edit(&KeyEdit::Clear);
            runner.typed_key.edit(&KeyEdit::Add(key.into()));
            runner.try_key(number, profile.to_owned(), Keep::Memory);
            assert_eq!(timeout(within, tells.recv()).await, Ok(Some("tried")));
        }
        runner.typed_key.edit(&KeyEdit::Clear);
        runner.typed_key.edit(&KeyEdit::Add("quick".into()));
        runner.try_key(3, "one".to_owned(), Keep::Memory);
        assert_eq!(timeout(within, tells.recv()).await, Ok(Some("let go")));
        timeout(within, inbox.wait()).await.unwrap();
        let messages = inbox.take();
        assert!(
            matches!(&messages[..], [Msg::KeyTried { number: 3, .. }]),
            "{messages:?}"
        );
        let under_way: HashMap<_, _> = runner
            .tries
            .iter()
            .map(|(p, t)| (&**p, t.is_cancelled()))
            .collect();
        assert_eq!(under_way, HashMap::from([("one", false), ("two", false)]));
    }
}
