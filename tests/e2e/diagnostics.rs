//! The program's own figures after an answer that came over a socket and went to a real terminal.
//! How they are counted is tested beside the meter.

use crate::harness::{Home, Workbench};

#[test]
fn an_answer_leaves_its_lag_and_its_frames() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (120, 40), &[]);
    workbench.until_text("Ask something");
    workbench.send("Write a stable merge sort in Rust");
    workbench.until_text("first answer");
    workbench.until("the end", |s| s.has("connection"));
    workbench.key("ctrl-x");
    workbench.key("tab");
    workbench.until_text("SESSION");
    workbench.key("ctrl-x");
    workbench.key("tab");
    workbench.until("figures of frames", |s| {
        s.has("LONGEST") && s.has("dropped:") && !s.has("no frame has shown text yet")
    });
    workbench.quit();
}
