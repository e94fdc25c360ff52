//! Grows Markdown into settled blocks and one open tail; spans carry roles, not colours.
//!
//! The cost of a token does not depend on how much came before it. A token only appends to the source. Once per
//! frame [`Document::advance`] parses from the *stable offset*, the start of the last block that may still change:
//!
//! 1. Up to the last line break, the top-level blocks are found; all but the last are final and the offset moves
//!    to the last one. An incomplete line settles nothing: `#` looks like a heading until `#tag` arrives.
//! 2. An open fence is not parsed as Markdown: each complete line is read once (`fence`). Code is plain here; its roles
//!    come line by line from whoever highlights what is looked at (`highlight`, `colours`).
//! 3. A list settles item by item. Whatever else grows long settles in parts: at blocks inside items, quotes and
//!    footnotes, at rows of a table, at lines of HTML and code, at words of a paragraph that does not end (`split`). So
//!    that the rest stays what it was, the parser reads a few lines before it that open the same containers again
//!    (`split::inside`). The columns of a table follow what its later parts ask for (`document::tables`).
//! 4. What is left, the tail, is rendered anew each time; of a long paragraph only its last words are
//!    (`document::paragraph`). Where it cannot be kept short (one huge cell), it is rendered again when it has grown by an
//!    eighth, and what came since is shown as it was written.
//!
//! However the text arrives, the final blocks are the same.

mod block;
mod code;
mod colours;
mod document;
mod fence;
mod highlight;
mod layout;
mod math;
mod render;
mod split;
#[cfg(test)]
mod tests;

pub use block::{
    Alignment, Block, BlockKind, Body, Callout, CodeLine, CodeRole, Column, Line, Piece, Prefix,
    Role, Style, Styled, Table, TableRow, TableStart,
};
pub use code::{CodeBlock, code_blocks, file_name, last_code_blocks};
pub use colours::Colours;
pub use document::{Ahead, Document};
pub use highlight::{Highlighter, Highlighting, LineRoles, RoleRun};
pub use layout::{
    Fill, LayoutOptions, LongLines, Reach, Row, Sideways, Span, code_columns, layout, layout_rest,
    layout_text,
};
