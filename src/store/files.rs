//! The file rules: private, never through a symbolic link, regular files only, nothing that can block.
//!
//! What changes the disk goes through [`Files`], so that tests can make the n-th operation fail.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, Mode, OFlags},
    io::Errno,
};

use crate::faults;

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

/// The operations that change the disk, and locks.
pub(super) trait Files: fmt::Debug + Send + Sync {
    /// Makes one folder, 0700.
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        faults::file_operation()?;
        fs::DirBuilder::new().mode(PRIVATE_FOLDER).create(path)
    }

    /// Makes a file that does not exist yet, 0600, to append to and to read back.
    fn create(&self, path: &Path) -> io::Result<fs::File> {
        faults::file_operation()?;
        open(
            path,
            OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL,
        )
    }

    /// Opens a file that exists, to append to and to read back.
    fn append(&self, path: &Path) -> io::Result<fs::File> {
        faults::file_operation()?;
        open(path, OFlags::RDWR | OFlags::APPEND | OFlags::NONBLOCK)
    }

    /// Writes some of `bytes`, as `write(2)` does.
    fn write(&self, mut file: &fs::File, bytes: &[u8]) -> io::Result<usize> {
        faults::file_operation()?;
        file.write(bytes)
    }

    /// `fdatasync`.
    fn sync(&self, file: &fs::File) -> io::Result<()> {
        faults::file_operation()?;
        file.sync_data()
    }

    /// Makes the entries of a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        faults::file_operation()?;
        fs::File::open(path)?.sync_all()
    }

    /// Cuts a file.
    fn truncate(&self, file: &fs::File, len: u64) -> io::Result<()> {
        faults::file_operation()?;
        file.set_len(len)
    }

    /// Puts a file in the place of another.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        faults::file_operation()?;
        fs::rename(from, to)
    }

    /// `flock`, without waiting for who holds it.
    fn lock(&self, file: &fs::File, operation: FlockOperation) -> Result<(), Errno> {
        faults::locking()?;
        rustix::fs::flock(file, operation)
    }
}

/// The disk itself.
#[derive(Debug)]
pub(super) struct Disk;

impl Files for Disk {}

fn open(path: &Path, flags: OFlags) -> io::Result<fs::File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(PRIVATE_FILE);
    Ok(rustix::fs::open(path, flags, mode)?.into())
}

/// Opens a file for reading, or for a lock; never waits for the other end of a FIFO.
pub(super) fn open_read(path: &Path) -> io::Result<fs::File> {
    open(path, OFlags::RDONLY | OFlags::NONBLOCK)
}

/// Opens the file that carries a lock, made where there is none.
pub(super) fn open_lock(path: &Path) -> io::Result<fs::File> {
    open(path, OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK)
}

/// What a path holds instead of a regular file of ours; `None` when all is well or there is nothing.
pub(super) fn wrong_kind(path: &Path) -> Option<&'static str> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_dir() {
        Some("a folder")
    } else {
        Some("not a regular file")
    }
}

/// True while the opened file still has its name on disk.
pub(super) fn is_linked(file: &fs::File) -> bool {
    file.metadata().is_ok_and(|m| m.nlink() > 0)
}

/// True when the opened file is the one at `path`.
pub(super) fn is_at(file: &fs::File, path: &Path) -> bool {
    let identity = |m: fs::Metadata| (m.dev(), m.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Writes all of `bytes`, whatever short writes and signals come between.
pub(super) fn write_all(files: &dyn Files, file: &fs::File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match files.write(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Moves a file to where there is none. What stands in the way, and what to do about it, is in the error.
pub(super) fn move_new(files: &dyn Files, from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        let sentence = "a file of this name exists already: move it away first";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, sentence));
    }
    files.rename(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::CrossesDevices => {
            let from = from.parent().unwrap_or(from).display();
            let sentence = format!("it is on another file system than {from}: let both be on one");
            io::Error::new(error.kind(), sentence)
        }
        _ => error,
    })
}

/// Makes `path` and the folders above it that are missing, each 0700 and durable in its parent.
pub(super) fn create_dirs(files: &dyn Files, path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dirs(files, parent)?;
    }
    match files.create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(io::ErrorKind::NotADirectory.into())
        }
        Err(error) => Err(error),
        Ok(()) => files.sync_dir(parent.unwrap_or(Path::new("."))),
    }
}

/// Replaces `path` by `bytes` in one step: a crash leaves the old file or the new one.
pub(super) fn replace(files: &dyn Files, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_dirs(files, folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(name);
    // A crash of an earlier process of this number may have left one.
    let _ = fs::remove_file(&temporary);
    let written = files.create(&temporary).and_then(|file| {
        write_all(files, &file, bytes)?;
        files.sync(&file)?;
        files.rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    files.sync_dir(folder)
}

/// Makes a folder of ours and all that is in it private, and counts what was not. Never the data directory itself: a
/// person may have named one that holds other things.
pub(super) fn tighten(root: &Path) -> usize {
    if !root.is_dir() {
        return 0;
    }
    let mut loose = tighten_one(root, true);
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            if kind.is_dir() {
                loose += tighten_one(&path, true);
                folders.push(path);
            } else if kind.is_file() {
                loose += tighten_one(&path, false);
            }
        }
    }
    loose
}

fn tighten_one(path: &Path, folder: bool) -> usize {
    let private = if folder { PRIVATE_FOLDER } else { PRIVATE_FILE };
    let is_loose = |m: fs::Metadata| m.permissions().mode() & 0o077 != 0;
    let loose = fs::metadata(path).is_ok_and(is_loose)
        && fs::set_permissions(path, fs::Permissions::from_mode(private)).is_ok();
    usize::from(loose)
}
