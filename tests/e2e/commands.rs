//! The other commands: `models`, `config`, `history`, `mock`.
//! Standard output holds data alone.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
};

use rustix::process::Signal;

use crate::harness::{DEADLINE, Home, Mock, Ran};

/// Nothing was said besides the data.
#[track_caller]
fn data_alone(ran: Ran) -> Ran {
    assert_eq!(ran.stderr, "");
    ran
}

#[test]
fn models_are_a_table_or_json() {
    let home = Home::new();
    let table = data_alone(home.run(&["models", "--mock"]).exits(0));
    let header = table.stdout.lines().next().expect("a header");
    assert!(
        header.starts_with("model") && header.contains("context"),
        "{header}"
    );
    assert!(table.stdout.contains("mock-gpu-50"), "{}", table.stdout);
    let json = data_alone(home.run(&["models", "--mock", "--json"]).exits(0)).json();
    assert_eq!(json["source"], "live");
    let models = json["models"].as_array().expect("models");
    assert!(models.iter().any(|m| m["id"] == "gpt-oss-120b"), "{json:#}");
    // Nobody there: the built-in table with a word, or a failure where it was asked for.
    let home = Home::asking("http://127.0.0.1:1");
    let json = home.run(&["models", "--json"]).exits(0).json();
    assert_eq!(json["source"], "embedded");
    home.run(&["models", "--refresh"]).exits(5);
}

#[test]
fn config_says_where_things_are_and_where_they_come_from() {
    let home = Home::with_config("[ui]\nsidebar = false\n");
    let paths = data_alone(home.run(&["config", "path", "--json"]).exits(0)).json();
    assert_eq!(paths["data_dir"].as_str(), home.path("data").to_str());
    assert_eq!(
        paths["config_file"].as_str(),
        home.path("config/config.toml").to_str()
    );
    let shown = data_alone(home.run(&["config", "show", "--json"]).exits(0)).json();
    assert_eq!(shown["profile"], "mock");
    let settings = shown["settings"].as_array().expect("settings");
    let sidebar = settings.iter().find(|s| s["setting"] == "ui.sidebar");
    let sidebar = sidebar.expect("the setting");
    assert_eq!(sidebar["value"], "false");
    let origin = sidebar["origin"].as_str().expect("an origin");
    assert!(origin.contains("config.toml:2"), "{origin}");
    data_alone(home.run(&["config", "show"]).exits(0));
    data_alone(home.run(&["config", "check"]).exits(0));
}

#[test]
fn certificates_that_are_not_there_are_told_before_anything_is_asked() {
    let profile = "[providers.p]\nbase_url = \"https://far.example\"\nmodel = \"m\"\nauth = \"none\"\nca_file = ";
    let home = Home::with_config(&format!("{profile}\"none.pem\"\n"));
    let told = home.run(&["config", "check"]).exits(7).stderr;
    let place = "config.toml:5:1: providers.p: ca_file ";
    assert!(
        told.contains(place) && told.contains("none.pem: "),
        "{told}"
    );
    home.run(&["ask", "--profile", "p", "hello"]).exits(2);
}

#[test]
fn a_default_profile_that_there_is_not_stops_what_asks_and_nothing_else() {
    let home = Home::with_config("\ndefault_profile = \"nope\"\n");
    let told = "config.toml:2:1: default_profile: unknown profile nope (there are: cerebras, mock)";
    for args in [
        &["ask", "hello"][..],
        &["models"],
        &["config", "check"],
        &["bench", "--dry-run"],
    ] {
        let ran = home.run(args).exits(2);
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    let doctor = home.run(&["doctor", "--offline"]).exits(2);
    assert!(doctor.stdout.contains(told), "{}", doctor.stdout);
    home.run(&["config", "path"]).exits(0);
    let list = home.run(&["history", "list"]).exits(0);
    assert!(list.stderr.contains(told), "{}", list.stderr);
    home.run(&["ask", "--profile", "mock", "hello"]).exits(0);
}

#[test]
fn a_key_is_nowhere_in_what_is_printed_or_written() {
    let canary = "csk-canary-0123456789abcdef";
    let mock =
        Mock::playing("[[reply]]\nstatus = 401\nmessage = \"no: csk-canary-0123456789abcdef\"");
    let mut home = Home::asking(mock.url());
    home.set("CEREBRAS_API_KEY", canary);
    for args in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["ask", "--log-level", "trace", "hello"],
        &["ask", "--format", "json", "hello"],
        &["models"],
    ] {
        let ran = home.run(args);
        assert!(
            !ran.stdout.contains(canary) && !ran.stderr.contains(canary),
            "{ran:?}"
        );
    }
    for file in ["data", "state", "config"]
        .iter()
        .flat_map(|d| home.files(d))
    {
        let bytes = fs::read(&file).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(canary), "{}", file.display());
    }
}

#[test]
fn history_lists_shows_and_exports() {
    let home = Home::new();
    let empty = home.run(&["history", "list"]).exits(0);
    assert_eq!(empty.stdout, "");
    assert_eq!(
        home.run(&["history", "list", "--json"]).exits(0).json(),
        serde_json::json!([])
    );
    home.run(&["ask", "What is a wafer?"]).exits(0);
    let list = data_alone(home.run(&["history", "list"]).exits(0));
    assert!(list.stdout.contains("What is a wafer?"), "{}", list.stdout);
    let id = list.stdout.split_whitespace().next().expect("an id");
    assert_eq!(id.len(), 8);

    let shown = data_alone(home.run(&["history", "show", id]).exits(0));
    assert!(
        shown.stdout.starts_with("# What is a wafer?"),
        "{}",
        shown.stdout
    );
    let json = data_alone(home.run(&["history", "show", id, "--json"]).exits(0));
    let exported = data_alone(home.run(&["history", "export", id, "--json"]).exits(0));
    assert_eq!(json.stdout, exported.stdout);
    let content = json.json()["conversations"][0]["turns"][0]["answers"][0]["content"].clone();
    let content = content.as_str().expect("text").trim().to_owned();
    assert!(shown.stdout.contains(&content), "{}", shown.stdout);

    home.run(&["history", "export", id, "-o", "talk.md"])
        .exits(0);
    let written = fs::read_to_string(home.path("work/talk.md")).expect("the export");
    assert_eq!(written, shown.stdout);
    let again = home
        .run(&["history", "export", id, "-o", "talk.md"])
        .exits(2);
    assert!(again.stderr.contains("talk.md"), "{again:?}");
    home.run(&["history", "show", "ffffffff"]).exits(2);
}

#[test]
fn history_sums_up_what_was_used_and_what_it_cost() {
    let mock = Mock::playing("tokens_per_second = \"unpaced\"\nttft_ms = 1\ntokens = 40\n");
    let mut home = Home::new();
    home.run(&["ask", "What is a wafer?"]).exits(0);
    home.set("CEREBRAS_BASE_URL", mock.url());
    home.set("CEREBRAS_API_KEY", "any");
    let asked = ["ask", "-m", "gpt-oss-120b", "--format", "json", "Why?"];
    let answer = home.run(&asked).exits(0).json()["answers"][0].clone();

    let stats = data_alone(home.run(&["history", "stats"]).exits(0)).stdout;
    let lines: Vec<_> = stats.lines().collect();
    assert!(lines[0].starts_with("day"), "{stats}");
    assert!(lines[1].contains("gpt-oss-120b"), "{stats}");
    assert!(lines[1].contains('$') && !lines[1].contains('≥'), "{stats}");
    assert!(
        lines[2].contains("(mock)") && lines[2].ends_with("no cost"),
        "{stats}"
    );

    assert!(
        lines[3].starts_with("total  ") && lines[3].contains('$'),
        "{stats}"
    );
    assert!(lines[4].starts_with("mock, not in it  "), "{stats}");

    let by_model = ["history", "stats", "--by", "model", "--json"];
    let object = home.run(&by_model).exits(0).json();
    let rows = object["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2, "{object}");
    assert_eq!(object["total"]["answers"], 1);
    assert_eq!(object["mock"]["answers"], 1);
    let paid = rows
        .iter()
        .find(|r| r["mock"] == false)
        .expect("one that costs");
    assert_eq!(paid["cost_usd"], answer["cost_usd"]);
    assert_eq!(
        paid["completion_tokens"],
        answer["usage"]["completion_tokens"]
    );
    assert!(
        answer["cost_usd"].as_f64().is_some_and(|usd| usd > 0.0),
        "{answer}"
    );

    let before = home
        .run(&["history", "stats", "--until", "2020-01-01"])
        .exits(0);
    assert_eq!(before.stdout, "");
    assert!(
        before.stderr.contains("no answer is saved for that time"),
        "{before:?}"
    );
    home.run(&["history", "stats", "--since", "yesterday"])
        .exits(2);
    let turned = ["--since", "2026-11-24", "--until", "2026-11-01"];
    let turned = home
        .run(&[&["history", "stats"][..], &turned].concat())
        .exits(2);
    let told = "--since 2026-11-24 is later than --until 2026-11-01";
    assert!(turned.stderr.contains(told), "{turned:?}");
}

#[test]
fn nothing_that_was_used_is_said_also_to_a_pipe() {
    let home = Home::new();
    let ran = home.run(&["history", "stats"]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("no answer is saved yet"), "{ran:?}");
    let ran = home.run(&["history", "stats", "--json"]).exits(0);
    assert_eq!(ran.stderr, "");
    let empty = ran.json();
    assert_eq!(empty["rows"].as_array().map(Vec::len), Some(0));
    assert_eq!(empty["total"]["answers"], 0);
    assert!(empty["mock"].is_null());
}

#[test]
fn a_torn_transcript_loads_what_it_can_and_loses_no_byte() {
    let home = Home::new();
    home.run(&["ask", "What is a wafer?"]).exits(0);
    let path = home.transcripts().pop().expect("a transcript");
    let mut bytes = fs::read(&path).expect("bytes");
    bytes.truncate(bytes.len() - 20);
    fs::write(&path, &bytes).expect("a cut");
    let list = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = list[0]["id"].as_str().expect("an id");
    let shown = home.run(&["history", "show", id]).exits(0);
    assert!(
        shown.stdout.contains("What is a wafer?"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stderr.is_empty(), "no word about the damage");
    assert_eq!(fs::read(&path).expect("bytes"), bytes, "reading changed it");
}

#[test]
fn the_mock_prints_its_address_and_serves() {
    let home = Home::new();
    let mut mock = home.start(&["mock"], Stdio::null());
    mock.until_stdout("\n");
    let address = mock.printed().trim().to_owned();
    let host = address.strip_prefix("http://").expect("an address");
    let host = host.split('/').next().expect("a host");
    let body =
        r#"{"model":"gpt-oss-120b","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;
    let mut stream = TcpStream::connect(host).expect("a server");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer any\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(reply.contains("text/event-stream"), "{reply}");
    assert!(
        reply.contains("data: {") && reply.contains("data: [DONE]"),
        "{reply}"
    );
    mock.signal(Signal::TERM);
    let ran = mock.end().exits(143);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");

    home.run(&["mock", "--list"]).exits(0);
    home.run(&["mock", "--tier", "no-such"]).exits(2);
    home.run(&["mock", "--scenario", "no-such"]).exits(2);
    let taken = TcpStream::connect(host);
    assert!(taken.is_err(), "it still listens");
}

#[test]
fn help_and_version_are_data() {
    let home = Home::new();
    let version = data_alone(home.run(&["--version"]).exits(0));
    assert_eq!(
        version.stdout.trim(),
        concat!("waferdeck ", env!("CARGO_PKG_VERSION"))
    );
    for command in ["ask", "models", "history", "mock", "config"] {
        let help = data_alone(home.run(&[command, "--help"]).exits(0));
        assert!(help.stdout.contains("Usage:"), "{}", help.stdout);
    }
    let wrong = home.run(&["hystory"]).exits(2);
    assert_eq!(wrong.stdout, "");
}
