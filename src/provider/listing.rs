//! The requests beside answers: the lists of models, and the one that only opens a connection.
//! What a list says is read in `models`.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::{Instant, timeout};

use super::endpoint::Dialect;
use super::error::Error;
use super::exchange::{Tap, Trace};
use super::key::{Key, authorized};
use super::refusal::About;
use super::reply::{check_headers, local_address, read_capped, refuse_encoding, refused};
use super::transport::Phase;
use super::{Inner, models};
use crate::chat::{Catalogue, EndState, Limits};
use crate::text;

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
        let mut tap = self.tap(&Trace::default(), "models");
        let fetching = async {
            let http = http.header(ACCEPT, "application/json");
            let response = self.send(&self.client, http, &mut tap).await?;
            if let Some(local) = local_address(&response) {
                self.connections.note(local, sent);
            }
            let about = About {
                endpoint: &self.endpoint,
                request: None,
                key,
                catalogue: &self.known_models(),
                limits: &Limits::default(),
                ear: tap.ear(),
            };
            self.read_listing(response, &about).await
        };
        let listed = timeout(self.endpoint.caps.list_time, fetching)
            .await
            .unwrap_or_else(|_| Err(self.no("list of models")));
        tap.settle(&listed);
        listed
    }

    /// What a question for models did not bring in time.
    pub(super) fn no(&self, what: &str) -> Error {
        let limit = self.endpoint.caps.list_time.as_secs_f32();
        Error::Timeout {
            message: format!("no {what} from {} within {limit} s", self.place.server),
            again: false,
        }
    }

    /// Sends a request that asks for no answer.
    pub(super) async fn send(
        &self,
        client: &Client,
        http: RequestBuilder,
        tap: &mut Tap,
    ) -> Result<Response, Error> {
        let http = http.build();
        let http = http.map_err(|e| self.place.explain(e, Phase::Reply, false))?;
        tap.request(&http);
        let response = match client.execute(http).await {
            Ok(response) => response,
            Err(error) => return Err(self.place.explain_departure(error, false).await),
        };
        tap.head(&response);
        Ok(response)
    }

    /// The models that a reply lists, or what it says instead.
    pub(super) async fn read_listing(
        &self,
        response: Response,
        about: &About<'_>,
    ) -> Result<Catalogue, Error> {
        check_headers(response.headers(), &self.endpoint.caps)?;
        if !response.status().is_success() {
            return Err(refused(about, response).await);
        }
        refuse_encoding(response.headers())?;
        let (body, whole) = read_capped(response, self.endpoint.caps.list, about.ear)
            .await
            .map_err(|e| self.place.explain(e, Phase::Body, false))?;
        if !whole {
            let most = text::bytes(self.endpoint.caps.list);
            let message = format!("the list of models is over {most}");
            return Err(Error::malformed(message, "check base_url"));
        }
        let body = self.endpoint.secrets.hide_bytes(&body);
        models::read_list(&body)
            .ok_or_else(|| Error::malformed("the answer is no list of models", "check base_url"))
    }

    /// Opens a connection by a request that costs nothing. False if nobody replied.
    pub(super) async fn warm(&self) -> bool {
        // A command or a keyring that asks a person is not to be ended after a second, and then asked again by a request.
        let key = self.key().await.ok().flatten();
        let sent = Instant::now();
        let mut replied = false;
        let warming = async {
            let base = &self.endpoint.base;
            let url = match self.endpoint.dialect {
                Dialect::Cerebras => base.warm_url(),
                Dialect::OpenAi => base.models_url(),
            };
            let http = authorized(self.client.get(url), key.as_ref());
            let mut tap = self.tap(&Trace::default(), "warm");
            if let Ok(response) = self.send(&self.client, http, &mut tap).await {
                // Whoever has replied is there, however long the rest takes.
                replied = true;
                if let Some(local) = local_address(&response) {
                    self.connections.note(local, sent);
                }
                // Read to the end, or the connection cannot be kept.
                let _ = read_capped(response, self.endpoint.caps.list, tap.ear()).await;
                tap.ended(&EndState::Complete);
            }
        };
        let _ = timeout(WARM_LIMIT, warming).await;
        replied
    }
}
