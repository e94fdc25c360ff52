//! Everything that can happen to the program. `update` takes these one at a time.
//!
//! `Message` is always the chat one; the program's own input is `Msg`.

use std::{borrow::Cow, time::Duration};

use ratatui::layout::Position;

use super::{Connected, Deed, FrameMap, KeyPlaces, Reloaded};
use crate::{
    chat::{
        AnswerId, Catalogue, Draft, Exchange, Failure, Preview, Session, SessionId, StreamEvent,
        Timestamp,
    },
    config::{Background, DeckFile, Key, Saved},
    metrics::Frames,
    text::KeyPrint,
};

/// The time of a batch of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Wall time, for people and ids.
    pub wall: Timestamp,
    /// Time since the program started, for everything that is measured.
    pub mono: Duration,
}

/// What a terminal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key went down or repeats.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The screen has a new size; the next frame adapts.
    Resize,
    /// The mouse did something, while it is ours.
    Mouse(Pointer, Position),
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// Its left button went down.
    Click,
    /// Its wheel turned away from the person.
    WheelUp,
    /// Its wheel turned towards the person.
    WheelDown,
}

/// A session as the picker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEntry {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// When it was last written.
    pub updated: Timestamp,
    /// What is odd about it; mostly nothing.
    pub note: String,
}

/// What came of something that ends in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It worked; the sentence says how.
    Done(String),
    /// It did not; the sentence says why and what to do.
    Failed(String),
    /// Something in the settings was passed over; the sentence holds until they are read again.
    Odd(String),
}

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal is gone.
    Hangup,
    /// Somebody wants it ended.
    Terminate,
    /// Ctrl-C from outside the terminal.
    Interrupt,
    /// Ctrl-\ from outside the terminal.
    Quit,
}

/// Everything that can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The time has changed; comes before every batch.
    Clock(Now),
    /// The terminal says something.
    Terminal(Input),
    /// The view drew another picture than before.
    Frame(Box<FrameMap>),
    /// What frames cost and how far they lag. Comes after a frame and asks for none: the next one shows it.
    Measured(Frames),
    /// Events of one answer, oldest first.
    Stream {
        /// Whose.
        answer: AnswerId,
        /// What happened to it.
        events: Vec<StreamEvent>,
    },
    /// The prompt of these answers is on disk.
    Saved {
        /// The answers that waited for it.
        answers: Vec<AnswerId>,
    },
    /// The prompt of these answers could not be written.
    SaveFailed {
        /// The answers that waited for it.
        answers: Vec<AnswerId>,
        /// Why.
        reason: String,
    },
    /// Nothing can be saved in this run, and why.
    NoStore(String),
    /// The session is whole in another place, or why it is not.
    SavedElsewhere(Result<(), String>),
    /// The transcript cannot be written (the reason), or can be again.
    StoreTrouble(Option<String>),
    /// The models of a profile.
    Catalogue {
        /// The profile.
        profile: String,
        /// Its models.
        result: Result<Catalogue, Failure>,
    },
    /// Where the key of a profile can come from.
    KeyPlaces {
        /// The profile.
        profile: String,
        /// The places.
        places: KeyPlaces,
    },
    /// A key that was typed was tried.
    KeyTried {
        /// The overlay that it was typed in.
        number: u64,
        /// The profile it was for.
        profile: String,
        /// What it opens, or why nothing.
        result: Result<Connected, Failure>,
    },
    /// What tells the keys that are in use; comes again when there are more.
    KnownKeys(Vec<KeyPrint>),
    /// The sessions on disk, newest first.
    Sessions(Result<Vec<SessionEntry>, String>),
    /// A session was opened and is written to from now on.
    Opened {
        /// The session.
        session: Box<Session>,
        /// The draft it was left with.
        draft: Draft,
        /// What could not be read, in sentences.
        complaints: Vec<String>,
    },
    /// A glance into a session.
    Preview {
        /// The session.
        id: SessionId,
        /// What was seen, or why nothing was.
        result: Result<Preview, String>,
    },
    /// Something was done to a session that is not open.
    Shelf {
        /// The session.
        id: SessionId,
        /// What.
        deed: Deed,
        /// Or why it was not.
        result: Result<(), String>,
    },
    /// The decks there are.
    Decks(Vec<DeckFile>),
    /// A deck was written, or not.
    DeckSaved {
        /// Its name.
        name: String,
        /// What came of it, or why it failed.
        result: Result<Saved, String>,
    },
    /// A session could not be opened; the one on screen goes on.
    OpenFailed(String),
    /// What went over the wire for an answer so far; nothing where that is not kept.
    Exchange {
        /// The answer.
        answer: AnswerId,
        /// All that is kept.
        exchange: Option<Box<Exchange>>,
    },
    /// A copy or an export ended.
    Done(Outcome),
    /// No program of the desktop took a copy.
    NoHelper {
        /// What is copied.
        what: Cow<'static, str>,
        /// The text.
        text: String,
    },
    /// A file was written, or was not; the sentence says which and why.
    FileSaved(Result<String, String>),
    /// The editor is closed: the text as it is now, or why it stays as it was.
    Edited(Result<String, String>),
    /// The terminal told its background.
    Background(Background),
    /// Work that the screen waits for was done off the drawing thread; the next frame takes it.
    WorkDone,
    /// The process runs again after it was stopped.
    Resumed,
    /// Something on screen changes with time.
    Tick,
    /// The process was asked to end.
    Signal(Signal),
    /// Somebody outside wants the settings read again.
    Reload,
    /// The settings were read again, or why those from before hold.
    Reloaded(Result<Box<Reloaded>, String>),
}

impl Msg {
    /// True when it changes nothing but streamed text and the time.
    pub fn is_text(&self) -> bool {
        match self {
            Self::Clock(_) | Self::Tick => true,
            Self::Stream { events, .. } => {
                events.iter().all(|e| matches!(e, StreamEvent::Delta(_)))
            }
            _ => false,
        }
    }
}
