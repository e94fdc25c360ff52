//! The sidebar is scrolled in a real terminal: function keys and the wheel as terminals without a protocol of their own
//! send them.

use crate::harness::{Home, Workbench};

#[test]
fn keys_and_the_wheel_scroll_the_sidebar() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("Which is the largest planet?");
    workbench.until("an answer with more figures than rows", |s| {
        s.has("LATENCY") && s.has("below, F8") && s.has("· TTFT")
    });
    workbench.key("f8");
    workbench.until("the next page", |s| s.has("above, F7") && !s.has("SPEED"));
    workbench.key("f7");
    workbench.until("the first page", |s| s.has("SPEED") && !s.has("above, F7"));
    workbench.key("f9");
    workbench.until_text("mouse");
    // A notch down over the sidebar, at column 90 and row 10.
    workbench.bytes(b"\x1b[<65;90;10M");
    workbench.until_text("1 section above, F7");
    workbench.bytes(b"\x1b[<64;90;10M");
    workbench.until_gone("above, F7");
    workbench.quit();
}

#[test]
fn over_the_panes_it_is_scrolled_to_its_end() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (60, 15), &[]);
    workbench.send("Which is the largest planet?");
    workbench.until_text("TTFT");
    workbench.key("ctrl-x");
    workbench.key("b");
    workbench.until_text("below, PgDn shows them");
    workbench.key("end");
    workbench.until("the last page", |s| {
        s.has("above, PgUp shows them") && !s.has("below, PgDn")
    });
    workbench.key("esc");
    workbench.until_gone("Figures");
    workbench.quit();
}
