//! New files and folders that are the person's alone: 0600 and 0700 whatever the umask leaves, never over what is there.
//!
//! What is in them is known to those who make them. The store has its own rules, in `store/files.rs`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// A file for which there were this many names gets none.
const MOST_NAMES: u32 = 1_000;

/// Makes a folder, and those above it that are missing.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a file that does not exist yet.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a file to write on at its end, and makes it where there is none. No link is followed, and nobody waits for the
/// other end of a pipe.
pub fn append(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
}

/// Makes a file that does not exist yet, with this text. One that could not be written whole does not stay.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = create(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    if written.is_err() {
        // The disk refuses already; that it also refuses this is no news.
        let _ = fs::remove_file(path);
    }
    written
}

/// The same with `name.extension` in `folder`, or `name-2.extension` and so on where that exists.
pub fn write_numbered(
    folder: &Path,
    name: &str,
    extension: &str,
    text: &str,
) -> io::Result<PathBuf> {
    let mut path = folder.join(format!("{name}.{extension}"));
    for number in 2..=MOST_NAMES {
        match write_new(&path, text) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            written => return written.map(|()| path),
        }
        path = folder.join(format!("{name}-{number}.{extension}"));
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_made_is_private_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        create_folder(&folder).unwrap();
        create_folder(&folder).unwrap();
        let first = write_numbered(&folder, "a", "md", "one").unwrap();
        let second = write_numbered(&folder, "a", "md", "two").unwrap();
        assert!(first.ends_with("a.md") && second.ends_with("a-2.md"));
        let error = write_new(&first, "three").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        assert_eq!(fs::read_to_string(&second).unwrap(), "two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&first)), (0o700, 0o600));
        assert_eq!(mode(&dir.path().join("a")), 0o700);
    }
}
