//! The table from contexts and keys to names of actions: defaults, a person's changes, clashes, look-up and hints.
//!
//! In one context a key may have several actions that apply in different states; which applies is `app`'s to say.

mod check;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{Chord, Key};
use crate::config::{
    error::{Error, Place, Warning, without_key},
    setting::Reading,
    value::expected,
};

/// Where the keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Text is being written.
    Composer,
    /// A pane is being read.
    Panes,
    /// A list or dialog is open.
    Overlay,
    /// Anywhere.
    Global,
}

/// The tables of `[keys]`. Leader bindings hold anywhere, after the leader key.
const TABLES: [(&str, Context, bool); 5] = [
    ("composer", Context::Composer, false),
    ("panes", Context::Panes, false),
    ("overlay", Context::Overlay, false),
    ("global", Context::Global, false),
    ("leader", Context::Global, true),
];
/// What the screen calls the places of the tables.
const ON_SCREEN: [(&str, &str); 6] = [
    ("writing", "composer"),
    ("reading", "panes"),
    ("lists", "overlay"),
    ("dialogs", "overlay"),
    ("anywhere", "global"),
    ("everywhere", "global"),
];
/// The setting with the key that begins leader chords.
const LEADER: &str = "leader_key";
/// Actions that apply in different states and so may share a key, in the order they are offered: something runs,
/// there is a draft, neither.
const BY_STATE: [&str; 4] = ["cancel", "cancel-all", "clear-draft", "quit"];

/// More ways to one action nobody remembers.
const MOST_CHORDS: usize = 16;

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// Name of the action.
    pub action: String,
    /// The keys.
    pub chord: Chord,
    /// The setting it comes from: `keys.composer.send`.
    pub setting: String,
    /// Where the setting stands; `None` for a default.
    pub place: Option<Place>,
}

/// What keys mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    /// The actions bound to them, those of the top context first. The first that applies in the present state is
    /// meant; if none does, a key that types is text.
    Actions(Vec<&'a str>),
    /// The beginning of a chord.
    Pending,
    /// Nothing.
    None,
}

/// Every binding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
    leader: Option<Key>,
    /// Every setting that a file names, also those that unbind.
    named: Vec<Named>,
}

/// A setting that some file names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    setting: String,
    action: String,
    place: Option<Place>,
}

impl Keymap {
    /// Reads a `[keys]` table over the bindings there are. A setting replaces all keys of its action in its table.
    pub(in crate::config) fn read(
        &mut self,
        reading: &mut Reading<'_>,
        table: &DeTable<'_>,
        is_default: bool,
    ) -> Result<(), Error> {
        if let Some(value) = table.get(LEADER) {
            let key = value.get_ref().as_str().map(Key::parse);
            let key = key.unwrap_or_else(|| Err(expected("a key", value.get_ref())));
            let key = key.map_err(|message| {
                let message = format!("keys.{LEADER}: {message}");
                reading.source.fault(value.span(), message)
            })?;
            self.move_leader(key);
        }
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(&(name, context, led)) = TABLES.iter().find(|(t, _, _)| *t == name) {
                let path = format!("keys.{name}");
                let actions = reading.as_table(&path, value)?;
                let leader = self.leader.filter(|_| led);
                self.read_actions(reading, &path, actions, context, leader, is_default)?;
            } else if name == LEADER {
                reading.note(format!("keys.{LEADER}"), key);
            } else {
                Self::unknown_table(reading, key);
            }
        }
        Ok(())
    }

    /// Warns of a table that nobody knows; the words of the screen lead to the table that is meant.
    fn unknown_table(reading: &mut Reading<'_>, key: &Spanned<DeString<'_>>) {
        let name = key.get_ref().as_ref();
        let meant = ON_SCREEN.iter().find(|(word, _)| *word == name);
        let Some((word, table)) = meant else {
            let known = TABLES.iter().map(|(t, _, _)| *t).chain([LEADER]);
            return reading.unknown(key, "keys.", known);
        };
        let place = reading.source.place(&key.span());
        let message = format!("unknown setting in [keys]: {word}; did you mean {table}?");
        reading.warnings.push(Warning::at(place, message));
    }

    fn read_actions(
        &mut self,
        reading: &mut Reading<'_>,
        path: &str,
        actions: &DeTable<'_>,
        context: Context,
        leader: Option<Key>,
        is_default: bool,
    ) -> Result<(), Error> {
        let mut read = Vec::new();
        for (action, keys) in actions {
            let setting = format!("{path}.{}", action.get_ref());
            let chords = read_chords(keys, leader).map_err(|message| {
                let message = format!("{setting}: {message}");
                reading.source.fault(keys.span(), message)
            })?;
            reading.note(setting.clone(), action);
            let named = Named {
                setting,
                action: action.get_ref().to_string(),
                place: (!is_default).then(|| reading.source.place(&action.span())),
            };
            read.push((named, chords));
        }
        self.bind(context, read);
        Ok(())
    }

    /// Puts settings of one table in the place of those that were there before.
    fn bind(&mut self, context: Context, read: Vec<(Named, Vec<Chord>)>) {
        let new: HashSet<&str> = read.iter().map(|(n, _)| n.setting.as_str()).collect();
        self.bindings.retain(|b| !new.contains(b.setting.as_str()));
        self.named.retain(|n| !new.contains(n.setting.as_str()));
        for (named, chords) in read {
            self.bindings
                .extend(chords.into_iter().map(|chord| Binding {
                    context,
                    action: named.action.clone(),
                    chord,
                    setting: named.setting.clone(),
                    place: named.place.clone(),
                }));
            self.named.push(named);
        }
    }

    /// Moves the chords that begin with the old leader to the new one.
    fn move_leader(&mut self, leader: Key) {
        let led = self
            .bindings
            .iter_mut()
            .filter(|b| b.setting.starts_with("keys.leader."));
        for binding in led {
            if let &[_, second] = binding.chord.keys() {
                binding.chord = Chord::pair(leader, second);
            }
        }
        self.leader = Some(leader);
    }

    /// Two settings that want the same keys, or one whose keys begin the other's.
    pub(in crate::config) fn clash(&self) -> Result<(), Error> {
        let rivals = Rivals::among(&self.bindings);
        for (index, a) in self.bindings.iter().enumerate() {
            let found = rivals.of(a).filter(|(other, _)| *other > index);
            let found = found.filter_map(|(other, b)| Some((other, b, clashing(a, b)?)));
            let Some((_, b, shorter)) = found.min_by_key(|(other, ..)| *other) else {
                continue;
            };
            // The person's own setting first: it is the one they know of.
            let (first, second) = if a.place.is_none() { (b, a) } else { (a, b) };
            return Err(Error::Clash {
                key: shorter.to_string(),
                first: described(first),
                second: described(second),
            });
        }
        Ok(())
    }

    /// What `keys`, pressed one after the other, mean where `contexts` is the stack of contexts, top first.
    pub fn resolve(&self, contexts: &[Context], keys: &[Key]) -> Match<'_> {
        let mut actions: Vec<&str> = Vec::new();
        for context in contexts {
            let mut found: Vec<&str> = self
                .bindings
                .iter()
                .filter(|b| b.context == *context && b.chord.keys() == keys)
                .map(|b| b.action.as_str())
                .filter(|action| !actions.contains(action))
                .collect();
            found.sort_by_key(|action| BY_STATE.iter().position(|name| name == action));
            actions.extend(found);
        }
        if !actions.is_empty() {
            return Match::Actions(actions);
        }
        let is_begun = |b: &Binding| {
            contexts.contains(&b.context)
                && b.chord.keys().len() > keys.len()
                && b.chord.keys().starts_with(keys)
        };
        if self.bindings.iter().any(is_begun) {
            Match::Pending
        } else {
            Match::None
        }
    }

    /// What may follow `keys`, the beginning of a chord, where `contexts` is the stack of contexts: the next key and
    /// the action that it completes.
    pub fn after(&self, contexts: &[Context], keys: &[Key]) -> Vec<(Key, &str)> {
        let mut found: Vec<(Key, &str)> = Vec::new();
        for context in contexts {
            for binding in self.bindings.iter().filter(|b| b.context == *context) {
                let next = match binding.chord.keys().strip_prefix(keys) {
                    Some([next, ..]) => *next,
                    _ => continue,
                };
                // The top context hides what the others have on the same key.
                if found.iter().all(|(key, _)| *key != next) {
                    found.push((next, &binding.action));
                }
            }
        }
        found
    }

    /// The keys of an action as hints spell them: those of `context`, then those that hold anywhere.
    pub fn keys_for(&self, action: &str, context: Context) -> Vec<String> {
        let of = |wanted: Context| {
            self.bindings
                .iter()
                .filter(move |b| b.context == wanted && b.action == action)
                .map(|b| b.chord.label())
        };
        match context {
            Context::Global => of(context).collect(),
            context => of(context).chain(of(Context::Global)).collect(),
        }
    }

    /// Every binding, defaults first.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The key that begins leader chords.
    pub fn leader(&self) -> Option<Key> {
        self.leader
    }

    /// Every setting with its keys as TOML, for `config show`.
    pub(in crate::config) fn show(&self) -> impl Iterator<Item = (String, String)> {
        let leader = self
            .leader
            .map(|k| (format!("keys.{LEADER}"), k.to_string()));
        let leader = leader.map(|(name, key)| (name, toml::Value::from(key).to_string()));
        leader.into_iter().chain(self.named.iter().map(|named| {
            let setting = &named.setting;
            let led = setting.starts_with("keys.leader.");
            let chords: Vec<String> = self
                .bindings
                .iter()
                .filter(|b| b.setting == *setting)
                .map(|b| match b.chord.keys() {
                    &[_, second] if led => second.to_string(),
                    _ => b.chord.to_string(),
                })
                .collect();
            (setting.clone(), toml::Value::from(chords).to_string())
        }))
    }
}

/// A chord or a list of them; after the leader, a single key each.
fn read_chords(value: &Spanned<DeValue<'_>>, leader: Option<Key>) -> Result<Vec<Chord>, String> {
    let items: Vec<_> = match value.get_ref() {
        DeValue::Array(items) => items.iter().map(Spanned::get_ref).collect(),
        one => vec![one],
    };
    if items.len() > MOST_CHORDS {
        let found = items.len();
        return Err(format!(
            "expected at most {MOST_CHORDS} keys, found {found}"
        ));
    }
    let read = |item: &DeValue<'_>| {
        let text = item
            .as_str()
            .ok_or_else(|| expected("a key or an array of keys", item))?;
        match leader {
            Some(leader) => Key::parse(text).map(|key| Chord::pair(leader, key)),
            None => Chord::parse(text),
        }
    };
    items.into_iter().map(read).collect()
}

/// Bindings by their keys, so that each is compared with those alone that it could quarrel with.
struct Rivals<'a> {
    by_keys: HashMap<&'a [Key], Vec<(usize, &'a Binding)>>,
    /// Chords by their first key.
    begun: HashMap<Key, Vec<(usize, &'a Binding)>>,
}

impl<'a> Rivals<'a> {
    fn among(bindings: &'a [Binding]) -> Self {
        let (mut by_keys, mut begun) = (HashMap::new(), HashMap::new());
        for (index, binding) in bindings.iter().enumerate() {
            let keys = binding.chord.keys();
            let same: &mut Vec<_> = by_keys.entry(keys).or_default();
            same.push((index, binding));
            if let &[first, _] = keys {
                let begun: &mut Vec<_> = begun.entry(first).or_default();
                begun.push((index, binding));
            }
        }
        Self { by_keys, begun }
    }

    /// Those with the same keys, and those whose keys begin with these or these with theirs.
    fn of(&self, binding: &Binding) -> impl Iterator<Item = (usize, &'a Binding)> {
        let keys = binding.chord.keys();
        let akin = match keys {
            [only] => self.begun.get(only),
            [first, ..] => self.by_keys.get(std::slice::from_ref(first)),
            [] => None,
        };
        let same = self.by_keys.get(keys);
        same.into_iter().chain(akin).flatten().copied()
    }
}

/// The keys that two bindings quarrel about.
fn clashing<'a>(a: &'a Binding, b: &'a Binding) -> Option<&'a Chord> {
    if a.action == b.action {
        return None;
    }
    let anywhere = a.context == Context::Global || b.context == Context::Global;
    if a.chord == b.chord {
        let by_state = |action: &str| BY_STATE.contains(&action);
        let apart = by_state(&a.action) && by_state(&b.action);
        // In another context the same key shadows, which is what contexts are for.
        return (a.context == b.context && !apart).then_some(&a.chord);
    }
    let (shorter, longer) = if a.chord.keys().len() <= b.chord.keys().len() {
        (&a.chord, &b.chord)
    } else {
        (&b.chord, &a.chord)
    };
    ((anywhere || a.context == b.context) && longer.keys().starts_with(shorter.keys()))
        .then_some(shorter)
}

fn described(binding: &Binding) -> String {
    let setting = without_key(&binding.setting);
    match &binding.place {
        Some(place) => {
            let file = Path::new(&place.file).display();
            format!("{setting} ({file}:{})", place.line)
        }
        None => format!("{setting} (a default)"),
    }
}

#[cfg(test)]
mod tests;
