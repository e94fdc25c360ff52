//! A session that is open elsewhere is looked at as a copy, which goes when nothing was added to it.

use crate::harness::{Home, Stage, Workbench};

fn titles(home: &Home, list: &[&str]) -> Vec<String> {
    let list = home.run(list).exits(0).json();
    let sessions = list.as_array().expect("a list").iter();
    sessions
        .map(|s| s["title"].as_str().expect("a title").to_owned())
        .collect()
}

#[test]
fn looking_at_a_session_that_is_open_elsewhere_leaves_no_copy() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut one = Workbench::open(&home, (100, 24), &[]);
    one.send("about the sea");
    stage.next().answer("it is wide");
    one.until("the answer", |s| s.has("it is wide") && s.has("Enter send"));

    let sessions = ["history", "list", "--json"];
    let deleted = ["history", "list", "--deleted", "--json"];
    let listed = home.run(&sessions).exits(0).json();
    let id = listed[0]["id"].as_str().expect("an id").to_owned();
    let mut two = Workbench::open(&home, (100, 24), &["-r", &id]);
    two.until("the copy", |s| {
        s.has("about the sea (copy)") && s.says("it stays if you add to it")
    });
    assert_eq!(titles(&home, &sessions).len(), 2);
    // Leaving it for a new session is leaving, too.
    two.key("ctrl-x");
    two.key("n");
    two.until_text("new session");
    crate::harness::eventually("the copy is gone", || {
        (titles(&home, &sessions).len() == 1).then_some(())
    });
    two.quit();

    let three = Workbench::open(&home, (100, 24), &["-r", &id]);
    three.until_text("about the sea (copy)");
    three.quit();
    assert_eq!(titles(&home, &sessions), ["about the sea"]);
    let gone = "about the sea (copy)";
    assert_eq!(titles(&home, &deleted), [gone, gone]);
    one.quit();
}
