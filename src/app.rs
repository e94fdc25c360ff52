//! The whole program as a value: a [`Model`], the [`Msg`]s that change it, and the [`Effect`]s it asks for.
//!
//! [`update`] decides everything and does nothing: no I/O, no clock, no randomness. Times come in messages.

mod action;
mod alerts;
mod arrange;
mod composer;
mod connect;
mod effect;
mod estimate;
mod find;
mod forecast;
mod form;
mod inspect;
mod look;
mod mocking;
mod model;
mod msg;
mod notice;
mod overlay;
mod panes;
mod query;
mod queue;
mod reach;
mod reading;
mod reload;
mod scroll;
mod select;
mod sidebar;
mod tally;
mod totals;
mod update;

pub use action::{ACTIONS, Action, ActionInfo, Group};
pub use alerts::{Alert, Alerts};
pub use composer::{Composer, Edit};
pub use connect::{Connect, Connected, InPlace, Keep, KeyPlace, KeyPlaces, Step};
pub use effect::{Ask, Deed, Effect, Entry, ExportFormat, KeyEdit};
pub use estimate::Estimate;
pub use find::{Before, Find, Found, Order, Wrapped};
pub use forecast::{Forecast, Quotas};
pub use form::{Field, Form, FormRow};
pub use inspect::{
    INDENT, InspectLine, InspectPage, Inspected, Inspector, LineKind, Room, places, wrapped,
};
pub use look::Look;
pub use model::{Focus, FrameMap, LetterFor, Model, ProfileInfo, Settings, Start, Warned};
pub use msg::{Input, Msg, Now, Outcome, Pointer, SessionEntry, Signal};
pub use notice::{Notice, Tone};
pub use overlay::{
    Choice, Definitions, Fetching, Item, Line, Overlay, Picker, PickerKind, Purpose, SystemPrompt,
};
pub use panes::{Pane, PaneFrame, PickerFrame, TabFrame};
pub use queue::{Queue, Queued};
pub use reading::Reading;
pub use reload::{Preferences, Reloaded, Rereading};
pub use scroll::Scroll;
pub use select::{
    Cursor, Extent, SELECT_KEYS, Select, SelectKeys, SelectedRow, Spot, Taken, Under,
};
pub use sidebar::{NoSidebar, Ranked, SidebarFrame, SidebarPages, SidebarRank, SidebarView};
pub use totals::Totals;
pub use update::update;
