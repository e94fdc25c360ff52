//! The settings of a profile one by one: each is tried against a server that shows what it changes.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use super::super::{Profiles, Watched};
use super::world::{HELLO, PART, Told, WHOLE, World};
use crate::{
    chat::{Connection, EndState, FailureKind, Held, StreamEvent},
    cli::Exit,
    provider::tests::server::{Reply, Server},
};

/// What the server got and what became of the answer.
struct Seen {
    requests: Vec<String>,
    told: Told,
}

impl Seen {
    fn first(&self) -> String {
        self.requests.first().cloned().unwrap_or_default()
    }

    fn note(&self) -> String {
        let end = self.told.answer.end();
        end.and_then(|e| e.note.clone()).unwrap_or_default()
    }
}

fn at(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

/// Asks once, with these settings, a server that plays `replies`.
async fn seen(reply: Reply, lines: &str) -> Seen {
    let server = Server::start(&[reply]).await;
    let told = World::new(&at(&server), lines).ask().await;
    Seen {
        requests: server.requests(),
        told,
    }
}

/// Settings, what the server does to every request, and how it shows that the settings hold.
type Row = (&'static str, Reply, fn(&Seen) -> bool);

/// Each fails if its settings are taken away: without them the opposite is to be seen.
fn rows() -> Vec<Row> {
    let hello = || Reply::stream(HELLO);
    let busy = || Reply::json("503 Busy", "{}");
    let silent = || Reply::default().stall();
    let cut = || Reply::stream(PART).stall();
    let drip = (0..60).fold(Reply::stream(PART), |r, _| r.pause(20).then(":"));
    vec![
        ("headers = { x-team = \"blue\" }", hello(), |s| {
            s.first().contains("x-team: blue")
        }),
        ("max_completion_tokens = 77", hello(), |s| {
            s.first().contains("\"max_completion_tokens\":77")
                || s.first().contains("\"max_tokens\":77")
        }),
        (
            "allow_streaming = false",
            Reply::json("200 OK", WHOLE),
            |s| !s.first().contains("\"stream\":true") && s.note().contains("one piece"),
        ),
        ("max_retries = 2\ninitial_delay = 0", busy(), |s| {
            s.requests.len() == 3
        }),
        ("max_retries = 0", busy(), |s| s.requests.len() == 1),
        (
            "max_retries = 3\ninitial_delay = \"10ms\"\nmultiplier = 3\njitter = 0",
            busy(),
            |s| s.told.waits() == [10, 30, 90],
        ),
        (
            "max_retries = 3\ninitial_delay = \"10ms\"\nmultiplier = 3\nmax_delay = \"20ms\"\njitter = 0",
            busy(),
            |s| s.told.waits() == [10, 20, 20],
        ),
        (
            "max_retries = 6\ninitial_delay = \"20ms\"\nmultiplier = 1\njitter = 0.5",
            busy(),
            |s| s.told.waits().iter().all(|w| (10..=20).contains(w)),
        ),
        (
            "first_event_timeout = \"80ms\"\nmax_retries = 0",
            silent(),
            |s| s.told.failure().message.contains("no reply"),
        ),
        ("idle_timeout = \"80ms\"", cut(), |s| {
            s.told.failure().message.contains("no data")
        }),
        ("timeout = \"200ms\"\nidle_timeout = 5", drip, |s| {
            s.told.failure().message.contains("no text")
        }),
        ("total_timeout = \"100ms\"", cut(), |s| {
            s.told.failure().message.contains("not done within")
        }),
        ("latency_budget_ms = 1", hello(), |s| {
            s.told.answer.budget.is_some_and(|b| b.limit_ms == 1)
        }),
        ("fallback = \"skip\"\nmax_retries = 0", busy(), |s| {
            matches!(s.told.state(), EndState::Skipped(_))
        }),
        ("fallback = \"mock\"\nmax_retries = 0", busy(), |s| {
            s.told.answer.mock && !s.told.answer.content.is_empty()
        }),
        ("fallback = \"none\"\nmax_retries = 0", busy(), |s| {
            matches!(s.told.state(), EndState::Failed(_)) && !s.told.answer.mock
        }),
    ]
}

#[tokio::test]
async fn each_setting_of_a_profile_changes_what_happens() {
    for (lines, reply, shows) in rows() {
        let seen = seen(reply, lines).await;
        let (requests, events) = (&seen.requests, &seen.told.events);
        assert!(shows(&seen), "{lines}\n{requests:?}\n{events:?}");
    }
}

#[tokio::test]
async fn a_key_goes_along_unless_the_profile_says_none() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("key");
    fs::write(&key, "csk-from-a-file").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    for (auth, sent) in [("key", true), ("none", false)] {
        let lines = format!("auth = \"{auth}\"\napi_key_file = \"{}\"", key.display());
        let seen = seen(Reply::stream(HELLO), &lines).await;
        assert_eq!(seen.first().contains("csk-from-a-file"), sent, "{auth}");
    }
}

#[tokio::test]
async fn the_model_of_a_profile_is_what_it_asks() {
    let world = World::new("http://127.0.0.1:1", "model = \"a/b\"");
    let world = world.adjusted(|config| {
        config.profile = "t".to_owned();
        config.model.clone_from(&config.profiles["t"].model);
    });
    let profiles = Profiles::new(world.config, Watched::No);
    assert_eq!(profiles.variants().await.unwrap()[0].model, "a/b");
}

#[tokio::test]
async fn requests_beyond_those_in_flight_wait() {
    for (lines, held) in [("", vec![]), ("max_in_flight = 1", vec![Held::InFlight])] {
        let server = Server::start(&[Reply::stream("").pause(100).then(HELLO)]).await;
        let world = World::new(&at(&server), lines);
        let (a, b) = tokio::join!(world.ask(), world.ask());
        let events = a.events.into_iter().chain(b.events);
        let waits = events.filter_map(|event| match event {
            StreamEvent::Queued(wait) => Some(wait.held),
            _ => None,
        });
        assert_eq!(waits.collect::<Vec<_>>(), held, "{lines}");
    }
}

#[tokio::test]
async fn caps_hold_back_what_is_over_them() {
    for lines in ["rpm = 1", "tpm = 8300"] {
        let server = Server::start(&[Reply::stream(HELLO)]).await;
        // Nobody waits for a minute here: that it would have to is what is said.
        let world = World::new(&at(&server), lines)
            .adjusted(|config| config.max_wait = Duration::from_millis(10));
        assert_eq!(world.ask().await.state(), &EndState::Complete, "{lines}");
        let told = world.ask().await;
        let message = &told.failure().message;
        assert!(message.contains("quota"), "{lines}: {message}");
    }
}

#[tokio::test]
async fn a_proxy_gets_what_is_not_for_this_machine() {
    let proxy = Server::start(&[Reply::stream(HELLO)]).await;
    let lines = format!(
        "auth = \"none\"\nproxy = \"{}\"\nallow_http = true",
        at(&proxy)
    );
    let told = World::new("http://far.example", &lines).ask().await;
    assert_eq!(told.state(), &EndState::Complete, "{:?}", told.events);
    let request = proxy.requests().remove(0);
    assert!(
        request.starts_with("POST http://far.example/v1/chat/completions"),
        "{request}"
    );
}

#[tokio::test]
async fn what_cannot_work_is_named_by_its_setting() {
    let unencrypted = World::new("http://far.example", "auth = \"none\"");
    let message = unencrypted.ask().await.failure().message.clone();
    assert!(message.contains("not encrypted"), "{message}");

    let lines = "auth = \"none\"\nca_file = \"none.pem\"";
    let world = World::new("https://127.0.0.1:1", lines);
    let told = world.ask().await;
    assert_eq!(Exit::from(told.failure().kind), Exit::Usage);
    let message = &told.failure().message;
    let file = world.dir.path().join("none.pem").display().to_string();
    assert!(message.contains(&file), "{message}");

    let silent = Server::start(&[Reply::default().stall()]).await;
    let lines = "auth = \"none\"\nconnect_timeout = \"100ms\"\nmax_retries = 0";
    let world = World::new(&format!("https://127.0.0.1:{}", silent.port), lines);
    let message = world.ask().await.failure().message.clone();
    assert!(message.contains("no TLS within 0.1 s"), "{message}");
}

#[tokio::test]
async fn a_whole_answer_may_take_longer_to_begin_than_a_stream() {
    let bytes = WHOLE.len();
    let late = Reply::default().pause(250).then(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n{WHOLE}"
    ));
    let times = "first_event_timeout = \"100ms\"\ntimeout = 5\nmax_retries = 0";
    let stream = seen(late.clone(), times).await;
    assert_eq!(stream.told.failure().kind, FailureKind::Timeout);
    let server = Server::start(&[late.keep()]).await;
    let lines = format!("{times}\nallow_streaming = false");
    let world = World::new(&at(&server), &lines);
    assert_eq!(world.ask().await.answer.content, "hello");
    let second = world.ask().await;
    let connection = second.answer.end().and_then(|e| e.connection);
    assert_eq!(connection, Some(Connection::Reused));
}
