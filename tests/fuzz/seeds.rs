//! Seeded runs of a target: a few in every run of the tests, many by hand.
//!
//! Part of the library's own tests and of those in `tests/it`. What is promised is said by the targets.

use std::{
    fmt::Debug,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tokio::time::Instant;

/// Tries what it promises with the inputs of one seed; fails with the seed and the smallest input.
pub(crate) type Target = fn(u64);

/// An ordinary run: the same seeds on every machine.
pub(crate) fn a_few(target: Target) {
    for seed in 0..6 {
        target(seed);
    }
}

/// Tries seed after seed for `WAFERDECK_FUZZ_SECONDS`, from `WAFERDECK_FUZZ_SEED` on or from one at random; says how
/// many, and which one took longest.
pub(crate) fn by_hand(name: &str, target: Target) -> String {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds = number("WAFERDECK_FUZZ_SECONDS").unwrap_or(10);
    let first =
        number("WAFERDECK_FUZZ_SEED").unwrap_or_else(|| RandomState::new().hash_one(name) >> 16);
    let begin = Instant::now();
    let mut seed = first;
    let mut slowest = (Duration::ZERO, first);
    while begin.elapsed() < Duration::from_secs(seconds) {
        let before = begin.elapsed();
        target(seed);
        slowest = slowest.max((begin.elapsed().saturating_sub(before), seed));
        seed += 1;
    }
    format!(
        "{name}: {} seeds from {first} in {:.0?}; seed {} took {:.0?}",
        seed - first,
        begin.elapsed(),
        slowest.1,
        slowest.0
    )
}

/// Tries `check` with `cases` values of `seed`.
pub(crate) fn try_with<S>(seed: u64, cases: u32, strategy: &S, check: impl Fn(S::Value))
where
    S: Strategy,
    S::Value: Debug,
{
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..Config::with_cases(cases)
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let tried = TestRunner::new_with_rng(config, rng).run(strategy, |value| {
        check(value);
        Ok(())
    });
    if let Err(failure) = tried {
        panic!("seed {seed}: {failure}");
    }
}
