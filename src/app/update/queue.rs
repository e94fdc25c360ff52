//! Prompts that were written while answers still come: kept in order, sent when their panes have answered.
//!
//! What goes wrong or is stopped pauses the queue: what comes next may depend on it. On disk the queue is part of the draft.

use super::{
    composer::{self, draft},
    turn,
};
use crate::{
    app::{Action, Effect, Focus, Model, Queued},
    chat::{AnswerId, ConversationId, Draft, EndState},
};

/// What notices about the queue are about: a newer one takes the place of an older.
const TOPIC: &str = "queue";
/// More than this nobody can keep in mind.
const MOST: usize = 20;

/// Puts a prompt at the end of the queue.
pub(super) fn add(model: &mut Model, waiting: Draft, targets: &[usize]) -> Vec<Effect> {
    if model.queue.prompts.len() >= MOST {
        let sentence = format!("{MOST} prompts wait already; your draft is kept");
        model.notify_while_streaming(&sentence);
        return Vec::new();
    }
    let panes = targets.iter().filter_map(|&i| model.panes.get(i));
    let to = panes.map(|p| p.conversation).collect();
    model.composer.take();
    model.composer.remember(&waiting.text);
    let text = waiting.text.clone();
    model.queue.prompts.push_back(Queued { draft: waiting, to });
    composer::bring_back(model);
    model.forget_hints();
    let sentence = format!(
        "queued: it is sent when the answer ends; {} takes it back",
        model.key_name(Action::Unqueue)
    );
    model.notify_while_streaming(&sentence);
    vec![Effect::KeepPrompt(text), draft(model)]
}

/// Takes the last prompt of the queue back into the composer; what was being written comes back after it.
pub(super) fn take_back(model: &mut Model) -> Vec<Effect> {
    let Some(last) = model.queue.prompts.pop_back() else {
        model.notify_of(TOPIC, "no prompt waits to be sent".to_owned());
        return Vec::new();
    };
    if model.queue.prompts.is_empty() {
        go_on(model);
    }
    // What waited follows on the last answer; it does not take the place of a prompt that is edited.
    let mut effects = if model.is_editing() {
        composer::give_up_editing(model)
    } else {
        composer::set_aside(model)
    };
    model.composer.set_draft(last.draft);
    model.focus = Focus::Composer;
    // That it was queued is no longer true.
    model.notices.retain(|notice| !notice.while_streaming);
    effects.push(draft(model));
    effects
}

/// True if a prompt to these panes has to wait its turn: an earlier one waits for one of them.
pub(super) fn is_behind(model: &Model, targets: &[usize]) -> bool {
    let panes = targets.iter().filter_map(|&i| model.panes.get(i));
    let asked: Vec<_> = panes.map(|p| p.conversation).collect();
    let waits = |queued: &Queued| queued.to.iter().any(|c| asked.contains(c));
    !model.queue.paused && model.queue.prompts.iter().any(waits)
}

/// Goes on with a queue that was paused.
pub(super) fn resume(model: &mut Model) -> Vec<Effect> {
    if !model.queue.paused || turn::is_opening(model) {
        return Vec::new();
    }
    go_on(model);
    send_due(model)
}

/// The queue waits for answers alone, and what was said of its pause is no longer true.
fn go_on(model: &mut Model) {
    model.queue.paused = false;
    model.notices.retain(|notice| notice.topic != Some(TOPIC));
}

/// An answer has ended: what waited for it is sent, unless it did not go well.
pub(super) fn ended(model: &mut Model, id: AnswerId, state: &EndState) -> Vec<Effect> {
    // What is queued behind a stop is meant to go: `stopped` has paused what there was before it.
    let went_wrong = match state {
        EndState::Failed(_) => Some("failed"),
        EndState::CutShort(_) => Some("was cut short"),
        EndState::Skipped(_) => Some("was passed over"),
        _ => None,
    };
    let conversation = conversation_of(model, id);
    let mut waiting = model.queue.prompts.iter();
    let awaits = waiting.any(|q| conversation.is_some_and(|c| q.to.contains(&c)));
    if let Some(why) = went_wrong.filter(|_| awaits) {
        pause(model, &format!("the answer {why}"));
    }
    send_due(model)
}

/// The person stops answers: nothing is sent behind them.
pub(super) fn stopped(model: &mut Model) {
    if !model.queue.prompts.is_empty() {
        pause(model, "stopped");
    }
}

/// The queue as one, with the draft at its end: what is kept on disk, and comes back as a draft.
pub(super) fn as_draft(model: &Model) -> Draft {
    let waiting = model.queue.prompts.iter().map(|q| &q.draft);
    Draft::join(waiting.chain([&model.composer.written()]), "\n\n")
}

/// The queue is given up as such and becomes the draft.
pub(super) fn into_draft(model: &mut Model) {
    if !model.queue.prompts.is_empty() {
        let all = as_draft(model);
        model.queue = crate::app::Queue::default();
        model.composer.take_written();
        model.composer.set_draft(all);
    }
}

fn pause(model: &mut Model, why: &str) {
    if std::mem::replace(&mut model.queue.paused, true) {
        return;
    }
    let sentence = format!(
        "{why}: the queue is paused; {} with an empty draft sends the next prompt, {} takes the last one back",
        model.key_name(Action::Send),
        model.key_name(Action::Unqueue)
    );
    model.notify_of(TOPIC, sentence);
}

/// Sends what is first in the queue as long as nobody it asks still answers.
fn send_due(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    while !model.queue.paused
        && let Some(first) = model.queue.prompts.front()
        && first.to.iter().all(|&c| model.live_of(c).is_empty())
    {
        let to = first.to.clone();
        let panes = model.panes.iter().enumerate();
        let targets: Vec<_> = panes
            .filter(|(_, p)| to.contains(&p.conversation))
            .map(|(i, _)| i)
            .collect();
        // Muted since, a pane is passed by as by any broadcast.
        let heard: Vec<_> = targets
            .iter()
            .copied()
            .filter(|&i| to.len() == 1 || !model.panes[i].muted)
            .collect();
        if heard.is_empty() {
            effects.extend(give_up(model, targets.is_empty()));
            break;
        }
        if let Some(first) = model.queue.prompts.pop_front() {
            effects.extend(turn::send(model, &first.draft, heard));
        }
    }
    if model.queue.prompts.is_empty() {
        model.queue.paused = false;
    }
    if !effects.is_empty() {
        effects.push(draft(model));
    }
    effects
}

/// The first prompt of the queue can be sent to nobody: it comes back, to be sent to others, once there is room for it.
fn give_up(model: &mut Model, are_closed: bool) -> Vec<Effect> {
    let why = if are_closed { "closed" } else { "muted" };
    if !model.composer.has_nothing() {
        pause(model, &format!("its panes are {why}"));
        return Vec::new();
    }
    let Some(first) = model.queue.prompts.pop_front() else {
        return Vec::new();
    };
    model.composer.set_draft(first.draft);
    // What waits behind it may depend on it.
    model.queue.paused = true;
    let sentence = format!("not sent, its panes are {why}: it is the draft again");
    model.notify_of(TOPIC, sentence);
    vec![draft(model)]
}

fn conversation_of(model: &Model, id: AnswerId) -> Option<ConversationId> {
    let conversations = model.conversations.iter();
    conversations
        .filter(|c| c.answer(id).is_some())
        .map(|c| c.id)
        .next()
}
