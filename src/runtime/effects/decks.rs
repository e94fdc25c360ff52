//! Decks on disk: listed and saved on threads that may block; leaving waits for what is saved.
//!
//! Without a configuration there are none, and none is saved.

use std::sync::Arc;

use super::{Tasks, block};
use crate::{
    app::Msg,
    chat::Deck,
    config::{self, Config},
    runtime::inbox::Inbox,
};

/// The decks of a configuration.
#[derive(Debug)]
pub(super) struct Decks {
    config: Option<Arc<Config>>,
    inbox: Arc<Inbox>,
}

impl Decks {
    pub(super) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            config: None,
            inbox,
        }
    }

    pub(super) fn configure(&mut self, config: Arc<Config>) {
        self.config = Some(config);
    }

    pub(super) fn list(&self) {
        let inbox = Arc::clone(&self.inbox);
        let config = self.config.clone();
        tokio::task::spawn_blocking(move || {
            let decks = config.map_or_else(Vec::new, |config| config::decks(&config));
            inbox.post(Msg::Decks(decks));
        });
    }

    pub(super) fn save(&self, deck: Deck, replace: bool, tasks: &mut Tasks) {
        let inbox = Arc::clone(&self.inbox);
        let config = self.config.clone();
        block(tasks, move || {
            let saved = match config {
                Some(config) => config::save_deck(&deck, &config.paths.decks_dir(), replace)
                    .map_err(|e| e.to_string()),
                None => Err("nothing is configured here".to_owned()),
            };
            inbox.post(Msg::DeckSaved {
                name: deck.name,
                result: saved,
            });
        });
    }
}
