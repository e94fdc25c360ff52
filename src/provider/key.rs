//! Where a key comes from, how it is read, and how it is kept out of everything but its header.
//! When it is read, and read again after a 401, is decided by the provider.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout_at};

use super::error::Error;
use crate::text::SafeText;

/// A command that asks a person or a network has this long.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// No key is longer; a file or command that gives more is the wrong one.
const MAX_KEY: u64 = 16 << 10;
const HIDDEN: &str = "[key hidden]";

/// Where a key comes from. It is read when the first request needs it.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// An environment variable.
    Env(String),
    /// A file that nobody else may read.
    File(PathBuf),
    /// What a shell command prints.
    Command(String),
    /// A key that was given directly.
    Fixed(SecretString),
}

impl KeySource {
    /// Names the source, without any part of the key.
    pub fn describe(&self) -> String {
        match self {
            Self::Env(name) => format!("the environment variable {}", SafeText::line(name)),
            Self::File(path) => format!("the file {}", shown(path)),
            Self::Command(_) => "the key command (api_key_command)".to_owned(),
            Self::Fixed(_) => "a key given directly".to_owned(),
        }
    }

    /// Reads the key.
    pub(super) async fn read(&self) -> Result<SecretString, Error> {
        let raw = match self {
            Self::Env(name) => std::env::var(name)
                .map(SecretString::from)
                .map_err(|_| self.missing(format!("{} is not set", self.describe()))),
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || read_file(&path))
                    .await
                    .unwrap_or_else(|e| Err(e.to_string()))
                    .map_err(|what| self.missing(what))
            }
            Self::Command(line) => run(line, COMMAND_LIMIT)
                .await
                .map_err(|what| self.missing(format!("{} {what}", self.describe()))),
            Self::Fixed(key) => Ok(key.clone()),
        }?;
        let key = raw.expose_secret().trim();
        if key.is_empty() {
            return Err(self.missing(format!("{} is empty", self.describe())));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(self.missing(format!(
                "{} holds characters that no key has",
                self.describe()
            )));
        }
        Ok(SecretString::from(key))
    }

    fn missing(&self, message: String) -> Error {
        let remedy = match self {
            Self::Env(name) => format!(
                "export {}=…, or name a file or command in the profile (api_key_file, api_key_command), or use --mock",
                SafeText::line(name)
            ),
            Self::File(_) => {
                "write the key alone into that file, or name another source".to_owned()
            }
            Self::Command(_) => "let it print the key alone within 10 s and exit with 0".to_owned(),
            Self::Fixed(_) => "give another key".to_owned(),
        };
        Error::Key {
            message,
            remedy,
            status: None,
        }
    }
}

/// The header that carries `key`, marked so that nothing prints it.
fn bearer(key: &SecretString) -> Option<HeaderValue> {
    let text = SecretString::from(format!("Bearer {}", key.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A request that carries the key, if there is one.
pub(super) fn authorized(http: RequestBuilder, key: Option<&SecretString>) -> RequestBuilder {
    match key.and_then(bearer) {
        Some(value) => http.header(AUTHORIZATION, value),
        None => http,
    }
}

/// `text` without the key, should a server have echoed it.
pub(super) fn hide(text: &str, key: Option<&SecretString>) -> String {
    match key.map(ExposeSecret::expose_secret) {
        // A "key" of a few characters would blot out ordinary words.
        Some(key) if key.len() >= 8 => text.replace(key, HIDDEN),
        _ => text.to_owned(),
    }
}

fn shown(path: &Path) -> String {
    SafeText::line(&path.to_string_lossy()).into_string()
}

fn read_file(path: &Path) -> Result<SecretString, String> {
    let name = shown(path);
    let told = |e: std::io::Error| format!("the key file {name} cannot be read: {e}");
    // Before opening: a FIFO would block.
    if !fs::metadata(path).map_err(told)?.is_file() {
        return Err(format!("the key file {name} is not a regular file"));
    }
    let file = fs::File::open(path).map_err(told)?;
    check_private(&file.metadata().map_err(told)?, &name)?;
    let mut text = String::new();
    file.take(MAX_KEY).read_to_string(&mut text).map_err(told)?;
    Ok(SecretString::from(text))
}

#[cfg(unix)]
fn check_private(meta: &fs::Metadata, name: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;

    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(format!("the key file {name} belongs to somebody else"));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(format!(
            "others can read the key file {name}: run `chmod 600 {name}`"
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &fs::Metadata, _: &str) -> Result<(), String> {
    Ok(())
}

async fn run(line: &str, limit: Duration) -> Result<SecretString, String> {
    let deadline = Instant::now() + limit;
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    // A group of its own, so that the shell's children end with it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command
        .spawn()
        .map_err(|e| format!("could not be started: {e}"))?;
    let mut running = Running { child, over: false };
    let stdout = running.child.stdout.take();
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        if let Some(stdout) = stdout {
            stdout.take(MAX_KEY).read_to_string(&mut text)?;
        }
        std::io::Result::Ok(SecretString::from(text))
    });
    let late = || format!("took longer than {} s", limit.as_secs_f32());
    let text = timeout_at(deadline, reading)
        .await
        .map_err(|_| late())?
        .map_err(|e| e.to_string())?
        .map_err(|e| format!("gave no text: {e}"))?;
    loop {
        match running.child.try_wait() {
            Ok(Some(status)) => {
                running.over = true;
                return if status.success() {
                    Ok(text)
                } else {
                    Err(format!("failed ({status})"))
                };
            }
            Ok(None) if Instant::now() >= deadline => return Err(late()),
            Ok(None) => sleep(Duration::from_millis(5)).await,
            Err(e) => return Err(e.to_string()),
        }
    }
}

/// A child that does not outlive its reader, also when the wait for it is cancelled.
struct Running {
    child: Child,
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            self.end();
            // Nothing is left to do where it cannot be reaped.
            let _ = self.child.wait();
        }
    }
}

impl Running {
    #[cfg(unix)]
    fn end(&mut self) {
        let group = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            // It may have ended in between, and then there is nobody to tell.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn end(&mut self) {
        let _ = self.child.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(source: KeySource, expected: Result<&str, &str>) {
        match (source.read().await, expected) {
            (Ok(key), Ok(expected)) => assert_eq!(key.expose_secret(), expected),
            (Err(e), Err(part)) => assert!(e.to_string().contains(part), "{e}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[tokio::test]
    async fn a_key_comes_from_each_source() {
        check(KeySource::Fixed(" csk-fixed \n".into()), Ok("csk-fixed")).await;
        check(KeySource::Fixed("two words".into()), Err("no key has")).await;
        check(
            KeySource::Env("WAFERDECK_NO_SUCH_KEY".into()),
            Err("is not set"),
        )
        .await;
        check(KeySource::Command("echo csk-said".into()), Ok("csk-said")).await;
        check(
            KeySource::Command("echo x; exit 3".into()),
            Err("exit status: 3"),
        )
        .await;
        check(KeySource::Command("true".into()), Err("is empty")).await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused_with_the_line_that_helps() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, "csk-filed\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let line = format!("chmod 600 {}", path.display());
        check(KeySource::File(path.clone()), Err(&line)).await;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        check(KeySource::File(path.clone()), Ok("csk-filed")).await;
        check(
            KeySource::File(dir.path().into()),
            Err("not a regular file"),
        )
        .await;
        check(
            KeySource::File(dir.path().join("none")),
            Err("cannot be read"),
        )
        .await;
    }

    #[tokio::test]
    async fn a_command_that_hangs_ends_with_its_children() {
        let began = Instant::now();
        for line in ["sleep 60", "sleep 60 & true"] {
            let late = run(line, Duration::from_millis(100)).await.unwrap_err();
            assert!(late.contains("longer than 0.1 s"), "{late}");
        }
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn no_part_of_a_key_is_shown() {
        let source = KeySource::Fixed("csk-canary-1234".into());
        let shown = format!(
            "{source:?} {} {:?}",
            source.describe(),
            bearer(&"csk-canary-1234".into())
        );
        assert!(!shown.contains("canary"), "{shown}");
        let key = SecretString::from("csk-canary-1234");
        assert_eq!(
            hide("bad key csk-canary-1234!", Some(&key)),
            "bad key [key hidden]!"
        );
    }
}
