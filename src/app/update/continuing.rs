//! An answer that was cut goes on: the same answer, as a further attempt, with what had come sent along.
//!
//! An endpoint that goes on from the beginning of an answer gets that; others are asked to go on, in a further turn.

use super::turn;
use crate::{
    app::{Action, Effect, Entry, Model, Scroll},
    chat::{Answer, EndState},
};

/// Goes on with the last answer of the focused pane.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    if turn::is_opening(model) {
        return Vec::new();
    }
    let conversation = model.pane().conversation;
    let answer = model.last_answer(model.pane());
    let refused = match answer {
        None => Some("there is no answer yet that could go on".to_owned()),
        Some(answer) => refusal(model, answer),
    };
    let (Some(answer), None) = (answer, &refused) else {
        model.notify_of("continue", refused.unwrap_or_default());
        return Vec::new();
    };
    let (id, asked) = (answer.id, answer.asked());
    let prefix = model.profile(&asked.profile).is_some_and(|p| p.goes_on);
    let now = model.now.mono;
    let Some(conversation) = model.conversation_mut(conversation) else {
        return Vec::new();
    };
    let part = conversation.resume(id, prefix, now);
    let conversation = conversation.id;
    model.running.push((conversation, id));
    model.tally_all();
    let density = model.tallies.density(&asked);
    if let Some(answer) = model.running_mut(id) {
        answer.timeline.assume(density);
    }
    model.pane_mut().go(Scroll::Follow);
    let entry = Entry::Continued {
        answer: id,
        part,
        prefix,
    };
    vec![Effect::SavePrompt {
        entries: vec![entry],
        answers: vec![id],
    }]
}

/// Why an answer cannot go on.
fn refusal(model: &Model, answer: &Answer) -> Option<String> {
    let again = model.key_name(Action::Regenerate);
    let Some(end) = answer.end() else {
        let stop = model.key_name(Action::Cancel);
        return Some(format!("the answer is still running: {stop} stops it"));
    };
    let profile = answer.asked().profile;
    let is_mocks = model.profile(&profile).is_some_and(|p| p.is_mock);
    match end.state {
        _ if answer.content.is_empty() => Some(format!(
            "there is no text of an answer to go on from; {again} asks again"
        )),
        EndState::CutShort(_) | EndState::AtLimit | EndState::Stopped => {
            if model.profile(&profile).is_none() {
                return Some(format!("there is no provider profile {profile} any more"));
            }
            let key = model.key_name(Action::MockMode);
            (model.mock_mode && !is_mocks).then(|| {
                format!("the mock cannot go on with what {profile} began; {key} ends mock mode")
            })
        }
        _ => Some(format!("the answer is complete; {again} asks again")),
    }
}
