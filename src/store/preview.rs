//! A glance into a session: its beginning and its end are read, whatever lies between is not.
//!
//! What cannot be read is passed over; complaints are `reader`'s.

use std::{
    collections::HashSet,
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::{
    listing::SessionHead,
    reader::{self, Lines},
    record::Record,
};
use crate::{
    chat::{AnswerId, BroadcastId, Preview},
    metrics::Channel,
    text,
};

/// Of a large session this much is read at its beginning: the arrangement and the first prompt.
const HEAD: u64 = 64 << 10;
/// And this much at its end: the last prompt and what an answer of a usual length takes.
const TAIL: u64 = 256 << 10;
/// Columns of a text that are kept, and bytes, since some characters take no column.
const COLUMNS: usize = 1_200;
const BYTES: usize = 4 * COLUMNS;

/// Looks into the files of a session.
pub(super) fn of(head: SessionHead, paths: &[PathBuf]) -> io::Result<Preview> {
    let mut glance = Glance::default();
    if let (Some(first), Some(last)) = (paths.first(), paths.last()) {
        if paths.len() == 1 && head.bytes <= HEAD + TAIL {
            glance.read(first, 0, u64::MAX)?;
        } else {
            glance.read(first, 0, HEAD)?;
            glance.skip();
            let size = fs::symlink_metadata(last)?.len();
            glance.read(last, size.saturating_sub(TAIL), TAIL)?;
        }
    }
    Ok(Preview {
        title: head.title,
        created: head.created,
        modified: head.modified,
        ..glance.preview
    })
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Glance {
    preview: Preview,
    broadcasts: HashSet<BroadcastId>,
    has_first: bool,
    /// The answer that is shown.
    answer: Option<AnswerId>,
}

impl Glance {
    fn read(&mut self, path: &Path, from: u64, most: u64) -> io::Result<()> {
        let mut file = reader::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut lines = Lines::with_capacity(64 << 10, file.take(most));
        while let Some(raw) = lines.next()? {
            if let Ok(line) = reader::decode(&raw)
                && let Some(record) = line.record
            {
                self.take(record);
            }
        }
        Ok(())
    }

    /// What follows does not follow what was seen.
    fn skip(&mut self) {
        self.preview.is_partial = true;
        self.preview.last_prompt.clear();
        self.preview.answer = String::from("…");
        self.answer = None;
    }

    fn take(&mut self, record: Record) {
        match record {
            Record::Layout(layout) => {
                let models = layout.panes.into_iter().map(|p| p.variant.model);
                self.preview.models = models.collect();
            }
            Record::Turn {
                broadcast, text, ..
            } if broadcast.is_none_or(|id| self.broadcasts.insert(id)) => self.prompt(&text),
            Record::Delta {
                answer,
                channel: Channel::Content,
                text,
                ..
            } => {
                let is_shown = *self.answer.get_or_insert(answer) == answer;
                if is_shown && self.preview.answer.len() < BYTES {
                    self.preview.answer.push_str(cut(&text));
                }
            }
            _ => {}
        }
    }

    fn prompt(&mut self, text: &str) {
        let text = cut(text);
        let preview = &mut self.preview;
        preview.prompts = preview.prompts.saturating_add(1);
        if !self.has_first {
            text.clone_into(&mut preview.first_prompt);
        }
        self.has_first = true;
        text.clone_into(&mut preview.last_prompt);
        preview.answer.clear();
        self.answer = None;
    }
}

fn cut(text: &str) -> &str {
    let bytes = text.get(..text.floor_char_boundary(BYTES));
    text::take_columns(bytes.unwrap_or_default(), COLUMNS).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Store,
        tests::world::{Dice, PATIENCE, World, answer_to, blank, end_of, prompt, session, text},
    };

    fn talk(store: &Store, world: &World, answers: &[&str]) -> crate::chat::SessionId {
        let sample = blank(1);
        let mut dice = Dice::new(2);
        let writer = store.writer(&sample, false, world.events()).unwrap();
        for (number, answer) in answers.iter().enumerate() {
            let (turn, ask) = prompt(&mut dice, &sample, &format!("prompt {number}"));
            writer.append(ask);
            let (id, record) = answer_to(&mut dice, turn);
            writer.append(record);
            writer.delta(id, &text(answer, 5));
            writer.append(end_of(id));
        }
        assert!(writer.close(PATIENCE));
        sample.id
    }

    #[test]
    fn a_small_session_is_seen_whole() {
        let world = World::new();
        let store = world.store();
        let id = talk(&store, &world, &["one", "two", "three"]);
        let preview = store.preview(id).unwrap();
        assert_eq!((preview.prompts, preview.is_partial), (3, false));
        assert_eq!(preview.first_prompt, "prompt 0");
        assert_eq!(preview.last_prompt, "prompt 2");
        assert_eq!(preview.answer, "three");
        assert_eq!(preview.title, "prompt 0");
    }

    #[test]
    fn a_broadcast_is_one_prompt_and_endless_marks_are_cut() {
        let world = World::new();
        let store = world.store();
        let sample = blank(1);
        let mut dice = Dice::new(2);
        let broadcast = crate::chat::BroadcastId::from_uuid(
            crate::chat::IdSource::new(3).next(crate::chat::Timestamp(1)),
        );
        let marks = format!("a{}", "\u{301}".repeat(50_000));
        let writer = store.writer(&sample, false, world.events()).unwrap();
        for words in ["alone", marks.as_str(), marks.as_str()] {
            let (_, mut ask) = prompt(&mut dice, &sample, words);
            if let Record::Turn { broadcast: id, .. } = &mut ask {
                *id = (words != "alone").then_some(broadcast);
            }
            writer.append(ask);
        }
        assert!(writer.close(PATIENCE));
        let preview = store.preview(sample.id).unwrap();
        assert_eq!(preview.prompts, 2);
        assert!(preview.last_prompt.starts_with("a\u{301}"));
        assert!(preview.last_prompt.len() <= BYTES);
    }

    #[test]
    fn of_a_large_session_both_ends_are_seen() {
        let world = World::new();
        let store = world.store();
        let long = "word ".repeat(100_000);
        let id = talk(&store, &world, &["one", &long, "the end"]);
        let preview = store.preview(id).unwrap();
        assert!(preview.is_partial);
        assert_eq!(preview.first_prompt, "prompt 0");
        assert_eq!(preview.last_prompt, "prompt 2");
        assert_eq!(preview.answer, "the end");
    }

    #[test]
    fn an_answer_whose_beginning_is_far_away_says_so() {
        let world = World::new();
        let store = world.store();
        let sample = blank(1);
        let mut dice = Dice::new(2);
        let writer = store.writer(&sample, false, world.events()).unwrap();
        let (turn, ask) = prompt(&mut dice, &sample, "tell all");
        writer.append(ask);
        let (id, record) = answer_to(&mut dice, turn);
        writer.append(record);
        for _ in 0..200 {
            writer.delta(id, &text(&"word ".repeat(1_000), 5));
        }
        assert!(writer.close(PATIENCE));
        let preview = store.preview(sample.id).unwrap();
        assert_eq!(preview.first_prompt, "tell all");
        assert_eq!(preview.last_prompt, "");
        assert!(preview.answer.starts_with("…word"), "{}", preview.answer);
        assert!(preview.answer.len() < 10_000);
    }

    #[test]
    fn panes_are_told_by_their_models_and_damage_is_passed_over() {
        let world = World::new();
        let sample = session(3, 6);
        world.saved(&sample);
        let models: Vec<_> = sample
            .layout
            .panes
            .iter()
            .map(|p| p.variant.model.clone())
            .collect();
        assert_eq!(world.store().preview(sample.id).unwrap().models, models);
        let path = world.path(sample.id, 1);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"v\":1,\"seq\":9\n\xff\xff");
        fs::write(&path, bytes).unwrap();
        assert_eq!(world.store().preview(sample.id).unwrap().models, models);
    }
}
