//! The requests beside answers: the lists of models, and the one that only opens a connection.
//! What a list says is read in `models`.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, Response};
use tokio::time::{Instant, timeout};

use super::endpoint::Dialect;
use super::error::Error;
use super::key::{Key, authorized};
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
        match self.public_models().await {
            Some(catalogue) => Ok(catalogue),
            None => self.own_models().await,
        }
    }

    /// The models of those who have this key; shows that the key is accepted.
    pub(super) async fn models_with_key(&self) -> Result<Catalogue, Error> {
        let own = self.own_models().await?;
        Ok(self.public_models().await.unwrap_or(own))
    }

    /// Without the key: the list is public, and tells more.
    async fn public_models(&self) -> Option<Catalogue> {
        if self.endpoint.dialect != Dialect::Cerebras {
            return None;
        }
        let url = self.endpoint.base.public_models_url();
        let listed = self.list(self.client.get(url), None).await.ok();
        listed.filter(|catalogue| !catalogue.models.is_empty())
    }

    async fn own_models(&self) -> Result<Catalogue, Error> {
        let key = self.key().await?;
        let http = self.client.get(self.endpoint.base.models_url());
        self.list(authorized(http, key.as_ref()), key.as_ref())
            .await
    }

    async fn list(&self, http: RequestBuilder, key: Option<&Key>) -> Result<Catalogue, Error> {
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
        let body = self.endpoint.secrets.hide_bytes(&body);
        models::read_list(&body)
            .filter(|_| whole)
            .ok_or_else(|| Error::malformed("the answer is no list of models", "check base_url"))
    }

    /// Opens a connection by a request that costs nothing. False if nobody replied.
    pub(super) async fn warm(&self) -> bool {
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
                return true;
            }
            false
        };
        timeout(WARM_LIMIT, warming).await.unwrap_or(false)
    }
}
