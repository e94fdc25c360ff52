//! Settings that were read again: new requests go by them, and those under way end with what they began with.

use std::{sync::Arc, time::Duration};

use super::super::{Profiles, Providers as _, Watched};
use super::world::{HELLO, World};
use crate::{
    chat::{EndState, FailureKind},
    config::{Config, Profile},
    provider::tests::server::{Reply, Server},
};

fn at(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

/// The settings with a change to the profile `t`.
fn changed(world: &World, change: impl FnOnce(&mut Profile)) -> Arc<Config> {
    let mut config = (*world.config).clone();
    change(config.profiles.get_mut("t").unwrap());
    Arc::new(config)
}

#[tokio::test]
async fn new_requests_go_to_the_new_place_and_one_under_way_ends_at_the_old() {
    let slow = Reply::default().pause(300).then("HTTP/1.1 200 OK\r\n");
    let head = "content-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let before = Server::start(&[slow.then(head).then(HELLO)]).await;
    let after = Server::start(&[Reply::stream(HELLO)]).await;
    let world = World::new(&at(&before), "");
    let config = changed(&world, |profile| {
        profile.base_url = crate::config::BaseUrl::parse(&at(&after)).unwrap();
    });
    let adopt = async {
        while before.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        world.profiles.adopt(config);
        world.ask().await
    };
    let (under_way, new) = tokio::join!(world.ask(), adopt);
    for told in [&under_way, &new] {
        assert_eq!(told.answer.content, "hello", "{:?}", told.state());
    }
    assert_eq!((before.requests().len(), after.requests().len()), (1, 1));
}

#[tokio::test]
async fn only_what_changed_is_made_anew() {
    let world = World::new("http://127.0.0.1:9", "");
    let profiles = Profiles::new(Arc::clone(&world.config), Watched::Yes);
    let first = profiles.get("t").await.unwrap();
    profiles.adopt(changed(&world, |_| ()));
    let same = profiles.get("t").await.unwrap();
    assert!(std::ptr::eq(first.endpoint(), same.endpoint()));
    profiles.adopt(changed(&world, |profile| {
        profile.timeout = Duration::from_secs(7);
    }));
    let other = profiles.get("t").await.unwrap();
    assert_eq!(other.endpoint().timeouts.no_text, Duration::from_secs(7));
    assert_ne!(first.endpoint().timeouts.no_text, Duration::from_secs(7));
}

#[tokio::test]
async fn a_variable_that_holds_a_key_from_now_on_is_kept_from_every_command() {
    let world = World::new("http://127.0.0.1:9", "");
    world.profiles.get("t").await.unwrap();
    let mut config = (*world.config).clone();
    config.profiles.get_mut("cerebras").unwrap().api_key_env = Some("OTHER_KEY".to_owned());
    world.profiles.adopt(Arc::new(config));
    let provider = world.profiles.get("t").await.unwrap();
    let kept = &provider.endpoint().key_variables;
    assert!(kept.contains(&"OTHER_KEY".to_owned()), "{kept:?}");
}

#[tokio::test]
async fn a_wait_that_the_server_asked_for_holds_under_other_settings() {
    let busy = Reply::status("429 Too Many Requests", "retry-after: 30\r\n", "{}");
    let server = Server::start(&[busy]).await;
    let world = World::new(&at(&server), "max_retries = 0");
    let refused = world.ask().await;
    assert_eq!(refused.failure().kind, FailureKind::Quota);
    world
        .profiles
        .adopt(changed(&world, |p| p.timeout = Duration::from_secs(7)));
    let waits = tokio::time::timeout(Duration::from_millis(300), world.ask()).await;
    assert!(waits.is_err(), "it waits for its turn");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_profile_that_is_gone_says_which_there_are() {
    let server = Server::start(&[Reply::stream(HELLO)]).await;
    let world = World::new(&at(&server), "");
    assert_eq!(*world.ask().await.state(), EndState::Complete);
    let mut config = (*world.config).clone();
    config.profiles.remove("t");
    world.profiles.adopt(Arc::new(config));
    let told = world.ask().await;
    assert_eq!(told.failure().message, "there is no provider profile t");
    assert_eq!(told.failure().remedy, "the profiles are cerebras, mock");
    assert_eq!(server.requests().len(), 1);
}
