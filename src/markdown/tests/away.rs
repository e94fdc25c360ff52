//! Reading elsewhere gives what reading here gives, and a glimpse shows what will be there.

use super::*;

/// Reads what is due of a document elsewhere, step by step, and then what its links ask for.
fn read_elsewhere(document: &mut Document) {
    loop {
        let mut ahead = document.ahead(String::new());
        while ahead.step() {}
        document.take_over(ahead);
        if !document.is_finished() || document.due() == 0 {
            return;
        }
    }
}

/// The document as it grows out of pieces that are read elsewhere, with text that comes meanwhile and glimpses.
fn read_in_pieces(source: &str, cuts: &[(usize, u8)]) -> Document {
    let mut document = Document::new();
    let mut spare = String::new();
    let mut away: Option<Ahead> = None;
    for (piece, what) in pieces(source, cuts) {
        document.push(piece);
        match (what, &mut away) {
            (0, None) => away = Some(document.ahead(std::mem::take(&mut spare))),
            (0, Some(_)) => {
                let mut ahead = away.take().expect("it is there");
                while ahead.step() {}
                let before = document.blocks()[..document.settled()].to_vec();
                spare = document.take_over(ahead);
                assert_eq!(document.blocks()[..before.len()], before);
            }
            (1, None) => document.advance(),
            (1, Some(ahead)) => {
                ahead.step();
            }
            (_, Some(_)) => {
                let len = document.source().len();
                document.glimpse(len / usize::from(*what));
                check_order(&document);
            }
            _ => {}
        }
    }
    document.finish();
    if let Some(mut ahead) = away {
        while ahead.step() {}
        document.take_over(ahead);
    }
    read_elsewhere(&mut document);
    document
}

/// Blocks stand in order and nothing is between them twice.
#[track_caller]
fn check_order(document: &Document) {
    let mut end = 0;
    for block in document.blocks() {
        assert!(block.source.start >= end, "{block:?} after {end}");
        end = block.source.end;
    }
    assert!(end <= document.source().len());
}

/// The rows of a block and the bytes they begin at.
fn rows_of(block: &Block) -> Vec<Row> {
    layout(block, 60, &LayoutOptions::default(), &Colours::default())
}

fn mixed(parts: usize) -> String {
    let mut source = String::new();
    for part in 0..parts {
        source += &format!(
            "## Part {part}\n\nSome *prose* with `code` and more of it, a line.\nAnother line.\n\n"
        );
        source += "- one\n- two\n  - three\n\n1. first\n2. second\n\n";
        source += "| a | b |\n|---|--:|\n| 1 | 2 |\n\n> quoted\n\n";
        source += &format!("```rust\n{}```\n\n", "let x = 1;\n".repeat(part % 150));
    }
    source
}

/// How many rows of a glimpse around a place are the rows of the whole document there.
fn check_glimpse(source: &str, around: usize) {
    let whole = whole(source);
    let mut document = Document::new();
    document.push(source);
    document.finish();
    let _away = document.ahead(String::new());
    assert!(document.glimpse(around));
    assert!(!document.glimpse(around), "it is there already");
    assert_eq!(document.source(), source);
    check_order(&document);
    let shown: Vec<&Block> = document
        .blocks()
        .iter()
        .filter(|block| block.kind != BlockKind::Unread)
        .collect();
    let (first, last) = (shown[0].source.start, shown[shown.len() - 1].source.start);
    assert!(first <= around && around <= shown[shown.len() - 1].source.end + 2);
    let there = whole
        .blocks()
        .iter()
        .filter(|block| block.source.start >= first && block.source.start < last);
    let there: Vec<&Block> = there.collect();
    for (mine, other) in shown.iter().zip(&there) {
        assert_eq!(mine.source, other.source);
        assert_eq!(rows_of(mine), rows_of(other));
        assert!(mine.space_before == other.space_before || mine.source.start == first);
    }
    assert_eq!(shown.len() - 1, there.len());
}

#[test]
fn a_glimpse_shows_the_rows_that_will_be_there() {
    let source = mixed(300);
    for around in [0, 1_000, source.len() / 2, source.len() / 3, source.len()] {
        check_glimpse(&source, around);
    }
}

#[test]
fn a_glimpse_of_long_code_is_code() {
    let source = format!(
        "text\n\n```rust\n{}```\n\nend\n",
        "let x = 1;\n".repeat(30_000)
    );
    for around in [100, source.len() / 2, source.len()] {
        check_glimpse(&source, around);
    }
    let mut document = Document::new();
    document.push(&source);
    let _away = document.ahead(String::new());
    document.glimpse(source.len() / 2);
    assert!(document.is_behind_unread(document.blocks().len() - 2));
    document.glimpse(0);
    assert!(!document.is_behind_unread(0));
}

#[test]
fn what_has_no_likely_place_is_shown_as_it_was_written() {
    let line = "word ".repeat(200_000);
    let table = format!("| a | b |\n|---|---|\n{}", "| 1 | 2 |\n".repeat(50_000));
    let wide = "漢字".repeat(200_000);
    for source in [&line, &table, &wide] {
        let mut document = Document::new();
        document.push(source);
        let _away = document.ahead(String::new());
        for around in [source.len() / 2 + 1, source.len()] {
            document.glimpse(around);
            check_order(&document);
            let is_there = |block: &Block| {
                block.kind != BlockKind::Unread
                    && (block.source.start..=block.source.end).contains(&around)
            };
            assert!(document.blocks().iter().any(is_there), "{around}");
            assert!(
                document
                    .blocks()
                    .iter()
                    .all(|b| b.kind == BlockKind::Unread || b.source.len() <= 32 * 1024)
            );
        }
    }
}

#[test]
fn a_glimpse_follows_the_tail_and_stays_where_one_reads() {
    let source = mixed(200);
    let mut document = Document::new();
    document.push(&source);
    let _away = document.ahead(String::new());
    let middle = source.len() / 2;
    document.glimpse(middle);
    let there = document.blocks()[1].clone();
    document.push("more text\n\n");
    assert!(document.glimpse(middle), "there is more below");
    assert_eq!(document.blocks()[1], there);
    let work = document.work();
    document.push("more text\n\n");
    document.glimpse(middle + 100);
    assert_eq!(document.work(), work, "nothing is read again");
    document.glimpse(usize::MAX);
    let last = document.blocks().last().expect("a block");
    assert_eq!(last.lines[0].text.as_str(), "more text");
    assert!(document.work() - work < 128 * 1024);
}

#[test]
fn what_cannot_be_read_is_settled_as_it_was_written() {
    let source = mixed(100);
    let mut document = Document::new();
    document.push("# Head\n\ntext\n\n");
    document.advance();
    let settled = document.settled();
    document.push(&source);
    let _lost = document.ahead(String::new());
    document.glimpse(usize::MAX);
    document.give_up();
    check_order(&document);
    assert_eq!(document.settled(), document.blocks().len());
    let shown: String = document.blocks()[settled..]
        .iter()
        .flat_map(|block| &block.lines)
        .map(|line| line.text.as_str().to_owned() + "\n")
        .collect();
    assert!(shown.contains("## Part 99"), "nothing is lost");
    document.push("\n\n# After\n");
    document.finish();
    document.advance();
    let last = document.blocks().last().expect("a block");
    assert_eq!(last.kind, BlockKind::Heading(1));
}

#[test]
fn steps_are_small_and_links_come_at_the_end() {
    let source = format!(
        "{}[d]: https://docs.rs/x\n",
        "see [the docs][D]\n\n".repeat(40_000)
    );
    let mut document = Document::new();
    document.push(&source);
    document.finish();
    let mut ahead = document.ahead(String::new());
    let mut steps = 1;
    while ahead.step() {
        steps += 1;
    }
    assert!(steps > source.len() / (128 * 1024), "{steps}");
    document.take_over(ahead);
    assert_eq!(document.blocks()[7].links, []);
    let mut portions = 0;
    while document.due() > 0 {
        let mut ahead = document.ahead(String::new());
        while ahead.step() {}
        document.take_over(ahead);
        portions += 1;
    }
    assert!(portions > source.len() / (128 * 1024), "{portions}");
    assert_eq!(document.blocks()[7].links, ["https://docs.rs/x".into()]);
    assert_eq!(document.blocks(), whole(&source).blocks());
}

#[test]
fn late_links_move_all_of_a_table_wherever_its_parts_were_read() {
    let rows = format!("| [a][b] | x |\n{}", "| c | x |\n".repeat(400));
    let table = format!("| a | b |\n|---|---|\n{rows}");
    let source = format!("{table}\n- [b]\n\n[b]: http://one.org/\n");
    let whole = whole(&source);
    for cut in [0, 100, table.len() / 2, table.len(), table.len() + 7] {
        let mut document = Document::new();
        let (first, rest) = source.split_at(cut);
        document.push(first);
        document.advance();
        document.push(rest);
        document.finish();
        let before = document.generation();
        read_elsewhere(&mut document);
        assert_eq!(document.blocks(), whole.blocks(), "{cut}");
        assert!(document.generation() > before, "{cut}");
    }
}

#[test]
fn what_settles_in_parts_goes_on_elsewhere_and_back() {
    for (start, unit) in [
        ("- top\n\n  ```py\n", "  x = f(1)\n"),
        ("> ", "words of a quote without an end "),
        ("<div>\n", "<b>html</b>\n"),
        ("1. one\n", "   - an item in an item\n"),
        ("```\n", "code without an end of its line "),
    ] {
        let source = format!("{start}{}", unit.repeat(60_000 / unit.len()));
        let whole = whole(&source);
        for size in [7_000, 20_000] {
            let mut document = Document::new();
            for (index, piece) in source.as_bytes().chunks(size).enumerate() {
                document.push(std::str::from_utf8(piece).expect("ascii"));
                if index % 3 == 2 {
                    document.advance();
                } else {
                    read_elsewhere(&mut document);
                }
            }
            document.finish();
            document.advance();
            assert_eq!(document.blocks(), whole.blocks(), "{start:?} {size}");
        }
    }
}

#[test]
fn a_line_of_blanks_in_code_does_not_hold_up_what_follows() {
    let source = format!("```\n{}\nlet a;\n```\n\nend\n", " ".repeat(300_000));
    let mut document = Document::new();
    document.push(&source);
    read_elsewhere(&mut document);
    assert_eq!(
        document.blocks().last().expect("a block").source.end,
        source.len()
    );
    document.finish();
    document.advance();
    assert_eq!(document.blocks(), whole(&source).blocks());
}

#[test]
fn code_that_was_open_stays_when_the_rest_cannot_be_read() {
    let mut document = Document::new();
    document.push("```rust\nlet a;\nlet b;\n");
    document.advance();
    document.push("let c;\n");
    let _lost = document.ahead(String::new());
    document.give_up();
    check_order(&document);
    let lines = document.blocks().iter().flat_map(|block| &block.lines);
    let shown: Vec<&str> = lines.map(|line| line.text.as_str()).collect();
    assert_eq!(shown, ["rust", "let a;", "let b;", "let c;"]);
}

#[test]
fn what_is_read_elsewhere_can_go_there() {
    fn check<T: Send>() {}
    check::<Ahead>();
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn reading_elsewhere_gives_the_same_blocks(
        source in hostile_document(),
        cuts in prop::collection::vec((1..30_usize, 0..5_u8), 1..12),
    ) {
        let whole = whole(&source);
        let read = read_in_pieces(&source, &cuts);
        prop_assert_eq!(read.source(), whole.source());
        prop_assert_eq!(read.blocks(), whole.blocks());
        prop_assert_eq!(read.settled(), whole.blocks().len());
        prop_assert_eq!(read.due(), 0);
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn reading_much_elsewhere_gives_the_same_blocks(
        parts in long_parts(),
        cuts in prop::collection::vec((1..40_000_usize, 0..5_u8), 1..12),
    ) {
        let mut source = String::new();
        for (start, unit, length, end) in parts {
            source.push_str(start);
            source.push_str(&unit.repeat(length * 3 / unit.len()));
            source.push_str(end);
        }
        let whole = whole(&source);
        let read = read_in_pieces(&source, &cuts);
        prop_assert!(read.blocks() == whole.blocks());
    }
}
