//! Repeatable randomness: everything the mock varies comes from here, so the same request and seed give the same bytes.
//! It is neither fast nor secure enough for anything else.

/// A stream of numbers that depends on its seed alone (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number under `n`; 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next().checked_rem(n).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.below(span))
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// An index under `len`, and 0 for an empty list.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// One of `words`, or nothing at all if there are none.
    pub(crate) fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words.get(self.index(words.len())).copied().unwrap_or("")
    }
}

/// Folds parts into one number; the parts are kept apart, so `"ab","c"` differs from `"a","bc"`.
#[derive(Clone, Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0xcbf2_9ce4_8422_2325))
    }

    pub(crate) fn bytes(mut self, part: &[u8]) -> Self {
        for byte in part {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.number(part.len() as u64)
    }

    pub(crate) fn text(self, part: &str) -> Self {
        self.bytes(part.as_bytes())
    }

    pub(crate) fn number(mut self, part: u64) -> Self {
        self.0 = mix(self.0 ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        self
    }

    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}

/// `chatcmpl-` and a UUID of version 4's form.
pub(crate) fn completion_id(rng: &mut Rng) -> String {
    let (high, low) = (rng.next(), rng.next());
    format!(
        "chatcmpl-{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0x0fff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// `fp_` and 20 hex digits.
pub(crate) fn fingerprint(rng: &mut Rng) -> String {
    format!("fp_{:016x}{:04x}", rng.next(), rng.next() & 0xffff)
}

/// A tool call's id: 9 hex digits.
pub(crate) fn tool_id(rng: &mut Rng) -> String {
    format!("{:09x}", rng.next() & 0xf_ffff_ffff)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_recorded_form() {
        let mut rng = Rng::new(7);
        let id = completion_id(&mut rng);
        assert_eq!(id.len(), "chatcmpl-".len() + 36);
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 8, 4, 4, 4, 12]);
        assert_eq!(id.chars().nth(23), Some('4'));
        assert_eq!(fingerprint(&mut rng).len(), 23);
        assert_eq!(tool_id(&mut rng).len(), 9);
    }

    #[test]
    fn digests_keep_parts_apart() {
        let a = Digest::new(1).text("ab").text("c").finish();
        let b = Digest::new(1).text("a").text("bc").finish();
        assert_ne!(a, b);
        assert_eq!(a, Digest::new(1).text("ab").text("c").finish());
        assert_ne!(a, Digest::new(2).text("ab").text("c").finish());
    }

    #[test]
    fn bounds_hold() {
        let mut rng = Rng::new(3);
        for _ in 0..1_000 {
            assert!((4..=10).contains(&rng.between(4, 10)));
        }
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.word(&[]), "");
    }
}
