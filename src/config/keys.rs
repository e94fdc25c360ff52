//! Keys and what they are bound to: names of keys, and the table from contexts and keys to names of actions.
//!
//! Which actions exist is the caller's, who checks the names with [`Keymap::check`]; the terminal's own key events
//! are turned into [`Key`]s by `runtime`.

mod key;
mod keymap;

pub use key::{Chord, Key, KeyCode};
pub use keymap::{Binding, Context, Keymap, Match};
