//! Canned replies: errors, redirects, pages of proxies and other things that come in place of an answer.
//! A scenario lists them; each is for some attempts of the same request, then the next one's turn comes.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::reject::ErrorBody;
use super::scenario::{self, Reply};

/// Requests whose attempts are remembered.
const REMEMBERED: usize = 4_096;

/// The reply for this attempt; none when the request has been through all of them, and then it starts anew.
pub(crate) fn pick<'a>(
    replies: &'a [Reply],
    request: u64,
    attempts: &mut HashMap<u64, u32>,
) -> Option<&'a Reply> {
    if replies.is_empty() {
        return None;
    }
    if attempts.len() >= REMEMBERED {
        attempts.clear();
    }
    let attempt = attempts.entry(request).or_default();
    let mut behind = 0;
    let turn = replies.iter().find(|reply| match reply.times {
        None => true,
        Some(times) => {
            behind = times.saturating_add(behind);
            *attempt < behind
        }
    });
    *attempt = if turn.is_some() { *attempt + 1 } else { 0 };
    turn
}

/// The reply as HTTP.
pub(crate) fn response(reply: &Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (media, body) = match &reply.body {
        Some(body) => (
            if body.trim_start().starts_with('<') {
                "text/html"
            } else {
                "text/plain"
            },
            body.clone(),
        ),
        None => ("application/json", error_json(reply)),
    };
    let body = body.repeat(scenario::repeats(reply.repeat.unwrap_or(1), body.len()));
    let body = match reply.drip_ms {
        Some(ms) => drip(body, Duration::from_millis(u64::from(ms))),
        None => Body::from(body),
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            headers.insert(name, value);
        }
    }
    response
}

fn error_json(reply: &Reply) -> String {
    let text =
        |given: &Option<String>, usual: &str| given.clone().unwrap_or_else(|| usual.to_owned());
    let is_ours = reply.status < 500;
    let is_limit = reply.status == 429;
    let body = ErrorBody {
        message: text(
            &reply.message,
            "Encountered a server error, please try again.",
        ),
        kind: text(
            &reply.kind,
            if is_ours {
                "invalid_request_error"
            } else {
                "server_error"
            },
        ),
        param: if is_limit {
            "quota".to_owned()
        } else {
            String::new()
        },
        code: text(&reply.code, ""),
        id: (!is_ours).then(String::new),
    };
    if reply.wrapped {
        json!({ "error": body }).to_string()
    } else {
        serde_json::to_string(&body).unwrap_or_default()
    }
}

/// A byte at a time.
fn drip(body: String, every: Duration) -> Body {
    let bytes = body.into_bytes().into_iter();
    Body::from_stream(stream::unfold(bytes, move |mut rest| async move {
        let byte = rest.next()?;
        tokio::time::sleep(every).await;
        Some((
            Ok::<_, std::convert::Infallible>(Bytes::from(vec![byte])),
            rest,
        ))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    #[test]
    fn each_reply_has_its_attempts_and_then_the_request_succeeds() {
        let toml = "[[reply]]\nstatus = 503\ntimes = 2\n[[reply]]\nstatus = 429\ntimes = 1\n";
        let scenario = Scenario::from_toml(toml).expect("valid");
        let mut attempts = HashMap::new();
        let mut ask = |request| pick(&scenario.reply, request, &mut attempts).map(|r| r.status);
        assert_eq!(
            [ask(1), ask(1), ask(2), ask(1), ask(1)],
            [Some(503), Some(503), Some(503), Some(429), None]
        );
        assert_eq!(ask(1), Some(503));
    }

    #[test]
    fn a_reply_without_an_end_comes_always() {
        let scenario = Scenario::from_toml("[[reply]]\nstatus = 500").expect("valid");
        let mut attempts = HashMap::new();
        assert!((0..9).all(|_| pick(&scenario.reply, 1, &mut attempts).is_some()));
        let body = error_json(scenario.reply.first().expect("one"));
        assert_eq!(
            body,
            r#"{"message":"Encountered a server error, please try again.","type":"server_error","param":"","code":"","id":""}"#
        );
    }
}
