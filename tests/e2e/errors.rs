//! What goes wrong is said in the pane, with what to do about it, and the next prompt is possible.

use std::net::TcpListener;

use crate::harness::{Home, Mock, Shown, Stage, Workbench};

/// Asks once and waits until the pane says all of this.
#[track_caller]
fn says(home: &Home, args: &[&str], sentences: &[&str]) -> Shown {
    let mut workbench = Workbench::open(home, (80, 30), args);
    workbench.send("hello");
    let shown = workbench.until(&format!("{sentences:?}"), |s| {
        sentences.iter().all(|sentence| s.says(sentence)) && !s.has("Esc stop")
    });
    assert!(shown.says("r asks again"), "{}", shown.text());
    // The prompt is there to be sent again, and the program is well.
    workbench.type_text("x");
    workbench.until_text("┃ x");
    shown
}

fn reply(toml: &str) -> (Mock, Home) {
    let mock = Mock::playing(&format!("[[reply]]\n{toml}"));
    let home = Home::asking(mock.url());
    (mock, home)
}

#[test]
fn a_wrong_key() {
    let (_mock, mut home) = reply(
        "status = 401\nmessage = \"Wrong API Key\"\ntype = \"invalid_request_error\"\ncode = \"wrong_api_key\"",
    );
    home.set("CEREBRAS_API_KEY", "csk-not-a-real-one");
    let shown = says(
        &home,
        &[],
        &["key rejected (401: Wrong API Key)", "CEREBRAS_API_KEY"],
    );
    assert!(!shown.has("csk-not"), "{}", shown.text());
}

#[test]
fn an_unknown_model_with_the_nearest_names() {
    let mock = Mock::playing("");
    let home = Home::asking(mock.url());
    says(
        &home,
        &["-m", "gpt-oss-12b"],
        &["no model gpt-oss-12b (404", "gpt-oss-120b"],
    );
}

#[test]
fn a_used_up_quota() {
    let (_mock, home) = reply(
        "status = 429\nmessage = \"Requests per minute limit exceeded\"\nheaders = { retry-after = \"0\" }",
    );
    says(
        &home,
        &[],
        &["429: Requests per minute limit exceeded", "works again"],
    );
}

#[test]
fn a_server_that_fails_after_retries() {
    let (_mock, home) = reply("status = 500\nmessage = \"it broke\"");
    says(&home, &[], &["500: it broke", "send again later"]);
}

#[test]
fn a_web_page_in_place_of_an_answer() {
    let mock = Mock::nasty("login-page");
    says(&Home::asking(mock.url()), &[], &["HTML", "base_url"]);
}

#[test]
fn no_choices() {
    let mock = Mock::nasty("empty-choices");
    says(
        &Home::asking(mock.url()),
        &[],
        &["empty answer (no choices)", "send again"],
    );
}

#[test]
fn a_port_where_nobody_listens() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let address = url.trim_start_matches("http://");
    says(
        &Home::asking(&url),
        &[],
        &[address, "check the network and the base URL"],
    );
}

#[test]
fn a_profile_without_a_key_says_how_to_give_one() {
    says(
        &Home::new(),
        &["--profile", "cerebras"],
        &["profile cerebras has no key", "CEREBRAS_API_KEY"],
    );
}

#[test]
fn an_answer_that_breaks_off_is_kept_and_marked() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.send("hello");
    let mut answer = stage.next();
    answer.say("this much came");
    workbench.until_text("this much came");
    drop(answer);
    workbench.until("text and reason", |s| {
        s.has("this much came") && s.has("✗ cut short:") && s.says("r asks again")
    });
    workbench.send("and now?");
    stage.next().answer("now it works");
    workbench.until("the answer", |s| {
        s.has("now it works") && s.has("Enter send")
    });
    workbench.quit();
}

#[test]
fn the_mock_that_breaks_and_the_mock_that_stalls() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (80, 30), &["-m", "mock-break"]);
    workbench.send("Write a stable merge sort in Rust");
    workbench.until("a cut", |s| s.has("✗ cut short:") && s.says("r asks again"));
    workbench.quit();

    let mut workbench = Workbench::open(&home, (80, 30), &["-m", "mock-stall"]);
    workbench.send("Write a stable merge sort in Rust");
    workbench.until_text("no data for");
    workbench.key("esc");
    workbench.until_text("stopped by you");
    workbench.quit();
}

#[test]
fn retries_are_counted_on_screen_and_end_well() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (80, 30), &["-m", "mock-flaky"]);
    workbench.send("hello");
    workbench.until("a countdown", |s| s.has("attempt ") && s.has(" of 5 in "));
    workbench.until("the answer", |s| {
        s.has("mock-flaky · mock") && s.has("Enter send")
    });
    workbench.quit();
}
