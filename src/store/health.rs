//! How the store is: can it be written, who else can read it, how much room there is, what is damaged.
//! It looks and changes nothing; a lock is tried on a file of its own, which is gone afterwards.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::Access;

use super::{
    Claims, Copies, Drafts, Pace, SessionId, Store, Timestamp,
    files::Disk,
    lock::{Lock, Outcome},
};
use crate::text::Secrets;

/// Files and folders that are named; the rest is counted.
const NAMED: usize = 5;

/// How the store below a data directory is.
#[derive(Debug, Default)]
pub struct Health {
    /// Something was saved already.
    pub exists: bool,
    /// The mode of the data directory where others can put things into it and take them away.
    pub shared: Option<u32>,
    /// Why nothing can be written, if so.
    pub unwritable: Option<(PathBuf, io::Error)>,
    /// Bytes that are free to us on its disk.
    pub free: Option<u64>,
    /// Files and folders that others can read or write.
    pub loose: usize,
    /// The first of them.
    pub loose_paths: Vec<PathBuf>,
    /// Why locks do not work there; `None` if they do, or could not be tried.
    pub no_locks: Option<io::Error>,
    /// Sessions.
    pub sessions: usize,
    /// Their size.
    pub bytes: u64,
    /// Those that were read to their end.
    pub read: usize,
    /// Those that another process has open.
    pub open: usize,
    /// Those of a newer version.
    pub newer: usize,
    /// What is wrong, by session.
    pub damaged: Vec<(SessionId, String)>,
    /// Why the sessions cannot be listed, if so.
    pub unlisted: Option<String>,
}

impl Health {
    /// Looks at the store. Sessions are read while `goes_on` says so. With `writes` a lock is tried. Blocks.
    pub fn of(
        data_dir: &Path,
        now: fn() -> Timestamp,
        writes: bool,
        goes_on: &dyn Fn() -> bool,
    ) -> Self {
        let sessions = data_dir.join("sessions");
        let mut health = Self {
            exists: sessions.is_dir(),
            shared: fs::metadata(data_dir).ok().and_then(|m| shared(&m)),
            ..Self::default()
        };
        let standing = standing(&sessions);
        health.free = rustix::fs::statvfs(&standing)
            .ok()
            .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        let access = rustix::fs::access(&standing, Access::WRITE_OK | Access::EXEC_OK);
        // Of a file the system says that it cannot be entered, as of a folder without the right.
        health.unwritable = match access {
            _ if !standing.is_dir() => Some((standing, io::ErrorKind::NotADirectory.into())),
            Ok(()) => None,
            Err(error) => Some((standing, error.into())),
        };
        if !health.exists {
            return health;
        }
        for root in [&sessions, &data_dir.join("drafts")] {
            health.look_for_loose(root);
        }
        if writes && health.unwritable.is_none() {
            let path = sessions.join(format!(".doctor-{}.lock", std::process::id()));
            health.no_locks = match Lock::take(&Disk, &path) {
                Ok(Outcome::NoLocks(error)) => {
                    // A lock that is not held does not remove its file.
                    let _ = fs::remove_file(&path);
                    Some(error)
                }
                Ok(_) => None,
                Err(error) => Some(error),
            };
        }
        health.read_sessions(&store(data_dir, now), goes_on);
        health
    }

    fn look_for_loose(&mut self, root: &Path) {
        let mut found = vec![root.to_owned()];
        while let Some(path) = found.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            let kind = metadata.file_type();
            if kind.is_symlink() {
                continue;
            }
            if metadata.mode() & 0o077 != 0 {
                self.loose += 1;
                if self.loose_paths.len() < NAMED {
                    self.loose_paths.push(path.clone());
                }
            }
            if kind.is_dir() {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                found.extend(entries.map(|entry| entry.path()));
            }
        }
    }

    fn read_sessions(&mut self, store: &Store, goes_on: &dyn Fn() -> bool) {
        let heads = match store.list() {
            Ok(heads) => heads,
            Err(error) => {
                self.unlisted = Some(error.to_string());
                return;
            }
        };
        self.sessions = heads.len();
        self.bytes = heads.iter().map(|head| head.bytes).sum();
        self.open = heads.iter().filter(|head| head.open_in.is_some()).count();
        self.newer = heads.iter().filter(|head| head.newer_format).count();
        for head in heads {
            if !goes_on() {
                break;
            }
            self.read += 1;
            let wrong = match store.load(head.id) {
                Ok(loaded) => loaded.complaints.first().map(ToString::to_string),
                Err(error) => Some(error.to_string()),
            };
            self.damaged.extend(wrong.map(|what| (head.id, what)));
        }
    }
}

/// The store as it is: unlike [`Store::open`] this makes nothing and makes nothing private.
fn store(data_dir: &Path, now: fn() -> Timestamp) -> Store {
    let files = Arc::new(Disk);
    Store {
        root: data_dir.to_owned(),
        now,
        claims: Claims::default(),
        copies: Copies::default(),
        drafts: Drafts::new(Arc::clone(&files) as _, data_dir, Secrets::default()),
        secrets: Secrets::default(),
        tightened: 0,
        pace: Pace::default(),
        files,
    }
}

/// The mode of a folder in which others can rename and remove what is ours.
fn shared(metadata: &fs::Metadata) -> Option<u32> {
    const STICKY: u32 = 0o1000;
    let mode = metadata.mode() & 0o7777;
    (metadata.is_dir() && mode & 0o022 != 0 && mode & STICKY == 0).then_some(mode)
}

/// The nearest of `path` and the folders above it that exists: what is missing will be made in it.
fn standing(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|p| fs::metadata(p).is_ok());
    let found = found.filter(|p| !p.as_os_str().is_empty());
    found.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::tests::world::{World, clock, session};
    use super::*;

    fn look(world: &World) -> Health {
        Health::of(&world.root(), clock, true, &|| true)
    }

    #[test]
    fn a_sound_store_is_found_sound_and_left_as_it_is() {
        let world = World::new();
        world.saved(&session(1, 8));
        let health = look(&world);
        assert_eq!((health.sessions, health.read, health.loose), (1, 1, 0));
        assert!(health.unwritable.is_none() && health.no_locks.is_none());
        assert!(health.free.is_some_and(|free| free > 0) && health.bytes > 0);
        assert_eq!(health.damaged, []);
        let left = fs::read_dir(world.root().join("sessions")).unwrap();
        assert!(left.flatten().all(|e| e.file_type().unwrap().is_dir()));
    }

    #[test]
    fn what_others_can_read_and_what_is_torn_is_told_and_not_changed() {
        let world = World::new();
        let sample = session(2, 8);
        world.saved(&sample);
        let path = world.store().list().unwrap().remove(0).path;
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 9);
        fs::write(&path, &bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let health = look(&world);
        assert_eq!(health.loose_paths, std::slice::from_ref(&path));
        assert_eq!(health.damaged.len(), 1);
        assert_eq!(health.damaged[0].0, sample.id);
        assert!(health.damaged[0].1.contains("incomplete"), "{health:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
    }

    #[test]
    fn where_nothing_was_saved_yet_the_folder_above_is_looked_at() {
        let world = World::new();
        let folder = world.folder.path().join("not/yet/there");
        let health = Health::of(&folder, clock, true, &|| true);
        assert!(!health.exists && health.unwritable.is_none());
        assert!(!folder.exists());
        let file = world.folder.path().join("file");
        fs::write(&file, "").unwrap();
        let health = Health::of(&file, clock, true, &|| true);
        let (path, error) = health.unwritable.unwrap();
        assert_eq!(
            (path, error.kind()),
            (file, io::ErrorKind::NotADirectory),
            "{error}"
        );
    }

    #[test]
    fn a_data_directory_into_which_others_can_write_is_told() {
        let world = World::new();
        fs::create_dir_all(world.root()).unwrap();
        for (mode, shared) in [
            (0o700, None),
            (0o755, None),
            (0o1777, None),
            (0o775, Some(0o775)),
            (0o777, Some(0o777)),
        ] {
            fs::set_permissions(world.root(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(look(&world).shared, shared, "{mode:o}");
        }
    }

    #[test]
    fn reading_stops_when_it_is_told_to() {
        let world = World::new();
        for seed in 3..6 {
            world.saved(&session(seed, 4));
        }
        let health = Health::of(&world.root(), clock, false, &|| false);
        assert_eq!((health.sessions, health.read), (3, 0));
    }
}
