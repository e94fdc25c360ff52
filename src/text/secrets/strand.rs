//! A text that comes in pieces, and where secrets are in it, also where a pause or the end of an answer cuts one in two.
//! What waits for the next piece, and what stands in the place of a secret, is decided by whoever hands the text on.

use std::{borrow::Cow, ops::Range};

use super::{HIDDEN, Secrets};

/// How a text stands that has come so far: what of it was handed on and may be part of a secret.
#[derive(Clone, Default)]
pub struct Strand {
    /// Its end, where that may be the beginning of a secret.
    shown: String,
    /// All of it, where it may have begun within a secret that still goes on.
    cut: Option<String>,
}

/// What a piece of text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Where secrets are, or what is left of them, in bytes, in order.
    pub hidden: Vec<Range<usize>>,
    /// Bytes at its end that may be part of a secret, so that the next piece decides.
    pub held: usize,
}

impl Strand {
    /// A text that goes on from `before`. Where that ends with something hidden, the rest of it may follow.
    pub fn after(before: &str, secrets: &Secrets) -> Self {
        if before.ends_with(HIDDEN) {
            return Self::cut();
        }
        let mut strand = Self::default();
        strand.keep(before, secrets);
        strand
    }

    /// A text that goes on from what is not known: it may begin within a secret.
    pub fn cut() -> Self {
        Self {
            shown: String::new(),
            cut: Some(String::new()),
        }
    }

    /// Where secrets are in `text`, which comes next.
    pub fn find(&self, text: &str, secrets: &Secrets) -> Found {
        let Found { mut hidden, held } = secrets.find(&behind(&self.shown, text));
        let own = self.shown.len();
        hidden.retain_mut(|place| {
            place.start = place.start.saturating_sub(own);
            place.end = place.end.saturating_sub(own);
            place.end > 0
        });
        let held = held.min(text.len());
        let Some(cut) = &self.cut else {
            return Found { hidden, held };
        };
        let piece = secrets.piece(&behind(cut, text));
        if piece.goes_on {
            return Found {
                hidden: Vec::new(),
                held: text.len(),
            };
        }
        let bytes = piece.bytes.saturating_sub(cut.len());
        if !piece.is_telling || bytes == 0 {
            return Found { hidden, held };
        }
        let overlaps = |place: &&Range<usize>| place.start < bytes;
        let ends = hidden.iter().filter(overlaps).map(|place| place.end);
        let end = ends.max().unwrap_or_default().max(bytes);
        hidden.retain(|place| place.start >= end);
        hidden.insert(0, 0..end);
        let held = held.min(text.len().saturating_sub(end));
        Found { hidden, held }
    }

    /// The same where `text` is handed on at once: what may be part of a secret is hidden if it tells too much.
    pub fn take(&mut self, text: &str, secrets: &Secrets) -> Vec<Range<usize>> {
        let Found { mut hidden, held } = self.find(text, secrets);
        if held > 0 && self.tells(text, secrets) {
            hidden.push(text.len().saturating_sub(held)..text.len());
        }
        self.keep(text, secrets);
        hidden
    }

    /// True if so much of a secret would be told by the end of `text`, which comes next, that it must be hidden.
    pub fn tells(&self, text: &str, secrets: &Secrets) -> bool {
        let piece = self.cut.as_ref();
        let piece = piece.map(|cut| secrets.piece(&behind(cut, text)));
        piece.is_some_and(|p| p.goes_on && p.is_telling)
            || secrets.ends(&behind(&self.shown, text)).is_telling
    }

    /// True if all of the text may stand within a secret.
    pub fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// `text` was handed on, or hidden as part of a secret: what comes next goes on from it.
    pub fn keep(&mut self, text: &str, secrets: &Secrets) {
        if let Some(mut cut) = self.cut.take() {
            cut.push_str(text);
            if cut.is_empty() || secrets.piece(&cut).goes_on {
                self.cut = Some(cut);
            }
        }
        let joined = behind(&self.shown, text);
        let end = secrets.ends(&joined).bytes;
        let from = joined.len().saturating_sub(end);
        self.shown = joined.get(from..).unwrap_or_default().to_owned();
    }
}

fn behind<'a>(before: &str, text: &'a str) -> Cow<'a, str> {
    if before.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{before}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "csk-canary-0123456789abcdef";

    fn knowing() -> Secrets {
        let secrets = Secrets::default();
        secrets.learn(&KEY.into());
        secrets
    }

    #[track_caller]
    fn check(strand: &Strand, text: &str, hidden: Option<Range<usize>>, held: usize) {
        let found = strand.find(text, &knowing());
        let hidden = Vec::from_iter(hidden);
        assert_eq!(found, Found { hidden, held }, "{text}");
    }

    #[test]
    fn a_secret_of_which_a_beginning_is_out_is_found_in_what_follows() {
        let mut strand = Strand::default();
        strand.keep("is csk-can", &knowing());
        check(&strand, "ary-0123456789abcdef!", Some(0..20), 0);
        check(&strand, "ary-01", None, 6);
        check(&strand, "dy and csk-", None, 4);
        assert!(strand.tells("a", &knowing()), "eight bytes");
        assert!(!strand.tells("dle", &knowing()));
    }

    #[test]
    fn a_text_that_goes_on_may_begin_within_a_secret() {
        let strand = Strand::after("it is [key hidden]", &knowing());
        check(&strand, "3456789abcdef, yes", Some(0..13), 0);
        check(&strand, "34567", None, 5);
        check(&strand, "3456 + 1", None, 0);
        check(&strand, "-0123456 c", Some(0..8), 1);
        assert!(strand.tells("-0123456", &knowing()));
        assert!(!strand.tells("-01", &knowing()));
        let strand = Strand::after("it is csk-", &knowing());
        check(&strand, "canary-0123456789abcdef, yes", Some(0..23), 0);
        check(&Strand::cut(), &format!("{KEY} twice"), Some(0..27), 0);
        check(&Strand::after("is it", &knowing()), "a", None, 0);
    }
}
