//! The requests beside answers: the lists of models, and the one that only opens a connection.
//! What a list says is read in `models`.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, Response};
use secrecy::SecretString;
use tokio::time::{Instant, timeout};

use super::endpoint::Dialect;
use super::error::Error;
use super::key::authorized;
use super::refusal::About;
use super::reply::{check_headers, local_address, read_capped, refuse_encoding, refused};
use super::transport::Phase;
use super::{Inner, models};
use crate::chat::{Catalogue, Limits};

/// Bytes of a list of models, and how long it may take.
const MAX_LIST: usize = 8 << 20;
pub(super) const LIST_LIMIT: Duration = Duration::from_secs(15);
const WARM_LIMIT: Duration = Duration::from_secs(1);

impl Inner {
    pub(super) async fn models(&self) -> Result<Catalogue, Error> {
        if self.endpoint.dialect == Dialect::Cerebras {
            // Without the key: it is public, and tells more.
            let url = self.endpoint.base.public_models_url();
            if let Ok(catalogue) = self.list(self.client.get(url), None).await
                && !catalogue.models.is_empty()
            {
                return Ok(catalogue);
            }
        }
        let key = self.key().await?;
        let http = self.client.get(self.endpoint.base.models_url());
        self.list(authorized(http, key.as_ref()), key.as_ref())
            .await
    }

    async fn list(
        &self,
        http: RequestBuilder,
        key: Option<&SecretString>,
    ) -> Result<Catalogue, Error> {
        let sent = Instant::now();
        let fetching = async {
            let response = http
                .header(ACCEPT, "application/json")
                .send()
                .await
                .map_err(|e| self.place.explain(e, Phase::Reply, false))?;
            if let Some(local) = local_address(&response) {
                self.connections.note(local, sent);
            }
            let about = About {
                endpoint: &self.endpoint,
                request: None,
                key,
                catalogue: &self.known_models(),
                limits: &Limits::default(),
            };
            self.read_listing(response, &about).await
        };
        timeout(LIST_LIMIT, fetching).await.unwrap_or_else(|_| {
            Err(Error::Timeout {
                message: format!(
                    "no list of models from {} within {} s",
                    self.place.server,
                    LIST_LIMIT.as_secs()
                ),
                again: false,
            })
        })
    }

    /// The models that a reply lists, or what it says instead.
    pub(super) async fn read_listing(
        &self,
        response: Response,
        about: &About<'_>,
    ) -> Result<Catalogue, Error> {
        check_headers(response.headers())?;
        if !response.status().is_success() {
            return Err(refused(about, response).await);
        }
        refuse_encoding(response.headers())?;
        let (body, whole) = read_capped(response, MAX_LIST)
            .await
            .map_err(|e| self.place.explain(e, Phase::Body, false))?;
        models::read_list(&body)
            .filter(|_| whole)
            .ok_or_else(|| Error::malformed("the answer is no list of models", "check base_url"))
    }

    pub(super) async fn warm(&self) {
        let sent = Instant::now();
        let warming = async {
            let base = &self.endpoint.base;
            let url = match self.endpoint.dialect {
                Dialect::Cerebras => base.warm_url(),
                Dialect::OpenAi => base.models_url(),
            };
            let key = self.key().await.ok().flatten();
            let response = authorized(self.client.get(url), key.as_ref()).send().await;
            if let Ok(response) = response {
                if let Some(local) = local_address(&response) {
                    self.connections.note(local, sent);
                }
                // Read to the end, or the connection cannot be kept.
                let _ = read_capped(response, MAX_LIST).await;
            }
        };
        // Nothing depends on it.
        let _ = timeout(WARM_LIMIT, warming).await;
    }
}
