//! What each kind of Markdown looks like in forty columns.
//!
//! Tables and code have rooms of their own.

use super::*;

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
