//! The corpus: topics in Markdown with the words that call them, and how each model's manner picks their parts.
//! A topic's file is parts under lines of the form `%% part [language]`; `{subject}` and `{Subject}` stand for what was
//! asked about.

use std::sync::LazyLock;

use super::super::models::Style;
use super::super::random::Rng;

/// The topic files; those without words answer what no other fits.
const FILES: &[&str] = &[
    include_str!("../../../assets/mock/sorting.md"),
    include_str!("../../../assets/mock/rust.md"),
    include_str!("../../../assets/mock/python.md"),
    include_str!("../../../assets/mock/web.md"),
    include_str!("../../../assets/mock/sql.md"),
    include_str!("../../../assets/mock/shell.md"),
    include_str!("../../../assets/mock/regex.md"),
    include_str!("../../../assets/mock/concurrency.md"),
    include_str!("../../../assets/mock/latency.md"),
    include_str!("../../../assets/mock/compare.md"),
    include_str!("../../../assets/mock/plan.md"),
    include_str!("../../../assets/mock/haiku.md"),
    include_str!("../../../assets/mock/hello.md"),
    include_str!("../../../assets/mock/who.md"),
    include_str!("../../../assets/mock/errors.md"),
    include_str!("../../../assets/mock/math.md"),
    include_str!("../../../assets/mock/languages.md"),
    include_str!("../../../assets/mock/formats.md"),
    include_str!("../../../assets/mock/list.md"),
    include_str!("../../../assets/mock/testing.md"),
    include_str!("../../../assets/mock/general-approach.md"),
    include_str!("../../../assets/mock/general-questions.md"),
    include_str!("../../../assets/mock/general-sketch.md"),
];

/// Names of languages in a prompt and the label of their code.
const LANGUAGES: &[(&str, &str)] = &[
    ("rust", "rust"),
    ("python", "python"),
    ("typescript", "typescript"),
    ("javascript", "typescript"),
    ("js", "typescript"),
    ("go", "go"),
    ("golang", "go"),
    ("sql", "sql"),
    ("bash", "bash"),
    ("shell", "bash"),
    ("c", "c"),
    ("java", "java"),
    ("haskell", "haskell"),
    ("html", "html"),
    ("css", "css"),
    ("yaml", "yaml"),
    ("json", "json"),
    ("toml", "toml"),
    ("diff", "diff"),
];

const THOROUGH: &[&str] = &["lead", "steps", "code", "table", "notes", "tasks", "close"];
const BRIEF: &[&str] = &["brief", "code", "points"];
const PLAIN: &[&str] = &["plain"];
const EVERYTHING: &[&str] = &[
    "lead", "plain", "steps", "table", "notes", "points", "tasks", "close",
];

/// One topic.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    title: &'static str,
    words: Vec<&'static str>,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    name: &'static str,
    language: &'static str,
    text: &'static str,
}

static TOPICS: LazyLock<Vec<Topic>> =
    LazyLock::new(|| FILES.iter().map(|f| Topic::read(f)).collect());

/// The topic that fits the prompt best; one of the general ones if none does.
pub(super) fn find(prompt: &str, seed: u64) -> &'static Topic {
    let words = words(prompt);
    let best = TOPICS
        .iter()
        .map(|t| (t.score(&words), t))
        .max_by_key(|(score, _)| *score);
    match best {
        Some((score, topic)) if score > 0 => topic,
        _ => {
            let general: Vec<&Topic> = TOPICS.iter().filter(|t| t.words.is_empty()).collect();
            let at = Rng::new(seed).index(general.len());
            general.get(at).copied().unwrap_or(&EMPTY)
        }
    }
}

/// Other topics, in an order of their own.
pub(super) fn neighbours(topic: &Topic, rng: &mut Rng) -> Vec<&'static Topic> {
    let mut others: Vec<&Topic> = TOPICS
        .iter()
        .filter(|t| t.title != topic.title && t.is_chapter())
        .collect();
    let start = rng.index(others.len());
    others.rotate_left(start);
    others
}

/// Whether the prompt asks for something long.
pub(super) fn wants_length(prompt: &str) -> bool {
    const LONG: &[&str] = &[
        "long",
        "longer",
        "tutorial",
        "comprehensive",
        "thorough",
        "essay",
        "everything",
        "book",
    ];
    let words = words(prompt);
    LONG.iter().any(|l| words.iter().any(|w| w == l)) || phrase(&words, "in detail")
}

/// What the prompt is about, in a few words: its first line without the usual beginnings.
pub(super) fn subject(prompt: &str) -> String {
    const BEGINNINGS: &[&str] = &[
        "please",
        "can",
        "could",
        "would",
        "you",
        "write",
        "explain",
        "show",
        "tell",
        "give",
        "describe",
        "what",
        "what's",
        "is",
        "are",
        "how",
        "do",
        "does",
        "i",
        "me",
        "us",
        "a",
        "an",
        "the",
        "about",
        "to",
        "make",
        "plan",
        "create",
        "help",
        "with",
        "in",
        "detail",
        "why",
        "some",
        "of",
        "hi",
        "hello",
        "now",
        "and",
        "implement",
        "compare",
        "list",
    ];
    let line = prompt
        .lines()
        .find(|l| !l.trim().is_empty())
        .unwrap_or_default();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '-' | '+' | '#' | '.');
    let cleaned: Vec<&str> = line
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !is_plain(c)).trim_end_matches('.'))
        .filter(|w| !w.is_empty() && w.chars().all(is_plain) && w.chars().count() <= 24)
        .collect();
    let start = cleaned
        .iter()
        .position(|w| !BEGINNINGS.contains(&w.to_lowercase().as_str()))
        .unwrap_or(cleaned.len());
    let mut chosen: Vec<&str> = cleaned.iter().skip(start).take(6).copied().collect();
    while chosen.len() > 1
        && chosen
            .last()
            .is_some_and(|w| BEGINNINGS.contains(w) || matches!(*w, "for" | "on" | "at" | "that"))
    {
        chosen.pop();
    }
    if chosen.is_empty() {
        "your question".to_owned()
    } else {
        chosen.join(" ")
    }
}

impl Part {
    fn text(&self, subject: &str) -> String {
        let mut letters = subject.chars();
        let capital: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters)
            .collect();
        self.text
            .replace("{subject}", subject)
            .replace("{Subject}", &capital)
    }
}

impl Topic {
    fn read(file: &'static str) -> Self {
        let (head, body) = file.split_once("%% ").unwrap_or((file, ""));
        let field = |name: &str| {
            head.lines()
                .find_map(|l| l.strip_prefix(name))
                .unwrap_or_default()
                .trim()
        };
        let parts = body.split("\n%% ").map(|part| {
            let (name, text) = part.split_once('\n').unwrap_or((part, ""));
            let (name, language) = name.split_once(' ').unwrap_or((name, ""));
            Part {
                name,
                language,
                text: text.trim_matches('\n'),
            }
        });
        Self {
            title: field("title:"),
            words: field("words:")
                .split(',')
                .map(str::trim)
                .filter(|w| !w.is_empty())
                .collect(),
            parts: parts.collect(),
        }
    }

    pub(super) fn title(&self) -> &'static str {
        self.title
    }

    /// Longer words and phrases say more about a prompt than short ones.
    fn score(&self, prompt: &[String]) -> usize {
        self.words
            .iter()
            .filter(|w| phrase(prompt, w))
            .map(|w| w.len() + 2)
            .sum()
    }

    /// Whether it can stand as a chapter of something longer.
    fn is_chapter(&self) -> bool {
        self.parts.iter().any(|p| p.name == "lead") && !self.words.is_empty()
    }

    /// The answer in a model's manner.
    pub(super) fn write(
        &self,
        out: &mut String,
        style: Style,
        prompt: &str,
        subject: &str,
        rng: &mut Rng,
    ) {
        let names = match style {
            Style::Thorough => THOROUGH,
            Style::Brief => BRIEF,
            Style::Plain => PLAIN,
        };
        if !names.iter().any(|n| self.part(n).is_some()) {
            return self.write(out, Style::Brief, prompt, subject, rng);
        }
        for name in names {
            match *name {
                "code" => self.code(out, prompt, subject, rng, 1),
                name => self.add(out, name, subject),
            }
        }
        let asks_for_code = language(prompt).is_some();
        if style == Style::Plain && asks_for_code {
            self.code(out, prompt, subject, rng, 1);
        }
    }

    /// All there is, with code in every language.
    pub(super) fn write_all(&self, out: &mut String, prompt: &str, subject: &str, rng: &mut Rng) {
        for name in EVERYTHING {
            self.add(out, name, subject);
            if *name == "steps" {
                self.code(out, prompt, subject, rng, usize::MAX);
            }
        }
    }

    fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|p| p.name == name)
    }

    fn add(&self, out: &mut String, name: &str, subject: &str) {
        if let Some(part) = self.part(name) {
            out.push_str(&part.text(subject));
            out.push_str("\n\n");
        }
    }

    /// Code in the prompt's language if there is some, else in one of the topic's own; at most `many` of them.
    fn code(&self, out: &mut String, prompt: &str, subject: &str, rng: &mut Rng, many: usize) {
        let mut all: Vec<&Part> = self.parts.iter().filter(|p| p.name == "code").collect();
        let wanted = language(prompt).and_then(|l| all.iter().position(|p| p.language == l));
        let first = wanted.unwrap_or_else(|| rng.index(all.len().min(2)));
        let first = first.min(all.len());
        all.rotate_left(first);
        for part in all.into_iter().take(many) {
            out.push_str(&part.text(subject));
            out.push_str("\n\n");
        }
    }
}

/// Stands in should the corpus be empty, which a test rules out.
static EMPTY: Topic = Topic {
    title: "this",
    words: Vec::new(),
    parts: Vec::new(),
};

fn language(prompt: &str) -> Option<&'static str> {
    let words = words(prompt);
    LANGUAGES
        .iter()
        .find(|(name, _)| words.iter().any(|w| w == name))
        .map(|(_, label)| *label)
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '+' | '#' | '\'')));
    parts
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether the words of `phrase` stand in `words` in a row; a plural counts.
fn phrase(words: &[String], phrase: &str) -> bool {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    let same =
        |word: &String, wanted: &&str| word == wanted || word.strip_suffix('s') == Some(wanted);
    words
        .windows(wanted.len().max(1))
        .any(|w| w.iter().zip(&wanted).all(|(a, b)| same(a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_can_answer_in_every_manner() {
        for topic in TOPICS.iter() {
            assert!(
                !topic.title.is_empty() && topic.parts.len() >= 2,
                "{}",
                topic.title
            );
            for part in &topic.parts {
                assert!(!part.text.is_empty(), "{}: {}", topic.title, part.name);
                assert_eq!(
                    part.text.matches("```").count() % 2,
                    0,
                    "{}: {}",
                    topic.title,
                    part.name
                );
            }
            for style in [Style::Thorough, Style::Brief, Style::Plain] {
                let mut out = String::new();
                topic.write(&mut out, style, "hello", "x", &mut Rng::new(1));
                assert!(
                    out.len() > 40
                        && !out.to_lowercase().contains("{subject}")
                        && !out.contains("%% "),
                    "{}",
                    topic.title
                );
            }
        }
        assert!(TOPICS.iter().any(|t| t.words.is_empty()));
    }

    #[track_caller]
    fn check(prompt: &str, title: &str) {
        assert_eq!(find(prompt, 1).title, title, "{prompt}");
    }

    #[test]
    fn prompts_find_their_topic() {
        check("Write a stable merge sort in Rust.", "Sorting");
        check("python", "Python");
        check("How do I match a date with a regex?", "Regular expressions");
        check("Why is TTFT so low here?", "Latency and throughput");
        check("hi!", "Hello");
        check("Who are you?", "Who is answering");
        check("Write a haiku about compilers", "Haiku");
        assert!(find("xyzzy", 1).words.is_empty());
    }

    #[test]
    fn subjects_are_short_and_plain() {
        assert_eq!(
            subject("Write a stable merge sort in Rust."),
            "stable merge sort in Rust"
        );
        assert_eq!(
            subject("Can you explain the borrow checker to me"),
            "borrow checker"
        );
        assert_eq!(subject("hi"), "your question");
        assert_eq!(subject("*** `rm -rf` ***\nx"), "rm -rf");
    }

    #[test]
    fn length_is_asked_for_in_words() {
        assert!(wants_length("Explain it in detail"));
        assert!(wants_length("a long tutorial"));
        assert!(!wants_length("along the way"));
    }
}
