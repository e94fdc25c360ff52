//! Nothing happens while nothing happens: no processor time, no bytes to the terminal.
#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use tokio::time::Instant;

use crate::harness::{Home, Workbench, eventually, hold};

/// How long nothing may happen.
const WATCHED: Duration = Duration::from_secs(2);
/// What is kept a second after a change is kept by then.
const REST: Duration = Duration::from_millis(1500);
/// The kernel counts in ticks of 10 ms and rounds; two is nothing.
const TICKS: u64 = 2;

/// Watches a workbench until it does nothing for the whole time.
fn does_nothing(workbench: &Workbench) {
    // Notices and timers run out first; a workbench that never rests does not get past this.
    let mut seen = (workbench.written(), ticks(workbench.pid()), Instant::now());
    eventually("rest", || {
        let now = (workbench.written(), ticks(workbench.pid()));
        if (seen.0, seen.1) != now {
            seen = (now.0, now.1, Instant::now());
        }
        (seen.2.elapsed() > REST).then_some(())
    });
    let (written, spent) = (workbench.written(), ticks(workbench.pid()));
    hold(WATCHED, || {
        assert_eq!(workbench.written(), written, "it wrote to the terminal");
    });
    let now = ticks(workbench.pid());
    assert!(now - spent <= TICKS, "{spent} to {now} ticks");
}

#[test]
fn an_idle_workbench_costs_nothing() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (120, 40), &[]);
    does_nothing(&workbench);
    workbench.send("hello");
    workbench.until("the answer", |s| {
        s.has("tokens · TTFT") && s.has("Enter send")
    });
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    does_nothing(&workbench);
}

/// Processor time in ticks, user and system, of all its threads.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // The name before it may hold anything; utime and stime are the 14th and 15th field of the line.
    let fields = stat.rsplit(") ").next().expect("fields").split(' ');
    let times = fields.skip(11).take(2);
    times.map(|t| t.parse::<u64>().expect("a number")).sum()
}
