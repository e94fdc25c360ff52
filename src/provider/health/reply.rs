//! The first reply of a server, to the question for its models: what it says beside its body, and what it means.
//! The key goes along if there is one; nothing is sent again.

use jiff::Timestamp;
use reqwest::header::{ACCEPT, DATE};
use reqwest::tls::TlsInfo;
use tokio::time::timeout;

use super::super::call::http_version;
use super::super::endpoint::Dialect;
use super::super::error::Error;
use super::super::key::authorized;
use super::super::listing::LIST_LIMIT;
use super::super::refusal::About;
use super::super::retry::parse_date;
use super::super::transport::Phase;
use super::super::{Provider, limits};
use super::Certificate;
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
    /// The certificate of the connection, if it has one.
    pub certificate: Option<Certificate>,
    /// Quotas, if it speaks of them.
    pub limits: Limits,
    /// The question went out with the key.
    pub with_key: bool,
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
        let asking = async {
            let response = authorized(inner.client.get(url), key.as_ref())
                .header(ACCEPT, "application/json")
                .send()
                .await
                .map_err(|e| inner.place.explain(e, Phase::Reply, false))?;
            let headers = response.headers().clone();
            let shown = response.extensions().get::<TlsInfo>();
            let certificate = shown.and_then(TlsInfo::peer_certificate);
            let mut reply = FirstReply {
                status: response.status().as_u16(),
                http: http_version(response.version()),
                date: headers.get(DATE).and_then(|d| parse_date(d.to_str().ok()?)),
                certificate: certificate.and_then(Certificate::read),
                limits: limits::parse(&headers),
                with_key: key.is_some(),
                models: Ok(Catalogue::default()),
            };
            let about = About {
                endpoint: &inner.endpoint,
                request: None,
                key: key.as_ref(),
                catalogue: &inner.known_models(),
                limits: &reply.limits,
            };
            reply.models = inner.read_listing(response, &about).await;
            Ok(reply)
        };
        timeout(LIST_LIMIT, asking).await.unwrap_or_else(|_| {
            Err(Error::Timeout {
                message: format!(
                    "no reply from {} within {} s",
                    inner.place.server,
                    LIST_LIMIT.as_secs()
                ),
                again: false,
            })
        })
    }
}
