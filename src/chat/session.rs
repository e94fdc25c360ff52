//! A session: one sitting of the workbench with its conversations and the arrangement of its panes.
//!
//! This is what the store gives back and what the workbench resumes from.

use serde::{Deserialize, Serialize};

use super::{Conversation, ConversationId, SessionId, Timestamp, Variant};
use crate::text::{SafeText, graphemes, width};

/// One sitting of the workbench.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created: Timestamp,
    /// Given by the person, or taken from the first prompt; empty until then.
    pub title: String,
    /// Its conversations, in the order they were made.
    pub conversations: Vec<Conversation>,
    /// The last arrangement of its panes.
    pub layout: Layout,
}

/// Columns of a title that was taken from a prompt.
const TITLE_COLUMNS: usize = 60;

impl Session {
    /// A session without conversations.
    pub fn new(id: SessionId, created: Timestamp) -> Self {
        Self {
            id,
            created,
            title: String::new(),
            conversations: Vec::new(),
            layout: Layout::default(),
        }
    }

    /// A title from the first prompt: its first words on one line, cleaned, at most 60 columns.
    pub fn title_from(prompt: &str) -> String {
        let first = prompt.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
        let line = SafeText::line(first).into_string();
        if width(&line) <= TITLE_COLUMNS {
            return line;
        }
        let mut title = String::new();
        for (grapheme, columns) in graphemes(&line) {
            if width(&title) + columns >= TITLE_COLUMNS {
                break;
            }
            title.push_str(grapheme);
        }
        // Rather no half word at the end, unless the half word is all there is.
        if let Some((whole, _)) = title.rsplit_once(' ') {
            title.truncate(whole.len());
        }
        title.push('…');
        title
    }
}

/// How panes tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tiling {
    /// Side by side.
    #[default]
    Columns,
    /// One above the other.
    Rows,
    /// As square as it gets.
    Grid,
    /// One at a time.
    Tabs,
}

impl Tiling {
    /// Every tiling, in the order a key goes through them.
    pub const ALL: [Self; 4] = [Self::Columns, Self::Rows, Self::Grid, Self::Tabs];

    /// The word on the command line, in files and on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Rows => "rows",
            Self::Grid => "grid",
            Self::Tabs => "tabs",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.word() == word)
    }
}

/// The arrangement of the panes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// How they tile.
    pub tiling: Tiling,
    /// The panes, first to last.
    pub panes: Vec<PaneLayout>,
    /// Index of the focused pane.
    pub focus: usize,
    /// The focused pane fills the screen.
    pub zoomed: bool,
    /// The composer sends to all unmuted panes rather than to the focused one.
    pub broadcast: bool,
}

/// One pane of an arrangement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaneLayout {
    /// Its letter.
    pub letter: char,
    /// What it asks with.
    pub variant: Variant,
    /// The conversation it shows.
    pub conversation: ConversationId,
    /// Broadcasts pass it by.
    #[serde(default)]
    pub muted: bool,
    /// Its share of the screen beside the others.
    #[serde(default = "weight")]
    pub weight: u16,
    /// Reasoning that the person folded or unfolded against the default, by answer id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<(super::AnswerId, bool)>,
    /// Where the reader stood: `None` follows the tail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingPosition>,
}

impl PaneLayout {
    /// The share of a pane that nobody resized; shares have meaning beside each other only.
    pub const WEIGHT: u16 = 8;
    /// The largest share; the smallest is 1.
    pub const MAX_WEIGHT: u16 = 64;
    /// Panes that an arrangement may have: more letters there are not.
    pub const MOST: usize = 64;

    /// A pane that follows the tail of a conversation.
    pub fn new(letter: char, variant: Variant, conversation: ConversationId) -> Self {
        Self {
            letter,
            variant,
            conversation,
            muted: false,
            weight: Self::WEIGHT,
            folds: Vec::new(),
            reading: None,
        }
    }
}

/// A place in the text that does not move when the text grows or is laid out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingPosition {
    /// The turn at the top of the pane.
    pub turn: super::TurnId,
    /// Which of its texts.
    #[serde(default)]
    pub part: ReadingPart,
    /// Where in that text, made safe to draw, the row at the top begins.
    #[serde(default)]
    pub byte: usize,
    /// Rows below the one that begins there: where several begin at one place, and in what is no text of its own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub down: i32,
}

impl ReadingPosition {
    /// The prompt of a turn.
    pub fn start_of(turn: super::TurnId) -> Self {
        Self {
            turn,
            part: ReadingPart::Prompt,
            byte: 0,
            down: 0,
        }
    }
}

/// A part of a turn as it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingPart {
    /// What was asked.
    #[default]
    Prompt,
    /// The line that says how much was thought.
    Thinking,
    /// What was thought.
    Reasoning,
    /// What was answered.
    Answer,
    /// State, figures, errors.
    Footer,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
fn is_zero(down: &i32) -> bool {
    *down == 0
}

fn weight() -> u16 {
    PaneLayout::WEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_short_and_on_one_line() {
        let check = |prompt: &str, title: &str| assert_eq!(Session::title_from(prompt), title);
        check("Hello", "Hello");
        check("\n  Sort a\tlist\nin Rust", "Sort a list");
        check("", "");
        let long = Session::title_from(&"word ".repeat(40));
        assert!(
            long.ends_with("word…") && width(&long) <= TITLE_COLUMNS,
            "{long}"
        );
        assert_eq!(width(&Session::title_from(&"あ".repeat(99))), 59);
    }
}
