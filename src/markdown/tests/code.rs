//! Code blocks: labels, numbers, roles, and pieces that settle.
//!
//! What a grammar makes of any line is tried in `tests/it/properties`.

use super::*;

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

#[test]
fn a_long_line_of_code_is_never_cut_inside_a_cluster() {
    let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
    for before in 4080..4100 {
        let line = format!("{}{family}{}", "x".repeat(before), "y".repeat(50));
        let mut document = Document::new();
        document.push("```\n");
        for c in line.chars() {
            document.push(c.encode_utf8(&mut [0; 4]));
            document.advance();
        }
        document.push("\n```\n");
        document.finish();
        document.advance();
        let rows: Vec<_> = joined(&document);
        let whole = rows.iter().filter(|row| row.text().contains(family));
        assert_eq!(whole.count(), 1, "{before}");
    }
}
