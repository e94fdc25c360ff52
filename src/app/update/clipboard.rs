//! Taking text out: answers, code blocks and conversations, to the clipboard or into a file.
//!
//! Which way a copy takes is `runtime`'s to find out and to say.

use super::{code, overlay};
use crate::{
    app::{Choice, Effect, Item, Line, Model, Overlay, Picker, PickerKind, Purpose, Tone},
    chat::{Session, Turn},
    markdown::{CodeBlock, file_name},
    text::SafeText,
};

/// Copies the last answer.
pub(super) fn copy_answer(model: &mut Model) -> Vec<Effect> {
    let answer = model.last_answer(model.pane());
    let Some(answer) = answer.filter(|answer| !answer.content.is_empty()) else {
        model.notify(Tone::Info, "there is no answer to copy yet");
        return Vec::new();
    };
    vec![Effect::Copy {
        what: "answer".into(),
        text: answer.content.clone(),
    }]
}

/// Copies a code block of the answer that is read; of several the person chooses one.
pub(super) fn copy_code(model: &mut Model) -> Vec<Effect> {
    match one_block(model, Choice::CopyCode) {
        Some(block) => copy_block(block),
        None => Vec::new(),
    }
}

/// Copies this code block.
pub(super) fn copy_block(block: CodeBlock) -> Vec<Effect> {
    vec![Effect::Copy {
        what: "code block".into(),
        text: block.code,
    }]
}

/// Copies the conversation of the focused pane.
pub(super) fn copy_pane(model: &mut Model) -> Vec<Effect> {
    let shown = model.focused_conversation().filter(|c| !c.is_empty());
    let Some(conversation) = shown.cloned() else {
        model.notify(Tone::Info, "there is no conversation to copy yet");
        return Vec::new();
    };
    let session = Session {
        conversations: vec![conversation],
        ..model.head()
    };
    vec![Effect::CopySession {
        what: "conversation",
        session: Box::new(session),
    }]
}

/// Writes a code block of the answer that is read to a file; of several the person chooses one.
pub(super) fn save_code(model: &mut Model) -> Vec<Effect> {
    match one_block(model, Choice::SaveCode) {
        Some(block) => ask_for_code(model, block),
        None => Vec::new(),
    }
}

/// Asks for the file that this code block is written to.
pub(super) fn ask_for_code(model: &mut Model, block: CodeBlock) -> Vec<Effect> {
    let name = file_name(&block.language);
    ask_for_file(model, "code block", block.code, &name)
}

/// Asks for the file that this text is written to.
pub(super) fn ask_for_file(
    model: &mut Model,
    what: &'static str,
    text: String,
    name: &str,
) -> Vec<Effect> {
    let line = Line::new(Purpose::SaveText { what, text }, name);
    model.overlays.push(Overlay::Line(line));
    Vec::new()
}

/// Writes this text to the file that was named. The line stays open until that has worked.
pub(super) fn save_as(
    model: &mut Model,
    what: &'static str,
    text: String,
    name: &str,
) -> Vec<Effect> {
    ask_for_file(model, what, text.clone(), name);
    let name = name.trim();
    if name.is_empty() {
        model.notify(Tone::Info, "type the name of a file");
        return Vec::new();
    }
    let last = if text.ends_with('\n') { "" } else { "\n" };
    vec![Effect::SaveFile {
        what,
        name: name.to_owned(),
        text: text + last,
    }]
}

/// Takes what became of a file.
pub(super) fn saved(model: &mut Model, result: Result<String, String>) -> Vec<Effect> {
    match result {
        Ok(sentence) => {
            let asks = |o: &Overlay| matches!(o, Overlay::Line(l) if matches!(l.purpose, Purpose::SaveText { .. }));
            model.overlays.pop_if(|top| asks(top));
            model.notify(Tone::Info, sentence);
        }
        Err(sentence) => model.notify(Tone::Error, sentence),
    }
    Vec::new()
}

/// The code block at the top of what is read; else the one of the answer that is read, and of several the person chooses
/// one in a picker, newest first.
fn one_block(model: &mut Model, choice: fn(CodeBlock) -> Choice) -> Option<CodeBlock> {
    if let Some(block) = code::here(model) {
        return Some(block);
    }
    let turn = read_turn(model);
    let is_cut = turn.is_some_and(code::is_too_long);
    let mut blocks = turn.map(code::blocks_of).unwrap_or_default();
    let sentence = match (blocks.is_empty(), is_cut) {
        (true, false) => Some("this answer has no code block"),
        (true, true) => Some(
            "the last 4 MiB of this answer have no code block; more of it is not looked through",
        ),
        (false, true) => {
            Some("this answer is very long: only its last 4 MiB were looked through for code")
        }
        (false, false) => None,
    };
    if let Some(sentence) = sentence {
        model.notify(Tone::Info, sentence);
    }
    if blocks.len() > 1 {
        let blocks = blocks.into_iter().rev();
        let items = blocks.map(|b| item(b.block, choice)).collect();
        overlay::push_picker(model, Picker::new(PickerKind::Code, items));
        return None;
    }
    blocks.pop().map(|b| b.block)
}

fn item(block: CodeBlock, choice: fn(CodeBlock) -> Choice) -> Item {
    let first = block.code.lines().find(|l| !l.trim().is_empty());
    Item {
        label: SafeText::line(first.unwrap_or_default()).into_string(),
        detail: block.language.to_string(),
        hint: lines_of(&block.code),
        choice: choice(block),
    }
}

/// How many lines a text has, in words.
pub(super) fn lines_of(text: &str) -> String {
    match text.lines().count() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}

/// The turn at the reader's place if it has an answer: the last one for who follows.
fn read_turn(model: &Model) -> Option<&Turn> {
    let conversation = model.focused_conversation()?;
    let top = model.top().filter(|_| !model.pane().scroll.is_following());
    let turn = top.and_then(|top| conversation.turn(top.turn));
    let turn = turn.filter(|turn| turn.shown_answer().is_some());
    turn.or_else(|| conversation.last_turn())
}
