//! Pictures of every state of the screen, looked at before they were accepted, and what no screen may ever show.
//! `cargo insta review` shows what changed; the styles below a picture are part of it.

mod budget;
mod connect;
mod finding;
mod hints;
mod inspector;
mod keys;
mod markdown;
mod mock_mode;
mod panes;
mod quota;
mod sidebar;
mod sidebar_all;
mod sidebar_dashes;
mod sidebar_scroll;
mod sidebar_session;
mod variants;
mod waits;

use proptest::{prelude::*, test_runner::Config as Cases};
use waferdeck::{
    app::{Msg, Outcome, SessionEntry},
    chat::{
        Attempt, Bucket, End, EndState, FailureKind, IdSource, Limits, Quota, SessionId,
        StreamEvent, Timestamp, Unit,
    },
    config::{Theme, theme_names},
    ui::ColorDepth,
};

mod diagnostics;
mod elsewhere;
mod hostile;
mod pace;
mod sessions;
mod sideways;

use crate::stage::{BEGIN, Picture, Stage, failure};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

/// Compares with the accepted picture of that name.
fn check(name: &str, picture: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, picture));
}

/// The same state at the three sizes that every state of importance is looked at.
fn check_sizes(name: &str, stage: &mut Stage) {
    for (width, height) in SIZES {
        let picture = stage.draw(width, height);
        check(&format!("{name}@{width}x{height}"), &picture.with_styles());
    }
}

/// The middle size alone.
fn check_one(name: &str, stage: &mut Stage) {
    check(name, &stage.draw(80, 24).with_styles());
}

const PROMPT: &str = "Write a stable merge sort in Rust and explain its cost";

/// Prose, a list, code, a table and a quotation, as models write them.
const ANSWER: &str = "\
A merge sort splits, sorts both halves and **merges** them; equal elements keep their order, so it is *stable*.

1. split in the middle
2. sort each half
   - recursively, with `merge_sort`
3. merge

```rust
/// Sorts `items`, keeping equal ones in order.
fn merge_sort<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    if items.len() < 2 {
        return items.to_vec(); // nothing to do
    }
    let (left, right) = items.split_at(items.len() / 2);
    merge(&merge_sort(left), &merge_sort(right))
}
```

## Cost

| case | comparisons | memory |
| :--- | ---: | :--: |
| best | n log n | n |
| worst | n log n | n |

> The constant is small. See [the proof](https://example.org/proof).
";

const THOUGHTS: &str = "The user wants a stable sort. Merge sort is stable when the merge prefers the left half.\n\n\
    I should show the code first, then the cost.";

/// One finished turn on a real profile.
fn finished() -> Stage {
    let mut stage = Stage::new();
    let answer = stage.ask(PROMPT);
    stage.clock(160);
    stage.thought(answer, THOUGHTS);
    stage.text(answer, ANSWER);
    stage.end(answer, EndState::Complete);
    stage
}

#[test]
fn first_start() {
    check_sizes("first-start", &mut Stage::on_mock());
}

#[test]
fn first_start_on_a_real_profile() {
    check_one("first-start-real", &mut Stage::new());
}

#[test]
fn a_draft_with_its_estimate() {
    let mut stage = Stage::on_mock();
    stage.write("Explain the borrow checker to somebody who knows C++.\nKeep it short.");
    check_sizes("draft", &mut stage);
}

#[test]
fn a_long_draft_scrolls() {
    let mut stage = Stage::new();
    for line in 1..=30 {
        stage.write(&format!("line {line} of a long prompt\n"));
    }
    stage.write("the end");
    check("draft-long", &stage.draw(80, 24).without_styles());
}

#[test]
fn a_draft_with_attachments() {
    let mut stage = Stage::new();
    stage.model.paste_bytes = 1 << 10;
    let paste = |stage: &mut Stage, lines: usize| {
        let text = "a line of a log\n".repeat(lines);
        stage.tell(Msg::Terminal(waferdeck::app::Input::Paste(text)));
    };
    paste(&mut stage, 41_203);
    stage.write("What is wrong here?");
    check("draft-attached", &stage.draw(80, 24).without_styles());
    for lines in [100, 2_000, 30_000] {
        paste(&mut stage, lines);
    }
    check_sizes("draft-attached-many", &mut stage);
    let answers = stage.submit();
    stage.tell(Msg::Saved { answers });
    check("attached-sent", &stage.draw(80, 24).without_styles());
}

#[test]
fn waiting() {
    let mut stage = Stage::new();
    stage.ask(PROMPT);
    stage.clock(140);
    check_sizes("waiting", &mut stage);
    stage.clock(3_400);
    check("waiting-long", &stage.draw(80, 24).without_styles());
}

#[test]
fn thinking() {
    let mut stage = Stage::new();
    let answer = stage.ask(PROMPT);
    stage.clock(160);
    stage.thought(answer, THOUGHTS);
    check_sizes("thinking", &mut stage);
}

#[test]
fn streaming_with_an_open_fence() {
    let mut stage = Stage::new();
    let answer = stage.ask(PROMPT);
    stage.clock(160);
    stage.thought(answer, THOUGHTS);
    let (so_far, _) = ANSWER.split_once("    let (left").expect("code");
    stage.text(answer, so_far);
    check_sizes("streaming-fence", &mut stage);
}

#[test]
fn streaming_with_an_open_table() {
    let mut stage = Stage::new();
    let answer = stage.ask("Compare SQL and NoSQL in a table");
    stage.text(
        answer,
        "In short:\n\n| | SQL | NoSQL |\n|---|---|---|\n| schema | fixed | fle",
    );
    check_one("streaming-table", &mut stage);
}

#[test]
fn streaming_with_an_open_list() {
    let mut stage = Stage::new();
    let answer = stage.ask("Plan a load test");
    stage.text(
        answer,
        "Steps:\n\n1. **Goal**: know the knee of the curve\n2. Ramp up\n   - 1 client\n   - 8 clients, each wi",
    );
    check_one("streaming-list", &mut stage);
}

#[test]
fn a_silent_stream() {
    let mut stage = Stage::new();
    let answer = stage.ask("Count");
    stage.text(answer, "one, two, ");
    stage.clock(8_000);
    check_one("streaming-silent", &mut stage);
}

#[test]
fn finished_with_its_figures() {
    check_sizes("finished", &mut finished());
}

#[test]
fn finished_in_a_small_window() {
    check("finished@60x15", &finished().draw(60, 15).without_styles());
    check("finished@20x5", &finished().draw(20, 5).without_styles());
    let mut wide = finished();
    check("finished@200x50", &wide.draw(200, 50).without_styles());
}

#[test]
fn scrolled_up_while_text_arrives() {
    let mut stage = finished();
    stage.draw(80, 24);
    stage.keys("tab g");
    stage.draw(80, 24);
    stage.keys("j j");
    stage.draw(80, 24);
    check_sizes("scrolled", &mut stage);
}

#[test]
fn reasoning_unfolded() {
    let mut stage = finished();
    stage.keys("tab t g");
    check_sizes("unfolded", &mut stage);
}

#[test]
fn source_instead_of_rendering() {
    let mut stage = finished();
    stage.keys("tab u g");
    check_one("source", &mut stage);
}

#[test]
fn stopped() {
    let mut stage = Stage::new();
    let answer = stage.ask("Count to a thousand");
    stage.text(answer, "One, two, three, four, fi");
    stage.end(answer, EndState::Stopped);
    check_sizes("stopped", &mut stage);
}

#[test]
fn cut_short() {
    let mut stage = Stage::new();
    let answer = stage.ask("Tell me a story");
    stage.text(answer, "Once upon a ti");
    let reason = failure(
        FailureKind::Network,
        "the connection to api.cerebras.ai was reset",
        "check the network, then send again",
    );
    stage.end(answer, EndState::CutShort(reason));
    check_sizes("cut-short", &mut stage);
}

#[test]
fn asked_to_go_on_in_vain() {
    let mut stage = Stage::new();
    let answer = stage.ask("Tell me a story");
    stage.text(answer, "Once upon a ti");
    let reset = "the connection to api.cerebras.ai was reset";
    let cut = failure(FailureKind::Network, reset, "check the network");
    stage.end(answer, EndState::CutShort(cut));
    let mut go_on = |text| {
        stage.keys("ctrl-x C");
        let answers = vec![answer];
        stage.tell(Msg::Saved { answers });
        stage.event(answer, StreamEvent::Sent { number: 1 });
        stage.text(answer, text);
        let refused = failure(FailureKind::Request, "400: no prefill", "change it");
        let end = End::bare(EndState::CutShort(refused));
        stage.event(answer, StreamEvent::End(Box::new(end)));
        let rows = stage.draw(90, 24).rows();
        let begin = rows
            .iter()
            .position(|row| row.contains("to go on") || row.contains("continued"));
        let rows = rows
            .iter()
            .skip(begin.expect("a row that tells it"))
            .take(2);
        rows.map(|row| row.trim().to_owned()).collect::<Vec<_>>()
    };
    let was_cut = format!("the text had been cut short: {reset}");
    for times in ["once", "2 times"] {
        let told = format!("asked {times} to go on in a further turn: nothing new came");
        assert_eq!(go_on(""), [told, was_cut.clone()]);
    }
    let [told, after] = go_on("me,").try_into().expect("two rows");
    assert_eq!(
        told,
        "asked 3 times to go on in a further turn: continued once"
    );
    assert!(after.starts_with("✗ cut short: 400"), "{after}");
    let [_, after] = go_on("").try_into().expect("two rows");
    assert_eq!(after, "the text had been cut short: 400: no prefill");
}

#[test]
fn damaged_and_at_the_limit() {
    let mut stage = Stage::new();
    let answer = stage.ask("Tell me a story");
    stage.text(answer, "Once upon a time.");
    stage.end(answer, EndState::Damaged(3));
    let answer = stage.ask("Tell me another");
    stage.text(answer, "Twice upon a");
    stage.end(answer, EndState::AtLimit);
    check_one("damaged-and-limit", &mut stage);
}

#[test]
fn failures_say_what_to_do() {
    let mut stage = Stage::new();
    let answer = stage.ask("Hello");
    stage.fail(
        answer,
        failure(
            FailureKind::Key,
            "key rejected (401: Wrong API Key)",
            "the key came from CEREBRAS_API_KEY: put a valid one there",
        ),
    );
    check_sizes("failed-key", &mut stage);

    let answer = stage.ask("Hello again");
    stage.fail(
        answer,
        failure(
            FailureKind::Model,
            "404: Model llama-4-scout-17b does not exist or you do not have access to it.",
            "llama-4-scout-17b was retired on 2025-11-03: use gpt-oss-120b",
        ),
    );
    check_one("failed-model", &mut stage);
}

#[test]
fn waiting_for_a_quota() {
    let mut stage = Stage::new();
    let answer = stage.ask("Hello");
    let attempt = Attempt {
        status: Some(429),
        error: failure(
            FailureKind::Quota,
            "429: Requests per minute limit exceeded - too many requests sent.",
            "wait",
        ),
        wait: std::time::Duration::from_millis(2_500),
    };
    stage.event(
        answer,
        StreamEvent::Retry {
            attempt,
            next: 2,
            most: 5,
        },
    );
    stage.clock(700);
    check_sizes("retrying", &mut stage);
}

#[test]
fn a_refused_prompt_is_back_in_the_composer() {
    let mut stage = Stage::new();
    let answer = stage.ask("Summarise this very long text");
    stage.fail(
        answer,
        failure(
            FailureKind::TooLong,
            "400: Please reduce the length of the messages or completion.",
            "drop the oldest turns or send less",
        ),
    );
    check_one("failed-too-long", &mut stage);
}

#[test]
fn quota_and_several_answers() {
    let mut stage = finished();
    stage.keys("ctrl-x r");
    let answer = stage.model.live().next().expect("a second answer").id;
    stage.tell(Msg::Saved {
        answers: vec![answer],
    });
    stage.event(answer, StreamEvent::Sent { number: 1 });
    let quota = |unit, limit, remaining| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    };
    let limits = Limits(vec![
        quota(Unit::Requests, 30, 28),
        quota(Unit::Tokens, 64_000, 55_120),
    ]);
    stage.quota(answer, &limits);
    stage.event(
        answer,
        StreamEvent::Accepted {
            request_id: Some("chatcmpl-1".to_owned()),
            limits,
            connection: None,
        },
    );
    stage.clock(900);
    stage.text(
        answer,
        "Another way to put it: *divide and conquer*. Each half is the same task, only smaller.\n",
    );
    stage.end(answer, EndState::Complete);
    check("second-answer", &stage.draw(120, 40).with_styles());
}

#[test]
fn nothing_is_being_saved() {
    let mut stage = Stage::new();
    stage.write("Hello");
    let answers = stage.submit();
    stage.tell(Msg::SaveFailed {
        answers,
        reason: "no space left on device (/home/ada/.local/share/waferdeck)".to_owned(),
    });
    check_sizes("unsaved", &mut stage);
}

#[test]
fn temporary() {
    let mut stage = Stage::on_mock();
    stage.model.settings.temporary = true;
    check_sizes("temporary", &mut stage);
}

#[test]
fn help() {
    let mut stage = Stage::on_mock();
    stage.keys("f1");
    check_sizes("help", &mut stage);
}

#[test]
fn palette_with_a_query() {
    let mut stage = finished();
    stage.keys("ctrl-p");
    check_one("palette", &mut stage);
    stage.write("ans");
    check_sizes("palette-query", &mut stage);
    stage.write("zzz");
    check_one("palette-nothing", &mut stage);
}

#[test]
fn model_picker() {
    let mut stage = Stage::new();
    stage.keys("ctrl-x m");
    check_sizes("models", &mut stage);
}

#[test]
fn session_picker() {
    let mut stage = Stage::new();
    stage.keys("ctrl-x l");
    check_one("sessions-reading", &mut stage);
    let mut ids = IdSource::new(3);
    let mut entry = |title: &str, minutes: u64, note: &str| SessionEntry {
        id: SessionId::from_uuid(ids.next(Timestamp(1))),
        title: title.to_owned(),
        updated: Timestamp(BEGIN - minutes * 60_000),
        note: note.to_owned(),
    };
    let sessions = vec![
        entry(PROMPT, 3, ""),
        entry("合併排序 in 日本語", 130, "open elsewhere"),
        entry("", 60 * 24 * 9, "damaged: 2 lines unreadable"),
    ];
    stage.tell(Msg::Sessions(Ok(sessions)));
    check_sizes("sessions", &mut stage);
}

#[test]
fn history_picker() {
    let mut stage = finished();
    stage
        .model
        .composer
        .remember("Compare SQL and NoSQL\nin a table");
    stage.keys("ctrl-p");
    stage.write("search earlier");
    stage.keys("enter");
    check_one("history", &mut stage);
}

#[test]
fn leaving_while_an_answer_streams() {
    let mut stage = Stage::new();
    let answer = stage.ask("Tell me a story");
    stage.text(answer, "Once upon a time ");
    stage.keys("ctrl-x q");
    check_sizes("confirm-quit", &mut stage);
}

#[test]
fn notices() {
    let mut stage = finished();
    stage.tell(Msg::Done(Outcome::Done(
        "answer sent to the terminal's clipboard (OSC 52)".to_owned(),
    )));
    stage.tell(Msg::Done(Outcome::Failed(
        "could not write /home/ada/a/rather/long/path/to/a/directory/that/nobody/may/write/merge-sort.md: \
         permission denied; start waferdeck in a directory that you can write to"
            .to_owned(),
    )));
    check_sizes("notices", &mut stage);
}

#[test]
fn a_chord_that_waits() {
    let mut stage = finished();
    stage.keys("ctrl-x");
    check_one("chord", &mut stage);
}

#[test]
fn editing_a_prompt() {
    let mut stage = finished();
    stage.keys("ctrl-x e");
    check_one("editing", &mut stage);
}

#[test]
fn too_small() {
    check("too-small", &finished().draw(19, 4).without_styles());
    check("too-low", &finished().draw(60, 3).without_styles());
}

#[test]
fn without_colours() {
    let mut stage = finished();
    stage.paint_with(&Theme::default(), ColorDepth::None);
    let picture = stage.draw(80, 24);
    check("no-color", &picture.with_styles());
    assert!(
        picture
            .buffer
            .content()
            .iter()
            .all(|c| c.fg == ratatui::style::Color::Reset && c.bg == ratatui::style::Color::Reset),
        "no colour at all"
    );
}

#[test]
fn every_theme() {
    let nowhere = std::path::Path::new("/nowhere");
    for name in theme_names(nowhere) {
        let (theme, warnings) = Theme::load(&name, nowhere);
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        let mut stage = finished();
        stage.paint_with(&theme, ColorDepth::True);
        check_one(&format!("theme-{name}"), &mut stage);
    }
}

#[test]
fn wide_characters() {
    let mut stage = Stage::new();
    stage.write("日本語で👩‍🚀");
    let answer = stage.ask("混ぜる");
    stage.text(
        answer,
        "漢字かな交じり文は幅が二倍です。これは折り返しを試すための長い行です。\n\n\
         - 👩‍🚀 astronaut, 👨‍👩‍👧‍👦 family, 🇩🇪 flag, 👍🏽 skin, ❤️ heart\n\
         - e\u{301}te\u{301} combining, ﬁ ligature, ｱｲｳ half width, ｶﾞ\n\
         - שלום עולם and مرحبا بالعالم\n\n\
         | 名前 | value |\n|---|---|\n| 東京 | 1 |\n| a | 大阪 |\n",
    );
    stage.end(answer, EndState::Complete);
    check_sizes("wide", &mut stage);
}

const HOSTILE: &str = "red \u{1b}[31mtext\u{1b}[0m, title \u{1b}]0;gotcha\u{7}, \u{9b}2J \u{0}\u{8}\u{7f} \
    bidi \u{202e}desrever\u{202c} \u{2066}isolate\u{2069}, zero\u{200b}width, tag \u{e0041}, bom \u{feff}\n\n\
    ```sh\nrm -rf \u{1b}[8m/ # hidden\u{1b}[0m\n```\n\n`\u{1b}[2J` [link\u{1b}](http://x\u{202e}y)\r\rover\n";

#[test]
fn hostile_text() {
    let mut stage = Stage::new();
    let answer = stage.ask("prompt with \u{1b}[2J and \u{202e}bidi");
    stage.thought(answer, "thinking \u{1b}[5m");
    stage.text(answer, HOSTILE);
    let reason = failure(
        FailureKind::Server,
        "500: \u{1b}[31mred\u{202e}",
        "see \u{9b}2J\u{202e}",
    );
    stage.end(answer, EndState::CutShort(reason));
    stage.keys("tab t g");
    check_sizes("hostile", &mut stage);
}

/// What must never reach a terminal from a model's text.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn assert_clean(picture: &Picture) {
    for (i, cell) in picture.buffer.content().iter().enumerate() {
        let symbol = cell.symbol();
        assert!(
            !symbol.chars().any(is_forbidden),
            "cell {i} holds {symbol:?}"
        );
    }
}

/// Pieces that models and attackers put together.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z ]{1,24}",
        2 => proptest::sample::select(vec![
            "\n", "\n\n", "```", "```rust\n", "`", "**", "*", "_", "~~", "- ", "1. ", "> ", "# ", "| a | b |\n",
            "|---|---|\n", "[x](", "](http://a)", "<b>", "</b>", "&amp;", "\\", "    ", "\t", "---\n", "===\n",
        ]).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => proptest::sample::select(vec![
            "\u{1b}[31m", "\u{1b}]0;x\u{7}", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200d}", "\u{200b}", "\u{feff}",
            "\r", "\u{0}", "\u{7f}", "\u{ad}", "\u{fe0f}", "\u{20e3}", "\u{301}\u{301}\u{301}",
        ]).prop_map(str::to_owned),
        1 => proptest::sample::select(vec![
            "日本語", "👩‍🚀", "👨‍👩‍👧‍👦", "🇩🇪🇩", "e\u{301}", "שלום", "ﷺ", "ｶﾞ", "\u{1f3fd}", "क्षि", "ก็",
        ]).prop_map(str::to_owned),
    ]
}

fn text_of_pieces() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(Cases { cases: 40, failure_persistence: None, ..Cases::default() })]

    #[test]
    fn any_text_draws_at_any_size(
        prompt in text_of_pieces(),
        thoughts in text_of_pieces(),
        answer in text_of_pieces(),
        draft in text_of_pieces(),
        bytes in 1usize..40,
        (width, height) in (20u16..=200, 5u16..=60),
        (later_width, later_height) in (20u16..=200, 5u16..=60),
        state in 0u8..3,
        folded in any::<bool>(),
        raw in any::<bool>(),
    ) {
        let mut stage = Stage::new();
        let id = stage.ask(&format!("{prompt}."));
        assert_clean(&stage.draw(width, height));
        stage.stream(id, waferdeck::metrics::Channel::Reasoning, &thoughts, bytes);
        assert_clean(&stage.draw(width, height));
        let half = (answer.len() / 2..=answer.len()).find(|&i| answer.is_char_boundary(i)).unwrap_or(0);
        let (first, second) = answer.split_at(half);
        stage.stream(id, waferdeck::metrics::Channel::Content, first, bytes);
        assert_clean(&stage.draw(width, height));
        stage.tell(Msg::Terminal(waferdeck::app::Input::Paste(draft)));
        stage.stream(id, waferdeck::metrics::Channel::Content, second, bytes);
        let reason = || failure(FailureKind::Server, &thoughts, &prompt);
        stage.end(id, match state {
            0 => EndState::Complete,
            1 => EndState::Failed(reason()),
            _ => EndState::CutShort(reason()),
        });
        if folded {
            stage.keys("ctrl-x t");
        }
        if raw {
            stage.keys("ctrl-x u");
        }
        assert_clean(&stage.draw(width, height));
        stage.keys("pgup");
        assert_clean(&stage.draw(later_width, later_height));
        stage.keys("pgup pgup pgdn");
        assert_clean(&stage.draw(width, height));
    }

    #[test]
    fn any_words_of_others_draw_in_lists_and_lines(
        title in text_of_pieces(),
        reason in text_of_pieces(),
        query in text_of_pieces(),
        (width, height) in (1u16..=120, 1u16..=40),
    ) {
        let mut stage = Stage::new();
        stage.tell(Msg::StoreTrouble(Some(reason.clone())));
        stage.tell(Msg::Done(Outcome::Failed(reason.clone())));
        stage.model.title.clone_from(&title);
        stage.model.composer.remember(&title);
        assert_clean(&stage.draw(width, height));
        stage.keys("ctrl-x l");
        stage.tell(Msg::Sessions(Ok(vec![SessionEntry {
            id: SessionId::from_uuid(IdSource::new(3).next(Timestamp(1))),
            title,
            updated: Timestamp(0),
            note: reason,
        }])));
        assert_clean(&stage.draw(width, height));
        stage.tell(Msg::Terminal(waferdeck::app::Input::Paste(query)));
        assert_clean(&stage.draw(width, height));
    }
}
