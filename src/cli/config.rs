//! `waferdeck config`: where settings are, what they are, whether they are sound.
//!
//! Of a secret only the source is ever shown.

mod keys;
mod press;
mod probe;

use serde_json::json;

use super::{Exit, Out, args, args::Global, fail, models::print_table, read_config};
use crate::{
    config::{AUTO, Config, Loaded, MANUAL, Warning, decks, prompt_library, themes},
    files,
    provider::check_ca_file,
};

pub(super) fn run(command: &args::Config, global: &Global, out: &mut Out) -> anyhow::Result<Exit> {
    let mut loaded = read_config(global, &[], false)?;
    if matches!(command, args::Config::Show { .. } | args::Config::Check) {
        loaded = loaded.to_ask_with()?;
    }
    match command {
        args::Config::Path { json } => path(&loaded.config.paths, *json, out),
        args::Config::Show { json } => show(&loaded, *json, out),
        args::Config::Check => check(&loaded, out),
        args::Config::Init => init(&loaded.config.paths, out),
        args::Config::Themes { json } => list_themes(&loaded.config, *json, out),
        args::Config::Keys { json, probe } => {
            // Next to a table of keys nobody would look for these in another command.
            for warning in &loaded.warnings {
                out.complain(&warning.to_string());
            }
            if *probe {
                probe::run(&loaded.config.keys)
            } else {
                keys::run(&loaded.config.keys, *json, out)
            }
        }
    }
}

fn path(paths: &crate::config::Paths, json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    let rows = [
        ("config_file", &paths.config_file),
        ("config_dir", &paths.config_dir),
        ("data_dir", &paths.data_dir),
        ("state_dir", &paths.state_dir),
    ];
    if json {
        let object: serde_json::Map<_, _> = rows
            .iter()
            .map(|(name, path)| ((*name).to_owned(), json!(path)))
            .collect();
        out.line(&format!("{:#}", serde_json::Value::from(object)))?;
    } else {
        for (name, path) in rows {
            out.line(&format!("{name:<12} {}", path.display()))?;
        }
    }
    Ok(Exit::Ok)
}

fn show(loaded: &Loaded, json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    if json {
        let settings: Vec<_> = loaded
            .origins
            .iter()
            .map(|s| json!({"setting": s.path, "value": s.value, "origin": s.origin.to_string()}))
            .collect();
        let config = &loaded.config;
        let object = json!({
            "profile": config.profile,
            "because": config.why_profile.to_string(),
            "settings": settings,
        });
        out.line(&format!("{object:#}"))?;
        return Ok(Exit::Ok);
    }
    out.line(&format!(
        "profile {} is asked: {}\n",
        loaded.config.profile, loaded.config.why_profile
    ))?;
    let rows: Vec<_> = loaded
        .origins
        .iter()
        .map(|s| [s.path.clone(), s.value.clone(), s.origin.to_string()])
        .collect();
    print_table(&rows, &[], out)?;
    Ok(Exit::Ok)
}

/// A theme that cannot be used is listed with the reason; the setting that chooses is named first.
fn list_themes(config: &Config, json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    let listed = themes(&config.paths.themes_dir());
    let is_chosen = |name: &str| config.ui.theme == name;
    if json {
        let themes: Vec<_> = listed
            .iter()
            .map(|t| {
                json!({
                    "name": t.name,
                    "chosen": is_chosen(&t.name),
                    "file": t.file,
                    "error": t.theme.as_ref().err(),
                    "warnings": t.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                })
            })
            .collect();
        let object = json!({"setting": config.ui.theme, "themes": themes});
        out.line(&format!("{object:#}"))?;
        return Ok(Exit::Ok);
    }
    let mark = |name: &str| if is_chosen(name) { "chosen" } else { "" }.to_owned();
    let auto = "by colours and background of the terminal: wafer-dark, wafer-light or terminal";
    let mut rows = vec![[AUTO.to_owned(), auto.to_owned(), mark(AUTO)]];
    for theme in &listed {
        let from = theme
            .file
            .as_ref()
            .map_or_else(|| "built in".to_owned(), |file| file.display().to_string());
        let state = if theme.theme.is_err() {
            "cannot be used".to_owned()
        } else {
            mark(&theme.name)
        };
        rows.push([theme.name.clone(), from, state]);
    }
    print_table(&rows, &[], out)?;
    for theme in &listed {
        if let Err(error) = &theme.theme {
            out.complain(error);
        }
        for warning in &theme.warnings {
            out.complain(&warning.to_string());
        }
    }
    Ok(Exit::Ok)
}

/// Never over a file that exists.
fn init(paths: &crate::config::Paths, out: &mut Out) -> anyhow::Result<Exit> {
    let path = &paths.config_file;
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            files::create_folder(folder)?;
        }
        files::write_new(path, MANUAL)
    };
    match write() {
        Ok(()) => {
            out.line(&path.display().to_string())?;
            Ok(Exit::Ok)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => fail(
            Exit::Usage,
            format!("{} exists already and is left as it is", path.display()),
        ),
        Err(error) => fail(
            Exit::Usage,
            format!("cannot write {}: {error}", path.display()),
        ),
    }
}

fn check(loaded: &Loaded, out: &mut Out) -> anyhow::Result<Exit> {
    let mut complaints: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    complaints.extend(roots(loaded));
    for complaint in beside(&loaded.config) {
        // What is wrong with the chosen theme is said already.
        if !complaints.iter().any(|said| said.starts_with(&complaint)) {
            complaints.push(complaint);
        }
    }
    for complaint in &complaints {
        out.complain(complaint);
    }
    let file = loaded.config.paths.config_file.display();
    if complaints.is_empty() {
        out.line(&format!(
            "{file}, decks, prompts and themes beside it: no complaints"
        ))?;
        return Ok(Exit::Ok);
    }
    Ok(Exit::Check)
}

/// What is wrong with the certificates that profiles name.
fn roots(loaded: &Loaded) -> Vec<String> {
    let profiles = loaded.config.profiles.iter();
    let named = profiles.filter_map(|(name, profile)| Some((name, profile.ca_file.as_ref()?)));
    let wrong = named.filter_map(|(name, path)| {
        let failure = check_ca_file(path).err()?.failure();
        let setting = format!("providers.{name}.ca_file");
        let shown = loaded.origins.iter().find(|s| s.path == setting);
        let place = shown.and_then(|s| s.origin.place());
        let message = format!("providers.{name}: {}; {}", failure.message, failure.remedy);
        Some(Warning { place, message }.to_string())
    });
    wrong.collect()
}

/// What is wrong with the decks, prompts and themes beside the file.
pub(super) fn beside(config: &Config) -> Vec<String> {
    let mut complaints = Vec::new();
    for deck in decks(config) {
        match deck.content {
            Ok((_, warnings)) => complaints.extend(warnings),
            Err(error) => complaints.push(error),
        }
    }
    let (prompts, broken) = prompt_library(&config.paths.prompts_dir());
    complaints.extend(broken.iter().map(ToString::to_string));
    let odd = prompts.iter().flat_map(|p| &p.warnings);
    complaints.extend(odd.map(ToString::to_string));
    for theme in themes(&config.paths.themes_dir()) {
        complaints.extend(theme.theme.err());
        complaints.extend(theme.warnings.iter().map(ToString::to_string));
    }
    complaints
}
