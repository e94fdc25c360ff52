//! A prompt and its answer.

use crate::harness::{Home, Workbench};

#[test]
fn an_answer_streams_with_its_figures_beside_it() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (120, 40), &[]);
    workbench.send("Write a stable merge sort in Rust");
    let shown = workbench.until_text("TTFT");
    println!("{}", shown.text());
    let shown = workbench.until_text("tok/s server");
    println!("{}", shown.text());
    workbench.quit();
}
