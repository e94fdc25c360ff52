//! What the workbench is before anything has happened: its model and its colours, from configuration and environment.
//!
//! A session, a deck or the command line changes it before the first frame.

use std::time::Duration;

use crate::{
    app::{Alerts, Look, Model, Now, ProfileInfo, Settings, Start},
    chat::{IdSource, Tiling, Variant},
    cli::providers::{allowance, known_models},
    config::{AUTO, ColorChoice, Config, LongLines, Profile, Prompt, themes},
    runtime::clock,
    ui::{ColorDepth, Palette},
};

/// A new session with one pane for each variant.
pub(super) fn model(
    config: &Config,
    variants: Vec<Variant>,
    prompts: Vec<Prompt>,
    now: Now,
) -> Model {
    let mut model = Model::new(Start {
        profiles: profile_infos(config, |name, p| can_be_asked(config, name, p)),
        catalogues: config
            .profiles
            .iter()
            .map(|(name, profile)| (name.clone(), known_models(profile)))
            .collect(),
        variants,
        tiling: Tiling::default(),
        keys: config.keys.clone(),
        settings: settings(config),
        prompts,
        ids: IdSource::new(clock::seed()),
        now,
    });
    model.look = look(config);
    model.keyless = profile_infos(config, |name, p| !can_be_asked(config, name, p));
    model.alerts = Alerts::new(&config.alerts);
    model.mock_mode = config.mock_mode;
    model.paste_bytes = config.limits.paste_bytes.bytes();
    model
}

/// The switches as the configuration has them.
pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        sidebar: config.ui.sidebar,
        enter_is_newline: false,
        reduced_motion: config.ui.reduced_motion,
        temporary: config.store.temporary,
        requires_store: config.store.require,
        sidebar_width: config.ui.sidebar_width.and_then(|n| u16::try_from(n).ok()),
        mouse: config.ui.mouse,
        reading_speed: config.ui.reading_speed,
        scroll_lines: config.ui.long_lines == LongLines::Scroll,
        line_numbers: config.ui.line_numbers,
        osc8: config.ui.osc8,
        scroll_bar: config.ui.scroll_bar,
        stall: match config.ui.stall_ms {
            0 => None,
            millis => Some(Duration::from_millis(u64::from(millis))),
        },
    }
}

/// The theme that is chosen. One that is broken was complained about, and the one that stands in for it is chosen.
pub(super) fn chosen_theme(config: &Config) -> String {
    if config.ui.theme == AUTO {
        AUTO.to_owned()
    } else {
        config.theme.name.clone()
    }
}

/// Profiles with a key, or that need none, and the chosen one.
pub(super) fn can_be_asked(config: &Config, name: &str, profile: &Profile) -> bool {
    name == config.profile || !profile.needs_key() || profile.has_key()
}

/// What the program needs to know of those profiles that are `such`.
pub(super) fn profile_infos(
    config: &Config,
    such: impl Fn(&str, &Profile) -> bool,
) -> Vec<ProfileInfo> {
    config
        .profiles
        .iter()
        .filter(|(name, profile)| such(name, profile))
        .map(|(name, profile)| ProfileInfo {
            name: name.clone(),
            host: if profile.is_mock {
                "embedded mock".to_owned()
            } else {
                profile.base_url.host().to_owned()
            },
            is_mock: profile.is_mock,
            model: profile
                .model
                .clone()
                .unwrap_or_else(|| crate::provider::default_model().to_owned()),
            streams: profile.allow_streaming,
            goes_on: profile.continue_prefix,
            max_completion_tokens: profile.max_completion_tokens,
            allowance: allowance(profile),
            when_full: config.when_full(name),
            budget: profile.budget_rule(),
        })
        .collect()
}

/// What can be known of the look before the first frame.
fn look(config: &Config) -> Look {
    let themes = themes(&config.paths.themes_dir());
    Look {
        themes: themes.into_iter().filter_map(|t| t.theme.ok()).collect(),
        chosen: chosen_theme(config),
        background: config.background,
        was_asked: false,
        is_rich: color_depth(config.ui.color) >= ColorDepth::Indexed,
        ascii: config.ui.ascii,
    }
}

/// The palette of the configured theme.
pub(super) fn palette(config: &Config) -> Palette {
    Palette::new(&config.theme, color_depth(config.ui.color))
}

/// What the terminal says of itself; `NO_COLOR` and the flag are in `choice` already.
pub(in crate::cli) fn color_depth(choice: ColorChoice) -> ColorDepth {
    if choice == ColorChoice::Never {
        return ColorDepth::None;
    }
    match supports_color::on(supports_color::Stream::Stdout) {
        Some(level) if level.has_16m => ColorDepth::True,
        Some(level) if level.has_256 => ColorDepth::Indexed,
        Some(_) => ColorDepth::Sixteen,
        None if choice == ColorChoice::Always => ColorDepth::Sixteen,
        None => ColorDepth::None,
    }
}
