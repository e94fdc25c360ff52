//! CPU time and memory of another process, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::Outcome;

/// The kernel's clock ticks in `/proc`, the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// CPU time that a process has used so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Of each living thread, exact.
    threads: BTreeMap<u32, Duration>,
    /// Of all threads, also ended ones, in whole ticks.
    all: Duration,
}

impl Usage {
    pub(crate) fn read(pid: u32) -> Outcome<Self> {
        let mut threads = BTreeMap::new();
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?;
            // A thread may end between listing and reading.
            let Ok(schedstat) = fs::read_to_string(task.path().join("schedstat")) else {
                continue;
            };
            let nanos = schedstat.split_whitespace().next().unwrap_or("0").parse()?;
            let id = task.file_name().to_string_lossy().parse()?;
            threads.insert(id, Duration::from_nanos(nanos));
        }
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("an odd /proc/PID/stat")?;
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u32>)
            .sum::<Result<u32, _>>()?;
        Ok(Self {
            threads,
            all: TICK * ticks,
        })
    }

    /// What was used since `before`. Threads that ended in between are missing from the exact count, so the coarse one
    /// counts where it is clearly larger.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let exact: Duration = self
            .threads
            .iter()
            .map(|(id, used)| {
                used.saturating_sub(before.threads.get(id).copied().unwrap_or_default())
            })
            .sum();
        let coarse = self.all.saturating_sub(before.all);
        exact.max(coarse.saturating_sub(TICK * 2))
    }
}

/// The most memory a process has held, in KiB.
pub(crate) fn peak_memory(pid: u32) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM in /proc/PID/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
