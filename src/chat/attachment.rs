//! Texts that go along with a prompt: how they become part of it and are found in it again, and what they are called.
//!
//! A prompt is sent, stored and exported as one text: what was written, and each attachment in a fence under its name.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::text::{SafeText, counted, size};

/// An attachment of more bytes is shown by its name alone.
const SHOWN: usize = 64 << 10;

/// What is kept of an attachment beside the prompt's text, which holds the attachment itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name as it was given.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// A text that goes along with a draft. Cheap to clone.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Attached {
    name: String,
    #[serde(serialize_with = "as_str")]
    text: Arc<str>,
    #[serde(skip)]
    lines: usize,
}

/// As it is stored: what can be counted is not.
#[derive(Deserialize)]
struct Stored {
    name: String,
    text: String,
}

impl From<Stored> for Attached {
    fn from(Stored { name, text }: Stored) -> Self {
        Self::new(&name, &text)
    }
}

fn as_str<S: Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

impl PartialEq for Attached {
    fn eq(&self, other: &Self) -> bool {
        // Megabytes are not compared where they are the same ones.
        let same = Arc::ptr_eq(&self.text, &other.text) || self.text == other.text;
        same && self.name == other.name
    }
}

impl Attached {
    /// A text under this name. Line breaks at its end are left out.
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.trim_end();
        Self {
            name: name.to_owned(),
            text: text.into(),
            lines: text.lines().count(),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is called where it is the `number`th: `[1] pasted text · 2.3 MiB, 41,203 lines`.
    pub fn label(&self, number: usize) -> String {
        format!(
            "[{number}] {} · {}, {}",
            SafeText::line(&self.name).as_str(),
            size(self.text.len() as u64),
            counted(self.lines as u64, "line", "lines")
        )
    }

    fn put(&self, out: &mut String) {
        let fence = fence_for(&self.text);
        for part in [&self.name, ":\n\n", &fence, "\n", &self.text, "\n", &fence] {
            out.push_str(part);
        }
    }
}

/// What is written and not sent, with what goes along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What was written.
    pub text: String,
    /// What goes along, in the order in which it was attached.
    pub attached: Vec<Attached>,
}

impl From<&str> for Draft {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            attached: Vec::new(),
        }
    }
}

impl Draft {
    /// The draft that this prompt was made of. What cannot be found in its text stays in it.
    pub fn of(text: &str, attachments: &[Attachment]) -> Self {
        let mut rest = text;
        let mut attached = Vec::new();
        for attachment in attachments.iter().rev() {
            let Some((before, found)) = split(rest, &attachment.name) else {
                break;
            };
            attached.push(found);
            rest = before;
        }
        attached.reverse();
        Self {
            text: rest.to_owned(),
            attached,
        }
    }

    /// Several as one: their texts with `between` between them, and all that goes along.
    pub fn join<'a>(drafts: impl IntoIterator<Item = &'a Self>, between: &str) -> Self {
        let mut joined = Self::default();
        for draft in drafts {
            if !joined.text.is_empty() && !draft.text.is_empty() {
                joined.text.push_str(between);
            }
            joined.text.push_str(&draft.text);
            joined.attached.extend_from_slice(&draft.attached);
        }
        joined
    }

    /// True if there is nothing to send.
    pub fn is_blank(&self) -> bool {
        self.attached.is_empty() && self.text.trim().is_empty()
    }

    /// True without a single character.
    pub fn is_empty(&self) -> bool {
        self.attached.is_empty() && self.text.is_empty()
    }

    /// Bytes of all that goes along.
    pub fn attached_bytes(&self) -> usize {
        self.attached.iter().map(|a| a.text.len()).sum()
    }

    /// Bytes of text and of all that goes along.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.attached_bytes()
    }

    /// The text that is sent.
    pub fn prompt(&self) -> String {
        if self.attached.is_empty() {
            return self.text.clone();
        }
        let mut prompt = String::with_capacity(self.text.len() + self.attached_bytes() + 256);
        prompt.push_str(self.text.trim_end());
        for attached in &self.attached {
            separate(&mut prompt);
            attached.put(&mut prompt);
        }
        prompt
    }

    /// What is kept of the attachments beside the text.
    pub fn attachments(&self) -> Vec<Attachment> {
        let kept = self.attached.iter().map(|a| Attachment {
            name: a.name.clone(),
            bytes: a.text.len() as u64,
        });
        kept.collect()
    }

    /// What is shown of the prompt: long attachments by their names alone. Nothing where that is all of it.
    pub fn brief(&self) -> Option<String> {
        let is_long = |attached: &Attached| attached.text.len() > SHOWN;
        if !self.attached.iter().any(is_long) {
            return None;
        }
        let mut brief = self.text.trim_end().to_owned();
        for (attached, number) in self.attached.iter().zip(1..) {
            separate(&mut brief);
            if is_long(attached) {
                brief.push_str(&attached.label(number));
            } else {
                attached.put(&mut brief);
            }
        }
        Some(brief)
    }
}

/// What is shown of a prompt with these attachments: long ones by their names alone. Nothing where that is all of it.
pub fn brief(text: &str, attachments: &[Attachment]) -> Option<String> {
    if attachments.is_empty() || text.len() <= SHOWN {
        return None;
    }
    Draft::of(text, attachments).brief()
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

/// The attachment of this name at the end of a prompt, and what stands before it.
fn split<'a>(text: &'a str, name: &str) -> Option<(&'a str, Attached)> {
    let fence = text.get(text.trim_end_matches('`').len()..)?;
    let inside = text.strip_suffix(fence)?.strip_suffix('\n')?;
    // Nothing inside has as many backticks in a row, so that the last ones are those of the beginning.
    let (before, body) = inside.rsplit_once(&format!("{name}:\n\n{fence}\n"))?;
    if fence != fence_for(body) {
        return None;
    }
    let before = before
        .strip_suffix("\n\n")
        .or(before.is_empty().then_some(before))?;
    Some((before, Attached::new(name, body)))
}

/// A fence longer than any in the text.
fn fence_for(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str, attached: &[(&str, &str)]) -> Draft {
        let attached = attached
            .iter()
            .map(|(name, text)| Attached::new(name, text));
        Draft {
            text: text.to_owned(),
            attached: attached.collect(),
        }
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert_eq!(fence_for("plain"), "```");
        assert_eq!(fence_for("a ```` b"), "`````");
    }

    #[test]
    fn what_was_put_together_is_found_again() {
        let looks_like_one = draft("", &[("a", "b")]).prompt();
        for draft in [
            draft("only text", &[]),
            draft("Read this.", &[("a.rs", "fn main() {}\n")]),
            draft(
                "",
                &[
                    ("pasted text", "one"),
                    ("pasted text", "two\n\n````\nthree"),
                ],
            ),
            draft("two\n\nparagraphs", &[("a:", "```\n"), ("b", "")]),
            draft(&looks_like_one, &[("a", &looks_like_one)]),
        ] {
            let prompt = draft.prompt();
            assert_eq!(Draft::of(&prompt, &draft.attachments()), draft, "{prompt}");
        }
    }

    #[test]
    fn what_is_not_there_leaves_the_text_as_it_is() {
        let one = draft("Read.", &[("a", "text")]);
        let kept = one.attachments();
        for text in [
            "",
            "Read.",
            "Read.\n\nb:\n\n```\ntext\n```",
            "```",
            "a:\n\n````\nx\n````",
        ] {
            assert_eq!(Draft::of(text, &kept), Draft::from(text));
        }
        let changed = one.prompt().replace("text", "[key hidden]");
        assert_eq!(Draft::of(&changed, &kept).text, "Read.");
    }

    #[test]
    fn long_ones_are_shown_by_name() {
        let long = "line\n".repeat(1 << 19);
        let draft = draft("Read.", &[("pasted text", &long), ("b", "short")]);
        assert_eq!(
            draft.brief().as_deref(),
            Some("Read.\n\n[1] pasted text · 2.5 MiB, 524,288 lines\n\nb:\n\n```\nshort\n```")
        );
        assert_eq!(Draft::from("Read.").brief(), None);
    }
}
