//! `waferdeck ask`: what is printed, in which format, with which exit code.

use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Home, Mock, Ran, Stage};

/// Asks a test's stage with one answer.
fn answered(args: &[&str], answer: &str) -> Ran {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let running = home.start(args, Stdio::null());
    stage.next().answer(answer);
    running.end()
}

#[test]
fn text_is_the_answer_and_a_line_break() {
    let ran = answered(&["ask", "hello"], "**Good** day").exits(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("**Good** day\n", ""));
    let ran = answered(&["ask", "hello"], "Good day\n").exits(0);
    assert_eq!(ran.stdout, "Good day\n");
}

#[test]
fn json_has_every_key_and_null_where_nothing_is_known() {
    let home = Home::new();
    let ran = home
        .run(&[
            "ask",
            "--mock",
            "--format",
            "json",
            "-s",
            "Be brief.",
            "hello",
        ])
        .exits(0);
    assert_eq!(ran.stderr, "");
    let object = ran.json();
    assert_keys(&object, "", &["answers", "session"]);
    let answer = &object["answers"][0];
    assert_answer(answer);
    assert_eq!(answer["variant"]["profile"], "mock");
    assert_eq!(answer["variant"]["system"], "Be brief.");
    assert_eq!(answer["state"], "complete");
    assert_eq!(answer["finish_reason"], "stop");
    assert_eq!(answer["mock"], true);
    assert!(answer["usage"]["completion_tokens"].is_u64());
    assert!(answer["timing"]["ttft_ms"].is_f64());
    assert!(answer["timing"]["queue_ms"].is_f64());
    let listed = home.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!(object["session"], listed[0]["id"]);

    // A server that tells nothing.
    let silent = answered(&["ask", "--format", "json", "hello"], "hi").exits(0);
    let answer = &silent.json()["answers"][0];
    assert_answer(answer);
    assert_eq!(answer["content"], "hi");
    for key in [
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "reasoning_tokens",
    ] {
        assert_eq!(answer["usage"][key], Value::Null, "{key}");
    }
    for key in [
        "tokens_per_s_server",
        "queue_ms",
        "prompt_ms",
        "completion_ms",
        "server_total_ms",
    ] {
        assert_eq!(answer["timing"][key], Value::Null, "{key}");
    }
    assert_eq!(answer["cost_usd"], Value::Null);
    assert_eq!(answer["mock"], false);
}

#[track_caller]
fn assert_keys(value: &Value, at: &str, keys: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
    for key in keys {
        assert!(
            object.contains_key(*key),
            "{at}.{key} is missing: {value:#}"
        );
    }
}

/// An answer has the keys of the contract.
#[track_caller]
fn assert_answer(answer: &Value) {
    assert_keys(
        answer,
        "answer",
        &[
            "variant",
            "state",
            "content",
            "reasoning",
            "finish_reason",
            "usage",
            "timing",
            "cost_usd",
            "attempts",
            "request_id",
            "mock",
        ],
    );
    assert_keys(
        &answer["variant"],
        "variant",
        &["profile", "model", "params", "system"],
    );
    assert_keys(
        &answer["usage"],
        "usage",
        &[
            "prompt_tokens",
            "completion_tokens",
            "cached_tokens",
            "reasoning_tokens",
        ],
    );
    assert_keys(
        &answer["timing"],
        "timing",
        &[
            "ttft_ms",
            "ttfa_ms",
            "e2e_ms",
            "tpot_ms",
            "tokens_per_s_server",
            "tokens_per_s_wall",
            "queue_ms",
            "prompt_ms",
            "completion_ms",
            "server_total_ms",
            "network_ms",
            "connection",
        ],
    );
}

#[test]
fn jsonl_tells_the_same_as_events() {
    let home = Home::new();
    let ran = home
        .run(&["ask", "--mock", "--format", "jsonl", "hello"])
        .exits(0);
    let events = ran.json_lines();
    let kinds: Vec<_> = events
        .iter()
        .map(|e| e["type"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(kinds.first(), Some(&"start"));
    assert_eq!(kinds.last(), Some(&"end"));
    assert!(
        kinds[1..kinds.len() - 1].iter().all(|k| *k == "delta"),
        "{kinds:?}"
    );
    let joined: String = events
        .iter()
        .filter(|e| e["type"] == "delta" && e["channel"] == "content")
        .filter_map(|e| e["text"].as_str())
        .collect();
    let end = events.last().expect("an end");
    assert_answer(end);
    assert_eq!(end["content"], joined.as_str());
    let times: Vec<_> = events.iter().filter_map(|e| e["at_ms"].as_f64()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn a_failed_attempt_is_an_event_and_counted() {
    let mock = Mock::playing("[[reply]]\nstatus = 503\ntimes = 1\nmessage = \"busy\"\n");
    let home = Home::asking(mock.url());
    let events = home
        .run(&["ask", "--format", "jsonl", "hello"])
        .exits(0)
        .json_lines();
    let attempt = events.iter().find(|e| e["type"] == "attempt");
    let attempt = attempt.expect("an attempt");
    assert_eq!(attempt["status"], 503);
    assert_keys(attempt, "attempt", &["error", "wait_ms"]);
    let end = events.last().expect("an end");
    assert_eq!(end["attempts"].as_array().map(Vec::len), Some(1), "{end:#}");
    assert_keys(
        &end["attempts"][0],
        "attempts",
        &["status", "error", "wait_ms"],
    );
}

#[test]
fn several_models_answer_in_their_order() {
    let home = Home::new();
    let models = ["-m", "gpt-oss-120b?effort=low", "-m", "qwen-3.8-27b"];
    let mut args = vec!["ask", "--mock", "hello"];
    args.extend(models);
    let ran = home.run(&args).exits(0);
    let headings: Vec<_> = ran
        .stdout
        .lines()
        .filter(|l| l.starts_with("## ") && (l.contains("gpt-oss") || l.contains("qwen")))
        .collect();
    assert_eq!(headings.len(), 2, "{ran:?}");
    assert!(headings[0].contains("gpt-oss-120b") && headings[1].contains("qwen-3.8-27b"));
    args.extend(["--format", "json"]);
    let object = home.run(&args).exits(0).json();
    let asked: Vec<_> = (0..2)
        .map(|i| {
            object["answers"][i]["variant"]["model"]
                .as_str()
                .unwrap_or("")
        })
        .collect();
    assert_eq!(asked, ["gpt-oss-120b", "qwen-3.8-27b"]);
    assert_eq!(object["answers"][0]["variant"]["params"]["effort"], "low");

    // One of two fails: 1. Both fail for the same reason: its code.
    let some = [
        "ask",
        "--mock",
        "-m",
        "gpt-oss-120b",
        "-m",
        "no-such-model",
        "hello",
    ];
    home.run(&some).exits(1);
    let all = [
        "ask",
        "--mock",
        "-m",
        "no-such-model",
        "-m",
        "none-such",
        "hello",
    ];
    home.run(&all).exits(8);
}

#[test]
fn standard_input_and_files_join_the_prompt() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let file = home.write("work/note.txt", "from a file\n");
    let ask = |args: &[&str], input: &str| -> String {
        std::thread::scope(|scope| {
            let ran = scope.spawn(|| home.pipe(input, args).exits(0));
            let answer = stage.next();
            let prompt = answer.prompt().to_owned();
            answer.answer("ok");
            ran.join().expect("an end");
            prompt
        })
    };
    assert_eq!(ask(&["ask", "-"], "only piped").trim(), "only piped");
    let joined = ask(&["ask", "Summarise:"], "piped text\n");
    assert!(
        joined.starts_with("Summarise:") && joined.contains("piped text"),
        "{joined:?}"
    );
    let file = file.to_str().expect("a plain path");
    let attached = ask(&["ask", "Read this.", "-f", file], "");
    assert!(
        attached.starts_with("Read this.") && attached.contains("from a file"),
        "{attached:?}"
    );
}

#[test]
fn the_exit_code_says_who_is_to_blame() {
    // Usage.
    let ran = Home::new().run(&["ask"]).exits(2);
    assert!(ran.stderr.contains("nothing to ask"), "{ran:?}");
    Home::new().run(&["ask", "--no-such-flag", "x"]).exits(2);
    // Key: none, and a wrong one.
    let ran = Home::new()
        .run(&["ask", "--profile", "cerebras", "hello"])
        .exits(3);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("CEREBRAS_API_KEY"), "{ran:?}");
    let refused = |toml: &str| {
        let mock = Mock::playing(&format!("[[reply]]\n{toml}"));
        Home::asking(mock.url()).run(&["ask", "hello"])
    };
    refused("status = 401").exits(3);
    // Quota, after the retries.
    refused("status = 429\nheaders = { retry-after = \"0\" }").exits(4);
    // Network.
    Home::asking("http://127.0.0.1:1")
        .run(&["ask", "hello"])
        .exits(5);
    // Provider.
    for status in [400, 404, 500] {
        refused(&format!("status = {status}")).exits(8);
    }
    let mock = Mock::nasty("login-page");
    Home::asking(mock.url()).run(&["ask", "hello"]).exits(8);
}

#[test]
fn a_cut_answer_is_printed_and_is_no_success() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut running = home.start(&["ask", "hello"], Stdio::null());
    let mut answer = stage.next();
    answer.say("this much");
    running.until_stdout("this much");
    drop(answer);
    let ran = running.end();
    assert!(matches!(ran.code, Some(5 | 8)), "{ran:?}");
    assert_eq!(ran.stdout, "this much\n");
    assert!(ran.stderr.contains("cut short"), "{ran:?}");
}

#[test]
fn an_end_that_is_odd_is_told_on_standard_error() {
    for (scenario, words) in [
        ("content-filter", "filtered by the provider"),
        ("unknown-finish", "ended with “done”"),
        ("no-finish", "an end mark but no finish reason"),
        ("bad-json", "1 unreadable event, text may be missing"),
    ] {
        let mock = Mock::nasty(scenario);
        let ran = Home::asking(mock.url()).run(&["ask", "hello"]).exits(0);
        assert!(!ran.stdout.is_empty(), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[test]
fn ctrl_c_keeps_the_partial_answer() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut running = home.start(&["ask", "hello"], Stdio::null());
    let mut answer = stage.next();
    answer.say("half of it");
    running.until_stdout("half of it");
    running.signal(Signal::INT);
    let ran = running.end().exits(130);
    assert_eq!(ran.stdout, "half of it\n");
    answer.until_hung_up();
    let listed = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = listed[0]["id"].as_str().expect("a session");
    let session = home.run(&["history", "show", id, "--json"]).exits(0).json();
    let kept = &session["conversations"][0]["turns"][0]["answers"][0];
    assert_eq!(kept["content"], "half of it");
    assert_eq!(kept["state"], "stopped");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut running = home.start(&["ask", "hello"], Stdio::null());
    let mut answer = stage.next();
    answer.say("first line\nsecond line\n");
    assert_eq!(running.first_line_only(), "first line\n");
    answer.say("third line\n");
    let ran = running.end().exits(0);
    assert_eq!(ran.stderr, "");
}
