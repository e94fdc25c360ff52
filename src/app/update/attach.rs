//! Pastes that are too long to be typed text: they go along with the draft, under a name, until they are taken out.
//!
//! Bounded together, so that what waits in the queue and what a kill brings back fit as well.

use super::composer::draft;
use crate::{
    app::{Action, Effect, Focus, Model, Overlay, Tone},
    chat::{Attached, Draft},
    text::{self, SafeText, bytes},
};

/// What notices about attachments are about.
const TOPIC: &str = "attached";
/// What a paste is called.
const PASTED: &str = "pasted text";
/// Bytes that go along with what is not sent yet, all together.
const MOST: usize = 16 << 20;
/// Bytes that go to all panes in one go: each has its own copy, on screen, on disk and on its way.
const MOST_AT_ONCE: usize = 64 << 20;

/// Lets a paste go along with the draft.
pub(super) fn paste(model: &mut Model, pasted: &str) -> Vec<Effect> {
    let room = MOST.saturating_sub(held(model));
    // Made safe it is not shorter; what is far too long is not even looked at.
    let text = (pasted.len() <= room).then(|| {
        // Terminals send CR for the line breaks of a paste.
        SafeText::new(&pasted.replace("\r\n", "\n").replace('\r', "\n"))
    });
    let Some(text) = text.filter(|text| text.as_str().len() <= room) else {
        let most = bytes(MOST);
        let sentence = if room == MOST {
            format!(
                "that paste is over {most} and was not taken; the model may take a part of it at a time"
            )
        } else {
            format!(
                "that paste was not taken: with what is attached already it is over {most}; send that first, or {} removes it",
                model.key_name(Action::Detach)
            )
        };
        model.notify_about(TOPIC, Tone::Warning, sentence);
        return Vec::new();
    };
    model.focus = Focus::Composer;
    let attached = Attached::new(PASTED, text.as_str());
    let label = attached.label(model.composer.attached().len() + 1);
    model.composer.attach([attached]);
    let sentence = format!(
        "more than the composer takes ({}), so it is attached: {label}. {} sends it with your prompt, {} removes it",
        bytes(model.paste_bytes),
        model.key_name(Action::Send),
        model.key_name(Action::Detach),
    );
    model.notify_of(TOPIC, sentence);
    vec![draft(model)]
}

/// Takes the last of what goes along out of the draft.
pub(super) fn detach(model: &mut Model) -> Vec<Effect> {
    let Some(attached) = model.composer.detach() else {
        model.notify_of(TOPIC, "nothing is attached");
        return Vec::new();
    };
    let label = attached.label(model.composer.attached().len() + 1);
    model.notify_of(TOPIC, format!("removed: {label}"));
    vec![draft(model)]
}

/// The question to ask before the draft is sent, if it or what goes along holds a key.
pub(super) fn find_key(model: &Model) -> Option<Overlay> {
    let find = |text: &str| text::find_key(text, &model.known_keys);
    let own = find(&model.composer.text()).map(|found| (found, None));
    let mut attached = (1..).zip(model.composer.attached());
    let found = own.or_else(|| {
        attached.find_map(|(number, attached)| Some((find(attached.text())?, Some(number))))
    });
    found.map(|(found, attachment)| Overlay::ConfirmKey { found, attachment })
}

/// Why a draft cannot go to so many panes at once, where that is so.
pub(super) fn too_much(draft: &Draft, panes: usize) -> Option<String> {
    let all = draft.bytes().saturating_mul(panes);
    (all > MOST_AT_ONCE).then(|| {
        format!(
            "not sent: what is attached is over {} for {panes} panes together; mute some of them, and your draft is kept",
            bytes(MOST_AT_ONCE)
        )
    })
}

/// Bytes that go along with what is not sent yet.
fn held(model: &Model) -> usize {
    let waiting = model.queue.prompts.iter().map(|queued| &queued.draft);
    let waiting = waiting.chain(&model.stash).map(Draft::attached_bytes);
    let own = model.composer.attached().iter().map(|a| a.text().len());
    waiting.chain(own).sum()
}
