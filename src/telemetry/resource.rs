//! What all figures of this process share: the service, its version, and what the environment adds.
//!
//! How the environment says so is `otlp::Settings`'.

/// Names and values, sorted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource(Vec<(String, String)>);

impl Default for Resource {
    fn default() -> Self {
        Self::new([])
    }
}

impl Resource {
    /// waferdeck in this version, with these attributes; they win over ours.
    pub fn new(attributes: impl IntoIterator<Item = (String, String)>) -> Self {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut all = vec![
            own("service.name", "waferdeck"),
            own("service.version", env!("CARGO_PKG_VERSION")),
        ];
        for (name, value) in attributes {
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => all.push((name, value)),
            }
        }
        all.sort();
        Self(all)
    }

    /// Names and values.
    pub(super) fn attributes(&self) -> &[(String, String)] {
        &self.0
    }
}
