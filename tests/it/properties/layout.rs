//! The wrapper: every row fits every width, fills the cells it counts, and loses no word.
//!
//! Which words Markdown keeps is known because the texts here are built of words and nothing else.

use proptest::prelude::*;
use proptest::sample::select;
use waferdeck::markdown::{LayoutOptions, LongLines, Role, Row};

use super::generate;
use super::picture::assert_drawn;
use super::seeds::try_with;
use super::support::{full_width, raw_rows, rows, whole};

/// Rows of any text and words of plain text.
pub(super) fn target(seed: u64) {
    let any_rows = (generate::text(), 4..=200_u16, 4..=200_u16, any::<bool>());
    try_with(
        seed,
        40,
        &any_rows,
        |(source, columns, measure, line_numbers)| {
            let options = LayoutOptions {
                measure,
                long_lines: LongLines::Wrap,
                line_numbers,
            };
            let document = whole(&source);
            for columns in [columns, columns / 8 + 4, 4] {
                assert_drawn(&rows(&document, columns, options), columns);
                assert_drawn(&raw_rows(document.source(), columns, options), columns);
            }
        },
    );
    try_with(seed, 24, &(blocks(), 4..=200_u16), |(blocks, columns)| {
        check_words(&blocks, columns);
    });
}

/// Each width from the narrowest to a wide screen, with one text of every kind.
#[test]
fn every_width() {
    let source = generate::UNICODE.join(" ");
    let table = format!(
        "| {} |\n|{}\n| {} |\n",
        source.replace(['\n', '\r', '|'], " ").replace(' ', " | "),
        "-|".repeat(400),
        source.replace(['\n', '\r'], " ")
    );
    let sources = [
        source.clone(),
        format!("> - 1. {}\n", source.replace(['\n', '\r'], " ")),
        format!("```py\n{source}\n```\n"),
        table,
        format!(
            "# {}\n\n{}x\n\n---\n\n{}deep",
            "heading ".repeat(9),
            "> ".repeat(20),
            "- ".repeat(20)
        ),
    ];
    for source in sources {
        let document = whole(&source);
        for columns in 4..=200 {
            assert_drawn(&rows(&document, columns, full_width(columns)), columns);
        }
    }
}

/// Blocks that Markdown shows word by word.
#[derive(Clone, Debug)]
enum Words {
    Paragraph(Vec<String>),
    Heading(Vec<String>),
    Quote(Vec<String>),
    List(Vec<String>),
    Numbers(Vec<String>),
    Nested(Vec<String>),
    Code(Vec<String>),
    Table(Vec<String>),
    Display(Vec<String>),
    Formula(Vec<String>),
}

impl Words {
    fn words(&self) -> &[String] {
        match self {
            Self::Paragraph(words)
            | Self::Heading(words)
            | Self::Quote(words)
            | Self::List(words)
            | Self::Numbers(words)
            | Self::Nested(words)
            | Self::Code(words)
            | Self::Table(words)
            | Self::Display(words)
            | Self::Formula(words) => words,
        }
    }

    fn source(&self) -> String {
        let lines = |before: &str| -> String {
            let lines = self
                .words()
                .chunks(3)
                .map(|words| format!("{before}{}\n", words.join(" ")));
            lines.collect()
        };
        match self {
            Self::Paragraph(words) => {
                let marks = ["", "*", "**", "`", "~~"].iter().cycle();
                let marked = words
                    .iter()
                    .zip(marks)
                    .map(|(word, mark)| format!("{mark}{word}{mark}"));
                format!("{}\n", marked.collect::<Vec<_>>().join(" "))
            }
            Self::Heading(words) => format!("## {}\n", words.join(" ")),
            Self::Quote(_) => lines("> "),
            Self::List(_) => lines("- "),
            Self::Numbers(_) => lines("1. "),
            Self::Nested(words) => {
                let items = words.iter().enumerate();
                let item = |(depth, word)| format!("{}- `{word}`\n", "  ".repeat(depth % 12));
                items.map(item).collect()
            }
            Self::Display(_) => format!("\\[\n{}\\]\n", lines("- ")),
            Self::Formula(words) => format!("\\(*{}*\\)\n", words.join("_| `")),
            Self::Code(_) => format!("~~~rust\n{}~~~\n", lines("\t")),
            Self::Table(words) => {
                let row = |words: &[String]| format!("| {} |\n", words.join(" | "));
                let columns = words.len().min(3);
                let (header, cells) = words.split_at(columns);
                let rule = "|--:".repeat(columns);
                let cells: String = cells.chunks(columns).map(row).collect();
                format!("{}{rule}|\n{cells}", row(header))
            }
        }
    }
}

fn blocks() -> impl Strategy<Value = Vec<Words>> {
    let word = prop_oneof![
        6 => "[a-zA-Z][a-zA-Z0-9]{0,11}",
        1 => "[a-z]{40,90}",
        2 => select(&["漢字", "слово", "λέξη", "كلمة", "מילה", "한국어", "শ্রী", "ไทย", "𝒳", "ẞ", "ｶﾅ", "x\u{302}"][..])
            .prop_map(String::from),
    ];
    let words = prop::collection::vec(word, 1..24);
    let kind = select(
        &[
            Words::Paragraph as fn(Vec<String>) -> Words,
            Words::Heading,
            Words::Quote,
            Words::List,
            Words::Numbers,
            Words::Nested,
            Words::Code,
            Words::Table,
            Words::Display,
            Words::Formula,
        ][..],
    );
    prop::collection::vec((kind, words).prop_map(|(kind, words)| kind(words)), 1..8)
}

/// Every letter and figure is in the rows, in order; but for tables, whose cells stand side by side.
fn check_words(blocks: &[Words], columns: u16) {
    let source: Vec<String> = blocks.iter().map(Words::source).collect();
    let source = source.join("\n<!-- -->\n\n");
    let has_table = blocks.iter().any(|block| matches!(block, Words::Table(_)));
    // Narrower, three columns are not all shown.
    let columns = if has_table { columns.max(20) } else { columns };
    let letters = blocks
        .iter()
        .flat_map(Words::words)
        .flat_map(|word| word.chars());
    let mut expected: Vec<char> = letters.filter(|c| c.is_alphanumeric()).collect();
    let mut shown = letters_of(&rows(&whole(&source), columns, full_width(columns)));
    if has_table {
        expected.sort_unstable();
        shown.sort_unstable();
    }
    let [expected, shown] = [expected, shown].map(String::from_iter);
    assert_eq!(shown, expected, "at {columns} columns of {source}");
}

/// Letters and figures of the text itself, without the marks that stand beside it and the names that each record of a
/// table repeats.
fn letters_of(rows: &[Row]) -> Vec<char> {
    let spans = rows.iter().flat_map(|row| &row.spans);
    let spans = spans.filter(|span| match span.style.role {
        Role::ListMarker | Role::CodeLabel => false,
        Role::TableHeader => span.from.is_some(),
        _ => true,
    });
    let letters = spans.flat_map(|span| span.text.chars());
    letters.filter(|c| c.is_alphanumeric()).collect()
}
