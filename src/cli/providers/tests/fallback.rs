//! What happens after the last retry: the mock answers and everything says so, or the answer is passed over.

use std::sync::Arc;

use super::super::{Profiles, Watched};
use super::world::{HELLO, PART, World};
use crate::{
    chat::{EndState, FailureKind, StreamEvent, Timestamp, Variant},
    provider::tests::server::{Reply, Server},
    store::answer_json,
    telemetry::{Format, Resource, Telemetry},
};

async fn failing(reply: Reply, fallback: &str) -> (Server, World) {
    let server = Server::start(&[reply]).await;
    let lines = format!("fallback = \"{fallback}\"\nmax_retries = 1\ninitial_delay = 0");
    let world = World::new(&format!("http://127.0.0.1:{}", server.port), &lines);
    (server, world)
}

fn busy() -> Reply {
    Reply::json("503 Busy", "{}")
}

#[tokio::test]
async fn the_mock_answers_after_the_last_retry_and_says_whom_it_stands_in_for() {
    let (server, world) = failing(busy(), "mock").await;
    let told = world.ask().await;
    assert_eq!(server.requests().len(), 2, "the retries come first");
    assert_eq!(told.state(), &EndState::Complete);
    let answer = &told.answer;
    let fell = answer.fell_back.as_ref().expect("it fell back");
    assert_eq!((&*fell.from, &*fell.profile), ("t", "mock"));
    assert_eq!(fell.error.status, Some(503));
    assert!(answer.mock && answer.budget.is_none() && answer.cost(None).is_none());
    assert_eq!(answer.asked().profile, "mock");
    assert_eq!(answer.attempts.len(), 2, "both requests failed");
    assert_eq!(answer.requests(), 3);
    let end = answer.end().expect("an end");
    assert!(end.waited > end.e2e, "what failed took time, too");
    let json = answer_json(answer);
    assert_eq!(json["mock"], true);
    assert_eq!(json["fallback"]["from"], "t");
    assert_eq!(json["fallback"]["error"]["status"], 503);
    let is_end = |e: &&StreamEvent| matches!(e, StreamEvent::End(_));
    assert_eq!(told.events.iter().filter(is_end).count(), 1);
}

#[tokio::test]
async fn what_another_would_not_mend_is_said_as_it_is() {
    for (status, kind) in [
        ("401 No", FailureKind::Key),
        ("400 No", FailureKind::Request),
        ("402 No", FailureKind::Payment),
    ] {
        let (_server, world) = failing(Reply::json(status, "{}"), "mock").await;
        let told = world.ask().await;
        assert!(matches!(told.state(), EndState::Failed(_)), "{status}");
        assert_eq!((told.failure().kind, told.answer.mock), (kind, false));
    }
}

#[tokio::test]
async fn nothing_takes_the_place_of_text_that_was_shown() {
    let (server, world) = failing(Reply::stream(PART).reset(), "mock").await;
    let told = world.ask().await;
    assert!(matches!(told.state(), EndState::CutShort(_)));
    assert_eq!(
        (&*told.answer.content, server.requests().len()),
        ("part", 1)
    );
    assert!(!told.answer.mock);
}

#[tokio::test]
async fn what_is_skipped_has_its_reason() {
    let (_server, world) = failing(busy(), "skip").await;
    let told = world.ask().await;
    let EndState::Skipped(failure) = told.state() else {
        panic!("{:?}", told.state());
    };
    assert_eq!(failure.status, Some(503));
    assert_eq!(answer_json(&told.answer)["state"], "skipped");
}

#[tokio::test]
async fn telemetry_counts_fallbacks_and_what_the_mock_did_as_the_mocks() {
    let (_server, world) = failing(busy(), "mock").await;
    let telemetry = Telemetry::new(Resource::default(), || Timestamp(1));
    let profiles = Profiles::new(Arc::clone(&world.config), Watched::No);
    let world = World {
        profiles: Arc::new(profiles.counted_by(telemetry.clone())),
        ..world
    };
    world.ask().await;
    let text = telemetry.text(Format::Text);
    let counted = |name: &str, labels: &[&str]| {
        let mut lines = text.lines().filter(|l| l.starts_with(name));
        lines.any(|l| labels.iter().all(|label| l.contains(label)))
    };
    let t = "profile=\"t\"";
    assert!(counted("waferdeck_fallbacks", &["mock", t]), "{text}");
    assert!(counted("waferdeck_answers", &["failed", t]), "{text}");
    let mock = ["complete", "profile=\"mock\""];
    assert!(counted("waferdeck_answers", &mock), "{text}");
}

#[tokio::test]
async fn who_answers_needs_nobody_in_their_place() {
    let (_server, world) = failing(Reply::stream(HELLO), "mock").await;
    let told = world.ask().await;
    assert_eq!(told.answer.content, "hello");
    assert!(!told.answer.mock && told.answer.fell_back.is_none());
}

#[tokio::test]
async fn mock_mode_of_a_command_holds_for_variants_of_other_profiles_too() {
    let world = World::new("http://127.0.0.1:1", "").adjusted(|config| {
        config.mock_mode = true;
        config.variants = vec![
            Variant::new("t", "unknown"),
            Variant::new("mock", "unknown"),
        ];
    });
    let variants = world.profiles.variants().await.unwrap();
    let asked = variants.iter().map(|v| (&*v.profile, &*v.model));
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked, [("mock", "gpt-oss-120b"), ("mock", "unknown")]);
}
