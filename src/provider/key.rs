//! Where a key comes from, how it is read, and how it is kept out of everything but its header.
//! When it is read is `kept`'s; that it is read again after a 401 is decided by the provider.

mod command;
pub(super) mod file;
pub(super) mod kept;
pub(super) mod vault;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use self::vault::{Entry, Vault};
use super::error::Error;
use crate::text::SafeText;

/// A command that asks a person or a network has this long.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// No key is longer; a file or command that gives more is the wrong one.
const MAX_KEY: u64 = 16 << 10;

/// What is sent where there is no key and a server on this machine may want one.
pub(super) const STAND_IN: &str = "none";

/// A key that was read.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) secret: SecretString,
    /// Names the source that gave it.
    pub(super) from: String,
    /// Why the source before it, a keyring, gave none.
    pub(super) passed_over: Option<String>,
}

impl Key {
    /// Names the source that gave it, and the one before it that did not.
    pub(super) fn origin(&self) -> String {
        match &self.passed_over {
            Some(why) => format!("{} ({why})", self.from),
            None => self.from.clone(),
        }
    }
}

/// Where a key comes from. It is read when the first request needs it.
#[derive(Clone)]
pub enum KeySource {
    /// An environment variable.
    Env(String),
    /// A file that nobody else may read.
    File(PathBuf),
    /// What a shell command prints. The line may hold a secret itself.
    Command(String),
    /// An entry of a keyring; where it has none or gives none, the next source.
    Keyring {
        /// The keyring.
        vault: Arc<dyn Vault>,
        /// Its entry.
        entry: Entry,
        /// How long it has.
        limit: Duration,
        /// What is asked after it.
        next: Option<Box<KeySource>>,
    },
    /// A key that was given directly.
    Fixed(SecretString),
    /// There is none, and a word stands in for it: a server on this machine may insist on the header.
    StandIn,
    /// A key that somebody else read.
    Given {
        /// The key.
        key: SecretString,
        /// Names where it came from.
        from: String,
    },
}

impl KeySource {
    /// Names the source, without any part of the key.
    pub fn describe(&self) -> String {
        match self {
            Self::Env(name) => format!("the environment variable {}", SafeText::line(name)),
            Self::File(path) => format!("the file {}", shown(path)),
            Self::Command(_) => "the key command (api_key_command)".to_owned(),
            Self::Keyring { entry, .. } => {
                format!("the keyring's entry {}", SafeText::line(&entry.to_string()))
            }
            Self::Fixed(_) => "a key given directly".to_owned(),
            Self::StandIn => "nowhere: none is set".to_owned(),
            Self::Given { from, .. } => SafeText::line(from).into_string(),
        }
    }

    /// Names the source where a person may wait for it: it asks another program or a disk.
    pub(super) fn slow(&self) -> Option<String> {
        match self {
            Self::Env(_) | Self::Fixed(_) | Self::StandIn | Self::Given { .. } => None,
            Self::Command(line) => Some(match command::program(line) {
                Some(program) => format!("the key command ({program})"),
                None => "the key command".to_owned(),
            }),
            Self::File(_) | Self::Keyring { .. } => Some(self.describe()),
        }
    }

    /// What the source holds now, for who wants to know whether it holds anything. `without` as for a request's key.
    pub async fn look(&self, without: &[String]) -> Result<SecretString, Error> {
        let key = self.read(without, &mut |_| ()).await?;
        Ok(key.secret)
    }

    /// Reads the key. Programs that are run for that get none of the variables `without`. `turn` hears of each source that is
    /// asked after this one.
    pub(super) async fn read(
        &self,
        without: &[String],
        turn: &mut (dyn FnMut(&Self) + Send),
    ) -> Result<Key, Error> {
        let raw = match self {
            Self::Env(name) => std::env::var(name)
                .map(SecretString::from)
                .map_err(|_| self.missing(format!("{} is not set", self.describe()))),
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || file::read(&path))
                    .await
                    .unwrap_or_else(|e| Err(e.to_string()))
                    .map_err(|what| self.missing(what))
            }
            Self::Command(line) => command::run(line, without, COMMAND_LIMIT)
                .await
                .map_err(|what| self.missing(format!("{} {what}", self.describe()))),
            Self::Fixed(key) | Self::Given { key, .. } => Ok(key.clone()),
            Self::StandIn => Ok(SecretString::from(STAND_IN)),
            Self::Keyring {
                vault,
                entry,
                limit,
                next,
            } => match vault::get(vault, entry, *limit).await {
                Ok(raw) => Ok(raw),
                Err(why) => return self.read_next(&why, next.as_deref(), without, turn).await,
            },
        }?;
        self.checked(&raw)
    }

    /// Reads the key from the source after a keyring that gave none.
    async fn read_next(
        &self,
        why: &str,
        next: Option<&Self>,
        without: &[String],
        turn: &mut (dyn FnMut(&Self) + Send),
    ) -> Result<Key, Error> {
        let why = format!("{} {why}", self.describe());
        let Some(next) = next else {
            return Err(self.missing(why));
        };
        tracing::warn!("{why}: the next source of the key is {}", next.describe());
        turn(next);
        match Box::pin(next.read(without, turn)).await {
            Ok(key) => Ok(Key {
                passed_over: Some(why),
                ..key
            }),
            Err(error) => Err(error.after(&why)),
        }
    }

    fn checked(&self, raw: &SecretString) -> Result<Key, Error> {
        let key = raw.expose_secret().trim();
        if key.is_empty() {
            return Err(self.missing(format!("{} is empty", self.describe())));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(self.missing(format!(
                "{} holds characters that no key has",
                self.describe()
            )));
        }
        Ok(Key {
            secret: SecretString::from(key),
            from: self.describe(),
            passed_over: None,
        })
    }

    fn missing(&self, message: String) -> Error {
        let remedy = match self {
            Self::Env(name) => format!(
                "export {}=…, or name a file or command in the profile (api_key_file, api_key_command), or use --mock",
                SafeText::line(name)
            ),
            Self::File(_) => {
                "write the key alone into that file, or name another source".to_owned()
            }
            Self::Command(_) => "let it print the key alone within 10 s and exit with 0".to_owned(),
            Self::Keyring { .. } => {
                "unlock the keyring or put the key there, or name another source".to_owned()
            }
            Self::Fixed(_) | Self::Given { .. } | Self::StandIn => "give another key".to_owned(),
        };
        Error::Key {
            message,
            remedy,
            status: None,
        }
    }
}

/// Shows no key, and of a command the program alone.
impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(line) => f
                .debug_tuple("Command")
                .field(&command::program(line))
                .finish(),
            Self::Keyring { entry, next, .. } => f
                .debug_struct("Keyring")
                .field("entry", entry)
                .field("next", next)
                .finish_non_exhaustive(),
            source => f
                .debug_tuple("KeySource")
                .field(&source.describe())
                .finish(),
        }
    }
}

/// The header that carries `key`, marked so that nothing prints it.
fn bearer(key: &SecretString) -> Option<HeaderValue> {
    let text = SecretString::from(format!("Bearer {}", key.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A request that carries the key, if there is one.
pub(super) fn authorized(http: RequestBuilder, key: Option<&Key>) -> RequestBuilder {
    match key.and_then(|key| bearer(&key.secret)) {
        Some(value) => http.header(AUTHORIZATION, value),
        None => http,
    }
}

fn shown(path: &Path) -> String {
    SafeText::line(&path.to_string_lossy()).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(source: KeySource, expected: Result<&str, &str>) {
        match (source.read(&[], &mut |_| ()).await, expected) {
            (Ok(key), Ok(expected)) => assert_eq!(key.secret.expose_secret(), expected),
            (Err(e), Err(part)) => assert!(e.to_string().contains(part), "{e}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[tokio::test]
    async fn a_key_comes_from_each_source() {
        check(KeySource::Fixed(" csk-fixed \n".into()), Ok("csk-fixed")).await;
        check(KeySource::Fixed("two words".into()), Err("no key has")).await;
        check(
            KeySource::Env("WAFERDECK_NO_SUCH_KEY".into()),
            Err("is not set"),
        )
        .await;
        check(KeySource::Command("echo csk-said".into()), Ok("csk-said")).await;
        check(
            KeySource::Command("echo x; exit 3".into()),
            Err("exit status: 3"),
        )
        .await;
        check(KeySource::Command("true".into()), Err("is empty")).await;
    }

    /// A keyring that gives what it was made with, after a while.
    #[derive(Debug)]
    struct Fake(Result<&'static str, &'static str>, Duration);

    impl Vault for Fake {
        fn get(&self, _: &Entry) -> Result<SecretString, String> {
            let (said, heard) = std::sync::mpsc::sync_channel::<()>(1);
            // A wait that nobody ends.
            let _ = heard.recv_timeout(self.1);
            drop(said);
            self.0.map(SecretString::from).map_err(str::to_owned)
        }

        fn set(&self, _: &Entry, _: &SecretString) -> Result<(), String> {
            Err("is read alone".to_owned())
        }
    }

    fn keyring(vault: Fake, next: Option<KeySource>) -> KeySource {
        KeySource::Keyring {
            vault: Arc::new(vault),
            entry: Entry {
                service: "waferdeck".to_owned(),
                user: "cerebras".to_owned(),
            },
            limit: Duration::from_millis(500),
            next: next.map(Box::new),
        }
    }

    #[tokio::test]
    async fn a_keyring_that_gives_no_key_is_named_and_the_next_source_is_asked() {
        let file = || KeySource::Command("echo csk-next".to_owned());
        let at_once = Duration::ZERO;
        check(
            keyring(Fake(Ok("csk-kept"), at_once), Some(file())),
            Ok("csk-kept"),
        )
        .await;
        for (vault, why) in [
            (
                Fake(Err("is locked or refused"), at_once),
                "is locked or refused",
            ),
            (
                Fake(Err("holds no such entry"), at_once),
                "holds no such entry",
            ),
            (
                Fake(Ok("csk-late"), Duration::from_secs(8)),
                "did not answer within 0.5 s",
            ),
        ] {
            let key = keyring(vault, Some(file()))
                .read(&[], &mut |_| ())
                .await
                .unwrap();
            assert_eq!(key.secret.expose_secret(), "csk-next");
            let from = format!(
                "the key command (api_key_command) (the keyring's entry waferdeck/cerebras {why})"
            );
            assert_eq!(key.origin(), from);
        }
        let locked = || Fake(Err("is locked or refused"), at_once);
        check(keyring(locked(), None), Err("waferdeck/cerebras is locked")).await;
        let unset = KeySource::Env("WAFERDECK_NO_SUCH_KEY".to_owned());
        let both = "is not set, and the keyring's entry waferdeck/cerebras is locked";
        check(keyring(locked(), Some(unset)), Err(both)).await;
    }

    #[test]
    fn no_part_of_a_key_is_shown() {
        for source in [
            KeySource::Fixed("csk-canary-1234".into()),
            KeySource::Command("curl -H 'X-Vault: canary' vault.example".to_owned()),
        ] {
            let shown = format!("{source:?} {} {:?}", source.describe(), source.slow());
            assert!(!shown.contains("canary"), "{shown}");
        }
        let shown = format!("{:?}", bearer(&"csk-canary-1234".into()));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
