//! Providers that fail and come back: who stands in says so, what waits goes out, what was cut goes on; also on disk.

use crate::harness::{Home, Mock, Stage, Workbench};

/// The only transcript.
fn transcript(home: &Home) -> String {
    let files = home.transcripts();
    assert_eq!(files.len(), 1, "{files:?}");
    std::fs::read_to_string(&files[0]).expect("a transcript")
}

/// A profile whose host always says 503, with this fallback.
fn failing(fallback: &str) -> (Mock, Home) {
    let mock = Mock::playing("[[reply]]\nstatus = 503\nmessage = \"no room\"");
    let mut home = Home::with_config(&format!(
        "default_profile = \"t\"\n[providers.t]\nbase_url = \"{}\"\napi_key_env = \"T_KEY\"\nmodel = \"gpt-oss-120b\"\n\
         max_retries = 1\ninitial_delay = 0\nfallback = \"{fallback}\"",
        mock.url()
    ));
    home.set("T_KEY", "any");
    (mock, home)
}

#[test]
fn the_mock_stands_in_and_screen_disk_and_json_say_so() {
    let (_mock, home) = failing("mock");
    let mut workbench = Workbench::open(&home, (100, 40), &[]);
    workbench.send("hello");
    workbench.until("the mock's answer", |s| {
        s.says("the mock answers: t failed") && s.has("· mock ·") && !s.has("Esc stop")
    });
    workbench.quit();
    let kept = transcript(&home);
    let record = kept.lines().find(|l| l.contains("\"kind\":\"fallback\""));
    let record = record.unwrap_or_else(|| panic!("{kept}"));
    for part in ["\"mock\":true", "\"from\":\"t\"", "no room"] {
        assert!(record.contains(part), "{record}");
    }
    let shown = home.run(&["history", "list", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);

    let ran = home.run(&["ask", "--format", "json", "hello"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("the mock answers"), "{}", ran.stderr);
    assert!(ran.stdout.contains("\"mock\": true"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\"from\": \"t\""), "{}", ran.stdout);
}

#[test]
fn what_is_skipped_leaves_the_others_their_exit_code() {
    let (_mock, home) = failing("skip");
    let both = home.run(&[
        "ask",
        "-m",
        "t/gpt-oss-120b",
        "-m",
        "mock/gpt-oss-120b",
        "hi",
    ]);
    assert_eq!(both.code, Some(0), "{}", both.stderr);
    assert!(both.stderr.contains("skipped: "), "{}", both.stderr);
    let alone = home.run(&["ask", "hi"]);
    assert_eq!(alone.code, Some(8), "{}", alone.stderr);
}

#[test]
fn mock_mode_is_switched_from_the_palette_and_back() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    let switch = |workbench: &mut Workbench| {
        workbench.key("ctrl-p");
        workbench.type_text("mock-mode");
        workbench.until_text("ask the mock for everything");
        workbench.key("enter");
    };
    switch(&mut workbench);
    workbench.until("the badge", |s| s.rows[0].contains("MOCK"));
    workbench.send("hello");
    workbench.until("an answer", |s| s.has("· mock ·") && !s.has("Esc stop"));
    switch(&mut workbench);
    workbench.until("no badge", |s| !s.rows[0].contains("MOCK"));
    workbench.send("are you there");
    stage.next().answer("I am the real one");
    workbench.until_text("I am the real one");
    workbench.quit();
}

#[test]
fn prompts_wait_for_the_answer_and_survive_a_restart_as_a_draft() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("first");
    let mut answer = stage.next();
    answer.say("one");
    workbench.until_text("one");
    workbench.send("second");
    workbench.until_text("1 queued: second");
    workbench.send("third");
    workbench.until_text("2 queued: second");
    answer.finish();
    let mut answer = stage.next();
    assert_eq!(answer.prompt(), "second");
    answer.say("two");
    workbench.until_text("1 queued: third");
    workbench.key("esc");
    workbench.until_text("1 queued, paused");
    answer.until_hung_up();
    workbench.until_gone("Esc stop");
    workbench.quit();

    let mut again = Workbench::open(&home, (100, 24), &["-r"]);
    again.until_text("┃ third");
    again.key("enter");
    assert_eq!(stage.next().prompt(), "third");
    again.until_gone("queued");
}

#[test]
fn an_answer_that_was_cut_goes_on_and_is_one_on_screen_and_on_disk() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("tell me of the harbour");
    let mut answer = stage.next();
    answer.say("First the harbour was dredged, then");
    workbench.until_text("dredged, then");
    // The connection ends in the middle.
    drop(answer);
    workbench.until("what happened and the way on", |s| {
        s.has("cut short") && s.says("goes on with it")
    });
    workbench.key("ctrl-x");
    workbench.type_text("C");
    let mut rest = stage.next();
    let messages = rest.request["messages"]
        .as_array()
        .expect("messages")
        .clone();
    let own = &messages[messages.len() - 2];
    assert_eq!(own["role"], "assistant");
    assert_eq!(own["content"], "First the harbour was dredged, then");
    // The model says the last words again.
    rest.say("harbour was dredged, then the quay");
    rest.say(" was built.");
    rest.finish();
    let whole = "First the harbour was dredged, then the quay was built.";
    workbench.until("one answer", |s| {
        s.has(whole) && s.has("continued once") && s.has("last part: TTFT") && !s.has("Esc stop")
    });
    workbench.quit();
    let kept = transcript(&home);
    assert!(kept.contains("\"kind\":\"continued\""), "{kept}");
    let again = Workbench::open(&home, (100, 24), &["-r"]);
    again.until("the same again", |s| {
        s.has(whole) && s.has("continued once") && s.has("last part: TTFT")
    });
    let listed = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = listed[0]["id"].as_str().expect("an id");
    let shown = home.run(&["history", "show", id]).exits(0);
    assert!(shown.stdout.contains("last part: TTFT"), "{}", shown.stdout);
}
