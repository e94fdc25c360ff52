//! A text that comes in pieces, and where secrets are in it, also where a pause or the end of an answer cuts one in two.
//! What waits for the next piece, and what stands in the place of a secret, is decided by whoever hands the text on.

use std::ops::Range;

use super::Secrets;

/// How a text stands that has come so far: what of it was handed on and may be the beginning of a secret.
#[derive(Clone, Default)]
pub struct Strand {
    shown: String,
    /// The text before it is not known: what comes next may begin within a secret.
    is_cut: bool,
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
    /// A text that goes on from `before`, or from something else that ended somewhere.
    pub fn after(before: &str, secrets: &Secrets) -> Self {
        let mut strand = Self {
            shown: String::new(),
            is_cut: true,
        };
        strand.keep(before, secrets);
        strand
    }

    /// Where secrets are in `text`, which comes next.
    pub fn find(&self, text: &str, secrets: &Secrets) -> Found {
        if self.shown.is_empty() && !self.is_cut {
            return secrets.find(text);
        }
        let own = self.shown.len();
        let joined = format!("{}{text}", self.shown);
        let Found { mut hidden, held } = secrets.find(&joined);
        hidden.retain_mut(|place| {
            place.start = place.start.saturating_sub(own);
            place.end = place.end.saturating_sub(own);
            place.end > 0
        });
        let held = held.min(text.len());
        if !self.is_cut {
            return Found { hidden, held };
        }
        let piece = secrets.piece(text);
        if piece.goes_on {
            return Found {
                hidden: Vec::new(),
                held: text.len(),
            };
        }
        if piece.is_telling {
            let overlaps = |place: &&Range<usize>| place.start < piece.bytes;
            let ends = hidden.iter().filter(overlaps).map(|place| place.end);
            let end = ends.max().unwrap_or_default().max(piece.bytes);
            hidden.retain(|place| place.start >= end);
            hidden.insert(0, 0..end);
            let held = held.min(text.len().saturating_sub(end));
            return Found { hidden, held };
        }
        Found { hidden, held }
    }

    /// True if so much of a secret would be told by `text`, which comes next and last, that it must be hidden.
    pub fn tells(&self, text: &str, secrets: &Secrets) -> bool {
        let joined = format!("{}{text}", self.shown);
        let piece = self.is_cut.then(|| secrets.piece(text));
        secrets.ends(&joined).is_telling || piece.is_some_and(|p| p.goes_on && p.is_telling)
    }

    /// True if the next text may begin within a secret.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// `text` was handed on, or hidden as the beginning of a secret: what comes next goes on from it.
    pub fn keep(&mut self, text: &str, secrets: &Secrets) {
        self.shown.push_str(text);
        let end = secrets.ends(&self.shown).bytes;
        self.shown.drain(..self.shown.len().saturating_sub(end));
    }
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
    fn check(strand: &Strand, text: &str, hidden: &[Range<usize>], held: usize) {
        let found = strand.find(text, &knowing());
        let hidden = hidden.to_vec();
        assert_eq!(found, Found { hidden, held }, "{text}");
    }

    #[test]
    fn a_secret_of_which_a_beginning_is_out_is_found_in_what_follows() {
        let mut strand = Strand::default();
        strand.keep("is csk-can", &knowing());
        check(&strand, "ary-0123456789abcdef!", &[0..20], 0);
        check(&strand, "ary-01", &[], 6);
        check(&strand, "dy and csk-", &[], 4);
        assert!(strand.tells("a", &knowing()), "eight bytes");
        assert!(!strand.tells("dle", &knowing()));
    }

    #[test]
    fn a_text_that_goes_on_may_begin_within_a_secret() {
        let strand = Strand::after("it is [key hidden]", &knowing());
        check(&strand, "3456789abcdef, yes", &[0..13], 0);
        check(&strand, "34567", &[], 5);
        check(&strand, "3456 + 1", &[], 0);
        check(&strand, "-0123456 c", &[0..8], 1);
        assert!(strand.tells("-0123456", &knowing()));
        assert!(!strand.tells("-01", &knowing()));
        let strand = Strand::after("it is csk-", &knowing());
        check(&strand, "canary-0123456789abcdef, yes", &[0..23], 0);
        check(&strand, &format!("{KEY} twice"), &[0..27], 0);
    }
}
