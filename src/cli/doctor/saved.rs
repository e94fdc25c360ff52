//! STORE: whether what is asked and answered can be saved, stays private, and can be read again.
//!
//! The facts are `store::Health`'s.

use std::{io, path::Path, time::Duration};

use tokio::time::Instant;

use super::check::Check;
use crate::{
    config::Config,
    runtime::clock,
    store::Health,
    text::{self, size},
    ui::format,
};

/// Sessions are read for so long; what is left after that is counted.
const PATIENCE: Duration = Duration::from_secs(10);
/// Less free space than this is soon used up.
const SCARCE: u64 = 512 << 20;
/// With less than this an answer may not fit any more.
const TOO_LITTLE: u64 = 32 << 20;
/// Damaged sessions that are named.
const NAMED: usize = 5;

/// Looks at the store of a configuration. Blocks.
pub(super) fn look(config: &Config) -> Vec<Check> {
    if config.store.temporary {
        let why = "nothing is saved (--temporary, or store.temporary)";
        return vec![Check::unchecked("store.folder", why)];
    }
    let began = Instant::now();
    let health = Health::of(&config.paths.data_dir, clock::wall, true, &|| {
        began.elapsed() < PATIENCE
    });
    judge(&config.paths.data_dir, &health)
}

fn judge(folder: &Path, health: &Health) -> Vec<Check> {
    let mut checks = vec![writable(folder, health), space(health)];
    checks.extend(health.shared.map(|mode| shared(folder, mode)));
    if health.exists {
        checks.extend(private(folder, health));
        checks.push(locks(health));
        checks.extend(sessions(health));
    }
    checks
}

fn writable(folder: &Path, health: &Health) -> Check {
    let id = "store.folder";
    let shown = folder.display();
    match &health.unwritable {
        Some((path, error)) if error.kind() == io::ErrorKind::NotADirectory => Check::failed(
            id,
            format!("{} is no folder", path.display()),
            "move away what is there, or choose another place with --data-dir",
        ),
        Some((path, error)) => Check::failed(
            id,
            format!("cannot write to {}: {error}", path.display()),
            "give yourself the right to write there, or choose another place with --data-dir",
        ),
        None if health.exists => Check::good(id, format!("{shown} can be written")),
        None => Check::good(id, format!("{shown} will be made with the first prompt")),
    }
}

fn space(health: &Health) -> Check {
    let id = "store.space";
    let Some(free) = health.free else {
        return Check::unchecked(id, "the system does not tell how much is free");
    };
    let summary = format!("{} free", size(free));
    let remedy = "free some, or choose another place with --data-dir";
    match free {
        0..TOO_LITTLE => Check::failed(id, summary, remedy),
        TOO_LITTLE..SCARCE => Check::warning(id, summary, remedy),
        _ => Check::good(id, summary),
    }
}

/// Others can do with the folder of all sessions what they like, whatever the sessions themselves are.
fn shared(folder: &Path, mode: u32) -> Check {
    let folder = folder.display();
    let summary =
        format!("others can put things into {folder}, and take them away (mode {mode:04o})");
    Check::warning("store.private", summary, format!("chmod go-w {folder}"))
}

/// `None` where it is all well but the folder above, of which `shared` tells.
fn private(folder: &Path, health: &Health) -> Option<Check> {
    let id = "store.private";
    if health.loose == 0 {
        let well = "files and folders are yours alone (0600, 0700)";
        return health.shared.is_none().then(|| Check::good(id, well));
    }
    let summary = match health.loose {
        1 => "others can read or write 1 file or folder".to_owned(),
        n => format!("others can read or write {n} files and folders"),
    };
    let remedy = format!(
        "the workbench makes them private when it opens, or: chmod -R go= {}",
        folder.join("sessions").display()
    );
    let check = Check::warning(id, summary, remedy);
    let paths = health.loose_paths.iter();
    Some(paths.fold(check, |check, path| {
        check.detail(path.display().to_string())
    }))
}

fn locks(health: &Health) -> Check {
    let id = "store.locks";
    match &health.no_locks {
        None if health.unwritable.is_some() => Check::unchecked(id, "nothing can be written there"),
        None => Check::good(id, "work: two workbenches cannot write one session"),
        Some(error) => Check::warning(
            id,
            format!("do not work there ({error})"),
            "use one workbench at a time, or a data directory on a local disk (--data-dir)",
        ),
    }
}

fn sessions(health: &Health) -> Vec<Check> {
    let id = "store.sessions";
    if let Some(error) = &health.unlisted {
        let remedy = "make the data directory readable, or choose another with --data-dir";
        return vec![Check::failed(id, error, remedy)];
    }
    let mut summary = match health.sessions {
        1 => "1 session".to_owned(),
        n => format!(
            "{} sessions",
            format::count(u64::try_from(n).unwrap_or(u64::MAX))
        ),
    };
    summary.push_str(&format!(", {}", size(health.bytes)));
    if health.open > 0 {
        summary.push_str(&format!(", {} open now", health.open));
    }
    if health.newer > 0 {
        summary.push_str(&format!(", {} of a newer waferdeck", health.newer));
    }
    let mut checks = Vec::new();
    if health.damaged.is_empty() {
        checks.push(Check::good(id, format!("{summary}, none damaged")));
    } else {
        let summary = format!("{summary}, {} damaged", health.damaged.len());
        let remedy = "what can be read of them is shown as ever; put back a backup of these files for the rest";
        let mut check = Check::warning(id, summary, remedy);
        for (session, what) in health.damaged.iter().take(NAMED) {
            check = check.detail(format!("{}: {what}", session.short()));
        }
        checks.push(check);
    }
    let unread = health.sessions.saturating_sub(health.read);
    let unread = u64::try_from(unread).unwrap_or(u64::MAX);
    if unread > 0 {
        let why = format!(
            "{} not read to the end within {} s",
            text::counted(unread, "session was", "sessions were"),
            PATIENCE.as_secs()
        );
        checks.push(Check::unchecked(id, why));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::super::check::{Status, expect};
    use super::*;

    fn sound() -> Health {
        Health {
            exists: true,
            free: Some(10 << 30),
            sessions: 3,
            read: 3,
            bytes: 5 << 20,
            ..Health::default()
        }
    }

    fn of<'a>(checks: &'a [Check], id: &str) -> &'a Check {
        checks.iter().find(|c| c.id == id).unwrap()
    }

    #[test]
    fn a_sound_store_has_ticks_only() {
        let checks = judge(Path::new("/d"), &sound());
        assert!(
            checks.iter().all(|c| c.status == Status::Good),
            "{checks:#?}"
        );
        let parts = ["3 sessions, 5.0 MiB", "none damaged"];
        expect(of(&checks, "store.sessions"), Status::Good, &parts);
        let none = judge(
            Path::new("/d"),
            &Health {
                exists: false,
                ..sound()
            },
        );
        expect(of(&none, "store.folder"), Status::Good, &["first prompt"]);
    }

    #[test]
    fn each_trouble_has_its_line() {
        let id = crate::chat::IdSource::new(1).next(crate::chat::Timestamp(0));
        let id = crate::chat::SessionId::from_uuid(id);
        let check = |health: Health, id, status, parts: &[&str]| {
            expect(of(&judge(Path::new("/d"), &health), id), status, parts);
        };
        let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
        let unwritable = Some(("/d".into(), refused()));
        check(
            Health {
                unwritable,
                ..sound()
            },
            "store.folder",
            Status::Failed,
            &["/d", "--data-dir"],
        );
        let unwritable = Some(("/d".into(), io::ErrorKind::NotADirectory.into()));
        check(
            Health {
                unwritable,
                ..sound()
            },
            "store.folder",
            Status::Failed,
            &["/d is no folder", "move away"],
        );
        for exists in [true, false] {
            let shared = Health {
                exists,
                shared: Some(0o777),
                ..sound()
            };
            let parts = ["(mode 0777)", "chmod go-w /d"];
            check(shared, "store.private", Status::Warning, &parts);
        }
        for (free, status) in [
            (Some(1 << 20), Status::Failed),
            (Some(100 << 20), Status::Warning),
            (Some(1 << 30), Status::Good),
            (None, Status::Unchecked),
        ] {
            check(Health { free, ..sound() }, "store.space", status, &[]);
        }
        let loose = Health {
            loose: 2,
            loose_paths: vec!["/d/sessions/x".into()],
            ..sound()
        };
        check(
            loose,
            "store.private",
            Status::Warning,
            &["2 files", "/d/sessions/x", "chmod -R go="],
        );
        let no_locks = Some(refused());
        check(
            Health {
                no_locks,
                ..sound()
            },
            "store.locks",
            Status::Warning,
            &["one workbench"],
        );
        let damaged = vec![(id, "1 damaged record".to_owned())];
        check(
            Health { damaged, ..sound() },
            "store.sessions",
            Status::Warning,
            &["1 damaged", &id.short()],
        );
        let checks = judge(Path::new("/d"), &Health { read: 1, ..sound() });
        expect(
            checks.last().unwrap(),
            Status::Unchecked,
            &["2 sessions were not read"],
        );
    }

    #[test]
    fn sizes_have_units() {
        for (bytes, text) in [(0, "0 B"), (2_048, "2.0 KiB"), (3 << 29, "1.5 GiB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
