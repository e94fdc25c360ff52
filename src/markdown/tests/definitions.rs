//! Definitions of links: however many there are and however they come, they show nothing and change nothing else.
//!
//! Which of them a text has is tried in `document::defining`, what they cost in `tests/it/properties`.

use proptest::sample::select;

use super::*;

/// Whether two documents look the same. Where blocks end is not compared: a definition between two of them belongs to the
/// one or the other by when its lines came.
fn look_the_same(one: &Document, other: &Document) -> bool {
    let [one, other] = [one, other].map(|document| {
        let without_end = |block: &Block| {
            let mut block = block.clone();
            block.source.end = block.source.start;
            block
        };
        document
            .blocks()
            .iter()
            .map(without_end)
            .collect::<Vec<_>>()
    });
    one == other
}

#[test]
fn a_run_of_them_settles_while_it_comes() {
    for unit in ["[a]: /x\n", "[a]:\n  /x\n", "[a]: /x\n'title'\n"] {
        let run = unit.repeat(8_000);
        let source = format!("See [a].\n\n```\n```\n{run}and [a]\n\n- also [a]\n");
        let mut document = Document::new();
        for line in source.split_inclusive('\n') {
            document.push(line);
            document.advance();
            let shown = document.blocks().iter().flat_map(|block| &block.lines);
            assert!(shown.map(|line| line.text.as_str().len()).sum::<usize>() < 200);
        }
        document.finish();
        document.advance();
        assert!(look_the_same(&document, &whole(&source)));
        let links: usize = document.blocks().iter().map(|b| b.links.len()).sum();
        assert_eq!(links, 3);
    }
}

#[test]
fn words_that_go_on_lazily_after_them_stay_where_they_are() {
    for (start, definition) in [
        ("", "> [a]: /x\n"),
        ("- item\n\n", "  [a]: /x\n"),
        ("[^1]: note\n\n", "    [a]: /x\n"),
    ] {
        let of = |times| format!("{start}{}    words\n    of it\n", definition.repeat(times));
        let expected = picture(&whole(&of(1)), 40);
        assert!(expected.ends_with("words of it\n"), "{expected}");
        for times in [70, 2_000] {
            assert_eq!(picture(&whole(&of(times)), 40), expected);
        }
    }
}

#[test]
fn a_long_one_that_grows_is_read_now_and_then() {
    let mut document = Document::new();
    document.push(&format!("[a]: /{}", "x".repeat(20_000)));
    document.advance();
    let work = document.work();
    for _ in 0..1_000 {
        document.push("x");
        document.advance();
    }
    assert_eq!(document.work(), work);
    document.push(&format!("\n\ntext{}", " word".repeat(1_000)));
    document.advance();
    assert_eq!(document.blocks().len(), 1);
    document.finish();
    document.advance();
    assert!(look_the_same(&document, &whole(document.source())));
}

proptest! {
    #![proptest_config(cases(400))]

    /// Of those with one label all lead to the same place here: which of several counts is looked for at the end.
    #[test]
    fn any_split_of_definitions_looks_the_same(
        pieces in prop::collection::vec(
            (
                select(vec![
                    "[a]: /x\n", "[b]: /y 'title'\n", "[c]:\n  /z\n", "  [d]: /in\n", "    [d]: /in\n",
                    "[e]: /q\n'title'\n", "[f]: /t '\n[a]: /x\n'\n", "[g\nh]: /x\n", "[i]:\n[b]:\n",
                    "words [a] and [b]\n", "[a] words\n", "'\n", "\n", "\n", "# head [a]\n", "- item [b]\n",
                    "> quote [c]\n", "> [e]: /q\n", "```\n", "    indented\n", "[^1]: note\n", "| [a] |\n|---|\n",
                    "===\n", "$$\n", "\\[\n",
                ]),
                select(vec![1_usize, 1, 1, 1, 2, 9, 70]),
            ),
            0..24,
        ),
        cuts in prop::collection::vec((1..400_usize, any::<bool>()), 1..12),
    ) {
        let source: String = pieces.into_iter().map(|(piece, times)| piece.repeat(times)).collect();
        let whole = whole(&source);
        let streamed = streamed(&source, &cuts);
        prop_assert!(look_the_same(&streamed, &whole));
    }
}
