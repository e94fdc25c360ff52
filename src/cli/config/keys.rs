//! `waferdeck config keys`: every key with what it does and where that comes from.
//!
//! What a terminal sends for a key is the probe's.

use serde_json::json;

use crate::{
    app::{ACTIONS, Action, ActionInfo},
    cli::{Exit, Out, models::print_table},
    config::{Binding, Context, Keymap},
};

/// The contexts in the order of the manual.
const CONTEXTS: [Context; 4] = [
    Context::Composer,
    Context::Panes,
    Context::Overlay,
    Context::Global,
];

pub(super) fn run(keys: &Keymap, json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    let mut bindings: Vec<&Binding> = keys.bindings().iter().collect();
    bindings.sort_by_key(|b| {
        let context = CONTEXTS.iter().position(|c| *c == b.context);
        (context, ACTIONS.iter().position(|row| row.name == b.action))
    });
    let is_bound = |row: &&ActionInfo| bindings.iter().any(|b| b.action == row.name);
    let unbound = ACTIONS.iter().filter(|row| !is_bound(row));
    if json {
        let bound = bindings.iter().map(|b| {
            json!({
                "context": word(b.context),
                "keys": b.chord.to_string(),
                "action": b.action,
                "does": does(b),
                "passed_over": passed_over(b),
                "setting": b.setting,
                "origin": origin(b),
            })
        });
        let unbound = unbound.map(|row| {
            json!({
                "context": null,
                "keys": null,
                "action": row.name,
                "does": row.does,
                "passed_over": null,
                "setting": null,
                "origin": null,
            })
        });
        let all: Vec<_> = bound.chain(unbound).collect();
        out.line(&format!("{:#}", serde_json::Value::from(all)))?;
        return Ok(Exit::Ok);
    }
    let head = ["where", "keys", "action", "does", "from"].map(str::to_owned);
    let bound = bindings.iter().map(|b| {
        [
            word(b.context).to_owned(),
            b.chord.label(),
            b.action.clone(),
            match passed_over(b) {
                Some(why) => format!("passed over: {why}"),
                None => does(b).unwrap_or_default().to_owned(),
            },
            origin(b),
        ]
    });
    let unbound = unbound.map(|row| {
        [
            "palette".to_owned(),
            String::new(),
            row.name.to_owned(),
            row.does.to_owned(),
            "no key".to_owned(),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(bound).chain(unbound).collect();
    print_table(&rows, &[], out)?;
    Ok(Exit::Ok)
}

/// Where a binding holds, in the words of the help.
fn word(context: Context) -> &'static str {
    match context {
        Context::Composer => "writing",
        Context::Panes => "reading",
        Context::Overlay => "lists",
        Context::Global => "anywhere",
    }
}

fn does(binding: &Binding) -> Option<&'static str> {
    Action::named(&binding.action).map(|action| action.info().does)
}

/// Why a binding does nothing, if it does nothing.
fn passed_over(binding: &Binding) -> Option<&'static str> {
    let Some(action) = Action::named(&binding.action) else {
        return Some("no such action");
    };
    match binding.context {
        Context::Overlay if action.in_overlay().is_none() => Some("means nothing in lists"),
        Context::Overlay if binding.chord.keys().len() > 1 => Some("lists take one key"),
        _ => None,
    }
}

fn origin(binding: &Binding) -> String {
    match &binding.place {
        Some(place) => format!("{}:{}", place.file.display(), place.line),
        None => "default".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load};

    #[test]
    fn what_is_passed_over_is_told_apart_from_keys() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        let text = "[keys.composer]\nsned = \"f6\"\n\
            [keys.overlay]\nzoom = \"f7\"\nsend = \"f6 a\"\nscroll-up = \"f9\"\n";
        std::fs::write(&file, text).unwrap();
        let overrides = Overrides {
            config_file: Some(file),
            ..Overrides::default()
        };
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let keys = load(&overrides, &env).unwrap().config.keys;
        let own = keys.bindings().iter().filter(|b| b.place.is_some());
        let mut found: Vec<_> = own.map(|b| (b.action.as_str(), passed_over(b))).collect();
        found.sort();
        assert_eq!(
            found,
            [
                ("scroll-up", None),
                ("send", Some("lists take one key")),
                ("sned", Some("no such action")),
                ("zoom", Some("means nothing in lists")),
            ]
        );
    }
}
