//! Keys planted in every place where one can come from, before a server that says them again: none is on screen, in a
//! file, or in what anybody else is told. And a key that is typed, into the overlay or by mistake.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
    thread,
};

use crate::harness::{Home, Workbench, eventually};

const FROM_ENV: &str = "csk-canary+env/0123456789abcdef";
const FROM_FILE: &str = "csk-canary-file-0123456789abcdef";
const FROM_COMMAND: &str = "csk-canary-command-0123456789ab";
const FROM_ENV_FILE: &str = "csk-canary-given-0123456789abcdef";
const FROM_HEADER: &str = "canary-header-0123456789abcdef";
const FROM_PROXY: &str = "canaryproxy0123456789abcdef";
const FROM_PERSON: &str = "csk-canary-typed-0123456789abcdef";
const REJECTED: &str = "csk-canary-wrong-0123456789abcdef";
const ALL: [&str; 8] = [
    FROM_ENV,
    FROM_ENV_FILE,
    FROM_FILE,
    FROM_COMMAND,
    FROM_HEADER,
    FROM_PROXY,
    FROM_PERSON,
    REJECTED,
];

/// A server that says in every way what it was told as keys: in headers, bodies, and answers in small pieces.
struct Parrot {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Parrot {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keep = Arc::clone(&keep);
                thread::spawn(move || serve(stream, &keep));
            }
        });
        Self { url, heard }
    }

    fn heard(&self) -> String {
        self.heard.lock().expect("what was heard").join("\n")
    }
}

fn serve(mut stream: TcpStream, keep: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let said = |name: &str| {
        let lines = head.lines().filter_map(|l| l.split_once(": "));
        let mut found = lines.filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value).to_owned()
    };
    length += said("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let key = said("authorization").replace("Bearer ", "");
    let keys = format!("{key} {}", said("x-team-key"));
    let reply = if head.starts_with("CONNECT") || !head.contains(" /") {
        let why = said("proxy-authorization");
        format!("HTTP/1.1 407 {why}\r\nx-why: {why}\r\nconnection: close\r\n\r\n{why}")
    } else if key == REJECTED || body.contains("\"reject\"") {
        let error = format!(r#"{{"message":"Wrong API Key {keys}","code":"{key}"}}"#);
        format!(
            "HTTP/1.1 401 {key}\r\nx-request-id: {key}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{error}"
        )
    } else if body.is_empty() {
        let list = format!(r#"{{"data":[{{"id":"echo"}},{{"id":"reject"}},{{"id":"{key}"}}]}}"#);
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{list}"
        )
    } else {
        let event = |field: &str, text: &str| {
            let delta = serde_json::json!({"id": key, "choices": [{"delta": {field: text}}]});
            format!("data: {delta}\n\n")
        };
        let text: Vec<char> = format!("so you have {keys}, done").chars().collect();
        let pieces: Vec<String> = text.chunks(3).map(|c| c.iter().collect()).collect();
        let events = ["reasoning", "content"].map(|field| {
            let events: String = pieces.iter().map(|p| event(field, p)).collect();
            events
        });
        let end = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{key}"}}]}}"#);
        format!(
            "HTTP/1.1 200 OK\r\nx-request-id: {key}\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{}data: {end}\n\n",
            events.concat()
        )
    };
    keep.lock().ok()?.push(head + &body);
    stream.write_all(reply.as_bytes()).ok()
}

/// A home with a key in every place, and `parrot` for every profile.
fn planted(parrot: &Parrot) -> Home {
    let mut home = Home::new();
    let private = |name: &str, text: &str| {
        let path = home.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a private file");
        path
    };
    let key = private("work/key", FROM_FILE);
    private("work/env", &format!("GIVEN_KEY={FROM_ENV_FILE}\n"));
    let url = &parrot.url;
    let proxy = url.replace("http://", &format!("http://user:{FROM_PROXY}@"));
    // In two pieces, so that it stands nowhere but in what the command prints and complains of.
    let (first, second) = FROM_COMMAND.split_at(9);
    let command = format!("for to in 2 1; do printf {first} >&$to; printf {second} >&$to; done");
    home.write(
        "config/config.toml",
        &format!(
            "[log]\nlevel = \"trace\"\n\
             [providers.cerebras]\nmodel = \"echo\"\nmax_retries = 0\n\
             headers = {{ X-Team-Key = \"{FROM_HEADER}\" }}\n\
             [providers.filed]\nbase_url = \"{url}/v1\"\nmodel = \"echo\"\napi_key_file = \"{}\"\n\
             [providers.asked]\nbase_url = \"{url}/v1\"\nmodel = \"echo\"\n\
             api_key_command = [\"sh\", \"-c\", \"{command}\"]\n\
             [providers.given]\nbase_url = \"{url}/v1\"\nmodel = \"echo\"\napi_key_env = \"GIVEN_KEY\"\n\
             [providers.proxied]\nbase_url = \"http://example.invalid/v1\"\nallow_http = true\nauth = \"none\"\n\
             max_retries = 0\nmodel = \"echo\"\nproxy = \"{proxy}\"\n",
            key.display(),
        ),
    );
    home.set("CEREBRAS_BASE_URL", url.clone());
    home.set("CEREBRAS_API_KEY", FROM_ENV);
    home
}

/// Every spelling of a secret that a search finds.
fn spellings(secret: &str) -> Vec<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let percent: String = secret
        .chars()
        .map(|c| match c {
            '+' => "%2B".to_owned(),
            '/' => "%2F".to_owned(),
            c => c.to_string(),
        })
        .collect();
    // Within longer text it begins at any of three places of a group; the groups that it fills are its own.
    let base64 = (0..3).map(|from| {
        let whole = secret.as_bytes().get(from..).unwrap_or_default();
        let groups = whole.chunks_exact(3).map(|c| {
            let bits = u32::from(c[0]) << 16 | u32::from(c[1]) << 8 | u32::from(c[2]);
            let digit = |shift: u32| char::from(DIGITS[(bits >> shift) as usize & 63]);
            [18, 12, 6, 0].map(digit).iter().collect::<String>()
        });
        groups.collect()
    });
    base64.chain([secret.to_owned(), percent]).collect()
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in ALL {
        for spelling in spellings(secret) {
            assert!(!text.contains(&spelling), "{what} holds {spelling}: {text}");
        }
    }
}

/// No file that the program wrote holds a key; the person's own settings and key file are theirs.
#[track_caller]
fn assert_files_clean(home: &Home) {
    for file in ["data", "state", "home", "work"]
        .iter()
        .flat_map(|d| home.files(d))
    {
        if !file.ends_with("work/key") && !file.ends_with("work/env") {
            assert_clean(
                &file.display().to_string(),
                &fs::read(&file).expect("a file"),
            );
        }
    }
}

#[test]
fn commands_say_no_key_whoever_says_it_to_them() {
    let parrot = Parrot::new();
    let collector = Parrot::new();
    let mut home = planted(&parrot);
    home.set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.clone());
    home.set("OTEL_TRACES_EXPORTER", "otlp");
    home.set("OTEL_METRICS_EXPORTER", "otlp");
    let mut runs = vec![
        vec!["config", "show"],
        vec!["config", "show", "--json"],
        vec!["config", "check"],
        vec!["models"],
        vec!["models", "--json"],
    ];
    for model in [
        "cerebras/echo",
        "filed/echo",
        "asked/echo",
        "proxied/echo",
        "cerebras/reject",
        "filed/reject",
    ] {
        for format in ["text", "json", "jsonl"] {
            runs.push(vec![
                "ask",
                "-m",
                model,
                "--format",
                format,
                "what is my key?",
            ]);
        }
    }
    runs.push(vec!["ask", "-m", "echo", FROM_ENV]);
    runs.push(vec!["history", "list", "--json"]);
    for args in &runs {
        let ran = home.run(args);
        assert_clean(
            &format!("{args:?}"),
            format!("{}{}", ran.stdout, ran.stderr).as_bytes(),
        );
    }
    let told = home.run(&["ask", "-m", "cerebras/echo", "again"]).exits(0);
    let hidden = "so you have [key hidden] [key hidden], done";
    assert!(told.stdout.contains(hidden), "{}", told.stdout);
    for head in home
        .run(&["history", "list", "--json"])
        .json()
        .as_array()
        .expect("sessions")
    {
        let id = head["id"].as_str().expect("an id");
        for args in [
            ["history", "show", id].as_slice(),
            &["history", "export", id, "--json"],
        ] {
            let ran = home.run(args).exits(0);
            assert_clean(&format!("{args:?}"), ran.stdout.as_bytes());
        }
    }
    assert_files_clean(&home);
    let heard = parrot.heard();
    for key in [FROM_ENV, FROM_FILE, FROM_COMMAND, FROM_HEADER] {
        assert!(heard.contains(key), "{key} was sent to its own server");
    }
    assert!(
        heard
            .lines()
            .any(|l| l.to_lowercase().starts_with("proxy-authorization")),
        "{heard}"
    );
    let exported = collector.heard();
    assert!(
        exported.contains("gen_ai"),
        "telemetry was exported: {exported}"
    );
    assert_clean("telemetry", exported.as_bytes());
}

/// The profiles with a key of their own, and that key.
const SOURCES: [(&str, &str); 4] = [
    ("cerebras", FROM_ENV),
    ("given", FROM_ENV_FILE),
    ("filed", FROM_FILE),
    ("asked", FROM_COMMAND),
];

#[test]
fn a_prompt_with_the_key_is_kept_without_it_wherever_the_key_comes_from() {
    let parrot = Parrot::new();
    let home = planted(&parrot);
    let env_file = home.path("work/env").display().to_string();
    for (profile, key) in SOURCES {
        let ask = |args: &[&str]| {
            let before = ["--env-file", env_file.as_str(), "ask", "--profile", profile];
            home.run(&[before.as_slice(), args].concat()).exits(0)
        };
        let prompt = format!("is {key} a good key");
        ask(&[&prompt]);
        ask(&["-s", &prompt, "is it"]);
        let told = ask(&["--format", "json", &prompt]).stdout;
        assert_clean("JSON", told.as_bytes());
        let attached = home.write("attached.txt", &prompt).display().to_string();
        ask(&["-f", &attached, "is it"]);
        let in_name = ask(&["-m", &format!("{profile}/{key}?stop={key}"), "is it"]);
        assert_clean("a name", in_name.stdout.as_bytes());
    }
    assert_files_clean(&home);
    let kept = home.transcripts();
    assert_eq!(kept.len(), 5 * SOURCES.len());
    for path in kept {
        let text = fs::read_to_string(path).expect("a transcript");
        assert!(text.contains("[key hidden]"), "{text}");
    }
}

#[test]
fn a_file_of_variables_that_others_can_read_gives_no_key() {
    let parrot = Parrot::new();
    let home = planted(&parrot);
    let path = home.path("work/env");
    let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    let env_file = path.display().to_string();
    let ask = [
        "--env-file",
        &env_file,
        "ask",
        "--profile",
        "given",
        "hello",
    ];
    set(0o640);
    let line = format!("chmod 600 {env_file}");
    let refused = home.run(&ask).exits(3);
    assert!(refused.stderr.contains(&line), "{}", refused.stderr);
    let doctor = [
        "--env-file",
        &env_file,
        "doctor",
        "--profile",
        "given",
        "--no-probe",
    ];
    let told = home.run(&doctor).exits(7);
    let cross = told.stdout.lines().find(|l| l.contains("others can read"));
    assert!(cross.is_some_and(|l| l.contains('✗')), "{}", told.stdout);
    assert!(!parrot.heard().contains(FROM_ENV_FILE));
    // A file that holds no key is for anybody to read.
    fs::write(&path, "CEREBRAS_MODEL=other\n").expect("a file");
    let told = home
        .run(&["--env-file", &env_file, "config", "show"])
        .exits(0);
    assert!(told.stdout.contains("CEREBRAS_MODEL in"), "{}", told.stdout);
    home.run(&["--env-file", &env_file, "ask", "hello"])
        .exits(0);
    fs::write(&path, format!("GIVEN_KEY={FROM_ENV_FILE}\n")).expect("a file");
    set(0o600);
    home.run(&ask).exits(0);
}

#[test]
fn a_report_holds_no_key_of_its_prompt_wherever_the_key_comes_from() {
    let parrot = Parrot::new();
    let home = planted(&parrot);
    let env_file = home.path("work/env").display().to_string();
    for (profile, key) in SOURCES {
        let (prompt, file) = (format!("is {key} good"), format!("work/{profile}.json"));
        let plan = [
            ["--env-file", &env_file, "bench", "--profile", profile],
            ["--requests", "1", "--concurrency", "1", "--json"],
        ]
        .concat();
        let bench = |args: &[&str]| home.run(&[plan.as_slice(), args].concat()).exits(0).stdout;
        let report = bench(&["--prompt", &prompt]);
        assert_clean("the report", report.as_bytes());
        assert!(report.contains("is [key hidden] good"), "{report}");
        bench(&[
            "--prompt",
            &prompt,
            "-o",
            &home.path(&file).display().to_string(),
        ]);
        let stop = bench(&[
            "--dry-run",
            "-m",
            &format!("{profile}/echo?stop={FROM_FILE}"),
        ]);
        assert_clean("the estimate", stop.as_bytes());
    }
    assert_files_clean(&home);
}

#[test]
fn the_workbench_shows_and_keeps_no_key() {
    let parrot = Parrot::new();
    let home = planted(&parrot);
    let models = [
        "-m",
        "cerebras/echo",
        "-m",
        "filed/echo",
        "-m",
        "asked/echo",
        "-m",
        "cerebras/reject",
    ];
    let args = [models.as_slice(), &["--metrics-listen", "127.0.0.1:0"]].concat();
    let mut workbench = Workbench::open(&home, (160, 40), &args);
    workbench.send("what is my key?");
    workbench.until("the answers", |s| {
        s.text().matches("[key hidden]").count() >= 4
            && s.has("key rejected")
            && s.has("Enter send")
    });
    // Typed by mistake: asked about, and hidden wherever it is kept.
    workbench.paste(&format!("my key is\n{FROM_ENV}"));
    workbench.key("enter");
    workbench.until("the question", |s| {
        s.says("Line 2 holds a key that is in use")
    });
    workbench.key("esc");
    workbench.until("the draft", |s| !s.has("Send a key?"));
    eventually("the draft on disk", || {
        home.files("data")
            .iter()
            .find(|f| f.to_string_lossy().contains("drafts/"))?;
        Some(())
    });
    workbench.key("enter");
    workbench.until_text("Send a key?");
    workbench.key("y");
    workbench.until_gone("Send a key?");
    workbench.until("the answers", |s| s.has("Enter send"));
    workbench.key("ctrl-x");
    workbench.key("x");
    workbench.until_text("written to");
    let pid = workbench.pid();
    // Only root may still look into it.
    let owner = fs::metadata(format!("/proc/{pid}/environ")).expect("the process");
    assert_eq!(
        std::os::unix::fs::MetadataExt::uid(&owner),
        0,
        "it can be dumped"
    );
    workbench.quit();
    assert_files_clean(&home);
    let transcript = fs::read_to_string(&home.transcripts()[0]).expect("a transcript");
    assert!(
        transcript.contains("my key is\\n[key hidden]"),
        "{transcript}"
    );
    assert!(
        parrot.heard().contains(&format!("my key is\\n{FROM_ENV}")),
        "it was sent as it was typed"
    );
}

#[test]
fn a_key_is_typed_once_tried_and_kept_in_no_file() {
    let parrot = Parrot::new();
    let home = Home::with_config(&format!(
        "[providers.team]\nbase_url = \"{}/v1\"\nmodel = \"echo\"\nauth = \"key\"\napi_key_env = \"TEAM_KEY\"\n",
        parrot.url
    ));
    let mut workbench = Workbench::open(
        &home,
        (100, 30),
        &["--profile", "team", "-m", "mock/gpt-oss-120b"],
    );
    // The address is on this machine, so that the profile could do without; the palette leads to Cerebras.
    workbench.key("ctrl-p");
    workbench.type_text("connect");
    workbench.until_text("connect to Cerebras");
    workbench.key("enter");
    workbench.until("where a key can come from", |s| {
        s.has("CEREBRAS_API_KEY") && s.has("not set") && s.has("api_key_file is not set")
    });
    workbench.key("enter");
    workbench.until_text("type or paste a key first");
    workbench.key("esc");
    workbench.until_gone("A key can come from");
    workbench.quit();

    let mut home = Home::asking(&parrot.url);
    home.set("CEREBRAS_API_KEY", "");
    let mut workbench = Workbench::open(
        &home,
        (100, 30),
        &["-m", "mock/gpt-oss-120b", "-m", "mock/gpt-oss-120b"],
    );
    workbench.key("ctrl-p");
    workbench.type_text("connect");
    workbench.until_text("connect to Cerebras");
    workbench.key("enter");
    workbench.until_text("A key can come from");
    workbench.type_text(REJECTED);
    workbench.until("the mask", |s| s.has(&"•".repeat(REJECTED.len())));
    workbench.key("enter");
    let shown = workbench.until("the refusal", |s| s.says("key rejected"));
    assert!(!shown.has("••"), "typed anew: {}", shown.text());
    workbench.paste(&format!("  {FROM_PERSON}\n"));
    workbench.until("the mask", |s| s.has(&"•".repeat(FROM_PERSON.len())));
    workbench.key("enter");
    workbench.until("the key works", |s| {
        s.has("The key works") && s.says("kept in memory until you leave")
    });
    workbench.key("a");
    workbench.until_text("every pane asks echo from now on");
    workbench.send("what is my key?");
    workbench.until("the answers", |s| {
        s.text().matches("[key hidden]").count() >= 2 && s.has("Enter send")
    });
    let raw = workbench.raw();
    assert_clean("the terminal", &raw);
    workbench.quit();
    assert!(parrot.heard().contains(FROM_PERSON));
    assert_files_clean(&home);
    for file in home.files("config") {
        assert_clean("the settings", &fs::read(file).expect("a file"));
    }
}
