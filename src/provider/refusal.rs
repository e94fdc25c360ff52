//! Turns an error status and its body into what a person reads: what the provider says, why, and what to do next.
//! The shapes of bodies are read in `wire`; whether to try again is carried out in `call`.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};

use super::Request;
use super::base_url::authority;
use super::endpoint::{Auth, Endpoint};
use super::error::Error;
use super::exchange::Ear;
use super::key::{Key, KeySource, STAND_IN};
use super::limits;
use super::models;
use super::wire::{Problem, Reply};
use crate::chat::quota::reserved_for_answer;
use crate::chat::{Bucket, Catalogue, Failure, FailureKind, Limits, Unit, span};
use crate::text::{SafeText, grouped};

/// Characters of a provider's message that are shown and kept.
const MAX_MESSAGE: usize = 500;

/// What a refusal is about.
pub(super) struct About<'a> {
    pub(super) endpoint: &'a Endpoint,
    /// `None` where no answer was asked for (the list of models).
    pub(super) request: Option<&'a Request>,
    /// What was sent with it.
    pub(super) key: Option<&'a Key>,
    /// The models that are offered, as far as known.
    pub(super) catalogue: &'a Catalogue,
    /// Quotas as the last response described them.
    pub(super) limits: &'a Limits,
    /// Whom to tell what a refusal's body is.
    pub(super) ear: &'a Ear,
}

/// A reply with an error status.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    pub(super) reply: Reply,
    /// How long the server wants us to wait.
    pub(super) wish: Option<Duration>,
}

impl About<'_> {
    /// A provider's words, cleaned and cut.
    pub(super) fn clean(&self, message: &str) -> String {
        let line = SafeText::line(&self.endpoint.secrets.hide_all(message)).into_string();
        match line.char_indices().nth(MAX_MESSAGE) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line,
        }
    }

    /// An error inside a stream, whose status was 200.
    pub(super) fn in_stream(&self, problem: &Problem) -> Error {
        let message = match self.clean(&problem.message) {
            text if text.is_empty() => "the provider ended the stream with an error".to_owned(),
            text => format!("the provider says: {text}"),
        };
        let mut failure = Failure {
            status: problem.status,
            ..Failure::new(FailureKind::Server, message, "send again")
        };
        if is_rate(problem) {
            // What the head of the reply said of quotas was said before.
            failure.remedy = self.over_quota(None, problem);
            failure.kind = FailureKind::Quota;
            failure.status = Some(429);
        }
        Error::Refused {
            again: failure.kind == FailureKind::Quota && !self.never_fits(problem),
            failure,
            wish: None,
        }
    }

    /// An error status.
    pub(super) fn refused(&self, refusal: &Refusal<'_>) -> Error {
        let status = refusal.status;
        if (300..400).contains(&status) {
            return self.redirected(status, refusal.headers);
        }
        let empty = Problem::default();
        let problem = match &refusal.reply {
            Reply::Problem(problem) => problem,
            _ => &empty,
        };
        let said = self.said(refusal);
        let wish = refusal.wish.filter(|wish| *wish < limits::FAR);
        let (kind, message, remedy) = match status {
            401 | 403 => return self.key_rejected(refusal, &said),
            402 => (
                FailureKind::Payment,
                said,
                "add credit or a payment method in the provider's console".to_owned(),
            ),
            404 => self.not_found(problem, said),
            407 => (
                FailureKind::Proxy,
                said,
                "give the proxy's user name and password in `proxy` or HTTPS_PROXY".to_owned(),
            ),
            413 => (
                FailureKind::TooLong,
                said,
                "drop the oldest turns or send less".to_owned(),
            ),
            429 => (
                FailureKind::Quota,
                said,
                self.over_quota(refusal.wish, problem),
            ),
            400 | 422 if is_too_long(problem) => too_long(problem, said),
            408 | 409 => (
                FailureKind::Server,
                said,
                "the server did not get to it: send again later".to_owned(),
            ),
            511 => (
                FailureKind::Proxy,
                said,
                "the network wants a login first: open any page in a browser".to_owned(),
            ),
            400..=499 => (
                FailureKind::Request,
                said,
                if self.request.is_some_and(Request::begins_the_answer) {
                    "a server that takes no beginning of an answer needs continue_prefix = false in its profile"
                } else {
                    "change what the message names, then send again"
                }
                .to_owned(),
            ),
            _ => (
                FailureKind::Server,
                said,
                match wish {
                    Some(wish) => format!(
                        "the trouble is on the provider's side: works again in {}",
                        span(wish)
                    ),
                    None => "the trouble is on the provider's side: send again later".to_owned(),
                },
            ),
        };
        let again = matches!(status, 408 | 409 | 429 | 500 | 502 | 503 | 504 | 529)
            && !(status == 429 && self.never_fits(problem));
        Error::Refused {
            again,
            wish: refusal.wish,
            failure: Failure {
                kind,
                message,
                remedy,
                status: Some(status),
                again: wish.filter(|_| again || status == 429),
            },
        }
    }

    /// Status and the body in one line; never raw markup.
    fn said(&self, refusal: &Refusal<'_>) -> String {
        let status = refusal.status;
        match &refusal.reply {
            Reply::Problem(problem) if !problem.message.is_empty() => {
                format!("{status}: {}", self.clean(&problem.message))
            }
            Reply::Problem(problem) => {
                let word = [&problem.code, &problem.kind]
                    .into_iter()
                    .find(|w| !w.is_empty());
                format!("{status}: {}", self.clean(word.map_or("no message", |w| w)))
            }
            Reply::Html => format!("{status}, HTML page from a proxy"),
            Reply::Empty => format!("{status} without a message"),
            Reply::Text(text) => format!("{status}: {}", self.clean(text)),
            Reply::Binary => format!("{status} with a message that is no text"),
        }
    }

    fn redirected(&self, status: u16, headers: &HeaderMap) -> Error {
        let location = headers.get(LOCATION).and_then(|l| l.to_str().ok());
        let location = location.map(|l| self.endpoint.secrets.hide(l));
        let target = location.and_then(|l| self.endpoint.base.chat_url().join(&l).ok());
        match target {
            Some(url) => Error::Redirect {
                to: self.clean(&authority(&url)),
                status,
            },
            None => Error::Refused {
                failure: Failure {
                    status: Some(status),
                    ..Failure::new(
                        FailureKind::Redirect,
                        format!("{status} and no address to go on to"),
                        "set base_url to the address that serves the API itself",
                    )
                },
                again: false,
                wish: None,
            },
        }
    }

    fn key_rejected(&self, refusal: &Refusal<'_>, said: &str) -> Error {
        let status = refusal.status;
        if status == 403 && refusal.reply == Reply::Html {
            let ray = refusal.headers.get("cf-ray").and_then(|r| r.to_str().ok());
            let ray = ray.map_or_else(String::new, |r| format!(", cf-ray {}", self.clean(r)));
            return Error::Key {
                message: format!("blocked before the API (403, HTML page{ray})"),
                remedy: "the network or the region may be blocked: try another route".to_owned(),
                status: Some(status),
            };
        }
        let from = match (&self.endpoint.auth, self.key) {
            (Auth::Key(KeySource::StandIn), _) | (Auth::None, None) => None,
            (_, Some(key)) => Some(key.origin()),
            (Auth::Key(source), None) => Some(source.describe()),
        };
        let remedy = match &from {
            Some(from) => format!("the key came from {from}: put a valid one there"),
            None if matches!(self.endpoint.auth, Auth::Key(_)) => format!(
                "no key is set, so the word {STAND_IN} was sent in its place: set the variable or another source of a key"
            ),
            None => "the server wants a key: set `auth` and a key source in the profile".to_owned(),
        };
        let message = match from {
            Some(_) => format!("key rejected ({said})"),
            None => format!("a key is wanted ({said})"),
        };
        Error::Key {
            message,
            remedy,
            status: Some(status),
        }
    }

    fn not_found(&self, problem: &Problem, said: String) -> (FailureKind, String, String) {
        let about_model = problem.param == "model" || problem.says(&["model", "Model"]);
        let Some(request) = self.request.filter(|_| about_model) else {
            let url = self.endpoint.base.chat_url();
            return (
                FailureKind::Request,
                said,
                format!("nothing is served at {url}: check base_url"),
            );
        };
        let asked = self.clean(&request.model);
        let remedy = match models::replacement(&request.model) {
            Some(new) => match &new.retired_on {
                Some(day) => format!("{asked} was retired on {day}: use {}", new.id),
                None => format!("{asked} is not offered any more: use {}", new.id),
            },
            None => match models::nearest(&request.model, self.catalogue).as_slice() {
                [] => "choose another model".to_owned(),
                names => format!("choose another model: {}", self.clean(&names.join(", "))),
            },
        };
        (
            FailureKind::Model,
            format!("no model {asked} ({said})"),
            remedy,
        )
    }

    /// When it works again, and what else helps.
    fn over_quota(&self, wish: Option<Duration>, problem: &Problem) -> String {
        let when = match wish {
            None => "works again soon".to_owned(),
            Some(wish) if wish >= limits::FAR => {
                "the server names no time that can be believed".to_owned()
            }
            Some(wish) => format!("works again in {}", span(wish)),
        };
        let reserved = self.request.map(|r| r.max_completion_tokens);
        if self.never_fits(problem) {
            "lower max_completion_tokens: the request reserves more than the whole quota".to_owned()
        } else if problem.says(&["token_quota", "too_many_tokens"]) {
            let now = reserved.map_or_else(String::new, |n| format!(" (now {n})"));
            format!("{when}; lower max_completion_tokens{now}, it is reserved before the answer")
        } else if problem.says(&["queue_exceeded"]) {
            format!("the service is busy, your quota is not: {when}")
        } else {
            when
        }
    }

    /// What the request reserves is more than the bucket ever holds, so that waiting is in vain.
    fn never_fits(&self, problem: &Problem) -> bool {
        let bucket = self
            .limits
            .get(Unit::Tokens, Bucket::Minute)
            .and_then(|q| q.limit);
        let (Some(request), Some(bucket)) = (self.request, bucket) else {
            return false;
        };
        problem.says(&["token_quota", "too_many_tokens"])
            && reserved_for_answer(request.max_completion_tokens) > bucket
    }
}

/// True where a stream says that it would have had the status 429.
fn is_rate(problem: &Problem) -> bool {
    let words = [
        "rate_limit",
        "too_many_requests",
        "quota_exceeded",
        "queue_exceeded",
    ];
    match problem.status {
        Some(status) => status == 429,
        None => words
            .iter()
            .any(|word| problem.code.contains(word) || problem.kind.contains(word)),
    }
}

fn is_too_long(problem: &Problem) -> bool {
    problem.says(&[
        "context_length_exceeded",
        "reduce the length",
        "maximum context length",
    ])
}

fn too_long(problem: &Problem, said: String) -> (FailureKind, String, String) {
    let numbers: Vec<u64> = counts(&problem.message);
    let remedy = "drop the oldest turns or lower max_completion_tokens".to_owned();
    let message = match *numbers.as_slice() {
        [a, b] => format!(
            "prompt and answer take {} tokens, the model {}",
            grouped(a.max(b)),
            grouped(a.min(b))
        ),
        // Which of more numbers is which, the server's own words say better.
        _ => said,
    };
    (FailureKind::TooLong, message, remedy)
}

/// The numbers of tokens that a sentence names: whole words, so that the date in a model's name is none. What stands in
/// parentheses takes a number apart that was named before.
fn counts(message: &str) -> Vec<u64> {
    let mut depth = 0_u32;
    let outside = message.chars().filter(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    let outside: String = outside.collect();
    let words = outside.split_whitespace();
    let numbers = words.filter_map(|word| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let digits = word.replace(',', "");
        digits.parse::<u64>().ok()
    });
    numbers.filter(|n| *n >= 256).collect()
}
