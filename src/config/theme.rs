//! Themes as data: roles with dots, their styles, and colours by name, index or value.
//!
//! Turning a style into what a terminal can show, and `NO_COLOR`, are left to `ui`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    error::{Error, Warning},
    file::Source,
    prompts::{is_name, names},
    setting::{Origins, Reading, Setting, setting},
    value::{Value, expected, read_within},
};

/// The setting that lets the terminal decide between themes.
pub const AUTO: &str = "auto";

/// The themes that are compiled in, first the one that everything falls back on.
const EMBEDDED: [(&str, &str); 4] = [
    ("terminal", include_str!("../../themes/terminal.toml")),
    ("wafer-dark", include_str!("../../themes/wafer-dark.toml")),
    ("wafer-light", include_str!("../../themes/wafer-light.toml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
];

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// Whatever the terminal takes for this ground.
    Default,
    /// An entry of the terminal's palette; the first 16 are those a person chose for their terminal.
    Index(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Names of the first 16 entries, in order.
const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

impl Color {
    /// Reads a name, an index or `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        let named = (0..).zip(NAMES).find(|(_, name)| *name == text);
        if let Some((index, _)) = named {
            return Some(Self::Index(index));
        }
        match text.strip_prefix('#') {
            Some(hex) if hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
                let [_, red, green, blue] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
                Some(Self::Rgb(red, green, blue))
            }
            Some(_) => None,
            None => text.parse().ok().map(Self::Index),
        }
    }
}

/// How a role is drawn. What is `None` or false is left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the attributes")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an attribute of its own"
)]
pub struct Style {
    /// Colour of the text.
    pub fg: Option<Color>,
    /// Colour behind the text.
    pub bg: Option<Color>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub strike: bool,
    pub reverse: bool,
}

/// Every attribute of a style but its colours.
const ATTRIBUTES: &[Setting<Style>] = &[
    setting!(bold),
    setting!(dim),
    setting!(italic),
    setting!(underline),
    setting!(strike),
    setting!(reverse),
];

/// Styles by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: BTreeMap<String, Style>,
}

impl Default for Theme {
    fn default() -> Self {
        let (name, text) = EMBEDDED[0];
        let source = Source::embedded("themes/terminal.toml", text);
        let (theme, _) = read(name, &source, None).expect("a test reads every embedded theme");
        theme
    }
}

impl Theme {
    /// The theme `name`: a file of the person's own in `dir`, else one that is compiled in. A theme that cannot be
    /// used gives the default one and a warning, since it must not stop anybody from working. For [`AUTO`] the default
    /// one stands in until the terminal is known.
    pub fn load(name: &str, dir: &Path) -> (Self, Vec<Warning>) {
        let default = Self::default();
        if name == AUTO {
            return (default, Vec::new());
        }
        match find(name, dir) {
            Ok(Some(source)) => match read(name, &source, Some(&default)) {
                Ok(loaded) => loaded,
                Err(error) => {
                    let text = format!("{error}\nthe theme {} is used instead", default.name);
                    (default, vec![Warning::new(text)])
                }
            },
            Ok(None) => {
                let mut names = theme_names(dir);
                names.insert(0, AUTO.to_owned());
                let what = super::file::unknown("theme", name, names.iter().map(String::as_str));
                let listed = names.join(", ");
                let text = format!("{what} (there are: {listed}); {} is used", default.name);
                (default, vec![Warning::new(text)])
            }
            Err(error) => {
                let text = format!("{error}; the theme {} is used instead", default.name);
                (default, vec![Warning::new(text)])
            }
        }
    }

    /// The style of a role, else of the nearest role above it by dots, else none at all.
    pub fn style(&self, role: &str) -> Style {
        let mut role = role;
        loop {
            if let Some(style) = self.styles.get(role) {
                return *style;
            }
            match role.rsplit_once('.') {
                Some((parent, _)) => role = parent,
                None => return Style::default(),
            }
        }
    }

    /// Every role that the theme names.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.styles.keys().map(String::as_str)
    }
}

/// Names of all themes: those compiled in, then those in `dir`.
pub fn theme_names(dir: &Path) -> Vec<String> {
    let mut all: Vec<String> = EMBEDDED.iter().map(|(n, _)| (*n).to_owned()).collect();
    let own = names(dir, "toml");
    all.extend(
        own.into_iter()
            .filter(|n| EMBEDDED.iter().all(|(e, _)| e != n)),
    );
    all
}

/// A theme that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The person's own file; `None` for one that is compiled in.
    pub file: Option<PathBuf>,
    /// It, or why it cannot be used.
    pub theme: Result<Theme, String>,
    /// What in it was passed over.
    pub warnings: Vec<Warning>,
}

/// Every theme: those compiled in, then the person's own in `dir`. A file with the name of one that is compiled in
/// takes its place.
pub fn themes(dir: &Path) -> Vec<Listed> {
    let default = Theme::default();
    let listed = |name: String| {
        let path = dir.join(format!("{name}.toml"));
        // A file may go between listing and reading.
        let read = find(&name, dir).and_then(|source| match source {
            Some(source) => read(&name, &source, Some(&default)),
            None => Ok((default.clone(), Vec::new())),
        });
        let (theme, warnings) = match read {
            Ok((theme, warnings)) => (Ok(theme), warnings),
            Err(error) => (Err(error.to_string()), Vec::new()),
        };
        Listed {
            name,
            file: path.exists().then_some(path),
            theme,
            warnings,
        }
    };
    theme_names(dir).into_iter().map(listed).collect()
}

fn find(name: &str, dir: &Path) -> Result<Option<Source>, Error> {
    if !is_name(name) {
        return Ok(None);
    }
    if let Some(source) = Source::read(&dir.join(format!("{name}.toml")))? {
        return Ok(Some(source));
    }
    let embedded = EMBEDDED.iter().find(|(n, _)| *n == name);
    Ok(embedded.map(|(name, text)| Source::embedded(&format!("themes/{name}.toml"), text)))
}

/// Reads a theme. Where it has no role of a family at all (the part before the first dot), it takes the family
/// from `base`; the roles of `base` are also the known ones.
fn read(name: &str, source: &Source, base: Option<&Theme>) -> Result<(Theme, Vec<Warning>), Error> {
    let (mut warnings, mut origins) = (Vec::new(), Origins::new());
    let mut reading = Reading {
        source,
        warnings: &mut warnings,
        origins: &mut origins,
    };
    let table = source.parse()?;
    reading.table::<()>("", &table, &[], &["palette", "roles"], &mut ())?;
    let palette = match reading.sub(&table, "palette")? {
        Some(table) => read_palette(source, table)?,
        None => BTreeMap::new(),
    };
    let mut styles = BTreeMap::new();
    if let Some(roles) = reading.sub(&table, "roles")? {
        for (key, value) in roles {
            let role = key.get_ref().as_ref();
            if let Some(base) = base.filter(|base| !base.styles.contains_key(role)) {
                let role = super::file::unknown("role", role, base.roles());
                let place = source.place(&key.span());
                reading.warnings.push(Warning::at(place, role));
            }
            let style = match value.get_ref() {
                DeValue::Table(table) => read_style(&mut reading, role, table, &palette)?,
                other => Style {
                    fg: Some(
                        read_color(other, &palette)
                            .map_err(|m| source.fault(value.span(), format!("{role}: {m}")))?,
                    ),
                    ..Style::default()
                },
            };
            styles.insert(role.to_owned(), style);
        }
    }
    let family = |role: &str| role.split('.').next().unwrap_or_default().to_owned();
    let own: Vec<String> = styles.keys().map(|role| family(role)).collect();
    for (role, style) in base.iter().flat_map(|base| &base.styles) {
        if !own.contains(&family(role)) {
            styles.insert(role.clone(), *style);
        }
    }
    let name = name.to_owned();
    Ok((Theme { name, styles }, warnings))
}

type Palette = BTreeMap<String, Color>;

fn read_palette(source: &Source, table: &DeTable<'_>) -> Result<Palette, Error> {
    let mut palette = Palette::new();
    for (key, value) in table {
        let name = key.get_ref();
        let color = read_color(value.get_ref(), &Palette::new())
            .map_err(|m| source.fault(value.span(), format!("palette.{name}: {m}")))?;
        palette.insert(name.to_string(), color);
    }
    Ok(palette)
}

fn read_style(
    reading: &mut Reading<'_>,
    role: &str,
    table: &DeTable<'_>,
    palette: &Palette,
) -> Result<Style, Error> {
    let mut style = Style::default();
    let prefix = format!("{role}.");
    reading.table(&prefix, table, ATTRIBUTES, &["fg", "bg"], &mut style)?;
    let ground = |name: &str| match table.get(name) {
        Some(value) => read_color(value.get_ref(), palette).map(Some).map_err(|m| {
            reading
                .source
                .fault(value.span(), format!("{prefix}{name}: {m}"))
        }),
        None => Ok(None),
    };
    style.fg = ground("fg")?;
    style.bg = ground("bg")?;
    Ok(style)
}

fn read_color(value: &DeValue<'_>, palette: &Palette) -> Result<Color, String> {
    const FORMS: &str = "a colour: a name such as \"cyan\", 0 to 255, \"#rrggbb\" or \"default\"";
    match value {
        DeValue::Integer(_) => {
            let index = read_within(value, 0..=255_u32)?;
            Ok(Color::Index(u8::try_from(index).unwrap_or(u8::MAX)))
        }
        DeValue::String(text) => palette
            .get(text.as_ref())
            .copied()
            .or_else(|| Color::parse(text))
            .ok_or_else(|| format!("expected {FORMS}, found {}", text.to_string().show())),
        other => Err(expected(FORMS, other)),
    }
}

#[cfg(test)]
mod tests {
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
        let (theme, warnings) =
            own("[roles]\nmarkdown = 200\n\"markdown.heading\" = { bold = true }");
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
}
