use proptest::prelude::*;

use super::*;

fn whole(source: &str) -> Document {
    let mut document = Document::new();
    document.push(source);
    document.finish();
    document.advance(&Highlighter::new());
    document
}

/// The rows of a document with its empty rows, one per line.
fn picture(document: &Document, columns: u16) -> String {
    let mut out = String::new();
    for block in document.blocks() {
        if block.space_before {
            out.push('\n');
        }
        for row in layout(block, columns, &LayoutOptions::default()) {
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
            "&#27;[31m", "&zwj;", "**bold", "bold**", "~~gone~~", "![i](p.png)", "<http://a.b>", "> [!NOTE]", "   1. x",
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

/// The document as it grows out of pieces, with a frame after some of them.
fn streamed(source: &str, cuts: &[(usize, bool)]) -> Document {
    let highlighter = Highlighter::new();
    let mut document = Document::new();
    let mut rest = source;
    let mut settled: Vec<Block> = Vec::new();
    for (cut, is_frame) in cuts.iter().cycle().take(source.len()) {
        let at = rest
            .char_indices()
            .nth(*cut)
            .map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(at);
        document.push(piece);
        rest = after;
        if *is_frame {
            document.advance(&highlighter);
            let now = &document.blocks()[..document.settled()];
            assert_eq!(&now[..settled.len()], settled, "settled blocks are final");
            settled = now.to_vec();
        }
        if rest.is_empty() {
            break;
        }
    }
    document.push(rest);
    document.finish();
    document.advance(&highlighter);
    document
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(count)
    }
}

proptest! {
    #![proptest_config(cases(1500))]

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
    fn rows_fit(source in hostile_document(), columns in 4..60_u16, clip in any::<bool>()) {
        let long_code = if clip { LongCode::Clip } else { LongCode::Wrap };
        let options = LayoutOptions { measure: 50, long_code };
        let mut document = Document::new();
        document.push(&source);
        document.advance(&Highlighter::new());
        for block in document.blocks() {
            for row in layout(block, columns, &options) {
                prop_assert!(row.width() <= usize::from(columns), "{:?}", row);
                prop_assert!(!row.text().contains(char::is_control), "{:?}", row);
            }
        }
        for row in layout_text(document.source(), Role::Text, columns, &options) {
            prop_assert!(row.width() <= usize::from(columns), "{:?}", row);
        }
    }
}
