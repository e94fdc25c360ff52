//! What goes over the wire, to a file and to the screen, and the log beside it: a request can be followed through all
//! three by its id, and none of them holds a key.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::Value;

use crate::harness::{Home, Mock, Workbench};

const KEY: &str = "csk-canary-wire-0123456789abcdef";
const HEADER: &str = "canary-header-0123456789abcdef";
const PROXY: &str = "canaryproxy0123456789abcdef";
const PROMPT: &str = "Why does an unlikely zeppelin float";

/// Refuses once, and then answers with a few tokens.
const SCENARIO: &str = "tokens = 20\nreasoning_tokens = 0\n\n[[reply]]\nstatus = 503\ntimes = 1\nmessage = \"the zeppelin is full\"\n";

/// A home that asks this mock with a key that is nowhere to be found again, and logs all it can.
fn home(mock: &Mock) -> Home {
    let mut home = Home::asking(mock.url());
    home.write(
        "config/config.toml",
        &format!(
            "[log]\nlevel = \"trace\"\n[providers.cerebras]\nmodel = \"gpt-oss-120b\"\nmax_retries = 1\ninitial_delay = 0.01\n\
             headers = {{ X-Team-Key = \"{HEADER}\" }}\n\
             [providers.proxied]\nbase_url = \"http://example.invalid/v1\"\nallow_http = true\nauth = \"none\"\n\
             max_retries = 0\nmodel = \"echo\"\nproxy = \"{}\"\n",
            mock.url().replace("http://", &format!("http://user:{PROXY}@"))
        ),
    );
    home.set("CEREBRAS_API_KEY", KEY);
    home
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the file");
    assert!(!text.contains("canary"), "{text}");
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(read).collect()
}

fn kinds<'a>(lines: &'a [Value], id: &str) -> Vec<&'a str> {
    let of = lines.iter().filter(|line| line["id"] == id);
    of.filter_map(|line| line["kind"].as_str()).collect()
}

#[test]
fn a_file_gets_every_exchange_and_no_key() {
    let mock = Mock::playing(SCENARIO);
    let home = home(&mock);
    let path = home.path("work/wire.ndjson");
    let file = path.to_string_lossy().into_owned();
    let asked = home
        .run(&["ask", "--debug-http", &file, &format!("{PROMPT}? {KEY}")])
        .exits(0);
    assert!(!asked.stderr.contains("debug-http"), "{asked:?}");
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let told = lines(&path);
    assert_eq!(told[0]["kind"], "about");
    let request = &told[1];
    let id = request["id"].as_str().expect("an id");
    assert_eq!(request["headers"]["authorization"], "Bearer [key hidden]");
    assert_eq!(request["headers"]["x-team-key"], "[hidden]");
    let prompt = request["body"]["messages"][0]["content"].as_str();
    assert_eq!(prompt, Some(format!("{PROMPT}? [key hidden]").as_str()));
    let kinds_of = kinds(&told, id);
    let begin = [
        "request", "response", "body", "end", "request", "response", "event",
    ];
    assert_eq!(kinds_of[..7], begin);
    assert_eq!(kinds_of.last(), Some(&"end"));
    let second = told.iter().filter(|line| line["attempt"] == 2);
    let times: Vec<f64> = second.filter_map(|line| line["ms"].as_f64()).collect();
    assert!(times.len() > 5 && times.is_sorted(), "{times:?}");

    // What failed on its way is there as well, behind what was.
    let proxied = ["ask", "--profile", "proxied", "--debug-http", &file, "hi"];
    home.run(&proxied);
    let grown = lines(&path);
    assert_eq!(grown[..told.len()], told);
    let end = grown.last().expect("an end");
    assert_eq!(
        (&end["profile"], &end["kind"]),
        (&"proxied".into(), &"end".into())
    );

    home.run(&[
        "bench",
        "--requests",
        "2",
        "--warmup",
        "0",
        "--concurrency",
        "1",
        "--debug-http",
        &file,
    ])
    .exits(0);
    home.run(&["doctor", "--profile", "cerebras", "--debug-http", &file]);
    home.run(&["models", "--debug-http", &file]).exits(0);
    let all = lines(&path);
    let abouts = all.iter().filter(|line| line["kind"] == "about").count();
    assert_eq!(abouts, 5);
    assert!(!kinds(&all, "models-1").is_empty());
}

#[test]
fn a_file_that_is_not_ones_own_is_refused() {
    let home = Home::new();
    let path = home.write("work/open", "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    let ran = home.run(&["ask", "--debug-http", "open", "hi"]).exits(2);
    assert!(ran.stderr.contains("others can read it"), "{ran:?}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    std::os::unix::fs::symlink(&path, home.path("work/link")).expect("a link");
    let ran = home.run(&["ask", "--debug-http", "link", "hi"]).exits(2);
    assert!(ran.stderr.contains("is a link"), "{ran:?}");
    let ran = home
        .run(&["--temporary", "ask", "--debug-http", "open", "hi"])
        .exits(2);
    assert!(ran.stderr.contains("nothing is to be"), "{ran:?}");
}

#[test]
fn the_inspector_shows_what_went_over_the_wire_and_the_log_has_its_id() {
    let mock = Mock::playing(SCENARIO);
    let home = home(&mock);
    let path = home.path("work/wire.ndjson");
    let file = path.to_string_lossy().into_owned();
    let mut workbench = Workbench::open(&home, (120, 40), &["--debug-http", &file]);
    workbench.send(PROMPT);
    workbench.until("the answer", |s| s.has("Enter send") && s.has("zeppelin"));
    workbench.key("ctrl-x");
    workbench.key("X");
    let shown = workbench.until("the request", |s| {
        s.has("Over the wire")
            && s.has("POST http://127.0.0.1")
            && s.has("authorization: Bearer [key hidden]")
    });
    let title = shown.row_with("Over the wire").expect("a title");
    let id: String = title
        .rsplit("· ")
        .next()
        .expect("an id")
        .chars()
        .take_while(char::is_ascii_hexdigit)
        .collect();
    workbench.key("tab");
    workbench.until("the events", |s| {
        s.has("HTTP/1.1 200 after") && s.has("data: {")
    });
    workbench.key("end");
    workbench.until("their end", |s| {
        s.has("complete after") && s.has("data: [DONE]")
    });
    let raw = workbench.raw();
    assert!(!String::from_utf8_lossy(&raw).contains("canary"));
    workbench.key("esc");
    workbench.until_gone("Over the wire");
    workbench.quit();

    let told = lines(&path);
    assert_eq!(kinds(&told, &id).last(), Some(&"end"), "{id}");
    let server_id = told
        .iter()
        .rfind(|line| line["kind"] == "response" && line["id"] == *id)
        .and_then(|line| line["server_id"].as_str())
        .expect("the server's id");
    let log = fs::read_to_string(home.path("state/waferdeck.log")).expect("a log");
    for secret in ["canary", "zeppelin", "data: ", "delta"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    let of_request: Vec<_> = log.lines().filter(|l| l.contains(&id)).collect();
    assert!(of_request.len() >= 3, "{log}");
    assert!(
        of_request
            .iter()
            .all(|l| l.contains("waferdeck::provider::exchange: ")),
        "{of_request:?}"
    );
    assert!(
        of_request.last().expect("a line").contains(server_id),
        "{of_request:?}"
    );
}

/// What an answer of the mock leaves in the log at this level.
fn logged(filter: &str) -> String {
    let home = Home::new();
    let ask = ["--log-level", filter, "ask", "--mock", "zeppelin"];
    home.run(&ask).exits(0);
    fs::read_to_string(home.path("state/waferdeck.log")).unwrap_or_default()
}

#[test]
fn each_level_of_the_log_adds_what_the_one_before_does_not_say() {
    let lines = |filter: &str| logged(filter).lines().count();
    assert_eq!(lines("warn"), 0);
    let info = logged("info");
    let answered: Vec<_> = info.lines().filter(|l| l.contains(" answered ")).collect();
    let [answered] = answered[..] else {
        panic!("{info}");
    };
    for figure in [
        "model=\"",
        "state=\"complete\"",
        "attempts=1",
        "ttft_ms=",
        "tokens_out=",
    ] {
        assert!(answered.contains(figure), "{figure}: {answered}");
    }
    assert!(lines("debug") > info.lines().count());
    let trace = logged("trace");
    assert!(trace.lines().count() > lines("debug"));
    assert!(!trace.contains("zeppelin"), "{trace}");
    for part in ["provider", "store", "cli"] {
        let alone = logged(&format!("off,{part}=trace"));
        let of_part = format!("waferdeck::{part}");
        assert!(!alone.is_empty(), "{part}");
        assert!(alone.lines().all(|line| line.contains(&of_part)), "{alone}");
    }
}

#[test]
fn a_level_that_nobody_knows_is_said_with_the_nearest() {
    let mut home = Home::new();
    let ran = home
        .run(&["--log-level", "provdier=debug", "models"])
        .exits(2);
    assert!(ran.stderr.contains("did you mean provider?"), "{ran:?}");
    home.set("WAFERDECK_LOG", "warn,store=deubg");
    let ran = home.run(&["models"]).exits(0);
    assert!(
        ran.stderr.contains("WAFERDECK_LOG is passed over"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("did you mean debug?"), "{ran:?}");
}
