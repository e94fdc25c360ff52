//! What is sent, delta by delta: reasoning, then content or a tool call, within the token limit and the stop texts.
//! When each delta goes out is the business of `pace`; how it is written, of `format`.

use super::endless::Generator;
use super::random::Rng;
use super::tokens;

/// Text that is read token by token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    text: String,
    at: usize,
    more: Option<Generator>,
    /// Tokens that may still be taken.
    left: Option<u64>,
    stop: Vec<String>,
}

/// Text ahead of the reader, so that a stop text across two blocks is seen.
const AHEAD: usize = 512;

impl Source {
    pub(crate) fn fixed(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// `opening`, then whatever the generator writes, `tokens` in all.
    pub(crate) fn endless(opening: String, more: Generator, tokens: u64) -> Self {
        Self {
            text: opening,
            more: Some(more),
            left: Some(tokens),
            ..Self::default()
        }
    }

    /// At most `tokens`.
    pub(crate) fn limited(mut self, tokens: u64) -> Self {
        self.left = Some(self.left.map_or(tokens, |left| left.min(tokens)));
        self
    }

    /// Ends before the first of these texts.
    pub(crate) fn until(mut self, stop: &[String]) -> Self {
        self.stop = stop.iter().filter(|s| !s.is_empty()).cloned().collect();
        self.apply_stop();
        self
    }

    /// What is left after `said`, if it begins with that and goes on.
    pub(crate) fn after(mut self, said: &str) -> Option<Self> {
        let mut taken = String::new();
        while taken.len() < said.len() && self.take(&mut taken) {}
        let more = taken.strip_prefix(said)?.len();
        self.at = self.at.checked_sub(more)?;
        (!self.is_done()).then_some(self)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fill(&mut self) {
        while self.more.is_some() && self.rest().len() < AHEAD {
            self.text.drain(..self.at);
            self.at = 0;
            if let Some(more) = &mut self.more {
                more.block(&mut self.text);
            }
            self.apply_stop();
        }
    }

    fn apply_stop(&mut self) {
        let rest = self.rest();
        if let Some(end) = self.stop.iter().filter_map(|s| rest.find(s.as_str())).min() {
            self.text.truncate(self.at + end);
            self.more = None;
        }
    }

    fn is_done(&mut self) -> bool {
        self.fill();
        self.left == Some(0) || self.rest().is_empty()
    }

    /// Adds the next token to `out`; false at the end.
    fn take(&mut self, out: &mut String) -> bool {
        if self.is_done() {
            return false;
        }
        let len = tokens::first_len(self.rest());
        out.push_str(self.rest().get(..len).unwrap_or_default());
        self.at += len;
        self.left = self.left.map(|left| left - 1);
        true
    }
}

/// A piece of a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolPiece {
    /// Id and name, in the first piece only.
    pub(crate) head: Option<(String, String)>,
    pub(crate) arguments: String,
}

/// One step of the decoder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) reasoning: String,
    pub(crate) content: String,
    pub(crate) tool: Option<ToolPiece>,
    /// Tokens of this step, invisible ones included.
    pub(crate) tokens: u64,
}

impl Delta {
    fn clear(&mut self) {
        self.reasoning.clear();
        self.content.clear();
        self.tool = None;
        self.tokens = 0;
    }
}

/// Why the answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    Length,
    ToolCalls,
}

impl Finish {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
        }
    }
}

/// Where the reasoning's text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thoughts {
    Field,
    Nowhere,
    /// Into the content, between these marks.
    Content(&'static str, &'static str),
}

/// What a script is made from.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) reasoning: Source,
    pub(crate) content: Source,
    pub(crate) tool: Vec<ToolPiece>,
    pub(crate) thoughts: Thoughts,
    /// Tokens of a delta, least and most.
    pub(crate) per_delta: (u64, u64),
    /// Tokens that the answer may have.
    pub(crate) limit: u64,
    /// Control tokens that are counted and never written.
    pub(crate) hidden: u64,
    /// An empty delta, reasoning after content, and a control character.
    pub(crate) odd: bool,
}

/// The answer as the decoder makes it.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    parts: Parts,
    rng: Rng,
    phase: Phase,
    sent: u64,
    /// Reasoning tokens so far.
    pub(crate) reasoning_tokens: u64,
    /// All tokens so far that have text.
    pub(crate) tokens: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Thinking,
    Answer,
    Tool,
}

impl Script {
    pub(crate) fn new(mut parts: Parts, seed: u64) -> Self {
        parts.tool.reverse();
        Self {
            parts,
            rng: Rng::new(seed),
            phase: Phase::Opening,
            sent: 0,
            reasoning_tokens: 0,
            tokens: 0,
        }
    }

    /// All tokens so far, those that are never written included. The limit bounds them, too.
    pub(crate) fn counted(&self) -> u64 {
        let most = self.parts.limit.max(self.tokens);
        self.tokens.saturating_add(self.parts.hidden).min(most)
    }

    /// Puts the next step into `delta`, or says why there is none.
    pub(crate) fn step(&mut self, delta: &mut Delta) -> Option<Finish> {
        delta.clear();
        self.sent += 1;
        if self.parts.odd && self.oddity(delta) {
            return None;
        }
        let left = self.parts.limit.saturating_sub(self.tokens);
        let (low, high) = self.parts.per_delta;
        let want = self.rng.between(low, high).min(left);
        let finish = self.fill(delta, want);
        self.tokens += delta.tokens;
        if delta.tokens > 0 {
            return None;
        }
        finish.or(Some(Finish::Length))
    }

    /// Fills the delta with `want` tokens; the finish tells that there were none left.
    fn fill(&mut self, delta: &mut Delta, want: u64) -> Option<Finish> {
        loop {
            if delta.tokens >= want && !(want == 0 && self.is_over()) {
                return None;
            }
            match self.phase {
                Phase::Opening => self.open(delta),
                Phase::Thinking => {
                    if self.think(delta) {
                        continue;
                    }
                    self.close(delta);
                    // Most deltas end with the reasoning; some carry the answer's first words, as recorded.
                    if delta.tokens > 0 && !self.rng.one_in(3) {
                        return None;
                    }
                }
                Phase::Answer => {
                    if self.parts.content.take(&mut delta.content) {
                        delta.tokens += 1;
                    } else if self.parts.tool.is_empty() {
                        return Some(Finish::Stop);
                    } else if delta.tokens > 0 {
                        return None;
                    } else {
                        self.phase = Phase::Tool;
                    }
                }
                Phase::Tool => {
                    delta.tool = self.parts.tool.pop();
                    delta.tokens += u64::from(delta.tool.is_some()) * want.max(1);
                    return delta.tool.is_none().then_some(Finish::ToolCalls);
                }
            }
        }
    }

    /// Whether nothing is left to send, though the limit is reached: then the answer is complete.
    fn is_over(&mut self) -> bool {
        match self.phase {
            Phase::Opening | Phase::Thinking => {
                self.parts.reasoning.is_done() && self.parts.content.is_done()
            }
            Phase::Answer => self.parts.content.is_done() && self.parts.tool.is_empty(),
            Phase::Tool => self.parts.tool.is_empty(),
        }
    }

    fn open(&mut self, delta: &mut Delta) {
        self.phase = Phase::Thinking;
        if let Thoughts::Content(open, _) = self.parts.thoughts
            && !self.parts.reasoning.is_done()
        {
            delta.content.push_str(open);
        }
    }

    fn think(&mut self, delta: &mut Delta) -> bool {
        let mut nowhere = String::new();
        let out = match self.parts.thoughts {
            Thoughts::Field => &mut delta.reasoning,
            Thoughts::Content(..) => &mut delta.content,
            Thoughts::Nowhere => &mut nowhere,
        };
        let took = self.parts.reasoning.take(out);
        self.reasoning_tokens += u64::from(took);
        delta.tokens += u64::from(took);
        took
    }

    fn close(&mut self, delta: &mut Delta) {
        self.phase = Phase::Answer;
        if let Thoughts::Content(_, close) = self.parts.thoughts
            && self.reasoning_tokens > 0
        {
            delta.content.push_str(close);
        }
    }

    /// Deltas that were seen on the real service and that a client must survive.
    fn oddity(&mut self, delta: &mut Delta) -> bool {
        match self.sent {
            3 => {}
            12 => delta.reasoning.push_str("Wait, one more thought."),
            14 => delta.content.push('\0'),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::TextKind;
    use super::*;

    fn parts(reasoning: &str, content: &str) -> Parts {
        Parts {
            reasoning: Source::fixed(reasoning.to_owned()),
            content: Source::fixed(content.to_owned()),
            tool: Vec::new(),
            thoughts: Thoughts::Field,
            per_delta: (4, 10),
            limit: 1_000_000,
            hidden: 0,
            odd: false,
        }
    }

    fn play(parts: Parts) -> (String, String, Finish, Script) {
        let (mut script, mut delta) = (Script::new(parts, 5), Delta::default());
        let (mut reasoning, mut content) = (String::new(), String::new());
        loop {
            if let Some(finish) = script.step(&mut delta) {
                return (reasoning, content, finish, script);
            }
            reasoning.push_str(&delta.reasoning);
            content.push_str(&delta.content);
        }
    }

    #[test]
    fn everything_is_sent_and_counted() {
        let (reasoning, content, finish, script) =
            play(parts("Think of it first.", "Then answer it, 速い 🙂."));
        assert_eq!(
            (reasoning.as_str(), content.as_str()),
            ("Think of it first.", "Then answer it, 速い 🙂.")
        );
        assert_eq!(finish, Finish::Stop);
        assert_eq!(script.reasoning_tokens, tokens::count(&reasoning));
        assert_eq!(
            script.tokens,
            tokens::count(&reasoning) + tokens::count(&content)
        );
    }

    #[test]
    fn a_limit_inside_the_reasoning_leaves_no_content() {
        let (reasoning, content, finish, script) = play(Parts {
            limit: 3,
            ..parts("one two three four", "five")
        });
        assert_eq!(
            (reasoning.as_str(), content.as_str(), finish),
            ("one two three", "", Finish::Length)
        );
        assert_eq!((script.tokens, script.reasoning_tokens), (3, 3));
    }

    #[test]
    fn a_limit_that_just_fits_is_a_stop() {
        let (_, content, finish, _) = play(Parts {
            limit: 2,
            ..parts("", "one two")
        });
        assert_eq!((content.as_str(), finish), ("one two", Finish::Stop));
        let (_, content, finish, _) = play(Parts {
            limit: 1,
            ..parts("", "one two")
        });
        assert_eq!((content.as_str(), finish), ("one", Finish::Length));
    }

    #[test]
    fn what_is_counted_keeps_the_limit() {
        let counted = |limit| {
            let script = play(Parts {
                limit,
                hidden: 10,
                ..parts("", "one two three")
            })
            .3;
            (script.tokens, script.counted())
        };
        assert_eq!(
            [counted(2), counted(3), counted(8), counted(20)],
            [(2, 2), (3, 3), (3, 8), (3, 13)]
        );
    }

    #[test]
    fn stop_texts_end_the_answer_and_are_not_sent() {
        let stopped = |text: &str, stop: &str| {
            let content = Source::fixed(text.to_owned()).until(&[stop.to_owned()]);
            play(Parts {
                content,
                ..parts("", "")
            })
            .1
        };
        assert_eq!(stopped("one two three", " two"), "one");
        assert_eq!(stopped("one", "x"), "one");
        let endless = Source::endless(String::new(), Generator::new(TextKind::Prose, 1), 10_000)
            .until(&["\n\n".to_owned()]);
        let (_, content, finish, _) = play(Parts {
            content: endless,
            ..parts("", "")
        });
        assert!(!content.contains('\n') && content.len() > 50);
        assert_eq!(finish, Finish::Stop);
    }

    #[test]
    fn endless_text_has_the_length_that_was_asked_for() {
        let content = Source::endless(
            "Begin. ".to_owned(),
            Generator::new(TextKind::Mixed, 1),
            5_000,
        );
        let (_, content, finish, script) = play(Parts {
            content,
            ..parts("", "")
        });
        assert!(content.starts_with("Begin. #"));
        assert_eq!((script.tokens, finish), (5_000, Finish::Stop));
    }

    #[test]
    fn reasoning_goes_where_it_is_told() {
        let with = |thoughts| {
            play(Parts {
                thoughts,
                ..parts("hm", "yes")
            })
        };
        assert_eq!(
            with(Thoughts::Content("<think>\n", "\n</think>\n\n")).1,
            "<think>\nhm\n</think>\n\nyes"
        );
        let (reasoning, content, _, script) = with(Thoughts::Nowhere);
        assert_eq!(
            (
                reasoning.as_str(),
                content.as_str(),
                script.reasoning_tokens
            ),
            ("", "yes", 1)
        );
    }

    #[test]
    fn a_tool_call_comes_in_pieces_after_the_reasoning() {
        let piece = |head: bool, arguments: &str| ToolPiece {
            head: head.then(|| ("id".to_owned(), "f".to_owned())),
            arguments: arguments.to_owned(),
        };
        let tool = vec![piece(true, ""), piece(false, "{}")];
        let (mut script, mut delta) = (
            Script::new(
                Parts {
                    tool: tool.clone(),
                    ..parts("hm", "")
                },
                1,
            ),
            Delta::default(),
        );
        let mut seen = Vec::new();
        let finish = loop {
            if let Some(finish) = script.step(&mut delta) {
                break finish;
            }
            seen.extend(delta.tool.clone());
        };
        assert_eq!((seen, finish), (tool, Finish::ToolCalls));
    }
}
