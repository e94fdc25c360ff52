//! Every action a key can be bound to: its name in the configuration and the sentence that explains it.
//!
//! Key hints, the help overlay, the palette, the README's table and `waferdeck config keys` all read [`ACTIONS`].

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
    /// Takes the last prompt back into the composer to change it.
    EditResend,
    /// Folds or unfolds the reasoning.
    FoldReasoning,
    /// Shows the answer's source or its picture.
    Raw,
    /// Copies the last answer.
    CopyAnswer,
    /// Chooses another model.
    Model,
    /// Opens the palette.
    Palette,
    /// Shows the keys.
    Help,
    /// Shows or hides the sidebar.
    Sidebar,
    /// Chooses another session.
    Sessions,
    /// Begins a new session.
    NewSession,
    /// Writes the session as Markdown into the working directory.
    Export,
    /// Draws the screen anew.
    Redraw,
    /// Stops the process until the shell continues it.
    Suspend,
    /// Leaves.
    Quit,
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
        Action::EditResend,
        "edit-resend",
        "edit the last prompt and send it again",
    ),
    row(
        Action::FoldReasoning,
        "fold-reasoning",
        "fold or unfold reasoning",
    ),
    row(Action::Raw, "raw", "show source or rendered text"),
    row(Action::CopyAnswer, "copy-answer", "copy the last answer"),
    row(Action::Model, "model", "choose a model"),
    row(Action::Palette, "palette", "find any action"),
    row(Action::Help, "help", "show the keys"),
    row(Action::Sidebar, "sidebar", "show or hide the sidebar"),
    row(Action::Sessions, "sessions", "open another session"),
    row(Action::NewSession, "new-session", "begin a new session"),
    row(Action::Export, "export", "write the session as Markdown"),
    row(Action::Redraw, "redraw", "draw the screen anew"),
    row(
        Action::Suspend,
        "suspend",
        "stop until the shell continues it",
    ),
    row(Action::Quit, "quit", "leave waferdeck"),
];

impl Action {
    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|r| r.name == name).map(|r| r.action)
    }

    /// Its row of the table.
    pub fn info(self) -> &'static ActionInfo {
        // Every action has a row; the test below holds that.
        ACTIONS
            .iter()
            .find(|r| r.action == self)
            .unwrap_or(&ACTIONS[0])
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
