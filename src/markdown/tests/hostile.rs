//! Texts that were once shown otherwise than they should be: most of them were found by seeded runs.
//!
//! What any text promises is tried in `tests/it/properties`.

use super::*;

/// A document that grows by a few characters, with a frame after each.
fn dripped(source: &str, characters: usize) -> Document {
    streamed(source, &[(characters, true)])
}

#[test]
fn what_is_clipped_ends_there() {
    let document = whole("[^漢]: > x\n");
    assert_eq!(picture(&document, 4), "[x\n");
}

#[test]
fn a_cut_does_not_reach_into_a_list() {
    let source = format!("{}\n- item\n", "0123456789".repeat(820));
    let dripped = dripped(&source, 7);
    assert_eq!(dripped.blocks(), whole(&source).blocks());
    assert_eq!(
        dripped.blocks().last().expect("a block").kind,
        BlockKind::ListItem { number: None }
    );
}

#[test]
fn an_item_that_is_too_deep_counts() {
    let source = format!("5. one\n6. {}deep\n7. three\n", "> ".repeat(40));
    let document = whole(&source);
    assert_eq!(document.blocks()[1].kind, BlockKind::Plain);
    assert_eq!(
        document.blocks()[2].kind,
        BlockKind::ListItem { number: Some(7) }
    );
    assert_eq!(dripped(&source, 1).blocks(), document.blocks());
}

#[test]
fn many_definitions_are_not_cut() {
    let source = format!("See [1].\n\n{}", "[1]: /late\n".repeat(900));
    let whole = whole(&source);
    assert_eq!(picture(&whole, 40), "See 1 (/late).\n");
    assert_eq!(picture(&dripped(&source, 100), 40), picture(&whole, 40));
}

#[test]
fn short_limits_name_grammars_of_the_set() {
    let set = two_face::syntax::extra_newlines();
    let slow = highlight::SHORT_LINE_LIMITS.map(|(name, _)| name);
    let endless = highlight::ENDLESS.map(|(name, _)| name);
    for name in slow.into_iter().chain(endless) {
        assert!(set.find_syntax_by_name(name).is_some(), "{name}");
    }
}

#[test]
fn every_grammar_comes_to_the_end_of_a_line() {
    for (language, line) in [
        ("js", "{a /*"),
        ("svelte", "<p on:click={a /*"),
        ("svelte", "{#if a   /* b"),
        ("scala", "val x: A => b@- 1"),
        ("scala", "67.)&;``'|{'/[~`}`[%'#~#$`:`/:}&`@/}>?-->"),
        ("scala", ":b@~"),
        ("scala", ":`)}/:\"!!#)[[(#   A}*=.\\`@=!~"),
    ] {
        let (ended, has_ended) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let highlighter = Highlighter::new();
            let roles = highlighter.line(&mut highlighter.begin(language), line);
            let covered: usize = roles.iter().map(|run| run.len as usize).sum();
            ended.send(covered)
        });
        let covered = has_ended.recv_timeout(std::time::Duration::from_secs(30));
        assert_eq!(covered, Ok(line.len()), "{language}: {line}");
    }
}

#[test]
fn a_column_without_a_name_has_room_for_its_words() {
    let source = "| | start quickly | later |\n|:--|:--:|:--:|\n| small team | a | two words |\n";
    let document = whole(source);
    for columns in 4..40 {
        let rows = picture(&document, columns);
        let widest = rows.lines().map(crate::text::width).max();
        assert!(widest <= Some(usize::from(columns)), "{columns}:\n{rows}");
    }
}

#[test]
fn html_that_settles_in_parts_ends_with_its_own_tag() {
    for (tag, other) in [
        ("script", "pre"),
        ("style", "script"),
        ("TextArea", "style"),
        ("pre", "div"),
        ("prefix", "pre"),
    ] {
        let lines = "line of it\n".repeat(60);
        let source = format!(
            "<{tag}>\n{lines}</{other}>\n\nmore\n</{}>\n> quote\n",
            tag.to_ascii_lowercase()
        );
        let whole = whole(&source);
        assert_eq!(dripped(&source, 1).blocks(), whole.blocks(), "{tag}");
        let shown = picture(&whole, 40);
        assert!(shown.contains("\n\nmore"), "{shown}");
        assert!(shown.contains("\n▎ quote"), "{shown}");
    }
}

#[test]
fn what_was_looked_at_before_the_end_settles_at_the_end() {
    let signs = "```{.x #y}   ```\n".repeat(1_085) + &"\u{202e}".repeat(6_000);
    let mut document = Document::new();
    document.push(&signs);
    document.advance();
    document.finish();
    document.advance();
    assert_eq!(document.settled(), document.blocks().len());
    assert_eq!(document.blocks(), whole(&signs).blocks());
}

#[test]
fn an_indented_item_settles_in_parts_as_what_it_is() {
    for (start, after) in [
        (" - z\n", "\n    ```\n```\n"),
        ("   7) z\n", "\n      - x\n\n      y\n"),
        ("- a\n   - z\n", "\n     y\n   - b\n"),
        (" - a\n\n    > - z\n", "    >\n    >   y\n"),
    ] {
        let source = format!("{start}{}\n{after}", "more *text* and `code` ".repeat(40));
        assert_eq!(dripped(&source, 1).blocks(), whole(&source).blocks());
        let document = whole(&format!("{start}{}{after}", "\n      text\n".repeat(300)));
        let has_indent = |block: &&Block| block.lines.iter().all(|line| line.prefix.is_some());
        let parts = document.blocks().iter().take_while(has_indent);
        assert!(parts.count() > 4, "{start:?}");
    }
}

#[test]
fn blanks_without_an_end_cost_nothing_but_to_be_there() {
    let mut document = Document::new();
    for _ in 0..500 {
        document.push(&" \t".repeat(200));
        document.advance();
    }
    assert!(document.work() < 40 * document.source().len() as u64);
    document.push("text\n");
    document.advance();
    document.finish();
    document.advance();
    assert_eq!(document.blocks(), whole(document.source()).blocks());
}

#[test]
fn definitions_of_two_lines_are_not_cut() {
    for start in ["    code\n", "text\n\n", "- item\n\n"] {
        let source = format!("{start}{}after\n", "[a]:\n/late\n\n".repeat(900));
        let document = whole(&source);
        let shown = picture(&document, 40);
        assert!(!shown.contains("late"), "{shown}");
        assert_eq!(picture(&dripped(&source, 100), 40), shown);
    }
}

#[test]
fn a_part_does_not_begin_with_what_shows_nothing() {
    let words = "ស".repeat(3073) + "\u{200b}" + &"ខ".repeat(40);
    for source in [words.clone(), format!("```\n{}{words}", "ស".repeat(1025))] {
        let document = whole(&source);
        assert!(
            document
                .blocks()
                .iter()
                .map(|block| block.lines.len())
                .sum::<usize>()
                > 1
        );
        let lines = document.blocks().iter().flat_map(|block| &block.lines);
        let mut texts = lines.map(|line| line.text.as_str());
        assert!(texts.all(|text| !text.starts_with('\u{200b}')));
    }
}

#[test]
fn what_opens_deep_nesting_anew_stays_short() {
    for unit in ["> ", ">", "1. ", "- > "] {
        for count in [40, 400] {
            let source = format!("{}\n", unit.repeat(count) + "word") + &"word ".repeat(3_000);
            let text = split::top_level(&source, 0).remove(0).range;
            let parts = split::parts(split::Whole {
                text: source.get(text).expect("a block"),
                opening: &Opening::default(),
                offset: 0,
            });
            let openings = parts
                .more
                .iter()
                .map(|part| &part.opening)
                .chain(&parts.words);
            assert!(openings.map(|opening| opening.text.len()).max() < Some(20_000));
            assert_eq!(dripped(&source, 700).blocks(), whole(&source).blocks());
        }
    }
}

/// On a thread of its own, because a grammar that does not end would hold up all other tests.
#[test]
fn comments_after_expressions_come_to_an_end() {
    let (tell, told) = std::sync::mpsc::sync_channel(5);
    std::thread::spawn(move || {
        for code in [
            "x /* y */",
            "a.b\t/* c",
            "x\n\n  /** d */\nf()",
            "x\u{a0}/* y */ /* z */",
            "\"a\" /*/",
        ] {
            tell.send(coloured("js", code)).expect("who waits for it");
        }
    });
    let mut shown = Vec::new();
    while let Ok(pieces) = told.recv_timeout(std::time::Duration::from_mins(1)) {
        shown.push(pieces);
    }
    assert_eq!(shown.len(), 5, "one of them never ended");
    let comment = ("/* y */".to_owned(), Role::Code(CodeRole::Comment));
    assert!(shown[0].contains(&comment), "{:?}", shown[0]);
}
