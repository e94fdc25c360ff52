//! The first reply of a server, to the question for its models: what it says beside its body, and what it means.
//! The key goes along if there is one; nothing is sent again.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, DATE};
use tokio::time::{Instant, timeout_at};

use super::super::call::http_version;
use super::super::endpoint::Dialect;
use super::super::error::Error;
use super::super::exchange::Trace;
use super::super::key::authorized;
use super::super::refusal::About;
use super::super::retry::parse_date;
use super::super::{Provider, client, limits, lock};
use super::certificate::{Certificate, Seen, witnessed};
use crate::chat::{Catalogue, HttpVersion, Limits};

/// A server has replied, well or badly.
#[derive(Debug)]
pub struct FirstReply {
    /// The status.
    pub status: u16,
    /// The version of HTTP.
    pub http: Option<HttpVersion>,
    /// The server's clock, to the second.
    pub date: Option<Timestamp>,
    /// The certificate that was shown through a proxy.
    pub certificate: Option<Certificate>,
    /// Quotas, if it speaks of them.
    pub limits: Limits,
    /// The models, or what came instead.
    pub models: Result<Catalogue, Error>,
}

impl Provider {
    /// Asks for the models; an error means that nothing replied.
    pub async fn first_reply(&self) -> Result<FirstReply, Error> {
        let inner = &self.inner;
        let base = &inner.endpoint.base;
        let key = inner.key().await.ok().flatten();
        // Without a key there is one list that can be had.
        let url = match inner.endpoint.dialect {
            Dialect::Cerebras if key.is_none() => base.public_models_url(),
            Dialect::Cerebras | Dialect::OpenAi => base.models_url(),
        };
        let seen = Seen::default();
        // Nobody else gets through a proxy, so that the client itself has to look.
        let client = if self.way().proxy.is_some() && !base.is_plain_http() {
            let tls = witnessed(&inner.endpoint, Arc::clone(&seen))?;
            client::build_with(&inner.endpoint, tls)?
        } else {
            inner.client.clone()
        };
        let mut tap = inner.tap(&Trace::default(), "models");
        let until = Instant::now() + inner.endpoint.caps.list_time;
        let asking = async {
            let http = authorized(client.get(url), key.as_ref()).header(ACCEPT, "application/json");
            let sending = timeout_at(until, inner.send(&client, http, &mut tap));
            let response = sending.await.unwrap_or_else(|_| Err(inner.no("reply")))?;
            let headers = response.headers().clone();
            let mut reply = FirstReply {
                status: response.status().as_u16(),
                http: http_version(response.version()),
                date: headers.get(DATE).and_then(|d| parse_date(d.to_str().ok()?)),
                certificate: lock(&seen).as_deref().and_then(Certificate::read),
                limits: limits::parse(&headers),
                models: Ok(Catalogue::default()),
            };
            let about = About {
                endpoint: &inner.endpoint,
                request: None,
                key: key.as_ref(),
                catalogue: &inner.known_models(),
                limits: &reply.limits,
                ear: tap.ear(),
            };
            // What has replied is there, however long its list takes.
            let listing = timeout_at(until, inner.read_listing(response, &about));
            reply.models = listing
                .await
                .unwrap_or_else(|_| Err(inner.no("whole list of models")));
            Ok(reply)
        };
        let replied: Result<FirstReply, Error> = asking.await;
        match &replied {
            Ok(reply) => tap.settle(&reply.models),
            Err(error) => tap.failed(&error.failure()),
        }
        replied
    }
}
