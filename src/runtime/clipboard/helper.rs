//! The programs that own a desktop's clipboard: how they are called, and how a text is given to one.
//!
//! Which of them are tried is decided above.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::{Child, ChildStdin, ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt,
    net::unix::pipe::Sender,
    time::{sleep, timeout},
};

use crate::runtime::programs::Programs;

/// A helper that takes longer waits for a display that is not there.
const HELPER_LIMIT: Duration = Duration::from_secs(2);

/// A program that owns the desktop's clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helper {
    /// Of Wayland.
    WlCopy,
    /// Of X11.
    Xclip,
    /// Of X11 as well.
    Xsel,
    /// Of macOS.
    Pbcopy,
}

impl Helper {
    /// How it is called.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::WlCopy => &["wl-copy"],
            Self::Xclip => &["xclip", "-selection", "clipboard", "-in"],
            Self::Xsel => &["xsel", "--clipboard", "--input"],
            Self::Pbcopy => &["pbcopy"],
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.command().first().copied().unwrap_or_default()
    }
}

/// Gives `text` to the first helper that takes it.
pub(in crate::runtime) async fn by_helper(
    helpers: Vec<Helper>,
    programs: &Programs,
    text: &str,
) -> Option<Helper> {
    for helper in helpers {
        match run(programs, helper.command(), text, HELPER_LIMIT).await {
            Ok(status) if status.success() => return Some(helper),
            Ok(status) => tracing::warn!(helper = helper.name(), %status, "a copy failed"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(helper = helper.name(), %error, "a copy failed"),
        }
    }
    None
}

/// Runs a program with `text` on its standard input, and kills it when it takes too long.
async fn run(
    programs: &Programs,
    command: &[&str],
    text: &str,
    limit: Duration,
) -> io::Result<ExitStatus> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut child = programs
        .command(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What stays behind to serve the clipboard is not to be reached by Ctrl-C and hang-ups of this terminal.
        .process_group(0)
        .spawn()?;
    let input = child.stdin.take();
    let both = async { tokio::try_join!(feed(input, text), end(&mut child)) };
    // A child of a program that has ended may keep the pipe open and never read it.
    let outcome = match timeout(limit, both).await {
        Ok(outcome) => outcome.map(|((), status)| status),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    };
    if outcome.is_err() && matches!(child.try_wait(), Ok(None)) {
        kill(&mut child);
    }
    outcome
}

/// Writes `text` into a pipe and closes it.
async fn feed(input: Option<ChildStdin>, text: &str) -> io::Result<()> {
    match input {
        Some(input) => {
            let mut input = Sender::from_owned_fd(OwnedFd::from(input))?;
            input.write_all(text.as_bytes()).await
        }
        None => Ok(()),
    }
}

pub(in crate::runtime) async fn end(child: &mut Child) -> io::Result<ExitStatus> {
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(status),
            None => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Ends a program with all that it started. It may have ended in between, and then there is nobody to tell.
pub(in crate::runtime) fn kill(child: &mut Child) {
    let group = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_helper_gets_the_text_and_not_forever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        let script = format!("cat > '{}'", path.display());
        let long = "line\n".repeat(100_000);
        let limit = Duration::from_secs(20);
        let programs = Programs::default();
        let status = run(&programs, &["sh", "-c", &script], &long, limit)
            .await
            .unwrap();
        assert!(status.success());
        assert_eq!(fs::read_to_string(path).unwrap(), long);

        let short = Duration::from_millis(50);
        let stuck = [
            &["sleep", "60"][..],
            // It ends at once, and leaves somebody who keeps the pipe and does not read it.
            &["sh", "-c", "exec 3<&0; sleep 5 & exit 0"],
        ];
        for command in stuck {
            let late = run(&programs, command, &long, short).await.unwrap_err();
            assert_eq!(late.kind(), io::ErrorKind::TimedOut, "{command:?}");
        }
        let none = run(&programs, &["waferdeck-no-such-program"], "", limit).await;
        assert_eq!(none.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
