//! Every element of Markdown in every number of colours, code of ten languages, and wide and odd text.
//! What the cells and the cursor agree on in the composer is held here, too.

use waferdeck::{chat::EndState, config::Theme, ui::ColorDepth};

use super::check;
use crate::stage::{Picture, Stage};

/// One document with everything.
const EVERYTHING: &str = include_str!("markdown/everything.md");
/// Text in which columns are not characters.
const ODD: &str = include_str!("markdown/odd.md");
/// The same few lines in ten languages.
const LANGUAGES: &str = include_str!("markdown/languages.md");

/// A pane with one finished answer, in a theme and so many colours.
pub(super) fn reading(text: &str, theme: &str, depth: ColorDepth) -> Stage {
    let mut stage = Stage::new();
    let (theme, warnings) = Theme::load(theme, std::path::Path::new("/nowhere"));
    assert_eq!(warnings, []);
    stage.paint_with(&theme, depth);
    stage.model.settings.sidebar = false;
    let answer = stage.ask("Show me");
    stage.text(answer, text);
    stage.end(answer, EndState::Complete);
    stage
}

/// All rows of what is read, on a screen that is high enough.
fn whole(stage: &mut Stage, width: u16) -> Picture {
    stage.keys("tab g");
    stage.draw(width, 230)
}

fn pictured(name: &str, text: &str, theme: &str, depth: ColorDepth, width: u16) {
    let mut stage = reading(text, theme, depth);
    check(name, &whole(&mut stage, width).with_styles());
}

#[test]
fn everything_in_true_colour_on_dark() {
    pictured(
        "markdown-dark",
        EVERYTHING,
        "wafer-dark",
        ColorDepth::True,
        100,
    );
}

#[test]
fn everything_in_true_colour_on_light() {
    pictured(
        "markdown-light",
        EVERYTHING,
        "wafer-light",
        ColorDepth::True,
        80,
    );
}

#[test]
fn everything_in_sixteen_colours() {
    pictured(
        "markdown-16",
        EVERYTHING,
        "terminal",
        ColorDepth::Sixteen,
        60,
    );
}

#[test]
fn everything_without_colour() {
    pictured(
        "markdown-no-color",
        EVERYTHING,
        "terminal",
        ColorDepth::None,
        80,
    );
}

#[test]
fn everything_with_high_contrast_and_256_colours() {
    pictured(
        "markdown-256",
        EVERYTHING,
        "high-contrast",
        ColorDepth::Indexed,
        40,
    );
}

#[test]
fn odd_text() {
    pictured("markdown-odd", ODD, "terminal", ColorDepth::Sixteen, 60);
}

#[test]
fn code_of_ten_languages() {
    pictured(
        "markdown-languages",
        LANGUAGES,
        "wafer-dark",
        ColorDepth::True,
        80,
    );
    pictured(
        "markdown-languages-16",
        LANGUAGES,
        "terminal",
        ColorDepth::Sixteen,
        80,
    );
}

/// Code that is wider than the pane, in a list as well, and a wide table.
const WIDE: &str = "\
Prose wraps as ever, however long it is, because nobody likes to scroll sideways for it.

```sh
echo short
curl --silent --header 'content-type: application/json' https://example.org/v1/chat | jq '.choices[0].名前.message'
```

- ```
  0123456789012345678901234567890123456789012345678901234567890123456789
  ```

| name | what it is, said at some length | figure |
|------|---------------------------------|-------:|
| one | a cell that would have to wrap in a pane of this width | 1,234 |
";

#[test]
fn long_lines_scroll_sideways_and_are_numbered() {
    let mut stage = reading(WIDE, "terminal", ColorDepth::Sixteen);
    stage.keys("tab W #");
    check("long-lines", &stage.draw(60, 24).with_styles());
    stage.keys(") )");
    stage.draw(60, 24);
    stage.clock(20_000);
    check("long-lines-panned", &stage.draw(60, 24).without_styles());
    stage.keys("( ( (");
    assert_eq!(stage.model.pane().pan, 0);
    stage.keys("W");
    stage.clock(40_000);
    check("long-lines-wrapped", &stage.draw(60, 24).without_styles());
}

#[test]
fn the_cursor_of_the_prompt_stands_where_its_text_ends() {
    let cases = [
        ("plain", 5),
        ("日本語", 6),
        ("ﾊﾟﾌﾞ", 4),
        ("e\u{301}e\u{301}", 2),
        ("👍🏽 ok", 5),
        ("👩\u{200d}👩\u{200d}👧\u{200d}👦", 2),
        ("🇩🇪🇯🇵", 4),
        ("❤\u{fe0f}", 2),
        ("1\u{fe0f}\u{20e3}", 2),
        ("ภาษาไทย", 7),
        ("हिन्दी", 5),
        ("العربية", 7),
        ("עברית", 5),
    ];
    for (text, columns) in cases {
        let mut stage = Stage::new();
        stage.model.settings.sidebar = false;
        stage.write(text);
        let picture = stage.draw(60, 12);
        let cursor = picture.cursor().expect("a cursor");
        let begin = 3;
        let row = &picture.buffer;
        let covered: usize = (begin..cursor.x)
            .scan(0, |hidden, x| {
                let symbol = row[(x, cursor.y)].symbol();
                let shows = *hidden == 0;
                *hidden = if shows {
                    waferdeck::text::width(symbol).max(1) - 1
                } else {
                    *hidden - 1
                };
                Some(if shows { symbol.chars().count() } else { 0 })
            })
            .sum();
        assert_eq!(
            covered,
            text.chars().count(),
            "{text}: what stands before the cursor"
        );
        assert_eq!(
            usize::from(cursor.x - begin),
            waferdeck::text::width(text),
            "{text}"
        );
        assert_eq!(cursor.x - begin, columns, "{text}");
    }
}

#[test]
fn links_are_told_only_when_the_terminal_may_have_them() {
    let text = "A [page](https://good.example/a?b=c), [a file](file:///etc/passwd), [a script](javascript:alert(1)), \
        [data](data:text/html,x) and [bank.example](https://evil.example/) <me@mail.example>.";
    let links = |osc8: bool| {
        let mut stage = reading(text, "terminal", ColorDepth::Sixteen);
        stage.model.settings.osc8 = osc8;
        let rows = stage.draw(60, 16).rows();
        let links = stage.links();
        let shown = |link: &waferdeck::ui::LinkSpan| -> String {
            let row = rows[usize::from(link.y)].chars();
            row.skip(link.x.start.into()).take(link.x.len()).collect()
        };
        let told = |link| (shown(link), link.target().to_string());
        links.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(links(false), []);
    let told = |shown: &str, target: &str| (shown.to_owned(), target.to_owned());
    assert_eq!(
        links(true),
        [
            told("page", "https://good.example/a?b=c"),
            told("bank.example", "https://evil.example/"),
            told("me@mail.example", "mailto:me@mail.example"),
        ]
    );
}
