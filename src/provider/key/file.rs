//! Reads files that hold keys, if they are files, ours, and nobody else's to read.
//!
//! The refusal names what helps; nothing of the file is ever quoted.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{MAX_KEY, shown};

/// Reads the key out of `path`.
pub(super) fn read(path: &Path) -> Result<SecretString, String> {
    let key = read_private(path, "key file", MAX_KEY + 1)?;
    if key.expose_secret().len() as u64 > MAX_KEY {
        return Err(format!(
            "the key file {} holds more than a key",
            shown(path)
        ));
    }
    Ok(key)
}

/// Reads at most so many bytes of a file that is nobody else's to read; what is refused says so of a `what`. Links are
/// followed: that is how secrets are mounted.
pub fn read_private(path: &Path, what: &str, most: u64) -> Result<SecretString, String> {
    let name = shown(path);
    let told = |e: io::Error| format!("the {what} {name} cannot be read: {e}");
    let file = open(path).map_err(told)?;
    // What was opened, not what has the name by now.
    let meta = file.metadata().map_err(told)?;
    if !meta.is_file() {
        return Err(format!("the {what} {name} is not a regular file"));
    }
    check_private(&meta, what, &name)?;
    let mut text = String::new();
    file.take(most).read_to_string(&mut text).map_err(told)?;
    Ok(SecretString::from(text))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    // Without waiting: a FIFO would block until somebody writes to it.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn check_private(meta: &Metadata, what: &str, name: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;

    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(format!(
            "the {what} {name} belongs to somebody else: copy it to a file of your own"
        ));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(format!(
            "others can read the {what} {name}: run `chmod 600 {}`",
            quoted(name)
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Metadata, _: &str, _: &str) -> Result<(), String> {
    Ok(())
}

/// A name as a shell reads it back unchanged.
#[cfg(unix)]
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,@%".contains(c);
    if name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{FileType, Mode};

    use super::*;

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_line_that_helps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("my key");
        fs::write(&path, "csk-filed\n").unwrap();
        for mode in [0o640, 0o604, 0o660, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let line = format!("run `chmod 600 '{}'`", path.display());
            let error = read(&path).unwrap_err();
            assert!(error.contains(&line), "{mode:o}: {error}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap().expose_secret(), "csk-filed\n");
        }
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read(&link).is_ok(), "a mounted secret is a link");
    }

    #[test]
    fn what_is_no_file_or_no_key_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |path: &Path, why: &str| {
            let error = read(path).unwrap_err();
            assert!(error.contains(why), "{error}");
        };
        refused(dir.path(), "not a regular file");
        refused(&dir.path().join("none"), "cannot be read");
        let fifo = dir.path().join("fifo");
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, mode, 0).unwrap();
        refused(&fifo, "not a regular file");
        let path = dir.path().join("large");
        fs::write(&path, "csk-".repeat(8_192)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        refused(&path, "more than a key");
        // Somebody else's: only root can make one.
        if rustix::process::geteuid().is_root() {
            fs::write(&path, "csk-theirs").unwrap();
            std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
            refused(&path, "belongs to somebody else");
        }
    }
}
