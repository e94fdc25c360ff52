//! A title on disk: `"title":"…"`, since a bare text cannot carry its kind beside it.
//!
//! For serde's `with`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Fields<T> {
    title: T,
}

pub(super) fn serialize<S: Serializer>(title: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Fields { title }.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Fields::deserialize(deserializer).map(|f| f.title)
}
