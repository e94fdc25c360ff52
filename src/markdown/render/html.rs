//! HTML stays as it was written: its tags step back, the text between them is read like any other.
//!
//! Nothing is obeyed but a line break, which models write where Markdown has none.

use crate::markdown::block::{Role, Style, Styled};
use crate::markdown::render::tabbed;

/// A block of HTML that is read line by line.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::markdown) struct Html {
    /// The tag or comment that the line before left open.
    open: Option<Open>,
    is_summary: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Tag,
    Comment,
}

impl Open {
    fn closer(self) -> &'static str {
        match self {
            Self::Tag => ">",
            Self::Comment => "-->",
        }
    }
}

impl Html {
    /// The next line, which stands at `from`.
    pub(super) fn line(&mut self, line: &str, from: usize) -> Styled {
        let mut out = Styled::default();
        let mut at = from;
        self.pieces(line, |piece, style| {
            out.append(&tabbed(piece, at, style));
            at += piece.len();
        });
        out
    }

    /// Goes past a line, or the beginning of one.
    pub(in crate::markdown) fn pass(&mut self, line: &str) {
        self.pieces(line.trim_end_matches('\n'), |_, _| {});
    }

    /// A line after which HTML is read as it is now, but for a block that has the `opener` of its kind.
    pub(in crate::markdown) fn opener(self, opener: &str) -> String {
        let mut fresh = Self::default();
        fresh.pass(opener);
        if fresh.open == self.open && fresh.is_summary == self.is_summary {
            return format!("{opener}\n");
        }
        let end = fresh.open.map_or("", |_| " >");
        let summary = if self.is_summary { "<summary>" } else { "" };
        let open = match self.open {
            None => "",
            Some(Open::Tag) => "<a",
            Some(Open::Comment) => "<!--",
        };
        format!("{opener}{end}{summary}{open}\n")
    }

    fn pieces<'l>(&mut self, line: &'l str, mut each: impl FnMut(&'l str, Style)) {
        let mut rest = if is_line_break(line.trim()) { "" } else { line };
        while !rest.is_empty() {
            let (len, style) = self.piece(rest);
            let (piece, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
            each(piece, style);
            rest = after;
        }
    }

    /// How many bytes come next in one style.
    fn piece(&mut self, rest: &str) -> (usize, Style) {
        if self.open.is_none() {
            self.open = opened(rest);
        }
        if let Some(open) = self.open {
            let end = rest.find(open.closer()).map(|at| at + open.closer().len());
            if end.is_some() {
                self.open = None;
            }
            let tag = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            self.note(tag);
            return (tag.len(), Role::Html.into());
        }
        let style = Style {
            bold: self.is_summary,
            ..Role::Text.into()
        };
        let next = rest
            .char_indices()
            .skip(1)
            .find(|(at, c)| *c == '<' && rest.get(*at..).and_then(opened).is_some());
        (next.map_or(rest.len(), |(at, _)| at), style)
    }

    fn note(&mut self, tag: &str) {
        let tag = tag.to_ascii_lowercase();
        self.is_summary = match tag.as_str() {
            "<summary>" => true,
            "</summary>" => false,
            _ => self.is_summary,
        };
    }
}

/// What begins here, if anything does.
fn opened(text: &str) -> Option<Open> {
    let rest = text.strip_prefix('<')?;
    if rest.starts_with("!--") {
        return Some(Open::Comment);
    }
    let first = rest.chars().next()?;
    (first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?')).then_some(Open::Tag)
}

/// The one element that is obeyed: models write it inside table cells.
pub(super) fn is_line_break(html: &str) -> bool {
    let name = html
        .trim_start_matches('<')
        .trim_end_matches(['/', '>', ' ']);
    html.starts_with('<') && name.eq_ignore_ascii_case("br")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_step_back_and_text_stays() {
        let mut html = Html::default();
        let mut check = |line: &str, expected: &[(&str, Role, bool)]| {
            let styled = html.line(line, 0);
            let pieces = styled
                .pieces()
                .map(|p| (p.text, p.style.role, p.style.bold));
            assert_eq!(pieces.collect::<Vec<_>>(), expected, "{line}");
        };
        check("<details>", &[("<details>", Role::Html, false)]);
        check(
            "<summary>More < here</summary>",
            &[
                ("<summary>", Role::Html, false),
                ("More < here", Role::Text, true),
                ("</summary>", Role::Html, false),
            ],
        );
        check(
            "a <b",
            &[("a ", Role::Text, false), ("<b", Role::Html, false)],
        );
        check(
            "c>d",
            &[("c>", Role::Html, false), ("d", Role::Text, false)],
        );
        check("<!-- a > b", &[("<!-- a > b", Role::Html, false)]);
        check(
            "-->é",
            &[("-->", Role::Html, false), ("é", Role::Text, false)],
        );
        check("<br />", &[]);
    }
}
