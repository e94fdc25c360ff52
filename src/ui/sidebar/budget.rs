//! How many answers broke their budget, and how often requests had to be sent again.
//!
//! The verdict is `chat`'s; a notice about too many of them is `app`'s.

use ratatui::text::{Line, Span};

use super::{
    Room, ends,
    rows::{Label, Rows, Value},
};
use crate::{
    app::{Alert, Model},
    chat::{Breaches, ConversationId, Retries},
    text::SafeText,
    ui::format,
};

const PANE: Label = ("pane", "pane");
const SESSION: Label = ("session", "sess.");

/// What was counted.
struct Counts {
    breaches: Breaches,
    retries: Retries,
}

impl Counts {
    /// Of a conversation, or of the session.
    fn of(model: &Model, conversation: Option<ConversationId>) -> Self {
        let (breaches, retries) = model.counts(conversation);
        Self { breaches, retries }
    }

    fn breaches(&self) -> Option<String> {
        let Breaches { over, of } = self.breaches;
        (of > 0).then(|| format!("{over} of {of}"))
    }

    fn retries(&self) -> Option<String> {
        let count = self.retries.count;
        let rate = self.retries.rate().filter(|_| count > 0)?;
        Some(format!("{count} ({:.0} %)", rate * 100.0))
    }
}

/// Breaches and retries of the focused pane and of the session, once there is anything to count.
pub(super) fn section(model: &Model, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let pane = Counts::of(model, Some(model.pane().conversation));
    let session = Counts::of(model, None);
    let mut rows = Rows::bare(room);
    let mut part = |alert, heading, pane: Option<String>, session: Option<String>| {
        let Some(session) = session else {
            return false;
        };
        let heading = Span::styled(heading, room.palette.heading);
        rows.line(ends(vec![heading], alarm(model, alert, room), room.width));
        // With one conversation both would say the same.
        let pane = pane.filter(|_| model.conversations.len() > 1);
        let pane = pane.map(|count| Value::new(PANE, count, ""));
        rows.values(pane.into_iter().chain([Value::new(SESSION, session, "")]));
        true
    };
    let breaches = part(
        Alert::Breaches,
        "BREACHES",
        pane.breaches(),
        session.breaches(),
    );
    let retries = part(Alert::Retries, "RETRIES", pane.retries(), session.retries());
    (breaches || retries).then(|| rows.finish())
}

/// The counts of the session, once there is anything to count: below each other where one row is too short.
pub(super) fn rows(model: &Model, room: Room<'_>) -> Vec<Line<'static>> {
    let counts = Counts::of(model, None);
    let parts = [
        ("BREACHES", Alert::Breaches, counts.breaches()),
        ("RETRIES", Alert::Retries, counts.retries()),
    ];
    let written = parts.into_iter().filter_map(|(word, alert, count)| {
        let mark = if model.alerts.is_on(alert) { "! " } else { "" };
        Some(SafeText::line(&format!("{mark}{word} {}", count?)))
    });
    let written: Vec<_> = written.collect();
    let rows = format::rows_of_parts(&written, room.width);
    let styled = |row| Line::styled(row, room.palette.value);
    rows.into_iter().map(styled).collect()
}

/// A sign while the rate over the last answers is too high.
fn alarm(model: &Model, alert: Alert, room: Room<'_>) -> Span<'static> {
    let word = if model.alerts.is_on(alert) {
        "! alert"
    } else {
        ""
    };
    Span::styled(word, room.palette.warning)
}
