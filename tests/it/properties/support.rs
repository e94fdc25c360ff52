//! The only places that grow a document or lay one out.
//!
//! What has to hold is said by the targets.

use std::sync::{Arc, LazyLock};

use waferdeck::markdown::{
    Ahead, Block, Body, Colours, Document, Highlighter, LayoutOptions, LongLines, Role, Row,
    layout, layout_text,
};

/// One set of grammars for all: loading it takes longer than most cases.
static HIGHLIGHTER: LazyLock<Highlighter> = LazyLock::new(Highlighter::new);

/// Where a text is cut: so many characters later, and whether a frame is drawn there.
pub(super) type Cuts = Vec<(usize, bool)>;

/// The document of a text that came at once.
pub(super) fn whole(source: &str) -> Document {
    grown([source], |_| true)
}

/// The document of a text that came in pieces, cut in characters, with a frame after some of them.
pub(super) fn streamed(source: &str, cuts: &[(usize, bool)]) -> Document {
    let mut rest = source;
    let mut frames = Vec::new();
    let pieces = cuts.iter().cycle().map_while(|(length, is_frame)| {
        let at = rest.char_indices().nth(*length).map_or(rest.len(), |c| c.0);
        let (piece, after) = rest.split_at(at);
        rest = after;
        frames.push(*is_frame);
        (!piece.is_empty()).then_some(piece)
    });
    let pieces: Vec<&str> = pieces.collect();
    grown(pieces, |index| frames[index])
}

/// The document of `pieces`, with a frame after those that `is_frame` names and after the end.
pub(super) fn grown<'a>(
    pieces: impl IntoIterator<Item = &'a str>,
    is_frame: impl Fn(usize) -> bool,
) -> Document {
    let mut document = Document::new();
    let mut settled: Vec<Block> = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        document.push(piece);
        if is_frame(index) {
            document.advance();
            assert_still_settled(&document, &mut settled);
        }
    }
    let generation = document.generation();
    document.finish();
    document.advance();
    if document.generation() == generation {
        assert_still_settled(&document, &mut settled);
    }
    assert_eq!(
        document.settled(),
        document.blocks().len(),
        "all of a finished document is settled"
    );
    document
}

/// The document of `pieces` that are read elsewhere: each begins a reading, goes on with one, or is glimpsed at.
/// `is_shown` sees every glimpse.
pub(super) fn read_elsewhere(
    source: &str,
    cuts: &[(usize, bool)],
    is_shown: impl Fn(&Document),
) -> Document {
    let mut document = Document::new();
    let mut away: Option<Ahead> = None;
    let mut spare = String::new();
    let mut rest = source;
    for (index, (length, is_frame)) in cuts.iter().cycle().enumerate() {
        let at = rest.char_indices().nth(*length).map_or(rest.len(), |c| c.0);
        let (piece, after) = rest.split_at(at);
        document.push(piece);
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(mut ahead) = away.take() else {
            if *is_frame {
                away = Some(document.ahead(std::mem::take(&mut spare)));
            } else {
                document.advance();
            }
            continue;
        };
        if *is_frame && !ahead.step() {
            spare = document.take_over(ahead);
            continue;
        }
        away = Some(ahead);
        document.glimpse(document.source().len() / (index % 3 + 1));
        is_shown(&document);
    }
    document.finish();
    if let Some(mut ahead) = away {
        while ahead.step() {}
        document.take_over(ahead);
    }
    // The text, then the links that it defines, then the blocks that they are in.
    while document.due() > 0 {
        let mut ahead = document.ahead(String::new());
        while ahead.step() {}
        document.take_over(ahead);
    }
    document
}

/// Settled blocks never change, but for what the columns of a table ask for. Looks at the last of those that were known,
/// and notes the new ones.
fn assert_still_settled(document: &Document, known: &mut Vec<Block>) {
    let now = &document.blocks()[..document.settled()];
    assert!(now.len() >= known.len(), "settled blocks went away");
    let recent = known.len().saturating_sub(4);
    assert!(
        without_columns(&now[recent..known.len()]) == without_columns(&known[recent..]),
        "a settled block changed"
    );
    known.extend_from_slice(&now[known.len()..]);
}

fn without_columns(blocks: &[Block]) -> Vec<Block> {
    let mut blocks = blocks.to_vec();
    for line in blocks.iter_mut().flat_map(|block| &mut block.lines) {
        if let Body::Table(table) = &mut line.body {
            table.columns = Arc::default();
        }
    }
    blocks
}

/// What a long text costs that comes `step` bytes at a time, with a frame after each: bytes of work per byte.
pub(super) fn work_per_byte(source: &str, step: usize) -> f64 {
    let mut document = Document::new();
    let mut rest = source;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(step.min(rest.len())));
        document.push(piece);
        document.advance();
        rest = after;
    }
    document.finish();
    document.advance();
    document.work() as f64 / document.source().len().max(1) as f64
}

/// All rows of a document, as a pane shows them.
pub(super) fn rows(document: &Document, columns: u16, options: LayoutOptions) -> Vec<Row> {
    let mut rows = Vec::new();
    for block in document.blocks() {
        if block.space_before {
            rows.push(Row::default());
        }
        rows.extend(layout(block, columns, &options, &Colours::default()));
    }
    rows
}

/// The rows of one block.
pub(super) fn block_rows(block: &Block, columns: u16) -> Vec<Row> {
    layout(block, columns, &full_width(columns), &Colours::default())
}

/// The rows of a text shown raw.
pub(super) fn raw_rows(source: &str, columns: u16, options: LayoutOptions) -> Vec<Row> {
    layout_text(source, 0, Role::Text, columns, &options)
}

/// Rows as wide as the pane; code that does not fit is wrapped.
pub(super) fn full_width(columns: u16) -> LayoutOptions {
    LayoutOptions {
        measure: columns,
        long_lines: LongLines::Wrap,
        line_numbers: false,
    }
}

/// The lines of `code` as a code block of `language` shows them in its colours, without its label.
pub(super) fn code_lines(language: &str, code: &str) -> Vec<String> {
    let longest = code.split(|c| c != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let document = whole(&format!("{fence}{language}\n{code}"));
    let mut highlighting = HIGHLIGHTER.begin(language);
    let mut shown: Vec<String> = Vec::new();
    for block in document.blocks() {
        for line in &block.lines {
            let Body::Code(code) = line.body else {
                continue;
            };
            let written = document.source().get(code.from..code.from + code.len);
            let written = written.expect("a place of the source");
            let mut colours = Colours::default();
            if code.begun == 0 {
                let roles = HIGHLIGHTER.line(&mut highlighting, written);
                let covered: usize = roles.iter().map(|run| run.len as usize).sum();
                assert_eq!(covered, written.len(), "roles of {written:?}");
                colours.put(code.block, code.number, [roles]);
                shown.push(String::new());
            }
            let alone = Block {
                lines: vec![line.clone()],
                ..block.clone()
            };
            let rows = layout(&alone, u16::MAX, &full_width(u16::MAX), &colours);
            let spans = rows.iter().flat_map(|row| &row.spans);
            let code = spans.filter(|span| matches!(span.style.role, Role::Code(_)));
            if let Some(last) = shown.last_mut() {
                last.extend(code.map(|span| &*span.text));
            }
        }
    }
    shown
}
