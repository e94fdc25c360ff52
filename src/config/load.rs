//! Defaults, file, environment and flags become one checked [`Config`]; each layer overrides those before it.
//!
//! Where every value came from is kept, for `config show`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    Config, MANUAL, Paths,
    address::BaseUrl,
    alerts::{self, AlertSettings},
    background::Background,
    choice::{Chosen, choose},
    environment::Environment,
    error::{Error, Warning},
    file::Source,
    general::{
        self, ColorChoice, General, LONGEST_WAIT, Log, Loopback, StoreSettings, TelemetrySettings,
        Ui,
    },
    keys::Keymap,
    limits::{self, LimitSettings},
    log_filter::LogFilter,
    profile::{self, CEREBRAS, HAS_KEYRING, KeySource, KeyringEntry, MOCK, Profile},
    setting::{Origin, Origins, Reading, Setting},
    theme::Theme,
    value::{Word, resolve_path},
    variant::parse_variant,
};
use crate::text::Secrets;

/// What the flags of the command line say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `--config`: the settings file, which must exist then.
    pub config_file: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `-m`, each a variant in its short form.
    pub models: Vec<String>,
    /// `--env-file`, which must exist then.
    pub env_file: Option<PathBuf>,
    /// `--color`.
    pub color: Option<String>,
    /// `--log-level`.
    pub log_level: Option<String>,
    /// `--max-wait`.
    pub max_wait: Option<Duration>,
    /// `--temporary`.
    pub temporary: bool,
    /// `--require-store`.
    pub require_store: bool,
    /// `--mock`.
    pub mock: bool,
    /// `--metrics-listen`.
    pub metrics_listen: Option<String>,
}

/// A configuration with what is worth saying about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// What was passed over.
    pub warnings: Vec<Warning>,
    /// Every setting with its value and where that came from.
    pub origins: Vec<Shown>,
    /// `default_profile` names none; what asks nothing goes on without.
    pub no_profile: Option<Warning>,
}

impl Loaded {
    /// The same for what asks something.
    pub fn to_ask_with(self) -> Result<Self, Error> {
        match self.no_profile {
            Some(why) => Err(Error::NoProfile(why)),
            None => Ok(self),
        }
    }
}

/// One line of `config show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The setting: `providers.cerebras.timeout`.
    pub path: String,
    /// Its value as TOML; of a secret the source alone.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// Puts the layers together. `env` reads an environment variable.
pub fn load(overrides: &Overrides, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Error> {
    let environment = Environment::new(env, overrides.env_file.as_deref())?;
    let paths = Paths::find(
        overrides.config_file.as_ref(),
        overrides.data_dir.as_ref(),
        |name| environment.value(name),
    )?;
    let mut layers = Layers::defaults()?;
    match Source::read(&paths.config_file)? {
        Some(source) => layers.read(&source)?,
        None if paths.config_file.is_symlink() => {
            let path = paths.config_file.display();
            let text = format!("{path} is a link to nothing, so no setting is read");
            layers.warnings.push(Warning::new(text));
        }
        None if overrides.config_file.is_some() => {
            return Err(Error::Unreadable {
                path: paths.config_file,
                reason: "no such file".to_owned(),
                cause: None,
            });
        }
        None => {}
    }
    layers.environment(&environment)?;
    layers.flags(overrides)?;
    layers.finish(paths, &environment, overrides)
}

/// The values as the layers so far have them.
#[derive(Default)]
struct Layers {
    general: General,
    ui: Ui,
    store: StoreSettings,
    log: Log,
    limits: LimitSettings,
    alerts: AlertSettings,
    telemetry: TelemetrySettings,
    profiles: BTreeMap<String, Profile>,
    keys: Keymap,
    warnings: Vec<Warning>,
    origins: Origins,
}

impl Layers {
    /// The defaults: values from the code, keys from the embedded file.
    fn defaults() -> Result<Self, Error> {
        let mut layers = Self::default();
        for name in [CEREBRAS, MOCK] {
            layers
                .profiles
                .insert(name.to_owned(), Profile::preset(name));
        }
        let source = Source::embedded("assets/config.toml", MANUAL);
        let table = source.parse()?;
        let mut origins = Origins::new();
        let mut reading = Reading {
            source: &source,
            warnings: &mut layers.warnings,
            origins: &mut origins,
        };
        if let Some(keys) = reading.sub(&table, "keys")? {
            layers.keys.read(&mut reading, keys, true)?;
        }
        Ok(layers)
    }

    fn read(&mut self, source: &Source) -> Result<(), Error> {
        const TABLES: [&str; 8] = [
            "ui",
            "store",
            "log",
            "limits",
            "alerts",
            "providers",
            "keys",
            "telemetry",
        ];
        let table = source.parse()?;
        let mut reading = Reading {
            source,
            warnings: &mut self.warnings,
            origins: &mut self.origins,
        };
        reading.table("", &table, general::GENERAL, &TABLES, &mut self.general)?;
        if let Some(ui) = reading.sub(&table, "ui")? {
            reading.table("ui.", ui, general::UI, &[], &mut self.ui)?;
        }
        if let Some(store) = reading.sub(&table, "store")? {
            reading.table("store.", store, general::STORE, &[], &mut self.store)?;
        }
        if let Some(log) = reading.sub(&table, "log")? {
            reading.table("log.", log, general::LOG, &[], &mut self.log)?;
        }
        if let Some(limits) = reading.sub(&table, "limits")? {
            reading.table("limits.", limits, limits::LIMITS, &[], &mut self.limits)?;
        }
        if let Some(table) = reading.sub(&table, "alerts")? {
            reading.table("alerts.", table, alerts::ALERTS, &[], &mut self.alerts)?;
        }
        if let Some(telemetry) = reading.sub(&table, "telemetry")? {
            let into = &mut self.telemetry;
            reading.table("telemetry.", telemetry, general::TELEMETRY, &[], into)?;
        }
        if let Some(keys) = reading.sub(&table, "keys")? {
            self.keys.read(&mut reading, keys, false)?;
        }
        if let Some(providers) = reading.sub(&table, "providers")? {
            read_profiles(&mut reading, providers, &mut self.profiles)?;
        }
        Ok(())
    }

    fn environment(&mut self, environment: &Environment<'_>) -> Result<(), Error> {
        if let Some(cerebras) = self.profiles.get_mut(CEREBRAS) {
            if let Some((url, origin)) = environment.get("CEREBRAS_BASE_URL") {
                cerebras.base_url = BaseUrl::parse(&url)
                    .map_err(|message| Error::value(origin.to_string(), message))?;
                self.origins
                    .insert("providers.cerebras.base_url".to_owned(), origin);
            }
            if let Some((model, origin)) = environment.get("CEREBRAS_MODEL") {
                cerebras.model = Some(model.trim().to_owned());
                self.origins
                    .insert("providers.cerebras.model".to_owned(), origin);
            }
        }
        // The second is ours alone and so wins.
        for name in ["LOG_LEVEL", "WAFERDECK_LOG"] {
            let Some((word, origin)) = environment.get(name) else {
                continue;
            };
            match LogFilter::parse(&word) {
                Ok(level) => {
                    self.log.level = level;
                    self.origins.insert("log.level".to_owned(), origin);
                }
                // Other programs use the variable too, with words of their own.
                Err(message) => {
                    let text = format!("{origin} is passed over: {message}");
                    self.warnings.push(Warning::new(text));
                }
            }
        }
        self.color(environment);
        self.charset(environment);
        Ok(())
    }

    /// `NO_COLOR` wins over `CLICOLOR_FORCE`: who cannot bear colour needs it more.
    fn color(&mut self, environment: &Environment<'_>) {
        let (color, origin) = match (
            environment.get("NO_COLOR"),
            environment.get("CLICOLOR_FORCE"),
        ) {
            (Some((_, origin)), _) => (ColorChoice::Never, origin),
            (None, Some((value, origin))) if value.trim() != "0" => (ColorChoice::Always, origin),
            _ => return,
        };
        self.ui.color = color;
        self.origins.insert("ui.color".to_owned(), origin);
    }

    /// Unless the file decides, a locale that names another character set than UTF-8 gets ASCII. Without any locale
    /// nothing is known, and UTF-8 is likelier.
    fn charset(&mut self, environment: &Environment<'_>) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| environment.get(name));
        if let Some((locale, origin)) = locale {
            let locale = locale.to_ascii_lowercase();
            let is_set = self.origins.contains_key("ui.ascii");
            if !is_set && !locale.contains("utf-8") && !locale.contains("utf8") {
                self.ui.ascii = true;
                self.origins.insert("ui.ascii".to_owned(), origin);
            }
        }
    }

    fn flags(&mut self, flags: &Overrides) -> Result<(), Error> {
        let mut note = |path: &str, flag: &'static str| {
            self.origins.insert(path.to_owned(), Origin::Flag(flag));
        };
        if let Some(word) = &flags.color {
            self.ui.color = ColorChoice::from_word(word).map_err(|m| Error::value("--color", m))?;
            note("ui.color", "--color");
        }
        if let Some(word) = &flags.log_level {
            self.log.level = LogFilter::parse(word).map_err(|m| Error::value("--log-level", m))?;
            note("log.level", "--log-level");
        }
        if let Some(wait) = flags.max_wait {
            if wait > LONGEST_WAIT {
                let (most, found) = (LONGEST_WAIT.as_secs(), wait.as_secs());
                let message = format!("expected 0 to {most} seconds (a week), found {found}");
                return Err(Error::value("--max-wait", message));
            }
            self.general.max_wait = wait;
            note("max_wait", "--max-wait");
        }
        if flags.temporary {
            self.store.temporary = true;
            note("store.temporary", "--temporary");
        }
        if flags.require_store {
            self.store.require = true;
            note("store.require", "--require-store");
        }
        if flags.mock {
            self.general.mock_mode = true;
            note("mock_mode", "--mock");
        }
        if let Some(text) = &flags.metrics_listen {
            let address = Loopback::parse(text).map_err(|m| Error::value("--metrics-listen", m))?;
            self.telemetry.metrics_listen = Some(address);
            note("telemetry.metrics_listen", "--metrics-listen");
        }
        Ok(())
    }

    fn finish(
        mut self,
        paths: Paths,
        environment: &Environment<'_>,
        flags: &Overrides,
    ) -> Result<Loaded, Error> {
        let home = environment.value("HOME");
        let base = paths.config_file.parent().unwrap_or(&paths.config_dir);
        for (name, profile) in &mut self.profiles {
            let files = [&mut profile.api_key_file, &mut profile.ca_file];
            for path in files.into_iter().flatten() {
                *path = resolve_path(path, base, home.as_deref());
            }
            profile.key_sources = key_sources(name, profile, environment);
            profile.is_cerebras |= is_cerebras(profile.base_url.host());
            let warnings = profile_warnings(name, profile, environment, &self.origins);
            self.warnings.extend(warnings);
        }
        self.warnings.extend(alerts::warning(&self.alerts));
        let Chosen {
            profile,
            why: why_profile,
            passed_over,
        } = choose(flags.profile.as_ref(), &self.general, &self.profiles)?;
        let no_profile = passed_over.map(|message| Warning {
            place: self.origins.get("default_profile").and_then(Origin::place),
            ..Warning::new(format!("default_profile: {message}"))
        });
        let (theme, warnings) = Theme::load(&self.ui.theme, &paths.themes_dir());
        self.warnings.extend(warnings);
        let origins = self.shown();
        let model = self.profiles.get(&profile).and_then(|p| p.model.clone());
        let mut config = Config {
            paths,
            profiles: self.profiles,
            profile,
            why_profile,
            model,
            variants: Vec::new(),
            mock_mode: self.general.mock_mode,
            max_wait: self.general.max_wait,
            quota: self.general.quota,
            ui: self.ui,
            keys: self.keys,
            theme,
            background: environment
                .value("COLORFGBG")
                .and_then(|value| Background::from_colors(&value)),
            store: self.store,
            log: self.log,
            limits: self.limits,
            alerts: self.alerts,
            telemetry: self.telemetry,
            secrets: Secrets::default(),
        };
        let variants = flags.models.iter().map(|m| parse_variant(m, &config));
        config.variants = variants.collect::<Result<_, _>>()?;
        Ok(Loaded {
            config,
            warnings: self.warnings,
            origins,
            no_profile,
        })
    }

    fn shown(&self) -> Vec<Shown> {
        let mut lines = show_table("", general::GENERAL, &self.general);
        lines.extend(show_table("ui.", general::UI, &self.ui));
        lines.extend(show_table("store.", general::STORE, &self.store));
        lines.extend(show_table("log.", general::LOG, &self.log));
        lines.extend(show_table("limits.", limits::LIMITS, &self.limits));
        lines.extend(show_table("alerts.", alerts::ALERTS, &self.alerts));
        let telemetry = show_table("telemetry.", general::TELEMETRY, &self.telemetry);
        lines.extend(telemetry);
        for (name, profile) in &self.profiles {
            let prefix = format!("providers.{name}.");
            lines.extend(show_table(&prefix, profile::SETTINGS, profile));
        }
        lines.extend(self.keys.show());
        lines
            .into_iter()
            .map(|(path, value)| Shown {
                origin: self.origins.get(&path).cloned().unwrap_or(Origin::Default),
                path,
                value,
            })
            .collect()
    }
}

fn show_table<T>(prefix: &str, settings: &[Setting<T>], table: &T) -> Vec<(String, String)> {
    let line = |s: &Setting<T>| (format!("{prefix}{}", s.name), (s.show)(table));
    settings.iter().map(line).collect()
}

fn read_profiles(
    reading: &mut Reading<'_>,
    providers: &toml::de::DeTable<'_>,
    profiles: &mut BTreeMap<String, Profile>,
) -> Result<(), Error> {
    for (key, value) in providers {
        let name = key.get_ref().as_ref();
        let path = format!("providers.{name}");
        // A profile is the first segment of a variant, so it cannot hold what ends one.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(is_plain) {
            let message = "expected a profile name of letters, digits, - _ and .";
            return Err(reading.source.fault(key.span(), message));
        }
        let table = reading.as_table(&path, value)?;
        let profile = profiles
            .entry(name.to_owned())
            .or_insert_with(|| Profile::preset(name));
        reading.table(&format!("{path}."), table, profile::SETTINGS, &[], profile)?;
        if profile.base_url.as_str().is_empty() && !profile.is_mock {
            let message = format!("{path} has no base_url");
            return Err(reading.source.fault(key.span(), message));
        }
    }
    Ok(())
}

/// Where this profile's key may be, without looking at it.
fn key_sources(name: &str, profile: &Profile, environment: &Environment<'_>) -> Vec<KeySource> {
    let variable = profile.api_key_env.as_ref().and_then(|name| {
        environment.get(name).map(|(_, origin)| match origin {
            Origin::EnvFile { path, name } => KeySource::EnvFile { path, name },
            _ => KeySource::Environment(name.clone()),
        })
    });
    let keyring = profile.api_key_keyring.as_ref();
    let keyring = keyring.filter(|_| HAS_KEYRING).and_then(|k| k.source(name));
    let file = profile.api_key_file.clone().map(KeySource::File);
    let command = profile.api_key_command.clone().map(KeySource::Command);
    let sources = variable.into_iter().chain(keyring);
    sources.chain(file).chain(command).collect()
}

fn is_cerebras(host: &str) -> bool {
    host == "cerebras.ai" || host.ends_with(".cerebras.ai")
}

fn profile_warnings(
    name: &str,
    profile: &Profile,
    environment: &Environment<'_>,
    origins: &Origins,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let url = &profile.base_url;
    let about = |setting: &str, message: String| Warning {
        place: origins
            .get(&format!("providers.{name}.{setting}"))
            .and_then(Origin::place),
        ..Warning::new(message)
    };
    if url.is_plain() && !url.is_loopback() {
        if !profile.allow_http {
            let message = format!(
                "providers.{name}: {url} is not encrypted and will be refused without allow_http = true"
            );
            warnings.push(about("base_url", message));
        } else if let Some((setting, proxy, around)) = proxy_between(profile, environment)
            && let Some(secret) = profile.secret()
        {
            let message = format!(
                "providers.{name}: {url} is not encrypted, and {proxy} would be handed {secret}: it will be refused; \
                 use https://, or {around}"
            );
            warnings.push(about(setting, message));
        }
    }
    if profile.is_mock && !url.as_str().is_empty() {
        warnings.push(Warning::new(format!(
            "providers.{name}.base_url is passed over: the mock chooses its own port; \
             a profile of another name can point at one that runs elsewhere"
        )));
    }
    let keyring = profile.api_key_keyring.as_ref();
    if keyring.is_some_and(|k| *k != KeyringEntry::Off) && !HAS_KEYRING {
        warnings.push(Warning::new(format!(
            "providers.{name}.api_key_keyring is passed over: this waferdeck was built without the feature `keyring`"
        )));
    }
    if profile.api_key_command.as_ref().is_some_and(Vec::is_empty) {
        warnings.push(Warning::new(format!(
            "providers.{name}.api_key_command names no program"
        )));
    }
    warnings
}

/// The proxy that requests of a profile go by: the setting it is about, who it is, and how to go without it.
fn proxy_between(
    profile: &Profile,
    environment: &Environment<'_>,
) -> Option<(&'static str, String, String)> {
    if let Some(proxy) = &profile.proxy {
        let around = "take proxy out of the profile".to_owned();
        return Some(("proxy", format!("the proxy {proxy}"), around));
    }
    let url = &profile.base_url;
    environment.has_proxy(url).then(|| {
        let proxy = "the proxy that HTTP_PROXY or ALL_PROXY names".to_owned();
        (
            "base_url",
            proxy,
            format!("name {} in NO_PROXY", url.host()),
        )
    })
}
