//! Text never drives the terminal: every byte that reaches it is one that the renderer makes.

use crate::harness::{Home, Mock, Sequence, Stage, Workbench, sequences};

/// Fails on anything that the program has no reason to say to a terminal.
#[track_caller]
fn only_ours(raw: &[u8]) {
    for sequence in sequences(raw) {
        let ours = match &sequence {
            Sequence::Text(text) => !text.chars().any(is_forbidden),
            Sequence::Control(c) => matches!(c, '\r' | '\n'),
            Sequence::Csi(csi) => is_ours(csi),
            // The question for its background.
            Sequence::Long(']', text) => text == "11;?",
            Sequence::Escape(_) | Sequence::Long(..) => false,
        };
        assert!(ours, "{sequence:?} reached the terminal");
    }
}

/// Cursor places and shape, colours, erasing, our modes.
fn is_ours(csi: &str) -> bool {
    let plain = |end: char| {
        csi.strip_suffix(end).is_some_and(|p| {
            p.chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ';' | ':'))
        })
    };
    ['H', 'C', 'm', 'J', 'K', 'X'].into_iter().any(plain)
        || matches!(
            csi,
            "?1049h" | "?1049l" | "?2004h" | "?2004l" | "?2026h" | "?2026l" | "?25h" | "?25l"
        )
        // Around rows whose clusters might break them.
        || matches!(csi, "?7h" | "?7l")
        || matches!(csi, ">1u" | "<1u" | "0 q")
}

/// Characters that reorder or hide text.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}' | '\u{e0000}'..='\u{e001f}')
}

#[test]
fn escape_sequences_of_a_model_are_shown_and_not_obeyed() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    workbench.send("attack");
    let mut answer = stage.next();
    answer.think("\u{1b}[2Jthought\u{7}");
    answer.say("title \u{1b}]0;owned\u{7} clip \u{1b}]52;c;b3duZWQ=\u{1b}\\ ");
    answer.say("clear \u{1b}[2J\u{1b}[H c1 \u{9b}31m dcs \u{1b}P+q544e\u{1b}\\ ");
    // Also when a sequence is cut in two.
    answer.say("split \u{1b}");
    answer.say("]0;later\u{7} bidi \u{202e}drow\u{202c} end");
    answer.say("\n\n`code \u{1b}[31m` \n\n```\nfence \u{1b}[5m\u{8}\u{8}\n```\n\nover");
    workbench.until_text("over");
    let shown = workbench.until("stand-ins", |s| {
        s.has("␛]0;owned␇") && s.has("␛[2J") && s.has("⟨U+202E⟩") && s.has("⟨U+009B⟩")
    });
    assert!(shown.says("split ␛]0;later␇"), "{}", shown.text());
    answer.finish();
    workbench.until_text("Enter send");
    workbench.key("tab");
    workbench.key("t");
    workbench.until_text("thought␇");
    workbench.key("u");
    workbench.until_text("source");
    workbench.key("q");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
    only_ours(&workbench.raw());
}

#[test]
fn a_hostile_server_and_prompt_do_not_drive_the_terminal() {
    let mock = Mock::playing(
        "[[reply]]\nstatus = 400\nmessage = \"bad \\u001b]0;owned\\u0007 \\u001b[2J thing\"\n",
    );
    let home = Home::asking(mock.url());
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    workbench.paste("a \u{1b}]0;pasted\u{7} b");
    workbench.until("stand-ins", |s| s.has("a ␛]0;pasted␇ b"));
    workbench.key("enter");
    // A refused prompt comes back to be changed.
    workbench.until("the message", |s| {
        s.has("bad ␛]0;owned␇") && s.has("edits the last prompt")
    });
    workbench.key("ctrl-c");
    workbench.until_gone("edits the last prompt");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.key("ctrl-d");
    assert_eq!(workbench.exit_code(), 0);
    only_ours(&workbench.raw());
}

#[test]
fn a_flood_of_hostile_text_is_drawn() {
    let mock = Mock::nasty("hostile-text");
    let home = Home::asking(mock.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.send("attack");
    workbench.until("its end", |s| {
        s.has(" tokens · TTFT") && s.has("Enter send")
    });
    workbench.key("tab");
    workbench.until_text("G follow");
    for _ in 0..20 {
        workbench.key("pgup");
    }
    workbench.key("g");
    workbench.until_text("┃ attack");
    workbench.key("q");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
    only_ours(&workbench.raw());
}
