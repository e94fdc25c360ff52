//! What went over the wire for one answer, as a reader goes through it: three pages of lines, a place in each, and what is
//! looked for.
//!
//! Lines are made when an exchange comes; rows depend on the width that the view had last.

mod lines;

use std::ops::Range;
use std::time::Duration;

use crate::{
    chat::{AnswerId, Exchange},
    text,
};

/// Characters of a query; more would make every frame slow.
const MAX_QUERY: usize = 256;
/// Columns by which the further rows of a line are moved in.
pub const INDENT: usize = 2;

/// The inspector of one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspector {
    /// The answer.
    pub answer: AnswerId,
    /// What was recorded, once that is known.
    pub state: Inspected,
    /// The page that is shown.
    pub page: InspectPage,
    /// What is looked for.
    pub query: String,
    /// Keys go into the query.
    pub is_typed: bool,
    /// When it was last looked at.
    pub looked: Duration,
    /// The look has not come back.
    pub is_looking: bool,
    /// The answer was still running then.
    pub was_live: bool,
    pages: [Page; 3],
}

/// What is known of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// Nothing yet.
    Waiting,
    /// It is not kept, or never was.
    Gone,
    /// It is here.
    Here,
}

/// The pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InspectPage {
    /// The request as it was sent.
    Request,
    /// The reply as it came.
    Response,
    /// Every attempt.
    Attempts,
}

impl InspectPage {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Request, Self::Response, Self::Attempts];

    /// Its name on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Attempts => "attempts",
        }
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// What stands above others.
    Heading,
    /// A header, with so many bytes of name.
    Header(usize),
    /// Text as it went over the wire.
    Text,
    /// The first line of an event of this number, with so many bytes before what went over the wire.
    Event(u64, usize),
    /// Something of ours.
    Note,
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectLine {
    /// What it is.
    pub kind: LineKind,
    /// Safe to draw.
    pub text: String,
}

/// Where a reader is: a line, and the row of it at the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    line: usize,
    row: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Page {
    lines: Vec<InspectLine>,
    top: Place,
    /// The last row stays in sight.
    follows: bool,
}

/// Columns and rows for text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

impl Inspector {
    /// Nothing is known yet of this answer.
    pub fn new(answer: AnswerId) -> Self {
        Self {
            answer,
            state: Inspected::Waiting,
            page: InspectPage::Request,
            query: String::new(),
            is_typed: false,
            looked: Duration::ZERO,
            is_looking: true,
            was_live: true,
            pages: <[Page; 3]>::default(),
        }
    }

    /// Takes what was recorded so far. A reader stays at the event that is being read.
    pub fn take(&mut self, exchange: Option<&Exchange>) {
        let Some(exchange) = exchange else {
            self.state = Inspected::Gone;
            return;
        };
        self.state = Inspected::Here;
        for (page, which) in self.pages.iter_mut().zip(InspectPage::ALL) {
            page.set(lines::of(exchange, which, self.was_live));
        }
    }

    /// The lines of the page that is shown.
    pub fn lines(&self) -> &[InspectLine] {
        &self.shown().lines
    }

    /// The page that is shown, as one text.
    pub fn text(&self) -> String {
        let lines = self.lines().iter();
        lines.flat_map(|line| [&*line.text, "\n"]).collect()
    }

    /// The line at the top and the row of it, the rows before it and all rows, in this room.
    pub fn place(&self, room: Room) -> (usize, usize, usize, usize) {
        let page = self.shown();
        let (before, all) = page.seen(room);
        let Place { line, row } = page.place_of(before, room);
        (line, row, before, all)
    }

    /// Goes on to the next page, or back to the one before.
    pub fn turn(&mut self, by: usize) {
        let pages = InspectPage::ALL;
        let at = pages.iter().position(|p| *p == self.page).unwrap_or(0);
        let next = pages.get((at + by) % pages.len());
        self.page = next.copied().unwrap_or(self.page);
    }

    /// Moves by rows, to the first or the last one at most.
    pub fn scroll(&mut self, by: isize, room: Room) {
        let page = self.shown_mut();
        let (before, all) = page.seen(room);
        let last = all.saturating_sub(room.rows);
        let to = before.saturating_add_signed(by).min(last);
        page.top = page.place_of(to, room);
        page.follows = by > 0 && to == last;
    }

    /// Looks for something else.
    pub fn set_query(&mut self, query: &str) {
        self.query = query.chars().take(MAX_QUERY).collect();
    }

    /// How many lines of the page hold what is looked for.
    pub fn found(&self) -> usize {
        let needle = self.needle();
        let lines = self.lines().iter();
        lines
            .filter(|line| !places(&line.text, &needle).is_empty())
            .count()
    }

    /// Goes to the next line that holds what is looked for, or to the one before; `from_here` may find the one at the
    /// top. False where there is none.
    pub fn jump(&mut self, forwards: bool, from_here: bool, room: Room) -> bool {
        let needle = self.needle();
        let page = self.shown_mut();
        let count = page.lines.len();
        // Nothing of it is here, or not yet.
        if count == 0 {
            return false;
        }
        let start = page.top.line;
        // The one at the top comes last, both ways.
        let step = |i: usize| {
            if forwards {
                start + i
            } else {
                start + count - i
            }
        };
        let mut order: Vec<usize> = (1..=count).map(|i| step(i) % count).collect();
        if from_here {
            order.rotate_right(1);
        }
        let hit = |line: &usize| {
            let text = &page.lines.get(*line)?.text;
            places(text, &needle)
                .first()
                .map(|place| (*line, place.start))
        };
        let Some((line, at)) = order.iter().find_map(hit) else {
            return false;
        };
        let text = page.lines.get(line).map_or("", |l| l.text.as_str());
        let rows = wrapped(text, room.columns);
        let row = rows.iter().rposition(|row| row.start <= at).unwrap_or(0);
        page.top = Place { line, row };
        page.follows = false;
        true
    }

    /// What is looked for, in lower case.
    pub fn needle(&self) -> String {
        self.query.to_lowercase()
    }

    fn index(&self) -> usize {
        let mut pages = InspectPage::ALL.iter();
        pages.position(|p| *p == self.page).unwrap_or(0)
    }

    fn shown(&self) -> &Page {
        let [first, ..] = &self.pages;
        self.pages.get(self.index()).unwrap_or(first)
    }

    fn shown_mut(&mut self) -> &mut Page {
        let at = self.index();
        let [request, response, attempts] = &mut self.pages;
        match at {
            0 => request,
            1 => response,
            _ => attempts,
        }
    }
}

impl Page {
    fn set(&mut self, lines: Vec<InspectLine>) {
        let number = |line: &InspectLine| match line.kind {
            LineKind::Event(number, _) => Some(number),
            _ => None,
        };
        let at_top = self.lines.get(self.top.line).and_then(number);
        self.lines = lines;
        if let Some(at_top) = at_top.filter(|_| !self.follows) {
            // Events before it may be gone by now, and it itself.
            let mut lines = self.lines.iter();
            let still = lines.position(|line| number(line).is_some_and(|n| n >= at_top));
            self.top.line = still.unwrap_or(self.top.line);
        }
    }

    /// Rows before the first one that is shown, and all rows.
    fn seen(&self, room: Room) -> (usize, usize) {
        let (before, all) = self.rows(room);
        let last = all.saturating_sub(room.rows);
        (if self.follows { last } else { before.min(last) }, all)
    }

    /// Rows before the top, and all rows.
    fn rows(&self, room: Room) -> (usize, usize) {
        let (mut before, mut all) = (0, 0);
        for (at, line) in self.lines.iter().enumerate() {
            let rows = rows_of(&line.text, room.columns);
            if at < self.top.line {
                before += rows;
            } else if at == self.top.line {
                before += self.top.row.min(rows - 1);
            }
            all += rows;
        }
        (before, all)
    }

    /// The place with so many rows before it.
    fn place_of(&self, rows: usize, room: Room) -> Place {
        let mut left = rows;
        for (line, text) in self.lines.iter().enumerate() {
            let rows = rows_of(&text.text, room.columns);
            if left < rows {
                return Place { line, row: left };
            }
            left -= rows;
        }
        Place {
            line: self.lines.len().saturating_sub(1),
            row: 0,
        }
    }
}

/// The rows of a line, as bytes of it; further rows are moved in. There is at least one.
pub fn wrapped(text: &str, columns: usize) -> Vec<Range<usize>> {
    let (first, further) = (columns.max(1), columns.saturating_sub(INDENT).max(1));
    let mut rows = Vec::new();
    let (mut start, mut at, mut used) = (0, 0, 0);
    for (grapheme, width) in text::graphemes(text) {
        let room = if rows.is_empty() { first } else { further };
        if used + width > room && at > start {
            rows.push(start..at);
            (start, used) = (at, 0);
        }
        at += grapheme.len();
        used += width;
    }
    rows.push(start..text.len());
    rows
}

/// How many those are.
fn rows_of(line: &str, columns: usize) -> usize {
    if !line.is_ascii() {
        return wrapped(line, columns).len();
    }
    let behind_first = line.len().saturating_sub(columns.max(1));
    1 + behind_first.div_ceil(columns.saturating_sub(INDENT).max(1))
}

/// Where `needle`, which is in lower case, stands in `text`.
pub fn places(text: &str, needle: &str) -> Vec<Range<usize>> {
    if needle.is_empty() {
        return Vec::new();
    }
    let lower = text.to_lowercase();
    // Letters whose lower case has another length move what is behind them: then the whole line is the place.
    let moves = |c: char| c.to_lowercase().map(char::len_utf8).sum::<usize>() != c.len_utf8();
    if text.chars().any(moves) {
        let whole = lower.contains(needle).then_some(0..text.len());
        return whole.into_iter().collect();
    }
    let found = lower.match_indices(needle);
    found.map(|(at, part)| at..at + part.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{IdSource, RawEvent, RawPart, ReplyHead, SentRequest, Timestamp, Trial};

    const ROOM: Room = Room {
        columns: 40,
        rows: 5,
    };

    fn exchange(numbers: impl Iterator<Item = u64>) -> Exchange {
        let event = |number| {
            RawPart::Event(RawEvent {
                number,
                at: Duration::from_millis(number),
                bytes: 20,
                lines: vec![format!("data: event {number}, {}", "x".repeat(40))],
            })
        };
        Exchange {
            id: "0badcafe".to_owned(),
            profile: "fast".to_owned(),
            request: SentRequest {
                line: "POST http://h/v1/chat/completions".to_owned(),
                headers: vec![("accept".to_owned(), "text/event-stream".to_owned())],
                body: vec![
                    "{".to_owned(),
                    "  \"model\": \"m\"".to_owned(),
                    "}".to_owned(),
                ],
                bytes: 13,
            },
            attempts: vec![Trial {
                number: 1,
                head: Some(ReplyHead {
                    version: "HTTP/1.1".to_owned(),
                    status: 200,
                    ..ReplyHead::default()
                }),
                parts: numbers.map(event).collect(),
                bytes: 1_000,
                ended: None,
            }],
            left_out: 0,
        }
    }

    fn inspector(events: u64) -> Inspector {
        let answer = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let mut inspector = Inspector::new(answer);
        inspector.take(Some(&exchange(1..=events)));
        inspector.turn(1);
        inspector
    }

    fn top(inspector: &Inspector) -> &str {
        let (line, ..) = inspector.place(ROOM);
        &inspector.lines()[line].text
    }

    #[test]
    fn lines_wrap_and_all_of_them_is_there() {
        for (text, columns, expected) in [
            ("", 10, vec![""]),
            ("abcdefghij", 10, vec!["abcdefghij"]),
            ("abcdefghijk", 10, vec!["abcdefghij", "k"]),
            ("日本語", 4, vec!["日本", "語"]),
            ("ab", 1, vec!["a", "b"]),
            ("ab", 0, vec!["a", "b"]),
        ] {
            let rows = wrapped(text, columns);
            let shown: Vec<_> = rows.into_iter().map(|r| text.get(r).unwrap()).collect();
            assert_eq!(shown, expected, "{text}");
        }
        for length in 0..60 {
            let text = "x".repeat(length);
            for columns in 0..12 {
                assert_eq!(rows_of(&text, columns), wrapped(&text, columns).len());
            }
        }
    }

    #[test]
    fn scrolling_stops_at_both_ends_and_the_end_is_followed() {
        let mut inspector = inspector(50);
        inspector.scroll(-3, ROOM);
        assert_eq!(inspector.place(ROOM).2, 0);
        inspector.scroll(isize::MAX, ROOM);
        let (_, _, before, all) = inspector.place(ROOM);
        assert_eq!(before + ROOM.rows, all);
        inspector.take(Some(&exchange(1..=80)));
        let (_, _, before, all) = inspector.place(ROOM);
        assert_eq!(before + ROOM.rows, all, "it grew, and the end is shown");
        inspector.scroll(-1, ROOM);
        let read = top(&inspector).to_owned();
        inspector.take(Some(&exchange(1..=99)));
        assert_eq!(top(&inspector), read);
    }

    #[test]
    fn what_is_read_stays_where_it_is_when_events_before_it_go() {
        let mut inspector = inspector(50);
        assert!(!inspector.jump(true, true, ROOM));
        inspector.set_query("EVENT 40,");
        assert!(inspector.jump(true, true, ROOM));
        assert!(top(&inspector).contains("event 40,"));
        let some = (1..=5).chain(30..=90);
        inspector.take(Some(&exchange(some)));
        assert!(top(&inspector).contains("event 40,"), "{}", top(&inspector));
        inspector.take(Some(&exchange(60..=120)));
        assert!(top(&inspector).contains("event 60,"), "{}", top(&inspector));
    }

    #[test]
    fn what_is_looked_for_is_gone_to_in_turn_and_both_ways() {
        let mut inspector = inspector(30);
        inspector.set_query("event 1");
        assert_eq!(inspector.found(), 11);
        let mut seen = Vec::new();
        for forwards in [true, true, false, false, false, true] {
            assert!(inspector.jump(forwards, false, ROOM));
            let text = top(&inspector);
            let (_, event) = text.split_once("data: ").unwrap();
            seen.push(event.split(',').next().unwrap().to_owned());
        }
        let expected = ["1", "10", "1", "19", "18", "19"].map(|n| format!("event {n}"));
        assert_eq!(seen, expected);
        inspector.set_query("nowhere");
        assert!(!inspector.jump(true, true, ROOM));
        inspector.turn(2);
        assert_eq!(inspector.page, InspectPage::Request);
        assert!(
            inspector
                .text()
                .starts_with("POST http://h/v1/chat/completions\naccept: ")
        );
    }

    #[test]
    fn places_are_bytes_of_the_text() {
        assert_eq!(places("aXbx", "x"), [1..2, 3..4]);
        assert_eq!(places("ÄäÄ", "ä"), [0..2, 2..4, 4..6]);
        let whole = places("İx", "x");
        assert_eq!(
            (whole.len(), whole[0].end),
            (1, 3),
            "its lower case is longer"
        );
        let evened = places("İxẞ", "x");
        assert_eq!(
            (evened.len(), evened[0].end),
            (1, 6),
            "one is longer, one shorter"
        );
        assert_eq!(places("abc", ""), [0..0; 0]);
    }
}
