//! What a service says, and the lines it comes to.

use std::time::Duration;

use super::super::check::{Status, expect};
use super::*;
use crate::{
    chat::{AnswerId, Delta, End, Failure, IdSource, ModelInfo, StreamEvent, Timestamp, Variant},
    metrics::{Channel, ServerTime, Usage},
    provider::{Error, read_list},
};

fn reply(models: Result<Catalogue, Error>) -> FirstReply {
    FirstReply {
        status: 200,
        http: None,
        date: None,
        certificate: None,
        limits: Limits::default(),
        models,
    }
}

fn list(names: &[&str]) -> Catalogue {
    Catalogue {
        models: names.iter().map(|name| ModelInfo::unknown(*name)).collect(),
        ..Catalogue::default()
    }
}

fn refused(kind: FailureKind) -> Error {
    Error::Refused {
        failure: Failure::new(kind, "it said no", "do this"),
        again: false,
        wish: None,
    }
}

#[test]
fn of_a_model_that_may_stand_further_down_a_long_list_nothing_is_said() {
    let long: Vec<_> = (0..MOST_MODELS).map(|n| format!("m{n}")).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    let configured = ["m9999".to_owned(), "m7".to_owned()];
    let of = |names: &[&str]| models(&configured, &reply(Ok(list(names))), Ticket::Key, true);
    let checks = of(&long);
    let parts = ["m9999 is not among the first 5,000 models of the list"];
    expect(&checks[0], Status::Unchecked, &parts);
    expect(&checks[1], Status::Good, &["m7 is offered"]);
    expect(&of(&long[1..])[0], Status::Failed, &["is not offered"]);
}

#[test]
fn a_key_is_accepted_refused_or_not_tried() {
    let check = |models, ticket, status, parts: &[&str]| {
        expect(&auth(&reply(models), ticket, true, false), status, parts);
    };
    check(Ok(list(&["a"])), Ticket::Key, Status::Good, &["accepted"]);
    let no_key = ["no key could be read (see SECRETS)"];
    check(Ok(list(&["a"])), Ticket::Unread, Status::Unchecked, &no_key);
    let rejected = || Error::Key {
        message: "key rejected (401)".to_owned(),
        remedy: "put a valid one there".to_owned(),
        status: Some(401),
    };
    let parts = ["401", "a valid one"];
    check(Err(rejected()), Ticket::Key, Status::Failed, &parts);
    // What was not sent cannot have been refused.
    let refused_none = reply(Err(rejected()));
    let of_none = auth(&refused_none, Ticket::Unread, true, false);
    expect(&of_none, Status::Unchecked, &no_key);
    let list_of_none = &models(&[], &refused_none, Ticket::Unread, false)[0];
    expect(list_of_none, Status::Unchecked, &no_key);
    assert!(!list_of_none.summary.contains("rejected"));
    for (kind, status) in [
        (FailureKind::Payment, Status::Failed),
        (FailureKind::Server, Status::Failed),
        (FailureKind::Quota, Status::Warning),
        (FailureKind::Request, Status::Unchecked),
        (FailureKind::Malformed, Status::Unchecked),
    ] {
        check(Err(refused(kind)), Ticket::Key, status, &[]);
    }
    let open = auth(&reply(Ok(list(&["a"]))), Ticket::Unneeded, true, true);
    expect(&open, Status::Good, &["no key is needed"]);
    let broken = auth(
        &reply(Err(refused(FailureKind::Server))),
        Ticket::Unneeded,
        false,
        false,
    );
    expect(&broken, Status::Unchecked, &["the list of models failed"]);
}

#[test]
fn a_list_that_cannot_be_used_is_a_warning_as_long_as_the_probe_can_tell() {
    let moved = || Error::Redirect {
        to: "login.example".to_owned(),
        status: 302,
    };
    for (error, without_probe) in [
        (refused(FailureKind::Request), Status::Warning),
        (refused(FailureKind::Server), Status::Warning),
        (refused(FailureKind::Malformed), Status::Failed),
        (moved(), Status::Failed),
    ] {
        let reply = reply(Err(error));
        let list = |probed| models(&[], &reply, Ticket::Key, probed).remove(0);
        expect(
            &list(true),
            Status::Warning,
            &["models cannot be checked: "],
        );
        expect(&list(false), without_probe, &["models cannot be checked: "]);
        let auth = auth(&reply, Ticket::Key, true, true);
        expect(&auth, Status::Unchecked, &["the probe tells"]);
    }
    let page = reply(Err(refused(FailureKind::Malformed)));
    let parts = ["check base_url if the probe fails, too"];
    expect(
        &models(&[], &page, Ticket::Key, true)[0],
        Status::Warning,
        &parts,
    );
    let parts = ["login.example", "base_url"];
    expect(
        &models(&[], &reply(Err(moved())), Ticket::Key, false)[0],
        Status::Failed,
        &parts,
    );
    let busy = reply(Err(refused(FailureKind::Quota)));
    expect(
        &models(&[], &busy, Ticket::Key, true)[0],
        Status::Unchecked,
        &[],
    );
}

#[test]
fn configured_models_are_held_against_the_live_list() {
    let of = |configured: &[&str], live: Catalogue| {
        let configured: Vec<_> = configured.iter().map(|&m| m.to_owned()).collect();
        models(&configured, &reply(Ok(live)), Ticket::Key, true).remove(0)
    };
    let live = || list(&["gpt-oss-120b", "qwen-3.8-27b"]);
    let well = of(&["gpt-oss-120b"], live());
    expect(&well, Status::Good, &["is offered", "qwen-3.8-27b"]);
    let misspelt = of(&["gpt-oss-120"], live());
    expect(&misspelt, Status::Failed, &["did you mean gpt-oss-120b"]);
    let retired = of(&["zai-glm-4.7"], live());
    let parts = ["retired on 2026-08-17", "use gpt-oss-120b"];
    expect(&retired, Status::Failed, &parts);
    expect(
        &of(&[], live()),
        Status::Good,
        &["the first that is offered"],
    );
    expect(&of(&["x"], list(&[])), Status::Failed, &["offers no model"]);
    let body = br#"{"data":[{"id":"old","deprecated":true},{"id":"new"}]}"#;
    let leaving = of(&["old"], read_list(body).unwrap());
    expect(&leaving, Status::Warning, &["will be retired"]);
}

fn answer(state: EndState, usage: Usage, server: ServerTime, budget: Option<u32>) -> Answer {
    let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(0)));
    let variant = Variant::new("p", "model");
    let mut answer = Answer::new(id, variant, false, 1, Duration::ZERO);
    answer.budget = budget.map(|ms| crate::chat::Budget {
        on: crate::chat::BudgetOn::Ttft,
        limit_ms: ms,
    });
    answer.apply(StreamEvent::Sent { number: 1 }, Duration::ZERO);
    if !matches!(state, EndState::Failed(_)) {
        for n in 0..8 {
            let delta = Delta {
                channel: Channel::Content,
                text: "some words ".to_owned(),
                at: Duration::from_millis(100 + 10 * n),
            };
            answer.apply(StreamEvent::Delta(delta), Duration::ZERO);
        }
    }
    let end = End {
        usage,
        server,
        e2e: Duration::from_millis(180),
        ..End::bare(state)
    };
    answer.apply(StreamEvent::End(Box::new(end)), Duration::ZERO);
    answer
}

fn usage() -> Usage {
    Usage {
        prompt_tokens: Some(20),
        completion_tokens: Some(40),
        ..Usage::default()
    }
}

fn times() -> ServerTime {
    ServerTime {
        completion: Some(Duration::from_millis(80)),
        total: Some(Duration::from_millis(150)),
        ..ServerTime::default()
    }
}

#[test]
fn a_probe_has_its_figures_or_its_failure() {
    let check = |state, budget, status, parts: &[&str]| {
        let answer = answer(state, usage(), times(), budget);
        expect(&probe(&answer, true), status, parts);
    };
    let figures = ["TTFT 100 ms", "500 tok/s server", "40 tokens"];
    check(EndState::Complete, None, Status::Good, &figures);
    check(EndState::AtLimit, Some(500), Status::Good, &figures);
    let over = ["TTFT 100 ms", "over the budget of 50.0 ms"];
    check(EndState::Complete, Some(50), Status::Warning, &over);
    check(EndState::Damaged(2), None, Status::Warning, &["2 events"]);
    let failure = |kind| Failure::new(kind, "it said no", "do this");
    let failed = EndState::Failed(failure(FailureKind::Model));
    check(failed, None, Status::Failed, &["it said no", "do this"]);
    let empty = EndState::Failed(failure(FailureKind::Empty));
    check(empty, None, Status::Warning, &["within 64 tokens"]);
    let cut = EndState::CutShort(failure(FailureKind::Network));
    check(cut, None, Status::Failed, &[]);
    let whole = answer(EndState::Complete, usage(), times(), None);
    expect(&probe(&whole, false), Status::Good, &["allow_streaming"]);
    // Where the server tells no times, the speed is measured here, or it is said why it cannot be.
    let short = Usage {
        completion_tokens: Some(20),
        ..usage()
    };
    for (usage, words) in [
        (usage(), "500 tok/s by our clock"),
        (short, "no speed: too short to measure (under 32 tokens"),
        (Usage::default(), "no speed: no tokens (usage) were"),
    ] {
        let timed_here = answer(EndState::Complete, usage, ServerTime::default(), None);
        expect(&probe(&timed_here, true), Status::Good, &[words]);
    }
}

#[test]
fn what_figures_are_made_of_is_looked_for() {
    let check = |usage, server, is_cerebras, status| {
        let answer = answer(EndState::Complete, usage, server, None);
        expect(&figures(&answer, is_cerebras), status, &[]);
    };
    let no_times = ServerTime::default();
    check(usage(), times(), true, Status::Good);
    check(usage(), no_times, true, Status::Warning);
    check(usage(), no_times, false, Status::Good);
    check(Usage::default(), times(), true, Status::Warning);
    let failure = Failure::new(FailureKind::Server, "503", "later");
    for (state, usage) in [
        (EndState::Failed(failure.clone()), usage()),
        (EndState::CutShort(failure), Usage::default()),
    ] {
        let none = answer(state, usage, times(), None);
        let said = ["the probe had no answer"];
        expect(&figures(&none, true), Status::Unchecked, &said);
    }
}

#[test]
fn quotas_tell_what_is_left() {
    let quota = |unit, remaining, limit| Quota {
        unit,
        bucket: Bucket::Minute,
        limit,
        remaining,
        reset: Some(Duration::from_secs(30)),
    };
    let check = |quotas: Vec<Quota>, status, parts: &[&str]| {
        expect(&limits(&Limits(quotas)), status, parts);
    };
    check(Vec::new(), Status::Unchecked, &["says nothing"]);
    let requests = quota(Unit::Requests, Some(29), Some(30));
    let plenty = quota(Unit::Tokens, Some(29_000), Some(30_000));
    let parts = ["29 of 30 requests a minute left", "29,000 of 30,000 tokens"];
    check(vec![requests, plenty], Status::Good, &parts);
    let scarce = quota(Unit::Tokens, Some(2_999), Some(30_000));
    check(vec![requests, scarce], Status::Warning, &["nearly", "30 s"]);
    let empty = quota(Unit::Requests, Some(0), None);
    check(vec![empty], Status::Warning, &["0 requests"]);
    check(
        vec![quota(Unit::Tokens, None, Some(9))],
        Status::Unchecked,
        &[],
    );
}
