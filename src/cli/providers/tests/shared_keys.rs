//! Two profiles of one host: with one key they share the wait after a 429 and the retries, with two they share nothing.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::super::{Profiles, Providers as _, Watched};
use super::world::{HELLO, World};
use crate::{
    chat::{EndState, Held, StreamEvent},
    provider::tests::server::{Reply, Server},
};

/// The profiles `t` and `u` at the server, with a key file each; the same one where it `is_shared`.
fn world(server: &Server, is_shared: bool, lines: &str) -> World {
    let world = World::new(&format!("http://127.0.0.1:{}", server.port), lines);
    let file = |name: &str| {
        let path = world.dir.path().join(name);
        fs::write(&path, format!("csk-of-{name}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let (one, two) = (file("one"), file("two"));
    world.adjusted(|config| {
        let source = crate::config::KeySource::File;
        let profile = config.profiles.get_mut("t").unwrap();
        profile.key_sources = vec![source(one)];
        let mut other = profile.clone();
        if !is_shared {
            other.key_sources = vec![source(two)];
        }
        config.profiles.insert("u".to_owned(), other);
    })
}

/// What holds a request of the profile back, which is given up then; or how it ended.
async fn held(world: &World, profile: &str) -> Result<EndState, Held> {
    let provider = world.profiles.get(profile).await.unwrap();
    let (mut held, mut end) = (None, None);
    let cancel = CancellationToken::new();
    let mut hear = |event| match event {
        StreamEvent::Queued(wait) => {
            held = Some(wait.held);
            cancel.cancel();
        }
        StreamEvent::End(ended) => end = Some(ended.state),
        _ => {}
    };
    provider
        .answer(&world.request(profile), &cancel, &mut hear)
        .await;
    held.map_or(Ok(end.unwrap()), Err)
}

#[tokio::test]
async fn a_429_holds_back_who_asks_with_the_same_key() {
    for (is_shared, is_made_before) in [(true, true), (true, false), (false, true)] {
        let busy = Reply::status("429 Too Many Requests", "retry-after: 30\r\n", "{}");
        let server = Server::start(&[busy, Reply::stream(HELLO)]).await;
        let world = world(&server, is_shared, "max_retries = 0");
        let profiles = Profiles::new(Arc::clone(&world.config), Watched::Yes);
        let world = World {
            profiles: Arc::new(profiles),
            ..world
        };
        if is_made_before {
            world.profiles.get("u").await.unwrap();
        }
        assert!(matches!(held(&world, "t").await, Ok(EndState::Failed(_))));
        let other = held(&world, "u").await;
        let expected = if is_shared {
            Err(Held::Refused)
        } else {
            Ok(EndState::Complete)
        };
        assert_eq!(other, expected, "shared: {is_shared}");
    }
}

#[tokio::test]
async fn retries_are_as_many_for_all_profiles_of_a_key() {
    for (is_shared, sent) in [(true, 3), (false, 4)] {
        let server = Server::start(&[Reply::json("503 Busy", "{}")]).await;
        let quick =
            "initial_delay = 0\nmax_retries = 1\nbreaker_failures = 0\n[limits]\nretry_pool = 1";
        let world = world(&server, is_shared, quick);
        world.ask().await;
        world.ask_profile("u").await;
        assert_eq!(server.requests().len(), sent, "shared: {is_shared}");
    }
}
