//! The composer: where prompts are written. Wraps the text area, alone: nothing else names that crate.
//!
//! The text area moves and deletes by `char`; every step here is a grapheme, so that an emoji never breaks in two.

use tui_textarea::{CursorMove, DataCursor, TextArea, WrapMode};

use crate::{
    chat::{Attached, Draft},
    text::{SafeText, Sanitiser, graphemes, width},
};

/// One editing step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Types text; line breaks stay, control characters become visible.
    Insert(String),
    /// Starts a new line.
    Newline,
    /// Deletes the grapheme before the cursor.
    Backspace,
    /// Deletes the grapheme under the cursor.
    Delete,
    /// Deletes the word before the cursor.
    DeleteWord,
    /// Deletes the word after the cursor.
    DeleteNextWord,
    /// Deletes from the cursor to the start of the line.
    DeleteToStart,
    /// Deletes from the cursor to the end of the line.
    DeleteToEnd,
    /// One grapheme back.
    Left,
    /// One grapheme on.
    Right,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One word back.
    WordLeft,
    /// One word on.
    WordRight,
    /// To the start of the line.
    Home,
    /// To the end of the line.
    End,
    /// Takes the last change back.
    Undo,
    /// Does it again.
    Redo,
}

/// Earlier prompts, newest last, and the place in them while the person leafs through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct History {
    entries: Vec<String>,
    at: Option<usize>,
    /// The draft that was there before leafing began.
    draft: String,
}

/// Prompts kept; more would make the history file slow to replace.
const MAX_HISTORY: usize = 1_000;

/// Characters before the cursor that decide what may follow; the longest are flags spelt with tags.
const LOOK_BACK: usize = 8;

/// The text being written, its cursor, and earlier prompts.
#[derive(Clone, Debug)]
pub struct Composer {
    area: TextArea<'static>,
    /// What goes along with the text.
    attached: Vec<Attached>,
    history: History,
    /// A joiner was typed just now, and waits for what it joins.
    holds_joiner: bool,
}

impl Default for Composer {
    fn default() -> Self {
        Self {
            area: area(Vec::new()),
            attached: Vec::new(),
            history: History::default(),
            holds_joiner: false,
        }
    }
}

impl PartialEq for Composer {
    fn eq(&self, other: &Self) -> bool {
        self.area.lines() == other.area.lines()
            && self.area.cursor() == other.area.cursor()
            && self.attached == other.attached
            && self.history == other.history
    }
}

fn area(lines: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::new(lines);
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_tab_length(4);
    // Styles are the theme's; the real terminal cursor shows where the text goes.
    let plain = area.style();
    area.set_cursor_line_style(plain);
    area.set_cursor_style(plain);
    area
}

impl Composer {
    /// The text as it would be sent.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// The text and what goes along with it.
    pub fn draft(&self) -> Draft {
        Draft {
            text: self.text(),
            attached: self.attached.clone(),
        }
    }

    /// What was written and what goes along with it. While the person leafs through earlier prompts that is what stood here
    /// before, and a prompt that was changed; one that was not is in the history.
    pub fn written(&self) -> Draft {
        let mut draft = self.draft();
        if self.history.at.is_some() {
            let changed = self.changed().unwrap_or_default();
            let left = &self.history.draft;
            let between = if left.is_empty() || changed.is_empty() {
                ""
            } else {
                "\n\n"
            };
            draft.text = format!("{left}{between}{changed}");
        }
        draft
    }

    /// The earlier prompt that is shown, if it was changed.
    fn changed(&self) -> Option<String> {
        let shown = self.history.entries.get(self.history.at?)?;
        Some(self.text()).filter(|text| text != shown && !text.trim().is_empty())
    }

    /// What goes along with the text.
    pub fn attached(&self) -> &[Attached] {
        &self.attached
    }

    /// Lets a text go along, after those that do already.
    pub fn attach(&mut self, attached: impl IntoIterator<Item = Attached>) {
        self.attached.extend(attached);
    }

    /// Takes out the last of what goes along.
    pub fn detach(&mut self) -> Option<Attached> {
        self.attached.pop()
    }

    /// True if nothing goes along and there is not a single character.
    pub fn has_nothing(&self) -> bool {
        self.is_empty() && self.attached.is_empty()
    }

    /// True without a single character of text.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Bytes of text.
    pub fn bytes(&self) -> usize {
        let lines = self.area.lines();
        lines.iter().map(String::len).sum::<usize>() + lines.len().saturating_sub(1)
    }

    /// The widget to draw.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Row and column of the cursor inside the drawn part, after a draw.
    pub fn cursor_on_screen(&self) -> (u16, u16) {
        let cursor = self.area.screen_cursor();
        let (top, left) = self.area.scroll_offset();
        let place =
            |at: usize, offset: u16| u16::try_from(at).unwrap_or(u16::MAX).saturating_sub(offset);
        let DataCursor(row, chars) = self.area.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let before = line.char_indices().nth(chars).map_or(line, |(at, _)| {
            line.split_at_checked(at).map_or(line, |(before, _)| before)
        });
        (
            place(cursor.row, top),
            place(drawn_column(before, cursor.col), left),
        )
    }

    /// Rows that the text takes at `width` columns, counted up to `most`.
    pub fn rows(&self, width: u16, most: u16) -> u16 {
        let width = usize::from(width.max(1));
        let mut rows = 0;
        for line in self.area.lines() {
            rows += wrapped_rows(line, width);
            if rows >= usize::from(most) {
                return most;
            }
        }
        u16::try_from(rows.max(1)).unwrap_or(most).min(most)
    }

    /// Replaces the text; the cursor stands at its end.
    pub fn set_text(&mut self, text: &str) {
        let safe = SafeText::new(text);
        self.holds_joiner = false;
        self.area = area(safe.as_str().split('\n').map(str::to_owned).collect());
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Replaces the text and what goes along with it; the cursor stands at the end of the text.
    pub fn set_draft(&mut self, draft: Draft) {
        self.set_text(&draft.text);
        self.attached = draft.attached;
    }

    /// Takes out what is shown. What was being written before the person leafed to it comes back.
    pub fn take(&mut self) -> Draft {
        let draft = self.draft();
        let left = std::mem::take(&mut self.history.draft);
        self.set_draft(Draft::default());
        if self.history.at.take().is_some() {
            self.set_text(&left);
        }
        draft
    }

    /// Takes out all that was written, as [`written`](Self::written) has it.
    pub fn take_written(&mut self) -> Draft {
        let draft = self.written();
        self.history.at = None;
        self.set_draft(Draft::default());
        draft
    }

    /// Carries out one step. False if nothing changed.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let before = self.area.cursor();
        // Whatever else is done, nothing is joined any more.
        let joiner = std::mem::take(&mut self.holds_joiner);
        match edit {
            Edit::Insert(text) => {
                let joiner = if joiner { "\u{200d}" } else { "" };
                let (text, holds_joiner) = self.continued(joiner, &text);
                self.holds_joiner = holds_joiner;
                self.area.insert_str(text)
            }
            Edit::Newline => {
                self.area.insert_newline();
                true
            }
            Edit::Backspace => self.backspace(),
            Edit::Delete => match self.grapheme_after() {
                // At the end of a line this joins the next one.
                0 => self.area.delete_next_char(),
                chars => self.area.delete_str(chars),
            },
            Edit::DeleteWord => self.area.delete_word(),
            Edit::DeleteNextWord => self.area.delete_next_word(),
            Edit::DeleteToStart => self.area.delete_line_by_head(),
            Edit::DeleteToEnd => self.area.delete_line_by_end(),
            Edit::Left => self.step(CursorMove::Back, self.grapheme_before().max(1), before),
            Edit::Right => self.step(CursorMove::Forward, self.grapheme_after().max(1), before),
            Edit::Up => self.step(CursorMove::Up, 1, before),
            Edit::Down => self.step(CursorMove::Down, 1, before),
            Edit::WordLeft => self.step(CursorMove::WordBack, 1, before),
            Edit::WordRight => self.step(CursorMove::WordForward, 1, before),
            Edit::Home => self.step(CursorMove::Head, 1, before),
            Edit::End => self.step(CursorMove::End, 1, before),
            Edit::Undo => self.area.undo(),
            Edit::Redo => self.area.redo(),
        }
    }

    /// The cursor is on the first line, so that Up may leaf through earlier prompts.
    pub fn at_first_line(&self) -> bool {
        self.area.cursor().0 == 0
    }

    /// The cursor is on the last line.
    pub fn at_last_line(&self) -> bool {
        self.area.cursor().0 + 1 == self.area.lines().len()
    }

    /// The character before the cursor is a lone backslash at the end of its line: Enter then means a new line.
    pub fn ends_in_backslash(&self) -> bool {
        let DataCursor(row, column) = self.area.cursor();
        self.area
            .lines()
            .get(row)
            .is_some_and(|l| l.ends_with('\\') && l.chars().count() == column)
    }

    /// Replaces the history, oldest first.
    pub fn set_history(&mut self, entries: Vec<String>) {
        self.history = History {
            entries,
            ..History::default()
        };
    }

    /// Earlier prompts, oldest first.
    pub fn history(&self) -> &[String] {
        &self.history.entries
    }

    /// Keeps `prompt` as the newest of the history; a repetition moves to the end.
    pub fn remember(&mut self, prompt: &str) {
        self.history.at = None;
        if prompt.trim().is_empty() {
            return;
        }
        self.history.entries.retain(|e| e != prompt);
        self.history.entries.push(prompt.to_owned());
        let excess = self.history.entries.len().saturating_sub(MAX_HISTORY);
        self.history.entries.drain(..excess);
    }

    /// Keeps the earlier prompt that is shown as the newest of the history, if it was changed, before another one is shown.
    pub fn keep_changed(&mut self) -> Option<String> {
        let changed = self.changed()?;
        let is_known = self.history.entries.contains(&changed);
        (!is_known).then(|| {
            // The place of the prompt that is shown stays.
            self.history.entries.push(changed.clone());
            changed
        })
    }

    /// Shows the prompt before the one shown. False at the oldest.
    pub fn history_previous(&mut self) -> bool {
        let at = match self.history.at {
            Some(at) => at.checked_sub(1),
            None => self.history.entries.len().checked_sub(1),
        };
        at.is_some_and(|at| self.leaf_to(at))
    }

    /// Shows this earlier prompt, as if the person had leafed to it.
    pub fn show_earlier(&mut self, prompt: &str) {
        let at = self.history.entries.iter().rposition(|e| e == prompt);
        if !at.is_some_and(|at| self.leaf_to(at)) {
            self.set_text(prompt);
        }
    }

    fn leaf_to(&mut self, at: usize) -> bool {
        let Some(entry) = self.history.entries.get(at).cloned() else {
            return false;
        };
        if self.history.at.is_none() {
            self.history.draft = self.text();
        }
        self.set_text(&entry);
        self.history.at = Some(at);
        true
    }

    /// Shows the prompt after the one shown, at last the draft. False when not leafing.
    pub fn history_next(&mut self) -> bool {
        let Some(at) = self.history.at else {
            return false;
        };
        let next = self.history.entries.get(at + 1).cloned();
        if let Some(entry) = next {
            self.set_text(&entry);
            self.history.at = Some(at + 1);
        } else {
            let draft = std::mem::take(&mut self.history.draft);
            self.set_text(&draft);
            self.history.at = None;
        }
        true
    }

    /// `text` made safe as what follows the cursor and a `joiner` that was kept back: terminals report an emoji of several
    /// parts, or a word with a joiner, character by character, and a joiner alone would not be safe. One that waits for
    /// the next character is kept back, and said to be.
    fn continued(&self, joiner: &str, text: &str) -> (String, bool) {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let from = column.saturating_sub(LOOK_BACK);
        let before: String = line.chars().skip(from).take(column - from).collect();
        let (mut sanitiser, mut safe) = (Sanitiser::default(), String::new());
        sanitiser.push(&format!("{before}{joiner}{text}"), &mut safe);
        let holds_joiner = sanitiser.holds_joiner();
        if !holds_joiner {
            sanitiser.finish(&mut safe);
        }
        match safe.strip_prefix(&before) {
            Some(safe) => (safe.to_owned(), holds_joiner),
            None => (SafeText::new(text).into_string(), false),
        }
    }

    fn step(&mut self, to: CursorMove, times: usize, before: DataCursor) -> bool {
        for _ in 0..times {
            self.area.move_cursor(to);
        }
        self.leave_grapheme();
        self.area.cursor() != before
    }

    /// To the start of the grapheme that the cursor is inside of: the text area counts characters, and what is put
    /// between those of a grapheme would break it.
    fn leave_grapheme(&mut self) {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let mut start = 0;
        for (grapheme, _) in graphemes(line) {
            let end = start + grapheme.chars().count();
            if end > column {
                break;
            }
            start = end;
        }
        for _ in start..column {
            self.area.move_cursor(CursorMove::Back);
        }
    }

    fn backspace(&mut self) -> bool {
        match self.grapheme_before() {
            // At the start of a line, or nothing to delete at all.
            0 => self.area.delete_newline(),
            chars => {
                for _ in 0..chars {
                    self.area.move_cursor(CursorMove::Back);
                }
                self.area.delete_str(chars)
            }
        }
    }

    /// Characters of the grapheme before the cursor; 0 at the start of a line.
    fn grapheme_before(&self) -> usize {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let mut passed = 0;
        let mut last = 0;
        for (grapheme, _) in graphemes(line) {
            if passed >= column {
                break;
            }
            last = grapheme.chars().count().min(column - passed);
            passed += last;
        }
        last
    }

    /// Characters of the grapheme under the cursor; 0 at the end of a line.
    fn grapheme_after(&self) -> usize {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let mut passed = 0;
        for (grapheme, _) in graphemes(line) {
            let chars = grapheme.chars().count();
            if passed + chars > column {
                return passed + chars - column;
            }
            passed += chars;
        }
        0
    }
}

/// The column behind `before`, where the text area counts `column` columns since the row began. It counts every character
/// alone, but they are drawn as graphemes: an emoji of four people takes two columns and not eight.
fn drawn_column(before: &str, column: usize) -> usize {
    if before.is_ascii() || before.contains('\t') {
        return column;
    }
    let mut left = column;
    let mut start = before.len();
    for (at, c) in before.char_indices().rev() {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(counted(c.encode_utf8(&mut [0; 4])));
        start = at;
    }
    width(before.get(start..).unwrap_or_default())
}

/// Columns of `text` as the text area counts them.
fn counted(text: &str) -> usize {
    let columns = |c: char| width(c.encode_utf8(&mut [0; 4]));
    text.chars().map(columns).sum()
}

/// Rows of one line when words wrap and longer words break, as the text area wraps.
fn wrapped_rows(line: &str, room: usize) -> usize {
    let mut rows = 1;
    let mut column = 0;
    for word in line.split_inclusive(' ') {
        let columns = counted(word);
        if column + counted(word.trim_end()) > room && column > 0 {
            rows += 1;
            column = 0;
        }
        column += columns;
        if column > room {
            rows += (column - 1) / room;
            column = (column - 1) % room + 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.edit(Edit::Insert(text.to_owned()));
        composer
    }

    #[test]
    fn no_step_ends_inside_a_grapheme() {
        let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
        for (line, step) in [
            ("abc", Edit::Down),
            ("abcdef", Edit::Down),
            ("", Edit::WordRight),
        ] {
            let mut composer = typed(&format!("{line}\n{family}"));
            composer.edit(Edit::Up);
            composer.edit(Edit::End);
            composer.edit(step);
            composer.edit(Edit::Insert("x".to_owned()));
            assert!(
                composer.text().contains(family),
                "{line}: {:?}",
                composer.text()
            );
        }
    }

    #[test]
    fn backspace_takes_a_whole_grapheme() {
        let check = |text: &str, left: &str| {
            let mut composer = typed(text);
            composer.edit(Edit::Backspace);
            assert_eq!(composer.text(), left, "after {text:?}");
        };
        check("ab", "a");
        check("a👨‍👩‍👧‍👦", "a");
        check("e\u{301}", "");
        check("a\n", "a");
        check("", "");
    }

    #[test]
    fn delete_and_steps_go_by_graphemes() {
        let mut composer = typed("👩‍🚀x");
        composer.edit(Edit::Home);
        assert!(composer.edit(Edit::Right));
        composer.edit(Edit::Insert("|".to_owned()));
        assert_eq!(composer.text(), "👩‍🚀|x");
        composer.edit(Edit::Home);
        composer.edit(Edit::Delete);
        assert_eq!(composer.text(), "|x");
    }

    #[test]
    fn delete_at_the_end_of_a_line_joins_the_next() {
        let mut composer = typed("ab\ncd");
        composer.edit(Edit::Up);
        composer.edit(Edit::End);
        composer.edit(Edit::Delete);
        assert_eq!(composer.text(), "abcd");
    }

    #[test]
    fn history_leafs_back_and_returns_to_the_draft() {
        let mut composer = Composer::default();
        composer.remember("one");
        composer.remember("two");
        composer.remember("one");
        assert_eq!(composer.history(), ["two", "one"]);
        composer.edit(Edit::Insert("draft".to_owned()));
        assert!(composer.history_previous());
        assert_eq!(composer.text(), "one");
        assert!(composer.history_previous());
        assert_eq!(composer.text(), "two");
        assert!(!composer.history_previous());
        assert!(composer.history_next());
        assert!(composer.history_next());
        assert_eq!(composer.text(), "draft");
        assert!(!composer.history_next());
    }

    #[test]
    fn rows_follow_the_wrapping() {
        assert_eq!(typed("").rows(10, 8), 1);
        assert_eq!(typed("hello world").rows(8, 8), 2);
        assert_eq!(typed("aaaaaaaaaaaaaaaaaaaaaaaaa").rows(10, 8), 3);
        assert_eq!(typed("a\nb\nc").rows(10, 2), 2);
    }

    #[test]
    fn what_is_typed_in_parts_stays_whole() {
        for text in [
            "👩\u{200d}🚀",
            "می\u{200c}خواهم",
            "❤\u{fe0f}",
            "क\u{94d}\u{200d}ष",
            "e\u{301}",
        ] {
            let mut composer = typed("first\n");
            for c in text.chars() {
                composer.edit(Edit::Insert(c.to_string()));
            }
            assert_eq!(composer.text(), format!("first\n{text}"));
        }
        let mut alone = typed("a");
        alone.edit(Edit::Insert("\u{200d}".to_owned()));
        alone.edit(Edit::Insert("\u{202e}".to_owned()));
        assert_eq!(alone.text(), "a⟨U+200D⟩⟨U+202E⟩");
    }

    #[test]
    fn a_joiner_is_forgotten_with_what_it_was_typed_after() {
        let joining = || {
            let mut composer = typed("👩");
            composer.edit(Edit::Insert("\u{200d}".to_owned()));
            composer
        };
        let mut other = joining();
        other.set_text("b");
        other.edit(Edit::Insert("c".to_owned()));
        let mut again = joining();
        again.edit(Edit::Backspace);
        again.edit(Edit::Undo);
        again.edit(Edit::Insert("👦".to_owned()));
        assert_eq!([other.text(), again.text()], ["bc", "👩👦"]);
    }

    #[test]
    fn control_characters_are_not_typed_into_the_text() {
        assert!(!typed("a\r\nb").text().contains('\r'));
    }
}
