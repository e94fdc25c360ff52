//! Puts a new text in the place of a file that a person wrote: in one step, through links, with the file's own mode.
//!
//! A crash leaves the old file or the new one, never half of either.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::files;

/// More links in a row than systems follow.
const MOST_LINKS: usize = 40;

/// Where `path` leads: people keep their settings elsewhere and link to them, and the link shall stay one.
pub(super) fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new(".")).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Replaces the file at `path`, or makes it with the folders above it, readable for its owner alone.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = target(path)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    files::create_folder(folder)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(name);
    // A crash of an earlier process of this number may have left one.
    let _ = fs::remove_file(&temporary);
    let written = write(&temporary, &path, text);
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write(temporary: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = files::create(temporary)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    fs::rename(temporary, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_made_private_and_keeps_its_mode_when_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/own.toml");
        replace(&path, "one").unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, "two").unwrap();
        assert_eq!(mode(&path), 0o644);
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside it");
    }

    #[test]
    fn a_link_stays_a_link_and_what_it_leads_to_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        symlink("real", &link).unwrap();
        replace(&link, "made through the link").unwrap();
        replace(&link, "replaced").unwrap();
        assert!(link.is_symlink() && !real.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "replaced");
        let circle = dir.path().join("circle");
        symlink("circle", &circle).unwrap();
        assert!(replace(&circle, "x").is_err());
    }
}
