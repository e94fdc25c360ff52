//! How much text a token is, where tokens are not counted yet: every figure made with it is an estimate and carries `~`.
//!
//! Learnt from answers that ended, since it depends on model and language; before that a common value stands in.

/// Bytes of text by tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Density {
    bytes: u64,
    tokens: u64,
}

/// English prose and code in today's vocabularies.
impl Default for Density {
    fn default() -> Self {
        Self {
            bytes: 4,
            tokens: 1,
        }
    }
}

impl Density {
    /// The density of `tokens` in `bytes` of text, kept between half a byte and 32 bytes a token: beyond that something
    /// else was counted. `None` where there is nothing to divide.
    pub fn new(bytes: u64, tokens: u64) -> Option<Self> {
        let counted = Self::counted(bytes, tokens)?;
        Some(Self {
            bytes: bytes.clamp(tokens.div_ceil(2), tokens.saturating_mul(32)),
            ..counted
        })
    }

    /// The density of what was counted, whatever it is. `None` where there is nothing to divide.
    pub(super) fn counted(bytes: u64, tokens: u64) -> Option<Self> {
        (bytes > 0 && tokens > 0).then_some(Self { bytes, tokens })
    }

    /// Whichever makes more tokens of the same text.
    pub(super) fn denser(self, other: Self) -> Self {
        let one = u128::from(self.tokens) * u128::from(other.bytes);
        let two = u128::from(other.tokens) * u128::from(self.bytes);
        if one >= two { self } else { other }
    }

    /// The estimate of how many tokens `bytes` of text are.
    pub fn tokens_in(self, bytes: u64) -> u64 {
        let tokens = u128::from(bytes) * u128::from(self.tokens);
        u64::try_from(tokens.div_ceil(u128::from(self.bytes))).unwrap_or(u64::MAX)
    }

    /// [`Density::tokens_in`] rounded to the nearest, for a share that must not be more than the whole.
    pub(super) fn nearest_in(self, bytes: u64) -> u64 {
        let tokens = u128::from(bytes) * u128::from(self.tokens) + u128::from(self.bytes / 2);
        u64::try_from(tokens / u128::from(self.bytes)).unwrap_or(u64::MAX)
    }

    /// [`Density::tokens_in`] before it is rounded, for rates.
    pub fn fraction_in(self, bytes: f64) -> f64 {
        bytes * self.tokens as f64 / self.bytes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_rounded_up_and_never_overflow() {
        let four = Density::default();
        assert_eq!([0, 1, 4, 5, 9].map(|b| four.tokens_in(b)), [0, 1, 1, 2, 3]);
        // 3,000 bytes in 1,000 tokens.
        let three = Density::new(3_000, 1_000).unwrap();
        assert_eq!([3, 4, 30].map(|b| three.tokens_in(b)), [1, 2, 10]);
        assert_eq!(Density::new(u64::MAX, u64::MAX).unwrap().tokens_in(7), 7);
        assert!(Density::new(1, u64::MAX).unwrap().tokens_in(u64::MAX) == u64::MAX);
    }

    #[test]
    fn what_cannot_be_a_density_is_none_or_bounded() {
        assert_eq!((Density::new(0, 5), Density::new(5, 0)), (None, None));
        assert_eq!(Density::new(10_000, 1).unwrap().tokens_in(320), 10);
        assert_eq!(Density::new(1, 1_000).unwrap().tokens_in(10), 20);
    }

    #[test]
    fn the_denser_one_makes_more_tokens() {
        let (three, four) = (Density::new(3, 1).unwrap(), Density::default());
        assert_eq!((three.denser(four), four.denser(three)), (three, three));
    }
}
