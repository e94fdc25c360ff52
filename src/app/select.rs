//! Selecting text by rows: where the line stands, and what is taken besides the row under it.
//!
//! The view finds the rows and says which bytes of which text they show; what is copied is cut from the source.

use crate::{
    chat::{ConversationId, ReadingPart, ReadingPosition, TurnId},
    markdown::CodeBlock,
};

use super::{Action, Input, Scroll};

/// What a key does while text is selected.
#[derive(Clone, Copy, Debug)]
pub struct SelectKeys {
    /// The actions of reading whose keys do it.
    pub actions: &'static [Action],
    /// The keys that do it besides.
    pub keys: &'static [&'static str],
    /// What it does, for help.
    pub does: &'static str,
    /// The same in a word, for the hints.
    pub hint: &'static str,
}

/// Every key of a selection: those first that end it, and the way to the others, since few fit into the hints.
pub const SELECT_KEYS: &[SelectKeys] = &[
    SelectKeys {
        actions: &[Action::CopyAnswer],
        keys: &["Enter"],
        does: "copy what is selected",
        hint: "copy",
    },
    SelectKeys {
        actions: &[Action::SaveCode],
        keys: &[],
        does: "save what is selected to a file",
        hint: "save",
    },
    SelectKeys {
        actions: &[],
        keys: &["Esc", "Ctrl-C"],
        does: "leave",
        hint: "leave",
    },
    SelectKeys {
        actions: &[Action::Select],
        keys: &["Space"],
        does: "select from this row on",
        hint: "from here",
    },
    SelectKeys {
        actions: &[Action::Help],
        keys: &[],
        does: "show this list",
        hint: "help",
    },
    SelectKeys {
        actions: &[],
        keys: &["b"],
        does: "take the block",
        hint: "block",
    },
    SelectKeys {
        actions: &[Action::CopyCode],
        keys: &[],
        does: "take the code without its fences",
        hint: "code",
    },
    SelectKeys {
        actions: &[],
        keys: &["a"],
        does: "take the answer",
        hint: "answer",
    },
    SelectKeys {
        actions: &[Action::ScrollDown, Action::ScrollUp],
        keys: &[],
        does: "move the line; so do the other keys of reading",
        hint: "move",
    },
];

impl SelectKeys {
    /// The keys, with those that `bound` says an action has; chords mean what they do elsewhere.
    pub fn labels(&self, bound: impl Fn(Action) -> Vec<String>) -> Vec<String> {
        let bound = self.actions.iter().flat_map(|&action| bound(action));
        let bound = bound.filter(|key| !key.contains(' '));
        bound
            .chain(self.keys.iter().map(|&key| key.to_owned()))
            .collect()
    }
}

/// A selection in the focused pane.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The conversation it is in.
    pub conversation: ConversationId,
    /// Where the line stands.
    pub cursor: Cursor,
    /// What is under it, as the view found it.
    pub under: Under,
    /// What was typed since the line moved and is about the row under it: it waits for the view, and what comes after
    /// it waits, too.
    pub waiting: Vec<Input>,
    /// What is taken besides.
    pub taken: Taken,
    /// The line was moved: who reads here stays here.
    pub has_moved: bool,
    /// Where the reader was, and what was at the top then.
    pub before: (Scroll, Option<ReadingPosition>),
}

/// Where the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// A row.
    pub from: Spot,
    /// Rows to move from there, until the view resolves them; negative is up.
    pub rows: i32,
}

impl Select {
    /// The most that waits: as much as is typed between two frames.
    const MOST_WAITING: usize = 256;

    /// The row under the line, while it is known.
    pub fn row(&self) -> Option<SelectedRow> {
        match self.under {
            Under::Row(row) => Some(row),
            Under::Unseen | Under::Nothing => None,
        }
    }

    /// Moves the line.
    pub(super) fn go(&mut self, cursor: Cursor) {
        self.cursor = cursor;
        self.has_moved = true;
        self.under = Under::Unseen;
        if self.taken.extent().is_some() {
            self.taken = Taken::Nothing;
        }
    }

    /// Keeps what was typed until the view has looked; what is too much is dropped.
    pub(super) fn wait(&mut self, input: Input) {
        if self.waiting.len() < Self::MOST_WAITING {
            self.waiting.push(input);
        }
    }
}

/// A row of the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The one in the middle of what is seen.
    Middle,
    /// This one if it is seen, else the one in the middle.
    Near(ReadingPosition),
    /// This one.
    At(ReadingPosition),
    /// The first one.
    First,
    /// The last one with text.
    Last,
}

impl Cursor {
    /// A row.
    pub fn at(from: Spot) -> Self {
        Self { from, rows: 0 }
    }
}

/// What is under the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The line has moved since the view looked.
    Unseen,
    /// No text.
    Nothing,
    /// This row.
    Row(SelectedRow),
}

/// A row of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedRow {
    /// Where it begins.
    pub at: ReadingPosition,
    /// Where in the same text it ends.
    pub end: usize,
    /// Where the block begins that it is in.
    pub block_start: usize,
    /// Where that block ends.
    pub block_end: usize,
}

/// A piece of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its turn.
    pub turn: TurnId,
    /// Which of its texts.
    pub part: ReadingPart,
    /// Its first byte in that text, made safe.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// What is taken besides the row under the line.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// Nothing.
    Nothing,
    /// The rows up to this one.
    Rows(SelectedRow),
    /// A block or an answer, instead.
    Piece(Extent),
    /// A code block, instead: what stands between its fences.
    Code(Extent, CodeBlock),
}

impl Taken {
    /// The piece that is taken instead of rows.
    pub fn extent(&self) -> Option<Extent> {
        match self {
            Self::Piece(extent) | Self::Code(extent, _) => Some(*extent),
            Self::Nothing | Self::Rows(_) => None,
        }
    }
}
