//! A secret on its way through the program as data, and the names by which one is told.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A secret that is carried as data: whatever prints or serializes it shows `[hidden]`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// It as the type that libraries take.
    pub fn into_inner(self) -> SecretString {
        self.0
    }
}

impl<T: Into<SecretString>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[hidden]")
    }
}

/// True if what bears this name, a header or a variable, may be a secret.
pub fn names_secret(name: &str) -> bool {
    const TELLING: [&str; 6] = ["auth", "key", "token", "secret", "password", "cookie"];
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|word| name.contains(word))
}
