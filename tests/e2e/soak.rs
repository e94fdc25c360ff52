//! Sixteen panes under random faults, turn after turn: every answer ends, nothing that came is lost, memory stays flat.
//! A quarter of a minute with every run; `WAFERDECK_SOAK_SECONDS=1800` for a long one, whose figures are printed.

mod server;

use std::{fs, time::Duration};

use tokio::time::Instant;

use self::server::{Faults, PANES};
use crate::harness::{DEADLINE, Home, Workbench, eventually};

/// Turns before a new session, which lets go of what the old one held.
const TURNS: usize = 6;
/// Without a wish for more.
const SECONDS: u64 = 15;
/// From here on memory is judged: before, its parts still grow to their bounds.
const LONG: u64 = 600;

#[test]
fn sixteen_panes_survive_random_faults() {
    let wish = std::env::var("WAFERDECK_SOAK_SECONDS");
    let seconds = wish.map_or(SECONDS, |s| s.parse().expect("whole seconds"));
    let end = Instant::now() + Duration::from_secs(seconds);
    let faults = Faults::serve(seconds);
    let mut home = Home::with_config(&format!(
        "default_profile = \"t\"\n[providers.t]\nbase_url = \"{}\"\napi_key_env = \"T_KEY\"\nmodel = \"m\"\n\
         max_retries = 2\ninitial_delay = 0.02\nmax_delay = 0.2\nidle_timeout = 1\nfirst_event_timeout = 1\n\
         timeout = 2\nbreaker_pause = 1",
        faults.url()
    ));
    home.set("T_KEY", "any");
    let mut workbench = Workbench::open(&home, (200, 50), &["-m", "m"].repeat(PANES));
    let mut disk = Disk::default();
    let mut memory = Vec::new();
    let mut turns = 0;
    while Instant::now() < end {
        if turns > 0 && turns % TURNS == 0 {
            workbench.key("ctrl-x");
            workbench.type_text("n");
            workbench.until("a new session", |s| !s.has("turn "));
            memory.push(resident(workbench.pid()));
        }
        turns += 1;
        let is_stopped = turns % 5 == 0;
        let (columns, rows) = if turns % 3 == 0 { (100, 30) } else { (200, 50) };
        workbench.resize(columns, rows);
        let asked = faults.asked();
        workbench.send(&format!(
            "turn {turns}{}",
            if is_stopped { " stopped" } else { "" }
        ));
        if is_stopped {
            eventually("half of the requests", || {
                (faults.asked() >= asked + PANES / 2 || disk.ends(&home) == turns * PANES)
                    .then_some(())
            });
            workbench.key("ctrl-x");
            workbench.type_text(".");
        }
        let deadline = Instant::now() + DEADLINE / 2;
        eventually("the ends", || {
            let ended = disk.ends(&home);
            assert!(
                Instant::now() < deadline,
                "turn {turns}: {ended} of {} have ended\n{}",
                turns * PANES,
                workbench.shown().text()
            );
            (ended == turns * PANES).then_some(())
        });
        workbench.until("rest", |s| s.has(" Enter send "));
    }
    workbench.quit();

    let kept: String = home
        .transcripts()
        .iter()
        .map(|path| fs::read_to_string(path).expect("a transcript"))
        .collect();
    let said = faults.said();
    let lost: Vec<_> = said.iter().filter(|mark| !kept.contains(*mark)).collect();
    assert!(
        lost.is_empty(),
        "{} of {}: {lost:?}",
        lost.len(),
        said.len()
    );
    let figures = faults.figures();
    println!("{turns} turns, {} marks, {figures}", said.len());
    println!("resident KiB at each new session: {memory:?}");
    if seconds >= LONG {
        let quarter = memory.len() / 4;
        let mean = |part: &[u64]| part.iter().sum::<u64>() / part.len().max(1) as u64;
        let (before, after) = (
            mean(&memory[quarter..2 * quarter]),
            mean(&memory[3 * quarter..]),
        );
        println!("mean of the second quarter {before} KiB, of the last {after} KiB");
        assert!(after < before + before / 20, "memory grows: {memory:?}");
    }
}

/// What the transcripts hold, read on where the last look ended.
#[derive(Default)]
struct Disk {
    /// How much of each file was counted.
    read: std::collections::BTreeMap<std::path::PathBuf, usize>,
    ends: usize,
}

impl Disk {
    /// Answers that have ended.
    fn ends(&mut self, home: &Home) -> usize {
        for path in home.transcripts() {
            let bytes = fs::read(&path).expect("a transcript");
            let read = self.read.entry(path).or_default();
            let new = bytes.get(*read..).unwrap_or_default();
            let whole = new.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let text = String::from_utf8_lossy(&new[..whole]);
            self.ends += text
                .lines()
                .filter(|l| l.contains("\"kind\":\"end\""))
                .count();
            *read += whole;
        }
        self.ends
    }
}

/// Kibibytes of memory that the process has.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let number = line.and_then(|l| l.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).expect("a number")
}
