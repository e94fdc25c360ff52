//! Why a figure is not there. Each reason has a sentence that stands beside the dash.
//!
//! As many reasons as a person would act on differently, and no more.

/// Why a figure is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The server did not report what the figure needs.
    NotReported,
    /// What the figure needs is reported at the end, and that has not come.
    NotEnded,
    /// Under 32 tokens or 20 ms: a number would be noise.
    TooShort,
    /// All text came in one read of the socket, so there is no span to divide by.
    OneRead,
    /// No text has come.
    NoText,
    /// Reasoning came and no answer.
    NoAnswer,
    /// No reasoning came before the answer.
    NoReasoning,
    /// All of the prompt came out of the cache, so that nothing was read.
    AllCached,
    /// It came in one piece, or as tool calls, whose pieces are no steps of the decoder.
    NoSteps,
    /// What the server reported contradicts itself, or what came.
    Contradictory,
    /// The server reported a number that cannot be: negative, broken, or beyond all measure.
    Absurd,
}

/// A figure, or why there is none.
pub type Reading<T> = Result<T, Missing>;

impl Missing {
    /// Every reason.
    pub const ALL: [Self; 11] = [
        Self::NotReported,
        Self::NotEnded,
        Self::TooShort,
        Self::OneRead,
        Self::NoText,
        Self::NoAnswer,
        Self::NoReasoning,
        Self::AllCached,
        Self::NoSteps,
        Self::Contradictory,
        Self::Absurd,
    ];

    /// The reason as a sentence for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotReported => "the server did not report it",
            Self::NotEnded => "not known yet",
            Self::TooShort => "too short to measure (under 32 tokens or 20 ms)",
            Self::OneRead => "all text came in one read",
            Self::NoText => "no text came",
            Self::NoAnswer => "no text of the answer came",
            Self::NoReasoning => "no reasoning came before the answer",
            Self::AllCached => "all of the prompt came out of the cache",
            Self::NoSteps => "it did not come step by step",
            Self::Contradictory => "what the server reported contradicts itself or what came",
            Self::Absurd => "the server reported a number that cannot be",
        }
    }

    /// The reason as a word, for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotReported => "not_reported",
            Self::NotEnded => "not_ended",
            Self::TooShort => "too_short",
            Self::OneRead => "one_read",
            Self::NoText => "no_text",
            Self::NoAnswer => "no_answer",
            Self::NoReasoning => "no_reasoning",
            Self::AllCached => "all_cached",
            Self::NoSteps => "no_steps",
            Self::Contradictory => "contradictory",
            Self::Absurd => "absurd",
        }
    }
}
