//! Keys while the program runs: where one can come from, trying one that was typed, and keeping it.
//!
//! A key that was typed lives in memory or in the system's keyring, never in a file of ours.

use std::{collections::BTreeSet, time::Duration};

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{
    Profiles,
    key::{env_file_key, typed},
    known_models, profile,
};
use crate::{
    app::{Connected, InPlace, Keep, KeyPlace, KeyPlaces},
    chat::{Catalogue, EndState, Failure, FailureKind, Message, Role, StreamEvent, Variant},
    config::{self, Config, KeySource as Place, OWN_SERVICE, Profile},
    provider::{self, Auth, Endpoint, Entry, KeySource, Provider},
    runtime::answer::Providers as _,
    text::SafeText,
};

/// What a server says that has no list of models; whether it takes the key is found out with the first question.
const NO_LIST: [u16; 3] = [404, 405, 501];
/// Where a key is kept that has no better place.
const IN_MEMORY: &str = "the key is kept in memory until you leave";

impl Profiles {
    /// Looks wherever a key of the profile can be. What costs something (a command) is not asked.
    pub(super) async fn look_for_keys(&self, name: &str) -> KeyPlaces {
        let config = self.config();
        let Ok(profile) = profile(&config, name) else {
            return KeyPlaces::default();
        };
        let mut places = Vec::new();
        if self.made.lock().await.given.contains_key(name) {
            places.push(place("typed in this run", InPlace::Key));
        }
        places.push(variable(name, profile));
        places.push(self.keyring(name, profile).await);
        places.push(file(profile).await);
        places.push(match &profile.api_key_command {
            Some(_) => place("output of api_key_command", InPlace::NotAsked),
            None => place("output of a command", nothing("api_key_command is not set")),
        });
        KeyPlaces {
            places,
            keyring: self.vault.is_some(),
        }
    }

    /// How long the keyring has.
    pub(super) fn keyring_limit(&self) -> Duration {
        self.config().limits.keyring_timeout
    }

    async fn keyring(&self, name: &str, profile: &Profile) -> KeyPlace {
        let Some(vault) = &self.vault else {
            return place("keyring", nothing("not built into this waferdeck"));
        };
        let named = profile.key_sources.iter().find_map(|source| match source {
            Place::Keyring { service, user } => Some(Entry {
                service: service.clone(),
                user: user.clone(),
            }),
            _ => None,
        });
        let is_asked = named.is_some();
        let entry = named.unwrap_or_else(|| own_entry(name));
        let found = match provider::get_from_vault(vault, &entry, self.keyring_limit()).await {
            Ok(_) if is_asked => InPlace::Key,
            Ok(_) => nothing("there, and used once api_key_keyring is true"),
            Err(why) => InPlace::Trouble(why),
        };
        place(format!("keyring entry {entry}"), found)
    }

    /// Reads the keys that lie in files, so that they are known wherever they turn up.
    pub(in crate::cli) async fn learn_keys_of_files(&self) {
        let config = self.config();
        let profiles = config.profiles.values();
        for path in profiles.filter_map(|p| p.api_key_file.clone()) {
            if let Ok(key) = KeySource::File(path).look(&[]).await {
                config.secrets.learn(&key);
            }
        }
    }

    /// Reads the keys that `variants` are asked with before anything of theirs is written: one in a prompt is hidden only
    /// where it is known. What goes wrong is said by the requests.
    pub(in crate::cli) async fn learn_keys_of(&self, variants: &[Variant]) {
        let asked: BTreeSet<&str> = variants.iter().map(|v| v.profile.as_str()).collect();
        for name in asked {
            if let Ok(provider) = self.get(name).await {
                let _ = provider.read_key().await;
            }
        }
    }

    /// Asks for the profile's models with `key`, and keeps it if they come.
    pub(super) async fn try_key(
        &self,
        name: &str,
        key: SecretString,
        keep: Keep,
    ) -> Result<Connected, Failure> {
        let config = self.config();
        let profile = profile(&config, name)?;
        // Whatever becomes of it, it is a secret.
        config.secrets.learn(&key);
        let mut endpoint = self.endpoint_at(profile.base_url.as_str(), name, profile, &config)?;
        let open = Endpoint {
            auth: Auth::None,
            ..endpoint.clone()
        };
        endpoint.auth = Auth::Key(typed(key.clone()));
        let provider = Provider::new(endpoint).map_err(|e| e.failure())?;
        let catalogue = match provider.models_with_key().await.map_err(|e| e.failure()) {
            Ok(catalogue) => catalogue,
            Err(failure) if failure.status.is_some_and(|s| NO_LIST.contains(&s)) => {
                known_models(profile)
            }
            Err(failure) => return Err(failure),
        };
        let open = Provider::new(open).map_err(|e| e.failure())?;
        if open.models_with_key().await.is_ok() {
            // The list is for everybody, so that it says nothing of the key.
            self.ask_one_token(name, profile, &catalogue, &provider)
                .await?;
        }
        let elsewhere = || {
            Failure::new(
                FailureKind::Setup,
                format!("{name} asks another place since the settings were read again"),
                "give it the key once more",
            )
        };
        if !is_same_place(name, &self.config(), &config) {
            return Err(elsewhere());
        }
        let note = match keep {
            Keep::Memory => IN_MEMORY.to_owned(),
            Keep::Keyring => self.keep(name, key.clone()).await,
        };
        // Last: whoever gives up while the keyring asks does not find the key in use.
        if !self.install(name, key, provider, &config).await {
            return Err(elsewhere());
        }
        Ok(Connected { catalogue, note })
    }

    /// Fails if the smallest question is refused for the key's sake; what else may go wrong says nothing of the key.
    async fn ask_one_token(
        &self,
        name: &str,
        profile: &Profile,
        catalogue: &Catalogue,
        provider: &Provider,
    ) -> Result<(), Failure> {
        let first = || catalogue.offered().next().map(|m| m.id.clone());
        let Some(model) = profile.model.clone().or_else(first) else {
            return Ok(());
        };
        let asked = vec![Message::new(Role::User, "Hi")];
        let mut request = self.request(&Variant::new(name, model), asked);
        request.max_completion_tokens = 1;
        let mut refused = None;
        provider
            .answer(&request, &CancellationToken::new(), &mut |event| {
                if let StreamEvent::End(end) = event
                    && let EndState::Failed(failure) = end.state
                    && failure.kind == FailureKind::Key
                {
                    refused = Some(failure);
                }
            })
            .await;
        refused.map_or(Ok(()), Err)
    }

    /// From now on requests of the profile carry this key; those under way end with the one they have. False where it
    /// asks another place by now.
    async fn install(
        &self,
        name: &str,
        key: SecretString,
        provider: Provider,
        tried: &Config,
    ) -> bool {
        let mut made = self.made.lock().await;
        let config = self.config();
        made.follow(&config);
        if !is_same_place(name, &config, tried) {
            return false;
        }
        made.given.insert(name.to_owned(), key);
        made.providers.insert(name.to_owned(), provider);
        true
    }

    /// Puts the key into the keyring and lets the settings file say that it is there; says how that went.
    async fn keep(&self, name: &str, key: SecretString) -> String {
        let Some(vault) = &self.vault else {
            return format!("{IN_MEMORY}: this waferdeck was built without the keyring");
        };
        let entry = own_entry(name);
        if let Err(why) = provider::set_in_vault(vault, &entry, key, self.keyring_limit()).await {
            return format!("{IN_MEMORY}: the keyring {why}");
        }
        let (path, profile) = (self.config().paths.config_file.clone(), name.to_owned());
        let shown = SafeText::line(&path.to_string_lossy());
        let write = move || config::set_keyring(&path, &profile);
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {
                let kept = format!("the key is in the keyring as {entry}, and {shown} says so");
                let config = self.config();
                match config.profiles.get(name).and_then(before_keyring) {
                    Some(first) => format!("{kept}; the next start asks {first} before it"),
                    None => kept,
                }
            }
            _ => format!(
                "the key is in the keyring as {entry}; set api_key_keyring = true under \
                 [providers.{name}] in {shown}, which could not be changed"
            ),
        }
    }
}

/// Read again meanwhile, the settings may lead elsewhere; a key is for the place where it was tried.
fn is_same_place(name: &str, now: &Config, tried: &Config) -> bool {
    let base = |config: &Config| config.profiles.get(name).map(|p| p.base_url.clone());
    base(now) == base(tried)
}

/// What the next start would find before the key in the keyring.
fn before_keyring(profile: &Profile) -> Option<String> {
    let is_variable = |s: &&Place| matches!(s, Place::Environment(_) | Place::EnvFile { .. });
    let first = profile.key_sources.first().filter(is_variable)?;
    Some(SafeText::line(&first.to_string()).into_string())
}

fn own_entry(name: &str) -> Entry {
    Entry {
        service: OWN_SERVICE.to_owned(),
        user: name.to_owned(),
    }
}

fn place(name: impl AsRef<str>, found: InPlace) -> KeyPlace {
    KeyPlace {
        name: SafeText::line(name.as_ref()).into_string(),
        found,
    }
}

fn nothing(why: &str) -> InPlace {
    InPlace::Nothing(why.to_owned())
}

fn variable(name: &str, profile: &Profile) -> KeyPlace {
    let is_set = profile.key_sources.iter().find_map(|source| match source {
        Place::Environment(name) => Some((name.clone(), InPlace::Key)),
        Place::EnvFile { path, name } => {
            let found = match env_file_key(path, name) {
                Ok(_) => InPlace::Key,
                Err(failure) => InPlace::Trouble(failure.message),
            };
            Some((format!("{name} in {}", path.display()), found))
        }
        _ => None,
    });
    match (is_set, &profile.api_key_env) {
        (Some((found_at, found)), _) => place(found_at, found),
        (None, Some(variable)) => place(variable, nothing("not set")),
        (None, None) => place(
            "environment variable",
            InPlace::Nothing(format!("name one as api_key_env under [providers.{name}]")),
        ),
    }
}

async fn file(profile: &Profile) -> KeyPlace {
    let Some(path) = &profile.api_key_file else {
        return place("file", nothing("api_key_file is not set"));
    };
    let found = match KeySource::File(path.clone()).look(&[]).await {
        Ok(_) => InPlace::Key,
        Err(error) => InPlace::Trouble(error.to_string()),
    };
    place(format!("file {}", path.display()), found)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        fs,
        sync::{Arc, Mutex, PoisonError},
    };

    use secrecy::ExposeSecret;

    use super::{super::Watched, *};
    use crate::{
        chat::FailureKind,
        config::{CEREBRAS, Overrides, load},
        mock,
        provider::Vault,
    };

    const KEY: &str = "csk-canary-typed-0123456789";

    /// A keyring in memory, locked until it is told otherwise.
    #[derive(Debug, Default)]
    struct Fake {
        kept: Mutex<HashMap<String, SecretString>>,
        is_open: bool,
    }

    impl Fake {
        fn open(&self) -> Result<std::sync::MutexGuard<'_, HashMap<String, SecretString>>, String> {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            self.is_open.then_some(kept).ok_or("is locked".to_owned())
        }
    }

    impl Vault for Fake {
        fn get(&self, entry: &Entry) -> Result<SecretString, String> {
            let kept = self.open()?;
            let key = kept.get(&entry.to_string()).cloned();
            key.ok_or("holds no such entry".to_owned())
        }

        fn set(&self, entry: &Entry, key: &SecretString) -> Result<(), String> {
            self.open()?.insert(entry.to_string(), key.clone());
            Ok(())
        }
    }

    /// The Cerebras profile at `address`, with this keyring and its settings in `dir`.
    fn profiles(address: &str, vault: &Arc<Fake>, dir: &std::path::Path) -> Profiles {
        let env = |name: &str| match name {
            "CEREBRAS_BASE_URL" => Some(address.to_owned()),
            name if name.starts_with("WAFERDECK_") && name.ends_with("_DIR") => {
                Some(dir.to_string_lossy().into_owned())
            }
            _ => None,
        };
        let config = load(&Overrides::default(), &env).unwrap().config;
        Profiles {
            vault: Some(Arc::clone(vault) as _),
            ..Profiles::new(Arc::new(config), Watched::Yes)
        }
    }

    #[tokio::test]
    async fn a_key_that_works_is_kept_where_the_person_wants_it() {
        let dir = tempfile::tempdir().unwrap();
        let server = mock::serve(mock::MockOptions::default()).await.unwrap();
        let vault = Arc::new(Fake {
            is_open: true,
            ..Fake::default()
        });
        let profiles = profiles(&server.base_url(), &vault, dir.path());
        let memory = profiles.try_key(CEREBRAS, KEY.into(), Keep::Memory).await;
        assert_eq!(memory.unwrap().note, IN_MEMORY);
        let settings = dir.path().join("config.toml");
        assert!(!settings.exists() && vault.kept.lock().unwrap().is_empty());
        let kept = profiles
            .try_key(CEREBRAS, KEY.into(), Keep::Keyring)
            .await
            .unwrap();
        assert!(
            kept.note
                .starts_with("the key is in the keyring as waferdeck/cerebras"),
            "{}",
            kept.note
        );
        assert!(!kept.catalogue.models.is_empty());
        let found = vault.get(&own_entry(CEREBRAS)).unwrap();
        assert_eq!(found.expose_secret(), KEY);
        let written = fs::read_to_string(&settings).unwrap();
        assert_eq!(written, "[providers.cerebras]\napi_key_keyring = true\n");
        let places = profiles.look_for_keys(CEREBRAS).await;
        assert_eq!(places.places[0], place("typed in this run", InPlace::Key));
        let provider = profiles.make(CEREBRAS).await.unwrap();
        let shown = format!(
            "{:?}{:?}{provider:?}{places:?}{kept:?}",
            profiles.config(),
            provider.endpoint()
        );
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(profiles.config().secrets.hide(KEY), "[key hidden]");
    }

    #[tokio::test]
    async fn a_variable_that_will_be_asked_before_the_keyring_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let server = mock::serve(mock::MockOptions::default()).await.unwrap();
        let vault = Arc::new(Fake {
            is_open: true,
            ..Fake::default()
        });
        let profiles = profiles(&server.base_url(), &vault, dir.path());
        let mut config = (*profiles.config()).clone();
        let cerebras = config.profiles.get_mut(CEREBRAS).unwrap();
        cerebras.key_sources = vec![Place::Environment("CEREBRAS_API_KEY".to_owned())];
        profiles.adopt(Arc::new(config));
        let kept = profiles
            .try_key(CEREBRAS, KEY.into(), Keep::Keyring)
            .await
            .unwrap();
        assert!(
            kept.note
                .ends_with("says so; the next start asks CEREBRAS_API_KEY before it"),
            "{}",
            kept.note
        );
    }

    /// A server to be played, an open keyring, and profiles that ask there.
    async fn listening(dir: &std::path::Path) -> (tokio::net::TcpListener, Arc<Fake>, Profiles) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let vault = Arc::new(Fake {
            is_open: true,
            ..Fake::default()
        });
        let profiles = profiles(&address, &vault, dir);
        (listener, vault, profiles)
    }

    #[tokio::test]
    async fn a_key_is_tried_with_a_question_where_the_list_is_for_everybody() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let dir = tempfile::tempdir().unwrap();
        let (listener, _vault, profiles) = listening(dir.path()).await;
        let server = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = [0; 8192];
                let bytes = socket.read(&mut request).await.unwrap_or_default();
                let (status, body) = if request[..bytes].starts_with(b"GET") {
                    (
                        "200 OK",
                        r#"{"object":"list","data":[{"id":"m1","object":"model"}]}"#,
                    )
                } else {
                    ("401 Unauthorized", r#"{"error":{"message":"Wrong key"}}"#)
                };
                let reply = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = socket.write_all(reply.as_bytes()).await;
            }
        });
        let tried = profiles.try_key(CEREBRAS, KEY.into(), Keep::Memory).await;
        server.abort();
        let failure = tried.unwrap_err();
        assert_eq!(
            (failure.kind, failure.status),
            (FailureKind::Key, Some(401))
        );
        assert!(profiles.made.lock().await.given.is_empty());
    }

    /// A keyring that says nothing for long.
    #[derive(Debug)]
    struct Slow;

    impl Vault for Slow {
        fn get(&self, _: &Entry) -> Result<SecretString, String> {
            let (said, heard) = std::sync::mpsc::sync_channel::<()>(1);
            let _ = heard.recv_timeout(Duration::from_secs(8));
            drop(said);
            Err("is slow".to_owned())
        }

        fn set(&self, _: &Entry, _: &SecretString) -> Result<(), String> {
            Err("is read alone".to_owned())
        }
    }

    /// A keyring that asks a person, who takes their time.
    #[derive(Debug, Default)]
    struct Asking(tokio::sync::Notify);

    impl Vault for Asking {
        fn get(&self, _: &Entry) -> Result<SecretString, String> {
            Err("holds no such entry".to_owned())
        }

        fn set(&self, _: &Entry, _: &SecretString) -> Result<(), String> {
            self.0.notify_one();
            let (said, heard) = std::sync::mpsc::sync_channel::<()>(1);
            let _ = heard.recv_timeout(Duration::from_secs(1));
            drop(said);
            Err("was told no".to_owned())
        }
    }

    #[tokio::test]
    async fn a_key_that_is_given_up_while_the_keyring_asks_is_not_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let server = mock::serve(mock::MockOptions::default()).await.unwrap();
        let vault = Arc::new(Asking::default());
        let profiles = Profiles {
            vault: Some(Arc::clone(&vault) as _),
            ..profiles(&server.base_url(), &Arc::default(), dir.path())
        };
        tokio::select! {
            tried = profiles.try_key(CEREBRAS, KEY.into(), Keep::Keyring) => panic!("{tried:?}"),
            () = vault.0.notified() => {}
        }
        assert!(profiles.made.lock().await.given.is_empty());
    }

    #[tokio::test]
    async fn the_keyring_has_the_time_that_is_set() {
        let dir = tempfile::tempdir().unwrap();
        let profiles = Profiles {
            vault: Some(Arc::new(Slow)),
            ..profiles("http://127.0.0.1:9", &Arc::default(), dir.path())
        };
        let mut config = (*profiles.config()).clone();
        config.limits.keyring_timeout = Duration::from_millis(100);
        profiles.adopt(Arc::new(config));
        let found = profiles.look_for_keys(CEREBRAS).await;
        let late = InPlace::Trouble("did not answer within 0.1 s".to_owned());
        assert!(found.places.iter().any(|p| p.found == late), "{found:?}");
    }

    #[tokio::test]
    async fn a_key_that_was_typed_stays_with_the_place_it_was_typed_for() {
        let dir = tempfile::tempdir().unwrap();
        let server = mock::serve(mock::MockOptions::default()).await.unwrap();
        let profiles = profiles(&server.base_url(), &Arc::default(), dir.path());
        let kept = profiles.try_key(CEREBRAS, KEY.into(), Keep::Memory).await;
        assert!(kept.is_ok());
        let change = |to: fn(&mut Profile)| {
            let mut config = (*profiles.config()).clone();
            to(config.profiles.get_mut(CEREBRAS).unwrap());
            profiles.adopt(Arc::new(config));
        };
        let has_typed = async |profiles: &Profiles| {
            let provider = profiles.make(CEREBRAS).await.unwrap();
            format!("{:?}", provider.endpoint().auth).contains("typed")
        };
        change(|profile| profile.max_retries = 1);
        assert!(has_typed(&profiles).await);
        change(|profile| profile.base_url = config::BaseUrl::parse("http://127.0.0.1:9").unwrap());
        let (auth, _) = profiles.endpoint(CEREBRAS).await.unwrap();
        assert!(!format!("{auth:?}").contains("typed"), "{auth:?}");
        assert!(!has_typed(&profiles).await);
    }

    #[tokio::test]
    async fn a_keyring_that_refuses_leaves_the_key_in_memory_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let server = mock::serve(mock::MockOptions::default()).await.unwrap();
        let profiles = profiles(&server.base_url(), &Arc::default(), dir.path());
        let kept = profiles
            .try_key(CEREBRAS, KEY.into(), Keep::Keyring)
            .await
            .unwrap();
        assert_eq!(kept.note, format!("{IN_MEMORY}: the keyring is locked"));
        assert!(!dir.path().join("config.toml").exists());
        let offline = self::profiles("http://127.0.0.1:1", &Arc::default(), dir.path());
        let failure = offline
            .try_key(CEREBRAS, KEY.into(), Keep::Memory)
            .await
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Network);
        assert!(
            offline.made.lock().await.given.is_empty(),
            "a key that was not tried is not used"
        );
    }

    #[tokio::test]
    async fn a_key_is_not_kept_for_a_place_where_it_was_not_tried() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let dir = tempfile::tempdir().unwrap();
        let (listener, vault, profiles) = listening(dir.path()).await;
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let mut config = (*profiles.config()).clone();
            let cerebras = config.profiles.get_mut(CEREBRAS).unwrap();
            cerebras.base_url = config::BaseUrl::parse("http://127.0.0.1:9").unwrap();
            profiles.adopt(Arc::new(config));
            let reply = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = socket.write_all(reply).await;
        };
        let (tried, ()) = tokio::join!(
            profiles.try_key(CEREBRAS, KEY.into(), Keep::Keyring),
            server
        );
        assert!(profiles.made.lock().await.given.is_empty());
        let kept = vault
            .kept
            .lock()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        assert!(
            kept.is_empty() && !dir.path().join("config.toml").exists(),
            "{kept:?} {tried:?}"
        );
    }
}
