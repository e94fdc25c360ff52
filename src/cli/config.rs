//! `waferdeck config`: where settings are, what they are, whether they are sound.
//!
//! Of a secret only the source is ever shown.

use serde_json::json;

use super::{Exit, Out, args, args::Global, models::print_table, read_config};

pub(super) fn run(command: &args::Config, global: &Global, out: &mut Out) -> anyhow::Result<Exit> {
    let loaded = read_config(global, &[], false)?;
    match command {
        args::Config::Path { json } => path(&loaded.config.paths, *json, out),
        args::Config::Show { json } => show(&loaded, *json, out),
        args::Config::Check => check(&loaded, out),
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
