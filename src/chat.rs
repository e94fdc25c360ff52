//! The words of the product: conversations, turns, answers, variants, and the events of a streaming answer.
//!
//! Plain data and pure functions; nothing here does I/O, and nothing here can fail.

mod answer;
mod attachment;
mod attempt;
mod budget;
mod conversation;
mod cost;
mod deck;
mod event;
mod exchange;
mod failure;
mod ids;
mod limits;
mod message;
mod model;
mod preview;
pub mod quota;
mod session;
mod spent;
mod step;
mod turn;
mod unclosed;
mod variant;
mod wait;

pub use answer::{Answer, Part, Phase, Progress};
pub use attachment::{Attached, Attachment, Draft, brief};
pub use attempt::{Attempt, Connection, HttpVersion};
pub use budget::{
    Breach, Breaches, Budget, BudgetOn, BudgetRule, Course, Retries, Untold, Verdict,
};
pub use conversation::{Conversation, Path};
pub use cost::{Cost, Prices};
pub use deck::{Deck, DeckPane};
pub use event::{Delta, End, EndState, FellBack, FinishReason, StreamEvent};
pub use exchange::{Exchange, Header, RawEvent, RawPart, ReplyHead, SentRequest, Trial};
pub use failure::{Failure, FailureKind};
pub use ids::{AnswerId, BroadcastId, ConversationId, IdSource, SessionId, Timestamp, TurnId};
pub use limits::{Bucket, Limits, Quota, Unit};
pub use message::{Message, Role};
pub use model::{Catalogue, CatalogueSource, ModelInfo, ModelStatus};
pub use preview::Preview;
pub use session::{Layout, PaneLayout, ReadingPart, ReadingPosition, Session, Tiling};
pub use spent::Spent;
pub use step::Step;
pub use turn::Turn;
pub use unclosed::{Beginning, beginning, closed, is_in_code};
pub use variant::{Effort, Param, Params, Variant};
pub use wait::{Held, Wait, seconds_left, span};
