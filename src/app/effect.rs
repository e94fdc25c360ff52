//! What the program wants done in the world, as data. `runtime::effects` carries it out and answers with messages.
//!
//! Each effect names the message that answers it; one without a name is never answered.

use std::borrow::Cow;

use super::Keep;
use crate::{
    chat::{
        AnswerId, Attachment, BroadcastId, Budget, ConversationId, Deck, Draft, End, Layout,
        Message, Session, SessionId, Timestamp, TurnId, Variant, quota::WhenFull,
    },
    text::Secret,
};

/// Something to keep in the transcript, in the words of the product.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The title of the session.
    Title(String),
    /// The arrangement of the panes.
    Layout(Layout),
    /// A conversation began.
    Conversation {
        /// Its id.
        id: ConversationId,
        /// The one it was copied from.
        forked_from: Option<ConversationId>,
    },
    /// A person asked something.
    Turn {
        /// Its id.
        id: TurnId,
        /// The conversation it belongs to.
        conversation: ConversationId,
        /// The answer it follows.
        parent: Option<AnswerId>,
        /// The broadcast it is part of.
        broadcast: Option<BroadcastId>,
        /// What was asked, attachments included.
        text: String,
        /// What was attached.
        attachments: Vec<Attachment>,
        /// When.
        at: Timestamp,
    },
    /// An answer is about to be asked for.
    Answer {
        /// Its id.
        id: AnswerId,
        /// The turn it answers.
        turn: TurnId,
        /// What is asked with.
        variant: Variant,
        /// It comes from the mock.
        mock: bool,
        /// Counts the answers of a turn from 1.
        sample: u32,
    },
    /// The visible path runs through another answer.
    Shown {
        /// The turn.
        turn: TurnId,
        /// Its answer that is shown.
        answer: Option<AnswerId>,
    },
    /// An answer that was over goes on.
    Continued {
        /// The answer.
        answer: AnswerId,
        /// Counts the parts that stand before, from 1.
        part: u32,
        /// Its own text is sent as the beginning of the answer.
        prefix: bool,
    },
    /// An answer ended before there was a request that could have said so.
    End {
        /// Its id.
        answer: AnswerId,
        /// How it ended.
        end: Box<End>,
    },
}

/// A request to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The answer it is for.
    pub answer: AnswerId,
    /// What is asked with.
    pub variant: Variant,
    /// What is sent.
    pub messages: Vec<Message>,
    /// Tokens the answer may have, reasoning included.
    pub max_completion_tokens: u32,
    /// The answer comes as a stream.
    pub stream: bool,
    /// The model reasons, so that its reasoning is asked for apart.
    pub reasoning: bool,
    /// What happens if the quota has no room for it.
    pub when_full: WhenFull,
    /// How long the answer may take.
    pub budget: Option<Budget>,
    /// It is sent also where the provider counts as down.
    pub try_now: bool,
    /// Parts of the answer that there are: with any of them it goes on with the last text that is sent of the assistant.
    pub parts: usize,
}

/// What a copy or an export takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A transcript that a person reads.
    Markdown,
    /// Everything, for programs.
    Json,
}

/// What is done to a session that is not open, with its title, for the sentence that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It gets this title.
    Rename(String),
    /// It goes into the trash.
    Delete(String),
    /// It comes back from there.
    Restore(String),
}

/// A change of the key that is being typed, which only `runtime` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyEdit {
    /// More of it, at its end.
    Add(Secret),
    /// Its last character goes.
    Backspace,
    /// All of it goes.
    Clear,
}

/// Something to do in the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Append to the transcript.
    Keep(Vec<Entry>),
    /// Append and sync the prompt of these answers. Answered by `Msg::Saved` or `Msg::SaveFailed`.
    SavePrompt {
        /// What to append.
        entries: Vec<Entry>,
        /// The answers that wait for it.
        answers: Vec<AnswerId>,
    },
    /// Send a request. Answered by `Msg::Stream` until one event is an end.
    Send(Ask),
    /// Stop a request; its end comes as an event.
    Cancel(AnswerId),
    /// Look where the key of a profile can come from. Answered by `Msg::KeyPlaces`.
    KeyPlaces {
        /// The profile.
        profile: String,
    },
    /// Change the key that is being typed.
    TypeKey(KeyEdit),
    /// Try the key that was typed; one of the profile that is tried still is let go. Answered by `Msg::KeyTried`.
    TryKey {
        /// The overlay that it was typed in.
        number: u64,
        /// The profile it is for.
        profile: String,
        /// Where it is kept if it works.
        keep: Keep,
    },
    /// Open connections to these profiles, so that the next request does not wait for one.
    Warm(Vec<String>),
    /// Ask for a profile's models. Answered by `Msg::Catalogue`.
    FetchModels {
        /// The profile.
        profile: String,
    },
    /// Keep the draft; later drafts replace earlier ones.
    KeepDraft {
        /// The session it belongs to.
        session: SessionId,
        /// The draft; an empty one removes it.
        draft: Draft,
    },
    /// Keep a prompt in the history that all sessions share.
    KeepPrompt(String),
    /// List the sessions. Answered by `Msg::Sessions`.
    ListSessions,
    /// Open a session and write to it from now on. Answered by `Msg::Opened` or `Msg::OpenFailed`.
    OpenSession {
        /// The session.
        id: SessionId,
        /// If it is open elsewhere, a copy of it with this id is opened.
        copy: SessionId,
    },
    /// Look into a session. Answered by `Msg::Preview`.
    PreviewSession(SessionId),
    /// Do something to a session that is not open. Answered by `Msg::Shelf`.
    Shelf {
        /// The session.
        id: SessionId,
        /// What to do.
        deed: Deed,
    },
    /// List the decks. Answered by `Msg::Decks`.
    ListDecks,
    /// Write a deck. Answered by `Msg::DeckSaved`.
    SaveDeck {
        /// The deck.
        deck: Box<Deck>,
        /// One of the same name is replaced.
        replace: bool,
    },
    /// Write from now on to this session, which was opened.
    Follow(SessionId),
    /// Write to this new session from now on.
    NewSession {
        /// Its id.
        id: SessionId,
        /// When it began.
        created: Timestamp,
    },
    /// Write the session to a file in the working directory. Answered by `Msg::Done`.
    Export(ExportFormat),
    /// Put text on the clipboard. Answered by `Msg::Done`, or by `Msg::NoHelper` to ask the terminal for it.
    Copy {
        /// What is copied, for the notice ("answer", "selection (3 lines)").
        what: Cow<'static, str>,
        /// The text as it came; whoever copies it makes it safe.
        text: String,
    },
    /// The same without the programs of the desktop. Answered by `Msg::Done`.
    CopyByTerminal {
        /// What is copied.
        what: Cow<'static, str>,
        /// The text, already safe.
        text: String,
    },
    /// Put a session on the clipboard as it would be exported. Answered as `Copy` is.
    CopySession {
        /// What is copied.
        what: &'static str,
        /// What is left of the session for that.
        session: Box<Session>,
    },
    /// Write a new file. Answered by `Msg::FileSaved`.
    SaveFile {
        /// What is written, for the notice.
        what: &'static str,
        /// Its name as it was typed.
        name: String,
        /// What it shall hold.
        text: String,
    },
    /// Write the whole session below another data directory. Answered by `Msg::SavedElsewhere`.
    SaveElsewhere {
        /// The folder as it was typed.
        folder: String,
        /// All of it.
        session: Box<Session>,
        /// What is written and not sent.
        draft: Draft,
    },
    /// Let the person change this text in an editor of theirs, which has the terminal meanwhile. Answered by
    /// `Msg::Edited`.
    Edit(String),
    /// Take the mouse from the terminal, or give it back.
    Mouse(bool),
    /// Ask the terminal for its background. Answered by `Msg::Background`, unless the terminal has no answer.
    AskBackground,
    /// Write the theme's name into the person's settings. Answered by `Msg::Done`.
    KeepTheme(String),
    /// Look at what went over the wire for an answer so far. Answered by `Msg::Exchange`.
    Inspect(AnswerId),
    /// Read the settings again. Answered by `Msg::Reloaded`.
    Reload,
    /// Go by the settings that were read last, for everything that begins from now on.
    AdoptSettings,
    /// Stop the process until the shell continues it. Answered by `Msg::Resumed`.
    Suspend,
    /// Draw every cell anew.
    Redraw,
    /// Leave, after what is queued has been written.
    Quit,
}
