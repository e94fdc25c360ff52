//! The embedded mock as a provider: starting it, its models, and what becomes of variants and requests that go to it.
//!
//! Which requests those are is decided by the settings and by fallback.

use crate::{
    chat::{Catalogue, Failure, FailureKind, ModelInfo, ModelStatus, Variant},
    config,
    mock::{self, MockServer},
    provider::{self, Request},
    runtime::clock,
};

/// What mock mode makes of a variant.
pub(super) fn mocking(mut variant: Variant) -> Variant {
    // What was meant for the mock is asked as it was written: a misspelt model is told.
    if variant.profile == config::MOCK {
        return variant;
    }
    config::MOCK.clone_into(&mut variant.profile);
    if let Some(info) = at_mock(&mut variant.model) {
        info.fit(&mut variant.params);
    }
    variant
}

/// Puts a model that the mock has in the place of one that it has not; what is known of it.
fn at_mock(model: &mut String) -> Option<ModelInfo> {
    if !mock::MODELS.iter().any(|served| served.id == model) {
        provider::default_model().clone_into(model);
    }
    models_of_mock().get(model).cloned()
}

/// The same question to the mock, whose models are its own.
pub(super) fn for_mock(request: &Request) -> Request {
    let mut request = request.clone();
    if let Some(info) = at_mock(&mut request.model) {
        request.reasoning = info.reasoning == Some(true);
        info.fit(&mut request.params);
    }
    request
}

/// The models of the embedded mock, which is compiled in and so known for certain, and those that are gone.
pub(super) fn models_of_mock() -> Catalogue {
    let list = mock::catalogue().to_string();
    let mut catalogue = provider::read_list(list.as_bytes()).unwrap_or_default();
    let gone = |info: &&ModelInfo| {
        let is_gone = matches!(info.status, ModelStatus::Retired | ModelStatus::Dedicated);
        is_gone && mock::MODELS.iter().all(|model| model.id != info.id)
    };
    let table = &provider::embedded_models().models;
    catalogue.models.extend(table.iter().filter(gone).cloned());
    catalogue
}

/// Starts it on a port of its own.
pub(super) async fn start_mock() -> Result<MockServer, Failure> {
    let options = mock::MockOptions {
        epoch: clock::wall().0 / 1_000,
        vary_repeats: true,
        ..mock::MockOptions::default()
    };
    mock::serve(options).await.map_err(|error| {
        Failure::new(
            FailureKind::Internal,
            format!("the embedded mock could not start: {error}"),
            "set a key for a real service, or choose another profile",
        )
    })
}
