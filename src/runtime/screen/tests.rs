//! Frames as an emulator sees them: whatever stood there before, the new picture comes out, and nothing needless is
//! written.

use std::num::NonZeroU16;

use proptest::{prelude::*, sample::select};
use ratatui::{
    buffer::{Buffer, Cell, CellWidth},
    layout::{Position, Rect},
    style::{Color, Modifier, Style},
};

use super::Painter;
use crate::ui::Marks;

mod links;

const WIDTH: u16 = 40;
const HEIGHT: u16 = 8;

fn empty() -> Buffer {
    Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT))
}

/// A terminal and the painter that draws on it.
struct Desk {
    painter: Painter,
    terminal: vt100::Parser,
}

impl Desk {
    fn new() -> Self {
        let size = |cells| NonZeroU16::new(cells).expect("a size");
        let mut terminal = vt100::Parser::new(size(HEIGHT), size(WIDTH), 0);
        terminal.process("what the shell left here ".repeat(20).as_bytes());
        Self {
            painter: Painter::default(),
            terminal,
        }
    }

    /// Draws; the result is what was written.
    fn draw(&mut self, buffer: &Buffer, marks: Marks) -> String {
        let mut out = Vec::new();
        let mut buffer = buffer.clone();
        self.painter.paint(&mut buffer, marks, &mut out);
        assert_eq!(
            buffer,
            Buffer::empty(buffer.area),
            "room for the next frame"
        );
        self.terminal.process(&out);
        String::from_utf8(out).expect("text")
    }

    fn draw_plain(&mut self, buffer: &Buffer) -> String {
        self.draw(buffer, Marks::default())
    }

    /// Compares what the terminal shows with what was drawn.
    fn check(&self, buffer: &Buffer, cursor: Option<Position>) {
        let screen = self.terminal.screen();
        for y in 0..HEIGHT {
            let mut x = 0;
            while x < WIDTH {
                let cell = &buffer[(x, y)];
                let seen = screen.cell(y, x).expect("a cell");
                let columns = cell.cell_width().max(1);
                // The emulator takes most clusters apart; that only they look so is what is tested.
                let is_cluster = cell.symbol().chars().nth(1).is_some();
                if !is_cluster || cell.symbol() == "e\u{301}" {
                    assert_eq!(look(cell), seen_look(seen), "at {x}, {y}");
                }
                x += columns;
            }
        }
        let place = (!screen.hide_cursor()).then(|| screen.cursor_position());
        let place = place.map(|(y, x)| Position::new(x, y));
        assert_eq!(place, cursor, "the cursor");
    }
}

type Look = (String, vt100::Color, vt100::Color, [bool; 5]);

/// What can be seen of a cell. Of a blank neither the foreground nor the weight.
fn look(cell: &Cell) -> Look {
    let has = |modifier| cell.modifier.contains(modifier);
    let flags = [
        Modifier::UNDERLINED,
        Modifier::REVERSED,
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::ITALIC,
    ]
    .map(has);
    seen(cell.symbol(), colour(cell.fg), colour(cell.bg), flags)
}

fn seen_look(cell: &vt100::Cell) -> Look {
    let flags = [
        cell.underline(),
        cell.inverse(),
        cell.bold(),
        cell.dim(),
        cell.italic(),
    ];
    seen(cell.contents(), cell.fgcolor(), cell.bgcolor(), flags)
}

fn seen(symbol: &str, fg: vt100::Color, bg: vt100::Color, flags: [bool; 5]) -> Look {
    let [underline, inverse, ..] = flags;
    if symbol.trim().is_empty() && !underline && !inverse {
        return (" ".to_owned(), vt100::Color::Default, bg, [false; 5]);
    }
    let symbol = if symbol.is_empty() { " " } else { symbol };
    (symbol.to_owned(), fg, bg, flags)
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(i) => vt100::Color::Idx(i),
        Color::Red => vt100::Color::Idx(1),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::White => vt100::Color::Idx(15),
        other => panic!("{other:?} is not among the colours drawn with"),
    }
}

fn colours() -> impl Strategy<Value = Color> {
    select(vec![
        Color::Reset,
        Color::Reset,
        Color::Red,
        Color::DarkGray,
        Color::White,
        Color::Indexed(3),
        Color::Indexed(200),
        Color::Rgb(1, 20, 255),
        Color::Rgb(0, 0, 0),
    ])
}

fn styles() -> impl Strategy<Value = Style> {
    let modifiers = select(vec![
        Modifier::empty(),
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::BOLD | Modifier::ITALIC,
        Modifier::UNDERLINED,
        Modifier::REVERSED | Modifier::DIM,
        Modifier::CROSSED_OUT,
    ]);
    (colours(), colours(), modifiers).prop_map(|(fg, bg, modifier)| {
        let style = Style::new().fg(fg).bg(bg).add_modifier(modifier);
        style.underline_color(Color::Indexed(9))
    })
}

/// Pieces of text, most of them plain, as a screen has them.
fn texts() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "word",
        " ",
        "a",
        "      ",
        "fn main()",
        "│",
        "─▏█",
        "漢字",
        "ｶﾞ",
        "é",
        "e\u{301}",
        "🦀",
        "⭐",
        "✔",
        "👩‍👩‍👧",
        "🇫🇷",
        "❤\u{fe0f}",
        "한국",
        "                      ",
    ]);
    prop::collection::vec(pieces, 1..4).prop_map(|pieces| pieces.concat())
}

/// A picture of texts. Joined emoji stay away from the right edge, where this emulator would break the row.
fn pictures() -> impl Strategy<Value = Buffer> {
    let texts = prop::collection::vec((texts(), 0..HEIGHT, 0..WIDTH, styles()), 0..14);
    texts.prop_map(|texts| {
        let mut buffer = empty();
        for (text, y, x, style) in texts {
            let is_joined = text.contains(['\u{200d}', '\u{1f1eb}', '\u{fe0f}']);
            let x = if is_joined { x.min(8) } else { x };
            let room = if is_joined { 18 } else { 40 };
            buffer.set_stringn(x, y, text, room, style);
        }
        // The emulator has bold or dim, never both.
        for cell in &mut buffer.content {
            if cell.modifier.contains(Modifier::BOLD) {
                cell.modifier.remove(Modifier::DIM);
            }
        }
        buffer
    })
}

fn cursors() -> impl Strategy<Value = Option<Position>> {
    prop::option::of((0..WIDTH, 0..HEIGHT).prop_map(Position::from))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_picture_comes_out_of_every_other(
        frames in prop::collection::vec((pictures(), cursors()), 2..5),
    ) {
        let mut desk = Desk::new();
        for (buffer, cursor) in frames {
            let marks = || Marks { cursor, links: Vec::new() };
            desk.draw(&buffer, marks());
            desk.check(&buffer, cursor);
            prop_assert_eq!(desk.draw(&buffer, marks()), "", "the same picture again");
        }
    }

    #[test]
    fn a_small_change_of_a_picture_comes_out(
        mut buffer in pictures(),
        edits in prop::collection::vec((texts(), 0..HEIGHT, 0_u16..20, styles()), 1..4),
    ) {
        let mut desk = Desk::new();
        desk.draw_plain(&buffer);
        for (text, y, x, style) in edits {
            let text = text.replace(['\u{200d}', '\u{fe0f}'], "");
            let style = style.remove_modifier(Modifier::BOLD);
            buffer.set_stringn(x, y, text, 8, style);
            desk.draw_plain(&buffer);
            desk.check(&buffer, None);
        }
    }
}

/// What a second frame costs.
fn second(first: &Buffer, then: &Buffer) -> String {
    let mut desk = Desk::new();
    desk.draw_plain(first);
    let written = desk.draw_plain(then);
    desk.check(then, None);
    let written = written.strip_prefix("\u{1b}[?2026h").expect("a begin");
    let written = written.strip_suffix("\u{1b}[?2026l").expect("an end");
    written.replace('\u{1b}', "^")
}

fn drawn(texts: &[(u16, u16, &str, Style)]) -> Buffer {
    let mut buffer = empty();
    for &(x, y, text, style) in texts {
        buffer.set_string(x, y, text, style);
    }
    buffer
}

#[test]
fn as_few_bytes_as_will_do() {
    let plain = Style::new();
    let red = plain.fg(Color::Red);
    let bold = red.add_modifier(Modifier::BOLD);
    let one = |x, text, style| drawn(&[(x, 1, text, style)]);
    let check = |first: &Buffer, then: &Buffer, expected: &str| {
        assert_eq!(second(first, then), expected);
    };
    check(&empty(), &one(0, "word", plain), "^[2Hword");
    check(&one(0, "word", plain), &one(0, "ward", plain), "^[2;2Ha");
    // Over a short way the same cells again, over a long one a move.
    check(
        &one(0, "a bc d", plain),
        &one(0, "A bc D", plain),
        "^[2HA^[4CD",
    );
    check(
        &one(0, "a b d", plain),
        &one(0, "A b D", plain),
        "^[2HA b D",
    );
    // A blank needs no colour.
    check(&empty(), &one(0, "a b", red), "^[2H^[31ma b^[m");
    let two = drawn(&[(0, 1, "a", bold), (1, 1, "b", red), (2, 1, "c", plain)]);
    check(&empty(), &two, "^[2H^[1;31ma^[22mb^[mc");
    let long = "twenty and some letters";
    check(&one(0, long, plain), &one(0, "tw", plain), "^[2;3H^[K");
    let apart = format!("a{}b", " ".repeat(20));
    let dots = format!("a{}b", ".".repeat(20));
    check(&one(0, &dots, plain), &one(0, &apart, plain), "^[2;2H^[20X");
    // With a colour behind, terminals differ about what is erased to.
    let blue = plain.bg(Color::Rgb(0, 0, 9));
    check(
        &empty(),
        &one(0, "      ", blue),
        "^[2H^[48;2;0;0;9m      ^[m",
    );
    let next = drawn(&[(0, 1, "a", plain), (0, 2, "b", plain)]);
    check(&empty(), &next, "^[2Ha\r\nb");
    check(&one(0, "漢字", plain), &one(0, "漢a", plain), "^[2;3Ha ");
}

#[test]
fn a_row_with_clusters_is_written_whole_and_only_when_it_changes() {
    let row = |text: &str| drawn(&[(0, 1, text, Style::new())]);
    let written = second(&row("👩‍👩‍👧 and more"), &row("👩‍👩‍👧 and mare"));
    assert!(written.contains("👩‍👩‍👧"), "{written}");
    let written = second(&row("👩‍👩‍👧 and more"), &row("plain"));
    assert!(written.contains("^[2Hplain^[K"), "{written}");
    let written = second(&row("👩‍👩‍👧"), &row("👩‍👩‍👦"));
    assert!(written.contains("👩‍👩‍👦"), "{written}");
    let other = drawn(&[(0, 1, "👩‍👩‍👧", Style::new()), (0, 5, "else", Style::new())]);
    let written = second(&row("👩‍👩‍👧"), &other);
    assert!(!written.contains("👩‍👩‍👧"), "{written}");
}

#[test]
fn nothing_that_drives_a_terminal_leaves_a_cell() {
    let mut buffer = empty();
    buffer[(0, 0)].set_symbol("\u{7}");
    buffer[(1, 0)].set_symbol("\u{9b}");
    buffer[(2, 0)].set_symbol("a\u{1b}[31m");
    buffer[(3, 0)].set_symbol("\u{301}");
    buffer[(4, 0)].set_symbol("\u{10ffff}");
    buffer[(39, 0)].set_symbol("漢");
    let mut desk = Desk::new();
    let written = desk.draw_plain(&buffer);
    assert!(!written.contains("[31m"), "{written:?}");
    let controls = written.chars().filter(|c| c.is_control() && *c != '\u{1b}');
    assert_eq!(controls.collect::<String>(), "");
    assert_eq!(
        desk.terminal
            .screen()
            .cell(1, 0)
            .expect("a cell")
            .contents(),
        ""
    );
}

#[test]
fn only_the_cursor_moves_where_only_the_cursor_moved() {
    let buffer = drawn(&[(0, 0, "text", Style::new())]);
    let at = |place: Option<(u16, u16)>| Marks {
        cursor: place.map(Position::from),
        links: Vec::new(),
    };
    let mut desk = Desk::new();
    desk.draw(&buffer, at(Some((1, 0))));
    let between = |written: String| {
        let (_, rest) = written.split_once("2026h").expect("a begin");
        let (rest, _) = rest.split_once("\u{1b}[?2026l").expect("an end");
        rest.replace('\u{1b}', "^")
    };
    assert_eq!(between(desk.draw(&buffer, at(Some((2, 0))))), "^[1;3H");
    assert_eq!(between(desk.draw(&buffer, at(None))), "^[?25l");
    assert_eq!(between(desk.draw(&buffer, at(Some((0, 0))))), "^[1H^[?25h");
    assert_eq!(desk.draw(&buffer, at(Some((0, 0)))), "");
}

#[test]
fn what_was_forgotten_is_written_anew() {
    let buffer = drawn(&[(0, 0, "text", Style::new())]);
    let mut desk = Desk::new();
    desk.draw_plain(&buffer);
    desk.terminal.process(b"\x1b[Hscrawl all over");
    desk.painter.forget();
    desk.draw_plain(&buffer);
    desk.check(&buffer, None);
    let wider = Buffer::empty(Rect::new(0, 0, WIDTH + 2, HEIGHT));
    assert!(desk.draw_plain(&wider).contains("\u{1b}[2J"));
}
