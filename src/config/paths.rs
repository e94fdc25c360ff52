//! Where files are: by the platform's conventions, or where three variables and two flags say.
//!
//! Nothing is created here; who writes to a directory makes it.

use std::path::PathBuf;

use directories::ProjectDirs;

use super::error::Error;

/// The directories and the main file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`, `themes/`, `prompts/`, `decks/`.
    pub config_dir: PathBuf,
    /// The settings; it need not exist.
    pub config_file: PathBuf,
    /// Sessions and what is made from them.
    pub data_dir: PathBuf,
    /// Logs and reports of panics.
    pub state_dir: PathBuf,
}

impl Paths {
    /// `config_file` and `data_dir` are flags and win over `get`, which reads the environment.
    pub(super) fn find(
        config_file: Option<&PathBuf>,
        data_dir: Option<&PathBuf>,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let from = |name: &str| get(name).map(PathBuf::from);
        // The platform is asked only for what nobody named: a machine without a home directory is fine then.
        let platform = || ProjectDirs::from("", "", "waferdeck").ok_or(Error::NoHome);
        let config_dir = match from("WAFERDECK_CONFIG_DIR") {
            Some(dir) => dir,
            None => platform()?.config_dir().to_owned(),
        };
        let data_dir = match data_dir.cloned().or_else(|| from("WAFERDECK_DATA_DIR")) {
            Some(dir) => dir,
            None => platform()?.data_dir().to_owned(),
        };
        let state_dir = if let Some(dir) = from("WAFERDECK_STATE_DIR") {
            dir
        } else {
            let platform = platform()?;
            // Only Linux has a place of its own for state.
            match platform.state_dir() {
                Some(dir) => dir.to_owned(),
                None => platform.data_local_dir().join("state"),
            }
        };
        let config_file = config_file
            .cloned()
            .unwrap_or_else(|| config_dir.join("config.toml"));
        Ok(Self {
            config_dir,
            config_file,
            data_dir,
            state_dir,
        })
    }

    /// Themes of the person's own.
    pub fn themes_dir(&self) -> PathBuf {
        self.config_dir.join("themes")
    }

    /// Decks of the person's own.
    pub fn decks_dir(&self) -> PathBuf {
        self.config_dir.join("decks")
    }

    /// The prompt library.
    pub fn prompts_dir(&self) -> PathBuf {
        self.config_dir.join("prompts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_variables() {
        let env = |name: &str| match name {
            "WAFERDECK_CONFIG_DIR" => Some("/c".to_owned()),
            "WAFERDECK_DATA_DIR" => Some("/d".to_owned()),
            "WAFERDECK_STATE_DIR" => Some("/s".to_owned()),
            _ => None,
        };
        let paths = Paths::find(None, None, env).unwrap();
        assert_eq!(paths.config_file, PathBuf::from("/c/config.toml"));
        assert_eq!(paths.data_dir, PathBuf::from("/d"));
        assert_eq!(paths.state_dir, PathBuf::from("/s"));

        let (file, data) = (PathBuf::from("/x.toml"), PathBuf::from("/y"));
        let paths = Paths::find(Some(&file), Some(&data), env).unwrap();
        assert_eq!(paths.config_file, file);
        assert_eq!(paths.data_dir, data);
        assert_eq!(paths.config_dir, PathBuf::from("/c"));
    }
}
