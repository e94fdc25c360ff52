//! What is odd about bindings that can be read all the same: names that mean nothing, keys that do not arrive, and
//! characters that cannot be typed any more. Which actions there are is the caller's.

use super::{Binding, Context, Key, Keymap, LEADER};
use crate::config::{
    error::{Error, Warning},
    file::unknown,
};

impl Keymap {
    /// Leaves out what is bound to an action that is not among `actions`, and finds what clashes in the rest. Complains
    /// about what was left out, about keys that hardly any terminal reports, and about characters that cannot be typed any
    /// more.
    pub fn check(&mut self, actions: &[&str]) -> Result<Vec<Warning>, Error> {
        let mut warnings = self.unknown_actions(actions);
        self.bindings
            .retain(|b| actions.contains(&b.action.as_str()));
        self.clash()?;
        warnings.extend(self.untypable());
        for binding in &self.bindings {
            for key in binding.chord.keys() {
                if let Some(stand_in) = key.stand_in() {
                    let setting = &binding.setting;
                    warnings.push(Warning {
                        place: binding.place.clone(),
                        message: format!("{setting}: most terminals report {key} as {stand_in}"),
                    });
                }
            }
        }
        Ok(warnings)
    }

    /// Complaints about characters that a person's own settings took from where text is written.
    fn untypable(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = Vec::new();
        let is_default = |action: &str, key: Key| action == "help" && key.text() == Some('?');
        let own = |b: &&Binding| b.place.is_some() && !b.setting.starts_with("keys.leader.");
        for binding in self.bindings.iter().filter(own) {
            let key = binding.chord.keys().first().copied();
            let Some(key) = key.filter(|key| key.text().is_some()) else {
                continue;
            };
            let place = match binding.context {
                Context::Panes => continue,
                Context::Composer if is_default(&binding.action, key) => continue,
                Context::Composer | Context::Global => "a prompt",
                Context::Overlay => "a list or dialog",
            };
            warnings.push(Warning {
                place: binding.place.clone(),
                message: format!(
                    "{}: {key} cannot be typed into {place} any more; hold Ctrl or Alt with it",
                    binding.setting
                ),
            });
        }
        if let Some(key) = self.leader.filter(|key| key.text().is_some()) {
            warnings.push(Warning::new(format!(
                "keys.{LEADER}: {key} cannot be typed into a prompt any more; hold Ctrl or Alt with it"
            )));
        }
        // With a chord or several of them the key is the same.
        warnings.dedup();
        warnings
    }

    /// Complaints about bindings that mean nothing while a list or dialog is open: an action that is not among
    /// `actions`, or a chord, since a list is left with one key.
    pub fn check_overlay(&self, actions: &[&str]) -> Vec<Warning> {
        let of_lists = self
            .bindings
            .iter()
            .filter(|b| b.context == Context::Overlay);
        of_lists
            .filter_map(|binding| {
                let (setting, chord) = (&binding.setting, &binding.chord);
                let message = if !actions.contains(&binding.action.as_str()) {
                    let meant = actions.join(", ");
                    format!("{setting} means nothing in lists and dialogs; what does: {meant}")
                } else if chord.keys().len() > 1 {
                    format!("{setting}: lists and dialogs take one key, not {chord}")
                } else {
                    return None;
                };
                Some(Warning {
                    place: binding.place.clone(),
                    message,
                })
            })
            .collect()
    }

    fn unknown_actions(&self, actions: &[&str]) -> Vec<Warning> {
        self.named
            .iter()
            .filter(|named| !actions.contains(&named.action.as_str()))
            .map(|named| {
                let table = named
                    .setting
                    .rsplit_once('.')
                    .map_or("keys", |(table, _)| table);
                let what = format!("action in [{table}]:");
                Warning {
                    place: named.place.clone(),
                    message: unknown(&what, &named.action, actions.iter().copied()),
                }
            })
            .collect()
    }
}
