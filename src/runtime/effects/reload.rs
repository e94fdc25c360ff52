//! Settings that are read again: read on a thread that may block, kept aside until the model takes them over.
//!
//! What they are, and what is said of them, is decided by whoever reads them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Runner, block};
use crate::{
    app::{Msg, Reloaded},
    config::Config,
};

/// Reads and checks the settings anew; it may block. The error is a sentence.
pub type Reread = dyn Fn() -> Result<Renewed, String> + Send + Sync;

/// Settings that were read again.
#[derive(Debug)]
pub struct Renewed {
    /// All of them.
    pub config: Arc<Config>,
    /// What the model takes over.
    pub news: Box<Reloaded>,
}

/// How settings are read, and those that were read and do not hold yet.
#[derive(Clone, Default)]
pub(super) struct Reload {
    reread: Option<Arc<Reread>>,
    aside: Arc<Mutex<Option<Arc<Config>>>>,
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reload({})", self.reread.is_some())
    }
}

impl Reload {
    fn read(&self) -> Msg {
        let Some(reread) = &self.reread else {
            return Msg::Reloaded(Err("there are no settings to read here".to_owned()));
        };
        Msg::Reloaded(reread().map(|Renewed { config, news }| {
            *self.aside.lock().unwrap_or_else(PoisonError::into_inner) = Some(config);
            news
        }))
    }

    fn take(&self) -> Option<Arc<Config>> {
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        aside.take()
    }
}

impl Runner {
    /// Knows how to read the settings again from now on.
    pub fn rereading(mut self, reread: Arc<Reread>) -> Self {
        self.reload.reread = Some(reread);
        self
    }

    pub(super) fn reread(&mut self) {
        let (inbox, reload) = (Arc::clone(&self.inbox), self.reload.clone());
        block(&mut self.tasks, move || inbox.post(reload.read()));
    }

    /// Everything that begins from now on goes by the settings that were read last.
    pub(super) fn adopt(&mut self) {
        let Some(config) = self.reload.take() else {
            return;
        };
        self.surroundings.follow(&config);
        self.bound_exchanges();
        self.decks.configure(Arc::clone(&config));
        self.providers.adopt(config);
        let providers = Arc::clone(&self.providers);
        let stop = self.root.child_token();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = providers.learn_keys() => {}
            }
            None
        });
    }
}
