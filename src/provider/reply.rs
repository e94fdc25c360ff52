//! What every reply goes through before it is believed: bounds on headers and bodies, no compression, ids and addresses.
//! What an error status means is said by `refusal`.

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::timeout;

use super::assembly::short;
use super::endpoint::Caps;
use super::error::Error;
use super::exchange::Ear;
use super::refusal::{About, Refusal};
use super::wire::Reply;
use super::{limits, retry, stream};
use crate::text::Secrets;

/// Reads the body of an error status and says what it means.
pub(super) async fn refused(about: &About<'_>, response: Response) -> Error {
    let caps = about.endpoint.caps;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let content_type = stream::content_type(&response, &about.endpoint.secrets);
    let reply = if refuse_encoding(&headers).is_err() {
        Reply::Binary
    } else {
        let mut body = Vec::new();
        let reading = read_into(&mut body, response, caps.error, about.ear);
        let read = timeout(caps.error_time, reading).await;
        match (read, Reply::read(&content_type, &body)) {
            (Ok(Ok(_)), reply) | (_, reply @ (Reply::Problem(_) | Reply::Html)) => reply,
            // Of half a message the status says more.
            _ => Reply::Empty,
        }
    };
    let wish = retry::wish(&headers, &limits::parse(&headers));
    about.refused(&Refusal {
        status,
        headers: &headers,
        reply,
        wish,
    })
}

/// The body up to `most` bytes, and whether that was all.
pub(super) async fn read_capped(
    response: Response,
    most: usize,
    ear: &Ear,
) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    let whole = read_into(&mut body, response, most, ear).await?;
    Ok((body, whole))
}

/// The same into `body`, which holds what has come also where the rest does not.
async fn read_into(
    body: &mut Vec<u8>,
    mut response: Response,
    most: usize,
    ear: &Ear,
) -> reqwest::Result<bool> {
    while let Some(bytes) = response.chunk().await? {
        ear.bytes(&bytes);
        let room = most.saturating_sub(body.len());
        body.extend(bytes.iter().take(room));
        if bytes.len() > room {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn refuse_encoding(headers: &HeaderMap) -> Result<(), Error> {
    let coded = headers.get_all(CONTENT_ENCODING).iter().any(|coding| {
        !coding
            .as_bytes()
            .trim_ascii()
            .eq_ignore_ascii_case(b"identity")
    });
    if coded { Err(compressed()) } else { Ok(()) }
}

pub(super) fn compressed() -> Error {
    Error::malformed(
        "compressed answer not asked for",
        "something between here and the provider changes answers: check the proxy",
    )
}

/// Refuses headers that are more than the caps allow.
pub(super) fn check_headers(headers: &HeaderMap, caps: &Caps) -> Result<(), Error> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let most = usize::try_from(caps.header_bytes).unwrap_or(usize::MAX);
    if bytes > most || headers.len() > caps.headers {
        return Err(headers_too_large());
    }
    Ok(())
}

/// Of headers that are more than is taken, by us or by the HTTP client before us.
pub(super) fn headers_too_large() -> Error {
    Error::malformed(
        "the headers of the reply are too large",
        "the server does not speak this protocol: check base_url",
    )
}

pub(super) fn request_id(headers: &HeaderMap, secrets: &Secrets) -> Option<String> {
    ["inference-id", "x-request-id"]
        .iter()
        .find_map(|name| short(&secrets.hide(headers.get(*name)?.to_str().ok()?)))
}

pub(super) fn local_address(response: &Response) -> Option<std::net::SocketAddr> {
    let info = response
        .extensions()
        .get::<hyper_util::client::legacy::connect::HttpInfo>()?;
    Some(info.local_addr())
}
