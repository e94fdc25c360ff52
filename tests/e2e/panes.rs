//! Several panes in one terminal: prompts go to all of them, and what happens to one is no matter of the others.
//! Arrangements that come back after the end are tried elsewhere.

use crate::harness::{Answering, Home, Mock, Shown, Stage, Workbench};

const WIDE: (u16, u16) = (200, 40);

/// What stands in the pane at `index` of those side by side. In the row of the titles nothing but the rules between panes
/// looks like one.
fn pane(shown: &Shown, index: usize) -> String {
    let titles = shown.rows.get(1).map_or("", String::as_str);
    let mut columns = titles.chars().enumerate().filter(|(_, c)| *c == '│');
    let begin = match index.checked_sub(1) {
        Some(before) => columns.nth(before).map_or(usize::MAX, |(at, _)| at + 1),
        None => 0,
    };
    let end = columns.next().map_or(usize::MAX, |(at, _)| at);
    let part = |row: &String| {
        let part = row.chars().take(end).skip(begin);
        part.collect::<String>().trim_end().to_owned()
    };
    shown.rows.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// The next requests, in the order of their models.
fn requests<const N: usize>(stage: &Stage) -> [Answering; N] {
    let mut all: Vec<_> = (0..N).map(|_| stage.next()).collect();
    all.sort_by_key(|a| a.request["model"].as_str().map(str::to_owned));
    all.try_into().unwrap_or_else(|_| unreachable!("N of them"))
}

#[test]
fn four_panes_stream_at_their_own_pace_and_two_of_them_in_vain() {
    let home = Home::new();
    let models = ["gpt-oss-120b", "qwen-3.8-27b", "mock-break", "mock-limited"];
    let args: Vec<&str> = models.iter().flat_map(|m| ["-m", m]).collect();
    let mut workbench = Workbench::open(&home, WIDE, &args);
    workbench.until_text("to A B C D");
    workbench.send("Write a stable merge sort in Rust");
    let shown = workbench.until("two answers, one cut short, one limited", |s| {
        pane(s, 0).contains("3,000 tok/s")
            && pane(s, 1).contains("1,850 tok/s")
            && pane(s, 2).contains("cut short")
            && pane(s, 3).contains("retry")
    });
    let limited = pane(&shown, 3);
    for part in ["429", "attempt 2 of 5 in ", "server asks", "Esc stops"] {
        assert!(limited.contains(part), "{part}\n{limited}");
    }
    let failed = workbench.until("the end of the retries", |s| pane(s, 3).contains("failed"));
    assert!(
        pane(&failed, 0).contains("3,000 tok/s"),
        "the others are as they were"
    );
    workbench.quit();
    let list = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = list[0]["id"].as_str().expect("an id").to_owned();
    let session = home
        .run(&["history", "show", &id, "--json"])
        .exits(0)
        .json();
    let text = session.to_string();
    for state in ["\"complete\"", "\"cut_short\"", "\"failed\""] {
        assert!(text.contains(state), "{state} is in the transcript");
    }
}

#[test]
fn one_pane_is_stopped_and_another_closed_while_the_third_goes_on() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, WIDE, &["-m", "a", "-m", "b", "-m", "c"]);
    workbench.send("count");
    let [mut a, mut b, mut c] = requests(&stage);
    a.say("one");
    b.say("eins");
    c.say("un");
    workbench.until("three beginnings", |s| {
        pane(s, 0).contains("one") && pane(s, 1).contains("eins") && pane(s, 2).contains("un")
    });
    workbench.key("alt-2");
    workbench.key("esc");
    b.until_hung_up();
    workbench.until("a stopped pane", |s| pane(s, 1).contains("stopped by you"));
    workbench.key("alt-3");
    workbench.key("ctrl-x");
    workbench.key("w");
    c.until_hung_up();
    workbench.until_text("C is closed; its answer was stopped");
    a.say(" two");
    workbench.until("the first to go on", |s| pane(s, 0).contains("one two"));
    a.finish();
    workbench.until_gone("Ctrl-C stop all");
    // What was closed comes back with its text.
    workbench.key("ctrl-x");
    workbench.key("W");
    workbench.until("the closed pane", |s| {
        pane(s, 2).contains("un") && pane(s, 2).contains("stopped by you")
    });
    workbench.quit();
}

#[test]
fn all_answers_stop_at_once() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, WIDE, &["-m", "a", "-m", "b"]);
    workbench.send("count");
    let [a, b] = requests(&stage);
    workbench.until_text("Ctrl-C stop all");
    workbench.key("ctrl-c");
    a.until_hung_up();
    b.until_hung_up();
    workbench.until("two stopped panes", |s| {
        (0..2).all(|i| pane(s, i).contains("stopped by you"))
    });
    workbench.quit();
}

#[test]
fn solo_asks_one_pane_and_the_next_broadcast_says_that_histories_differ() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, WIDE, &["-m", "a", "-m", "b"]);
    workbench.key("ctrl-x");
    workbench.key("a");
    workbench.until_text("to A alone");
    workbench.send("for you only");
    stage.next().answer("thank you");
    workbench.until("its answer", |s| pane(s, 0).contains("thank you"));
    workbench.until_gone("Esc stop");
    workbench.key("ctrl-x");
    workbench.key("a");
    workbench.until_text("to A B · histories differ");
    workbench.send("for both");
    let [a, b] = requests(&stage);
    let count = |answer: &Answering| answer.request["messages"].as_array().map(Vec::len);
    assert_eq!(
        (count(&a), count(&b)),
        (Some(3), Some(1)),
        "each with its own conversation"
    );
    a.answer("yes");
    b.answer("no");
    workbench.until("both answers", |s| {
        pane(s, 0).contains("yes") && pane(s, 1).contains("no")
    });
    workbench.quit();
}

#[test]
fn panes_of_different_providers_stand_side_by_side() {
    let stage = Stage::new();
    let mock = Mock::playing("tokens_per_second = 3000\n");
    let config = format!(
        "[providers.house]\nbase_url = \"{}/v1\"\nauth = \"none\"\nmodel = \"own\"\n\
         [providers.other]\nbase_url = \"{}/v1\"\napi_key_env = \"OTHER_KEY\"\nmodel = \"gpt-oss-120b\"\n",
        stage.url(),
        mock.url()
    );
    let mut home = Home::with_config(&config);
    home.set("OTHER_KEY", "any");
    let args = [
        "-m",
        "house/own",
        "-m",
        "other/gpt-oss-120b",
        "-m",
        "mock/qwen-3.8-27b",
    ];
    let mut workbench = Workbench::open(&home, WIDE, &args);
    workbench.until("the profiles in the titles", |s| {
        s.rows[1].contains("own · house") && s.rows[1].contains("qwen-3.8-27b · mock")
    });
    workbench.send("hello");
    stage.next().answer("hello from the house");
    workbench.until("three answers", |s| {
        pane(s, 0).contains("hello from the house")
            && pane(s, 1).contains("3,000 tok/s")
            && pane(s, 2).contains("1,850 tok/s")
    });
    workbench.until_gone("Esc stop");
    workbench.quit();
}

#[test]
fn a_window_that_gets_small_shows_one_pane_at_a_time() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let args = ["-m", "a", "-m", "b", "-m", "c", "-m", "d"];
    let mut workbench = Workbench::open(&home, WIDE, &args);
    workbench.send("count");
    let [mut a, mut b, c, d] = requests(&stage);
    a.say("one");
    b.say("eins");
    workbench.until("two beginnings", |s| {
        pane(s, 0).contains("one") && pane(s, 1).contains("eins")
    });
    workbench.resize(60, 15);
    workbench.until("tabs", |s| {
        s.rows[1].contains(" A »") && s.rows[1].contains(" D …")
    });
    workbench.until("the focused pane alone", |s| s.has("one") && !s.has("eins"));
    workbench.key("alt-2");
    b.say(" zwei");
    workbench.until("the other pane", |s| s.has("eins zwei") && !s.has("one"));
    workbench.resize(200, 40);
    workbench.until("all of them again", |s| {
        pane(s, 0).contains("one") && pane(s, 1).contains("eins zwei")
    });
    for answer in [a, b, c, d] {
        answer.finish();
    }
    workbench.until_gone("Esc stop");
    workbench.quit();
}
