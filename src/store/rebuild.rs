//! Makes a session of its records; `snapshot` goes the other way.
//!
//! What lost its context (the record of its turn was damaged, say) is put where it most likely stood, never dropped.

use std::{
    collections::{HashMap, HashSet, hash_map},
    path::Path,
    time::Duration,
};

use super::{
    copy::COPY_OF,
    reader::{Complaints, Content, Damage, Found},
    record::Record,
    title::title_from,
};
use crate::{
    chat::{
        Answer, AnswerId, Conversation, ConversationId, End, EndState, Failure, FailureKind,
        Layout, Progress, Session, SessionId, StreamEvent, Timestamp, Turn, TurnId, Variant, brief,
    },
    metrics::{Arrival, Channel},
};

/// What changed the tree of a conversation, to be done again in the same order once all texts are there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Turn(TurnId),
    Answer(TurnId, AnswerId),
    /// An answer whose record was lost.
    Stray(AnswerId),
    Shown(TurnId, Option<AnswerId>),
}

/// Collects the records of a session.
#[derive(Debug)]
pub(super) struct Builder {
    id: SessionId,
    /// It began as a copy of another one.
    is_copy: bool,
    created: Option<Timestamp>,
    title: Option<String>,
    layout: Layout,
    conversations: Vec<Conversation>,
    steps: Vec<Step>,
    /// The turns and their conversations.
    turns: HashMap<TurnId, (ConversationId, Turn)>,
    answers: HashMap<AnswerId, Answer>,
    asides: Vec<(Timestamp, Record)>,
}

impl Builder {
    pub(super) fn new(id: SessionId) -> Self {
        Self {
            id,
            is_copy: false,
            created: None,
            title: None,
            layout: Layout::default(),
            conversations: Vec::new(),
            steps: Vec::new(),
            turns: HashMap::new(),
            answers: HashMap::new(),
            asides: Vec::new(),
        }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, path: &Path, found: Found, complaints: &mut Complaints) {
        let Content::Known(record) = found.content else {
            return;
        };
        self.created.get_or_insert(found.at);
        let mut repeated = || complaints.add(path, found.line, 1, Damage::Repeated);
        match record {
            Record::Session {
                created, origin, ..
            } => {
                self.created = Some(created);
                self.is_copy |= origin.starts_with(COPY_OF);
            }
            Record::Layout(layout) => self.layout = layout,
            Record::Title(title) => self.title = Some(title),
            Record::Conversation { id, forked_from } => {
                let place = conversation(&mut self.conversations, id);
                if let Some(conversation) = self.conversations.get_mut(place) {
                    conversation.forked_from = forked_from;
                }
            }
            Record::Turn {
                id,
                conversation,
                parent,
                broadcast,
                text,
                attachments,
                at,
            } => {
                if let hash_map::Entry::Vacant(place) = self.turns.entry(id) {
                    let mut turn = stand_in(id, parent, at);
                    turn.broadcast = broadcast;
                    turn.brief = brief(&text, &attachments);
                    turn.text = text;
                    turn.attachments = attachments;
                    place.insert((conversation, turn));
                    self.steps.push(Step::Turn(id));
                } else {
                    repeated();
                }
            }
            Record::Shown { turn, answer } => self.steps.push(Step::Shown(turn, answer)),
            Record::Answer {
                id,
                turn,
                variant,
                mock,
                sample,
            } => match self.answers.entry(id) {
                hash_map::Entry::Vacant(place) => {
                    place.insert(Answer::new(id, variant, mock, sample, Duration::ZERO));
                    self.steps.push(Step::Answer(turn, id));
                }
                hash_map::Entry::Occupied(_) => repeated(),
            },
            Record::Fallback { answer, fell, .. } => {
                let fell = StreamEvent::FellBack(Box::new(fell));
                self.answer(answer).apply(fell, Duration::ZERO);
            }
            Record::Continued {
                answer,
                part,
                prefix,
            } => {
                let answer = self.answer(answer);
                if usize::try_from(part).is_ok_and(|part| part <= answer.parts.len()) {
                    repeated();
                } else {
                    // The program may have been killed before it could write how the part ended.
                    interrupt(answer, false);
                    answer.resume(prefix, Duration::ZERO);
                }
            }
            Record::Attempt { answer, attempt } => self.answer(answer).attempts.push(attempt),
            Record::Delta {
                answer,
                channel,
                text,
                arrivals,
            } => extend(self.answer(answer), channel, &text, &arrivals),
            Record::End { answer, end } => {
                self.answer(answer)
                    .apply(StreamEvent::End(end), Duration::ZERO);
            }
            aside @ (Record::Tag { .. } | Record::Vote { .. } | Record::Note { .. }) => {
                self.asides.push((found.at, aside));
            }
        }
    }

    fn answer(&mut self, id: AnswerId) -> &mut Answer {
        self.answers.entry(id).or_insert_with(|| {
            self.steps.push(Step::Stray(id));
            Answer::new(id, Variant::new("", "unknown"), false, 1, Duration::ZERO)
        })
    }

    /// The session, and the tags, votes and notes that it has no place for. Answers without an end are live if someone
    /// writes the file still, and were interrupted otherwise.
    pub(super) fn finish(
        mut self,
        is_live: bool,
        path: &Path,
        complaints: &mut Complaints,
    ) -> (Session, Vec<(Timestamp, Record)>) {
        if !is_live {
            let is_copy = self.is_copy;
            self.answers
                .values_mut()
                .for_each(|answer| interrupt(answer, is_copy));
        }
        // A prompt of blanks names nothing.
        let mut prompts = self.steps.iter().filter_map(|step| match step {
            Step::Turn(id) => self.turns.get(id).map(|(_, turn)| title_from(&turn.text)),
            _ => None,
        });
        let first_prompt = prompts.find(|title| !title.is_empty());
        drop(prompts);
        let mut replay = Replay::new(&self.steps, self.conversations, self.turns, self.answers);
        for step in self.steps {
            if let Some(made) = replay.step(step) {
                complaints.add(path, 0, 1, Damage::Orphan(made));
            }
        }
        let mut conversations = replay.conversations;
        for pane in &self.layout.panes {
            conversation(&mut conversations, pane.conversation);
        }
        let session = Session {
            id: self.id,
            created: self.created.unwrap_or_default(),
            title: self.title.or(first_prompt).unwrap_or_default(),
            conversations,
            layout: self.layout,
        };
        (session, self.asides)
    }
}

/// Grows the trees again, step by step.
#[derive(Debug)]
struct Replay {
    conversations: Vec<Conversation>,
    /// The turns that are not placed yet, with their conversations.
    turns: HashMap<TurnId, (ConversationId, Turn)>,
    answers: HashMap<AnswerId, Answer>,
    /// The conversation of each turn so far.
    homes: HashMap<TurnId, usize>,
    /// The conversation of each answer so far.
    placed: HashMap<AnswerId, usize>,
    /// Turns that an answer names, now or later.
    answered: HashSet<TurnId>,
    /// Turns so far that no answer names.
    unanswered: Vec<TurnId>,
    /// The conversation of the turns that follow an answer, now or later.
    followed: HashMap<AnswerId, ConversationId>,
}

impl Replay {
    fn new(
        steps: &[Step],
        conversations: Vec<Conversation>,
        turns: HashMap<TurnId, (ConversationId, Turn)>,
        answers: HashMap<AnswerId, Answer>,
    ) -> Self {
        let followed = steps.iter().filter_map(|step| match step {
            Step::Turn(id) => {
                let (conversation, turn) = turns.get(id)?;
                Some((turn.parent?, *conversation))
            }
            _ => None,
        });
        let answered = steps.iter().filter_map(|step| match step {
            Step::Answer(turn, _) => Some(*turn),
            _ => None,
        });
        Self {
            followed: followed.collect(),
            answered: answered.collect(),
            conversations,
            turns,
            answers,
            homes: HashMap::new(),
            placed: HashMap::new(),
            unanswered: Vec::new(),
        }
    }

    /// Does one step; tells what was made of it where its context is missing.
    fn step(&mut self, step: Step) -> Option<&'static str> {
        match step {
            Step::Turn(id) => self.turn(id),
            Step::Answer(turn, answer) => {
                let made = self.stand_in(turn, answer);
                self.place(turn, answer);
                made
            }
            Step::Stray(answer) => {
                let turn = self.unanswered.pop().or_else(|| recast(answer))?;
                let made = self.stand_in(turn, answer);
                self.place(turn, answer);
                made.or(Some("an answer is shown below the last turn without one"))
            }
            Step::Shown(turn, answer) => {
                self.show(turn, answer);
                None
            }
        }
    }

    /// Places a turn, unless an answer to it did so.
    fn turn(&mut self, id: TurnId) -> Option<&'static str> {
        let (id, mut turn) = self.turns.remove(&id)?;
        let home = conversation(&mut self.conversations, id);
        let conversation = self.conversations.get_mut(home)?;
        self.homes.insert(turn.id, home);
        if !self.answered.contains(&turn.id) {
            self.unanswered.push(turn.id);
        }
        // A parent stands before its child in the same conversation: that keeps the tree a tree.
        let is_lost = turn
            .parent
            .is_some_and(|p| self.placed.get(&p) != Some(&home));
        if is_lost {
            turn.parent = conversation.last_answer().map(|a| a.id);
        }
        conversation.add_turn(turn);
        is_lost.then_some("a turn is shown below the last answer")
    }

    /// Makes a turn without text where the record of an answer's turn was lost; where it only comes later, that.
    fn stand_in(&mut self, turn: TurnId, answer: AnswerId) -> Option<&'static str> {
        if self.homes.contains_key(&turn) {
            return None;
        }
        if self.turns.contains_key(&turn) {
            return self.turn(turn);
        }
        let id = self
            .followed
            .get(&answer)
            .copied()
            .or_else(|| recast(turn))?;
        let home = conversation(&mut self.conversations, id);
        let conversation = self.conversations.get_mut(home)?;
        let parent = conversation.last_answer().map(|a| a.id);
        conversation.add_turn(stand_in(turn, parent, Timestamp::default()));
        self.homes.insert(turn, home);
        Some("its prompt is lost")
    }

    fn place(&mut self, turn: TurnId, id: AnswerId) {
        let Some(&home) = self.homes.get(&turn) else {
            return;
        };
        if let Some(conversation) = self.conversations.get_mut(home)
            && let Some(answer) = self.answers.remove(&id)
        {
            conversation.add_answer(turn, answer);
            self.placed.insert(id, home);
        }
    }

    fn show(&mut self, id: TurnId, answer: Option<AnswerId>) {
        let home = self.homes.get(&id);
        let Some(conversation) = home.and_then(|&home| self.conversations.get_mut(home)) else {
            return;
        };
        let place = conversation
            .turn(id)
            .and_then(|turn| turn.answers.iter().position(|a| Some(a.id) == answer));
        match place {
            Some(place) => conversation.show_version(id, place),
            None => conversation.show(id),
        };
    }
}

/// The place of a conversation among the others, made at their end where it is missing.
fn conversation(conversations: &mut Vec<Conversation>, id: ConversationId) -> usize {
    let place = conversations.iter().position(|c| c.id == id);
    place.unwrap_or_else(|| {
        conversations.push(Conversation::new(id));
        conversations.len() - 1
    })
}

fn stand_in(id: TurnId, parent: Option<AnswerId>, at: Timestamp) -> Turn {
    Turn {
        id,
        parent,
        broadcast: None,
        text: String::new(),
        attachments: Vec::new(),
        brief: None,
        at,
        answers: Vec::new(),
        shown: 0,
    }
}

/// An id of another kind from the same bytes, for a thing whose own id is lost.
fn recast<T: std::str::FromStr>(id: impl std::fmt::Display) -> Option<T> {
    id.to_string().parse().ok()
}

fn extend(answer: &mut Answer, channel: Channel, text: &str, arrivals: &[(u64, u32)]) {
    // Text after an end: the record that says that it goes on was lost.
    answer.resume(false, Duration::ZERO);
    match channel {
        Channel::Content => answer.content.push_str(text),
        Channel::Reasoning => answer.reasoning.push_str(text),
    }
    for &(micros, bytes) in arrivals {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let at = Duration::from_micros(micros);
        answer.timeline.push(Arrival::new(channel, bytes, at));
    }
    answer.progress = Progress::Streaming;
}

/// Ends an answer that an earlier run did not see to its end.
fn interrupt(answer: &mut Answer, is_copy: bool) {
    let why = if is_copy {
        "it was still streaming when this copy was made, or the program ended before it did"
    } else {
        "the program ended before the answer did"
    };
    let failure = Failure::new(FailureKind::Interrupted, why, "what had come is kept");
    let state = if answer.has_text() {
        EndState::CutShort(failure)
    } else {
        EndState::Failed(failure)
    };
    let mut end = End::bare(state);
    end.e2e = answer.timeline.last().map(Arrival::at).unwrap_or_default();
    end.waited = end.e2e;
    // Of an answer that ended this changes nothing.
    answer.apply(StreamEvent::End(Box::new(end)), Duration::ZERO);
}
