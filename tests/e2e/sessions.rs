//! Sessions come back as they looked; two instances leave each other alone.

use crate::harness::{Home, Stage, Workbench};

/// Holds a talk of one turn and leaves.
fn talk(home: &Home, stage: &Stage, prompt: &str, answer: &str) {
    let mut workbench = Workbench::open(home, (100, 24), &[]);
    workbench.send(prompt);
    stage.next().answer(answer);
    workbench.until("the answer", |s| s.has(answer) && s.has("Enter send"));
    workbench.quit();
}

fn listed(home: &Home) -> Vec<(String, String)> {
    let list = home.run(&["history", "list", "--json"]).exits(0).json();
    let sessions = list.as_array().expect("a list").iter();
    sessions
        .map(|s| {
            let text = |key: &str| s[key].as_str().expect("a text").to_owned();
            (text("id"), text("title"))
        })
        .collect()
}

#[test]
fn a_session_comes_back_with_its_title_and_goes_on() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    talk(&home, &stage, "about the old house", "it stands on a hill");
    talk(&home, &stage, "about the garden", "it lies by the river");

    let mut workbench = Workbench::open(&home, (100, 24), &["-r"]);
    let shown = workbench.until("the newest", |s| {
        s.has("┃ about the garden") && s.has("it lies by the river")
    });
    assert!(
        shown.rows[0].contains("about the garden"),
        "{}",
        shown.rows[0]
    );
    workbench.send("how large?");
    let answer = stage.next();
    let messages = answer.request["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 3);
    answer.answer("three acres");
    workbench.until("the answer", |s| {
        s.has("three acres") && s.has("Enter send")
    });

    // The picker opens the other one.
    workbench.key("ctrl-x");
    workbench.key("l");
    workbench.until("the other session", |s| {
        s.has("Sessions") && s.has("about the old house")
    });
    workbench.type_text("zzz");
    workbench.until_gone("about the old house");
    workbench.key("ctrl-u");
    workbench.until_text("about the old house");
    workbench.key("enter");
    workbench.until("it", |s| {
        s.has("it stands on a hill") && s.rows[0].contains("about the old house")
    });
    workbench.quit();

    let sessions = listed(&home);
    assert_eq!(sessions.len(), 2);
    let (id, _) = sessions
        .iter()
        .find(|(_, title)| title == "about the old house")
        .expect("the old one");
    let (_, short) = id.split_at(id.len() - 8);
    let named = Workbench::open(&home, (100, 24), &["-r", short]);
    named.until_text("it stands on a hill");
    named.quit();
}

#[test]
fn two_instances_leave_each_other_alone() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut one = Workbench::open(&home, (100, 24), &[]);
    let mut two = Workbench::open(&home, (100, 24), &[]);
    one.send("from the first");
    let mut first = stage.next();
    two.send("from the second");
    let mut second = stage.next();
    for round in 0..10 {
        first.say(&format!("plum{round} "));
        second.say(&format!("pear{round} "));
    }
    first.finish();
    second.finish();
    one.until("its own answer", |s| s.has("plum9") && s.has("Enter send"));
    two.until("its own answer", |s| s.has("pear9") && s.has("Enter send"));
    assert!(!one.shown().has("pear9") && !two.shown().has("plum9"));

    // A session that is open elsewhere opens as a copy, which names the process that has the original.
    let (id, _) = listed(&home)
        .into_iter()
        .find(|(_, title)| title == "from the first")
        .expect("the first");
    let mut copy = Workbench::open(&home, (100, 24), &["-r", &id]);
    let pid = format!("pid {}", one.pid());
    copy.until("the copy", |s| {
        s.has("plum9") && s.has("from the first (copy)") && s.says(&pid) && s.says("a copy of it")
    });
    copy.send("in the copy");
    stage.next().answer("kept apart");
    copy.until("its answer", |s| s.has("kept apart") && s.has("Enter send"));
    copy.quit();
    let refused = home.run(&["history", "delete", &id]).exits(6);
    assert!(refused.stderr.contains(&pid), "{}", refused.stderr);
    home.run(&["history", "rename", &id, "other"]).exits(6);
    let copied = |(_, title): &(String, String)| title == "from the first (copy)";
    let (copied, _) = listed(&home).into_iter().find(copied).expect("the copy");
    home.run(&["history", "delete", &copied]).exits(0);
    // Without a name the newest that nobody has open is taken: there is none.
    let third = Workbench::open(&home, (100, 24), &["-r"]);
    third.until_text("new session");
    third.quit();

    one.quit();
    two.quit();
    let transcripts = home.transcripts();
    assert_eq!(transcripts.len(), 2);
    for transcript in transcripts {
        let text = std::fs::read_to_string(transcript).expect("text");
        assert_ne!(
            text.contains("plum9"),
            text.contains("pear9"),
            "mixed sessions"
        );
    }
}

#[test]
fn a_new_session_begins_empty_and_keeps_the_one_before() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("before");
    stage.next().answer("the old answer");
    workbench.until("it", |s| s.has("the old answer") && s.has("Enter send"));
    workbench.key("ctrl-x");
    workbench.key("n");
    workbench.until("an empty one", |s| {
        s.has("new session") && !s.has("the old answer")
    });
    workbench.send("after");
    stage.next().answer("the new answer");
    workbench.until("it", |s| s.has("the new answer") && s.has("Enter send"));
    workbench.quit();
    let titles: Vec<_> = listed(&home).into_iter().map(|(_, title)| title).collect();
    assert_eq!(titles, ["after", "before"]);
}

#[test]
fn sessions_are_renamed_deleted_and_brought_back() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    talk(&home, &stage, "about the old house", "it stands on a hill");
    talk(&home, &stage, "about the garden", "it lies by the river");

    let mut workbench = Workbench::open(&home, (120, 30), &[]);
    let list = |workbench: &mut Workbench| {
        workbench.key("ctrl-x");
        workbench.key("l");
        workbench.until("the list", |s| s.has("Ctrl-T new") && !s.has("reading"));
    };
    list(&mut workbench);
    workbench.until("a glance at the newest", |s| s.has("it lies by the river"));
    workbench.key("down");
    workbench.until("a glance at the other", |s| s.has("it stands on a hill"));
    workbench.key("ctrl-r");
    workbench.until_text("Rename the session");
    workbench.type_text(", sold");
    workbench.key("enter");
    workbench.until_text("about the old house, sold");
    workbench.key("ctrl-d");
    workbench.until("it to go", |s| {
        !s.has("about the old house, sold") || s.says("in the trash")
    });
    workbench.key("esc");
    workbench.until("what happened", |s| {
        s.says("is in the trash for 30 days") && !s.has("Ctrl-T new")
    });
    assert_eq!(listed(&home).len(), 1);
    list(&mut workbench);
    workbench.key("ctrl-z");
    workbench.until("both", |s| {
        s.has("about the old house, sold") && s.has("about the garden")
    });
    workbench.key("esc");
    workbench.until_gone("Ctrl-T new");
    workbench.quit();
    let titles: Vec<_> = listed(&home).into_iter().map(|(_, title)| title).collect();
    assert_eq!(titles, ["about the old house, sold", "about the garden"]);

    // The same without a screen.
    let (id, _) = listed(&home).remove(1);
    let (_, short) = id.split_at(id.len() - 8);
    home.run(&["history", "rename", short, "roses"]).exits(0);
    assert_eq!(listed(&home)[0].1, "roses");
    home.run(&["history", "rename", short, " "]).exits(2);
    home.run(&["history", "delete", short]).exits(0);
    assert_eq!(listed(&home).len(), 1);
    home.run(&["history", "delete", short]).exits(2);
    let trash = home.run(&["history", "list", "--deleted"]).exits(0);
    assert!(trash.stdout.contains("roses"), "{}", trash.stdout);
    home.run(&["history", "restore", short]).exits(0);
    assert_eq!(listed(&home).len(), 2);
    home.run(&["history", "restore", short]).exits(2);
}

#[test]
fn a_suspended_instance_keeps_its_session() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut one = Workbench::open(&home, (100, 24), &[]);
    one.send("mine");
    stage.next().answer("all of it");
    one.until("it", |s| s.has("all of it") && s.has("Enter send"));
    one.signal(rustix::process::Signal::STOP);

    let (id, _) = listed(&home).remove(0);
    let pid = one.pid().to_string();
    let list = home.run(&["history", "list"]).exits(0).stdout;
    assert!(list.contains(&format!("open in pid {pid}")), "{list}");
    let copy = Workbench::open(&home, (100, 24), &["-r", &id]);
    copy.until("the copy", |s| s.has("mine (copy)") && s.says(&pid));
    copy.quit();
    // The list marks it, and keeps it.
    let mut two = Workbench::open(&home, (130, 30), &[]);
    two.key("ctrl-x");
    two.key("l");
    two.until("the mark", |s| s.says(&format!("open in pid {pid}")));
    two.type_text("open in pid");
    two.until("it alone", |s| !s.has("mine (copy)"));
    two.key("ctrl-d");
    two.until("it again", |s| s.says(&format!("open in pid {pid}")));
    two.key("esc");
    two.until("the reason", |s| {
        s.says("not deleted") && !s.has("Ctrl-T new")
    });
    two.quit();
    assert_eq!(listed(&home).len(), 1, "the copy was only looked at");
    one.signal(rustix::process::Signal::CONT);
    one.quit();
}

#[test]
fn a_session_is_left_and_opened_again_and_again() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    talk(&home, &stage, "about the old house", "it stands on a hill");
    let mut workbench = Workbench::open(&home, (100, 24), &["-r"]);
    workbench.until_text("it stands on a hill");
    for _ in 0..4 {
        workbench.key("ctrl-x");
        workbench.key("n");
        workbench.until("a new session", |s| s.rows[0].contains("new session"));
        workbench.key("ctrl-x");
        workbench.key("l");
        workbench.until("the list", |s| s.has("› about the old house"));
        workbench.key("enter");
        workbench.until("the session", |s| {
            s.has("┃ about the old house") && s.rows[0].contains("about the old house")
        });
        assert!(!workbench.shown().has("(copy)"));
    }
    // What is asked there is written there.
    workbench.send("how large?");
    stage.next().answer("three acres");
    workbench.until("the answer", |s| {
        s.has("three acres") && s.has("Enter send")
    });
    workbench.quit();
    let [(id, _)] = listed(&home).try_into().expect("one session");
    let text = home.run(&["history", "show", &id]).exits(0).stdout;
    assert!(
        text.contains("it stands on a hill") && text.contains("three acres"),
        "{text}"
    );
}

#[test]
fn a_title_that_holds_the_key_in_use_is_saved_without_it() {
    let mut home = Home::new();
    home.run(&["ask", "--mock", "hello"]).exits(0);
    home.set("CEREBRAS_API_KEY", "csk-canary-of-a-title");
    let (id, _) = listed(&home).remove(0);
    let title = "for csk-canary-of-a-title";
    home.run(&["history", "rename", &id, title]).exits(0);
    assert_eq!(listed(&home)[0].1, "for [key hidden]");
}
