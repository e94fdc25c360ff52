//! The parts whose cost is felt on every token and frame: sanitiser, growing Markdown, layout, highlighting.
//!
//! `cargo bench --bench parts`. The cost of a token must not depend on the length of the answer.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use waferdeck::markdown::{Colours, Document, Highlighter, LayoutOptions, layout};
use waferdeck::text::{Sanitiser, width};

/// Tokens that arrive between two frames at 3,000 tokens a second.
const TOKENS_PER_FRAME: usize = 50;

/// Bytes of an average token.
const TOKEN: usize = 4;

const PROSE: &str = "A merge sort is *stable*: equal items keep their order, and the worst case is the average one.\n\n";

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

/// The whole life of an answer, a frame every 50 tokens; divan's items a second are tokens a second.
fn stream(bencher: Bencher<'_, '_>, unit: &str, count: usize) {
    let text = answer(unit, count);
    let tokens = tokens(&text);
    bencher.counter(ItemsCount::new(tokens.len())).bench(|| {
        let mut document = Document::new();
        for frame in tokens.chunks(TOKENS_PER_FRAME) {
            for token in frame {
                document.push(token);
            }
            document.advance();
        }
        document.finish();
        document.advance();
        document
    });
}

const LENGTHS: [usize; 3] = [1_000, 10_000, 50_000];

#[divan::bench(args = LENGTHS, sample_count = 10)]
fn stream_mixed(bencher: Bencher<'_, '_>, tokens: usize) {
    stream(bencher, MIXED, tokens);
}

#[divan::bench(args = LENGTHS, sample_count = 10)]
fn stream_prose(bencher: Bencher<'_, '_>, tokens: usize) {
    stream(bencher, PROSE, tokens);
}

#[divan::bench(args = LENGTHS, sample_count = 10)]
fn stream_list(bencher: Bencher<'_, '_>, tokens: usize) {
    stream(bencher, "- one of very many items of a list\n", tokens);
}

#[divan::bench(args = LENGTHS, sample_count = 10)]
fn stream_one_paragraph(bencher: Bencher<'_, '_>, tokens: usize) {
    stream(bencher, "words of a paragraph that never ends, ", tokens);
}

#[divan::bench(args = LENGTHS, sample_count = 10)]
fn stream_one_table(bencher: Bencher<'_, '_>, tokens: usize) {
    let row = "| a row | of a table | that never ends |\n";
    let table = format!("{row}|---|---|---|\n{}", answer(row, tokens));
    stream(bencher, &table, tokens);
}

#[divan::bench(args = LENGTHS, sample_count = 3)]
fn stream_code(bencher: Bencher<'_, '_>, tokens: usize) {
    let line = "    let middle = items.len() / 2; // the left half is the shorter one\n";
    let code = format!("```rust\n{}", answer(line, tokens));
    stream(bencher, &code, tokens);
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
        "rust" => "    let middle = items.len() / 2; // the left half is the shorter one\n",
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
