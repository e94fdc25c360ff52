//! Text made safe: nothing that drives a terminal gets through, real writing stays, and any split gives the same.
//! Widths are those that the screen counts.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(raw: &str, expected: &str) {
    assert_eq!(SafeText::new(raw).as_str(), expected);
}

#[test]
fn controls_become_pictures() {
    check("a\u{1b}[31mb\u{7}\0", "a␛[31mb␇␀");
    check("\u{7f}\u{9b}31m\u{85}", "␡⟨U+009B⟩31m⟨U+0085⟩");
    check("tab\tand\nline", "tab\tand\nline");
}

#[test]
fn carriage_returns() {
    check("a\r\nb", "a\nb");
    check("a\rb\r", "a␍b␍");
    check("\r\r\n", "␍\n");
}

#[test]
fn hidden_characters_show() {
    check("\u{202e}gnp.exe", "⟨U+202E⟩gnp.exe");
    check(
        "a\u{200b}b\u{200d}c\u{feff}\u{3164}",
        "a⟨U+200B⟩b⟨U+200D⟩c⟨U+FEFF⟩⟨U+3164⟩",
    );
    check("x\u{e0041}\u{e007f}", "x⟨U+E0041⟩⟨U+E007F⟩");
    check("a\u{fe0f}\u{e0100}", "a⟨U+FE0F⟩⟨U+E0100⟩");
    check("\u{ad}\u{2028}\u{2066}", "⟨U+00AD⟩⟨U+2028⟩⟨U+2066⟩");
    check("\u{fdd0}\u{ffff}\u{10fffe}", "⟨U+FDD0⟩⟨U+FFFF⟩⟨U+10FFFE⟩");
}

#[test]
fn a_joiner_that_joins_nothing_shows() {
    check("👨\u{200d}\u{34f}", "👨⟨U+200D⟩⟨U+034F⟩");
    check("👨\u{200d}", "👨⟨U+200D⟩");
    check("👨\u{200d}\u{200d}👩", "👨⟨U+200D⟩⟨U+200D⟩👩");
    check("❤\u{fe0f}\u{200d} ", "❤\u{fe0f}⟨U+200D⟩ ");
    // What may be drawn as an emoji need not be one that joins.
    check("👨\u{200d}→\u{200d}👩", "👨⟨U+200D⟩→⟨U+200D⟩👩");
    check("1\u{fe0f}\u{200d}👩", "1\u{fe0f}⟨U+200D⟩👩");
}

#[test]
fn a_joiner_is_kept_as_soon_as_it_joins() {
    let (mut sanitiser, mut out) = (Sanitiser::default(), String::new());
    sanitiser.push("👩🏽\u{200d}", &mut out);
    assert_eq!(out, "👩🏽");
    sanitiser.push("💻", &mut out);
    assert_eq!(out, "👩🏽\u{200d}💻");
}

#[test]
fn real_writing_stays() {
    for text in [
        "می‌خواهم کتاب‌ها را بخوانم",
        "السلام عليكم",
        "שָׁלוֹם עולם",
        "क्‍ष और क्‌ष हिन्दी",
        "ភាសា\u{200b}ខ្មែរ",
        "👩‍👩‍👧‍👦 👩🏽‍💻 ❤️‍🔥 🏳️‍🌈 ☎️ 🏃‍♀️‍➡️ 🙂‍↔️ 👩🏽‍❤️‍💋‍👨🏿 🐦‍⬛",
        "1️⃣ #️⃣ *️⃣ ©️",
        "🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        "葛\u{e0100} ≨\u{fe00}",
        "e\u{301} \u{a0} ⠀ 한국어 日本語",
    ] {
        check(text, text);
    }
}

#[test]
fn tags_that_are_no_flag_show() {
    check("🏴\u{e0067}\u{e0078}", "🏴\u{e0067}⟨U+E0078⟩");
    check("🏴\u{e0067}\u{e007f}", "🏴\u{e0067}⟨U+E007F⟩");
}

#[test]
fn a_line_has_no_breaks() {
    assert_eq!(SafeText::line(" a\r\n\tb \u{1b}c ").as_str(), "a b ␛c");
}

#[test]
fn widths_are_those_of_the_cells() {
    for (text, columns) in [
        ("abc", 3),
        ("日本", 4),
        ("e\u{301}", 1),
        ("👩‍👩‍👧‍👦", 2),
        ("1️⃣", 2),
        ("لا", 2),
        ("ｶ\u{ff9e}", 2),
    ] {
        assert_eq!(width(text), columns, "{text}");
    }
}

#[test]
fn fitting() {
    assert_eq!(take_columns("日本語", 5), ("日本", 4));
    assert_eq!(truncate("日本語", 5), "日本…");
    assert_eq!(truncate("abc", 3), "abc");
    assert_eq!(truncate("abc", 0), "");
    assert_eq!(cell("e\u{301}"), "e\u{301}");
    assert_eq!(
        cell(&format!("e{}", "\u{301}".repeat(40))).chars().count(),
        16
    );
    assert_eq!(slug(""), "untitled");
    assert_eq!(slug("--Ünï  1--"), "n-1");
    assert_eq!(slug(&"ab ".repeat(40)).len(), 64);
}

/// Text rich in what the sanitiser decides about.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-z #*`|>-]{0,6}",
        2 => any::<char>().prop_map(String::from),
        2 => prop::sample::select(vec![
            "\r", "\n", "\r\n", "\t", "\u{1b}", "\u{7f}", "\u{85}", "\u{200b}", "\u{200c}", "\u{200d}",
            "\u{202e}", "\u{2066}", "\u{fe0f}", "\u{fe00}", "\u{e0100}", "\u{e0067}", "\u{e0062}", "\u{e0065}",
            "\u{e006e}", "\u{e007f}", "🏴", "👩", "❤", "ب", "क", "\u{94d}", "ក", "葛", "1", "\u{20e3}", "\u{301}",
            "\u{feff}", "\u{34f}", "ש", "\u{180b}", "ᠠ", "🇩", "한",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_character_takes_more_than_two_columns() {
    for c in '\0'..=char::MAX {
        let safe = SafeText::new(&String::from(c)).into_string();
        let widest = safe.chars().map(|c| width(c.encode_utf8(&mut [0; 4])));
        assert!(widest.max() <= Some(2), "U+{:04X}", u32::from(c));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn output_is_safe_and_stable(raw in hostile()) {
        let safe = SafeText::new(&raw);
        prop_assert!(safe.as_str().chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
        let is_bidi = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!safe.as_str().contains(is_bidi));
        let again = SafeText::new(safe.as_str());
        prop_assert_eq!(again.as_str(), safe.as_str());
        // Terminals tie what comes after a joiner to what stands before it.
        let ties = |g: &str| g.ends_with('\u{200d}') && g.contains(['👩', '❤', '🏴']);
        prop_assert!(!graphemes(safe.as_str()).any(|(g, _)| ties(g)));
    }

    #[test]
    fn any_split_gives_the_same(raw in hostile(), cuts in prop::collection::vec(0..200_usize, 0..8)) {
        let mut sanitiser = Sanitiser::default();
        let mut out = String::new();
        let mut rest = raw.as_str();
        for cut in cuts {
            let at = rest.char_indices().nth(cut % 7).map_or(rest.len(), |(i, _)| i);
            let (piece, after) = rest.split_at(at);
            sanitiser.push(piece, &mut out);
            rest = after;
        }
        sanitiser.push(rest, &mut out);
        sanitiser.finish(&mut out);
        prop_assert_eq!(out, SafeText::new(&raw).into_string());
    }

    #[test]
    fn fits(raw in hostile(), columns in 0..30_usize) {
        let line = SafeText::line(&raw).into_string();
        prop_assert!(width(&truncate(&line, columns)) <= columns);
        let (start, taken) = take_columns(&line, columns);
        prop_assert_eq!(width(start), taken);
        prop_assert!(graphemes(&line).all(|(g, _)| cell(g).chars().count() <= 16));
        prop_assert!(graphemes(&line).all(|(g, w)| w <= 2 || g.chars().count() > 2));
    }

    #[test]
    fn slugs_are_file_names(raw in any::<String>()) {
        let slug = slug(&raw);
        prop_assert!((1..=64).contains(&slug.len()));
        prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
}
