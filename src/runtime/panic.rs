//! What happens when the program itself is wrong: one that owns the terminal gives it back and says so in one line;
//! one inside a task leaves the screen alone, since its pane says so.

use std::{
    backtrace::Backtrace,
    io::{self, Write},
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    thread::{self, ThreadId},
};

use super::{clock, terminal};
use crate::files;

/// Installs the hook. `owner` is the thread that draws; reports go to `state_dir`.
pub fn install(owner: ThreadId, state_dir: PathBuf) {
    std::panic::set_hook(Box::new(move |info| {
        let report = write_report(&state_dir, info);
        // A terminal that takes nothing would not take the sentence either.
        if thread::current().id() == owner && terminal::leave() {
            tell(info, report.as_deref());
        }
    }));
}

/// The place, never the message: a message may quote what was typed or received.
fn place(info: &PanicHookInfo<'_>) -> String {
    info.location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string)
}

fn tell(info: &PanicHookInfo<'_>, report: Option<&Path>) {
    let place = place(info);
    let report = report.map_or_else(String::new, |p| format!(", the report is {}", p.display()));
    // Printing to a closed standard error must not panic here: that would abort before anything is flushed.
    let _ = writeln!(
        io::stderr(),
        "waferdeck stopped because of a defect at {place}; what was saved is safe{report}"
    );
}

fn write_report(state_dir: &Path, info: &PanicHookInfo<'_>) -> Option<PathBuf> {
    files::create_folder(state_dir).ok()?;
    let path = state_dir.join(format!(
        "panic-{}-{}.txt",
        clock::wall().0,
        std::process::id()
    ));
    let mut file = files::create(&path).ok()?;
    let name = thread::current().name().unwrap_or("unnamed").to_owned();
    writeln!(
        file,
        "waferdeck {} stopped at {} in thread {name}\n\n{}",
        env!("CARGO_PKG_VERSION"),
        place(info),
        Backtrace::force_capture()
    )
    .ok()?;
    Some(path)
}
