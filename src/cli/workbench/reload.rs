//! Reads the settings again while the workbench is open, and says what is other than before.
//!
//! Flags and environment keep their places over the file. What is broken changes nothing: the error is the answer.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::first;
use crate::{
    app::{Preferences, Reloaded},
    cli::providers::{Profiles, known_models, learn_keys_at_hand},
    config::{AUTO, Config, Loaded, Prompt, Theme, Warning, prompt_library, themes},
    runtime::effects::Renewed,
};

/// Settings that only the next start takes up: what they are for is made once.
const LATER: [&str; 6] = [
    "limits.debug_http_bytes",
    "default_profile",
    "store.",
    "log.",
    "telemetry.",
    "ui.color",
];

/// How settings are read again, and how they were read last.
pub(super) struct Rereader {
    read: Box<ReadAll>,
    profiles: Arc<Profiles>,
    last: Mutex<Last>,
}

/// Reads all layers.
type ReadAll = dyn Fn() -> anyhow::Result<Loaded> + Send + Sync;

struct Last {
    /// As read; `config` without what only the next start takes up.
    loaded: Loaded,
    prompts: Vec<Prompt>,
}

impl Rereader {
    /// Settings that were read as `loaded`, and how that is done.
    pub(super) fn new(
        read: impl Fn() -> anyhow::Result<Loaded> + Send + Sync + 'static,
        profiles: &Arc<Profiles>,
        loaded: Loaded,
    ) -> Self {
        let (prompts, _) = prompt_library(&loaded.config.paths.prompts_dir());
        Self {
            read: Box::new(read),
            profiles: Arc::clone(profiles),
            last: Mutex::new(Last { loaded, prompts }),
        }
    }

    /// Reads and checks all of them; the error is a sentence with the place.
    pub(super) fn read(&self) -> Result<Renewed, String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut loaded = (self.read)().map_err(|error| first_line(&error.to_string()))?;
        let before = &last.loaded.config;
        let mut warnings = keep_theme(&mut loaded, before);
        let (prompts, complaints) = prompt_library(&loaded.config.paths.prompts_dir());
        let odd = prompts.iter().flat_map(|p| &p.warnings);
        warnings.extend(odd.map(|w| first_line(&w.to_string())));
        let left_out = |c: &crate::config::Error| {
            format!("{}; this prompt is left out", first_line(&c.to_string()))
        };
        warnings.extend(complaints.iter().map(left_out));
        let (changed, later) = changes(&last.loaded, &loaded, prompts != last.prompts);
        let config = &mut loaded.config;
        // Whoever knows what is secret shares one list, and stays.
        config.secrets = before.secrets.clone();
        learn_keys_at_hand(config);
        config.paths = before.paths.clone();
        config.store = before.store.clone();
        config.log = before.log.clone();
        config.telemetry = before.telemetry.clone();
        let news = self.news(before, config, &prompts);
        let config = Arc::new(config.clone());
        *last = Last { loaded, prompts };
        Ok(Renewed {
            config,
            news: Box::new(Reloaded {
                changed,
                later,
                warnings,
                ..news
            }),
        })
    }

    fn news(&self, before: &Config, now: &Config, prompts: &[Prompt]) -> Reloaded {
        let typed = self.profiles.keys_typed(now);
        let can_be_asked = |name: &str, profile: &_| {
            first::can_be_asked(now, name, profile) || typed.iter().any(|t| t == name)
        };
        let listed = themes(&now.paths.themes_dir());
        Reloaded {
            profiles: first::profile_infos(now, can_be_asked),
            keyless: first::profile_infos(now, |name, p| !can_be_asked(name, p)),
            profile: now.profile.clone(),
            catalogues: catalogues(before, now),
            keys: now.keys.clone(),
            prompts: prompts.to_vec(),
            themes: listed.into_iter().filter_map(|t| t.theme.ok()).collect(),
            before: preferences(before),
            now: preferences(now),
            paste_bytes: now.limits.paste_bytes.bytes(),
            changed: Vec::new(),
            later: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

fn preferences(config: &Config) -> Preferences {
    Preferences {
        settings: first::settings(config),
        theme: first::chosen_theme(config),
        ascii: config.ui.ascii,
        mock_mode: config.mock_mode,
        alerts: config.alerts,
    }
}

/// Models of the profiles that are new, elsewhere, or name another.
fn catalogues(before: &Config, now: &Config) -> BTreeMap<String, crate::chat::Catalogue> {
    let is_new = |name: &str| {
        let (Some(a), Some(b)) = (before.profiles.get(name), now.profiles.get(name)) else {
            return true;
        };
        a.base_url != b.base_url || known_models(a) != known_models(b)
    };
    let profiles = now.profiles.iter();
    let new = profiles.filter(|(name, _)| is_new(name));
    new.map(|(name, profile)| (name.clone(), known_models(profile)))
        .collect()
}

/// Keeps the theme from before if the one that is named cannot be used; all warnings, as sentences.
fn keep_theme(loaded: &mut Loaded, before: &Config) -> Vec<String> {
    let config = &mut loaded.config;
    let mut warnings = loaded.warnings.clone();
    let mut kept = None;
    if config.ui.theme != AUTO && config.theme.name != config.ui.theme {
        let (_, about) = Theme::load(&config.ui.theme, &config.paths.themes_dir());
        warnings.retain(|w| !about.contains(w));
        let why = about.first().map(|w| first_line(&w.to_string()));
        kept = why.map(|why| format!("{why}; the theme from before stays"));
        config.theme = before.theme.clone();
        config.ui.theme.clone_from(&before.ui.theme);
    }
    let sentence = |w: &Warning| first_line(&w.to_string());
    warnings.iter().map(sentence).chain(kept).collect()
}

/// Names of the settings that are others than before: those that hold at once, and those that wait for the next start.
fn changes(before: &Loaded, now: &Loaded, prompts: bool) -> (Vec<String>, Vec<String>) {
    let values = |loaded: &Loaded| -> BTreeMap<String, String> {
        let all = loaded.origins.iter();
        all.map(|s| (s.path.clone(), s.value.clone())).collect()
    };
    let (old, new) = (values(before), values(now));
    let paths = old.keys().chain(new.keys());
    let differ = paths.filter(|path| old.get(*path) != new.get(*path));
    let mut names: Vec<_> = differ
        .map(|path| whole_profile(path, before, now))
        .collect();
    names.extend(hidden_changes(&before.config, &now.config, &names));
    let (a, b) = (&before.config, &now.config);
    if a.theme.name != b.theme.name {
        names.push("ui.theme".to_owned());
    } else if a.theme != b.theme {
        names.push(format!("the theme {}", b.theme.name));
    }
    if prompts {
        names.push("the prompt library".to_owned());
    }
    if a.paths.data_dir != b.paths.data_dir || a.paths.state_dir != b.paths.state_dir {
        names.push("store.".to_owned());
    }
    names.sort();
    names.dedup();
    let (mut later, changed): (Vec<_>, _) = names
        .into_iter()
        .partition(|name| LATER.iter().any(|later| name.starts_with(later)));
    for name in later.iter_mut().filter(|name| *name == "store.") {
        "the data directory".clone_into(name);
    }
    (changed, later)
}

/// A profile that came or went is named as a whole.
fn whole_profile(path: &str, before: &Loaded, now: &Loaded) -> String {
    let all = before
        .config
        .profiles
        .keys()
        .chain(now.config.profiles.keys());
    let came_or_went = all.filter(|name| {
        let has = |loaded: &Loaded| loaded.config.profiles.contains_key(*name);
        has(before) != has(now)
    });
    let whole = came_or_went
        .map(|name| format!("providers.{name}"))
        .find(|whole| path.strip_prefix(whole).is_some_and(|p| p.starts_with('.')));
    whole.unwrap_or_else(|| path.to_owned())
}

/// Profiles whose change no shown value tells, such as that of a password.
fn hidden_changes(before: &Config, now: &Config, names: &[String]) -> Vec<String> {
    let profiles = now.profiles.iter();
    let other = profiles.filter(|(name, p)| before.profiles.get(*name).is_some_and(|b| b != *p));
    other
        .map(|(name, _)| format!("providers.{name}"))
        .filter(|whole| !names.iter().any(|name| name.starts_with(whole.as_str())))
        .collect()
}

/// A notice is one line; what stands below is the line of the file.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use tempfile::TempDir;

    use super::*;
    use crate::{
        cli::{providers::Watched, with_actions},
        config::{Overrides, load},
        runtime::answer::Providers as _,
    };

    struct World {
        dir: TempDir,
        profiles: Arc<Profiles>,
        rereader: Rereader,
    }

    impl World {
        /// A workbench that was started with this `config.toml` and flags.
        fn new(config: &str, flags: Overrides) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().to_path_buf();
            fs::write(path.join("config.toml"), config).unwrap();
            let read = move || {
                let path: &Path = &path;
                let env = |name: &str| match name {
                    "CEREBRAS_MODEL" => Some("from-environment".to_owned()),
                    name if name.starts_with("WAFERDECK_") && name.ends_with("_DIR") => {
                        Some(path.to_string_lossy().into_owned())
                    }
                    _ => None,
                };
                Ok(with_actions(load(&flags, &env)?)?.to_ask_with()?)
            };
            let loaded = read().unwrap();
            let config = Arc::new(loaded.config.clone());
            let profiles = Arc::new(Profiles::new(config, Watched::Yes));
            Self {
                rereader: Rereader::new(read, &profiles, loaded),
                profiles,
                dir,
            }
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// What is read of this `config.toml`, in force from then on.
        fn read(&self, config: &str) -> Result<Reloaded, String> {
            self.write("config.toml", config);
            let Renewed { config, news } = self.rereader.read()?;
            self.profiles.adopt(config);
            Ok(*news)
        }

        fn changes(&self, config: &str) -> (Vec<String>, Vec<String>) {
            let news = self.read(config).unwrap();
            (news.changed, news.later)
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn a_broken_file_says_where_and_what_was_read_before_stays_the_measure() {
        let world = World::new("[ui]\nsidebar = false\n", Overrides::default());
        for (broken, place) in [
            ("[ui]\nsidebar = maybe\n", "config.toml:2:11: "),
            ("[ui]\n\nsidebar = 3", "config.toml:3:11: "),
            ("[keys.leader]\nzoom = \"b\"", "ctrl-x b is bound to both"),
            (
                "default_profile = \"gone\"",
                "config.toml:1:1: default_profile: unknown profile gone",
            ),
        ] {
            let why = world.read(broken).unwrap_err();
            assert!(why.contains(place) && !why.contains('\n'), "{why}");
        }
        let unchanged = world.changes("[ui]\nsidebar = false\n");
        assert_eq!(unchanged, (vec![], vec![]));
    }

    #[test]
    fn a_key_in_a_file_of_variables_is_known_before_the_settings_hold() {
        let dir = tempfile::tempdir().unwrap();
        let env_file = dir.path().join("env");
        fs::write(&env_file, "GIVEN_KEY=csk-canary-given\n").unwrap();
        let flags = Overrides {
            env_file: Some(env_file),
            ..Overrides::default()
        };
        let world = World::new("", flags);
        let named = "[providers.cerebras]\napi_key_env = \"GIVEN_KEY\"\n";
        world.write("config.toml", named);
        let read = world.rereader.read().unwrap();
        assert_eq!(read.config.secrets.hide("csk-canary-given"), "[key hidden]");
    }

    #[test]
    fn what_changed_is_named_and_what_the_next_start_takes_up_apart() {
        let world = World::new("[providers.cerebras]\nrpm = 5\n", Overrides::default());
        let file = "default_profile = \"mock\"\n[ui]\nline_numbers = true\n[log]\nlevel = \"debug\"\n\
            [providers.cerebras]\nrpm = 6\nheaders = { x-team = \"one\" }\n\
            [providers.local]\nbase_url = \"http://localhost:1/v1\"\nauth = \"none\"\n";
        let (changed, later) = world.changes(file);
        let cerebras = ["providers.cerebras.headers", "providers.cerebras.rpm"];
        assert_eq!(
            changed,
            names(&[
                cerebras[0],
                cerebras[1],
                "providers.local",
                "ui.line_numbers"
            ])
        );
        assert_eq!(later, names(&["default_profile", "log.level"]));
        // The value of a header is never shown, but its change is.
        let (changed, _) = world.changes(&file.replace("\"one\"", "\"two\""));
        assert_eq!(changed, names(&["providers.cerebras"]));
        let (changed, _) = world.changes(file.split("[providers.local]").next().unwrap());
        assert!(
            changed.contains(&"providers.local".to_owned()),
            "{changed:?}"
        );
    }

    #[test]
    fn flags_and_environment_keep_their_places() {
        let flags = Overrides {
            mock: true,
            temporary: true,
            ..Overrides::default()
        };
        let world = World::new("", flags);
        let file =
            "mock_mode = false\n[store]\ntemporary = false\n[providers.cerebras]\nmodel = \"x\"\n";
        let news = world.read(file).unwrap();
        assert_eq!(news.changed, names(&[]));
        assert!(news.now.mock_mode && news.now.settings.temporary);
        let mut profiles = news.profiles.iter().chain(&news.keyless);
        let cerebras = profiles.find(|p| p.name == "cerebras").unwrap();
        assert_eq!(cerebras.model, "from-environment");
    }

    #[test]
    fn a_broken_theme_leaves_the_one_from_before_until_it_is_mended() {
        let world = World::new("[ui]\ntheme = \"high-contrast\"\n", Overrides::default());
        world.write("themes/own.toml", "[styles\n");
        let news = world.read("[ui]\ntheme = \"own\"\n").unwrap();
        assert_eq!(news.now.theme, "high-contrast");
        let [warning] = news.warnings.as_slice() else {
            panic!("{:?}", news.warnings);
        };
        assert!(
            warning.contains("own.toml:1:") && warning.ends_with("; the theme from before stays"),
            "{warning}"
        );
        world.write("themes/own.toml", "[roles]\ntext = { bold = true }\n");
        let news = world.read("[ui]\ntheme = \"own\"\n").unwrap();
        assert_eq!(
            (news.now.theme.as_str(), news.changed),
            ("own", names(&["ui.theme"]))
        );
        world.write("themes/own.toml", "[roles]\ntext = { dim = true }\n");
        let (changed, _) = world.changes("[ui]\ntheme = \"own\"\n");
        assert_eq!(changed, names(&["the theme own"]));
    }

    #[test]
    fn limits_follow_where_they_can() {
        let world = World::new("", Overrides::default());
        let file = "[limits]\npaste_bytes = \"2 KiB\"\ndebug_http_bytes = \"1 MiB\"\n";
        let news = world.read(file).unwrap();
        assert_eq!(news.paste_bytes, 2 << 10);
        assert_eq!(news.changed, names(&["limits.paste_bytes"]));
        assert_eq!(news.later, names(&["limits.debug_http_bytes"]));
        let why = world.read("[limits]\nheaders = 5\n").unwrap_err();
        assert!(
            why.ends_with("config.toml:2:11: limits.headers: expected 10 to 1000, found 5"),
            "{why}"
        );
    }

    #[test]
    fn unknown_settings_and_prompts_are_told() {
        let world = World::new("", Overrides::default());
        world.write("prompts/terse.md", "Be short.\n");
        let news = world.read("[ui]\nthme = \"x\"\n").unwrap();
        let [warning] = news.warnings.as_slice() else {
            panic!("{:?}", news.warnings);
        };
        assert!(
            warning.contains("config.toml:2:1: ") && warning.ends_with("did you mean theme?"),
            "{warning}"
        );
        assert_eq!(news.changed, names(&["the prompt library"]));
        assert_eq!(news.prompts.len(), 1);
    }
}
