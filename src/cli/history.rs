//! `waferdeck history`: list, show, export, rename and delete what was saved, and tell what it cost.
//!
//! Reading never changes a file; what is deleted can come back.

mod stats;

use std::{io::ErrorKind, path::Path};

use serde_json::json;

use self::stats::Question;

use super::{
    Exit, Out,
    args::{ExportAs, History},
    fail, find_session,
    models::print_table,
    providers::learn_keys_at_hand,
};
use crate::{
    chat::{Session, Timestamp},
    config::Config,
    files,
    runtime::clock,
    store::{self, SessionHead, Store},
    text::{SafeText, truncate},
};

pub(super) fn run(command: &History, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    learn_keys_at_hand(config);
    let store = Store::open(&config.paths.data_dir, clock::wall)?.hiding(&config.secrets);
    match command {
        History::List { json, deleted } => {
            let heads = if *deleted {
                store.list_deleted()
            } else {
                store.list()?
            };
            let nothing = if *deleted {
                "the trash is empty"
            } else {
                "no session is saved yet; each is from its first prompt on"
            };
            list(&heads, nothing, *json, out)
        }
        History::Show { id, json } => {
            let session = load(&store, id, out)?;
            let text = if *json {
                export_json(&session)
            } else {
                store::markdown(&session)
            };
            out.data(&text)?;
            Ok(Exit::Ok)
        }
        History::Export {
            id,
            format,
            json,
            output,
            reasoning,
        } => {
            let session = load(&store, id, out)?;
            let text = match (format, json, reasoning) {
                (ExportAs::Json, ..) | (_, true, _) => export_json(&session),
                (ExportAs::Markdown, false, true) => store::markdown_with_reasoning(&session),
                (ExportAs::Markdown, false, false) => store::markdown(&session),
            };
            if let Some(path) = output {
                return write(path, &text, out);
            }
            out.data(&text)?;
            Ok(Exit::Ok)
        }
        History::Stats {
            by,
            since,
            until,
            json,
        } => {
            let (by, since, until) = (*by, *since, *until);
            stats::run(&store, Question { by, since, until }, *json, out)
        }
        History::Rename { id, title } => {
            let title = SafeText::line(title).into_string();
            if title.is_empty() {
                return fail(Exit::Usage, "a title is at least one character");
            }
            store.rename(find_session(&store, id)?.id, &title)?;
            Ok(Exit::Ok)
        }
        History::Delete { id } => {
            let id = find_session(&store, id)?.id;
            store.delete(id)?;
            let short = id.short();
            out.note(&format!(
                "in the trash for 30 days; `waferdeck history restore {short}` takes it back"
            ));
            Ok(Exit::Ok)
        }
        History::Restore { id } => {
            store.restore(store.find_deleted(id)?)?;
            Ok(Exit::Ok)
        }
    }
}

fn load(store: &Store, id: &str, out: &mut Out) -> anyhow::Result<Session> {
    let head = find_session(store, id)?;
    let loaded = store.load(head.id)?;
    for complaint in &loaded.complaints {
        out.complain(&complaint.to_string());
    }
    if loaded.newer_format {
        out.complain("written by a newer version of waferdeck: something may be missing here");
    }
    Ok(loaded.session)
}

fn write(path: &Path, text: &str, out: &mut Out) -> anyhow::Result<Exit> {
    let file = path.display();
    match files::write_new(path, text) {
        Ok(()) => {
            out.note(&format!("written to {file}"));
            Ok(Exit::Ok)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => fail(
            Exit::Usage,
            format!("{file} exists already and is left as it is"),
        ),
        Err(error) => fail(Exit::Store, format!("cannot write {file}: {error}")),
    }
}

fn export_json(session: &Session) -> String {
    format!("{:#}\n", store::json(session))
}

/// `nothing` is said where there are none.
fn list(heads: &[SessionHead], nothing: &str, json: bool, out: &mut Out) -> anyhow::Result<Exit> {
    if json {
        let sessions: Vec<_> = heads
            .iter()
            .map(|h| {
                json!({
                    "id": h.id,
                    "title": h.title,
                    "created_ms": h.created,
                    "modified_ms": h.modified,
                    "bytes": h.bytes,
                    "path": h.path,
                    "complaint": h.complaint,
                    "newer_format": h.newer_format,
                    "open_in": h.open_in,
                })
            })
            .collect();
        out.line(&format!("{:#}", serde_json::Value::from(sessions)))?;
        return Ok(Exit::Ok);
    }
    if heads.is_empty() {
        out.note(nothing);
    }
    let rows: Vec<_> = heads
        .iter()
        .map(|h| {
            let title = SafeText::line(&h.title);
            [
                h.id.short(),
                day_and_time(h.modified),
                truncate(title.as_str(), 60).into_owned(),
                match h.open_in {
                    Some(pid) if pid > 0 => format!("open in pid {pid}"),
                    Some(_) => "open in another waferdeck".to_owned(),
                    None => h.complaint.clone().unwrap_or_default(),
                },
            ]
        })
        .collect();
    print_table(&rows, &[], out)?;
    Ok(Exit::Ok)
}

/// In the person's own time zone.
fn day_and_time(at: Timestamp) -> String {
    let moment = i64::try_from(at.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(String::new, |moment| {
        moment
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    })
}
