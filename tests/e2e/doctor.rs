//! `waferdeck doctor`: the whole checklist on the mock, crosses with exit code 7, JSON, a terminal that answers, Ctrl-C.
//! What each line says is tested beside the code that says it.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Home, Mock, Ran, Workbench, eventually};

/// The checklist of a machine without settings or keys. `~` is the test's folder, `N` a number.
const ON_THE_MOCK: &str = "\
CONFIG
  ✓ file        ~/config/config.toml does not exist: defaults hold
                `waferdeck config init` writes one with every setting explained
  ✓ values      every setting has its default
  ✓ profile     mock is asked: no key for cerebras
  ✓ beside      decks, prompts and themes can be used

SECRETS
  – cerebras    not set up and not asked: nothing of it is checked
                set CEREBRAS_API_KEY, or name an api_key_file or api_key_command under [providers.cerebras] in config.toml; --mock needs no key
  ✓ mock        the mock needs no key

NETWORK mock
  ✓ address     http://N.N.N.N:N/vN
  ✓ dns         N.N.N.N is an address
  ✓ tcp         connected to N.N.N.N:N
  – tls         plain http, not encrypted
  ✓ http        HTTP/N.N, status N
  ✓ clock       agrees with the server's

SERVICE mock
  ✓ auth        no key is needed: none is asked for
  ✓ models      gpt-oss-Nb is offered
                the service offers gpt-oss-Nb, qwen-N.N-Nb, mock-gpu-N, mock-limited, mock-stall, mock-break and N more
  ✓ probe       gpt-oss-Nb: TTFT N ms · N tok/s server · N tokens
  ✓ figures     tokens (usage) and server times (time_info) are reported
  ✓ limits      N of N requests a minute left · N of N tokens a minute left
                N of N requests an hour left
                N of N tokens an hour left
                N of N requests a day left
                N of N tokens a day left

STORE
  ✓ folder      ~/data will be made with the first prompt
  ✓ space       N GiB free

TERMINAL
  – kind        standard output is no terminal: run doctor where the workbench will run
  – colour      standard output is no terminal
  ✓ charset     UTF-N (LANG=C.UTF-N)
  – size        standard output is no terminal
  – keys        standard input or output is no terminal
  – frames      standard input or output is no terminal
  – clipboard   standard output is no terminal
  ✓ links       written out; ui.oscN gives them to the terminal (OSC N)

TELEMETRY
  ✓ listen      off (--metrics-listen, telemetry.metrics_listen)
  ✓ otlp        off (OTEL_EXPORTER_OTLP_ENDPOINT)

N good · N warnings · N failed · N not checked
";

/// Numbers become `N`; the times at the ends of lines, which may be there or not, go.
fn masked(home: &Home, text: &str) -> String {
    let folder = home.path("").display().to_string();
    let text = text.replace(folder.trim_end_matches('/'), "~");
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.rsplit_once("  ") {
            Some((before, time)) if time.ends_with(" ms") || time.ends_with(" s") => {
                if before.trim().len() > 2
                    && time.chars().all(|c| !c.is_alphabetic() || "ms".contains(c))
                {
                    before
                } else {
                    line
                }
            }
            _ => line,
        };
        let mut chars = line.chars().peekable();
        let mut in_number = false;
        while let Some(c) = chars.next() {
            let goes_on = chars.peek().is_some_and(char::is_ascii_digit);
            if c.is_ascii_digit() || (in_number && c == ',' && goes_on) {
                if !in_number {
                    out.push('N');
                }
                in_number = true;
            } else {
                in_number = false;
                out.push(c);
            }
        }
        out.push('\n');
    }
    // Times and sizes come with fractions or without.
    out.replace("TTFT N.N ms", "TTFT N ms")
        .replace("N.N GiB free", "N GiB free")
}

#[track_caller]
fn check<'a>(json: &'a Value, id: &str, profile: Option<&str>) -> &'a Value {
    let checks = json["checks"].as_array().expect("checks");
    checks
        .iter()
        .find(|c| c["id"] == id && c["profile"].as_str() == profile)
        .unwrap_or_else(|| panic!("no {id}: {json:#}"))
}

/// Every cross and warning has a remedy, and the counts are those of the lines.
#[track_caller]
fn sound(ran: &Ran) -> Value {
    let json = ran.json();
    for (word, count) in [
        ("ok", "ok"),
        ("warning", "warnings"),
        ("failed", "failed"),
        ("not_checked", "not_checked"),
    ] {
        let checks = json["checks"].as_array().expect("checks");
        let of_this: Vec<_> = checks.iter().filter(|c| c["status"] == word).collect();
        assert_eq!(json["summary"][count], of_this.len(), "{json:#}");
        let needs_remedy = matches!(word, "warning" | "failed");
        let all = of_this
            .iter()
            .all(|c| c["remedy"].is_string() == needs_remedy);
        assert!(all, "{json:#}");
    }
    json
}

#[test]
fn the_whole_checklist_on_the_mock() {
    let home = Home::new();
    let ran = home.run(&["doctor"]).exits(0);
    assert_eq!(ran.stderr, "");
    assert_eq!(masked(&home, &ran.stdout), ON_THE_MOCK, "{}", ran.stdout);
    assert_eq!(home.files("data"), Vec::<std::path::PathBuf>::new());
    let offline = home.run(&["doctor", "--offline", "--no-probe"]).exits(0);
    assert!(
        offline.stdout.contains("– probe       --no-probe"),
        "{offline:?}"
    );
}

#[test]
fn signs_are_words_where_only_ascii_can_be_shown_and_colours_come_when_asked_for() {
    let mut home = Home::new();
    let coloured = home.run(&["doctor", "--color", "always"]).exits(0);
    assert!(coloured.stdout.contains("\x1b["), "{}", coloured.stdout);
    home.set("LC_ALL", "C");
    let plain = home.run(&["doctor"]).exits(0);
    assert!(plain.stdout.is_ascii(), "{}", plain.stdout);
    for line in ["  ok   profile", "  -    tls", "  warn charset"] {
        assert!(plain.stdout.contains(line), "{}", plain.stdout);
    }
}

#[test]
fn a_cross_ends_with_seven_and_says_what_to_do() {
    let home = Home::asking("http://127.0.0.1:1");
    let ran = home
        .run(&["doctor", "--profile", "cerebras", "--json"])
        .exits(7);
    let json = sound(&ran);
    let tcp = check(&json, "network.tcp", Some("cerebras"));
    assert_eq!(tcp["status"], "failed");
    let summary = tcp["summary"].as_str().expect("a summary");
    assert!(summary.contains("refuses the connection"), "{summary}");
    let auth = check(&json, "service.auth", Some("cerebras"));
    assert_eq!(auth["status"], "not_checked");
    assert!(!ran.stdout.contains("\"mock\""), "one profile alone");
    home.run(&["doctor", "--profile", "nobody"]).exits(2);
}

#[test]
fn a_retired_model_a_refused_key_and_a_missing_one_are_crosses() {
    let mock = Mock::playing("tokens_per_second = \"unpaced\"\nttft_ms = 1\n");
    let mut home = Home::asking(mock.url());
    home.write(
        "config/config.toml",
        "[providers.cerebras]\nmodel = \"zai-glm-4.7\"\n",
    );
    let args = ["doctor", "--profile", "cerebras", "--json"];
    let json = sound(&home.run(&args).exits(7));
    let models = check(&json, "service.models", Some("cerebras"));
    assert_eq!(models["status"], "failed");
    let remedy = models["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("gpt-oss-120b"), "{remedy}");

    home.set("CEREBRAS_API_KEY", "csk-mock-payment");
    let json = sound(&home.run(&args).exits(7));
    let auth = check(&json, "service.auth", Some("cerebras"));
    assert_eq!(auth["status"], "failed", "{json:#}");
    let probe = check(&json, "service.probe", Some("cerebras"));
    assert_eq!(probe["status"], "not_checked");

    let text = "[providers.far]\nbase_url = \"https://far.invalid\"\n";
    let home = Home::with_config(text);
    let args = ["doctor", "--offline", "--profile", "far", "--json"];
    let json = sound(&home.run(&args).exits(7));
    assert_eq!(check(&json, "secrets.key", Some("far"))["status"], "failed");
    let dns = check(&json, "network.dns", Some("far"));
    assert_eq!(dns["summary"], "--offline");
}

#[test]
fn offline_no_command_is_run_for_a_key_and_that_is_said() {
    let mock = Mock::playing("tokens_per_second = \"unpaced\"\nttft_ms = 1\n");
    let home = Home::asking(mock.url());
    let ran = home.path("ran");
    let command = format!(
        "api_key_env = \"NONE\"\napi_key_command = [\"touch\", \"{}\"]\n",
        ran.display()
    );
    home.write(
        "config/config.toml",
        &format!(
            "[providers.cerebras]\n{command}[providers.far]\nbase_url = \"https://far.invalid\"\n{command}\
             [providers.open]\nbase_url = \"http://far.invalid\"\n{command}"
        ),
    );
    let json = sound(&home.run(&["doctor", "--offline", "--json"]).exits(7));
    assert!(!ran.exists());
    for profile in ["cerebras", "far"] {
        let key = check(&json, "secrets.key", Some(profile));
        assert_eq!(key["summary"], "touch would print it: --offline");
        let auth = check(&json, "service.auth", Some(profile));
        assert_eq!(auth["summary"], "--offline", "{json:#}");
    }
    // What cannot work is a cross as ever, and nothing is said of a key that nobody looked for.
    let address = check(&json, "network.address", Some("open"));
    assert_eq!(address["status"], "failed");
    let json = sound(
        &home
            .run(&["doctor", "--profile", "open", "--json"])
            .exits(7),
    );
    let key = check(&json, "secrets.key", Some("open"));
    assert_eq!(key["status"], "not_checked", "{json:#}");
    assert!(!ran.exists());
    home.run(&["doctor", "--profile", "cerebras", "--json"])
        .exits(7);
    assert!(ran.exists());
}

#[test]
fn no_part_of_a_key_is_printed_wherever_it_comes_from() {
    let canary = "csk-canary-0123456789abcdef";
    let mock =
        Mock::playing("[[reply]]\nstatus = 401\nmessage = \"no: csk-canary-0123456789abcdef\"");
    let mut home = Home::asking(mock.url());
    let file = home.write("key", canary);
    let open = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode));
    let shown = file.display();
    let settings = [
        String::new(),
        format!("api_key_env = \"NONE\"\napi_key_file = \"{shown}\"\n"),
        format!("api_key_env = \"NONE\"\napi_key_command = [\"cat\", \"{shown}\"]\n"),
    ];
    home.set("CEREBRAS_API_KEY", canary);
    for (settings, mode) in settings.iter().zip([0o600, 0o644, 0o600]) {
        open(mode).expect("permissions");
        home.write(
            "config/config.toml",
            &format!("[providers.cerebras]\n{settings}"),
        );
        for json in [&[][..], &["--json"]] {
            let args = [&["doctor", "--log-level", "trace"][..], json].concat();
            let ran = home.run(&args).exits(7);
            let told = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!told.contains("canary"), "{told}");
            // Others could read the file, so that it was not.
            assert_eq!(told.contains("chmod 600"), mode == 0o644, "{told}");
        }
    }
    for file in home.files("state") {
        let text = fs::read(&file).expect("a file");
        assert!(!String::from_utf8_lossy(&text).contains("canary"));
    }
}

#[test]
fn a_proxy_without_a_usable_address_is_the_proxys_cross() {
    let config = "default_profile = \"far\"\n[providers.far]\nbase_url = \"https://api.example.test/v1\"\n\
                  auth = \"none\"\nmodel = \"m1\"\n";
    let mut home = Home::with_config(config);
    home.set("HTTPS_PROXY", "http://me:s3cret@127.0.0.1:notaport");
    let ran = home.run(&["doctor", "--no-probe"]).exits(7);
    let says = |text: &str| ran.stdout.contains(text);
    assert!(
        says("the proxy 127.0.0.1:notaport is no host with a port"),
        "{}",
        ran.stdout
    );
    let remedy =
        "the proxy is named by HTTPS_PROXY: correct it there, or name api.example.test in NO_PROXY";
    assert!(says(remedy), "{}", ran.stdout);
    assert!(
        !says("s3cret") && !says("cannot find api.example.test"),
        "{}",
        ran.stdout
    );
}

#[test]
fn of_a_key_that_could_not_be_read_nothing_is_said_by_the_service() {
    let canary = "csk-canary-0123456789abcdef";
    let refusing = Mock::playing("[[reply]]\nstatus = 401\nmessage = \"who are you\"");
    let open = Mock::playing("tokens_per_second = \"unpaced\"\nttft_ms = 1\n");
    for (mock, key, mode) in [
        (&open, canary, 0o644),
        (&refusing, "csk canary 0123456789", 0o600),
    ] {
        let home = Home::new();
        let file = home.write("key", key);
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("permissions");
        let config = format!(
            "[providers.mine]\nbase_url = \"{}\"\nmodel = \"gpt-oss-120b\"\napi_key_file = \"{}\"\n",
            mock.url(),
            file.display()
        );
        home.write("config/config.toml", &config);
        let args = ["doctor", "--profile", "mine", "--json"];
        let json = sound(&home.run(&args).exits(7));
        assert_eq!(
            check(&json, "secrets.key", Some("mine"))["status"],
            "failed"
        );
        for id in ["service.auth", "service.probe"] {
            let check = check(&json, id, Some("mine"));
            assert_eq!(check["summary"], "no key could be read (see SECRETS)");
            assert_eq!(check["status"], "not_checked");
        }
        assert!(!json.to_string().contains("rejected"), "{json:#}");
    }
}

#[test]
fn settings_that_cannot_be_read_are_the_one_cross() {
    let home = Home::with_config("[ui\n");
    let ran = home.run(&["doctor"]).exits(2);
    assert!(ran.stdout.starts_with("CONFIG\n  ✗ file"), "{}", ran.stdout);
    assert!(ran.stdout.contains("config.toml:1"), "{}", ran.stdout);
    let json = sound(&home.run(&["doctor", "--json"]).exits(2));
    assert_eq!(json["summary"]["failed"], 1);
}

/// Waits for the last question to the terminal.
fn until_asked(doctor: &Workbench) {
    let question: &[u8] = b"\x1b[c";
    eventually("the question", || {
        let raw = doctor.raw();
        raw.windows(question.len())
            .find(|bytes| *bytes == question)
            .map(drop)
    });
}

#[test]
fn a_terminal_is_asked_and_gets_nothing_typed_into_its_shell() {
    let home = Home::new();
    let mut doctor = Workbench::start(&home, (160, 70), &["doctor"]);
    until_asked(&doctor);
    doctor.bytes(b"\x1b[?0u\x1b[?2026;2$y\x1bP>|pretender(1.0)\x1b\\\x1b[?62;52c");
    doctor.until_text("not checked");
    assert_eq!(doctor.exit_code(), 0);
    let shown = doctor.shown();
    for text in [
        "pretender(1.0), TERM=xterm-256color",
        "160 columns, 70 rows",
        "told apart (kitty keyboard protocol)",
        "shown as a whole",
        "which takes them",
    ] {
        assert!(shown.has(text), "{text}: {}", shown.text());
    }
    doctor.assert_given_back();
}

#[test]
fn on_a_narrow_terminal_lines_end_between_words() {
    let home = Home::with_config("[providers.far]\nbase_url = \"https://far.invalid\"\n");
    let args = ["doctor", "--offline", "--profile", "far"];
    let words = home.run(&args).exits(7).stdout;
    let words: Vec<_> = words.split_whitespace().collect();
    for columns in [60, 100] {
        let mut doctor = Workbench::start(&home, (columns, 70), &args);
        doctor.until_text("not checked");
        assert_eq!(doctor.exit_code(), 7);
        let shown = doctor.shown();
        let remedy = words.iter().position(|w| *w == "→").expect("a remedy");
        let sentence = words[remedy..remedy + 20].join(" ");
        assert!(shown.says(&sentence), "{sentence}: {}", shown.text());
    }
}

#[test]
fn a_mute_terminal_costs_a_second_and_is_not_claimed_to_be_able() {
    let home = Home::new();
    let mut doctor = Workbench::start(&home, (160, 70), &["doctor", "--no-probe"]);
    doctor.until_text("the terminal did not answer within 1 s");
    assert_eq!(doctor.exit_code(), 0);
    doctor.assert_given_back();
}

#[test]
fn ctrl_c_ends_it_at_once() {
    let mock = Mock::playing("ttft_ms = 50000\n");
    let home = Home::asking(mock.url());
    let mut doctor = home.start(&["doctor", "--profile", "cerebras"], Stdio::null());
    doctor.until_stdout("is offered");
    doctor.signal(Signal::INT);
    doctor.end().exits(130);

    let mut asking = Workbench::start(&home, (100, 30), &["doctor"]);
    until_asked(&asking);
    asking.key("ctrl-c");
    assert_eq!(asking.exit_code(), 130);
    asking.assert_given_back();
}
