//! The prompt cache: how much of a prompt an earlier one of this run began with, in blocks of 128 tokens.
//! Only the count matters, nothing is saved by it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::random::Digest;
use super::request::ChatRequest;

/// Tokens of a block.
const BLOCK: u64 = 128;
/// Characters of a block, by the mock's rule of four a token.
const BLOCK_CHARS: usize = 512;
/// How long a prefix is kept.
const KEPT: Duration = Duration::from_mins(5);
/// Blocks kept at most.
const BLOCKS: usize = 65_536;

/// Prefixes seen lately, by digest.
#[derive(Debug, Default)]
pub(crate) struct Prompts(HashMap<u64, Instant>);

impl Prompts {
    /// Cached tokens of this prompt; its own prefixes are kept for the next one.
    pub(crate) fn cached(&mut self, request: &ChatRequest, now: Instant) -> u64 {
        let mut text = Vec::new();
        for turn in &request.turns {
            text.extend(turn.text.chars());
        }
        if self.0.len() > BLOCKS {
            self.0
                .retain(|_, seen| now.saturating_duration_since(*seen) < KEPT);
        }
        let mut digest = Digest::new(0).text(request.model.id);
        let (mut blocks, mut is_prefix) = (0, true);
        for block in text.chunks_exact(BLOCK_CHARS) {
            digest = digest.text(&block.iter().collect::<String>());
            let before = self.0.insert(digest.clone().finish(), now);
            is_prefix &= before.is_some_and(|seen| now.saturating_duration_since(seen) < KEPT);
            blocks += u64::from(is_prefix);
        }
        blocks * BLOCK
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(text: &str) -> ChatRequest {
        let body =
            json!({ "model": "gpt-oss-120b", "messages": [{ "role": "user", "content": text }] });
        ChatRequest::read(body.to_string().as_bytes()).expect("valid")
    }

    #[tokio::test]
    async fn a_shared_prefix_counts_in_whole_blocks_for_five_minutes() {
        let (mut prompts, now) = (Prompts::default(), Instant::now());
        let long = "word ".repeat(400);
        assert_eq!(prompts.cached(&request(&long), now), 0);
        assert_eq!(prompts.cached(&request(&long), now), 384);
        let half = format!(
            "{}something else {}",
            "word ".repeat(200),
            "word ".repeat(200)
        );
        assert_eq!(prompts.cached(&request(&half), now), 128);
        assert_eq!(prompts.cached(&request("short"), now), 0);
        assert_eq!(
            prompts.cached(&request(&long), now + Duration::from_secs(301)),
            0
        );
    }
}
