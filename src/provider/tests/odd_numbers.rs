//! Servers whose numbers are none: in headers, in `usage`, in `time_info`. Text is kept, nothing waits for nonsense, and
//! the figures are dashes that say why.

use std::time::Duration;

use super::server::{Reply, Server};
use super::*;
use crate::chat::{Answer, AnswerId, IdSource, Timestamp, Variant};
use crate::metrics::Missing;

const ODD: [&str; 12] = [
    "-1",
    "-0.5",
    "1.5",
    "NaN",
    "-Infinity",
    "1e300",
    "1e400",
    "18446744073709551615",
    "99999999999999999999",
    "\"7\"",
    "\"NaN\"",
    "[-1]",
];

/// An answer of two pieces with such a number wherever there can be one.
fn reply(odd: &str) -> Reply {
    let plain = odd.trim_matches('"');
    let mut headers = "content-type: text/event-stream\r\n".to_owned();
    for what in ["limit", "remaining", "reset"] {
        for unit in ["requests", "tokens"] {
            for bucket in ["minute", "hour", "day"] {
                headers += &format!("x-ratelimit-{what}-{unit}-{bucket}: {plain}\r\n");
            }
        }
    }
    let body = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"one \"}},\"index\":0}}],\"created\":{odd}}}\n\n\
         data: {{\"choices\":[{{\"delta\":{{\"content\":\"two\"}},\"finish_reason\":\"stop\",\"index\":0}}],\
         \"usage\":{{\"prompt_tokens\":{odd},\"completion_tokens\":{odd},\"prompt_tokens_details\":{{\"cached_tokens\":{odd}}}}},\
         \"time_info\":{{\"queue_time\":{odd},\"prompt_time\":{odd},\"completion_time\":{odd},\"total_time\":{odd}}}}}\n\n\
         data: [DONE]\n\n"
    );
    Reply::status("200 OK", &headers, body)
}

fn answer(told: &Told) -> Answer {
    let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
    let mut answer = Answer::new(id, Variant::new("p", "m"), false, 1, Duration::ZERO);
    for event in &told.events {
        answer.apply(event.clone(), Duration::ZERO);
    }
    answer
}

#[tokio::test]
async fn they_cost_neither_text_nor_time_nor_make_a_figure() {
    for odd in ODD {
        let server = Server::start(&[reply(odd), reply(odd)]).await;
        let provider = Provider::new(endpoint(server.port)).unwrap();
        for _ in 0..2 {
            let request = request();
            let asking = tokio::time::timeout(Duration::from_secs(5), ask(&provider, &request));
            let told = asking.await.expect("nobody waits for what is no number");
            assert_eq!(told.content(), "one two", "{odd}");
            assert_eq!(told.end().state, EndState::Complete, "{odd}");
            let figures = answer(&told).summary();
            let why = figures.tokens.completion.expect_err(odd);
            // What is a list is not said at all; a time of a second and a half is one.
            let wanted = if odd == "[-1]" {
                Missing::NotReported
            } else {
                Missing::Absurd
            };
            assert_eq!(why, wanted, "{odd}");
            assert_eq!(figures.speed_server, Err(wanted), "{odd}");
            assert_eq!(figures.tokens.prompt, Err(wanted), "{odd}");
            assert!(figures.prefill_rate.is_err(), "{odd}");
            assert!(figures.ttft.is_ok() && figures.e2e.is_ok(), "{odd}");
        }
    }
}

/// Times at which a quota is said to be full again that no clock reckons with.
const FAR_OFF: [&str; 8] = [
    "1e15",
    "1e300",
    "1e400",
    "99999999999999999999d",
    "18446744073709551615",
    "NaN",
    "-1",
    "-1e300",
];

/// A response whose quotas are empty until then.
fn empty_until(reset: &str, status: &str, body: &str) -> Reply {
    let mut headers = "content-type: text/event-stream\r\n".to_owned();
    for unit in ["requests", "tokens"] {
        for bucket in ["minute", "hour", "day"] {
            headers += &format!(
                "x-ratelimit-limit-{unit}-{bucket}: 5\r\nx-ratelimit-remaining-{unit}-{bucket}: 0\r\n\
                 x-ratelimit-reset-{unit}-{bucket}: {reset}\r\n"
            );
        }
    }
    Reply::status(status, &headers, body)
}

#[tokio::test]
async fn a_quota_that_is_full_at_the_end_of_time_stops_no_clock() {
    // A year, and what is added so that not all come back at once.
    const MOST: Duration = Duration::from_secs(365 * 86_400 + 2);
    for reset in FAR_OFF {
        let answer = empty_until(reset, "200 OK", FINISHED);
        let server = Server::start(&[answer]).await;
        let mut endpoint = endpoint(server.port);
        endpoint.max_wait = Some(Duration::MAX);
        let provider = Provider::new(endpoint).unwrap();
        let told = ask(&provider, &request()).await;
        assert_eq!(told.end().state, EndState::Complete, "{reset}");
        let resets = told.end().limits.0.iter().filter_map(|q| q.reset);
        assert!(resets.max().unwrap_or_default() <= MOST, "{reset}");
        // The next one waits for the refill, and its countdown can be told.
        let is_held = |event: &StreamEvent| matches!(event, StreamEvent::Queued(_));
        let told = stop_at(&provider, &request(), is_held).await;
        let left = told.waits().first().and_then(|wait| wait.left);
        assert!(left.is_none_or(|left| left <= MOST), "{reset}: {left:?}");

        // A refusal that asks for it as the wait, too.
        let refusal = empty_until(reset, "429 Too Many Requests", "");
        let after = format!("retry-after: {reset}\r\nretry-after-ms: {reset}\r\n");
        let asking = Reply::status("429 Too Many Requests", &after, "");
        for reply in [refusal, asking] {
            let server = Server::start(&[reply]).await;
            let mut endpoint = super::endpoint(server.port);
            endpoint.retry.max_retries = 0;
            endpoint.max_wait = Some(Duration::MAX);
            let provider = Provider::new(endpoint).unwrap();
            let told = ask(&provider, &request()).await;
            let again = told.failed().again;
            assert!(again.is_none_or(|again| again <= MOST), "{reset}");
            let told = stop_at(&provider, &request(), is_held).await;
            let left = told.waits().first().and_then(|wait| wait.left);
            assert!(left.is_none_or(|left| left <= MOST), "{reset}: {left:?}");
        }
    }
}

/// A whole answer.
const FINISHED: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\n\
                        data: [DONE]\n\n";
