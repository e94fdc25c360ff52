//! Makes a session of its records, and the records of a session.
//!
//! What lost its context (the record of its turn was damaged, say) is put where it most likely stood, never dropped.

use std::{
    collections::{HashMap, HashSet, hash_map},
    path::Path,
    time::Duration,
};

use super::{
    reader::{Complaints, Damage, Found},
    record::Record,
    title::title_from,
};
use crate::{
    chat::{
        Answer, AnswerId, Conversation, ConversationId, End, EndState, Failure, FailureKind,
        Layout, Progress, Session, SessionId, StreamEvent, Timestamp, Turn, TurnId, Variant,
    },
    metrics::{Arrival, Channel},
};

/// A delta record holds at most this much text, or the one delta that is longer.
pub(super) const DELTA_BYTES: usize = 4 << 10;

/// What changed the tree of a conversation, to be done again in the same order once all texts are there.
#[derive(Debug)]
enum Step {
    Turn(ConversationId, Turn),
    Answer(TurnId, AnswerId),
    /// An answer whose record was lost.
    Stray(AnswerId),
    Shown(TurnId, Option<AnswerId>),
}

/// Collects the records of a session.
#[derive(Debug)]
pub(super) struct Builder {
    id: SessionId,
    created: Option<Timestamp>,
    title: Option<String>,
    layout: Layout,
    conversations: Vec<Conversation>,
    steps: Vec<Step>,
    turns: HashSet<TurnId>,
    answers: HashMap<AnswerId, Answer>,
    asides: Vec<(Timestamp, Record)>,
}

impl Builder {
    pub(super) fn new(id: SessionId) -> Self {
        Self {
            id,
            created: None,
            title: None,
            layout: Layout::default(),
            conversations: Vec::new(),
            steps: Vec::new(),
            turns: HashSet::new(),
            answers: HashMap::new(),
            asides: Vec::new(),
        }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, path: &Path, found: Found, complaints: &mut Complaints) {
        self.created.get_or_insert(found.at);
        let mut repeated = || complaints.add(path, found.line, 1, Damage::Repeated);
        match found.record {
            Record::Session { created, .. } => self.created = Some(created),
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
                at,
                ..
            } => {
                if self.turns.insert(id) {
                    let mut turn = stand_in(id, parent, at);
                    turn.broadcast = broadcast;
                    turn.text = text;
                    self.steps.push(Step::Turn(conversation, turn));
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
            self.answers.values_mut().for_each(interrupt);
        }
        let first_prompt = self.steps.iter().find_map(|step| match step {
            Step::Turn(_, turn) => Some(title_from(&turn.text)),
            _ => None,
        });
        let mut replay = Replay::new(&self.steps, self.conversations, self.answers);
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
        answers: HashMap<AnswerId, Answer>,
    ) -> Self {
        let mut replay = Self {
            conversations,
            answers,
            homes: HashMap::new(),
            placed: HashMap::new(),
            answered: HashSet::new(),
            unanswered: Vec::new(),
            followed: HashMap::new(),
        };
        for step in steps {
            match step {
                Step::Turn(conversation, turn) => {
                    replay
                        .followed
                        .extend(turn.parent.map(|p| (p, *conversation)));
                }
                Step::Answer(turn, _) => {
                    replay.answered.insert(*turn);
                }
                Step::Stray(_) | Step::Shown(..) => {}
            }
        }
        replay
    }

    /// Does one step; tells what was made of it where its context is missing.
    fn step(&mut self, step: Step) -> Option<&'static str> {
        match step {
            Step::Turn(conversation, turn) => self.turn(conversation, turn),
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

    fn turn(&mut self, id: ConversationId, mut turn: Turn) -> Option<&'static str> {
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

    /// Makes a turn without text where the record of an answer's turn was lost.
    fn stand_in(&mut self, turn: TurnId, answer: AnswerId) -> Option<&'static str> {
        if self.homes.contains_key(&turn) {
            return None;
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
        let step = conversation.turn(id).and_then(|turn| {
            let place = turn.answers.iter().position(|a| Some(a.id) == answer)?;
            Some(place.cast_signed().wrapping_sub(turn.shown.cast_signed()))
        });
        match step {
            Some(step) => conversation.show_sibling(id, step),
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
    if !answer.is_live() {
        return;
    }
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
fn interrupt(answer: &mut Answer) {
    let failure = Failure::new(
        FailureKind::Interrupted,
        "the program ended before the answer did",
        "regenerate to ask again",
    );
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

/// A session as records: loading them gives the same session. `origin` is what its file says it came from.
pub(super) fn records_of(session: &Session, origin: &str) -> Vec<Record> {
    let mut records = vec![Record::session(session.id, session.created, origin)];
    if !session.title.is_empty() {
        records.push(Record::Title(session.title.clone()));
    }
    records.push(Record::Layout(session.layout.clone()));
    for conversation in &session.conversations {
        records.push(Record::Conversation {
            id: conversation.id,
            forked_from: conversation.forked_from,
        });
        for turn in conversation.turns() {
            turn_records(conversation.id, turn, &mut records);
        }
        // From the leaves up, since showing a turn shows all above it too; the visible path is the last word.
        let visible = conversation.last_turn().into_iter();
        let shown = conversation.turns().iter().rev().chain(visible);
        records.extend(shown.map(|turn| Record::Shown {
            turn: turn.id,
            answer: turn.shown_answer().map(|a| a.id),
        }));
    }
    records
}

fn turn_records(conversation: ConversationId, turn: &Turn, records: &mut Vec<Record>) {
    records.push(Record::Turn {
        id: turn.id,
        conversation,
        parent: turn.parent,
        broadcast: turn.broadcast,
        text: turn.text.clone(),
        attachments: Vec::new(),
        at: turn.at,
    });
    for answer in &turn.answers {
        records.push(Record::Answer {
            id: answer.id,
            turn: turn.id,
            variant: answer.variant.clone(),
            mock: answer.mock,
            sample: answer.sample,
        });
        records.extend(answer.attempts.iter().map(|attempt| Record::Attempt {
            answer: answer.id,
            attempt: attempt.clone(),
        }));
        delta_records(answer, records);
        records.extend(answer.end().map(|end| Record::End {
            answer: answer.id,
            end: Box::new(end.clone()),
        }));
    }
}

/// The texts of an answer in the order and the pieces of their arrival.
fn delta_records(answer: &Answer, records: &mut Vec<Record>) {
    let (mut content, mut reasoning) = (&*answer.content, &*answer.reasoning);
    let mut piece = Piece::new(answer.id, Channel::Content);
    for arrival in answer.timeline.arrivals() {
        let rest = match arrival.channel {
            Channel::Content => &mut content,
            Channel::Reasoning => &mut reasoning,
        };
        let bytes = usize::try_from(arrival.bytes).unwrap_or(usize::MAX);
        let Some((text, after)) = rest.split_at_checked(bytes) else {
            continue;
        };
        *rest = after;
        if piece.channel != arrival.channel || piece.text.len() >= DELTA_BYTES {
            let full = std::mem::replace(&mut piece, Piece::new(answer.id, arrival.channel));
            records.extend(full.into_record());
        }
        piece.push(text, arrival.micros());
    }
    records.extend(piece.into_record());
    let tails = [(Channel::Content, content), (Channel::Reasoning, reasoning)];
    // Text without arrivals, of an import or a timeline that does not fit: kept without times.
    records.extend(tails.into_iter().filter(|(_, text)| !text.is_empty()).map(
        |(channel, text)| Record::Delta {
            answer: answer.id,
            channel,
            text: text.to_owned(),
            arrivals: Vec::new(),
        },
    ));
}

/// Deltas of one channel of an answer on their way into one record.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) answer: AnswerId,
    pub(super) channel: Channel,
    pub(super) text: String,
    arrivals: Vec<(u64, u32)>,
}

impl Piece {
    pub(super) fn new(answer: AnswerId, channel: Channel) -> Self {
        Self {
            answer,
            channel,
            text: String::new(),
            arrivals: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, text: &str, micros: u64) {
        self.text.push_str(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.arrivals.push((micros, bytes));
    }

    /// The record, unless there is no text.
    pub(super) fn into_record(self) -> Option<Record> {
        (!self.text.is_empty()).then_some(Record::Delta {
            answer: self.answer,
            channel: self.channel,
            text: self.text,
            arrivals: self.arrivals,
        })
    }
}
