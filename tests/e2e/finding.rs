//! A reader's tools in a real terminal: text is found while more of it comes, selected, and copied as it was written.

use crate::harness::{Home, Sequence, Stage, Workbench, sequences};

#[test]
fn what_is_found_is_selected_and_copied() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 20), &[]);
    workbench.send("where is the needle?");
    let mut answer = stage.next();
    for number in 1..=60 {
        answer.say(&format!("straw number {number}\n\n"));
    }
    answer.say("The **needle** lies here,\nin the hay.\n\n```sh\nfind needle\n```\n\n");
    for number in 61..=120 {
        answer.say(&format!("straw number {number}\n\n"));
    }
    workbench.until_text("straw number 120");
    workbench.key("tab");
    workbench.key("g");
    workbench.until_text("where is the needle?");
    workbench.key("/");
    workbench.type_text("needle");
    workbench.until_text("1 of 3");
    workbench.key("enter");
    workbench.key("n");
    workbench.until("the needle", |s| {
        s.has("2 of 3") && s.has("The needle lies here,")
    });
    answer.say("One more needle.");
    workbench.until("the count grows and nothing moves", |s| {
        s.has("2 of 4") && s.has("The needle lies here,")
    });
    answer.finish();
    workbench.key("v");
    workbench.until("a line", |s| {
        s.has("SELECT")
            && s.row_with("▸")
                .is_some_and(|row| row.contains("The needle"))
    });
    workbench.key("b");
    workbench.key("y");
    workbench.until_text("selection (2 lines) sent to the terminal's clipboard (OSC 52)");
    let said = sequences(&workbench.raw());
    let copies = said.into_iter().filter_map(|s| match s {
        Sequence::Long(']', text) => text.strip_prefix("52;c;").map(str::to_owned),
        _ => None,
    });
    // `The **needle** lies here,\nin the hay.`
    let copies: Vec<String> = copies.collect();
    assert_eq!(
        copies,
        ["VGhlICoqbmVlZGxlKiogbGllcyBoZXJlLAppbiB0aGUgaGF5Lg=="]
    );
    workbench.key("tab");
    workbench.quit();
}
