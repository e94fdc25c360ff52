//! `waferdeck bench`: levels against a mock in a process of its own, what stops them, and the progress on a terminal.

use std::{fs, process::Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Home, Mock, Stage, Workbench};

/// Half a second of tokens, the first after 50 ms.
const STEADY: &str = "ttft_ms = 50\ntokens_per_second = 400\ntokens_per_delta = 4\ntokens = 40\nreasoning_tokens = 0\n";

/// Three requests, one after the other.
const ONE_BY_ONE: [&str; 6] = ["--concurrency", "1", "--requests", "3", "--warmup", "0"];

/// The levels of a run that is printed as JSON.
fn levels(home: &Home, args: &[&str], code: i32) -> (Value, String) {
    let all = [&["bench", "--json"], args].concat();
    let ran = home.run(&all).exits(code);
    (ran.json(), ran.stderr)
}

fn number(value: &Value, path: &[&str]) -> f64 {
    let found = path.iter().fold(value, |value, key| &value[*key]);
    found
        .as_f64()
        .unwrap_or_else(|| panic!("{path:?} in {value:#}"))
}

#[test]
fn a_closed_loop_keeps_its_streams_busy_and_leaves_the_warm_up_out() {
    let mock = Mock::playing(STEADY);
    let home = Home::asking(mock.url());
    let args = [
        "--concurrency",
        "1,4",
        "--requests",
        "8",
        "--budget-ms",
        "ttft=40,e2e=9000",
    ];
    let (result, stderr) = levels(&home, &args, 0);
    // 1 and 4 to warm up, twice 8 that count; none of them with prices.
    assert!(stderr.contains("21 requests, ~"), "{stderr}");
    let levels = result["levels"].as_array().expect("levels");
    assert_eq!(levels.len(), 2);
    for level in levels {
        assert_eq!(
            (&level["answered"], &level["failed"]),
            (&8.into(), &0.into())
        );
        assert_eq!(level["cache"], "bust");
        let ttft = &level["figures"]["ttft_ms"];
        assert_eq!(ttft["n"], 8);
        assert!(number(ttft, &["min"]) >= 50.0, "{ttft:#}");
        // The server does not begin before 50 ms, so none is good.
        assert!(number(level, &["good_percent"]) < 0.1, "{level:#}");
        assert!(level["figures"]["ttft_corrected_ms"].is_null());
        assert!(level["unknown"]["ttft_corrected_ms"].is_string());
        // The tokens of all by the time of all.
        let speed = number(level, &["completion_tokens"]) / number(level, &["duration_s"]);
        let told = number(level, &["system_tokens_per_s"]);
        assert!((speed / told - 1.0).abs() < 0.01, "{speed} is not {told}");
    }
    // Eight in a row take eight times as long as one, four at a time two times.
    let took = |level: &Value| number(level, &["duration_s"]) * 1e3;
    let one = number(&levels[0], &["figures", "e2e_ms", "mean"]);
    assert!(took(&levels[0]) >= 7.9 * one, "{result:#}");
    let four = number(&levels[1], &["figures", "e2e_ms", "min"]);
    assert!(took(&levels[1]) >= 2.0 * four, "{result:#}");
    assert!(took(&levels[1]) < 0.7 * took(&levels[0]), "{result:#}");
    // One may not be back yet when its stream asks again, but most are.
    assert!(
        number(&levels[1], &["connections_opened"]) < 4.0,
        "{result:#}"
    );
}

#[test]
fn an_open_loop_counts_from_when_a_request_was_due() {
    // Each request is refused once: what that costs is delay, and no part of the service.
    let refusing = format!("{STEADY}[[reply]]\nstatus = 503\ntimes = 1\n");
    let mock = Mock::playing(&refusing);
    let home = Home::asking(mock.url());
    let args = [
        "--rate",
        "20",
        "--arrivals",
        "even",
        "--requests",
        "6",
        "--warmup",
        "0",
    ];
    let (result, _) = levels(&home, &args, 0);
    let level = &result["levels"][0];
    assert_eq!(
        (&level["answered"], &level["retries"]),
        (&6.into(), &6.into())
    );
    let figures = &level["figures"];
    let mean = |key: &str| number(figures, &[key, "mean"]);
    for (service, corrected) in [
        ("ttft_ms", "ttft_corrected_ms"),
        ("e2e_ms", "e2e_corrected_ms"),
    ] {
        let sum = mean(service) + mean("delay_ms");
        assert!((mean(corrected) - sum).abs() < 0.01, "{figures:#}");
    }
    // Six at 20 a second: the last is due after 250 ms, whatever became of the first.
    assert!(number(level, &["duration_s"]) >= 0.25, "{level:#}");
    assert_eq!(level["load"]["arrivals"], "even");
    assert!(level["good_percent"].is_null() && level["unknown"]["good_percent"].is_string());
}

#[test]
fn the_cache_is_met_or_not_as_asked() {
    let mock = Mock::playing(STEADY);
    let home = Home::asking(mock.url());
    let prompt = "A wafer is cut into dies. ".repeat(60);
    let file = home.write("work/prompt.txt", &prompt);
    let args = [
        "--cache",
        "bust,reuse",
        "--concurrency",
        "2",
        "--requests",
        "4",
        "--prompt-file",
        file.to_str().expect("a plain path"),
    ];
    let (result, _) = levels(&home, &args, 0);
    let cached = |level: usize| number(&result["levels"][level], &["cached_tokens"]);
    assert!(cached(0) < 1.0, "{result:#}");
    assert!(cached(1) >= 4.0 * 128.0, "{result:#}");
}

#[test]
fn a_dry_run_tells_what_it_would_take_and_sends_nothing() {
    // Nobody listens there.
    let home = Home::asking("http://127.0.0.1:1");
    let variant = "gpt-oss-120b?max_tokens=100";
    let args = [
        "bench",
        "--dry-run",
        "-m",
        variant,
        "--concurrency",
        "2",
        "--requests",
        "8",
    ];
    let ran = home.run(&args).exits(0);
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("10 requests, ~"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("at most 1,000 out, at most $"),
        "{}",
        ran.stdout
    );
    let json = home.run(&[&args[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(json["requests"], 10);
    assert_eq!(json["completion_tokens_at_most"], 1_000);
    let timed = home
        .run(&["bench", "--dry-run", "--duration", "5", "--json"])
        .exits(0)
        .json();
    assert!(timed["requests"].is_null() && timed["cost_usd_at_most"].is_null());
}

#[test]
fn it_stops_when_too_many_fail_and_says_what_with() {
    let mock = Mock::playing("[[reply]]\nstatus = 400\nmessage = \"no\"\n");
    let home = Home::asking(mock.url());
    let args = ["--concurrency", "1,2", "--requests", "200", "--warmup", "0"];
    let (result, stderr) = levels(&home, &args, 8);
    assert!(stderr.contains("stopped: 20 of 20 requests"), "{stderr}");
    assert!(stderr.contains("request 20"), "{stderr}");
    let levels = result["levels"].as_array().expect("levels");
    assert_eq!(levels.len(), 1, "the second level would meet the same");
    assert_eq!(levels[0]["errors"]["request"], 20);
    assert!(result["stopped"].is_string() && levels[0]["system_tokens_per_s"].is_null());
    // A few may fail, and then it is not all well either.
    let flaky = Mock::playing(&format!("{STEADY}[[reply]]\nstatus = 400\ntimes = 1\n"));
    let home = Home::asking(flaky.url());
    let args = [
        "bench",
        "--max-errors",
        "60",
        "--cache",
        "reuse",
        "--concurrency",
        "1",
        "--requests",
        "12",
        "--warmup",
        "0",
    ];
    let ran = home.run(&args).exits(1);
    assert!(ran.stdout.contains("failed: request 6"), "{}", ran.stdout);
}

#[test]
fn a_missed_budget_is_a_check_that_fails_where_asked() {
    let mock = Mock::playing(STEADY);
    let home = Home::asking(mock.url());
    let base = [
        "bench",
        "--concurrency",
        "1",
        "--requests",
        "2",
        "--budget-ms",
        "20",
    ];
    home.run(&base).exits(0);
    let ran = home
        .run(&[&base[..], &["--fail-on-breach"]].concat())
        .exits(7);
    assert!(
        ran.stderr
            .contains("100.0 % of a level's requests missed the budget"),
        "{}",
        ran.stderr
    );
    home.run(&[&base[..], &["--fail-on-breach=100"]].concat())
        .exits(0);
}

#[test]
fn a_check_without_a_budget_and_a_result_without_a_place_are_told_before_anything_is_sent() {
    // Nobody listens there.
    let home = Home::asking("http://127.0.0.1:1");
    let checks = ["bench", "--fail-on-breach"];
    let ran = home.run(&checks).exits(2);
    let told = "--fail-on-breach has no budget for";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(ran.stderr.contains("--budget-ms"), "{}", ran.stderr);
    let dry = [&checks[..], &["--dry-run", "--budget-ms", "500"]].concat();
    home.run(&dry).exits(0);
    let ran = home.run(&["bench", "-o", "gone/load.md"]).exits(2);
    let told = "cannot write gone/load.md: there is no folder gone";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    fs::write(home.path("work/file"), "").expect("a file");
    let ran = home.run(&["bench", "-o", "file/load.md"]).exits(2);
    let told = "nothing can be written in file";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!ran.stderr.contains("requests,"), "{}", ran.stderr);
}

#[test]
fn sigterm_ends_at_once_and_prints_what_was_measured() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let args = [&["bench", "--json"], &ONE_BY_ONE[..]].concat();
    let running = home.start(&args, Stdio::null());
    stage.next().answer("one");
    let cut = stage.next();
    running.signal(Signal::TERM);
    cut.until_hung_up();
    let ran = running.end().exits(143);
    let level = &ran.json()["levels"][0];
    assert_eq!(
        (&level["answered"], &level["stopped"]),
        (&1.into(), &1.into())
    );
    assert!(
        ran.stderr.contains("stopped: interrupted"),
        "{}",
        ran.stderr
    );
}

#[test]
fn ctrl_c_lets_what_is_under_way_end() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let args = [&["bench"], &ONE_BY_ONE[..]].concat();
    let mut terminal = Workbench::start(&home, (80, 24), &args);
    stage.next().answer("one");
    let second = stage.next();
    terminal.until_text("1 of 3 · 1 under way");
    terminal.signal(Signal::INT);
    terminal.until_text("Ctrl-C ends at once");
    second.answer("two");
    assert_eq!(terminal.exit_code(), 130);
    let shown = terminal.shown();
    assert!(shown.has("answered 2 · failed 0 ·"), "{}", shown.text());
}

#[test]
fn the_result_goes_to_a_new_file_and_never_over_another() {
    let mock = Mock::playing(STEADY);
    let home = Home::asking(mock.url());
    let base = ["bench", "--concurrency", "1", "--requests", "1", "-o"];
    let ran = home
        .run(&[&base[..], &["load.md", "--format", "markdown"]].concat())
        .exits(0);
    assert_eq!(ran.stdout, "");
    let text = fs::read_to_string(home.path("work/load.md")).expect("the file");
    assert!(text.starts_with("# Load test\n"), "{text}");
    let again = home.run(&[&base[..], &["load.md"]].concat()).exits(2);
    assert!(
        again.stderr.contains("is not overwritten"),
        "{}",
        again.stderr
    );
    // Before anything is sent.
    assert!(!again.stderr.contains("requests,"), "{}", again.stderr);
}

#[test]
fn a_terminal_shows_how_far_it_is_and_gets_its_rows_back() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let args = [&["bench"], &ONE_BY_ONE[..]].concat();
    let mut terminal = Workbench::start(&home, (80, 24), &args);
    stage.next().answer("one");
    let second = stage.next();
    let shown = terminal.until_text("1 of 3 · 1 under way");
    assert!(shown.has("level 1 of 1 · 1 at a time"), "{}", shown.text());
    assert!(shown.has("failed 0 · retries 0"), "{}", shown.text());
    // What is typed is not echoed into the rows.
    terminal.type_text("xyz\n");
    terminal.signal(Signal::INT);
    let shown = terminal.until_text("Ctrl-C ends at once");
    assert!(!shown.has("xyz"), "{}", shown.text());
    terminal.signal(Signal::INT);
    second.until_hung_up();
    assert_eq!(terminal.exit_code(), 130);
    let shown = terminal.shown();
    assert!(!shown.has("under way"), "{}", shown.text());
    assert!(
        shown.has("answered 1 · failed 0 · stopped 1"),
        "{}",
        shown.text()
    );
    terminal.assert_given_back();
}
