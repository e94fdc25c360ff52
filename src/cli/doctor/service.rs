//! SERVICE: the key, the models, a streamed probe, and the quotas, judged from what the service said.
//!
//! Nothing here asks; `profile` does.

use super::check::Check;
use crate::{
    chat::{
        Answer, Bucket, Catalogue, End, EndState, Failure, FailureKind, FinishReason, Limits,
        ModelStatus, Quota, Unit, Verdict, span,
    },
    config::Profile,
    metrics::{Missing, Summary},
    provider::{
        MOST_MODELS, embedded_models,
        health::{FirstReply, KeyFound},
        nearest, replacement,
    },
    text,
    ui::format,
};

/// Tokens that the probe's answer may have: fewer could not be timed.
pub(super) const PROBE_TOKENS: u32 = 64;
/// What the probe asks.
pub(super) const PROBE: &str = "Count from one to twenty, in words.";

/// What is not checked where nothing replies.
pub(super) const STEPS: [&str; 5] = [
    "service.auth",
    "service.models",
    "service.probe",
    "service.figures",
    "service.limits",
];

/// Models of a list that are named.
const NAMED: usize = 6;
/// Quotas that stand in the line itself.
const QUOTAS: usize = 2;
/// A quota with less than this share left is nearly used up.
const SCARCE: u64 = 10;

/// What stands where a key would have had to be read.
pub(super) const NO_KEY: &str = "no key could be read (see SECRETS)";

/// What the service is asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ticket {
    /// The key of the profile.
    Key,
    /// None, or a word in its place: none is needed.
    Unneeded,
    /// None, since it could not be read.
    Unread,
}

impl Ticket {
    /// By what reading the key of `profile` came to.
    pub(super) fn of(profile: &Profile, read: &Result<KeyFound, Failure>) -> Self {
        match read {
            Err(_) => Self::Unread,
            Ok(KeyFound::Unneeded) => Self::Unneeded,
            Ok(_) if profile.is_mock || profile.key_sources.is_empty() => Self::Unneeded,
            Ok(_) => Self::Key,
        }
    }
}

/// True if what replied is not the API at all.
fn is_no_api(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Redirect | FailureKind::Malformed | FailureKind::Proxy
    )
}

/// Whether the key was accepted. `probed`: a question follows, which tells where the list of models does not.
pub(super) fn auth(reply: &FirstReply, ticket: Ticket, is_cerebras: bool, probed: bool) -> Check {
    let id = "service.auth";
    let failure = match (&reply.models, ticket) {
        // Whatever was said, it was not said of a key.
        (_, Ticket::Unread) => return Check::unchecked(id, NO_KEY),
        (Ok(_), Ticket::Unneeded) => return Check::good(id, "no key is needed: none is asked for"),
        (Ok(_), Ticket::Key) if is_cerebras => return Check::good(id, "the key was accepted"),
        // Others may show their list to everybody.
        (Ok(_), Ticket::Key) => {
            return Check::good(
                id,
                "the list of models came with the key; the probe asks with it",
            );
        }
        (Err(error), _) => error.failure(),
    };
    match failure.kind {
        FailureKind::Key | FailureKind::Payment => Check::failure(id, &failure),
        FailureKind::Quota => Check::warning(id, &failure.message, &failure.remedy),
        _ if probed => Check::unchecked(id, "there is no list of models: the probe tells"),
        FailureKind::Server if ticket == Ticket::Unneeded => {
            Check::unchecked(id, "the list of models failed")
        }
        _ if is_no_api(&failure) => Check::unchecked(id, "what replied is not the API"),
        FailureKind::Request | FailureKind::Model => {
            Check::unchecked(id, "the server has no list of models")
        }
        _ => Check::failure(id, &failure),
    }
}

/// The models that are configured against those that are offered.
pub(super) fn models(
    configured: &[String],
    reply: &FirstReply,
    ticket: Ticket,
    probed: bool,
) -> Vec<Check> {
    let id = "service.models";
    let live = match &reply.models {
        Ok(live) => live,
        Err(error) => return vec![no_list(&error.failure(), ticket, probed)],
    };
    let names: Vec<_> = live.offered().map(|m| m.id.as_str()).collect();
    let Some(first) = names.first() else {
        let remedy = "ask the provider, or check which project the key is of";
        return vec![Check::failed(id, "the service offers no model", remedy)];
    };
    if configured.is_empty() {
        let summary =
            format!("no model is configured: the first that is offered is asked, {first}");
        return vec![Check::good(id, summary).detail(offered(&names))];
    }
    configured
        .iter()
        .map(|model| one_model(model, live, &names))
        .collect()
}

/// There is nothing to hold models against. A service can work without: that is the probe's to say.
fn no_list(failure: &Failure, ticket: Ticket, probed: bool) -> Check {
    let id = "service.models";
    let summary = format!("models cannot be checked: {}", failure.message);
    match failure.kind {
        FailureKind::Key if ticket == Ticket::Unread => {
            Check::unchecked(id, format!("models cannot be checked: {NO_KEY}"))
        }
        // Told as what it says of the key.
        FailureKind::Key | FailureKind::Payment | FailureKind::Quota => {
            Check::unchecked(id, summary)
        }
        // Nothing else shows that the API is there.
        _ if is_no_api(failure) && !probed => Check::failed(id, summary, &failure.remedy),
        FailureKind::Request
        | FailureKind::Model
        | FailureKind::Malformed
        | FailureKind::Timeout => {
            let remedy = if probed {
                "check base_url if the probe fails, too; else only the names of models go unchecked"
            } else {
                "check base_url; the probe of a model that the profile names would tell"
            };
            Check::warning(id, summary, remedy)
        }
        _ => Check::warning(id, summary, &failure.remedy),
    }
}

fn one_model(model: &str, live: &Catalogue, names: &[&str]) -> Check {
    let id = "service.models";
    let instead = replacement(model);
    let Some(info) = live.get(model) else {
        if is_cut(live) && instead.is_none() {
            let most = text::counted(MOST_MODELS as u64, "model", "models");
            return Check::unchecked(
                id,
                format!("{model} is not among the first {most} of the list, no more are read"),
            );
        }
        let near = nearest(model, live);
        return match instead {
            Some(other) => {
                let gone = other.retired_on.map_or_else(
                    || "is not offered".to_owned(),
                    |day| format!("was retired on {day}"),
                );
                let remedy = format!("use {} in its place", other.id);
                Check::failed(id, format!("{model} {gone}"), remedy)
            }
            None => Check::failed(
                id,
                format!("{model} is not offered"),
                format!("did you mean {}?", near.join(" or ")),
            ),
        }
        .detail(offered(names));
    };
    let is_leaving = info.status == ModelStatus::Deprecated
        || embedded_models()
            .get(model)
            .is_some_and(|known| known.status == ModelStatus::Deprecated);
    if is_leaving {
        let remedy = match &info.replaced_by {
            Some(other) => format!("change to {other} before"),
            None => format!("change to another model before; {}", offered(names)),
        };
        return Check::warning(id, format!("{model} will be retired"), remedy);
    }
    Check::good(id, format!("{model} is offered")).detail(offered(names))
}

/// Whether a list may have more models than are read of one.
pub(super) fn is_cut(live: &Catalogue) -> bool {
    live.models.len() >= MOST_MODELS
}

fn offered(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first: Vec<_> = names.iter().take(NAMED).copied().collect();
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("the service offers {}{more}", first.join(", "))
}

/// What came of the probe.
pub(super) fn probe(answer: &Answer, streamed: bool) -> Check {
    let id = "service.probe";
    let Some(end) = answer.end() else {
        let remedy = "a defect of waferdeck: please report it, with its version";
        return Check::failed(id, "the answer has no end", remedy);
    };
    match &end.state {
        EndState::Failed(failure) if failure.kind == FailureKind::Empty => Check::warning(
            id,
            format!("{}: no text within {PROBE_TOKENS} tokens", failure.message),
            match end.finish_reason {
                Some(FinishReason::Length) => {
                    "ask it by hand with more tokens; it may have used these for thinking"
                }
                _ => "ask it by hand: it may answer another question",
            },
        ),
        EndState::Failed(failure) | EndState::CutShort(failure) | EndState::Skipped(failure) => {
            Check::failure(id, failure)
        }
        EndState::Damaged(events) => Check::warning(
            id,
            format!(
                "{} unreadable in the stream",
                text::counted((*events).into(), "event was", "events were")
            ),
            "something between here and the service may change answers: check the proxy",
        ),
        EndState::Stopped => Check::unchecked(id, "it was stopped"),
        EndState::Complete | EndState::AtLimit => {
            let summary = answer.summary();
            let model = &answer.variant.model;
            let figures = format!("{model}: {}", speeds(&summary, streamed));
            match answer.last_verdict().and_then(Verdict::breach) {
                Some(breach) => Check::warning(
                    id,
                    format!(
                        "{figures}, over the budget of {}",
                        format::time_text(breach.budget.limit())
                    ),
                    "measure more than one answer with `waferdeck bench`, or change latency_budget_ms",
                ),
                None => Check::good(id, figures),
            }
        }
    }
}

fn speeds(summary: &Summary, streamed: bool) -> String {
    let mut parts = Vec::new();
    match summary.ttft {
        Ok(ttft) if streamed => parts.push(format!("TTFT {}", format::time_text(ttft))),
        _ if streamed => {}
        _ => parts.push("not streamed (allow_streaming = false)".to_owned()),
    }
    match (summary.speed_server, summary.speed_wall) {
        (Ok(rate), _) => parts.push(format!("{} tok/s server", format::rate(rate))),
        (_, Ok(rate)) => parts.push(format!("{} tok/s by our clock", format::rate(rate))),
        // That a server tells no times is no reason: ours are all that is needed.
        (_, Err(missing)) => {
            let what = match summary.tokens.completion {
                Err(Missing::NotReported) => "no tokens (usage) were reported",
                _ => missing.reason(),
            };
            parts.push(format!("no speed: {what}"));
        }
    }
    if let Ok(tokens) = summary.tokens.completion {
        parts.push(format::tokens(tokens));
    }
    parts.join(" · ")
}

/// Whether the service reports what figures are made of.
pub(super) fn figures(answer: &Answer, is_cerebras: bool) -> Check {
    let id = "service.figures";
    let is_whole = |end: &&End| end.state.failure().is_none() && answer.has_text();
    // Figures come with the end of a stream, which one that broke off did not get to.
    let Some(end) = answer.end().filter(is_whole) else {
        return Check::unchecked(id, "the probe had no answer");
    };
    let counts = end.usage.completion_tokens.is_some();
    let times = end.server.completion.is_some() || end.server.total.is_some();
    match (counts, times) {
        (true, true) => Check::good(
            id,
            "tokens (usage) and server times (time_info) are reported",
        ),
        (true, false) if !is_cerebras => Check::good(
            id,
            "tokens (usage) are reported; server times are not, so speeds are by our clock",
        ),
        (true, false) => Check::warning(
            id,
            "tokens (usage) are reported, server times (time_info) are not",
            "something between here and Cerebras may drop them: check base_url and proxy",
        ),
        (false, _) => Check::warning(
            id,
            "tokens (usage) are not reported: costs and speeds will be missing",
            "see whether the server can report usage in streams (stream_options)",
        ),
    }
}

/// What is left of the quotas.
pub(super) fn limits(limits: &Limits) -> Check {
    let id = "service.limits";
    // What is short comes first, then what refills soonest: the next prompts meet it.
    let mut quotas: Vec<_> = limits.0.iter().collect();
    quotas.sort_by_key(|q| (!is_scarce(q), q.bucket as u8));
    let said: Vec<_> = quotas.iter().filter_map(|q| headroom(q)).collect();
    let (near, far) = said.split_at(said.len().min(QUOTAS));
    if near.is_empty() {
        return Check::unchecked(id, "the service says nothing of its quotas");
    }
    let summary = near.join(" · ");
    let check = match quotas.first().filter(|q| is_scarce(q)) {
        None => Check::good(id, summary),
        Some(quota) => {
            let when = quota.reset.map_or_else(
                || "wait until it has refilled".to_owned(),
                |reset| format!("it is full again in {}", span(reset)),
            );
            let remedy =
                format!("{when}; fewer panes, or quota = \"stagger\", ask for less at once");
            Check::warning(id, format!("nearly used up: {summary}"), remedy)
        }
    };
    far.iter().fold(check, Check::detail)
}

fn headroom(quota: &Quota) -> Option<String> {
    let left = format::count(quota.remaining?);
    let unit = match quota.unit {
        Unit::Requests => "requests",
        Unit::Tokens => "tokens",
    };
    let period = match quota.bucket {
        Bucket::Minute => "a minute",
        Bucket::Hour => "an hour",
        Bucket::Day => "a day",
    };
    let of = quota
        .limit
        .map_or_else(String::new, |limit| format!(" of {}", format::count(limit)));
    Some(format!("{left}{of} {unit} {period} left"))
}

fn is_scarce(quota: &Quota) -> bool {
    match (quota.remaining, quota.limit) {
        (Some(0), _) => true,
        (Some(left), Some(limit)) => left.saturating_mul(SCARCE) < limit,
        _ => false,
    }
}

/// A probe that is not made, with what depends on it.
pub(super) fn no_probe(why: &str) -> [Check; 2] {
    ["service.probe", "service.figures"].map(|id| Check::unchecked(id, why))
}

#[cfg(test)]
mod tests;
