//! Runs the command that prints a key: for a bounded time, without the variables of other keys, and not past its reader.
//!
//! Only what it prints and how it ended is looked at; its standard error is nobody's.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout_at};

use super::MAX_KEY;

/// A longer name is no program's, but perhaps a key.
const MAX_NAME: usize = 24;

/// What `line` prints within `limit`. It gets none of the variables `without`: they hold other keys.
pub(super) async fn run(
    line: &str,
    without: &[String],
    limit: Duration,
) -> Result<SecretString, String> {
    let deadline = Instant::now() + limit;
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // It may quote the key.
        .stderr(Stdio::null());
    for name in without {
        command.env_remove(name);
    }
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
            stdout.take(MAX_KEY + 1).read_to_string(&mut text)?;
        }
        std::io::Result::Ok(SecretString::from(text))
    });
    let late = || format!("took longer than {} s", limit.as_secs_f32());
    let text = timeout_at(deadline, reading)
        .await
        .map_err(|_| late())?
        .map_err(|e| e.to_string())?
        .map_err(|e| format!("gave no text: {e}"))?;
    if text.expose_secret().len() as u64 > MAX_KEY {
        return Err("printed more than a key".to_owned());
    }
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

/// The program that `line` starts, where it is plain to see: what stands elsewhere in the line may be a secret.
pub(super) fn program(line: &str) -> Option<&str> {
    let word = line.split_whitespace().next()?;
    let word = word
        .strip_prefix('\'')
        .map_or(Some(word), |w| w.strip_suffix('\''))?;
    let name = word.rsplit('/').next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    (!name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_plain)).then_some(name)
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

    #[tokio::test]
    async fn a_command_that_hangs_ends_with_its_children() {
        let began = Instant::now();
        for line in ["sleep 60", "sleep 60 & true"] {
            let late = run(line, &[], Duration::from_millis(100))
                .await
                .unwrap_err();
            assert!(late.contains("longer than 0.1 s"), "{late}");
        }
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[tokio::test]
    async fn it_gets_the_environment_but_for_what_holds_keys() {
        let limit = Duration::from_secs(10);
        let line = "echo \"${PATH:+path}${CARGO_PKG_NAME}\"";
        let all = run(line, &[], limit).await.unwrap();
        assert_eq!(all.expose_secret(), "pathwaferdeck\n");
        let without = ["CARGO_PKG_NAME".to_owned()];
        let less = run(line, &without, limit).await.unwrap();
        assert_eq!(less.expose_secret(), "path\n");
    }

    #[tokio::test]
    async fn what_is_too_long_for_a_key_is_not_cut_to_one() {
        let limit = Duration::from_secs(10);
        for (bytes, expected) in [
            (MAX_KEY, Ok(())),
            (MAX_KEY + 1, Err("printed more than a key")),
        ] {
            let line = format!("head -c {bytes} /dev/zero | tr '\\0' x");
            let outcome = run(&line, &[], limit).await;
            assert_eq!(
                outcome.map(drop),
                expected.map_err(str::to_owned),
                "{bytes}"
            );
        }
    }

    #[test]
    fn the_program_is_named_and_nothing_else_of_the_line() {
        for (line, expected) in [
            ("pass show cerebras", Some("pass")),
            ("'/usr/bin/op' 'read' 'op://x/y'", Some("op")),
            ("sleep", Some("sleep")),
            ("TOKEN=csk-canary vault read x", None),
            ("'a b' c", None),
            ("$(echo csk-canary)", None),
            ("csk-canary-0123456789-0123456789", None),
            ("", None),
        ] {
            assert_eq!(program(line), expected, "{line}");
        }
    }

    #[tokio::test]
    async fn what_it_complains_of_is_not_told() {
        let line = "echo csk-canary-0123456789 >&2; exit 3";
        let error = run(line, &[], Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(error, "failed (exit status: 3)");
    }
}
