//! The messages of each request: the same for all, or each with a beginning of its own.
//!
//! Servers keep prompts by their beginning, in blocks of a hundred tokens and more, so what differs must come first.

use super::pacer::mix;
use super::plan::CacheMode;
use crate::chat::{Message, Role, Variant};
use crate::metrics::LiveRate;

/// Tokens that a model's template adds to a prompt; that of gpt-oss begins with a page of its own.
const TEMPLATE: u64 = 15;
const TEMPLATE_OF_GPT_OSS: u64 = 65;

/// Makes the messages of requests.
#[derive(Clone, Debug)]
pub struct Prompts {
    text: String,
    /// No two runs share it: what one sent may be in the cache for an hour.
    salt: u64,
    given: u64,
}

impl Prompts {
    /// Messages that ask `text`.
    pub fn new(text: impl Into<String>, salt: u64) -> Self {
        Self {
            text: text.into(),
            salt,
            given: 0,
        }
    }

    /// The messages of the next request.
    pub fn next(&mut self, system: Option<&str>, cache: CacheMode) -> Vec<Message> {
        self.given += 1;
        let mut messages = Vec::new();
        messages.extend(system.map(|text| Message::new(Role::System, text)));
        messages.push(Message::new(Role::User, self.text.clone()));
        if let (CacheMode::Bust, Some(first)) = (cache, messages.first_mut()) {
            first.text = format!("{}{}", self.mark(self.given), first.text);
        }
        messages
    }

    /// What makes a request differ from all others, of the same length for each.
    fn mark(&self, number: u64) -> String {
        format!("Request {:016x}\n\n", mix(self.salt ^ mix(number)))
    }

    /// Tokens of a prompt, estimated by its bytes and by what the model's template adds.
    pub fn tokens(&self, variant: &Variant, cache: CacheMode) -> u64 {
        let mark = match cache {
            CacheMode::Bust => self.mark(0).len(),
            CacheMode::Reuse => 0,
        };
        let bytes = mark + variant.system.as_deref().map_or(0, str::len) + self.text.len();
        let template = if variant.model.contains("gpt-oss") {
            TEMPLATE_OF_GPT_OSS
        } else {
            TEMPLATE
        };
        LiveRate::tokens_in(bytes as u64) + template
    }
}
