//! The keyring of the system as a source of keys: asked off the main threads, and not for ever: a locked one asks a person,
//! and some go on asking.
//!
//! What it is, is a parameter: the system's own (with the `keyring` feature), or one of a test.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

/// Where in a keyring a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The program or service.
    pub service: String,
    /// Whose key of that service.
    pub user: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.user)
    }
}

/// Keeps keys. Its functions may block; the errors say why not, after "the keyring".
pub trait Vault: fmt::Debug + Send + Sync {
    /// The key of an entry.
    fn get(&self, entry: &Entry) -> Result<SecretString, String>;

    /// Keeps a key, over what the entry held.
    fn set(&self, entry: &Entry, key: &SecretString) -> Result<(), String>;
}

/// The keyring of the system, if this program was built to know it.
pub fn system_vault() -> Option<Arc<dyn Vault>> {
    #[cfg(feature = "keyring")]
    return Some(Arc::new(System));
    #[cfg(not(feature = "keyring"))]
    None
}

/// Reads a key within the time there is.
pub async fn get(
    vault: &Arc<dyn Vault>,
    entry: &Entry,
    limit: Duration,
) -> Result<SecretString, String> {
    let (vault, entry) = (Arc::clone(vault), entry.clone());
    within(limit, move || vault.get(&entry)).await
}

/// Keeps a key within the time there is.
pub async fn set(
    vault: &Arc<dyn Vault>,
    entry: &Entry,
    key: SecretString,
    limit: Duration,
) -> Result<(), String> {
    let (vault, entry) = (Arc::clone(vault), entry.clone());
    within(limit, move || vault.set(&entry, &key)).await
}

/// A thread that never comes back is left alone: leaving the program does not wait for it.
async fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match timeout(limit, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err("failed because of a defect".to_owned()),
        Err(_) => Err(format!("did not answer within {} s", limit.as_secs_f32())),
    }
}

#[cfg(feature = "keyring")]
#[derive(Debug)]
struct System;

#[cfg(feature = "keyring")]
impl System {
    /// What a person can do something about; what libraries say besides may quote what they hold.
    fn why(error: &keyring::Error) -> String {
        match error {
            keyring::Error::NoEntry => "holds no such entry".to_owned(),
            keyring::Error::NoStorageAccess(_) => "is locked or refused".to_owned(),
            keyring::Error::NoDefaultStore | keyring::Error::PlatformFailure(_) => {
                "cannot be reached".to_owned()
            }
            keyring::Error::BadEncoding(_) => "holds something that is no text".to_owned(),
            _ => "did not do it".to_owned(),
        }
    }
}

#[cfg(feature = "keyring")]
impl Vault for System {
    fn get(&self, entry: &Entry) -> Result<SecretString, String> {
        keyring::v1::Entry::new(&entry.service, &entry.user)
            .and_then(|e| e.get_password())
            .map(SecretString::from)
            .map_err(|e| Self::why(&e))
    }

    fn set(&self, entry: &Entry, key: &SecretString) -> Result<(), String> {
        use secrecy::ExposeSecret;

        keyring::v1::Entry::new(&entry.service, &entry.user)
            .and_then(|e| e.set_password(key.expose_secret()))
            .map_err(|e| Self::why(&e))
    }
}
