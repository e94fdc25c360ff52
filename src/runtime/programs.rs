//! How other programs are started: with the environment as it is, but for the variables that hold keys.
//!
//! Which programs, and what they get, is `editor`'s and `clipboard`'s.

use std::{process::Command, sync::Arc};

use crate::config::Config;

/// Starts programs that are told no key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Programs {
    /// Variables that none of them gets.
    hidden: Arc<[String]>,
}

impl Programs {
    /// Hides the variables that keys are looked for in, set or not.
    pub fn without_keys(config: &Config) -> Self {
        Self {
            hidden: config.key_variables().into(),
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
        let mut config = load(&Overrides::default(), &env).unwrap().config;
        // Who names another variable may still have the usual one set.
        for (profile, name) in config.profiles.values_mut().zip(["B_KEY", "A_KEY"]) {
            profile.api_key_env = Some(name.to_owned());
        }
        let command = Programs::without_keys(&config).command("true");
        let changed: Vec<_> = command.get_envs().collect();
        let gone = [
            "A_KEY",
            "B_KEY",
            "CEREBRAS_API_KEY",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        ];
        assert_eq!(changed, gone.map(|name| (name.as_ref(), None)));
    }
}
