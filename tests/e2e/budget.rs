//! Latency budgets from end to end: what `ask` says of a breach, how it ends, and what stays on disk.

use serde_json::{Value, json};

use crate::harness::{Home, Mock};

/// First tokens come after 600 ms.
const FAR_AWAY: &str = "\
tokens_per_second = \"unpaced\"
ttft_ms = 600
tokens = 12
";

fn home(mock: &Mock, settings: &str) -> Home {
    let mut home = Home::with_config(settings);
    home.set("CEREBRAS_BASE_URL", mock.url());
    home.set("CEREBRAS_API_KEY", "any");
    home
}

#[test]
fn ask_fails_on_a_breach_and_says_by_how_much() {
    let mock = Mock::playing(FAR_AWAY);
    let home = home(&mock, "[providers.cerebras]\nlatency_budget_ms = 200\n");
    let ran = home.run(&["ask", "--fail-on-breach", "hello"]).exits(7);
    assert!(!ran.stdout.is_empty(), "the answer is printed all the same");
    assert!(ran.stderr.contains("over budget: TTFT 6"), "{}", ran.stderr);
    assert!(ran.stderr.contains("ms > 200 ms"), "{}", ran.stderr);

    let ran = home.run(&["ask", "--format", "json", "hello"]).exits(0);
    let budget = &ran.json()["answers"][0]["budget"];
    assert_eq!(
        *budget,
        json!({"on": "ttft", "limit_ms": 200, "breached": true})
    );

    // The whole takes longer than a limit that a token would have kept.
    let model = "gpt-oss-120b?budget_ms=500&budget_on=e2e";
    let args = [
        "ask",
        "-m",
        model,
        "--fail-on-breach",
        "--format",
        "json",
        "hello",
    ];
    let ran = home.run(&args).exits(7);
    let budget = &ran.json()["answers"][0]["budget"];
    assert_eq!(
        *budget,
        json!({"on": "e2e", "limit_ms": 500, "breached": true})
    );

    let exported = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = exported[0]["id"].as_str().expect("an id").to_owned();
    let shown = home.run(&["history", "show", &id]).exits(0);
    assert!(
        shown.stdout.contains("**Over budget: E2E "),
        "{}",
        shown.stdout
    );
    let session = home
        .run(&["history", "export", &id, "--json"])
        .exits(0)
        .json();
    let answer = &session["conversations"][0]["turns"][0]["answers"][0];
    assert_eq!(answer["budget"]["breached"], true, "{answer}");
}

#[test]
fn within_the_budget_or_without_the_flag_nothing_fails() {
    let mock = Mock::playing(FAR_AWAY);
    let home = home(&mock, "[providers.cerebras]\nlatency_budget_ms = 60000\n");
    let ran = home
        .run(&["ask", "--fail-on-breach", "--format", "json", "hello"])
        .exits(0);
    assert_eq!(ran.json()["answers"][0]["budget"]["breached"], false);
    assert_eq!(ran.stderr, "");
    let none = [
        "ask",
        "-m",
        "gpt-oss-120b?budget_ms=0",
        "--format",
        "json",
        "hello",
    ];
    let ran = home.run(&none).exits(0);
    assert_eq!(ran.json()["answers"][0]["budget"], Value::Null);
}

#[test]
fn a_check_without_a_budget_is_refused_before_anything_is_asked() {
    let home = Home::new();
    let ran = home
        .run(&["ask", "--mock", "--fail-on-breach", "hello"])
        .exits(2);
    assert!(
        ran.stderr
            .contains("--fail-on-breach has no budget for gpt-oss-120b"),
        "{}",
        ran.stderr
    );
    assert!(home.transcripts().is_empty());
}
