//! Starting and leaving.

use crate::harness::{Home, Workbench};

#[test]
fn the_workbench_starts_and_gives_the_terminal_back() {
    let home = Home::new();
    let workbench = Workbench::open(&home, (80, 24), &[]);
    let shown = workbench.until_text("MOCK");
    println!("{}", shown.text());
    workbench.quit();
}
