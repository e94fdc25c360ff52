//! How other programs are started: with the environment as it is, but for the variables that hold keys.
//!
//! Which programs, and what they get, is `editor`'s and `clipboard`'s.

use std::{process::Command, sync::Arc};

use crate::config::Profile;

/// Starts programs that are told no key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Programs {
    /// Variables that none of them gets.
    hidden: Arc<[String]>,
}

impl Programs {
    /// Hides the variables that the keys of these profiles are looked for in, set or not.
    pub fn without_keys<'a>(profiles: impl IntoIterator<Item = &'a Profile>) -> Self {
        let named = profiles.into_iter().filter_map(|p| p.api_key_env.clone());
        Self {
            hidden: named.collect(),
        }
    }

    /// A program to be started.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for name in self.hidden.iter() {
            command.env_remove(name);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load};

    #[test]
    fn the_variables_of_all_keys_are_hidden() {
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let config = load(&Overrides::default(), &env).unwrap().config;
        let mut profiles: Vec<_> = config.profiles.into_values().collect();
        let mut other = profiles.first().unwrap().clone();
        other.api_key_env = Some("OTHER_KEY".to_owned());
        profiles.push(other);
        let command = Programs::without_keys(&profiles).command("true");
        let changed: Vec<_> = command.get_envs().collect();
        assert_eq!(
            changed,
            [
                ("CEREBRAS_API_KEY".as_ref(), None),
                ("OTHER_KEY".as_ref(), None)
            ]
        );
    }
}
