//! Markdown as a whole: any split gives the same blocks, rows fit, and a token costs the same however much came before.
//! What one room of it does is tried beside that room.

use std::sync::Arc;

use proptest::prelude::*;

use super::split::Opening;
use super::*;

mod away;
mod cells;
mod code;
mod costs;
mod definitions;
mod found;
mod hostile;
mod latex;
mod looks;
mod tables;

fn whole(source: &str) -> Document {
    let mut document = Document::new();
    document.push(source);
    document.finish();
    document.advance();
    document
}

/// The rows of a document with its empty rows, one per line.
fn picture(document: &Document, columns: u16) -> String {
    let mut out = String::new();
    for block in document.blocks() {
        if block.space_before {
            out.push('\n');
        }
        for row in layout(
            block,
            columns,
            &LayoutOptions::default(),
            &Colours::default(),
        ) {
            out.push_str(row.text().trim_end());
            out.push('\n');
        }
    }
    out
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(
        picture(&whole(source), 40),
        expected.trim_start_matches('\n')
    );
}

/// The roles of a code block's lines, with the pieces of text that have them.
fn coloured(language: &str, code: &str) -> Vec<(String, Role)> {
    let highlighter = Highlighter::new();
    let mut highlighting = highlighter.begin(language);
    let document = whole(&format!("```{language}\n{code}\n```\n"));
    let mut colours = Colours::default();
    colours.put(
        0,
        0,
        code.lines()
            .map(|line| highlighter.line(&mut highlighting, line)),
    );
    let mut pieces = Vec::new();
    for block in document.blocks() {
        for row in layout(block, 200, &LayoutOptions::default(), &colours) {
            let spans = row.spans.iter().filter(|span| span.from.is_some());
            pieces.extend(spans.map(|span| (span.text.trim().to_owned(), span.style.role)));
        }
    }
    pieces
}

#[test]
fn an_endless_paragraph_settles_in_parts() {
    let source = "word and word, ".repeat(4000);
    let mut document = Document::new();
    document.push(&source);
    document.advance();
    assert!(document.settled() >= 6, "{}", document.settled());
    assert!(
        document
            .blocks()
            .iter()
            .all(|block| block.source.len() < 9000)
    );
    assert!(
        document.blocks()[1..]
            .iter()
            .all(|block| !block.space_before)
    );
}

#[test]
fn a_cut_does_not_reach_into_the_next_paragraph() {
    let source = format!("{}\n{}", "| 1 | 2 |\n".repeat(820), "word ".repeat(40));
    let streamed = streamed(&source, &[(4000, true)]);
    assert_eq!(streamed.blocks(), whole(&source).blocks());
    assert!(streamed.blocks()[1].space_before);
}

#[test]
fn what_grows_looks_as_if_it_came_at_once() {
    for (start, unit) in [
        (
            "",
            "a paragraph with *words* that are `marked` and **so on**, ",
        ),
        ("", "lines *of* a paragraph\n"),
        ("", "lines of one that breaks  \n"),
        ("", "2 * 3 * 4 and [more "),
        ("", "a [link](http://a.b/c) and more "),
        ("", "漢字だけの段落と **words** です。"),
        ("3. ", "an item *without* an end "),
        ("> ", "quote with `code` and more\n> "),
        ("- a\n  > ", "quote\n  > more\nlazy\n"),
        ("", "words with \\(x_1 + *y* + z_2\\) and [^1] so on "),
        ("", "words with \\[x_1 + *y* "),
        ("", "words\n$$\nx + y\n$$\nand words\n"),
        ("> [!NOTE]\n> ", "a callout with \\(x\\)\n> "),
        ("### Close\n", "a paragraph without an end "),
        ("", "words\n- "),
        ("", "words and words and words\n==="),
    ] {
        let source = format!("{start}{}", unit.repeat(6_000 / unit.len()));
        let mut grown = Document::new();
        let mut rest = source.as_str();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.ceil_char_boundary(37.min(rest.len())));
            rest = after;
            grown.push(piece);
            grown.advance();
            let mut fresh = Document::new();
            fresh.push(grown.source());
            fresh.advance();
            assert_eq!(grown.blocks(), fresh.blocks());
        }
    }
}

/// Lines that change what stands around them.
fn hostile_document() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => prop::sample::select(vec![
            "", "", "", "text", "more *text* and `code`", "# heading", "#", "#tag", "##", "-", "- item", "* other",
            "  - nested", "    - deep", "1. one", "2. two", "7) seven", "1986. year", "- [ ] open", "- [x] done",
            "  continued", "    indented", "\tTab", "\t- tab item", ">", "> quote", "> - item in quote", ">> deeper",
            "> ```", "> code", "lazy", "```", "````", "```rust", "```py title", "~~~", "~~~ js", "  ```", "    ```",
            "- ```rust", "  fn main() {}", "  ```", "let x = \"a\";", "---", "===", "***", "| a | b |", "|---|--:|",
            "| 1 | 2 |", "a | b", "--|--", "<div>", "</div>", "<!-- c", "-->", "<b>x</b>", "[a]: /url", "[a]",
            "[b](http://x.y/z)", "\"title", "'title'", "[^1]: note", "see [^1]", "$$", "x^2", "$a$ and $b$", "\\", "a  ",
            "&#27;[31m", "&zwj;", "\\[", "\\]", "a \\(x_1", "\\) b", "+ \\[y*z*\\]", "$$ + y", ": term", "**bold", "bold**", "~~gone~~", "![i](p.png)", "<http://a.b>", "> [!NOTE]", "   1. x",
            "   - y", " - z", "+", "+ plus", "1.", "- - -", "- - a", "  > q", "<?php", "?>", "<script>", "</script>",
            "日本語のとても長い文章です", "👩‍👩‍👧‍👦 e\u{301}", "word word word word word word word word word word",
        ]).prop_map(String::from),
        1 => "[ -~]{0,24}",
        1 => any::<String>(),
    ];
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\n", "\r\n", "\n\n", ""]);
    prop::collection::vec((line, end), 0..24).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(line, end)| line + end)
            .collect::<String>()
    })
}

/// Blocks without what the columns of their tables ask for: that may still change with what comes later.
fn without_columns(blocks: &[Block]) -> Vec<Block> {
    let mut blocks = blocks.to_vec();
    for line in blocks.iter_mut().flat_map(|block| &mut block.lines) {
        if let Body::Table(table) = &mut line.body {
            table.columns = Arc::default();
            table.begun = None;
        }
    }
    blocks
}

/// The pieces of a text, each so many characters long, with what is to be done after it.
fn pieces<'a, T>(
    source: &'a str,
    cuts: &'a [(usize, T)],
) -> impl Iterator<Item = (&'a str, &'a T)> {
    let mut rest = source;
    cuts.iter().cycle().map_while(move |(length, then)| {
        let at = rest.char_indices().nth(*length);
        let (piece, after) = rest.split_at(at.map_or(rest.len(), |(at, _)| at));
        rest = after;
        (!piece.is_empty()).then_some((piece, then))
    })
}

/// The document as it grows out of pieces, with a frame after some of them.
fn streamed(source: &str, cuts: &[(usize, bool)]) -> Document {
    let mut document = Document::new();
    let mut settled: Vec<Block> = Vec::new();
    for (piece, is_frame) in pieces(source, cuts) {
        document.push(piece);
        if *is_frame {
            document.advance();
            let now = without_columns(&document.blocks()[..document.settled()]);
            assert!(now.starts_with(&settled), "settled blocks are final");
            settled = now;
        }
    }
    document.finish();
    document.advance();
    document
}

/// The kinds and rows of blocks, pieces of one block put together.
fn joined(document: &Document) -> Vec<Row> {
    let rows = document.blocks().iter().flat_map(|block| {
        let space = block.space_before.then(Row::default);
        let rows = layout(block, 60, &LayoutOptions::default(), &Colours::default());
        space.into_iter().chain(rows)
    });
    rows.collect()
}

#[test]
fn a_long_block_in_parts_looks_like_one() {
    for (start, unit, end) in [
        ("- top\n", "  - nested item\n", ""),
        ("1. top\n", "   1. nested item\n", "2. next\n"),
        ("> quote\n", ">\n> a paragraph of it\n", "\nafter\n"),
        ("> - a\n", ">   1. deep\n>      - deeper\n", "> - b\n"),
        ("- item\n", "\n  a paragraph of it\n", "- next\n"),
        (
            "-   item\n\n    ```py\n",
            "    x = 1\n",
            "    ```\n- next\n",
        ),
        ("<div>\n", "<b>x</b> and so on\n", "\nafter\n"),
        ("", "    indented code\n", "after\n"),
        ("[^1]: note\n", "\n    a paragraph of it\n", "\nafter\n"),
        ("> [!TIP]\n", ">\n> a paragraph of it\n", "\nafter\n"),
        (
            "- a\n  > [!NOTE]\n",
            "  >\n  > > quoted\n  >\n  > text\n",
            "\nafter\n",
        ),
        ("<div>\n<!-- a\n", "comment <b> of it\n", "-->\nafter\n"),
        ("<details><summary\n", "class='wide'\n", ">More</summary>\n"),
        ("<summary>\n", "more of <b>it</b>\n", "</summary>\nafter\n"),
        ("- item\n", "\n  \\[\n  - x\n  + y\n  \\]\n", "- next\n"),
        ("- item\n", "\n  an \\(x_1\\)\n  - $$\n  $$\n", "- next\n"),
        (
            "> - code\n>   ```sh\n",
            ">   echo\n>   $$\n>   x\n>   \n",
            ">   ```\n",
        ),
        (
            "1. code\n   ```sh\n",
            "   x\n   $$\n   - a [^1]\n   $$\n",
            "   ```\n2. b\n",
        ),
    ] {
        let source = format!("{start}{}{end}", unit.repeat(300));
        let document = whole(&source);
        assert!(document.blocks().len() > 5, "{start:?}");
        let opening = Opening::default();
        let kinds: Vec<_> = split::top_level(&source, 0)
            .into_iter()
            .scan(None, |number: &mut Option<u64>, top| {
                let text = source.get(top.range.clone()).unwrap();
                *number = match top.kind {
                    split::TopKind::Item {
                        list_start,
                        is_first: true,
                    } => list_start,
                    _ => number.map(|number| number + 1),
                };
                let opening = Opening {
                    numbers: vec![*number],
                    ..opening.clone()
                };
                let context = render::Context {
                    keeps_lines: false,
                    definitions: &render::Definitions::new(),
                    offset: top.range.start,
                    opening: &opening,
                    is_open: false,
                };
                Some(render::render(text, context).lines)
            })
            .collect();
        let expected: Vec<Line> = kinds.into_iter().flatten().collect();
        let lines: Vec<Line> = document
            .blocks()
            .iter()
            .flat_map(|block| block.lines.clone())
            .collect();
        for (line, expected) in lines.iter().zip(&expected) {
            assert_eq!(line, expected, "{start:?}");
        }
        assert_eq!(lines.len(), expected.len(), "{start:?}");
    }
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(count)
    }
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn any_split_gives_the_same_blocks(
        source in hostile_document(),
        cuts in prop::collection::vec((1..30_usize, any::<bool>()), 1..12),
    ) {
        let whole = whole(&source);
        let streamed = streamed(&source, &cuts);
        prop_assert_eq!(streamed.source(), whole.source());
        prop_assert_eq!(picture(&streamed, 40), picture(&whole, 40));
        prop_assert_eq!(streamed.blocks(), whole.blocks());
        prop_assert_eq!(streamed.settled(), whole.blocks().len());
    }

    #[test]
    fn rows_fit(
        source in hostile_document(),
        columns in 4..60_u16,
        line_numbers in any::<bool>(),
        scrolls in any::<bool>(),
    ) {
        let long_lines = if scrolls { LongLines::Scroll } else { LongLines::Wrap };
        let options = LayoutOptions { measure: 50, long_lines, line_numbers };
        let mut document = Document::new();
        document.push(&source);
        document.advance();
        for block in document.blocks() {
            for row in layout(block, columns, &options, &Colours::default()) {
                prop_assert!(row.width() <= usize::from(columns) || row.sideways.is_some(), "{:?}", row);
                prop_assert!(scrolls || row.sideways.is_none(), "{:?}", row);
                prop_assert!(!row.text().contains(char::is_control), "{:?}", row);
            }
        }
        for row in layout_text(document.source(), 0, Role::Text, columns, &options) {
            prop_assert!(row.width() <= usize::from(columns), "{:?}", row);
        }
    }

    #[test]
    fn rows_know_where_they_come_from(source in hostile_document(), columns in 4..60_u16) {
        let mut document = Document::new();
        document.push(&source);
        document.advance();
        let mut before = 0;
        for block in document.blocks() {
            for row in layout(block, columns, &LayoutOptions::default(), &Colours::default()) {
                prop_assert!(row.start >= before, "{:?} before {}", row, before);
                prop_assert!(block.source.start <= row.start && row.start <= block.source.end, "{:?}", row);
                before = row.start;
                for span in &row.spans {
                    let Some(from) = span.from else { continue };
                    let written = document.source().get(from..from + span.text.len());
                    let written = written.map(|w| w.replace(['\n', '\t'], " "));
                    prop_assert_eq!(written.as_deref(), Some(&*span.text), "{:?}", row);
                }
            }
        }
    }
}

/// Few parts, each long enough to settle in pieces: a start, a unit repeated to so many bytes, an end.
fn long_parts() -> impl Strategy<Value = Vec<(&'static str, &'static str, usize, &'static str)>> {
    let part = (
        prop::sample::select(vec![
            "",
            "text\n",
            "text\n\n",
            "- ",
            "> ",
            "```py\n",
            "| a | b |\n|---|---|\n",
            "<div>\n",
            "# ",
            "    ",
            "- top\n",
            "1. top\n\n   ```py\n",
            "[^1]: note\n",
            "> - item\n>   | a | b |\n>   |---|---|\n",
            "> <!--\n",
            "> [!WARNING]\n",
            "- \\[\n",
            "$$\n",
        ]),
        prop::sample::select(vec![
            "word *and* word ",
            "A line of text.\n",
            "漢字だけの段落",
            "| 1 | 2 |\n",
            "- item\n",
            "`code` - # 1. x ",
            "0123456789",
            "x",
            "> q\n",
            "```\n",
            "l1\nl2\n===\n",
            "a | b\n-|-\n",
            "**",
            "<a ",
            "1. a\n",
            "  - nested\n",
            "> > 1. deep\n",
            "  text\n\n",
            "    code\n",
            "👩‍👩‍👧‍👦🇩🇪 ",
            "> text *of* a quote\n>\n",
            "> 3. x\n> 4. y\n",
            "| *one* | `two` |\n",
            "\n  \\[\n  - x\n  \\]\n",
            "words \\(x_1\\) and [^1] ",
            "$$ a | b\n",
            "> $$\n> - x\n",
            "    $$\n    y\n",
            "\\[",
            "----",
            "= = ",
            "<b>x</b> <!-- c\n-->\n",
        ]),
        1..20_000_usize,
        prop::sample::select(vec!["", "\n", "\n\n", "\n```\n", "\n---\n"]),
    );
    prop::collection::vec(part, 1..5)
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn any_split_of_a_long_text_gives_the_same_blocks(
        parts in long_parts(),
        cuts in prop::collection::vec((1..4000_usize, any::<bool>()), 1..12),
    ) {
        let mut source = String::new();
        for (start, unit, length, end) in parts {
            source.push_str(start);
            source.push_str(&unit.repeat(length / unit.len()));
            source.push_str(end);
        }
        let whole = whole(&source);
        let streamed = streamed(&source, &cuts);
        for (a, b) in streamed.blocks().iter().zip(whole.blocks()) {
            prop_assert_eq!((&a.source, &a.kind), (&b.source, &b.kind));
        }
        prop_assert!(streamed.blocks() == whole.blocks());
    }
}
