//! The limits one by one: each is tried against a server that sends more than it allows and less than the default does.

use std::{sync::Arc, time::Duration};

use super::super::{Profiles, Providers as _, Watched, endpoint::caps};
use super::world::{HELLO, Told, World};
use crate::{
    chat::EndState,
    config::LimitSettings,
    provider::{
        Caps,
        tests::server::{Reply, Server},
    },
};

fn at(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

fn content(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

fn message(told: &Told) -> String {
    let failure = told.state().failure();
    failure.map(|f| f.message.clone()).unwrap_or_default()
}

/// A limit, what the server sends, and what is said where the limit holds; where it is the default it is not.
fn rows() -> Vec<(&'static str, Reply, &'static str)> {
    let long = "x".repeat(70 << 10);
    let pad = "x".repeat(3 << 10);
    let headers = "x-a: b\r\n".repeat(20);
    let json = "content-type: application/json\r\n";
    vec![
        (
            "event_bytes = \"64 KiB\"",
            Reply::stream(content(&long) + HELLO),
            "event over 64 KiB",
        ),
        (
            "pending_bytes = \"1 MiB\"",
            Reply::stream(format!(": {}\n\n{HELLO}", "x".repeat(2 << 20))),
            "unfinished events of all answers together are too large",
        ),
        (
            "answer_bytes = \"64 KiB\"",
            Reply::stream(content(&long) + HELLO),
            "answer over 64 KiB",
        ),
        (
            "texts_bytes = \"64 KiB\"",
            Reply::stream(content(&long)),
            "the texts of all answers under way together are too large",
        ),
        (
            "unreadable_events = 2",
            Reply::stream(format!("data: x\n\ndata: y\n\n{HELLO}")),
            "2 unreadable events",
        ),
        (
            "headers = 10",
            Reply::status("200 OK", &headers, HELLO),
            "the headers of the reply are too large",
        ),
        (
            "header_bytes = \"8 KiB\"",
            Reply::status(
                "200 OK",
                &format!("x-a: {}\r\n", "b".repeat(10 << 10)),
                HELLO,
            ),
            "the headers of the reply are too large",
        ),
        (
            "error_bytes = \"1 KiB\"",
            Reply::status(
                "400 No",
                json,
                format!("{{\"pad\":\"{pad}\",\"message\":\"the reason\"}}"),
            ),
            "400",
        ),
    ]
}

#[tokio::test]
async fn each_limit_holds_where_it_is_set() {
    for (limit, reply, said) in rows() {
        for (lines, holds) in [(format!("[limits]\n{limit}"), true), (String::new(), false)] {
            let server = Server::start(std::slice::from_ref(&reply)).await;
            let world = World::new(&at(&server), &format!("max_retries = 0\n{lines}"));
            let message = message(&world.ask().await);
            let is_held = message.contains(said) && !message.contains("the reason");
            assert_eq!(is_held, holds, "{limit}: {message:?}");
        }
    }
}

#[tokio::test]
async fn the_body_of_an_error_has_the_time_that_is_set() {
    let server = Server::start(&[Reply::json("400 No", "{\"message\":").stall()]).await;
    let world = World::new(&at(&server), "[limits]\nerror_timeout = \"100ms\"");
    let told = tokio::time::timeout(Duration::from_secs(4), world.ask()).await;
    assert!(message(&told.expect("sooner than five seconds")).contains("400"));
}

#[tokio::test]
async fn on_screen_a_server_may_ask_for_the_wait_that_is_set() {
    let busy = Reply::status("429 Too Many Requests", "retry-after: 5\r\n", "{}");
    let server = Server::start(&[busy, Reply::stream(HELLO)]).await;
    let world = World::new(&at(&server), "[limits]\nretry_after = 1");
    let profiles = Profiles::new(Arc::clone(&world.config), Watched::Yes);
    let world = World {
        profiles: Arc::new(profiles),
        ..world
    };
    let told = world.ask().await;
    let failure = told.failure();
    let said = format!("{} {}", failure.message, failure.remedy);
    assert!(said.contains("not waiting longer than 1 s"), "{said}");
}

#[tokio::test]
async fn retries_of_all_requests_are_as_many_as_is_set() {
    let busy = || Reply::json("503 Busy", "{}");
    let quick = "initial_delay = 0\nmax_retries = 4\nbreaker_failures = 0\n";
    for (limit, sent) in [
        ("", 5),
        ("[limits]\nretry_pool = 1", 2),
        ("[limits]\nretry_pool = 0", 1),
    ] {
        let server = Server::start(&[busy()]).await;
        World::new(&at(&server), &format!("{quick}{limit}"))
            .ask()
            .await;
        assert_eq!(server.requests().len(), sent, "{limit}");
    }
    let pool = "[limits]\nretry_pool = 1\n";
    for (limit, is_given_back) in [("", false), ("retry_return = 1", true)] {
        let replies = [busy(), Reply::stream(HELLO), busy(), Reply::stream(HELLO)];
        let server = Server::start(&replies).await;
        let world = World::new(&at(&server), &format!("{quick}{pool}{limit}"));
        assert_eq!(*world.ask().await.state(), EndState::Complete);
        let again = world.ask().await;
        assert_eq!(
            *again.state() == EndState::Complete,
            is_given_back,
            "{limit}"
        );
    }
}

#[tokio::test]
async fn a_list_of_models_is_as_large_as_is_set() {
    let models = format!(
        "{{\"data\":[{{\"id\":\"m\"}}],\"pad\":\"{}\"}}",
        "x".repeat(70 << 10)
    );
    for (limit, error) in [
        ("", None),
        (
            "[limits]\nmodel_list_bytes = \"64 KiB\"",
            Some("the list of models is over 64 KiB"),
        ),
    ] {
        let server = Server::start(&[Reply::json("200 OK", &models)]).await;
        let world = World::new(&at(&server), limit);
        let provider = world.profiles.get("t").await.unwrap();
        let said = provider.models().await.err().map(|e| e.to_string());
        assert_eq!(said.as_deref(), error, "{limit}");
    }
}

#[tokio::test]
async fn a_list_of_models_takes_as_long_as_is_set() {
    let dripping = Reply::json("200 OK", "{\"data\":[").stall();
    let server = Server::start(&[dripping]).await;
    let world = World::new(&at(&server), "[limits]\nmodel_list_timeout = \"200ms\"");
    let provider = world.profiles.get("t").await.unwrap();
    let error = provider.models().await.unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("no list of models"), "{said}");
    assert!(said.ends_with("within 0.2 s"), "{said}");
    let reply = provider.first_reply().await.expect("it has replied");
    assert_eq!(reply.status, 200);
    let said = reply.models.unwrap_err().to_string();
    assert!(said.starts_with("no whole list of models"), "{said}");
}

#[test]
fn the_defaults_are_those_of_the_provider() {
    assert_eq!(caps(&LimitSettings::default()), Caps::default());
}
