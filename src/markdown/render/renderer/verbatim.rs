//! Text that is shown as it was written: of code and of HTML, with its place in the source.
//!
//! What it means is decided by who collects it.

/// Text that is collected as it was written.
#[derive(Default)]
pub(super) struct Verbatim {
    pub(super) text: String,
    /// Where its pieces stand in the document, each with where it begins in the text. What is left of a tab stands
    /// nowhere.
    pub(super) places: Vec<(usize, Option<usize>)>,
}

/// A line of text that is shown as it was written.
pub(super) struct VerbatimLine<'a> {
    /// What is left of a tab before it.
    pub(super) blanks: &'a str,
    pub(super) text: &'a str,
    /// Where `text` stands.
    pub(super) from: usize,
}

impl Verbatim {
    /// Its lines; `or` is where a line stands whose place is not known.
    pub(super) fn lines(&self, or: usize) -> impl Iterator<Item = VerbatimLine<'_>> {
        let mut begin = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let start = begin;
            begin += line.len();
            let line = line.trim_end_matches('\n');
            let blanks = line.len() - line.trim_start_matches(' ').len();
            let known = (0..=blanks).find_map(|at| Some((at, self.place(start + at)?)));
            let (at, from) = known.unwrap_or((0, or));
            let (blanks, text) = line.split_at_checked(at).unwrap_or(("", line));
            VerbatimLine { blanks, text, from }
        })
    }

    /// Where in the document the byte at `at` of the text stands.
    fn place(&self, at: usize) -> Option<usize> {
        let next = self.places.partition_point(|&(begin, _)| begin <= at);
        let (begin, place) = *self.places.get(next.checked_sub(1)?)?;
        Some(place? + (at - begin))
    }
}
