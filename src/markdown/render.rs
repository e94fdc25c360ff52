//! One block of Markdown to lines of styled text, from the parser's events.
//!
//! Knows nothing of widths. What is too deep or too large comes out as it was written.

mod containers;
pub(super) mod html;
mod inline;
mod literal;
mod marks;
mod renderer;

use std::collections::HashMap;

use pulldown_cmark::{BrokenLink, Event, Parser};

use super::block::{BlockKind, Line};
use super::math;
use super::split::{OPTIONS, Opening};
pub(super) use literal::{literal_lines, plain, tabbed};
use renderer::Renderer;

/// Bytes of the largest block that is laid out.
const SIZE_LIMIT: usize = 256 * 1024;

/// Where labels of reference links lead, by [`label_key`].
pub(super) type Definitions = HashMap<String, String>;

/// What rendering needs besides the text.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) definitions: &'a Definitions,
    /// Where the text begins in the document, without what opens it.
    pub(super) offset: usize,
    /// What the text begins with so that the parser knows what surrounds it; it is not shown.
    pub(super) opening: &'a Opening,
    /// Whether text may follow that belongs to it.
    pub(super) is_open: bool,
    /// Whether lines of a paragraph stay lines, instead of being filled.
    pub(super) keeps_lines: bool,
}

/// One block, rendered.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) kind: BlockKind,
    pub(super) lines: Vec<Line>,
    pub(super) links: Vec<Box<str>>,
}

/// Renders `text`, which is what opens it and one top-level block, one item of a top-level list, or a part of these.
pub(super) fn render(text: &str, context: Context<'_>) -> Rendered {
    let skip = context.opening.text.len();
    let shown = text.get(skip..).unwrap_or_default();
    if shown.len() > SIZE_LIMIT {
        return plain(shown, context.offset);
    }
    let definitions = context.definitions;
    let resolve = |link: BrokenLink<'_>| {
        let target = definitions.get(&label_key(&link.reference))?;
        Some((target.clone().into(), "".into()))
    };
    let hidden = math::hidden(text, skip, context.is_open);
    let without_maths = math::veil(text, &hidden.maths);
    let veiled = math::veil(&without_maths, &hidden.pipes);
    let parser = Parser::new_with_broken_link_callback(&veiled, OPTIONS, Some(resolve));
    let mut renderer = Renderer::new((text, &veiled), marks::find(text, hidden.maths), context);
    for (event, range) in parser.into_offset_iter() {
        let event = own_entities(event, veiled.get(range.clone()));
        renderer.event(event, range);
        if renderer.is_too_deep() {
            return plain(shown, context.offset);
        }
    }
    let mut done = renderer.finish();
    begin_with_the_source(shown, context.offset, &mut done.lines);
    done
}

/// Lets each line begin where its line of the source does, marks included, unless the line before it shows a part of
/// that one, too.
fn begin_with_the_source(text: &str, offset: usize, lines: &mut [Line]) {
    let mut shown = offset;
    // A line of the source may become thousands of ours: each byte of it is looked at once.
    let (mut begin, mut looked) = (offset, 0);
    for line in lines {
        let at = line.start.saturating_sub(offset);
        if let Some(newline) = text.get(looked..at).and_then(|new| new.rfind('\n')) {
            begin = offset + looked + newline + 1;
        }
        looked = looked.max(at);
        line.start = if begin < shown {
            line.start.max(shown)
        } else {
            begin
        };
        let end = line
            .text
            .pieces()
            .filter_map(|p| Some(p.from? + p.text.len()));
        shown = end.last().unwrap_or(line.start);
    }
}

/// The text of a named entity (`&rlm;`) as text of its own: the parser lends it like a piece of the source, which was
/// made safe, but it comes from a table. `source` is what the parser saw.
fn own_entities<'a>(event: Event<'a>, source: Option<&str>) -> Event<'a> {
    match event {
        Event::Text(text) if source.is_some_and(|s| s.starts_with('&') && *s != *text) => {
            Event::Text(text.into_string().into())
        }
        event => event,
    }
}

/// The form in which labels of reference links are compared: without case, runs of blanks as one.
pub(super) fn label_key(label: &str) -> String {
    let words: Vec<_> = label.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
