//! The whole of `load`: layers, files good and bad, the choice of a profile, and that the manual is true.
//!
//! What a single setting or key accepts is tested beside it.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use super::*;

/// A directory of its own and an environment that points there.
struct World {
    dir: tempfile::TempDir,
    env: HashMap<String, String>,
    flags: Overrides,
}

impl World {
    fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        if !config.is_empty() {
            fs::write(dir.path().join("config.toml"), config).unwrap();
        }
        let mut env = HashMap::new();
        for name in ["CONFIG", "DATA", "STATE"] {
            let path = dir.path().to_str().unwrap().to_owned();
            env.insert(format!("WAFERDECK_{name}_DIR"), path);
        }
        Self {
            dir,
            env,
            flags: Overrides::default(),
        }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn flags(mut self, set: impl FnOnce(&mut Overrides)) -> Self {
        set(&mut self.flags);
        self
    }

    fn load(&self) -> Result<Loaded, Error> {
        let loaded = load(&self.flags, &|name| self.env.get(name).cloned())?;
        // Which actions there are is known to others: here all are.
        loaded.config.keys.clash()?;
        Ok(loaded)
    }

    fn loaded(&self) -> Loaded {
        self.load().unwrap()
    }

    /// `text` without the name of the directory.
    fn bare(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.dir.path().display()), "")
    }

    fn error(&self) -> String {
        self.bare(&self.load().unwrap_err().to_string())
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = self.loaded().warnings;
        warnings.iter().map(|w| self.bare(&w.to_string())).collect()
    }
}

/// What is said where the keyring is built in, too: it is named as a place for keys.
fn as_built(text: &str) -> String {
    if cfg!(feature = "keyring") {
        text.replace("api_key_file or", "api_key_file, api_key_keyring or")
    } else {
        text.to_owned()
    }
}

/// What a file with `text` gives.
pub(super) fn config(text: &str) -> Config {
    World::new(text).loaded().config
}

fn shown<'a>(loaded: &'a Loaded, path: &str) -> &'a Shown {
    loaded.origins.iter().find(|s| s.path == path).unwrap()
}

#[test]
fn without_anything_the_mock_is_asked() {
    let loaded = World::new("").loaded();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.profile, MOCK);
    assert_eq!(loaded.config.why_profile, WhyProfile::NoKey);
    let profiles: Vec<_> = loaded.config.profiles.keys().collect();
    assert_eq!(profiles, [CEREBRAS, MOCK]);
    let cerebras = &loaded.config.profiles[CEREBRAS];
    assert!(cerebras.is_cerebras && cerebras.needs_key() && !cerebras.has_key());
    let mock = &loaded.config.profiles[MOCK];
    assert!(mock.is_mock && !mock.needs_key());
    assert!(loaded.origins.iter().all(|s| s.origin == Origin::Default));
}

#[test]
fn the_manual_says_what_the_code_does() {
    let defaults = World::new("").loaded();
    let manual = World::new(MANUAL).loaded();
    assert_eq!(manual.warnings, []);
    let values = |loaded: &Loaded| -> Vec<(String, String)> {
        let lines = loaded.origins.iter();
        let mut values: Vec<_> = lines.map(|s| (s.path.clone(), s.value.clone())).collect();
        values.sort();
        values
    };
    assert_eq!(values(&manual), values(&defaults));

    // Every setting stands in the manual, and has a sentence before it.
    for line in &defaults.origins {
        let name = line.path.rsplit('.').next().unwrap();
        let stands = |l: &str| l.trim_start_matches('#').starts_with(&format!("{name} = "));
        assert!(
            MANUAL.lines().any(stands),
            "{} is not in assets/config.toml",
            line.path
        );
    }
    // What stands behind a # is right as well.
    let uncommented: Vec<_> = MANUAL
        .lines()
        .map(|l| {
            l.strip_prefix('#')
                .filter(|l| !l.starts_with([' ', '#']))
                .unwrap_or(l)
        })
        .collect();
    let loaded = World::new(&uncommented.join("\n")).loaded();
    let said: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    let not_built = "providers.cerebras.api_key_keyring is passed over: this waferdeck was built without the feature `keyring`";
    let expected: &[&str] = if cfg!(feature = "keyring") {
        &[]
    } else {
        &[not_built]
    };
    assert_eq!(said, expected);
    assert!(
        loaded
            .origins
            .iter()
            .all(|s| s.value != "(not set)" || s.path.contains(".mock."))
    );
}

#[test]
fn flag_then_environment_then_file_then_default() {
    let file = "[log]\nlevel = \"error\"";
    let level = |world: &World| {
        let loaded = world.loaded();
        let line = shown(&loaded, "log.level");
        (line.value.clone(), world.bare(&line.origin.to_string()))
    };
    let check = |world: World, value: &str, origin: &str| {
        assert_eq!(level(&world), (format!("\"{value}\""), origin.to_owned()));
    };
    check(World::new(""), "warn", "default");
    check(World::new(file), "error", "config.toml:2");
    let world = World::new(file).env("LOG_LEVEL", "INFO");
    check(world, "info", "LOG_LEVEL");
    let world = World::new(file)
        .env("LOG_LEVEL", "info")
        .env("WAFERDECK_LOG", "debug");
    check(world, "debug", "WAFERDECK_LOG");
    let world = World::new(file)
        .env("WAFERDECK_LOG", "debug")
        .flags(|f| f.log_level = Some("trace".to_owned()));
    check(world, "trace", "--log-level");

    let world = World::new("").env("LOG_LEVEL", "chatty");
    assert_eq!(
        world.warnings(),
        ["LOG_LEVEL is passed over: expected one of off, error, warn, info, debug, trace"]
    );
    let world = World::new("").flags(|f| f.log_level = Some("chatty".to_owned()));
    assert_eq!(
        world.error(),
        "--log-level: expected one of off, error, warn, info, debug, trace"
    );
}

#[test]
fn a_flag_keeps_to_the_bounds_of_its_setting() {
    let week = 7 * 24 * 3_600;
    let world = |seconds| World::new("").flags(|f| f.max_wait = Some(Duration::from_secs(seconds)));
    assert_eq!(
        world(week).loaded().config.max_wait,
        Duration::from_secs(week)
    );
    assert_eq!(
        world(u64::MAX).error(),
        "--max-wait: expected 0 to 604800 seconds (a week), found 18446744073709551615"
    );
}

#[test]
fn colour_by_flag_environment_and_file() {
    let color = |world: World| world.loaded().config.ui.color;
    let file = "[ui]\ncolor = \"always\"";
    assert_eq!(color(World::new(file)), ColorChoice::Always);
    assert_eq!(
        color(World::new(file).env("NO_COLOR", "1")),
        ColorChoice::Never
    );
    assert_eq!(
        color(World::new(file).env("NO_COLOR", "")),
        ColorChoice::Always
    );
    assert_eq!(
        color(World::new("").env("CLICOLOR_FORCE", "1")),
        ColorChoice::Always
    );
    assert_eq!(
        color(World::new("").env("CLICOLOR_FORCE", "0")),
        ColorChoice::Auto
    );
    let world = World::new("")
        .env("NO_COLOR", "1")
        .flags(|f| f.color = Some("always".to_owned()));
    assert_eq!(color(world), ColorChoice::Always);
}

#[test]
fn a_locale_without_utf8_gets_ascii_unless_the_file_decides() {
    let ascii = |world: World| world.loaded().config.ui.ascii;
    assert!(!ascii(World::new("")));
    assert!(!ascii(World::new("").env("LANG", "de_DE.UTF-8")));
    assert!(ascii(
        World::new("").env("LANG", "de_DE.UTF-8").env("LC_ALL", "C")
    ));
    assert!(!ascii(World::new("[ui]\nascii = false").env("LC_ALL", "C")));
}

#[test]
fn the_profile_is_chosen_in_order() {
    let local = "[providers.local]\nbase_url = \"http://localhost:1\"\n";
    let with_default = format!("default_profile = \"local\"\n{local}");
    let check = |world: World, profile: &str, why: &str| {
        let config = world.loaded().config;
        assert_eq!(config.profile, profile);
        assert_eq!(world.bare(&config.why_profile.to_string()), why);
    };
    let key = |world: World| world.env("CEREBRAS_API_KEY", "csk-canary");
    check(
        key(World::new(local)),
        CEREBRAS,
        "key from CEREBRAS_API_KEY",
    );
    check(key(World::new(&with_default)), "local", "default_profile");
    let flag = |f: &mut Overrides| f.profile = Some(MOCK.to_owned());
    check(
        key(World::new(&with_default)).flags(flag),
        MOCK,
        "--profile",
    );
    check(
        key(World::new(&with_default)).flags(|f| f.mock = true),
        MOCK,
        "mock mode is on",
    );
    check(
        key(World::new(&format!("mock_mode = true\n{with_default}"))),
        MOCK,
        "mock mode is on",
    );
    check(
        World::new("").env("CEREBRAS_BASE_URL", "http://127.0.0.1:8080"),
        CEREBRAS,
        "its base URL is on this machine",
    );
    check(
        World::new("").env("CEREBRAS_BASE_URL", "https://gateway.example.com"),
        CEREBRAS,
        "its base URL was given",
    );
    check(
        World::new("").env("CEREBRAS_API_KEY", " "),
        MOCK,
        "no key for cerebras",
    );
    check(
        World::new("[providers.cerebras]\napi_key_file = \"key\""),
        CEREBRAS,
        "key from file key",
    );
    let lost = World::new(&format!("# mine\ndefault_profile = \"lcal\"\n{local}")).loaded();
    let fallback = lost.config.profile.clone();
    assert_eq!(fallback, MOCK, "what asks nothing goes on");
    let error = lost.to_ask_with().unwrap_err().to_string();
    let told = "config.toml:2:1: default_profile: unknown profile lcal; did you mean local? (there are: cerebras, local, mock)";
    assert!(error.ends_with(told), "{error}");
    let flag = |f: &mut Overrides| f.profile = Some("lcal".to_owned());
    assert_eq!(
        World::new(local).flags(flag).error(),
        "--profile: unknown profile lcal; did you mean local? (there are: cerebras, local, mock)"
    );
}

#[test]
fn cerebras_variables_are_for_the_cerebras_profile_alone() {
    let world = World::new(
        "default_profile = \"b\"\n[providers.b]\nbase_url = \"https://b.example.com\"\n\
         [providers.cerebras]\nmodel = \"file\"\nbase_url = \"https://c.example.com\"",
    )
    .env("CEREBRAS_MODEL", "env")
    .env("CEREBRAS_BASE_URL", "http://localhost:9/v1/");
    let config = world.loaded().config;
    assert_eq!(config.profiles[CEREBRAS].model.as_deref(), Some("env"));
    assert_eq!(
        config.profiles[CEREBRAS].base_url.as_str(),
        "http://localhost:9/v1"
    );
    assert_eq!(config.profiles["b"].model, None);
    assert_eq!(config.model, None);
    let world = World::new("").env("CEREBRAS_BASE_URL", "api.cerebras.ai");
    assert_eq!(
        world.error(),
        "CEREBRAS_BASE_URL: expected an address that starts with https:// or http://"
    );
}

#[test]
fn a_key_is_named_by_its_sources_and_never_held() {
    let world = World::new(
        "[providers.cerebras]\napi_key_file = \"~/key\"\napi_key_command = [\"pass\", \"show\", \"c\"]",
    )
    .env("CEREBRAS_API_KEY", "csk-canary")
    .env("HOME", "/home/u");
    let loaded = world.loaded();
    let sources = &loaded.config.profiles[CEREBRAS].key_sources;
    let named: Vec<_> = sources.iter().map(ToString::to_string).collect();
    assert_eq!(
        named,
        [
            "CEREBRAS_API_KEY",
            "file /home/u/key",
            "output of pass show c"
        ]
    );
    assert!(!format!("{loaded:?}").contains("canary"));

    let env_file = world.dir.path().join("dev.env");
    fs::write(&env_file, "CEREBRAS_API_KEY=csk-canary\nCEREBRAS_MODEL=m\n").unwrap();
    let world = World::new("").flags(|f| f.env_file = Some(env_file.clone()));
    let loaded = world.loaded();
    let name = "CEREBRAS_API_KEY".to_owned();
    let source = KeySource::EnvFile {
        path: env_file,
        name,
    };
    assert_eq!(loaded.config.why_profile, WhyProfile::Key(source));
    assert_eq!(loaded.config.model.as_deref(), Some("m"));
    assert!(!format!("{loaded:?}").contains("canary"));
    assert_eq!(
        loaded.config.profiles[CEREBRAS].ways_to_give_a_key(CEREBRAS),
        as_built(
            "set CEREBRAS_API_KEY, or name an api_key_file or api_key_command under [providers.cerebras] in \
             config.toml; --mock needs no key"
        )
    );
}

#[test]
fn a_key_where_it_is_to_be_named_is_refused_and_hidden() {
    const KEYS: [&str; 4] = [
        "csk-canary-0123456789abcdef",
        "csk-canary+a/b",
        "sk-canary-0123456789abcdef",
        "gsk_canary0123456789abcdefghijklmnop",
    ];
    for key in KEYS {
        for (line, what) in [
            (
                format!("api_key_file = \"{key}\""),
                "expected the path of a file",
            ),
            (
                format!("api_key_command = [\"{key}\"]"),
                "expected a program and its arguments",
            ),
        ] {
            let error = World::new(&format!("[providers.cerebras]\n{line}\n")).error();
            let told = format!("{what}, found what looks like a key (hidden)");
            assert!(
                error.starts_with("config.toml:2:") && error.contains(&told),
                "{error}"
            );
            assert!(!error.contains("canary"), "{error}");
        }
    }
    let line = format!("[providers.cerebras]\napi_key_env = \"{}\"\n", KEYS[3]);
    let error = World::new(&line).error();
    assert!(
        error.contains("a variable, found what looks like a key (hidden)"),
        "{error}"
    );
    assert!(!error.contains("canary"), "{error}");
    let error =
        World::new("[providers.cerebras]\nmodel = \"sk-canary-0123456789abcdef\"\n").error();
    let told = "config.toml:2:9: providers.cerebras.model: found what looks like a key (hidden)";
    assert!(
        error.starts_with(told) && !error.contains("canary"),
        "{error}"
    );
    let command = "api_key_command = [\"echo\", \"csk-canary-0123456789abcdef\"]";
    let loaded = World::new(&format!("[providers.cerebras]\n{command}\n")).loaded();
    let value = &shown(&loaded, "providers.cerebras.api_key_command").value;
    assert_eq!(value, r#"["echo", "[key hidden]"]"#);
    let why = loaded.config.why_profile.to_string();
    assert_eq!(why, "key from output of echo [key hidden]");
}

#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    let misplaced = "[providers.cerebras]\napi_key = \"csk-canary\"\n";
    let world = World::new(misplaced);
    assert_eq!(
        world.warnings(),
        [as_built(
            "config.toml:2:1: providers.cerebras.api_key is not read, so that no key lies in this file; \
             use api_key_env, api_key_file or api_key_command"
        )]
    );
    for broken in [
        "[providers.cerebras]\napi_key = \"csk-canary\n",
        "[providers.cerebras]\napi_key = \"csk-canary\" = \n",
        "[providers.cerebras]\nheaders = { Authorization = \"Bearer canary\", b = 1 }\n",
        "[providers.cerebras.headers]\nAuthorization = \"Bearer canary\"\nb = 1\n",
        "[providers.cerebras]\nproxy = \"ftp://u:canary@h\"\n",
        "[providers.cerebras]\nbase_url = \"https://u:canary@h\"\n",
        "[providers.cerebras.headers]\nx-team = \"canary\n",
        "[providers.cerebras]\nheaders = {\n  x-team = \"canary\n",
        "[providers.cerebras]\nheaders.x-team = \"canary\n",
        "[providers.cerebras]\napi_key_env = \"sk-canary-0123\"\n",
        "[providers.cerebras]\napi_key_env = \"canary+0123\"\n",
    ] {
        let error = World::new(broken).error();
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn profiles_of_ones_own() {
    let world = World::new(
        "[providers.gateway]\nbase_url = \"https://eu.cerebras.ai\"\ntimeout = \"2m\"\nca_file = \"ca.pem\"\n\
         [providers.plain]\nbase_url = \"http://example.com\"\n[providers.mock]\nbase_url = \"http://localhost:1\"",
    );
    let loaded = world.loaded();
    let gateway = &loaded.config.profiles["gateway"];
    assert!(gateway.is_cerebras && gateway.needs_key());
    assert_eq!(gateway.timeout, Duration::from_mins(2));
    assert_eq!(gateway.ca_file, Some(world.dir.path().join("ca.pem")));
    assert!(!loaded.config.profiles["plain"].is_cerebras);
    assert_eq!(
        world.warnings(),
        [
            "providers.mock.base_url is passed over: the mock chooses its own port; a profile of another name can point at one that runs elsewhere",
            "config.toml:6:1: providers.plain: http://example.com is not encrypted and will be refused without allow_http = true",
        ]
    );
}

#[test]
fn a_proxy_that_would_see_a_key_is_told_at_its_place() {
    let plain = "[providers.p]\nbase_url = \"http://far.example\"\nallow_http = true\n";
    let refused = "http://far.example is not encrypted, and the proxy";
    let check = |world: World, expected: &[String]| assert_eq!(world.warnings(), expected);
    check(
        World::new(&format!("{plain}proxy = \"http://me:s3cret@proxy:3128\"\n")),
        &[format!(
            "config.toml:4:1: providers.p: {refused} http://[hidden]@proxy:3128 would be handed the key: \
             it will be refused; use https://, or take proxy out of the profile"
        )],
    );
    let by_environment =
        |lines: &str, name: &str| World::new(&format!("{plain}{lines}")).env(name, "proxy:3128");
    let told = |secret: &str| {
        format!(
            "config.toml:2:1: providers.p: {refused} that HTTP_PROXY or ALL_PROXY names would be handed {secret}: \
             it will be refused; use https://, or name far.example in NO_PROXY"
        )
    };
    check(by_environment("", "HTTP_PROXY"), &[told("the key")]);
    check(by_environment("", "ALL_PROXY"), &[told("the key")]);
    check(by_environment("", "HTTPS_PROXY"), &[]);
    check(
        by_environment("", "HTTP_PROXY").env("NO_PROXY", "far.example"),
        &[],
    );
    check(by_environment("auth = \"none\"\n", "HTTP_PROXY"), &[]);
    let header = "auth = \"none\"\nheaders = { X-Api-Key = \"s3cret\" }\n";
    check(
        by_environment(header, "HTTP_PROXY"),
        &[told("the header X-Api-Key")],
    );
}

#[test]
fn what_happens_over_the_quota_is_set_for_all_and_for_one() {
    let config = config(
        "quota = \"warn\"\n[providers.cerebras]\ntier = \"free-trial\"\nquota = \"shrink\"\n",
    );
    assert_eq!(config.when_full(CEREBRAS), WhenFull::Shrink);
    assert_eq!(config.when_full(MOCK), WhenFull::Warn);
    assert_eq!(config.profiles[CEREBRAS].tier, Tier::FreeTrial);
    assert_eq!(config.profiles[MOCK].tier, Tier::None);
    for (text, expected) in [
        (
            "quota = \"queue\"",
            "quota: expected one of shrink, stagger, warn, send",
        ),
        (
            "[providers.cerebras]\ntier = \"free\"",
            "tier: expected one of none, free-trial, developer, enterprise",
        ),
    ] {
        let error = World::new(text).error();
        assert!(error.contains(expected), "{error}");
    }
    let warnings = World::new("qouta = \"send\"\n").warnings();
    assert!(warnings.iter().any(|w| w.contains("quota")), "{warnings:?}");
}

/// Every tier but those without documented quotas has presets, and every preset a tier.
#[test]
fn tiers_are_those_of_the_documented_quotas() {
    let documented = include_str!("../../assets/limits.toml");
    for (tier, word) in Tier::ALL {
        let is_documented = documented.contains(&format!("tier = {word:?}"));
        let should_be = matches!(tier, Tier::FreeTrial | Tier::Developer);
        assert_eq!(is_documented, should_be, "{word}");
    }
}

#[test]
fn flags_name_variants() {
    let flags = |f: &mut Overrides| f.models = vec!["a".to_owned(), "cerebras/b?seed=1".to_owned()];
    let config = World::new("").flags(flags).loaded().config;
    let named: Vec<_> = config.variants.iter().map(show_variant).collect();
    assert_eq!(named, ["mock/a", "cerebras/b?seed=1"]);
    let flags = |f: &mut Overrides| f.models = vec!["a?sed=1".to_owned()];
    assert_eq!(
        World::new("").flags(flags).error(),
        "a?sed=1: unknown parameter sed; did you mean seed?"
    );
}

#[test]
fn a_file_that_a_flag_names_must_exist() {
    let world = World::new("").flags(|f| f.config_file = Some(PathBuf::from("/nowhere/c.toml")));
    assert_eq!(world.error(), "/nowhere/c.toml: no such file");
    let world = World::new("").flags(|f| f.env_file = Some(PathBuf::from("/nowhere/.env")));
    assert_eq!(world.error(), "/nowhere/.env: no such file");
}

#[test]
fn a_broken_theme_is_a_warning() {
    let world = World::new("[ui]\ntheme = \"own\"");
    fs::create_dir(world.dir.path().join("themes")).unwrap();
    fs::write(world.dir.path().join("themes/own.toml"), "[roles").unwrap();
    let loaded = world.loaded();
    assert_eq!(loaded.config.theme, Theme::default());
    assert_eq!(loaded.warnings.len(), 1);
}

/// `NAME.toml` in `tests/data/config`, and in `NAME.txt` what loading it says: the error, or the warnings.
#[test]
fn the_samples_say_what_is_wrong() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config");
    let mut seen = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        seen += 1;
        let world = World::new(&fs::read_to_string(&path).unwrap());
        let said = match world.load() {
            Err(error) => world.bare(&error.to_string()),
            Ok(_) => world.warnings().join("\n"),
        };
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        assert_eq!(said.trim_end(), expected.trim_end(), "{}", path.display());
        assert!(
            said.lines()
                .all(|l| !l.starts_with(' ') || crate::text::width(l) <= 80),
            "{said}"
        );
    }
    assert!(seen >= 12, "{seen} samples");
}

#[test]
fn what_a_file_says_is_printed_safely() {
    use crate::text::SafeText;
    let key = SafeText::line("a\u{1b}[2Jb");
    let warnings = World::new("[ui]\n\"a\\u001b[2Jb\" = 1").warnings();
    assert_eq!(
        warnings,
        [format!("config.toml:2:1: unknown setting in [ui]: {key}")]
    );
    let line = SafeText::new("theme = \"a\u{202e}b\" x");
    let error = World::new("[ui]\ntheme = \"a\u{202e}b\" x").error();
    assert!(error.contains(line.as_str()), "{error}");
}

proptest::proptest! {
    #[test]
    fn any_file_loads_or_says_where_it_is_wrong(text in "(?s)[\\[\\]a-z.=\"{}\\n #0-9é-]{0,120}") {
        if let Err(error) = World::new(&text).load() {
            proptest::prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn a_damaged_manual_loads_or_says_where_it_is_wrong(at in 0..MANUAL.len(), with in "[\\[\\]=\"\\n#{}x]") {
        let mut text = MANUAL.to_owned();
        let at = text.floor_char_boundary(at);
        text.insert_str(at, &with);
        if let Err(error) = World::new(&text).load() {
            let text = error.to_string();
            proptest::prop_assert!(text.contains("config.toml:"), "{}", text);
        }
    }
}
