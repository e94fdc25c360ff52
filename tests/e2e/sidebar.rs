//! The sidebar's keys in a real terminal, where Tab and the leader key have to arrive as what they are.
//! What it shows is the matter of the pictures.

use crate::harness::{Home, Workbench};

#[test]
fn two_panes_are_ranked_and_one_is_shown_in_depth() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (120, 40), &[]);
    workbench.until_text("published speed");
    workbench.key("ctrl-x");
    workbench.key("v");
    workbench.until_text("PANES BY SPEED");
    workbench.send("Write a stable merge sort in Rust");
    workbench.until("two that answered", |s| s.has("★") && s.has("broadcast"));
    workbench.key("ctrl-x");
    workbench.key("k");
    workbench.until_text("PANES BY TTFT");
    workbench.key("ctrl-x");
    workbench.key("tab");
    workbench.until("one in depth", |s| {
        s.has("first answer") && !s.has("PANES BY")
    });
    workbench.quit();
}

#[test]
fn on_a_narrow_screen_the_sidebar_lies_over_the_panes() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (90, 30), &[]);
    workbench.until_text("Ask something");
    workbench.key("ctrl-x");
    workbench.key("b");
    workbench.until_text("beside the panes from 96 columns on");
    workbench.key("tab");
    workbench.until_text("SESSION");
    workbench.key("tab");
    workbench.until_text("DIAGNOSTICS");
    workbench.key("esc");
    workbench.until("the panes alone", |s| !s.has("DIAGNOSTICS"));
    workbench.quit();
}
