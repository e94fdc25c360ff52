//! `waferdeck config`: where settings are, what they are, whether they are sound.
//!
//! Of a secret only the source is ever shown.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
};

use serde_json::json;

use super::{Exit, Out, args, args::Global, fail, models::print_table, read_config};
use crate::config::MANUAL;

pub(super) fn run(command: &args::Config, global: &Global, out: &mut Out) -> anyhow::Result<Exit> {
    let loaded = read_config(global, &[], false)?;
    match command {
        args::Config::Path { json } => path(&loaded.config.paths, *json, out),
        args::Config::Show { json } => show(&loaded, *json, out),
        args::Config::Check => check(&loaded, out),
        args::Config::Init => init(&loaded.config.paths, out),
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

fn show(loaded: &crate::config::Loaded, json: bool, out: &mut Out) -> anyhow::Result<Exit> {
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

/// Never over a file that exists.
fn init(paths: &crate::config::Paths, out: &mut Out) -> anyhow::Result<Exit> {
    let path = &paths.config_file;
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(MANUAL.as_bytes())
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

fn check(loaded: &crate::config::Loaded, out: &mut Out) -> anyhow::Result<Exit> {
    for warning in &loaded.warnings {
        out.complain(&warning.to_string());
    }
    let file = loaded.config.paths.config_file.display();
    if loaded.warnings.is_empty() {
        out.line(&format!("{file}: no complaints"))?;
        return Ok(Exit::Ok);
    }
    Ok(Exit::Check)
}
