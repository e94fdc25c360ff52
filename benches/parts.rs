//! The parts whose cost is felt on every token and frame: sanitiser, growing Markdown, layout, highlighting.
//!
//! `cargo bench --bench parts`. The cost of a token must not depend on the length of the answer.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use waferdeck::markdown::{Block, Colours, Document, Highlighter, LayoutOptions, layout};
use waferdeck::text::{Sanitiser, width};

/// Tokens that arrive between two frames at 3,000 tokens a second.
const TOKENS_PER_FRAME: usize = 50;

/// Bytes of an average token.
const TOKEN: usize = 4;

const PROSE: &str = "A merge sort is *stable*: equal items keep their order, and the worst case is the average one.\n\n";

const RUST: &str = "    let middle = items.len() / 2; // the left half is the shorter one\n";

const MIXED: &str = "## Merge sort

A merge sort is **stable**: equal items keep their order, see [the docs](https://doc.rust-lang.org/std/).

1. Split the slice in two halves.
2. Sort each half, then merge them with `std::mem::take`.
   - It needs memory of the size of its input.

```rust
fn merge_sort<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    let middle = items.len() / 2; // the left half is the shorter one
    merge(merge_sort(&items[..middle]), merge_sort(&items[middle..]))
}
```

| Sort | Best | Worst |
|------|-----:|------:|
| merge | n log n | n log n |
| quick | n log n | n² |

";

fn main() {
    divan::main();
}

/// `unit` as often as `tokens` need.
fn answer(unit: &str, tokens: usize) -> String {
    unit.repeat(tokens * TOKEN / unit.len() + 1)
}

/// Chunks of about a token's size.
fn tokens(text: &str) -> Vec<&str> {
    let mut rest = text;
    std::iter::from_fn(|| {
        let (token, after) = rest.split_at(rest.ceil_char_boundary(TOKEN.min(rest.len())));
        rest = after;
        (!token.is_empty()).then_some(token)
    })
    .collect()
}

#[divan::bench(args = ["ascii", "persian", "mixed", "hostile"])]
fn sanitise(bencher: Bencher<'_, '_>, kind: &str) {
    let unit = match kind {
        "ascii" => PROSE,
        "persian" => "می‌خواهم کتاب‌ها را بخوانم. ",
        "mixed" => "naïve – “quotes” … and 👩‍👩‍👧 among ASCII text\n",
        _ => "\u{1b}[31m\u{202e}\u{200b}\r",
    };
    let text = answer(unit, 50_000);
    bencher
        .counter(BytesCount::of_str(&text))
        .with_inputs(|| String::with_capacity(text.len() * 8))
        .bench_refs(|out| {
            let mut sanitiser = Sanitiser::default();
            sanitiser.push(black_box(&text), out);
            sanitiser.finish(out);
        });
}

#[divan::bench(args = ["ascii", "wide"])]
fn measure(bencher: Bencher<'_, '_>, kind: &str) {
    let text = answer(
        if kind == "ascii" {
            PROSE
        } else {
            "漢字だけの段落。"
        },
        1_000,
    );
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| width(black_box(&text)));
}

/// Kinds of text that are hard in one way each.
const KINDS: [&str; 12] = [
    "mixed",
    "prose",
    "one-paragraph",
    "one-line",
    "code",
    "table",
    "list",
    "nested",
    "blocks",
    "emoji",
    "cjk",
    "hostile",
];

/// Much of one kind.
fn text_of(kind: &str, tokens: usize) -> String {
    let (head, unit) = match kind {
        "mixed" => ("", MIXED),
        "prose" => ("", PROSE),
        "one-paragraph" => ("", "words of a paragraph that never ends, "),
        "one-line" => ("", "withoutablank"),
        "code" => ("```rust\n", RUST),
        "table" => (
            "| a row | of a table | that |\n|---|:---:|---:|\n",
            "| a row | of a table | that never ends |\n",
        ),
        "list" => ("", "- one of very **many** items of a list\n"),
        "nested" => (
            "",
            "- a list\n  - in a list\n    - with `code`\n      1. and numbers\n\n> a quote\n>\n> > in a quote\n\n",
        ),
        "blocks" => ("", "```sh\nmake\n```\n\n### Next\n\nShort.\n\n---\n\n"),
        "emoji" => ("", "a 👩‍👩‍👧 family, a 🇨🇭 flag, 👍🏽 and e\u{301}\n\n"),
        "cjk" => ("", "漢字だけの段落。队列很快，从不等待。추론은 빠르다.\n\n"),
        _ => (
            "",
            "\u{1b}[2J\u{202e}x\u{202c} **_*_**[[[ > > |a|b|\n\n<b>*\u{200b}`\n\n",
        ),
    };
    format!("{head}{}", answer(unit, tokens))
}

/// Takes what came and lays out what may still change, as a frame does; the rows keep it from being left out.
fn frame(document: &mut Document) -> usize {
    document.advance();
    let open = document.blocks().iter().skip(document.settled());
    rows(open)
}

fn rows<'a>(blocks: impl Iterator<Item = &'a Block>) -> usize {
    let (options, colours) = (LayoutOptions::default(), Colours::default());
    blocks
        .map(|block| layout(block, 96, &options, &colours).len())
        .sum::<usize>()
}

/// The whole life of an answer, a frame every 50 tokens; divan's items a second are tokens a second.
#[divan::bench(args = KINDS, consts = [2_000, 20_000], sample_count = 3, sample_size = 1)]
fn grow<const TOKENS: usize>(bencher: Bencher<'_, '_>, kind: &str) {
    let text = text_of(kind, TOKENS);
    let tokens = tokens(&text);
    bencher.counter(ItemsCount::new(tokens.len())).bench(|| {
        let mut document = Document::new();
        for piece in tokens.chunks(TOKENS_PER_FRAME) {
            for token in piece {
                document.push(token);
            }
            black_box(frame(&mut document));
        }
        document.finish();
        document.advance();
        document
    });
}

/// An answer that is there already, up to the first screen with its end.
#[divan::bench(args = KINDS, consts = [2_000, 20_000], sample_count = 3, sample_size = 1)]
fn open<const TOKENS: usize>(bencher: Bencher<'_, '_>, kind: &str) {
    let text = text_of(kind, TOKENS);
    let count = tokens(&text).len();
    bencher.counter(ItemsCount::new(count)).bench(|| {
        let mut document = Document::new();
        document.push(&text);
        document.finish();
        document.advance();
        let mut shown = 0;
        for block in document.blocks().iter().rev() {
            shown += rows(std::iter::once(block));
            if shown >= 50 {
                break;
            }
        }
        (document, shown)
    });
}

/// A large answer that is there already, up to the first screen out of its middle, while the rest is read elsewhere.
#[divan::bench(args = KINDS, sample_count = 5, sample_size = 1)]
fn glimpse(bencher: Bencher<'_, '_>, kind: &str) {
    let text = text_of(kind, 1_000_000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut document = Document::new();
        document.push(&text);
        document.finish();
        let ahead = document.ahead(String::new());
        document.glimpse(text.len() / 2);
        let shown = rows(document.blocks().iter());
        (document, ahead, shown)
    });
}

/// Fifty rows out of the middle of an answer.
#[divan::bench(args = ["prose", "mixed", "wide"])]
fn layout_screen(bencher: Bencher<'_, '_>, kind: &str) {
    let unit = match kind {
        "prose" => PROSE,
        "mixed" => MIXED,
        _ => "漢字だけの段落がここにあります。とても長い文章なので折り返します。\n\n",
    };
    let mut document = Document::new();
    document.push(&answer(unit, 5_000));
    document.finish();
    document.advance();
    let (options, colours) = (LayoutOptions::default(), Colours::default());
    bencher.bench_local(|| {
        let mut rows = 0;
        for block in document.blocks() {
            rows += black_box(layout(block, 96, &options, &colours)).len();
            if rows >= 50 {
                break;
            }
        }
        rows
    });
}

#[divan::bench(args = ["rust", "python", "json", "ts"], sample_count = 20)]
fn highlight(bencher: Bencher<'_, '_>, language: &str) {
    let line = match language {
        "rust" => RUST,
        "python" => {
            "    def middle(self, items: list[int]) -> int: return len(items) // 2  # half\n"
        }
        "json" => {
            "    {\"middle\": 2, \"items\": [1, 2.5, null, true], \"name\": \"left half\"},\n"
        }
        _ => "    const middle = async (items: number[]): Promise<number> => items.length / 2;\n",
    };
    let highlighter = Highlighter::new();
    highlighter.warm(&[language]);
    let lines = 500_usize;
    bencher.counter(ItemsCount::new(lines)).bench_local(|| {
        let mut highlighting = highlighter.begin(language);
        for _ in 0..lines {
            black_box(highlighter.line(&mut highlighting, black_box(line.trim_end_matches('\n'))));
        }
    });
}
