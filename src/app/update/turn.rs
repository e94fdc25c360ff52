//! The life of a turn: submitted, saved, sent, streamed, ended; cancelled, asked again, edited.
//!
//! A request leaves only after its prompt is on disk, or after the person was told that it is not.

use super::{
    alerts, attach,
    composer::{self, draft},
    queue, quota, session, transcript,
};
use crate::{
    app::{Action, Ask, Effect, Entry, Focus, Model, Scroll, Tone},
    chat::{
        Answer, AnswerId, Attachment, BroadcastId, Draft, End, EndState, FailureKind, Phase,
        Progress, Session, StreamEvent, Turn, TurnId, Variant,
    },
    text::hide_known,
};

/// Sends what the composer holds to its targets, but for a key, which is asked about first.
pub(super) fn submit(model: &mut Model) -> Vec<Effect> {
    if let Some(question) = attach::find_key(model) {
        model.overlays.push(question);
        return Vec::new();
    }
    submit_as_it_is(model)
}

/// The same whatever it is.
pub(super) fn submit_as_it_is(model: &mut Model) -> Vec<Effect> {
    let asked = model.composer.draft();
    if asked.is_blank() {
        let gave_way = model.stash.is_some() && !model.is_editing();
        return if gave_way {
            composer::clear(model)
        } else {
            queue::resume(model)
        };
    }
    if is_opening(model) {
        return Vec::new();
    }
    let targets = model.targets();
    if targets.is_empty() {
        let sentence = format!(
            "every pane is muted, so nothing was sent and your draft is kept: {} and a letter unmutes one, {} sends to the focused one alone",
            model.key_name(Action::MuteLetter),
            model.key_name(Action::Broadcast),
        );
        model.notify_of("targets", sentence);
        return Vec::new();
    }
    if let Some(sentence) = attach::too_much(&asked, targets.len()) {
        model.notify(Tone::Warning, sentence);
        return Vec::new();
    }
    if let Some(sentence) = still_running(model, &targets) {
        if !model.is_editing() {
            return queue::add(model, asked, &targets);
        }
        // What is edited forks off where its turn stands, and that is not known before the answer is.
        model.notify_while_streaming(&format!("{sentence}; your draft is kept"));
        return Vec::new();
    }
    if !model.is_editing() && queue::is_behind(model, &targets) {
        return queue::add(model, asked, &targets);
    }
    if quota::warn(model, Some(&asked), &targets) {
        return Vec::new();
    }
    model.forget_hints();
    model.composer.take();
    model.composer.remember(&asked.text);
    let mut effects = send(model, &asked, targets);
    composer::bring_back(model);
    effects.extend([Effect::KeepPrompt(asked.text), draft(model)]);
    effects
}

/// What is asked in one go.
struct Asked {
    text: String,
    attachments: Vec<Attachment>,
    brief: Option<String>,
    broadcast: Option<BroadcastId>,
}

/// Asks the same in these panes.
pub(super) fn send(model: &mut Model, draft: &Draft, targets: Vec<usize>) -> Vec<Effect> {
    let asked = Asked {
        text: draft.prompt(),
        attachments: draft.attachments(),
        brief: draft.brief(),
        broadcast: (targets.len() > 1)
            .then(|| BroadcastId::from_uuid(model.ids.next(model.now.wall))),
    };
    let mut entries = session::first_entries(model, &asked.text);
    let mut answers = Vec::new();
    for pane in targets {
        answers.push(add_turn(model, pane, &asked, &mut entries));
    }
    vec![Effect::SavePrompt { entries, answers }]
}

/// Asks the last turn of the focused pane again; the new answer is shown beside the old one.
pub(super) fn regenerate(model: &mut Model) -> Vec<Effect> {
    let Some(turn) = model
        .focused_conversation()
        .and_then(|c| c.last_turn())
        .map(|t| t.id)
    else {
        model.notify(Tone::Info, "there is nothing to ask again yet");
        return Vec::new();
    };
    again(model, &[(model.focused, turn)])
}

/// Asks the last turn of every pane that a broadcast reaches again.
pub(super) fn regenerate_all(model: &mut Model) -> Vec<Effect> {
    let turns: Vec<_> = (0..model.panes.len())
        .filter(|&i| !model.panes[i].muted)
        .filter_map(|i| {
            Some((
                i,
                model
                    .conversation(model.panes[i].conversation)?
                    .last_turn()?
                    .id,
            ))
        })
        .collect();
    if turns.is_empty() {
        model.notify(Tone::Info, "there is nothing to ask again yet");
        return Vec::new();
    }
    again(model, &turns)
}

/// Asks these turns of these panes again, unless one of them still streams.
fn again(model: &mut Model, turns: &[(usize, TurnId)]) -> Vec<Effect> {
    let panes: Vec<_> = turns.iter().map(|&(pane, _)| pane).collect();
    if let Some(sentence) = still_running(model, &panes) {
        model.notify_while_streaming(&sentence);
        return Vec::new();
    }
    if is_opening(model) {
        return Vec::new();
    }
    if quota::warn(model, None, &panes) {
        return Vec::new();
    }
    let mut entries = Vec::new();
    let mut answers = Vec::new();
    for &(pane, turn) in turns {
        answers.push(add_answer(model, pane, turn, &mut entries));
        model.panes[pane].go(Scroll::Follow);
    }
    vec![Effect::SavePrompt { entries, answers }]
}

/// Takes the last prompt back into the composer; sending it makes a fork beside the old turn.
pub(super) fn edit(model: &mut Model) -> Vec<Effect> {
    let Some((turn, asked, broadcast)) = model
        .focused_conversation()
        .and_then(|c| c.last_turn())
        .map(|t| (t.id, Draft::of(&t.text, &t.attachments), t.broadcast))
    else {
        model.notify(Tone::Info, "there is no prompt to edit yet");
        return Vec::new();
    };
    // Edited twice in a row, the draft from before the first time is the one that comes back.
    let mut effects = if model.is_editing() {
        composer::give_up_editing(model)
    } else {
        composer::set_aside(model)
    };
    model.composer.set_draft(asked);
    model.pane_mut().editing = Some(turn);
    if let Some(broadcast) = broadcast.filter(|_| model.broadcast) {
        edit_everywhere(model, broadcast);
    }
    model.focus = Focus::Composer;
    effects.push(draft(model));
    effects
}

/// What was asked in one go is edited in one go, where it is still the last prompt.
fn edit_everywhere(model: &mut Model, broadcast: BroadcastId) {
    for i in 0..model.panes.len() {
        let pane = &model.panes[i];
        let turn = model
            .conversation(pane.conversation)
            .and_then(|c| c.last_turn())
            .filter(|t| t.broadcast == Some(broadcast) && !pane.muted)
            .map(|t| t.id);
        if turn.is_some() {
            model.panes[i].editing = turn;
        }
    }
}

/// Stops the focused pane's answer; with none, gives up editing.
pub(super) fn cancel_focused(model: &mut Model) -> Vec<Effect> {
    let effects = cancel_pane(model, model.focused);
    if !effects.is_empty() {
        return effects;
    }
    if model.is_editing() {
        let mut effects = composer::give_up_editing(model);
        model.notify_of("editing", "the prompt stays as it was");
        let before = model.stash.take().unwrap_or_default();
        model.composer.set_draft(before);
        effects.push(draft(model));
        return effects;
    }
    if model.live().next().is_some() {
        let sentence = format!(
            "{} is not streaming; {} stops every answer",
            model.pane().letter,
            model.key_name(Action::CancelAll),
        );
        model.notify_while_streaming(&sentence);
    }
    Vec::new()
}

/// Stops what streams in a pane.
pub(super) fn cancel_pane(model: &mut Model, pane: usize) -> Vec<Effect> {
    let live = model
        .panes
        .get(pane)
        .map(|p| model.live_of(p.conversation))
        .unwrap_or_default();
    cancel(model, &live)
}

/// Stops every answer.
pub(super) fn cancel_all(model: &mut Model) -> Vec<Effect> {
    let live: Vec<_> = model.running.iter().map(|&(_, answer)| answer).collect();
    cancel(model, &live)
}

/// Takes the events of an answer; those of one that is over are dropped.
pub(super) fn stream(model: &mut Model, id: AnswerId, events: Vec<StreamEvent>) -> Vec<Effect> {
    let now = model.now.mono;
    let mut quota = None;
    let Some(answer) = model.running_mut(id) else {
        return Vec::new();
    };
    let only_thought = answer.content.is_empty() && !answer.reasoning.is_empty();
    for event in events {
        match event {
            StreamEvent::Quota(view) => {
                let asked = answer.asked();
                quota = Some((Variant::new(asked.profile, asked.model), *view));
            }
            event => {
                answer.apply(event, now);
            }
        }
    }
    let answers_now = only_thought && !answer.content.is_empty();
    let ended = answer.end().map(|e| e.state.clone());
    if let Some((variant, view)) = quota {
        model.quotas.hear(&variant, view, now);
    }
    if answers_now {
        transcript::keep_open(model, id);
    }
    if ended.is_some() {
        ended_now(model, id);
        alerts::ended(model, id);
    }
    let Some(state) = ended else {
        return Vec::new();
    };
    let mut effects = queue::ended(model, id, &state);
    if let EndState::Failed(failure) = &state {
        effects.extend(give_prompt_back(model, id, failure.kind));
    }
    effects
}

/// An answer is over: it runs no more, and what was said of those that run is no longer true.
fn ended_now(model: &mut Model, id: AnswerId) {
    model.warmed = model.now.mono;
    model.running.retain(|&(_, answer)| answer != id);
    model.tally(id);
    model.notices.retain(|n| !n.while_streaming);
}

/// The prompts are on disk: the requests go out.
pub(super) fn send_saved(model: &mut Model, answers: &[AnswerId]) -> Vec<Effect> {
    answers.iter().filter_map(|&id| ask(model, id)).collect()
}

/// The prompts are not on disk: the person is told, and the requests go out all the same, unless nothing may be unsaved.
pub(super) fn send_unsaved(model: &mut Model, answers: &[AnswerId], reason: String) -> Vec<Effect> {
    model.unsaved = Some(reason);
    session::stop_unsaved(model).unwrap_or_else(|| send_saved(model, answers))
}

/// Another session is about to take the place of this one: what was asked now would be lost from sight.
pub(super) fn is_opening(model: &mut Model) -> bool {
    let opening = model.opening.is_some();
    if opening {
        model.notify(Tone::Info, "the other session is still being opened");
    }
    opening
}

/// Which of these panes has not ended and what to do about it; nothing when all have.
fn still_running(model: &Model, panes: &[usize]) -> Option<String> {
    let is_running = |i: &&usize| {
        let pane = model.panes.get(**i);
        pane.is_some_and(|p| !model.live_of(p.conversation).is_empty())
    };
    let running: Vec<usize> = panes.iter().filter(is_running).copied().collect();
    let (one, all) = (Action::Cancel, Action::CancelAll);
    match running.as_slice() {
        [] => None,
        [_] if model.panes.len() == 1 => Some(format!(
            "the answer is still running: {} stops it",
            model.key_name(one)
        )),
        [pane] => {
            let stop = if *pane == model.focused { one } else { all };
            let letter = model.panes[*pane].letter;
            Some(format!(
                "{letter} is still busy: {} stops it",
                model.key_name(stop)
            ))
        }
        several => Some(format!(
            "{} panes are still busy: {} stops them all",
            several.len(),
            model.key_name(all)
        )),
    }
}

/// Adds a turn with a waiting answer to a pane's conversation; its id is the answer's.
fn add_turn(model: &mut Model, pane: usize, asked: &Asked, entries: &mut Vec<Entry>) -> AnswerId {
    let (at, id) = (
        model.now.wall,
        TurnId::from_uuid(model.ids.next(model.now.wall)),
    );
    let conversation = model.panes[pane].conversation;
    let editing = model.panes[pane].editing.take();
    model.panes[pane].go(Scroll::Follow);
    let parent = model.conversation(conversation).and_then(|c| {
        match editing.and_then(|turn| c.turn(turn)) {
            Some(edited) => edited.parent,
            None => c.last_answer().map(|a| a.id),
        }
    });
    if !model.kept.contains(&conversation) {
        model.kept.push(conversation);
        entries.push(Entry::Conversation {
            id: conversation,
            forked_from: None,
        });
    }
    entries.push(Entry::Turn {
        id,
        conversation,
        parent,
        broadcast: asked.broadcast,
        text: asked.text.clone(),
        attachments: asked.attachments.clone(),
        at,
    });
    if let Some(conversation) = model.conversation_mut(conversation) {
        conversation.add_turn(Turn {
            id,
            parent,
            broadcast: asked.broadcast,
            text: asked.text.clone(),
            attachments: asked.attachments.clone(),
            brief: asked.brief.clone(),
            at,
            answers: Vec::new(),
            shown: 0,
        });
    }
    add_answer(model, pane, id, entries)
}

/// Adds a waiting answer to a turn of a pane's conversation.
fn add_answer(model: &mut Model, pane: usize, turn: TurnId, entries: &mut Vec<Entry>) -> AnswerId {
    let id = AnswerId::from_uuid(model.ids.next(model.now.wall));
    let now = model.now.mono;
    let variant = model.asked_variant(&model.panes[pane].variant).into_owned();
    let mock = model.is_mock(&variant);
    let budget = model.budget(&variant);
    let conversation = model.panes[pane].conversation;
    let samples = model
        .conversation(conversation)
        .and_then(|c| c.turn(turn))
        .map_or(0, |t| t.answers.len());
    let sample = u32::try_from(samples + 1).unwrap_or(u32::MAX);
    entries.push(Entry::Answer {
        id,
        turn,
        variant: variant.clone(),
        mock,
        sample,
    });
    let mut answer = Answer::new(id, variant, mock, sample, now);
    answer.budget = budget;
    answer
        .timeline
        .assume(model.tallies.density(&answer.asked()));
    if let Some(conversation) = model.conversation_mut(conversation) {
        conversation.add_answer(turn, answer);
    }
    model.running.push((conversation, id));
    id
}

fn ask(model: &mut Model, id: AnswerId) -> Option<Effect> {
    let (conversation, turn, answer) = model.conversations.iter().find_map(|c| {
        let turn = c
            .turns()
            .iter()
            .rev()
            .find(|t| t.answers.iter().any(|a| a.id == id))?;
        Some((c, turn, c.answer(id)?))
    })?;
    // Stopped while its prompt was being written: nothing goes out.
    if !matches!(answer.progress, Progress::Waiting(Phase::Saving)) {
        return None;
    }
    let mut variant = answer.variant.clone();
    let system = answer.variant.system.as_deref();
    let messages = match answer.parts.last() {
        Some(part) => conversation.messages_after(system, turn.id, answer, part.prefix),
        None => conversation.messages(system, turn.id),
    };
    if let Some(fell) = &answer.fell_back {
        (variant.profile, variant.model) = (fell.profile.clone(), fell.model.clone());
    }
    let ask = Ask {
        answer: id,
        messages,
        max_completion_tokens: model.max_completion_tokens(&answer.variant),
        stream: model
            .profile(&answer.variant.profile)
            .is_none_or(|p| p.streams),
        reasoning: model
            .model_info(&answer.variant)
            .is_some_and(|m| m.reasoning == Some(true)),
        when_full: model.when_full(&answer.variant.profile),
        budget: answer.budget,
        parts: answer.parts.len(),
        variant,
        try_now: was_down(turn, id),
    };
    let now = model.now.mono;
    // The request's own word comes later; until then it must not look as if none had been sent.
    if let Some(answer) = model.running_mut(id) {
        answer.apply(StreamEvent::Sent { number: 1 }, now);
    }
    Some(Effect::Send(ask))
}

/// True where a turn is asked again whose answer was not sent because the provider counts as down: the person knows.
fn was_down(turn: &Turn, id: AnswerId) -> bool {
    let before = turn.answers.iter().rev().find(|a| a.id != id);
    let failure = before.and_then(|a| a.end()?.state.failure());
    failure.is_some_and(|f| f.kind == FailureKind::Down)
}

fn cancel(model: &mut Model, answers: &[AnswerId]) -> Vec<Effect> {
    let now = model.now.mono;
    if !answers.is_empty() {
        queue::stopped(model);
    }
    let mut effects = Vec::new();
    for &id in answers {
        let Some(answer) = model.running_mut(id) else {
            continue;
        };
        if matches!(answer.progress, Progress::Waiting(Phase::Saving)) {
            // No request exists yet, so nobody else would write this end.
            let end = Box::new(End::bare(EndState::Stopped));
            effects.push(Effect::Keep(vec![Entry::End {
                answer: id,
                end: end.clone(),
            }]));
            answer.apply(StreamEvent::End(end), now);
            ended_now(model, id);
        } else {
            effects.push(Effect::Cancel(id));
        }
    }
    effects
}

/// A prompt that the provider refused comes back into an empty composer, to be changed and sent again; one of a
/// broadcast does not, since other panes may have answered it.
fn give_prompt_back(model: &mut Model, answer: AnswerId, kind: FailureKind) -> Vec<Effect> {
    let is_refused = matches!(
        kind,
        FailureKind::Request | FailureKind::Setup | FailureKind::TooLong | FailureKind::Payment
    );
    // What is written in an editor takes the place of what stands here when it comes back.
    if !is_refused || !model.composer.has_nothing() || model.outside.is_some() {
        return Vec::new();
    }
    let found = model.conversations.iter().find_map(|c| {
        let turn = c
            .turns()
            .iter()
            .rev()
            .find(|t| t.answers.iter().any(|a| a.id == answer))?;
        let asked = || Draft::of(&turn.text, &turn.attachments);
        (turn.broadcast.is_none()).then(|| (c.id, turn.id, asked()))
    });
    let Some((conversation, turn, asked)) = found else {
        return Vec::new();
    };
    model.stop_editing();
    for pane in &mut model.panes {
        if pane.conversation == conversation {
            pane.editing = Some(turn);
        }
    }
    model.composer.set_draft(asked);
    vec![draft(model)]
}

impl Model {
    /// Gives the session its title when the first prompt is sent.
    pub(super) fn title_from(&mut self, prompt: &str) -> Option<Entry> {
        if !self.title.is_empty() {
            return None;
        }
        // As it is written: the store knows the keys, too.
        self.title = Session::title_from(&hide_known(prompt, &self.known_keys));
        Some(Entry::Title(self.title.clone()))
    }
}
