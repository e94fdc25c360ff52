//! Links of a frame: exactly their cells lead somewhere, and an emulator without links is told colours in their place.

use super::*;
use crate::ui::LinkSpan;

const TARGETS: [&str; 2] = ["https://a.example", "https://b.example"];

/// A terminal that shows where a link leads, as the colour of its cells, and no other colour.
struct LinkDesk {
    painter: Painter,
    terminal: vt100::Parser,
}

impl LinkDesk {
    fn new() -> Self {
        let Desk { painter, terminal } = Desk::new();
        Self { painter, terminal }
    }

    fn draw(&mut self, buffer: &Buffer, links: Vec<LinkSpan>) {
        let mut out = Vec::new();
        let marks = Marks {
            cursor: None,
            links,
        };
        self.painter.paint(&mut buffer.clone(), marks, &mut out);
        let written = String::from_utf8(out).expect("text");
        self.terminal.process(as_colours(&written).as_bytes());
    }

    fn check(&self, links: &[LinkSpan]) {
        for (y, x) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (y, x))) {
            let link = links.iter().find(|l| l.y == y && l.covers(x.into()));
            let target = link.and_then(|l| TARGETS.iter().position(|t| **t == **l.target()));
            let expected = target.map_or(vt100::Color::Default, |t| {
                vt100::Color::Idx(u8::try_from(t).expect("few"))
            });
            let seen = self.terminal.screen().cell(y, x).expect("a cell");
            assert_eq!(seen.fgcolor(), expected, "the link at {x}, {y}");
        }
    }
}

/// What was written, with links for colours.
fn as_colours(written: &str) -> String {
    let mut text = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        rest = if let Some(link) = after.strip_prefix("]8;") {
            let (link, rest) = link.split_once("\u{1b}\\").expect("an end");
            let (_, target) = link.split_once(';').expect("parameters");
            let target = TARGETS.iter().position(|t| *t == target);
            text.push_str("\u{1b}[");
            text.push_str(&target.map_or("39".to_owned(), |t| format!("3{t}")));
            text.push('m');
            rest
        } else {
            let end = after
                .find(|c: char| c.is_ascii_alphabetic())
                .expect("an end");
            let (sequence, rest) = after.split_at(end + 1);
            if !sequence.ends_with('m') {
                text.push('\u{1b}');
                text.push_str(sequence);
            }
            rest
        };
    }
    text + rest
}

/// Links of a frame; none lies over another.
fn links() -> impl Strategy<Value = Vec<LinkSpan>> {
    let link = (0..HEIGHT, 0..WIDTH - 1, 1_u16..20, select(TARGETS.to_vec()));
    prop::collection::vec(link, 0..6).prop_map(|links| {
        let mut taken: Vec<LinkSpan> = Vec::new();
        for (y, x, columns, target) in links {
            let x = x..(x + columns).min(WIDTH);
            let is_free = |l: &LinkSpan| l.y != y || l.x.end <= x.start || x.end <= l.x.start;
            if taken.iter().all(is_free) {
                taken.extend(LinkSpan::new(y, x, target));
            }
        }
        taken
    })
}

/// A picture of narrow letters alone.
fn narrow() -> impl Strategy<Value = Buffer> {
    let text = select(vec![
        "word",
        "a b",
        "fn main() { }",
        "─│",
        "              x",
        "é",
    ]);
    prop::collection::vec((text, 0..HEIGHT, 0..WIDTH, styles()), 0..14).prop_map(|texts| {
        let mut buffer = empty();
        for (text, y, x, style) in texts {
            buffer.set_stringn(x, y, text, 40, style);
        }
        buffer
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn exactly_the_cells_of_links_lead_somewhere(
        frames in prop::collection::vec((narrow(), links()), 2..5),
    ) {
        let mut desk = LinkDesk::new();
        for (buffer, links) in frames {
            desk.draw(&buffer, links.clone());
            desk.check(&links);
        }
    }
}

#[test]
fn links_open_before_their_cells_and_close_after_them() {
    let buffer = drawn(&[(0, 1, "see here or there", Style::new())]);
    let link = |x, target| LinkSpan::new(1, x, target).expect("a link");
    let marks = |links: Vec<LinkSpan>| Marks {
        cursor: None,
        links,
    };
    let shown = |written: String| {
        let ids = written.split("id=").count() - 1;
        let mut plain = written.replace("\u{1b}\\", "|").replace('\u{1b}', "^");
        for _ in 0..ids {
            let (before, after) = plain.split_once("id=").expect("an id");
            plain = format!("{before}{}", after.trim_start_matches(|c| c != ';'));
        }
        plain
    };
    let mut desk = Desk::new();
    let (a, b) = ("https://a.example", "https://b.example");
    let both = vec![link(12..17, b), link(4..8, a)];
    let written = shown(desk.draw(&buffer, marks(both.clone())));
    let expected = "see^[C^]8;;https://a.example|here^]8;;| or ^]8;;https://b.example|there^]8;;|";
    assert!(written.contains(expected), "{written}");
    assert_eq!(desk.draw(&buffer, marks(both)), "");
    // Another target is another picture, although the letters stay.
    let written = shown(desk.draw(&buffer, marks(vec![link(4..8, b)])));
    assert!(
        written.contains("^]8;;https://b.example|here^]8;;|"),
        "{written}"
    );
    assert!(written.contains("there"), "no longer a link: {written}");
    let written = shown(desk.draw(&buffer, marks(Vec::new())));
    assert!(written.contains("here"), "{written}");
    assert!(!written.contains("]8;"), "{written}");
    desk.check(&buffer, None);
}
