//! The text of one paragraph, heading or cell, with its styles and links.

use std::borrow::Cow;
use std::num::NonZeroU16;

use pulldown_cmark::CowStr;

use crate::markdown::block::{Role, Style, Styled};
use crate::text::{SafeText, truncate};

/// Columns of the longest link target that is shown.
const TARGET_COLUMNS: usize = 40;

/// Text of the parser, made safe again where it is not a copy of the source: `&#27;` is an escape character.
pub(super) fn safe<'a>(text: &'a CowStr<'_>) -> Cow<'a, str> {
    match text {
        CowStr::Borrowed(source) => Cow::Borrowed(source),
        decoded => SafeText::new(decoded).into(),
    }
}

/// Text and where it stands in the document, if it stands there as it is.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) text: &'a str,
    pub(super) from: Option<usize>,
}

impl<'a> Placed<'a> {
    /// Text of ours.
    pub(super) fn ours(text: &'a str) -> Self {
        Self { text, from: None }
    }
}

/// Text being collected.
#[derive(Default)]
pub(super) struct Inline {
    line: Styled,
    pub(super) bold: usize,
    pub(super) italic: usize,
    pub(super) strike: usize,
    /// Roles of the blocks around the text, innermost last.
    bases: Vec<Role>,
    open_links: Vec<Link>,
    pub(super) links: Vec<Box<str>>,
}

struct Link {
    /// Its place among the links, from 1.
    number: Option<NonZeroU16>,
    role: Role,
    text: String,
}

impl Inline {
    /// All text has this role now, until [`Inline::end`].
    pub(super) fn begin(&mut self, role: Role) {
        self.bases.push(role);
    }

    pub(super) fn end(&mut self) {
        self.bases.pop();
    }

    pub(super) fn take(&mut self) -> Styled {
        std::mem::take(&mut self.line)
    }

    pub(super) fn text(&mut self, text: Placed<'_>) {
        let base = self.bases.last().copied().unwrap_or_default();
        let role = self.open_links.last().map_or(base, |link| link.role);
        self.role(text, role);
    }

    /// Text with a role of its own. In a heading code looks like the rest: its weight says where it belongs.
    pub(super) fn role(&mut self, text: Placed<'_>, role: Role) {
        let role = match (self.bases.last(), role) {
            (Some(&heading @ Role::Heading(_)), Role::InlineCode) => heading,
            (_, role) => role,
        };
        if let Some(link) = self.open_links.last_mut() {
            link.text.push_str(text.text);
        }
        let style = Style {
            role,
            bold: self.bold > 0,
            italic: self.italic > 0,
            strike: self.strike > 0,
            link: self.open_links.last().and_then(|link| link.number),
        };
        self.line.push(text.text, style, text.from);
    }

    /// Begins a new line in a cell, unless it would be the first one.
    pub(super) fn break_line(&mut self) {
        if !self.line.is_empty() {
            self.line.break_line(Style::default());
        }
    }

    pub(super) fn start_link(&mut self, target: &str, role: Role) {
        self.links.push(target.into());
        let number = u16::try_from(self.links.len()).ok();
        self.open_links.push(Link {
            number: number.and_then(NonZeroU16::new),
            role,
            text: String::new(),
        });
    }

    /// Shows where the link leads, unless its text says so.
    pub(super) fn end_link(&mut self) {
        let Some(link) = self.open_links.pop() else {
            return;
        };
        if let Some(around) = self.open_links.last_mut() {
            around.text.push_str(&link.text);
        }
        let place = link
            .number
            .map_or(0, |number| usize::from(number.get()) - 1);
        let target = self.links.get(place).map_or("", |target| &**target);
        let shown = shown_target(target);
        if !shown.is_empty() && !link.text.contains(shown) {
            let shown = SafeText::line(shown);
            let mark = format!(" ({})", truncate(shown.as_str(), TARGET_COLUMNS));
            self.line.push(&mark, Role::LinkTarget.into(), None);
        }
    }
}

/// The host of a web address, with its port; other targets whole.
///
/// What stands before an `@` is not the host, whatever it looks like.
fn shown_target(target: &str) -> &str {
    let web = ["https://", "http://", "//"]
        .into_iter()
        .find_map(|scheme| {
            target
                .get(..scheme.len())?
                .eq_ignore_ascii_case(scheme)
                .then(|| target.get(scheme.len()..))?
        });
    match web {
        Some(rest) => {
            let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
            authority.rsplit('@').next().unwrap_or_default()
        }
        None => target.strip_prefix("mailto:").unwrap_or(target),
    }
}
