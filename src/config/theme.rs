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
            file: (path.exists() || path.is_symlink()).then_some(path),
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
    if let Some(source) = Source::read_listed(&dir.join(format!("{name}.toml")))? {
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
mod tests;
