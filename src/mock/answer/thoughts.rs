//! Reasoning text: plausible thinking about the prompt, as long as the effort asks for.
//! It knows the subject only, and says nothing that the answer would have to keep.

use super::super::random::Rng;
use super::super::tokens::count;

const OPENINGS: &[&str] = &[
    "The user asks about {subject}.",
    "This is about {subject}, so let me think about what is really wanted.",
    "Need to answer on {subject}.",
];
const MIDDLE: &[&str] = &[
    "First, what would they already know? Probably the basics, so the definition can be one line.",
    "The usual mistake with {subject} is to start with the exception instead of the rule.",
    "An example would carry more than another paragraph, so let me pick a small one.",
    "Let me check the edge cases: empty input, one element, very large input.",
    "I should name the cost. Someone will ask for it anyway, and $O(n)$ against $O(n \\log n)$ decides the choice here.",
    "A table could help if there are at least three things to compare; with two, a sentence is shorter.",
    "Hmm, is there a simpler way to say this? The point about {subject} can be made without the history.",
    "Wait, that only holds when the order is stable. I will say so.",
    "There is a trade-off between clarity and completeness; clarity wins in a first answer.",
    "Maybe mention what to measure, since a claim about speed without a measurement is only a hope.",
    "What could go wrong in practice? Mostly the boundaries: off by one, time zones, text that is not ASCII.",
    "The code should compile as it stands, without a missing import.",
    "Counter-example: if the data does not fit in memory the plan changes, but that is not what was asked.",
    "Let me order it: the short answer, the reason, the example, the caveat.",
    "They may be reading this on a narrow screen, so short lines and short lists.",
    "I do not need to repeat the question back in full.",
    "If they want more depth about {subject} they can ask for it in the next turn.",
    "Double-check the numbers: 17 + 25 is 42, and 42 of 60 is 70 %.",
    "The second paragraph repeats the first; drop it.",
    "The structure holds. Now the wording, and then the last line.",
];
const CLOSINGS: &[&str] = &[
    "That is enough; write it down.",
    "Answer directly, then the details.",
    "Keep it short and concrete.",
    "Fine, now the answer.",
];

/// About `wanted` tokens of thinking.
pub(super) fn about(subject: &str, wanted: u64, rng: &mut Rng) -> String {
    let fill = |text: &str| text.replace("{subject}", subject);
    let mut text = fill(rng.word(OPENINGS));
    let mut length = count(&text);
    let closing = fill(rng.word(CLOSINGS));
    let mut at = rng.index(MIDDLE.len());
    let mut sentences = 0;
    while length + count(&closing) < wanted {
        let sentence = fill(MIDDLE.get(at % MIDDLE.len()).copied().unwrap_or_default());
        at += 7;
        sentences += 1;
        text.push_str(if sentences % 4 == 0 { "\n\n" } else { " " });
        length += 1 + count(&sentence);
        text.push_str(&sentence);
    }
    text.push(' ');
    text.push_str(&closing);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_is_about_as_long_as_wanted_and_about_the_subject() {
        for wanted in [24, 110, 420, 2_000] {
            let text = about("merge sort", wanted, &mut Rng::new(1));
            assert!(
                count(&text) >= wanted.min(15) && count(&text) < wanted + 60,
                "{wanted}: {}",
                count(&text)
            );
            assert!(text.contains("merge sort") && !text.contains('{'));
        }
    }
}
