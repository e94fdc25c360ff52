//! Decks as files: `decks/NAME.toml` in the configuration directory, and three that are compiled in.
//!
//! What a deck is belongs to `chat`; whether its models still exist is found when it is opened.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Config,
    error::{Error, Warning},
    file::Source,
    nearest::nearest,
    prompts::{is_name, names},
    replace,
    setting::{Origins, Reading, Setting, setting},
    value::{Value, Word, expected},
    variant::{parse_variant, show_variant},
};
use crate::{
    chat::{Deck, DeckPane, PaneLayout, Tiling, Variant},
    text::SafeText,
};

/// The decks that are compiled in.
const EMBEDDED: [(&str, &str); 3] = [
    ("duel", include_str!("../../assets/decks/duel.toml")),
    ("effort", include_str!("../../assets/decks/effort.toml")),
    ("panel", include_str!("../../assets/decks/panel.toml")),
];
/// A longer name would not fit into a list, or into a file system.
const LONGEST_NAME: usize = 60;
/// What [`is_deck_name`] accepts, for people.
pub const DECK_NAME: &str =
    "a deck's name is up to 60 letters, digits, blanks, - _ and ., and begins with no .";

/// A deck that can be opened, or what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeckFile {
    /// Its name.
    pub name: String,
    /// It is a file of the person's own.
    pub is_own: bool,
    /// The deck with what was passed over, or why it cannot be used, in sentences.
    pub content: Result<(Deck, Vec<String>), String>,
}

/// What came of saving a deck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is written there.
    Written(PathBuf),
    /// There is one of that name, and it was left as it is.
    Exists,
}

/// True for a name that a deck can have: a file's name everywhere, and nothing that hides or leads elsewhere.
pub fn is_deck_name(name: &str) -> bool {
    is_name(name) && name.trim() == name && name.chars().count() <= LONGEST_NAME
}

/// Every deck in the order of their names, those in use: a person's own file wins over one that is compiled in.
pub fn decks(config: &Config) -> Vec<DeckFile> {
    let dir = config.paths.decks_dir();
    let own = names(&dir, "toml");
    deck_names(&dir)
        .into_iter()
        .map(|name| DeckFile {
            is_own: own.contains(&name),
            content: load_deck(&name, config)
                .map(|(deck, warnings)| {
                    let warnings = warnings.iter().map(ToString::to_string);
                    (deck, warnings.collect())
                })
                .map_err(|e| e.to_string()),
            name,
        })
        .collect()
}

/// The deck `name`, with what was passed over in its file.
pub fn load_deck(name: &str, config: &Config) -> Result<(Deck, Vec<Warning>), Error> {
    let dir = config.paths.decks_dir();
    if let Some(source) = find(name, &dir)? {
        return read(name, &source, config);
    }
    let all = deck_names(&dir);
    let near = nearest(name, all.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    let listed = all.join(", ");
    Err(Error::value(
        format!("deck {}", SafeText::line(name)),
        format!("no such deck{near} (there are: {listed})"),
    ))
}

/// Writes a deck into `dir`. One of the same name is replaced only if `replace` says so; the comments at its head stay,
/// and what it is for, unless the deck has a sentence of its own.
pub fn save_deck(deck: &Deck, dir: &Path, replace: bool) -> Result<Saved, Error> {
    let Some(path) = path_of(&deck.name, dir) else {
        let name = SafeText::line(&deck.name);
        return Err(Error::value(format!("deck {name}"), DECK_NAME));
    };
    let old = Source::read(&path)?;
    if old.is_some() && !replace {
        return Ok(Saved::Exists);
    }
    let mut deck = deck.clone();
    let mut text = String::new();
    if let Some(old) = &old {
        text.push_str(&comments(old.text()));
        if deck.about.is_empty()
            && let Ok((head, _)) = read_head(old)
        {
            deck.about = head.about;
        }
    }
    text.push_str(&show(&deck));
    match replace::replace(&path, &text) {
        Ok(()) => Ok(Saved::Written(path)),
        Err(cause) => Err(Error::Unwritable { path, cause }),
    }
}

fn deck_names(dir: &Path) -> Vec<String> {
    let mut all = names(dir, "toml");
    all.retain(|name| is_deck_name(name));
    all.extend(EMBEDDED.iter().map(|(name, _)| (*name).to_owned()));
    all.sort();
    all.dedup();
    all
}

/// The file of a deck; none for a name that would lead elsewhere.
fn path_of(name: &str, dir: &Path) -> Option<PathBuf> {
    is_deck_name(name).then(|| dir.join(format!("{name}.toml")))
}

fn find(name: &str, dir: &Path) -> Result<Option<Source>, Error> {
    let Some(path) = path_of(name, dir) else {
        return Ok(None);
    };
    if let Some(source) = Source::read_listed(&path)? {
        return Ok(Some(source));
    }
    let embedded = EMBEDDED.iter().find(|(n, _)| *n == name);
    Ok(embedded.map(|(name, text)| Source::embedded(&format!("assets/decks/{name}.toml"), text)))
}

impl Word for Tiling {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Columns, "columns"),
        (Self::Rows, "rows"),
        (Self::Grid, "grid"),
        (Self::Tabs, "tabs"),
    ];
}

/// What stands before the panes.
struct Head {
    about: String,
    layout: Tiling,
    broadcast: bool,
}

const HEAD: &[Setting<Head>] = &[setting!(about), setting!(layout), setting!(broadcast)];

/// A pane as it is written.
struct PaneText {
    model: String,
    system: Option<String>,
    weight: u32,
    muted: bool,
}

const PANE: &[Setting<PaneText>] = &[
    setting!(model),
    setting!(system),
    setting!(weight in 1..=PaneLayout::MAX_WEIGHT.into()),
    setting!(muted),
];

fn read_head(source: &Source) -> Result<(Head, Vec<Warning>), Error> {
    let mut head = Head {
        about: String::new(),
        layout: Tiling::default(),
        broadcast: true,
    };
    let (mut warnings, mut origins) = (Vec::new(), Origins::new());
    let mut reading = Reading {
        source,
        warnings: &mut warnings,
        origins: &mut origins,
    };
    reading.table("", &source.parse()?, HEAD, &["pane"], &mut head)?;
    Ok((head, warnings))
}

fn read(name: &str, source: &Source, config: &Config) -> Result<(Deck, Vec<Warning>), Error> {
    let (head, mut warnings) = read_head(source)?;
    let table = source.parse()?;
    let panes = match table.get("pane") {
        Some(value) => value.get_ref().as_array().ok_or_else(|| {
            let message = expected("[[pane]] tables", value.get_ref());
            source.fault(value.span(), format!("pane: {message}"))
        })?,
        None => return Err(source.fault(0..0, "a deck has one [[pane]] at least")),
    };
    let most = PaneLayout::MOST;
    if let Some(one_more) = panes.get(most) {
        let message = format!("a deck has {most} panes at most, this one {}", panes.len());
        return Err(source.fault(one_more.span(), message));
    }
    let mut origins = Origins::new();
    let mut reading = Reading {
        source,
        warnings: &mut warnings,
        origins: &mut origins,
    };
    let panes: Vec<_> = panes
        .iter()
        .map(|pane| read_pane(&mut reading, pane, config))
        .collect::<Result<_, _>>()?;
    if panes.is_empty() {
        return Err(source.fault(0..0, "a deck has one [[pane]] at least"));
    }
    let deck = Deck {
        name: name.to_owned(),
        about: SafeText::line(&head.about).into_string(),
        tiling: head.layout,
        broadcast: head.broadcast,
        panes,
    };
    Ok((deck, warnings))
}

fn read_pane(
    reading: &mut Reading<'_>,
    value: &Spanned<DeValue<'_>>,
    config: &Config,
) -> Result<DeckPane, Error> {
    let table: &DeTable<'_> = reading.as_table("pane", value)?;
    let mut pane = PaneText {
        model: String::new(),
        system: None,
        weight: PaneLayout::WEIGHT.into(),
        muted: false,
    };
    reading.table("pane.", table, PANE, &[], &mut pane)?;
    let source = reading.source;
    let Some(model) = table.get("model") else {
        return Err(source.fault(value.span(), "a [[pane]] needs a model"));
    };
    let fail = |message| source.fault(model.span(), format!("pane.model: {message}"));
    let mut variant = variant(&pane.model, config).map_err(|error| {
        fail(match error {
            // Which of the prompts is not said by the place.
            Error::Value { what, message } if what.starts_with("system=") => {
                format!("{what}: {message}")
            }
            Error::Value { message, .. } => message,
            other => other.to_string(),
        })
    })?;
    if pane.system.is_some() {
        if variant.system.is_some() {
            return Err(fail("system stands beside it, too".to_owned()));
        }
        variant.system = pane.system;
    }
    Ok(DeckPane {
        variant,
        weight: u16::try_from(pane.weight).unwrap_or(PaneLayout::WEIGHT),
        muted: pane.muted,
    })
}

/// Reads a variant as the command line does, but for a first segment that is no profile: it was one when the deck was
/// written, and is kept, so that whoever opens the deck can say so. The default model's own id is an exception, and an
/// id with `%2F` for its slash.
fn variant(text: &str, config: &Config) -> Result<Variant, Error> {
    let variant = parse_variant(text, config)?;
    let name = text.split('?').next().unwrap_or_default();
    let is_profile = |first: &str| config.profiles.contains_key(first);
    let names_profile = name
        .split_once('/')
        .is_some_and(|(first, _)| !is_profile(first));
    match variant.model.split_once('/') {
        Some((profile, model))
            if names_profile
                && !model.is_empty()
                && config.model.as_deref() != Some(&*variant.model) =>
        {
            Ok(Variant {
                profile: profile.to_owned(),
                model: model.to_owned(),
                ..variant
            })
        }
        _ => Ok(variant),
    }
}

/// A deck as TOML.
fn show(deck: &Deck) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to memory works.
        let _ = writeln!(text, "{name} = {value}");
    };
    if !deck.about.is_empty() {
        line("about", deck.about.show());
    }
    line("layout", deck.tiling.show());
    line("broadcast", deck.broadcast.show());
    for pane in &deck.panes {
        text.push_str("\n[[pane]]\n");
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name} = {value}");
        };
        line("model", show_variant(&pane.variant).show());
        let system = pane.variant.system.as_ref();
        if let Some(system) = system.filter(|s| !s.trim().is_empty()) {
            line("system", system.show());
        }
        if pane.weight != PaneLayout::WEIGHT {
            line("weight", pane.weight.to_string());
        }
        if pane.muted {
            line("muted", pane.muted.show());
        }
    }
    text
}

/// The comments at the head of a file, with the blank lines among them.
fn comments(text: &str) -> String {
    let is_comment = |l: &&str| l.trim().is_empty() || l.trim_start().starts_with('#');
    let head: Vec<_> = text.lines().take_while(is_comment).collect();
    head.iter().fold(String::new(), |mut all, line| {
        all.push_str(line);
        all.push('\n');
        all
    })
}

#[cfg(test)]
mod tests;
