//! Markdown as a whole: any split gives the same blocks, rows fit, and a token costs the same however much came before.
//! What one room of it does is tried beside that room.

use std::sync::Arc;

use proptest::prelude::*;

use super::split::Opening;
use super::*;

mod away;
mod hostile;

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

#[test]
fn prose_and_headings() {
    check(
        "# Title *x*\nSome **bold** text\nthat goes on and on and on and on.\n\n---\nline  \nbreak",
        "
Title x

Some bold text that goes on and on and
on and on.

────────────────────────────────────────

line
break
",
    );
}

#[test]
fn numbers_of_one_and_of_two_digits_are_aligned() {
    check("9. nine\n10. ten\n", "\n 9. nine\n10. ten\n");
    check("99. a\n100. b\n", "\n99. a\n100. b\n");
}

#[test]
fn lists_are_compact() {
    check(
        "Steps:\n\n1. one\n\n2. two\n   - a\n   - b\n\n     more\n9. three\n\n* [ ] open\n* [x] done\n*\n",
        "
Steps:

 1. one
 2. two
    ◦ a
    ◦ b

      more
 3. three

☐ open
☑ done
•
",
    );
}

#[test]
fn code_has_a_label_and_a_margin() {
    check(
        "```rust title\nfn main() {\n\tx();\n}\n```\n- item\n  ~~~\n  code that does not fit into forty columns\n  ~~~\n\n    indented",
        "
│ rust
│ fn main() {
│     x();
│ }

• item

  │ text
  │ code that does not fit into forty
  │ ↪ columns

  indented
",
    );
}

#[test]
fn quotes_alerts_and_footnotes() {
    check(
        "> quoted\n> - item\n> > inner\n\n> [!TIP]\n> calm\n\nsee[^a]\n\n[^a]: a note",
        "
▎ quoted
▎
▎ • item
▎
▎ ▎ inner

▎ Tip
▎ calm

see[a]

[a] a note
",
    );
}

#[test]
fn tables_fit() {
    check(
        "| Name | Worst | Remark |\n|---|--:|:-:|\n| merge | n | stable, but it needs memory |\n| x |\n",
        "
Name   Worst            Remark
────────────────────────────────────────
merge      n     stable, but it needs
                        memory
┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
x
",
    );
    let wide = format!(
        "|{}\n|{}\n|{}\n",
        "head|".repeat(9),
        "-|".repeat(9),
        "cell|".repeat(9)
    );
    check(
        &wide,
        "
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
",
    );
}

#[test]
fn links_show_their_host() {
    check(
        "[docs](https://doc.rust-lang.org/std/) <https://a.b/c> [m](mailto:x@y.z) [evil](https://good.com@evil.com/)",
        "
docs (doc.rust-lang.org) https://a.b/c m
(x@y.z) evil (evil.com)
",
    );
    let document = whole("[a](http://x/1) ![b](y.png)");
    let links = &document.blocks()[0].links;
    assert_eq!(links, &["http://x/1".into(), "y.png".into()]);
}

#[test]
fn markup_that_is_not_obeyed_stays_readable() {
    check(
        "<div class=a>\n  <b>x</b>\n</div>\n\na<br>b <i>c</i> $E = mc^2$ ~~gone~~ &#27;[31m &lt;",
        "
<div class=a>
  <b>x</b>
</div>

a
b <i>c</i> $E = mc^2$ gone ␛[31m <
",
    );
}

#[test]
fn entities_hide_nothing() {
    check(
        "&zwj;&rlm;&shy;x &copy; &amp;\n",
        "⟨U+200D⟩⟨U+200F⟩⟨U+00AD⟩x © &\n",
    );
}

#[test]
fn a_row_does_not_begin_with_a_joiner() {
    let document = whole("〰\u{fe0f}〰\u{fe0f}ำ");
    assert_eq!(picture(&document, 4), "〰\u{fe0f}\n〰\u{fe0f}ำ\n");
}

#[test]
fn latex_stays_as_it_was_written() {
    check(
        "\\(a_1 * b_2 * c\\), `\\(` and $5 or $6\n\n\\[\nx &= y \\\\\n- z_1\n\\]\n\n| a | b |\n|---|---|\n| \\(|x|\\) | \\* |\n",
        "
\\(a_1 * b_2 * c\\), `\\(` and $5 or $6

\\[
x &= y \\\\
- z_1
\\]

a        b
──────────
\\(|x|\\)  *
"
        .replace("`\\(`", "\\(")
        .as_str(),
    );
}

#[test]
fn latex_in_code_ends_with_the_code() {
    check(
        "    \\[\n---\n- code\n\n      $$\n- more\n",
        "│ text
│ \\[

────────────────────────────────────────

• code

  │ text
  │ $$
• more
",
    );
}

#[test]
fn small_headings_stand_close_to_their_prose() {
    check(
        "## Two\n\ntext\n\n### Three\n\ntext\n\n#### Four\n\n- item\n\n##### Five\n\n---\n",
        "
Two

text

Three
text

Four
• item

Five

────────────────────────────────────────
",
    );
}

#[test]
fn tables_break_neither_headings_nor_figures_while_there_is_room() {
    check(
        "| Algorithm | Worst | Remark |\n|---|--:|---|\n| quick | 1,048,576 | fast in practice and in place |\n| merge | n | stable |\n",
        "
Algorithm      Worst  Remark
────────────────────────────────────────
quick      1,048,576  fast in practice
                      and in place
┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
merge              n  stable
",
    );
}

#[test]
fn long_words_break_after_signs() {
    check(
        "see https://example.org/a/long/path/that-goes/on and/or a word\n",
        "
see
https://example.org/a/long/path/that-
goes/on and/or a word
",
    );
}

#[test]
fn code_is_numbered_on_request_and_as_wide_as_it_is() {
    let document = whole("```\none\ntwo, which is wider than its row\n```\n");
    let rows = |long_lines, line_numbers| {
        let options = LayoutOptions {
            long_lines,
            line_numbers,
            ..LayoutOptions::default()
        };
        let rows = layout(&document.blocks()[0], 24, &options, &Colours::default());
        let rows = rows
            .iter()
            .map(|row| (row.text(), row.sideways.map(|s| s.from)));
        rows.collect::<Vec<_>>()
    };
    let row = |text: &str, from| (text.to_owned(), from);
    assert_eq!(
        rows(LongLines::Scroll, false),
        [
            row("│ text", None),
            row("│ one", Some(2)),
            row("│ two, which is wider than its row", Some(2))
        ]
    );
    assert_eq!(
        rows(LongLines::Wrap, true),
        [
            row("│ text", None),
            row("│   1  one", None),
            row("│   2  two, which is ", None),
            row("│      ↪ wider than its ", None),
            row("│      ↪ row", None),
        ]
    );
}

#[test]
fn what_is_too_deep_stays_plain() {
    let deep = format!("{}x", "> ".repeat(40));
    assert_eq!(whole(&deep).blocks()[0].kind, BlockKind::Plain);
}

#[test]
fn late_definitions_resolve_links() {
    let mut document = Document::new();
    document.push("see [the docs][D]\n\nnext\n\n");
    document.advance();
    assert_eq!(picture(&document, 40), "see [the docs][D]\n\nnext\n");
    document.push("[d]: https://docs.rs/x\n");
    document.finish();
    document.advance();
    assert_eq!(picture(&document, 40), "see the docs (docs.rs)\n\nnext\n");
    assert_eq!(document.generation(), 1);
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
fn code_is_shown_in_roles() {
    let pieces = coloured("rust", "let a = \"b\"; /* c\nd */ fn f");
    let has = |text: &str, role| pieces.contains(&(text.to_owned(), Role::Code(role)));
    assert!(has("let", CodeRole::Keyword), "{pieces:?}");
    assert!(has("\"b\"", CodeRole::String), "{pieces:?}");
    assert!(has("/* c", CodeRole::Comment), "{pieces:?}");
    assert!(has("d */", CodeRole::Comment), "{pieces:?}");
}

#[test]
fn an_open_fence_is_laid_out_as_a_closed_one() {
    let mut open = Document::new();
    open.push("```rust\nlet a = \"b\"; /* c\nd */ fn f");
    open.advance();
    let closed = whole("```rust\nlet a = \"b\"; /* c\nd */ fn f\n```\n");
    assert_eq!(open.blocks()[0].lines, closed.blocks()[0].lines);
}

#[test]
fn long_code_settles_in_pieces_and_is_copied_whole() {
    let code = "\tline\n".repeat(150);
    let document = whole(&format!("a\n\n```make\n{code}```\nb\n\n```\nx\n"));
    let found = code_blocks(document.source());
    assert_eq!(found.len(), 2);
    assert_eq!(&*found[0].language, "make");
    assert_eq!(found[0].code, code);
    assert_eq!(found[1].code, "x\n");
    let spaces: Vec<_> = document.blocks().iter().map(|b| b.space_before).collect();
    assert_eq!(spaces, [false, true, false, false, true, true]);
}

#[test]
fn blocks_and_grammars_are_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Block>();
    check::<Highlighter>();
}

#[test]
fn slow_and_unknown_code_stays_plain() {
    let long = format!("let x = \"{}\";", "a".repeat(600));
    let blanks = format!("let x = 1;{}", " ".repeat(60));
    let hyphens = format!(".{} {{ color: red; }}", "a-".repeat(48));
    for (language, code) in [
        ("rust", &*long),
        ("rust", &*blanks),
        ("log", "INFO \"a\" 1"),
        ("less", &*hyphens),
        ("nope", "let x"),
    ] {
        let pieces = coloured(language, code);
        let is_plain = |role| matches!(role, Role::Code(CodeRole::Plain) | Role::CodeLabel);
        assert!(pieces.iter().all(|(_, role)| is_plain(*role)), "{pieces:?}");
    }
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

/// Bytes of work for each byte of an answer that arrives token by token, a frame every fifty.
fn work_per_byte(source: &str) -> f64 {
    let mut document = Document::new();
    let tokens: Vec<char> = source.chars().collect();
    for (index, token) in tokens.chunks(4).enumerate() {
        document.push(&token.iter().collect::<String>());
        if index % 50 == 0 {
            document.advance();
        }
    }
    document.finish();
    document.advance();
    document.work() as f64 / source.len() as f64
}

#[track_caller]
fn check_flat(unit: &str) {
    let short = work_per_byte(&unit.repeat(20_000 / unit.len()));
    let long = work_per_byte(&unit.repeat(120_000 / unit.len()));
    assert!(
        long < short * 1.3,
        "{short} bytes of work per byte, then {long}"
    );
}

#[test]
fn a_token_costs_the_same_in_a_long_answer() {
    check_flat("- an item of a list that never ends\n");
    check_flat("A paragraph with *some* words.\n\n");
    check_flat("\n");
    check_flat("- item\n\n  ```py\n  x = 1\n  ```\n");
    check_flat(
        "## Heading\n\nText.\n\n```sh\nls\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n",
    );
}

#[test]
fn a_token_costs_the_same_in_endless_code() {
    let code = format!("```py\n{}", "x = f(1)\n".repeat(12_000));
    assert!(work_per_byte(&code) < 3.0);
}

#[test]
fn a_token_costs_a_bounded_amount_in_an_endless_block() {
    let levels = (0..24).map(|level| "  ".repeat(level) + "- level\n");
    let deep: String = levels.collect();
    let quotes = format!("{}x\n", "> ".repeat(31));
    for (start, unit, limit) in [
        ("", "a paragraph without an end ", 8.0),
        ("", "a paragraph with *words* that are `marked`, ", 8.0),
        ("", "lines of a paragraph\n", 8.0),
        ("", "漢字だけの段落", 8.0),
        ("", "one small block\n\n", 8.0),
        ("| a | b |\n|---|---|\n", "| 1 | 2 |\n", 8.0),
        ("- ", "an item without an end ", 8.0),
        ("- top\n", "  - an item in an item\n", 8.0),
        ("- top\n", "\n  a paragraph in an item\n", 8.0),
        ("- top\n\n  ```py\n", "  x = f(1)\n", 8.0),
        ("", "> a quote\n", 8.0),
        ("", "> a paragraph of a quote\n>\n", 8.0),
        ("<div>\n", "html\n", 8.0),
        ("", "    indented\n", 8.0),
        ("[^1]: note\n", "\n    a paragraph of a note\n", 8.0),
        ("```\n", "0123456789", 30.0),
        // What is read before each part is long here.
        ("", &*deep, 16.0),
        // These have no words to part them at.
        ("", "👩‍👩‍👧‍👦🇩🇪👍🏽 ", 16.0),
        ("", "0123456789", 64.0),
        ("<div>", "html in a line ", 64.0),
        (
            "| a | b |\n|---|---|\n| 1 | ",
            "a cell without an end ",
            64.0,
        ),
        ("", &*quotes, 140.0),
    ] {
        let [short, long] = [30_000, 120_000]
            .map(|length| work_per_byte(&format!("{start}{}", unit.repeat(length / unit.len()))));
        assert!(long < short * 1.3, "{unit}: {short}, then {long}");
        assert!(long < limit, "{unit}: {long}");
    }
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

#[test]
fn a_table_whose_words_would_break_becomes_records() {
    let head = "| Name | Description | Complexity | Notes |\n|---|---|---|---|\n";
    let first = "| Quicksort | Partition around a pivot | O(n log n) average | In place |\n";
    let second = "| Mergesort | Split into halves, sort each | O(n log n) | |\n";
    let source = [head, first, second].concat();
    check(
        &source,
        "
Name         Quicksort
Description  Partition around a pivot
Complexity   O(n log n) average
Notes        In place
┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
Name         Mergesort
Description  Split into halves, sort
             each
Complexity   O(n log n)
",
    );
    // The header stands in the source once, and each row where it is.
    let options = LayoutOptions::default();
    let rows = layout(
        &whole(&source).blocks()[0],
        40,
        &options,
        &Colours::default(),
    );
    let starts: Vec<_> = rows.iter().map(|row| row.start).collect();
    let (one, two) = (head.len(), head.len() + first.len());
    assert_eq!(starts[..6], [0, one, one, one, two, two]);
}

#[test]
fn parts_of_a_table_are_all_records_with_the_same_names() {
    let head = "| Configuration | Implementation | Documentation |\n|---|---|---|\n";
    let source = head.to_owned() + &"| x | y | z |\n".repeat(2_000);
    let document = whole(&source);
    assert!(document.blocks().len() > 2);
    let picture = picture(&document, 40);
    let record = "Configuration   x\nImplementation  y\nDocumentation   z\n";
    assert_eq!(picture.matches(record).count(), 2_000);
    assert_eq!(picture.lines().count(), 2_000 * 4 - 1, "ruled");
}

#[test]
fn all_parts_of_a_table_have_the_columns_that_the_last_one_asks_for() {
    let rows = |count: usize| "| one | *two* |\n".repeat(count);
    let short = format!("| a | b |\n|---|--:|\n{}", rows(64));
    assert_eq!(whole(&short).blocks().len(), 1);
    let long = format!(
        "{short}{}| a cell that is longer than all before | x |\n",
        rows(500)
    );
    let document = whole(&long);
    assert!(document.blocks().len() > 10);
    let rows = joined(&document);
    assert_eq!(rows.len(), 2 + 565);
    let wide = |a: &str, b: &str| format!("{a:37}{b:>5}");
    assert_eq!(rows[0].text(), wide("a", "b"));
    assert_eq!(rows[400].text(), wide("one", "two"));
    let last = wide("a cell that is longer than all before", "x");
    assert_eq!(rows[566].text(), last);
    // So they do as soon as it has come, and what was laid out before is done again.
    let (before, after) = long.split_at(long.find("| a cell").expect("the last row"));
    let mut document = Document::new();
    document.push(before);
    document.advance();
    let (settled, generation) = (document.settled(), document.generation());
    assert_eq!(joined(&document)[400].text(), "one  two");
    document.push(after);
    document.advance();
    assert!(document.settled() - settled < 3);
    assert!(document.generation() > generation);
    assert_eq!(joined(&document)[400].text(), wide("one", "two"));
}

#[test]
fn rows_of_a_long_table_are_ruled_as_in_a_short_one() {
    let wraps = "| 2024 | words that need more than one row because there are many |\n";
    let rows = format!("{}{wraps}| 1 | x |\n", "| 1 | x |\n".repeat(6)).repeat(80);
    let source = format!("| year | what |\n|---|---|\n{wraps}{rows}");
    let document = whole(&source);
    assert!(document.blocks().len() > 10);
    let rendered = render::render(
        &source,
        render::Context {
            keeps_lines: false,
            definitions: &render::Definitions::new(),
            offset: 0,
            opening: &Opening::default(),
            is_open: false,
        },
    );
    let one = Block {
        source: 0..source.len(),
        kind: rendered.kind,
        is_continued: false,
        space_before: false,
        lines: rendered.lines,
        links: rendered.links,
    };
    let expected = layout(&one, 60, &LayoutOptions::default(), &Colours::default());
    assert_eq!(joined(&document), expected);
}

#[test]
fn all_parts_of_a_table_follow_a_late_definition() {
    let rows = format!("| [a][b] | x |\n{}", "| c | x |\n".repeat(300));
    let source = format!("| a | b |\n|---|---|\n{rows}\n[b]: http://one.org/\n");
    let document = whole(&source);
    assert!(document.blocks().len() > 5);
    let column = joined(&document)
        .iter()
        .filter_map(|row| row.text().find('x'))
        .collect::<Vec<_>>();
    assert!(
        column.len() > 300 && column.iter().all(|at| *at > 10),
        "{column:?}"
    );
}

#[test]
fn a_long_line_of_code_settles_while_it_grows() {
    let mut document = Document::new();
    document.push("```\n");
    document.push(&"0123456789".repeat(100_000));
    document.advance();
    assert!(document.settled() > 2);
    let before = document.work();
    document.push("0");
    document.advance();
    assert!(document.work() - before < 10_000);
    document.push("\nnext\n```\n");
    document.finish();
    document.advance();
    let rows: Vec<_> = joined(&document);
    let text: String = rows
        .iter()
        .flat_map(|row| row.spans.iter().filter(|span| span.from.is_some()))
        .map(|span| &*span.text)
        .collect();
    assert_eq!(text, "0123456789".repeat(100_000) + "0next");
    assert!(
        rows.iter()
            .skip(2)
            .rev()
            .skip(1)
            .all(|row| row.is_continued && row.text().starts_with("│ ↪ "))
    );
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

#[test]
fn reasoning_keeps_its_lines() {
    let source = "First,\nthe user *asks\nfor* it.\n> quoted\n> again\n\n- an item\n  goes on\n";
    let shown = "First,\nthe user asks\nfor it.\n\n▎ quoted\n▎ again\n\n• an item\n  goes on\n";
    let mut at_once = Document::in_lines();
    at_once.push(source);
    at_once.finish();
    at_once.advance();
    assert_eq!(picture(&at_once, 40), shown);
    let mut grown = Document::in_lines();
    for c in source.chars() {
        grown.push(c.encode_utf8(&mut [0; 4]));
        grown.advance();
    }
    grown.finish();
    grown.advance();
    assert_eq!(grown.blocks(), at_once.blocks());
    assert!(picture(&whole(source), 40).starts_with("First, the user asks for it."));
    // Long ones too, which settle in parts and are read elsewhere.
    let long = "a line of thought\n".repeat(8_000);
    let mut away = Document::in_lines();
    away.push(&long);
    away.finish();
    while away.due() > 0 {
        let mut ahead = away.ahead(String::new());
        while ahead.step() {}
        away.take_over(ahead);
    }
    // Where a long paragraph was parted, a row ends.
    let picture = picture(&away, 40);
    assert_eq!(picture.replace('\n', " "), long.replace('\n', " "));
    let parts = away.blocks().len();
    assert!((8_000..8_000 + parts).contains(&picture.lines().count()));
}
