//! Settings that are read again: read on a thread that may block, kept aside until the model takes them over.
//!
//! What they are, and what is said of them, is decided by whoever reads them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Inbox, Runner, block};
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
    /// Reads, and says in any case what came of it.
    fn read_for(&self, inbox: &Inbox) {
        let mut said = Said {
            inbox,
            read: Err("the settings were not read: that is a defect of this program".to_owned()),
        };
        said.read = self.read();
    }

    fn read(&self) -> Result<Box<Reloaded>, String> {
        let reread = self.reread.as_ref();
        let reread = reread.ok_or("there are no settings to read here")?;
        let Renewed { config, news } = reread()?;
        *self.aside.lock().unwrap_or_else(PoisonError::into_inner) = Some(config);
        Ok(news)
    }

    fn take(&self) -> Option<Arc<Config>> {
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        aside.take()
    }
}

/// Says what came of reading when it is dropped, also by a panic: the model waits for it.
struct Said<'a> {
    inbox: &'a Inbox,
    read: Result<Box<Reloaded>, String>,
}

impl Drop for Said<'_> {
    fn drop(&mut self) {
        let nothing = Err(String::new());
        let read = std::mem::replace(&mut self.read, nothing);
        self.inbox.post(Msg::Reloaded(read));
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
        block(&mut self.tasks, move || reload.read_for(&inbox));
    }

    /// Everything that begins from now on goes by the settings that were read last.
    pub(super) fn adopt(&mut self) {
        let Some(config) = self.reload.take() else {
            return;
        };
        tracing::info!("the settings were read again");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_reading_is_an_answer_too() {
        let reload = Reload {
            reread: Some(Arc::new(|| panic!("on purpose"))),
            ..Reload::default()
        };
        let inbox = Arc::new(Inbox::default());
        let into = Arc::clone(&inbox);
        let reading = std::thread::spawn(move || reload.read_for(&into));
        assert!(reading.join().is_err());
        let told = inbox.take();
        assert!(matches!(&told[..], [Msg::Reloaded(Err(_))]), "{told:?}");
    }
}
