//! Puts an answer together: which topic of the corpus fits the prompt, in which model's manner, after which thoughts.
//! The texts are Markdown in `assets/mock`; how they are sent is the business of `script`.

use std::fmt::Write as _;

use super::endless::Generator;
use super::models::{Effort, Style};
use super::random::{Digest, Rng, tool_id};
use super::request::{ChatRequest, ReasoningFormat, Shape, Tool};
use super::scenario::{PerDelta, Scenario, TextKind};
use super::script::{Parts, Source, Thoughts, ToolPiece};
use super::structured;

mod corpus;
mod thoughts;

use corpus::Topic;

/// Tokens of a generated text whose length nobody gave.
const USUAL_LENGTH: u64 = 600;
/// Topics that a long answer goes through after its own.
const CHAPTERS: usize = 6;
/// More tokens than a sentence of reasoning has.
const LAST_SENTENCE: u64 = 64;
/// Characters of a tool call's piece.
const TOOL_PIECE: usize = 16;

/// The whole answer to a request; `limit` bounds its tokens.
pub(crate) fn compose(request: &ChatRequest, scenario: &Scenario, limit: u64, seed: u64) -> Parts {
    let seed = Digest::new(seed).text("answer").finish();
    let subject = corpus::subject(request.prompt());
    let topic = corpus::find(request.prompt(), seed);
    let tool = request
        .tool
        .as_ref()
        .map(|t| tool_pieces(t, &subject, seed))
        .unwrap_or_default();
    let content = if tool.is_empty() {
        content(request, scenario, topic, &subject, seed)
    } else {
        Source::default()
    };
    let thoughts = match (request.reasoning, request.model.style) {
        (ReasoningFormat::Hidden, _) => Thoughts::Nowhere,
        (ReasoningFormat::Raw, Style::Thorough) => Thoughts::Content("", ""),
        (ReasoningFormat::Raw, _) => Thoughts::Content("<think>\n", "\n</think>\n\n"),
        (ReasoningFormat::Parsed, _) => Thoughts::Field,
    };
    Parts {
        reasoning: reasoning(request, scenario, &subject, seed),
        content: content.until(&request.stop),
        tool,
        thoughts,
        per_delta: scenario.tokens_per_delta.map_or((1, 1), PerDelta::bounds),
        limit,
        hidden: request.model.hidden,
        odd: scenario.wire.odd_deltas,
    }
}

/// What comes after `said`, if the answer begins with that and has more; nobody thinks about that again.
pub(crate) fn rest(
    request: &ChatRequest,
    scenario: &Scenario,
    limit: u64,
    seed: u64,
    said: &str,
) -> Option<Parts> {
    let parts = compose(request, scenario, limit, seed);
    Some(Parts {
        content: parts.content.after(said)?,
        reasoning: Source::default(),
        ..parts
    })
}

fn content(
    request: &ChatRequest,
    scenario: &Scenario,
    topic: &Topic,
    subject: &str,
    seed: u64,
) -> Source {
    match &request.shape {
        Shape::Object => {
            return Source::fixed(pretty(
                &serde_json::json!({ "subject": subject, "answer": topic.title() }),
            ));
        }
        Shape::Schema(schema) => {
            return Source::fixed(pretty(&structured::sample(schema, subject)));
        }
        Shape::Text => {}
    }
    let generator = |kind| Generator::new(kind, seed);
    match (scenario.text, scenario.tokens) {
        (Some(kind), tokens) => Source::endless(
            String::new(),
            generator(kind),
            tokens.unwrap_or(USUAL_LENGTH),
        ),
        (None, None) => Source::fixed(markdown(request, topic, subject, seed)),
        (None, Some(tokens)) => {
            let mut opening = markdown(request, topic, subject, seed);
            opening.push_str("\n\n");
            Source::endless(opening, generator(TextKind::Mixed), tokens)
        }
    }
}

fn markdown(request: &ChatRequest, topic: &Topic, subject: &str, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut out = String::new();
    let turns: Vec<&str> = request.user_texts().collect();
    if let [earlier @ .., _] = turns.as_slice()
        && let Some(before) = earlier.last()
    {
        follow_up(&mut out, turns.len(), &corpus::subject(before), &mut rng);
    }
    let prompt = request.prompt();
    let style = request.model.style;
    if corpus::wants_length(prompt) {
        chapters(&mut out, topic, prompt, subject, &mut rng);
    } else {
        topic.write(&mut out, style, prompt, subject, &mut rng);
    }
    out.truncate(out.trim_end().len());
    out
}

fn follow_up(out: &mut String, turn: usize, before: &str, rng: &mut Rng) {
    let link = rng.word(&[
        "Picking up from",
        "Staying with",
        "Building on",
        "Coming back to",
        "Following on from",
    ]);
    let _ = write!(out, "{link} *{before}* (turn {turn}).\n\n");
}

/// A long answer: its own topic with all parts, then neighbours as further chapters.
fn chapters(out: &mut String, topic: &Topic, prompt: &str, subject: &str, rng: &mut Rng) {
    let _ = write!(out, "# A longer look at {subject}\n\n");
    topic.write_all(out, prompt, subject, rng);
    for (number, chapter) in corpus::neighbours(topic, rng)
        .into_iter()
        .take(CHAPTERS)
        .enumerate()
    {
        let _ = write!(
            out,
            "\n\n---\n\n# Chapter {}: {}\n\n",
            number + 2,
            chapter.title()
        );
        chapter.write_all(out, prompt, chapter.title(), rng);
    }
}

fn reasoning(request: &ChatRequest, scenario: &Scenario, subject: &str, seed: u64) -> Source {
    let usual = match request.effort {
        Effort::None => 0,
        Effort::Low => 24,
        Effort::Medium => 110,
        Effort::High => 420,
    };
    // Nobody thinks for long about a greeting.
    let is_short = request.prompt().split_whitespace().nth(2).is_none();
    let usual = if is_short { usual / 4 } else { usual };
    let tokens = scenario.reasoning_tokens.unwrap_or(usual);
    if tokens == 0 {
        return Source::default();
    }
    let mut rng = Rng::new(Digest::new(seed).text("thoughts").finish());
    let mut about = |tokens| Source::fixed(thoughts::about(subject, tokens, &mut rng));
    match scenario.reasoning_tokens {
        // A sentence too many, and a share for what joining them saves, cut to the token.
        Some(exact) => about(exact + exact / 16 + LAST_SENTENCE).limited(exact),
        None => about(usual),
    }
}

fn tool_pieces(tool: &Tool, subject: &str, seed: u64) -> Vec<ToolPiece> {
    let id = tool_id(&mut Rng::new(seed));
    let arguments = match structured::sample(&tool.parameters, subject) {
        serde_json::Value::Object(arguments) => serde_json::Value::Object(arguments).to_string(),
        _ => "{}".to_owned(),
    };
    let letters: Vec<char> = arguments.chars().collect();
    let head = ToolPiece {
        head: Some((id, tool.name.clone())),
        arguments: String::new(),
    };
    let rest = letters.chunks(TOOL_PIECE).map(|piece| ToolPiece {
        head: None,
        arguments: piece.iter().collect(),
    });
    std::iter::once(head).chain(rest).collect()
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
