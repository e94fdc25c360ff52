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

    /// Tries the key that was typed.
    pub(super) fn try_key(&mut self, profile: String, keep: Keep) {
        let inbox = Arc::clone(&self.inbox);
        let providers = Arc::clone(&self.providers);
        let stop = self.root.child_token();
        let key = self.typed_key.key();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                result = providers.connect(&profile, key, keep) => {
                    inbox.post(Msg::KeyTried { profile: profile.clone(), result });
                }
            }
            None
        });
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

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
}
