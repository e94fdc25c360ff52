//! `--debug-http FILE`: all that goes over the wire, a JSON object a line, for jq and for reports of defects.
//!
//! Who is heard is `provider`'s; a thread of its own writes, so that nobody who reads a stream waits for a disk.

mod lines;

use std::{
    io::{self, BufWriter, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel},
    },
    thread,
    time::Duration,
};

use self::lines::{Heard, Lines, What};
use super::{Exit, Out, args::Global, fail};
use crate::{
    config::{Config, Size},
    files,
    provider::{Line, Said, Witness},
    runtime::clock,
    text::{SafeText, bytes},
};

/// What waits for the disk: so many things, and so many bytes in them.
const MOST_WAITING: usize = 4 << 10;
const MOST_WAITING_BYTES: usize = 16 << 20;
/// The end waits so long for the disk.
const CLOSING: Duration = Duration::from_secs(2);

/// The file, if it was asked for.
#[derive(Default)]
pub(super) struct Dump(Option<Open>);

struct Open {
    path: PathBuf,
    queue: Arc<Queue>,
    /// What went wrong, when the thread is done.
    done: Receiver<Option<String>>,
}

/// Between those who hear and the thread that writes.
struct Queue {
    sender: SyncSender<Heard>,
    bytes: AtomicUsize,
    lost: AtomicU64,
    closing: AtomicBool,
}

/// Opens the file, if it was asked for.
pub(super) fn open(global: &Global, config: &Config) -> anyhow::Result<Dump> {
    let Some(path) = &global.debug_http else {
        return Ok(Dump::default());
    };
    let shown = SafeText::line(&path.to_string_lossy());
    if config.store.temporary {
        return fail(
            Exit::Usage,
            format!(
                "--debug-http {shown}: prompts and answers would be written, and nothing is to be: leave out --temporary (store.temporary)"
            ),
        );
    }
    // The file grows to this, with what was in it before.
    let most = config.limits.debug_http_bytes;
    let file = match private(path, most) {
        Ok(file) => file,
        Err(why) => return fail(Exit::Usage, format!("--debug-http {shown}: {why}")),
    };
    let (sender, heard) = sync_channel(MOST_WAITING);
    let queue = Arc::new(Queue {
        sender,
        bytes: AtomicUsize::new(0),
        lost: AtomicU64::new(0),
        closing: AtomicBool::new(false),
    });
    let (end, done) = sync_channel(1);
    let (from, secrets) = (Arc::clone(&queue), config.secrets.clone());
    thread::Builder::new()
        .name("debug-http".to_owned())
        .spawn(move || {
            let lines = Lines::new(BufWriter::new(file.file), file.bytes, most.into(), secrets);
            let written = write(lines, &heard, &from);
            let wrong = written.err().map(|e| e.to_string());
            if let Some(error) = &wrong {
                tracing::warn!(error, "the file of --debug-http could not be written on");
            }
            // Nobody listens any more only if the command was dropped.
            let _ = end.send(wrong);
        })?;
    Ok(Dump(Some(Open {
        path: path.clone(),
        queue,
        done,
    })))
}

impl Dump {
    /// Who hears for it.
    pub(super) fn witness(&self) -> Option<Arc<dyn Witness>> {
        let open = self.0.as_ref()?;
        Some(Arc::clone(&open.queue) as _)
    }

    /// What a person should know of it.
    pub(super) fn note(&self) -> Option<String> {
        let path = self.0.as_ref()?.path.to_string_lossy();
        Some(format!(
            "all that is sent and received goes into {}, prompts and answers included",
            SafeText::line(&path)
        ))
    }

    /// Says on standard error what it holds.
    pub(super) fn begin(&self, out: &mut Out) {
        if let Some(note) = self.note() {
            out.note(&note);
        }
    }

    /// Waits until all is written, and says what went wrong.
    pub(super) fn end(self, out: &mut Out) {
        if let Some(wrong) = self.close() {
            out.complain(&wrong);
        }
    }

    /// Waits until all is written, within a bounded time; the result is what went wrong.
    pub(super) fn close(self) -> Option<String> {
        let open = self.0?;
        open.queue.closing.store(true, Ordering::Release);
        // It only wakes the thread; a full queue does as well.
        let _ = open.queue.sender.try_send(Heard::nothing());
        let wrong = match open.done.recv_timeout(CLOSING) {
            Ok(wrong) => wrong?,
            Err(RecvTimeoutError::Timeout) => "the disk is too slow".to_owned(),
            Err(RecvTimeoutError::Disconnected) => "its thread is gone".to_owned(),
        };
        let path = open.path.to_string_lossy();
        Some(format!(
            "--debug-http {} is not whole: {wrong}",
            SafeText::line(&path)
        ))
    }
}

struct Private {
    file: std::fs::File,
    bytes: u64,
}

/// A new file of the person's alone, or the end of one that is.
fn private(path: &Path, most: Size) -> Result<Private, String> {
    let file = files::append(path).map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
            "is a link; name the file itself".to_owned()
        }
        _ => error.to_string(),
    })?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("is no file".to_owned());
    }
    if about.mode() & 0o077 != 0 || about.uid() != rustix::process::geteuid().as_raw() {
        return Err(
            "others can read it: make it yours alone (chmod 600), or name another".to_owned(),
        );
    }
    if about.len() >= most.into() {
        let most = bytes(most.bytes());
        return Err(format!(
            "holds {most} already: name another, or raise limits.debug_http_bytes"
        ));
    }
    let bytes = about.len();
    Ok(Private { file, bytes })
}

/// Writes what is heard until the command ends, or the file is full.
fn write<W: Write>(mut lines: Lines<W>, heard: &Receiver<Heard>, queue: &Queue) -> io::Result<()> {
    lines.about(clock::wall())?;
    while !lines.is_full() {
        let next = match heard.try_recv() {
            Ok(next) => next,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                lines.flush()?;
                if queue.closing.load(Ordering::Acquire) {
                    break;
                }
                match heard.recv() {
                    Ok(next) => next,
                    Err(_) => break,
                }
            }
        };
        queue.bytes.fetch_sub(next.bytes(), Ordering::Relaxed);
        let lost = queue.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            lines.lost(lost, clock::wall())?;
        }
        lines.take(next)?;
    }
    lines.flush()
}

impl Witness for Queue {
    fn hear(&self, of: &Line<'_>, said: Said<'_>) {
        let heard = Heard::new(of, What::of(said), clock::wall());
        let bytes = heard.bytes();
        let waiting = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if waiting + bytes > MOST_WAITING_BYTES || self.sender.try_send(heard).is_err() {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    const MOST: Size = Size::mib(1);

    #[test]
    fn the_file_is_new_and_private_or_one_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wire.ndjson");
        let made = private(&path, MOST).ok().map(|p| p.bytes);
        assert_eq!(made, Some(0));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::write(&path, "before\n").unwrap();
        assert_eq!(private(&path, MOST).ok().map(|p| p.bytes), Some(7));

        let refused = |path: &Path| private(path, MOST).err().unwrap_or_default();
        let full = folder.path().join("full");
        files::append(&full).unwrap().set_len(1 << 20).unwrap();
        assert!(refused(&full).starts_with("holds 1 MiB already"));
        assert!(private(&full, Size::mib(2)).is_ok());
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(refused(&link).contains("is a link"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(refused(&path).contains("others can read it"));
        assert!(!refused(folder.path()).is_empty());
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(!refused(&pipe).is_empty(), "and nobody waits for a reader");
    }

    #[test]
    fn who_reads_a_stream_never_waits_and_what_is_lost_is_counted() {
        let (sender, heard) = sync_channel(2);
        let queue = Queue {
            sender,
            bytes: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            closing: AtomicBool::new(true),
        };
        let line = Line {
            id: "a",
            profile: "p",
            attempt: 1,
            at: Duration::ZERO,
        };
        for _ in 0..5 {
            queue.hear(&line, Said::End("complete"));
        }
        queue.hear(&line, Said::Bytes(&vec![0; MOST_WAITING_BYTES + 1]));
        let mut out = Vec::new();
        let lines = Lines::new(&mut out, 0, MOST.into(), crate::text::Secrets::default());
        write(lines, &heard, &queue).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\"kind\":\"lost\",\"records\":4"), "{text}");
        assert_eq!(queue.bytes.load(Ordering::Relaxed), 0);
    }
}
