//! Every action a key can be bound to: its name in the configuration and the sentence that explains it.
//!
//! Key hints, the help overlay, the palette, the README's table and `waferdeck config keys` all read [`ACTIONS`].

use crate::config::KeyCode;

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Sends the prompt.
    Send,
    /// Starts a new line.
    Newline,
    /// Lets Enter and newline change places.
    SwapEnter,
    /// Stops the focused answer.
    Cancel,
    /// Stops every answer.
    CancelAll,
    /// Empties the composer; the text stays in the history.
    ClearDraft,
    /// Shows the prompt before.
    HistoryPrevious,
    /// Shows the prompt after.
    HistoryNext,
    /// Searches earlier prompts.
    HistorySearch,
    /// From the composer to the panes, to read.
    FocusPanes,
    /// From the panes to the composer, to write.
    FocusComposer,
    /// One row up.
    ScrollUp,
    /// One row down.
    ScrollDown,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row, and stays there.
    Bottom,
    /// To the turn before.
    PreviousTurn,
    /// To the turn after.
    NextTurn,
    /// The answer before among the answers of the turn.
    PreviousAnswer,
    /// The answer after.
    NextAnswer,
    /// Asks the last turn again.
    Regenerate,
    /// Asks the last turn of every pane again.
    RegenerateAll,
    /// Takes the last prompt back into the composer to change it.
    EditResend,
    /// Folds or unfolds the reasoning.
    FoldReasoning,
    /// Shows the answer's source or its picture.
    Raw,
    /// To the code block before.
    PreviousCode,
    /// To the code block after.
    NextCode,
    /// Looks for text in the focused pane.
    Find,
    /// To the next place that was found.
    NextMatch,
    /// To the place before.
    PreviousMatch,
    /// Selects text by rows, blocks and answers.
    Select,
    /// Copies the last answer.
    CopyAnswer,
    /// Copies a code block of the last answer.
    CopyCode,
    /// Copies the conversation of the focused pane.
    CopyPane,
    /// Writes a code block of the last answer to a file.
    SaveCode,
    /// The composer sends to all unmuted panes, or to the focused one.
    Broadcast,
    /// Broadcasts pass the focused pane by, or reach it again.
    Mute,
    /// Mutes or unmutes the pane whose letter comes next.
    MuteLetter,
    /// Focuses the pane of this place, from 1.
    GoToPane(u8),
    /// Focuses the pane whose letter comes next.
    GoToLetter,
    /// Focuses the pane before.
    PreviousPane,
    /// Focuses the pane after.
    NextPane,
    /// Lets the focused pane fill the screen, or gives the room back.
    Zoom,
    /// Moves the focused pane one place to the left, in rows upwards.
    MoveLeft,
    /// Moves the focused pane one place to the right, in rows downwards.
    MoveRight,
    /// Gives the focused pane a larger share.
    Grow,
    /// Gives the focused pane a smaller share.
    Shrink,
    /// Gives every pane the same share.
    Equalize,
    /// Opens a pane at the right of the focused one.
    SplitRight,
    /// Opens a pane below the focused one.
    SplitBelow,
    /// Closes the focused pane.
    ClosePane,
    /// Opens the pane again that was closed last.
    ReopenPane,
    /// Columns, rows, grid, tabs, and so on.
    NextLayout,
    /// Panes side by side.
    LayoutColumns,
    /// Panes one above the other.
    LayoutRows,
    /// Panes as square as it gets.
    LayoutGrid,
    /// One pane at a time.
    LayoutTabs,
    /// Chooses another model.
    Model,
    /// Changes the parameters of the focused pane.
    Parameters,
    /// Changes the system prompt of the focused pane.
    SystemPrompt,
    /// Opens the palette.
    Palette,
    /// Shows the keys.
    Help,
    /// Shows or hides the sidebar.
    Sidebar,
    /// All panes, the focused one in depth, diagnostics, and so on.
    SidebarView,
    /// Ranks all panes by another figure.
    SidebarRank,
    /// Shows what each figure means and why it may be missing.
    Definitions,
    /// Chooses another session.
    Sessions,
    /// Begins a new session.
    NewSession,
    /// Gives the session another title.
    RenameSession,
    /// Opens a saved arrangement.
    OpenDeck,
    /// Saves the arrangement under a name.
    SaveDeck,
    /// Chooses other colours.
    Theme,
    /// Writes the draft in the external editor.
    Editor,
    /// Takes the mouse from the terminal, or gives it back.
    Mouse,
    /// Writes the session as Markdown into the working directory.
    Export,
    /// Draws the screen anew.
    Redraw,
    /// Stops the process until the shell continues it.
    Suspend,
    /// Leaves.
    Quit,
    /// Long lines of code and wide tables wrap, or are scrolled sideways.
    Wrap,
    /// Lines of code show their numbers, or not.
    LineNumbers,
    /// Scrolls long lines to the left.
    PanLeft,
    /// Scrolls long lines to the right.
    PanRight,
    /// Other things happen to what the quota has no room for.
    Quota,
    /// Gives the Cerebras service a key.
    Connect,
    /// Every request goes to the embedded mock, or not any more.
    MockMode,
    /// Takes the last prompt of the queue back into the composer.
    Unqueue,
    /// Takes the last text that goes along with the draft out of it.
    Detach,
    /// Goes on with an answer that was cut.
    Continue,
    /// Shows the sections of the sidebar that stand above.
    SidebarUp,
    /// Shows the sections of the sidebar that stand below.
    SidebarDown,
    /// Shows what went over the wire for the last answer.
    Inspect,
    /// Reads the settings again.
    Reload,
}

/// What an action is about; help and the palette keep those of a group together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the headings of the help")]
pub enum Group {
    Writing,
    Reading,
    Panes,
    Answers,
    Sessions,
    Program,
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 6] = [
        Self::Writing,
        Self::Reading,
        Self::Panes,
        Self::Answers,
        Self::Sessions,
        Self::Program,
    ];

    /// Its heading.
    pub fn word(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Reading => "reading",
            Self::Panes => "panes",
            Self::Answers => "answers",
            Self::Sessions => "sessions",
            Self::Program => "program",
        }
    }
}

/// One row of the action table.
#[derive(Clone, Copy, Debug)]
pub struct ActionInfo {
    /// The action.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it does, for help and palette.
    pub does: &'static str,
}

const fn row(action: Action, name: &'static str, does: &'static str) -> ActionInfo {
    ActionInfo { action, name, does }
}

/// Every action, in the order help shows them.
pub const ACTIONS: &[ActionInfo] = &[
    row(Action::Send, "send", "send the prompt"),
    row(Action::Newline, "newline", "new line"),
    row(Action::SwapEnter, "swap-enter", "swap Enter and newline"),
    row(Action::Cancel, "cancel", "stop the answer"),
    row(Action::CancelAll, "cancel-all", "stop every answer"),
    row(
        Action::ClearDraft,
        "clear-draft",
        "clear the draft (kept in the history)",
    ),
    row(Action::HistoryPrevious, "history-prev", "earlier prompt"),
    row(Action::HistoryNext, "history-next", "later prompt"),
    row(
        Action::HistorySearch,
        "history-search",
        "search earlier prompts",
    ),
    row(
        Action::Unqueue,
        "unqueue",
        "take the last queued prompt back",
    ),
    row(Action::Detach, "detach", "remove the last attachment"),
    row(Action::FocusPanes, "focus-panes", "read: keys move and act"),
    row(
        Action::FocusComposer,
        "focus-composer",
        "write: keys are text",
    ),
    row(Action::ScrollUp, "scroll-up", "one row up"),
    row(Action::ScrollDown, "scroll-down", "one row down"),
    row(Action::HalfPageUp, "half-page-up", "half a page up"),
    row(Action::HalfPageDown, "half-page-down", "half a page down"),
    row(Action::PageUp, "page-up", "a page up"),
    row(Action::PageDown, "page-down", "a page down"),
    row(Action::Top, "top", "to the start"),
    row(Action::Bottom, "bottom", "to the end, and follow"),
    row(Action::PreviousTurn, "prev-turn", "previous turn"),
    row(Action::NextTurn, "next-turn", "next turn"),
    row(
        Action::PreviousAnswer,
        "prev-answer",
        "previous answer of the turn",
    ),
    row(Action::NextAnswer, "next-answer", "next answer of the turn"),
    row(Action::Regenerate, "regenerate", "ask the last turn again"),
    row(
        Action::RegenerateAll,
        "regenerate-all",
        "ask the last turn of every pane again",
    ),
    row(
        Action::EditResend,
        "edit-resend",
        "edit the last prompt and send it again",
    ),
    row(
        Action::Continue,
        "continue",
        "go on with an answer that was cut",
    ),
    row(
        Action::FoldReasoning,
        "fold-reasoning",
        "fold or unfold reasoning",
    ),
    row(Action::Raw, "raw", "show source or rendered text"),
    row(Action::Wrap, "wrap", "wrap long lines, or scroll sideways"),
    row(Action::PanLeft, "pan-left", "long lines to the left"),
    row(Action::PanRight, "pan-right", "long lines to the right"),
    row(
        Action::LineNumbers,
        "line-numbers",
        "number the lines of code",
    ),
    row(Action::PreviousCode, "prev-code", "previous code block"),
    row(Action::NextCode, "next-code", "next code block"),
    row(Action::Find, "find", "find text in the pane"),
    row(Action::NextMatch, "next-match", "next place that was found"),
    row(
        Action::PreviousMatch,
        "prev-match",
        "previous place that was found",
    ),
    row(Action::Select, "select", "select text to copy or save"),
    row(
        Action::Quota,
        "quota",
        "over the quota: shrink, stagger, warn, send",
    ),
    row(
        Action::MockMode,
        "mock-mode",
        "ask the mock for everything, or not any more",
    ),
    row(Action::CopyAnswer, "copy-answer", "copy the last answer"),
    row(Action::CopyCode, "copy-code", "copy a code block"),
    row(Action::CopyPane, "copy-pane", "copy the conversation"),
    row(Action::SaveCode, "save-code", "save a code block to a file"),
    row(
        Action::Broadcast,
        "broadcast",
        "send to all panes, or to one",
    ),
    row(Action::Mute, "mute", "mute or unmute the pane"),
    row(
        Action::MuteLetter,
        "mute-letter",
        "mute or unmute a pane by its letter",
    ),
    row(Action::GoToPane(1), "pane-1", "go to the first pane"),
    row(Action::GoToPane(2), "pane-2", "go to the second pane"),
    row(Action::GoToPane(3), "pane-3", "go to the third pane"),
    row(Action::GoToPane(4), "pane-4", "go to the fourth pane"),
    row(Action::GoToPane(5), "pane-5", "go to the fifth pane"),
    row(Action::GoToPane(6), "pane-6", "go to the sixth pane"),
    row(Action::GoToPane(7), "pane-7", "go to the seventh pane"),
    row(Action::GoToPane(8), "pane-8", "go to the eighth pane"),
    row(Action::GoToPane(9), "pane-9", "go to the ninth pane"),
    row(
        Action::GoToLetter,
        "go-to-letter",
        "go to a pane by its letter",
    ),
    row(Action::PreviousPane, "prev-pane", "previous pane"),
    row(Action::NextPane, "next-pane", "next pane"),
    row(
        Action::Zoom,
        "zoom",
        "let the pane fill the screen, or back",
    ),
    row(Action::MoveLeft, "move-left", "move the pane left"),
    row(Action::MoveRight, "move-right", "move the pane right"),
    row(Action::Grow, "grow", "larger pane"),
    row(Action::Shrink, "shrink", "smaller pane"),
    row(Action::Equalize, "equalize", "panes of the same size"),
    row(
        Action::SplitRight,
        "split-right",
        "open a pane at the right",
    ),
    row(Action::SplitBelow, "split-below", "open a pane below"),
    row(Action::ClosePane, "close-pane", "close the pane"),
    row(
        Action::ReopenPane,
        "reopen-pane",
        "open the pane again that was closed last",
    ),
    row(
        Action::NextLayout,
        "next-layout",
        "columns, rows, grid, tabs",
    ),
    row(Action::LayoutColumns, "layout-columns", "panes as columns"),
    row(Action::LayoutRows, "layout-rows", "panes as rows"),
    row(Action::LayoutGrid, "layout-grid", "panes as a grid"),
    row(Action::LayoutTabs, "layout-tabs", "panes as tabs"),
    row(Action::Model, "model", "choose a model"),
    row(
        Action::Parameters,
        "parameters",
        "temperature, effort and the like",
    ),
    row(Action::SystemPrompt, "system-prompt", "system prompt"),
    row(Action::Palette, "palette", "find any action"),
    row(Action::Help, "help", "show the keys"),
    row(Action::Sidebar, "sidebar", "show or hide the sidebar"),
    row(
        Action::SidebarView,
        "sidebar-view",
        "sidebar: this pane, all panes, session, diagnostics",
    ),
    row(
        Action::SidebarRank,
        "sidebar-rank",
        "sidebar: rank panes by another figure",
    ),
    row(Action::Definitions, "definitions", "what each figure means"),
    row(Action::Sessions, "sessions", "open another session"),
    row(Action::NewSession, "new-session", "begin a new session"),
    row(
        Action::RenameSession,
        "rename-session",
        "rename the session",
    ),
    row(Action::OpenDeck, "open-deck", "open a saved arrangement"),
    row(Action::SaveDeck, "save-deck", "save the arrangement"),
    row(Action::Theme, "theme", "choose a theme"),
    row(Action::Editor, "editor", "write in the external editor"),
    row(
        Action::Mouse,
        "mouse",
        "take the mouse from the terminal, or give it back",
    ),
    row(Action::Export, "export", "write the session as Markdown"),
    row(Action::Redraw, "redraw", "draw the screen anew"),
    row(
        Action::Suspend,
        "suspend",
        "stop until the shell continues it",
    ),
    row(
        Action::Connect,
        "connect",
        "connect to Cerebras: give it a key",
    ),
    row(
        Action::Inspect,
        "inspect",
        "request and response as they went over the wire",
    ),
    row(Action::Quit, "quit", "leave waferdeck"),
    row(Action::SidebarUp, "sidebar-up", "sidebar: sections above"),
    row(
        Action::SidebarDown,
        "sidebar-down",
        "sidebar: sections below",
    ),
    row(Action::Reload, "reload", "read the settings again"),
];

impl Action {
    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|r| r.name == name).map(|r| r.action)
    }

    /// Its row of the table.
    pub fn info(self) -> &'static ActionInfo {
        // Every action that a key can have has a row; the test below holds that.
        ACTIONS
            .iter()
            .find(|r| r.action == self)
            .unwrap_or(&ACTIONS[0])
    }

    /// The group it belongs to.
    pub fn group(self) -> Group {
        match self {
            Self::Send
            | Self::Newline
            | Self::SwapEnter
            | Self::ClearDraft
            | Self::HistoryPrevious
            | Self::HistoryNext
            | Self::HistorySearch
            | Self::Unqueue
            | Self::Detach
            | Self::FocusComposer
            | Self::Editor => Group::Writing,
            Self::FocusPanes
            | Self::ScrollUp
            | Self::ScrollDown
            | Self::HalfPageUp
            | Self::HalfPageDown
            | Self::PageUp
            | Self::PageDown
            | Self::Top
            | Self::Bottom
            | Self::PreviousTurn
            | Self::NextTurn
            | Self::FoldReasoning
            | Self::Raw
            | Self::Wrap
            | Self::LineNumbers
            | Self::PanLeft
            | Self::PanRight
            | Self::PreviousCode
            | Self::NextCode
            | Self::Find
            | Self::NextMatch
            | Self::PreviousMatch
            | Self::Select => Group::Reading,
            Self::Broadcast
            | Self::Mute
            | Self::MuteLetter
            | Self::GoToPane(_)
            | Self::GoToLetter
            | Self::PreviousPane
            | Self::NextPane
            | Self::Zoom
            | Self::MoveLeft
            | Self::MoveRight
            | Self::Grow
            | Self::Shrink
            | Self::Equalize
            | Self::SplitRight
            | Self::SplitBelow
            | Self::ClosePane
            | Self::ReopenPane
            | Self::NextLayout
            | Self::LayoutColumns
            | Self::LayoutRows
            | Self::LayoutGrid
            | Self::LayoutTabs
            | Self::Model
            | Self::Parameters
            | Self::SystemPrompt => Group::Panes,
            Self::Cancel
            | Self::CancelAll
            | Self::PreviousAnswer
            | Self::NextAnswer
            | Self::Regenerate
            | Self::RegenerateAll
            | Self::EditResend
            | Self::Quota
            | Self::Continue
            | Self::MockMode
            | Self::CopyAnswer
            | Self::CopyCode
            | Self::CopyPane
            | Self::SaveCode
            | Self::Inspect => Group::Answers,
            Self::Sessions
            | Self::NewSession
            | Self::RenameSession
            | Self::OpenDeck
            | Self::SaveDeck
            | Self::Export => Group::Sessions,
            Self::Palette
            | Self::Help
            | Self::Sidebar
            | Self::SidebarView
            | Self::SidebarRank
            | Self::Definitions
            | Self::Theme
            | Self::Connect
            | Self::Mouse
            | Self::Redraw
            | Self::Suspend
            | Self::Quit
            | Self::SidebarUp
            | Self::SidebarDown
            | Self::Reload => Group::Program,
        }
    }

    /// The key that stands for it in lists and dialogs, where `[keys.overlay]` may give it others. Only these actions
    /// mean anything there.
    pub fn in_overlay(self) -> Option<KeyCode> {
        let key = match self {
            Self::ScrollUp => KeyCode::Up,
            Self::ScrollDown => KeyCode::Down,
            Self::PageUp => KeyCode::PageUp,
            Self::PageDown => KeyCode::PageDown,
            Self::Top => KeyCode::Home,
            Self::Bottom => KeyCode::End,
            Self::Send => KeyCode::Enter,
            Self::Cancel => KeyCode::Esc,
            _ => return None,
        };
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_and_its_action() {
        for row in ACTIONS {
            assert_eq!(Action::named(row.name), Some(row.action));
            assert_eq!(row.action.info().name, row.name);
        }
        assert_eq!(Action::named("fly"), None);
    }
}
