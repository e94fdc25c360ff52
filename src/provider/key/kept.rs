//! The key of an endpoint, read once for all its requests: who waits while it is read gets what comes of that, good or bad.
//! So a command that asks a person asks once, and its failure does not take its time again for each of 64 panes.

use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Key, KeySource};
use crate::provider::endpoint::{Auth, Endpoint};
use crate::provider::error::Error;

/// Hears of each source as its turn comes.
pub(in crate::provider) type Tell<'a> = dyn FnMut(&KeySource) + Send + 'a;

/// The key that was read last.
#[derive(Debug, Default)]
pub(in crate::provider) struct Kept(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    key: Option<Key>,
    last: Option<Reading>,
    /// The failure of the last reading is that of all requests to come.
    holds: bool,
}

/// How the last reading ended.
#[derive(Debug)]
struct Reading {
    at: Instant,
    /// Message and remedy.
    failed: Option<(String, String)>,
}

impl Kept {
    /// The key, read when first needed; `None` where the endpoint wants none.
    pub(in crate::provider) async fn get(
        &self,
        endpoint: &Endpoint,
        tell: &mut Tell<'_>,
    ) -> Result<Option<Key>, Error> {
        let Auth::Key(source) = &endpoint.auth else {
            return Ok(None);
        };
        let kept = self.0.try_lock().ok().and_then(|state| state.key.clone());
        if kept.is_some() {
            return Ok(kept);
        }
        let asked = Instant::now();
        // Who waits for another request that reads it waits for the same.
        tell(source);
        let mut state = self.0.lock().await;
        if let Some(key) = &state.key {
            return Ok(Some(key.clone()));
        }
        state.read(asked, source, endpoint, tell).await.map(Some)
    }

    /// The same ahead of all requests: also what goes wrong is kept, so that none of them asks the source again.
    pub(in crate::provider) async fn get_ahead(
        &self,
        endpoint: &Endpoint,
    ) -> Result<Option<Key>, Error> {
        let read = self.get(endpoint, &mut |_| ()).await;
        self.0.lock().await.holds = read.is_err();
        read
    }

    /// Whether there is another key by now than the one that was rejected. Where no other request has found one, its source is
    /// asked again; the error is why it gives none any more.
    pub(in crate::provider) async fn is_other_than(
        &self,
        rejected: &Key,
        endpoint: &Endpoint,
        tell: &mut Tell<'_>,
    ) -> Result<bool, Error> {
        let source = match &endpoint.auth {
            Auth::None
            | Auth::Key(KeySource::Fixed(_) | KeySource::Given { .. } | KeySource::StandIn) => {
                return Ok(false);
            }
            Auth::Key(source) => source,
        };
        let is_other = |key: &Key| key.secret.expose_secret() != rejected.secret.expose_secret();
        let asked = Instant::now();
        tell(source);
        let mut state = self.0.lock().await;
        if state.key.as_ref().is_some_and(is_other) {
            return Ok(true);
        }
        let read = state.read(asked, source, endpoint, tell).await;
        read.map(|key| is_other(&key))
    }
}

impl State {
    /// Reads the key for a request that has waited since `asked`, unless that was done meanwhile.
    async fn read(
        &mut self,
        asked: Instant,
        source: &KeySource,
        endpoint: &Endpoint,
        tell: &mut Tell<'_>,
    ) -> Result<Key, Error> {
        let holds = |last: &&Reading| last.at > asked || self.holds;
        if let Some(last) = self.last.as_ref().filter(holds) {
            match (&last.failed, &self.key) {
                (Some((message, remedy)), _) => {
                    return Err(Error::Key {
                        message: message.clone(),
                        remedy: remedy.clone(),
                        status: None,
                    });
                }
                (None, Some(key)) => return Ok(key.clone()),
                (None, None) => {}
            }
        }
        let read = source.read(&endpoint.key_variables, tell).await;
        let failed = match &read {
            Err(Error::Key {
                message, remedy, ..
            }) => Some((message.clone(), remedy.clone())),
            _ => None,
        };
        let at = Instant::now();
        self.last = Some(Reading { at, failed });
        let key = read?;
        endpoint.secrets.learn(&key.secret);
        self.key = Some(key.clone());
        Ok(key)
    }
}
