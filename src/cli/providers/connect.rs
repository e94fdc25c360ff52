//! Keys while the program runs: where one can come from, trying one that was typed, and keeping it.
//!
//! A key that was typed lives in memory or in the system's keyring, never in a file of ours.

use secrecy::SecretString;

use super::{Profiles, known_models};
use crate::{
    app::{Connected, InPlace, Keep, KeyPlace, KeyPlaces},
    chat::Failure,
    config::{self, KeySource as Place, OWN_SERVICE, Profile},
    provider::{self, Auth, Entry, KeySource, Provider},
    text::SafeText,
};

/// What a server says that has no list of models; whether it takes the key is found out with the first question.
const NO_LIST: [u16; 3] = [404, 405, 501];
/// Where a key is kept that has no better place.
const IN_MEMORY: &str = "the key is kept in memory until you leave";

impl Profiles {
    /// Looks wherever a key of the profile can be. What costs something (a command) is not asked.
    pub(super) async fn look_for_keys(&self, name: &str) -> KeyPlaces {
        let Ok(profile) = self.profile(name) else {
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
        let found = match provider::get_from_vault(vault, &entry).await {
            Ok(_) if is_asked => InPlace::Key,
            Ok(_) => nothing("there, and used once api_key_keyring is true"),
            Err(why) => InPlace::Trouble(why),
        };
        place(format!("keyring entry {entry}"), found)
    }

    /// Reads the keys that lie in files, so that they are known wherever they turn up.
    pub(crate) async fn learn_keys(&self) {
        let profiles = self.config.profiles.values();
        for path in profiles.filter_map(|p| p.api_key_file.clone()) {
            if let Ok(key) = KeySource::File(path).look(&[]).await {
                self.config.secrets.learn(&key);
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
        let profile = self.profile(name)?;
        // Whatever becomes of it, it is a secret.
        self.config.secrets.learn(&key);
        let source = KeySource::Given {
            key: key.clone(),
            from: "what was typed in this run".to_owned(),
        };
        let mut endpoint = self.endpoint_at(profile.base_url.as_str(), name, profile)?;
        endpoint.auth = Auth::Key(source);
        let provider = Provider::new(endpoint).map_err(|e| e.failure())?;
        let catalogue = match provider.models_with_key().await.map_err(|e| e.failure()) {
            Ok(catalogue) => catalogue,
            Err(failure) if failure.status.is_some_and(|s| NO_LIST.contains(&s)) => {
                known_models(profile)
            }
            Err(failure) => return Err(failure),
        };
        self.install(name, key.clone(), provider).await;
        let note = match keep {
            Keep::Memory => IN_MEMORY.to_owned(),
            Keep::Keyring => self.keep(name, key).await,
        };
        Ok(Connected { catalogue, note })
    }

    /// From now on requests of the profile carry this key; those under way end with the one they have.
    async fn install(&self, name: &str, key: SecretString, provider: Provider) {
        let mut made = self.made.lock().await;
        made.given.insert(name.to_owned(), key);
        made.providers.insert(name.to_owned(), provider);
    }

    /// Puts the key into the keyring and lets the settings file say that it is there; says how that went.
    async fn keep(&self, name: &str, key: SecretString) -> String {
        let Some(vault) = &self.vault else {
            return format!("{IN_MEMORY}: this waferdeck was built without the keyring");
        };
        let entry = own_entry(name);
        if let Err(why) = provider::set_in_vault(vault, &entry, key).await {
            return format!("{IN_MEMORY}: the keyring {why}");
        }
        let (path, profile) = (self.config.paths.config_file.clone(), name.to_owned());
        let shown = SafeText::line(&path.to_string_lossy());
        let write = move || config::set_keyring(&path, &profile);
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => format!("the key is in the keyring as {entry}, and {shown} says so"),
            _ => format!(
                "the key is in the keyring as {entry}; set api_key_keyring = true under \
                 [providers.{name}] in {shown}, which could not be changed"
            ),
        }
    }
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
        Place::Environment(name) => Some(name.clone()),
        Place::EnvFile { path, name } => Some(format!("{name} in {}", path.display())),
        _ => None,
    });
    match (is_set, &profile.api_key_env) {
        (Some(found), _) => place(found, InPlace::Key),
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
