//! Keys and who gets them: the endpoint's own origin alone, in its header, whatever redirects and proxies say; and what
//! comes back of them.

use std::os::unix::fs::PermissionsExt;

use super::server::{Reply, Server};
use super::*;

#[tokio::test]
async fn a_key_in_the_text_is_hidden_also_in_pieces() {
    let event = |text: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
    };
    let (first, rest) = CANARY.split_at(9);
    let (second, third) = rest.split_at(4);
    let pieces = ["your key is ", first, second, third, ", csk-", "x"];
    let body: String = pieces.iter().map(|p| event(p)).collect();
    let told = play(Reply::stream(body + FINISH)).await;
    assert_eq!(told.content(), "your key is [key hidden], csk-x");
    assert_eq!(told.end().state, EndState::Complete);
}

#[tokio::test]
async fn a_key_that_an_answer_ends_within_is_hidden_there_and_where_it_goes_on() {
    let delta = |field: &str, text: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"{field}\":\"{text}\"}}}}]}}\n\n")
    };
    let (front, back) = CANARY.split_at(CANARY.len() / 2);
    let mixed = delta("content", "is ") + &delta("content", front) + &delta("reasoning", "hm");
    let whole = mixed.clone() + &delta("content", back);
    let told = play(Reply::stream(whole + FINISH)).await;
    assert_eq!(told.content(), "is [key hidden]");
    let rest = delta("content", back) + &delta("content", "!") + FINISH;
    let server = Server::start(&[Reply::stream(mixed), Reply::stream(rest)]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let mut question = request();
    let told = ask(&provider, &question).await;
    assert_eq!(told.content(), "is [key hidden]");
    question.messages.push(Message {
        role: Role::Assistant,
        text: told.content(),
    });
    let told = ask(&provider, &question).await;
    assert_eq!(told.content(), "[key hidden]!");
}

#[tokio::test]
async fn a_key_in_headers_and_words_is_hidden() {
    let long = format!("{}{CANARY}", "r".repeat(50));
    let headers = format!("x-request-id: {long}\r\ncontent-type: text/event-stream\r\n");
    let event = format!(
        "data: {{\"id\":\"{CANARY}\",\"choices\":[{{\"delta\":{{\"content\":\"a\"}},\"finish_reason\":\"{CANARY}\"}}]}}\n\n"
    );
    let told = play(Reply::status("200 OK", &headers, event)).await;
    assert_eq!(
        told.end().request_id.as_deref(),
        Some(format!("{}[key hidden]", "r".repeat(50)).as_str())
    );
    let reason = told
        .end()
        .finish_reason
        .as_ref()
        .map(|r| r.as_str().to_owned());
    assert_eq!(reason.as_deref(), Some("[key hidden]"));
    let odd = format!("content-type: text/{CANARY}\r\n");
    let told = play(Reply::status("200 OK", &odd, "what")).await;
    assert!(
        told.failed().message.contains("text/[key hidden]"),
        "{:?}",
        told.failed()
    );
    let (begin, end) = (CANARY.split_at(9).0, CANARY.split_at(CANARY.len() - 4).1);
    let short = format!("{begin}...{end}");
    for spelt in [CANARY, &short] {
        let error = format!("data: {{\"error\":{{\"message\":\"no {spelt}\"}}}}\n\n");
        let told = play(Reply::stream(error)).await;
        assert!(
            told.failed().message.ends_with("no [key hidden]"),
            "{:?}",
            told.failed()
        );
        let body = format!("{{\"error\":{{\"message\":\"no {spelt}\"}}}}");
        let told = play(Reply::json("401 Unauthorized", &body)).await;
        assert_eq!(told.failed().message, "key rejected (401: no [key hidden])");
    }
}

#[tokio::test]
async fn a_key_in_a_header_of_ones_own_is_hidden_too_and_other_headers_are_not() {
    let text =
        "data: {\"choices\":[{\"delta\":{\"content\":\"team-secret-1 of engineering\"}}]}\n\n";
    let told = play_with(&[Reply::stream(text.to_owned() + FINISH)], |e| {
        e.headers = vec![
            ("X-Api-Key".to_owned(), "Token team-secret-1".to_owned()),
            ("X-Team".to_owned(), "engineering".to_owned()),
        ];
    })
    .await;
    assert_eq!(told.content(), "[key hidden] of engineering");
}

#[tokio::test]
async fn a_list_of_models_repeats_no_key() {
    let list = format!(r#"{{"data":[{{"id":"{CANARY}"}},{{"id":"m"}}]}}"#);
    let none = Reply::status("404 Not Found", "", "");
    let server = Server::start(&[Reply::json("200 OK", &list), none]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let catalogue = provider.models_with_key().await.unwrap();
    assert!(catalogue.get("m").is_some());
    assert!(
        !format!("{catalogue:?}").contains("canary"),
        "{catalogue:?}"
    );
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /v1/models ") && requests[0].contains(CANARY));
    assert!(requests[1].starts_with("GET /public/") && !requests[1].contains(CANARY));
}

#[tokio::test]
async fn neither_a_redirect_nor_a_proxy_gets_a_key() {
    let other = Server::start(&[Reply::stream(FINISH)]).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("location: http://127.0.0.1:{}/{CANARY}\r\n", other.port);
        let server = Server::start(&[Reply::status(&format!("{status} X"), &to, "")]).await;
        let provider = Provider::new(endpoint(server.port)).unwrap();
        let told = ask(&provider, &request()).await;
        expect(told.failed(), FailureKind::Redirect, &["not followed"]);
        assert!(provider.models_with_key().await.is_err());
        provider.warm().await;
    }
    assert_eq!(other.connections(), 0);
    let refused = Reply::status("407 Proxy Authentication Required", "", CANARY);
    let proxy = Server::start(&[refused]).await;
    let mut remote = endpoint(1);
    remote.base = BaseUrl::parse("https://example.invalid").unwrap();
    remote.proxy = Some(format!("http://127.0.0.1:{}", proxy.port));
    remote.headers = vec![("X-Api-Key".to_owned(), "team-secret-1".to_owned())];
    let told = ask(&Provider::new(remote).unwrap(), &request()).await;
    expect(told.failed(), FailureKind::Proxy, &["wants a user name"]);
    let heard = proxy.requests().join("\n");
    assert!(
        heard.starts_with("CONNECT ") && !heard.contains(CANARY),
        "{heard}"
    );
    assert!(!heard.contains("team-secret-1"), "{heard}");
}

#[test]
fn a_proxy_that_could_read_a_secret_is_not_asked() {
    let mut plain = endpoint(1);
    plain.base = BaseUrl::parse("http://far.example").unwrap();
    plain.allow_http = true;
    plain.proxy = Some("http://me:s3cret@127.0.0.1:9".to_owned());
    let refused = |endpoint: &Endpoint, words: &[&str]| {
        let failure = Provider::new(endpoint.clone()).unwrap_err().failure();
        expect(&failure, FailureKind::Setup, words);
        assert!(!failure.message.contains("s3cret"), "{failure:?}");
    };
    let by = "the proxy 127.0.0.1:9 would be handed";
    refused(
        &plain,
        &[&format!("{by} the key"), "https://", "take proxy"],
    );
    plain.auth = Auth::None;
    plain.headers = vec![("X-Api-Key".to_owned(), "team-secret-1".to_owned())];
    refused(&plain, &[&format!("{by} the header X-Api-Key")]);
    plain.headers = vec![("X-Team".to_owned(), "engineering".to_owned())];
    assert!(Provider::new(plain).is_ok(), "it carries no secret");
}

#[tokio::test]
async fn a_key_that_comes_from_a_command_is_asked_for_again_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, CANARY).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let rejected = Reply::json("401 Unauthorized", &format!(r#"{{"message":"{CANARY}"}}"#));
    let server = Server::start(&[rejected]).await;
    let mut endpoint = endpoint(server.port);
    let line = format!("echo x >> '{0}.runs'; cat '{0}'", path.display());
    endpoint.auth = Auth::Key(KeySource::Command(line));
    let told = ask(&Provider::new(endpoint).unwrap(), &request()).await;
    expect(
        told.failed(),
        FailureKind::Key,
        &["key rejected", "api_key_command", "[key hidden]"],
    );
    let runs = std::fs::read_to_string(dir.path().join("key.runs")).unwrap();
    assert_eq!((runs.lines().count(), server.requests().len()), (2, 1));
}

#[tokio::test]
async fn a_key_file_that_cannot_be_read_any_more_says_so_after_a_401() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, CANARY).unwrap();
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
    mode(0o600).unwrap();
    let server = Server::start(&[Reply::json("401 Unauthorized", "{}")]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.auth = Auth::Key(KeySource::File(path.clone()));
    let provider = Provider::new(endpoint).unwrap();
    provider.read_key().await.unwrap();
    mode(0o644).unwrap();
    let told = ask(&provider, &request()).await;
    expect(
        told.failed(),
        FailureKind::Key,
        &["key rejected", "read again: ", "chmod 600"],
    );
}

#[tokio::test]
async fn who_waits_for_a_key_command_shares_its_failure() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let mut endpoint = endpoint(1);
    let line = format!("echo x >> '{}'; sleep 0.3; exit 3", runs.display());
    endpoint.auth = Auth::Key(KeySource::Command(line));
    let (provider, question) = (Provider::new(endpoint).unwrap(), request());
    let runs = || std::fs::read_to_string(&runs).unwrap().lines().count();
    for expected in [1, 2] {
        let asking = (0..8).map(|_| ask(&provider, &question));
        for told in futures_util::future::join_all(asking).await {
            expect(
                told.failed(),
                FailureKind::Key,
                &["failed (exit status: 3)"],
            );
        }
        assert_eq!(
            runs(),
            expected,
            "one for all, and a new one for who asks later"
        );
    }
}

#[tokio::test]
async fn a_key_command_that_failed_ahead_of_the_requests_is_not_run_again_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let mut endpoint = endpoint(1);
    let line = format!("echo x >> '{}'; exit 3", runs.display());
    endpoint.auth = Auth::Key(KeySource::Command(line));
    let provider = Provider::new(endpoint).unwrap();
    assert!(provider.read_key().await.is_err());
    for _ in 0..2 {
        let told = ask(&provider, &request()).await;
        expect(told.failed(), FailureKind::Key, &["(exit status: 3)"]);
    }
    let runs = std::fs::read_to_string(&runs).unwrap();
    assert_eq!(runs.lines().count(), 1);
}

#[tokio::test]
async fn opening_a_connection_does_not_cut_a_key_command_off() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let server = Server::start(&[Reply::status("200 OK", "", ""), Reply::stream(FINISH)]).await;
    let mut endpoint = endpoint(server.port);
    let line = format!("echo x >> '{}'; sleep 1.5; echo {CANARY}", runs.display());
    endpoint.auth = Auth::Key(KeySource::Command(line));
    let (provider, question) = (Provider::new(endpoint).unwrap(), request());
    tokio::join!(provider.warm(), ask(&provider, &question));
    let runs = std::fs::read_to_string(&runs).unwrap();
    assert_eq!(runs.lines().count(), 1);
}

const ANSWER: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"yes\"}}]}\n\n";

#[tokio::test]
async fn a_new_key_is_new_to_all_whose_old_one_was_rejected() {
    use tokio::io::AsyncWriteExt;

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut endpoint = endpoint(listener.local_addr().unwrap().port());
    // The first time it prints an old key.
    let line = format!("cat '{0}'; echo csk-new > '{0}'", file.display());
    std::fs::write(&file, "csk-old").unwrap();
    endpoint.auth = Auth::Key(KeySource::Command(line));
    let provider = Provider::new(endpoint).unwrap();
    let serving = tokio::spawn(async move {
        let mut waiting = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let asked = super::server::read_request(&mut socket).await.unwrap();
            if asked.contains("csk-new") {
                let reply = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{ANSWER}{FINISH}"
                );
                socket.write_all(reply.as_bytes()).await.unwrap();
                continue;
            }
            waiting.push(socket);
            // Nobody is told before all have asked.
            let rejected = if waiting.len() == 4 { 4 } else { 0 };
            for mut socket in waiting.drain(..rejected) {
                let reply = "HTTP/1.1 401 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                socket.write_all(reply.as_bytes()).await.unwrap();
            }
        }
    });
    let question = request();
    let asking = (0..4).map(|_| ask(&provider, &question));
    for told in futures_util::future::join_all(asking).await {
        assert_eq!(told.end().state, EndState::Complete);
        assert_eq!(told.retries(), [(Some(401), Duration::ZERO)]);
    }
    serving.abort();
}
