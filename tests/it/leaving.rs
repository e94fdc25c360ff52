//! Leaving while something is done on disk: it is finished first.
//!
//! A lock that another store holds makes the work take its time.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tempfile::TempDir;
use waferdeck::{
    app::{Deed, Effect, Msg},
    chat::{Failure, FailureKind, IdSource, Session, SessionId, Variant},
    provider::Provider,
    runtime::{answer::Providers, clock, effects::Runner, inbox::Inbox},
    store::Store,
};

use crate::stage::model;

/// Whom nobody asks.
struct Nobody;

impl Providers for Nobody {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
        Box::pin(async { Err(Failure::new(FailureKind::Network, "nobody is there", "")) })
    }
}

#[tokio::test]
async fn what_was_begun_on_disk_is_finished_before_the_program_ends() {
    let dir = TempDir::new().expect("a directory");
    let open = || Store::open(dir.path(), clock::wall).expect("a store");
    let (store, other) = (open(), open());
    let mut ids = IdSource::new(7);
    let mut id = || SessionId::from_uuid(ids.next(clock::wall()));
    let session = Session::new(id(), clock::wall());
    store.save(&session, "test").expect("a session");
    let writer = other
        .writer(&session, true, Box::new(|_| {}))
        .expect("a writer");
    let shelf = |deed| Effect::Shelf {
        id: session.id,
        deed,
    };
    let effects = [
        shelf(Deed::Delete("it".to_owned())),
        shelf(Deed::Rename("other".to_owned())),
        Effect::OpenSession {
            id: session.id,
            copy: id(),
        },
    ];
    for effect in effects {
        let inbox = Arc::new(Inbox::default());
        let mut runner = Runner::new(Arc::clone(&inbox), Arc::new(Nobody), Some(store.clone()));
        let what = format!("{effect:?}");
        runner.run(effect, &model(vec![Variant::new("mock", "gpt-oss-120b")]));
        runner.finish(None).await;
        let messages = inbox.take();
        assert!(
            matches!(messages[..], [Msg::Shelf { .. } | Msg::OpenFailed(_)]),
            "{what}: {messages:?}"
        );
    }
    assert!(writer.close(Duration::from_secs(20)));
}
