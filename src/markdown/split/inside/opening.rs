//! What the parser reads before text that begins inside a block, so that the text stays what it was.
//!
//! The lines that open containers are `levels`'; here are those of tables and HTML, and what no line can say.

use std::sync::Arc;

use pulldown_cmark::Alignment;

use crate::markdown::block::TableStart;

/// What the parser reads before text that begins inside a block. It opens the same blocks and shows nothing.
#[derive(Clone, Debug, Default)]
pub(in crate::markdown) struct Opening {
    pub(in crate::markdown) text: String,
    /// The number of the last item of each list that is open, outermost first.
    pub(in crate::markdown) numbers: Vec<Option<u64>>,
    pub(in crate::markdown) rest: Rest,
    /// What came before in a table.
    pub(in crate::markdown) table: Option<Arc<TableStart>>,
}

/// What the text after an [`Opening`] begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::markdown) enum Rest {
    /// A block of its own.
    #[default]
    Block,
    /// More of a paragraph, of HTML or of a table.
    More,
    /// More of a code block.
    Code(CodeStart),
}

/// Where in a code block a text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::markdown) struct CodeStart {
    /// Where in the document the code block begins.
    pub(in crate::markdown) block: usize,
    /// The number of the line.
    pub(in crate::markdown) number: usize,
    /// Bytes of the line that came before.
    pub(in crate::markdown) begun: usize,
}

impl CodeStart {
    /// The first line of the code block that begins at `block`.
    pub(in crate::markdown) fn of(block: usize) -> Self {
        Self {
            block,
            number: 0,
            begun: 0,
        }
    }
}

/// A header of as many columns, aligned in the same way.
pub(super) fn header(alignments: &[Alignment]) -> String {
    let rules = alignments.iter().map(|alignment| match alignment {
        Alignment::None => "-|",
        Alignment::Left => ":-|",
        Alignment::Center => ":-:|",
        Alignment::Right => "-:|",
    });
    let rules: String = rules.collect();
    format!("|{}\n|{rules}\n", "x|".repeat(alignments.len()))
}

/// What begins HTML that ends in the same way.
pub(super) fn html_opener(text: &str) -> &'static str {
    let after = |start: &str| {
        let (found, after) = text.split_at_checked(start.len())?;
        found.eq_ignore_ascii_case(start).then_some(after)
    };
    let is_tag = |tag: &str| {
        let end = tag.strip_suffix('>').and_then(after);
        end.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|c: char| c == '>' || c.is_whitespace())
        })
    };
    // These end with a tag of their own.
    let tags = ["<pre>", "<style>", "<script>", "<textarea>"];
    let starts = ["<!--", "<?", "<![CDATA["];
    let start = starts.into_iter().find(|start| after(start).is_some());
    let tag = || tags.into_iter().find(|tag| is_tag(tag));
    match start.or_else(tag) {
        Some(opener) => opener,
        None if text.starts_with("<!") => "<!X",
        None => "<div>",
    }
}
