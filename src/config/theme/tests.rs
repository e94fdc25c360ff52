//! Themes: every one that is compiled in, those of people, and what is said about the broken ones.
//! Contrast is computed from the colours; what a terminal makes of them is the view's.

use super::*;

fn own(text: &str) -> (Theme, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("own.toml"), text).unwrap();
    let (theme, warnings) = Theme::load("own", dir.path());
    let prefix = format!("{}/", dir.path().display());
    let warnings = warnings.iter().map(|w| w.to_string().replace(&prefix, ""));
    (theme, warnings.collect())
}

#[test]
fn every_embedded_theme_names_the_same_roles_without_complaint() {
    let default = Theme::default();
    for (name, _) in EMBEDDED {
        let (theme, warnings) = Theme::load(name, Path::new("/nowhere"));
        assert_eq!(theme.name, name);
        assert_eq!(warnings, [], "{name}");
        assert!(theme.roles().eq(default.roles()), "{name}");
    }
}

#[test]
fn the_default_theme_uses_the_terminals_own_colours_and_paints_nothing_behind_text() {
    let theme = Theme::default();
    for role in theme.roles() {
        let style = theme.style(role);
        assert!(style.bg.is_none(), "{role}");
        assert!(
            matches!(style.fg, None | Some(Color::Default | Color::Index(0..=15))),
            "{role}"
        );
    }
}

#[test]
fn a_theme_that_paints_surfaces_gives_every_role_a_colour() {
    for name in ["wafer-dark", "wafer-light", "high-contrast"] {
        let (theme, _) = Theme::load(name, Path::new("/nowhere"));
        for role in theme.roles() {
            // The terminal's own foreground may not be readable on a ground of ours.
            assert!(theme.style(role).fg.is_some(), "{name}: {role}");
        }
    }
}

/// Relative luminance and contrast as WCAG 2.2 defines them.
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |color: Color| {
        let Color::Rgb(red, green, blue) = color else {
            panic!("{color:?} is not known before a terminal shows it");
        };
        let [red, green, blue] = [red, green, blue].map(|part| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Roles that draw lines, bars and fills: nothing that is read.
fn is_text(role: &str) -> bool {
    let lines = [
        "pane.border",
        "markdown.quote.bar",
        "markdown.rule",
        "markdown.table.border",
        "code.border",
        "overlay.border",
        "split",
        "gauge",
        "background",
    ];
    !lines.iter().any(|line| {
        let rest = role.strip_prefix(line);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[test]
fn text_can_be_read_on_every_surface_of_the_themes_that_paint_them() {
    // 4.5 is WCAG's AA, 7 its AAA.
    for (name, least) in [
        ("wafer-dark", 4.5),
        ("wafer-light", 4.5),
        ("high-contrast", 7.0),
    ] {
        let (theme, _) = Theme::load(name, Path::new("/nowhere"));
        let ground = |tier: &str| theme.style(&format!("background.{tier}")).bg.unwrap();
        let mut poor = Vec::new();
        for role in theme.roles().filter(|role| is_text(role)) {
            let style = theme.style(role);
            let grounds = match style.bg {
                Some(own) => vec![own],
                None => ["base", "panel", "raised"].map(ground).to_vec(),
            };
            for ground in grounds {
                let ratio = contrast(style.fg.unwrap(), ground);
                if ratio < least {
                    poor.push(format!("{role}: {ratio:.2} on {ground:?}"));
                }
            }
            assert!(!style.dim, "{name}: {role} is dim as well");
        }
        assert!(poor.is_empty(), "{name}: {poor:#?}");
        // What is written on a selected row; reversed, its own colours are the ground.
        let selected = theme.style("overlay.item.selected");
        for role in ["text", "hint.key", "overlay.item.selected"] {
            let ratio = contrast(theme.style(role).fg.unwrap(), selected.bg.unwrap());
            assert!(
                ratio >= least,
                "{name}: {role} on a selected row: {ratio:.2}"
            );
        }
    }
}

#[test]
fn themes_are_listed_with_where_they_come_from_and_what_is_wrong_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("broken.toml", "[roles");
    write("mine.toml", "[roles]\ntext = 7\nodd = 1");
    write("wafer-dark.toml", "[roles]\ntext = 3");
    let listed = themes(dir.path());
    let names: Vec<_> = listed.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "terminal",
            "wafer-dark",
            "wafer-light",
            "high-contrast",
            "broken",
            "mine"
        ]
    );
    let of = |name: &str| listed.iter().find(|l| l.name == name).unwrap();
    assert_eq!(of("terminal").file, None);
    assert!(of("wafer-dark").file.is_some(), "a file of that name wins");
    assert!(of("broken").theme.is_err());
    assert_eq!(of("mine").warnings.len(), 1);
}

#[test]
fn panes_have_eight_accents_that_differ() {
    for (name, _) in EMBEDDED {
        let (theme, _) = Theme::load(name, Path::new("/nowhere"));
        let mut accents: Vec<_> = ('a'..='h')
            .map(|letter| format!("{:?}", theme.style(&format!("accent.{letter}"))))
            .collect();
        accents.sort();
        accents.dedup();
        assert_eq!(accents.len(), 8, "{name}");
    }
}

#[test]
fn a_missing_role_is_its_parent_and_a_missing_family_is_the_defaults() {
    let (theme, warnings) = own("[roles]\nmarkdown = 200\n\"markdown.heading\" = { bold = true }");
    let plain = Style {
        fg: Some(Color::Index(200)),
        ..Style::default()
    };
    let bold = Style {
        bold: true,
        ..Style::default()
    };
    assert_eq!(theme.style("markdown.link.target"), plain);
    assert_eq!(theme.style("markdown.heading.1"), bold);
    assert_eq!(
        theme.style("code.keyword"),
        Theme::default().style("code.keyword")
    );
    assert_eq!(theme.style("no.such.role"), Style::default());
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn colours_by_name_index_value_and_palette() {
    for (text, expected) in [
        ("default", Some(Color::Default)),
        ("black", Some(Color::Index(0))),
        ("bright-white", Some(Color::Index(15))),
        ("#0aF010", Some(Color::Rgb(10, 240, 16))),
        ("17", Some(Color::Index(17))),
        ("256", None),
        ("#fff", None),
        ("#+12345", None),
        ("#ééé", None),
        ("blurple", None),
    ] {
        assert_eq!(Color::parse(text), expected, "{text}");
    }
    let (theme, warnings) = own(
        "[palette]\nsky = \"#102030\"\n[roles]\n\"text\" = { fg = \"sky\", bg = 4, underline = true }",
    );
    let style = theme.style("text");
    assert_eq!(style.fg, Some(Color::Rgb(16, 32, 48)));
    assert_eq!(style.bg, Some(Color::Index(4)));
    assert!(style.underline && !style.bold);
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn a_broken_theme_is_the_default_one_and_a_warning() {
    for (text, expected) in [
        (
            "[roles]\ntext = \"blurple\"",
            "own.toml:2:8: text: expected a colour: a name such as \"cyan\", 0 to 255, \"#rrggbb\" or \"default\", found \"blurple\"\n  text = \"blurple\"\n         ^\nthe theme terminal is used instead",
        ),
        (
            "[roles]\ntext = { bold = 1 }",
            "own.toml:2:17: text.bold: expected true or false, found a whole number\n  text = { bold = 1 }\n                  ^\nthe theme terminal is used instead",
        ),
        (
            "roles = 1",
            "own.toml:1:9: roles: expected a table, found a whole number\n  roles = 1\n          ^\nthe theme terminal is used instead",
        ),
    ] {
        let (theme, warnings) = own(text);
        assert_eq!(theme, Theme::default(), "{text}");
        assert_eq!(warnings, [expected]);
    }
}

#[test]
fn what_nobody_knows_is_a_warning_and_the_rest_applies() {
    let (theme, warnings) =
        own("role = 1\n[roles]\n\"code.keywrod\" = 1\ntext = { bold = true, blink = true }");
    assert!(theme.style("text").bold);
    assert_eq!(
        warnings,
        [
            "own.toml:1:1: unknown setting role; did you mean roles?",
            "own.toml:3:1: unknown role code.keywrod; did you mean code.keyword?",
            "own.toml:4:23: unknown setting in [text]: blink",
        ]
    );
    let (_, warnings) = Theme::load("wafer-drak", Path::new("/nowhere"));
    assert_eq!(
        warnings.first().map(Warning::to_string).as_deref(),
        Some(
            "unknown theme wafer-drak; did you mean wafer-dark? (there are: auto, terminal, wafer-dark, wafer-light, high-contrast); terminal is used"
        )
    );
    assert_eq!(
        Theme::load("../wafer-dark", Path::new("/nowhere")).1.len(),
        1
    );
}
