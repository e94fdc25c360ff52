//! Whom figures are about: provider, profile, model and server, as labels that hold no text and cannot grow without
//! end. How many there may be is the registry's.

use crate::text::SafeText;

/// Longest value of a label, in characters; model ids are shorter.
const LONGEST: usize = 120;
/// Stands for all who came after there were too many.
const OTHER: &str = "other";

/// Names and values of labels, sorted by name.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Whom an answer is asked of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Whose dialect is spoken: `cerebras`, `openai` or `mock`.
    pub provider: &'static str,
    /// The profile.
    pub profile: String,
    /// The model that is asked for.
    pub model: String,
    /// Host and port, where they are the same tomorrow.
    pub server: Option<(String, u16)>,
}

impl Subject {
    /// With values that can be shown to anybody.
    pub(super) fn made_safe(self) -> Self {
        Self {
            provider: self.provider,
            profile: safe(&self.profile),
            model: safe(&self.model),
            server: self.server.map(|(host, port)| (safe(&host), port)),
        }
    }

    /// All of this provider that came after there were too many.
    pub(super) fn other(provider: &'static str) -> Self {
        Self {
            provider,
            profile: OTHER.to_owned(),
            model: OTHER.to_owned(),
            server: None,
        }
    }

    /// As labels.
    pub(super) fn labels(&self) -> Labels {
        let mut labels = vec![
            ("gen_ai.operation.name", "chat".to_owned()),
            ("gen_ai.provider.name", self.provider.to_owned()),
            ("gen_ai.request.model", self.model.clone()),
        ];
        if let Some((host, port)) = &self.server {
            labels.push(("server.address", host.clone()));
            labels.push(("server.port", port.to_string()));
        }
        labels.push(("waferdeck.profile", self.profile.clone()));
        labels
    }
}

/// One line of text without what could drive a terminal or hide in it, not too long, and never empty.
pub(super) fn safe(text: &str) -> String {
    let line = SafeText::line(text.trim()).into_string();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None if line.is_empty() => "unknown".to_owned(),
        None => line,
    }
}

/// These labels with one more, at its place.
pub(super) fn with(labels: &Labels, name: &'static str, value: impl Into<String>) -> Labels {
    let mut labels = labels.clone();
    let at = labels.partition_point(|(other, _)| *other < name);
    labels.insert(at, (name, value.into()));
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_values_become_short_plain_lines() {
        assert_eq!(safe(" a/b:c "), "a/b:c");
        assert_eq!(safe("  "), "unknown");
        assert!(!safe("a\nb\u{1b}[2J\u{202e}").contains(['\n', '\u{1b}', '\u{202e}']));
        assert_eq!(safe(&"é".repeat(500)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_label_finds_its_place() {
        let labels = Subject::other("mock").labels();
        let names: Vec<_> = with(&labels, "error.type", "429")
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert!(names.is_sorted(), "{names:?}");
    }
}
